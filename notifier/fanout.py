"""From an event to its deliveries: one ``INSERT … SELECT`` for all who are to be told, however many.

A delivery is one decision with its reason: at once, held for quiet hours, in a digest, turned off, blocked. It is
unique by event, chat and child, so running twice changes nothing.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from datetime import time as wall_time
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite

from core.db.models import Chat, ChatLink, Delivery, NoticePreference
from core.db.outbox import (
    DueEvent,
    attempts_at,
    due_events,
    mark_fanned_out,
    next_event,
    put_off_event,
    take_event,
)
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState
from core.domain.telling import DIGEST_AT, Choice, Held, Hours, Telling, Window
from core.queries.audiences import Audience
from notifier.metrics import Metrics
from notifier.notices.notice import Event, Notice

log = structlog.get_logger(__name__)

_LONGEST_WAIT = 3600.0
_SHORTEST_LOOK = 0.02
_EVENTS_AT_ONCE = 100
_LATER = 3
"""The priority of a digest, whatever is in it."""


async def fan_out_due(uow: UnitOfWork, notices: Mapping[str, Notice], metrics: Metrics | None = None) -> int:
    """Fan out every due event whose kind has a notice; how many events are done with.

    One that cannot be is logged and put off, longer each time, and keeps no other waiting. Raises what the driver
    raises where the database is at fault.
    """
    done = 0
    for event_id in await due_events(uow, tuple(notices), _EVENTS_AT_ONCE):
        began = time.perf_counter()
        taken: list[DueEvent] = []
        try:
            async with uow.writing():
                taken += await _fan_out_locked(uow, notices, event_id)
        except (OSError, TimeoutError, sa.exc.OperationalError, sa.exc.InterfaceError):
            raise
        except Exception as error:
            if isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
                raise
            log.exception("fanout.event_failed", outbox_event=event_id)
            await _put_off(uow, event_id, type(error).__name__)
            continue
        if taken and metrics:
            metrics.fanned_out(time.perf_counter() - began)
        done += len(taken)
    return done


async def _fan_out_locked(uow: UnitOfWork, notices: Mapping[str, Notice], event_id: int) -> list[DueEvent]:
    """Under the event's lock, as it stands now: it may have been replaced or taken back since it was found due."""
    row = await take_event(uow, event_id)
    if row is None:
        return []
    notice = notices[row.kind]
    event = Event(row.id, row.kind, row.payload, row.actor_id, row.created_at)
    is_over = event.until is not None and event.until <= uow.now
    audience = None if is_over else await notice.audience(uow, event)
    if audience is not None:
        await fan_out(uow, event.id, audience, notice, since=row.not_before)
    await mark_fanned_out(uow, event.id)
    return [row]


async def _put_off(uow: UnitOfWork, event_id: int, why: str) -> None:
    attempts = await attempts_at(uow, event_id)
    wait = min(_LONGEST_WAIT, 5.0 * 2 ** min(attempts, 12)) * random.uniform(0.8, 1.2)
    await put_off_event(uow, event_id, why, uow.now + timedelta(seconds=wait))


async def until_next_event(uow: UnitOfWork, notices: Mapping[str, Notice]) -> float:
    """Seconds until the next event is to be told; infinite where none waits."""
    moment = await next_event(uow, tuple(notices))
    if moment is None:
        return math.inf
    return max(_SHORTEST_LOOK, (moment - uow.now).total_seconds())


async def fan_out(
    uow: UnitOfWork, event_id: int, audience: Audience, notice: Notice, *, since: datetime | None = None
) -> None:
    """Write the deliveries of one event; needs ``uow.writing()``. Two statements.

    ``since`` is when it was to be told: what missed its weekly digest comes at once, not a week later.
    """
    if audience.telling is not None:
        notice = replace(notice, plain=audience.telling, urgent=audience.telling)
    told = _told(audience)
    windows = await _windows(uow, told)
    if not windows:
        return
    insert = sqlite.insert if uow.database.is_sqlite else postgresql.insert
    columns = (
        *("event_id", "chat_id", "child_id", "messenger", "bot", "kind", "bundle", "state", "why"),
        *("priority", "not_before", "attempts"),
    )
    decisions = _decisions(uow, event_id, audience, notice, told, windows, since or uow.now)
    await uow.write(
        insert(Delivery)
        .from_select(columns, decisions)
        .on_conflict_do_nothing(index_elements=["event_id", "chat_id", "child_id"])
    )


