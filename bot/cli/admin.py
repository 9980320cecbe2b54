"""schoolbell admin: a way into the panel for those who have no chat yet."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer()
_admin = typer.Typer(help="Who may come into the administrators' panel.", no_args_is_help=True)
app.add_typer(_admin, name="admin")


@_admin.callback()
def _group() -> None:
    """Commands about the panel's accounts."""


@_admin.command()
def create(
    person: Annotated[str, typer.Option(help="Who, by the register's id.")],
    email: Annotated[str, typer.Option(help="The address to sign in with.")],
    source: Annotated[str | None, typer.Option(help="The register that --person's id is from.")] = None,
    school: Annotated[str | None, typer.Option(help="Only this school: our number or its id.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="In the demo's database.")] = False,
) -> None:
    """Give an administrator, secretary, head, deputy, canteen or operator a password for the panel.

    The password is asked for twice, or read from the first line of what is piped in.
    """
    import asyncio
    import sys

    from bot.misfits import stop
    from core.actions.panel_accounts import SHORTEST_PASSWORD, create_account
    from core.clock import SystemClock
    from core.db.migrate import open_database
    from core.db.uow import UnitOfWork
    from core.errors import Ambiguous, Invalid, NotFound
    from core.passwords import hash_password
    from core.queries.invitable import person_by_external_id, school_by_name
    from core.settings import demo_settings, load_settings, os_user

    if "@" not in email.strip("@ ") or len(email) > 200:
        raise typer.BadParameter("this is no e-mail address", param_hint="--email")
    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if len(password) < SHORTEST_PASSWORD:
        typer.echo(f"The password needs at least {SHORTEST_PASSWORD} characters.", err=True)
        raise typer.Exit(2)
    settings = demo_settings() if demo else load_settings()

    async def make() -> None:
        via = f"cli:{os_user()}"
        async with open_database(settings) as database, UnitOfWork(database, SystemClock(), via=via) as uow:
            school_id = await school_by_name(uow, school) if school else None
            found = await person_by_external_id(uow, person, source=source, school_id=school_id)
            await create_account(uow, found, email, hash_password(password))

    try:
        asyncio.run(make())
    except (NotFound, Ambiguous) as error:
        if error.key != "panel_not_found":
            stop(error)
        typer.echo("This person has no work in the panel: no role of its office here today.", err=True)
        raise typer.Exit(1) from None
    except Invalid:
        typer.echo("This address belongs to somebody else's account.", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{email.strip().casefold()} signs in at {settings.public_address}/admin/sign-in.", err=True)


@_admin.command("forget-app")
def forget_app(
    person: Annotated[str, typer.Option(help="Who, by the register's id.")],
    source: Annotated[str | None, typer.Option(help="The register that --person's id is from.")] = None,
    school: Annotated[str | None, typer.Option(help="Only this school: our number or its id.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="In the demo's database.")] = False,
) -> None:
    """Forget the authenticator app of somebody who has lost it, and sign out their browsers.

    Make sure who is asking: from then on a link from the chat, or the password, is enough again.
    """
    import asyncio

    from bot.misfits import stop
    from core.actions.panel_accounts import forget_totp
    from core.clock import SystemClock
    from core.db.migrate import open_database
    from core.db.uow import UnitOfWork
    from core.errors import Ambiguous, NotFound
    from core.queries.invitable import person_by_external_id, school_by_name
    from core.settings import demo_settings, load_settings, os_user

    settings = demo_settings() if demo else load_settings()

    async def forget() -> None:
        via = f"cli:{os_user()}"
        async with open_database(settings) as database, UnitOfWork(database, SystemClock(), via=via) as uow:
            school_id = await school_by_name(uow, school) if school else None
            await forget_totp(
                uow, await person_by_external_id(uow, person, source=source, school_id=school_id)
            )

    try:
        asyncio.run(forget())
    except (NotFound, Ambiguous) as error:
        if error.key != "app_not_found":
            stop(error)
        typer.echo("This person has no authenticator app in the panel.", err=True)
        raise typer.Exit(1) from None
    typer.echo("The app is forgotten, and their browsers are signed out. It is audited.", err=True)
