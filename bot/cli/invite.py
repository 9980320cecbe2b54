"""schoolbell invite: invitation codes for one person, a class or everybody."""

from __future__ import annotations

import csv
import io
from enum import StrEnum
from typing import Annotated, Any

import typer

app = typer.Typer()


class Format(StrEnum):
    """How the codes are printed; they are shown this once."""

    TABLE = "table"
    CSV = "csv"
    HTML = "html"


@app.command()
def invite(
    everybody: Annotated[
        bool, typer.Option("--all", help="Everybody of the school, or of all schools.")
    ] = False,
    class_name: Annotated[
        str | None, typer.Option("--class", help="A class: its pupils and their guardians.")
    ] = None,
    person: Annotated[str | None, typer.Option(help="One person, by the register's id.")] = None,
    school: Annotated[
        str | None, typer.Option(help="Only this school: our number or the register's id.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="The register that --person's id is from.")] = None,
    role: Annotated[str | None, typer.Option(help="Only this role: guardian, student, teacher, …")] = None,
    form: Annotated[
        Format, typer.Option("--format", help="table, csv, or html: slips to print and cut.")
    ] = Format.TABLE,
    reissue: Annotated[
        bool, typer.Option("--reissue", help="Also for those linked or invited; older codes die.")
    ] = False,
    unlink: Annotated[
        bool | None,
        typer.Option(help="With --reissue: unlink the chats that older codes made (asked where not said)."),
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="In the demo's database.")] = False,
) -> None:
    """Issue invitation codes. People who are linked, or hold an open code, are skipped and counted."""
    import asyncio
    import sys

    from bot.misfits import stop
    from core.domain.rights import Role
    from core.errors import Ambiguous, NotFound
    from core.settings import demo_settings, load_settings

    if sum((everybody, class_name is not None, person is not None)) != 1:
        raise typer.BadParameter("say exactly one of --all, --class NAME and --person ID")
    if role is not None and role not in [one.value for one in Role]:
        raise typer.BadParameter(
            f"no such role; one of {', '.join(one.value for one in Role)}", param_hint="--role"
        )
    settings = demo_settings() if demo else load_settings()
    if reissue and unlink is None:
        unlink = sys.stdin.isatty() and typer.confirm(
            "Also unlink the chats that the older codes made?", err=True
        )
    # Before a code is issued: afterwards it would be lost with whatever goes wrong.
    username = _telegram_username(settings) if form is Format.HTML else ""
    try:
        report, school_bots = asyncio.run(
            _issue(
                settings,
                class_name=class_name,
                person=person,
                school=school,
                source=source,
                role=Role(role) if role else None,
                reissue=reissue,
                unlink=bool(unlink),
            )
        )
    except (NotFound, Ambiguous) as error:
        stop(error)
    if not (report.issued or report.already_linked or report.already_invited):
        typer.echo(_nobody(person, class_name, role), err=True)
        raise typer.Exit(1)
    _print(report, form, settings, username, school_bots)
    _say_counts(report)
    if form is Format.HTML and settings.public_url is None and not demo:
        typer.echo(
            f"The slips lead to {settings.public_address}. If families cannot open that, set "
            "SCHOOLBELL_PUBLIC_URL to the address that they can, and issue the codes anew with --reissue.",
            err=True,
        )


def _nobody(person: str | None, class_name: str | None, role: str | None) -> str:
    if person is not None:
        return f"{person} has no such role: {role}." if role else f"{person} has no role to give a code for."
    if class_name is not None:
        of_class = "a class's codes are for its pupils and their guardians"
        return (
            f"Nobody in {class_name} has the role {role}: {of_class}." if role else f"{class_name} is empty."
        )
    return (
        f"Nobody here has the role {role}." if role else "There is nobody to invite: import a register first."
    )


async def _issue(
    settings: Any,
    *,
    class_name: str | None,
    person: str | None,
    school: str | None,
    source: str | None,
    role: Any,
    reissue: bool,
    unlink: bool,
) -> Any:
    from core.actions.invitations import issue_invitations
    from core.clock import SystemClock
    from core.db.migrate import open_database
    from core.db.uow import UnitOfWork
    from core.queries.invitable import list_invitable, person_by_external_id, school_by_name
    from core.queries.org_bots import bot_names
    from core.settings import code_key, os_user

    async with open_database(settings) as database:
        via = f"cli:{os_user()}"
        async with UnitOfWork(database, SystemClock(), via=via) as uow:
            school_id = await school_by_name(uow, school) if school else None
            person_id = (
                await person_by_external_id(uow, person, source=source, school_id=school_id)
                if person
                else None
            )
            invitees = await list_invitable(
                uow, person_id=person_id, class_name=class_name, school_id=school_id, role=role
            )
            report = await issue_invitations(
                uow,
                invitees,
                code_key=code_key(settings),
                may_grant=_granted(role, of_class=class_name is not None),
                reissue=reissue,
                unlink=unlink,
            )
            schools = {one.invitee.school_id for one in report.issued}
            return report, await bot_names(uow, schools)


def _granted(role: Any, *, of_class: bool) -> Any:
    """The roles that these codes are for: older codes lose no others."""
    from core.domain.rights import Role

    if role is not None:
        return frozenset({role})
    return frozenset({Role.STUDENT, Role.GUARDIAN} if of_class else Role)


def _print(report: Any, form: Format, settings: Any, username: str, school_bots: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    from core.domain.codes import show_code
    from core.printing.cells import safe_cell

    rows = [
        (
            one.invitee.name.full_name,
            ", ".join(one.invitee.roles),
            "; ".join(one.invitee.about) or one.invitee.class_name,
            one.invitee.school_name,
            show_code(one.code),
            one.expires_at.date().isoformat(),
        )
        for one in report.issued
    ]
    header = ("name", "roles", "class or children", "school", "code", "valid until")
    if form is Format.HTML:
        from core.printing.slips import print_slips

        address = settings.public_address
        typer.echo(
            print_slips(report.issued, web_url=address, telegram_username=username, school_bots=school_bots)
        )
    elif form is Format.CSV:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([[safe_cell(cell) for cell in row] for row in rows])
        typer.echo(out.getvalue(), nl=False)
    elif rows:
        table = Table(*header, box=None, pad_edge=False, header_style="bold")
        for row in rows:
            table.add_row(*row)
        console = Console()
        if not console.is_terminal:
            console = Console(width=max(console.width, 160))
        console.print(table)


def _telegram_username(settings: Any) -> str:
    """The bot's name for the slips' links; empty without a bot, or while it cannot be asked. Raises TokenRefused."""
    if settings.bot_token is None:
        return ""
    import asyncio

    from aiogram.exceptions import AiogramError

    from bot.channels.telegram import ask_name, make_bot

    async def ask() -> str:
        bot = make_bot(settings)
        try:
            return (await ask_name(bot)).username or ""
        finally:
            await bot.session.close()

    try:
        return asyncio.run(ask())
    except AiogramError:
        typer.echo("The Bot API server did not answer: the slips have no Telegram link.", err=True)
        return ""


def _say_counts(report: Any) -> None:
    counts = [(len(report.issued), "issued"), (report.already_linked, "already linked")]
    counts += [(report.already_invited, "with an open code (--reissue gives a new one)")]
    counts += [(report.revoked, "older codes revoked"), (report.unlinked, "chats unlinked")]
    typer.echo("; ".join(f"{n} {what}" for n, what in counts if n or what == "issued"), err=True)