async def foresee(uow: UnitOfWork, audience: Audience, notice: Notice) -> Mapping[Held, int]:
    """What ``fan_out`` would decide now, and writes nothing: how many chats by why they wait, or are never told. At most
    two statements."""
    if audience.telling is not None:
        notice = replace(notice, plain=audience.telling, urgent=audience.telling)
    told = _told(audience)
    windows = await _windows(uow, told)
    if not windows:
        return {}
    decided = _decisions(uow, 0, audience, notice, told, windows, uow.now).subquery()
    rows = await uow.rows(sa.select(decided.c.why, sa.func.count().label("n")).group_by(decided.c.why))
    return {Held(row.why): row.n for row in rows}


async def _windows(uow: UnitOfWork, told: sa.Subquery) -> Any:
    return await uow.rows(
        sa.select(Chat.timezone, Chat.quiet_from, Chat.quiet_to, Chat.digest_at)
        .join(told, told.c.chat_id == Chat.id)
        .distinct()
    )


def _told(audience: Audience) -> sa.Subquery:
    links = audience.links.subquery()
    told = sa.select(*links.c)
    if audience.but is not None:
        own = sa.select(ChatLink.id).where(ChatLink.person_id == audience.but)
        told = told.where(links.c.link_id.not_in(own))
    return told.subquery("told")


def _decisions(
    uow: UnitOfWork,
    event_id: int,
    audience: Audience,
    notice: Notice,
    told: sa.Subquery,
    windows: Any,
    since: datetime,
) -> sa.Select[Any]:
    """One row for each chat and child; of several links of a chat the one that is told soonest decides."""
    window = _release_times(uow, audience, windows, notice, since)
    by_child, for_all = sa.orm.aliased(NoticePreference), sa.orm.aliased(NoticePreference)

    def either(urgent: Any, plain: Any) -> sa.ColumnElement[Any]:
        if notice.urgent is notice.plain:
            return sa.literal(plain)
        return sa.case((told.c.urgent == 1, sa.literal(urgent)), else_=sa.literal(plain))

    kind = either(notice.urgent.kind, notice.plain.kind)
    wished = sa.func.coalesce(
        sa.cast(by_child.choice, sa.Text()),
        sa.cast(for_all.choice, sa.Text()),
        either(notice.urgent.default.value, notice.plain.default.value),
    )
    may_be_off = either(int(notice.urgent.can_be_off), int(notice.plain.can_be_off)) == 1
    choice = sa.case(
        (sa.and_(Chat.emergencies_only, may_be_off), Choice.OFF.value),
        (sa.and_(wished == Choice.OFF.value, sa.not_(may_be_off)), Choice.AT_ONCE.value),
        else_=wished,
    )
    at_once = sa.case((told.c.urgent == 1, window.c.urgent), else_=window.c.plain)
    moment = sa.literal(uow.now, Delivery.not_before.type)
    not_before = sa.func.coalesce(
        sa.case(
            (choice == Choice.DAILY.value, window.c.daily),
            (choice == Choice.WEEKLY.value, window.c.weekly),
            else_=at_once,
        ),
        moment,
    )
    blocked = Chat.blocked_since.is_not(None)
    why = sa.case(
        (blocked, Held.BLOCKED.value),
        (choice == Choice.OFF.value, Held.PREFERENCE.value),
        (choice == Choice.DAILY.value, Held.DIGEST.value),
        (choice == Choice.WEEKLY.value, Held.WEEKLY.value),
        (not_before > moment, Held.QUIET_HOURS.value),
        else_="",
    )
    is_off = sa.or_(blocked, choice == Choice.OFF.value)
    child = sa.cast(told.c.child_id, sa.Text())
    bundle = sa.case(
        (choice == Choice.DAILY.value, "digest"),
        (choice == Choice.WEEKLY.value, "weekly"),
        else_=sa.literal(f"{notice.bundle}:") + child if notice.bundle else sa.literal(""),
    )
    in_digest = choice.in_([Choice.DAILY.value, Choice.WEEKLY.value])
    ranked = (
        sa.select(
            told.c.chat_id,
            told.c.child_id,
            Chat.messenger,
            Chat.bot,
            kind.label("kind"),
            bundle.label("bundle"),
            sa.case((is_off, DeliveryState.SUPPRESSED.value), else_=DeliveryState.PENDING.value).label(
                "state"
            ),
            why.label("why"),
            sa.case((in_digest, _LATER), else_=either(notice.urgent.priority, notice.plain.priority)).label(
                "priority"
            ),
            not_before.label("not_before"),
            sa.func.row_number()
            .over(
                partition_by=(told.c.chat_id, told.c.child_id),
                order_by=(sa.case((is_off, 1), else_=0), not_before, told.c.link_id),
            )
            .label("rank"),
        )
        .select_from(told)
        .join(Chat, Chat.id == told.c.chat_id)
        # Whose hours were not found is told now: too early is better than never.
        .outerjoin(
            window,
            sa.and_(
                window.c.timezone == Chat.timezone,
                *(
                    window.c[name].is_not_distinct_from(getattr(Chat, name))
                    for name in ("quiet_from", "quiet_to", "digest_at")
                ),
            ),
        )
        .outerjoin(
            by_child,
            (by_child.link_id == told.c.link_id)
            & (by_child.kind == kind)
            & (by_child.child_id == told.c.child_id)
            & (by_child.child_id != 0),
        )
        .outerjoin(
            for_all,
            (for_all.link_id == told.c.link_id) & (for_all.kind == kind) & (for_all.child_id == 0),
        )
        .subquery("ranked")
    )
    return sa.select(
        sa.literal(event_id, sa.BigInteger()),
        *(column for column in ranked.c if column.key != "rank"),
        sa.literal(0, sa.BigInteger()),
    ).where(ranked.c.rank == 1)


