"""schoolbell queue: what waits to be told, what went wrong, and mending it by hand."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

app = typer.Typer()
_SPAN = re.compile(r"(\d{1,6})(m|h|d)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@app.command()
def queue(
    retry: Annotated[bool, typer.Option("--retry", help="Try again now what the filter means.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Give up what the filter means.")] = False,
    state: Annotated[str | None, typer.Option(help="pending or failed.")] = None,
    kind: Annotated[str | None, typer.Option(help="One kind of news, as shown here.")] = None,
    chat: Annotated[int | None, typer.Option(help="One chat, by our number.")] = None,
    older_than: Annotated[
        str | None, typer.Option("--older-than", help="News older than 30m, 12h or 3d.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    demo: Annotated[bool, typer.Option("--demo", help="In the demo's database.")] = False,
) -> None:
    """Show what waits and what failed; with --retry or --drop change what the filter means, after saying how many.

    A change needs a filter and is written into the audit. What is sent, or on its way, is never changed.
    """
    import asyncio

    from core.domain.kinds import DeliveryState
    from core.queries.queue import Picked
    from core.settings import demo_settings, load_settings

    if retry and drop:
        raise typer.BadParameter("say one of --retry and --drop")
    if not (retry or drop) and (state, kind, chat, older_than) != (None, None, None, None):
        raise typer.BadParameter("a filter goes with --retry or --drop")
    settings = demo_settings() if demo else load_settings()
    if not (retry or drop):
        asyncio.run(_show(settings))
        return
    if (state, kind, chat, older_than) == (None, None, None, None):
        raise typer.BadParameter("say which: --state, --kind, --chat or --older-than")
    if state not in (None, "pending", "failed"):
        raise typer.BadParameter("pending or failed", param_hint="--state")
    # Without a state: what went wrong is retried, what waits is dropped.
    states = [DeliveryState(state or ("failed" if retry else "pending"))]
    picked = Picked(states, kind, chat, _span(older_than))
    raise typer.Exit(0 if asyncio.run(_change(settings, picked, retry=retry, sure=yes)) else 1)


def _span(text: str | None) -> timedelta | None:
    if text is None:
        return None
    found = _SPAN.fullmatch(text)
    if found is None:
        raise typer.BadParameter("like 30m, 12h or 3d", param_hint="--older-than")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


async def _change(settings: Any, picked: Any, *, retry: bool, sure: bool) -> bool:
    from core.actions.queue import drop_deliveries, retry_deliveries, retry_stuck_events
    from core.clock import SystemClock
    from core.db.migrate import open_database
    from core.db.uow import UnitOfWork
    from core.queries.queue import count_picked
    from core.settings import os_user

    async with (
        open_database(settings) as database,
        UnitOfWork(database, SystemClock(), via=f"cli:{os_user()}") as uow,
    ):
        count = await count_picked(uow, picked)
        verb = "tried again" if retry else "dropped"
        if count and not sure and not typer.confirm(f"{count} deliveries will be {verb}. Go on?", err=True):
            typer.echo("Nothing was changed.", err=True)
            return False
        done = await (retry_deliveries if retry else drop_deliveries)(uow, picked) if count else 0
        typer.echo(f"{done} deliveries {verb}.")
        if retry and (events := await retry_stuck_events(uow, picked.kind)):
            typer.echo(f"{events} events tried again.")
    return True


async def _show(settings: Any) -> None:
    from core.clock import SystemClock
    from core.db.migrate import open_database
    from core.db.uow import UnitOfWork
    from core.domain.kinds import DeliveryState
    from core.queries.queue import queue_depths, queue_faults, stuck_events

    clock = SystemClock()
    now = clock.now()
    async with open_database(settings) as database, UnitOfWork(database, clock) as uow:
        depths = await queue_depths(uow, states=list(DeliveryState))
        stuck = await stuck_events(uow)
        faults = await queue_faults(uow, since=now - timedelta(days=7))
    if not depths and not stuck:
        typer.echo("Nothing was ever told here, and nothing waits.")
        return
    if depths:
        _table(
            ("bot", "kind", "priority", "state", "count", "oldest due for"),
            [
                (
                    f"{one.messenger.value} {one.bot}",
                    *(one.kind, one.priority, one.state.value, one.count, _ago(one.oldest_due, now)),
                )
                for one in depths
            ],
        )
    if faults:
        typer.echo("\nWhat went wrong in the last seven days, or waits after a fault:")
        _table(("state", "count", "why"), [(one.state.value, one.count, one.why) for one in faults])
    if stuck:
        typer.echo(
            "\nEvents that could not be turned into deliveries (--retry with --kind tries them at once):"
        )
        _table(
            ("event", "kind", "happened", "attempts", "next try", "why"),
            [
                (one.id, one.kind, _moment(one.created_at), one.attempts, _moment(one.next_try), one.why)
                for one in stuck
            ],
        )


def _ago(moment: datetime | None, now: datetime) -> str:
    return "" if moment is None else str(timedelta(seconds=int(max(0.0, (now - moment).total_seconds()))))


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _table(header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*header, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    console = Console()
    if not console.is_terminal:
        console = Console(width=max(console.width, 160))
    console.print(table)
