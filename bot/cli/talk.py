"""schoolbell talk: say something as a person and read the answers, for support and for scripts."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

app = typer.Typer()


@app.command()
def talk(
    texts: Annotated[
        list[str], typer.Argument(metavar="TEXT…", help="What to say; tap:LABEL taps a button.")
    ],
    person: Annotated[str, typer.Option(help="Whom to speak as: the register's id.")],
    source: Annotated[str | None, typer.Option(help="The register that the id is from.")] = None,
    school: Annotated[str | None, typer.Option(help="The school the person belongs to.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    demo: Annotated[bool, typer.Option("--demo", help="In the demo school.")] = False,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="With --demo: the port that the demo is open at.")
    ] = None,
) -> None:
    """Say each TEXT as that person, in one conversation that is kept between calls, and print the answers.

    Every call is audited with the operating system's user; it is neither a read receipt nor a place to deliver to.
    """
    import asyncio

    from bot.misfits import stop
    from bot.serving import DemoRefused
    from core.errors import Ambiguous, NotFound
    from core.logging import configure_logging
    from core.settings import demo_settings, load_settings

    settings = demo_settings(port=port) if demo else load_settings()
    configure_logging(settings)
    try:
        ok = asyncio.run(_talk(settings, texts, person, source, school, as_json=as_json, demo=demo))
    except DemoRefused as refused:
        typer.echo(f"schoolbell talk: {refused}", err=True)
        raise typer.Exit(2) from None
    except (NotFound, Ambiguous) as error:
        stop(error)
    if not ok:
        raise typer.Exit(1)


async def _talk(
    settings: Any,
    texts: list[str],
    person: str,
    source: str | None,
    school: str | None,
    *,
    as_json: bool,
    demo: bool,
) -> bool:
    from bot.app import open_app
    from bot.channels.terminal import NoSuchButton, Terminal
    from bot.serving import demo_clock, find_demo
    from core.db.uow import UnitOfWork
    from core.queries.invitable import person_by_external_id, school_by_name
    from core.settings import os_user

    if demo:
        await find_demo(settings)
    async with open_app(settings, clock=demo_clock(settings) if demo else None) as opened:
        async with UnitOfWork(opened.database, opened.clock) as uow:
            school_id = await school_by_name(uow, school) if school else None
            person_id = await person_by_external_id(uow, person, source=source, school_id=school_id)
        terminal = await Terminal.open(opened, person_id, who=os_user())
        for text in texts:
            try:
                answers = await terminal.say(text)
            except NoSuchButton as error:
                typer.echo(
                    f"No button {error.label!r} here; there are: {', '.join(error.labels) or 'none'}",
                    err=True,
                )
                return False
            for answer in answers:
                typer.echo(json.dumps(answer.as_json(), ensure_ascii=False) if as_json else answer.as_text())
    return True