def _release_times(
    uow: UnitOfWork, audience: Audience, windows: Any, notice: Notice, since: datetime
) -> sa.Subquery:
    """The few windows of the audience with their release times, as a table to join."""
    now, moment, clock = uow.now, Delivery.not_before.type, Chat.quiet_from.type

    def hour(chosen: wall_time | None) -> sa.ColumnElement[Any]:
        # SQLite, which knows no times, would cast 21:00 to the number 21, and nobody's hours would be found.
        literal = sa.literal(chosen, clock)
        return literal if uow.database.is_sqlite else sa.cast(literal, clock)

    rows = []
    for row in windows:
        window = window_of(
            row.timezone or audience.timezone, row.quiet_from, row.quiet_to, row.digest_at, audience.quiet
        )

        weekly = window.next_weekly(min(since, now))
        weekly = weekly if weekly > now else window.release(now)

        def at_once(telling: Telling, window: Window = window) -> sa.ColumnElement[Any]:
            return sa.literal(window.release(now, telling.breaks_quiet), moment)

        rows.append(
            sa.select(
                sa.literal(row.timezone, sa.Text()).label("timezone"),
                *(hour(getattr(row, name)).label(name) for name in ("quiet_from", "quiet_to", "digest_at")),
                at_once(notice.urgent).label("urgent"),
                at_once(notice.plain).label("plain"),
                sa.literal(window.next_digest(now), moment).label("daily"),
                sa.literal(weekly, moment).label("weekly"),
            )
        )
    return (sa.union_all(*rows) if len(rows) > 1 else rows[0]).subquery("release")


def window_of(
    zone: str,
    quiet_from: wall_time | None,
    quiet_to: wall_time | None,
    digest_at: wall_time | None,
    usual: Hours,
) -> Window:
    """A chat's hours; where it chose none, the ``usual`` ones of the school that the news is from."""
    quiet = Hours(quiet_from, quiet_to) if quiet_from is not None and quiet_to is not None else usual
    return Window(ZoneInfo(zone), quiet, digest_at or DIGEST_AT)
