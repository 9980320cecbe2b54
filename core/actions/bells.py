"""Bell schedules: when the periods of a day begin and end."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from core.actions.calendar_keeping import keeping
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import BellPeriod, BellSchedule, TimetableSlot
from core.db.uow import UnitOfWork
from core.domain.names import fold
from core.domain.school_calendar import LAST_PERIOD, PeriodTimes, checked_name, checked_periods
from core.errors import Invalid, NotFound
from core.queries.school_calendar import BellsLine, bells_of, own_bells


async def save_bells(
    uow: UnitOfWork,
    key: ChatKey,
    school_id: int,
    schedule_id: int,
    *,
    name: str,
    periods: Sequence[PeriodTimes],
) -> int:
    """Add a bell schedule (``schedule_id`` 0) or change one; its id. At most eleven statements.

    The times hold for every lesson that rings by it, past ones too. Raises NotFound and the Invalids of
    ``core.domain.school_calendar``, and ("name_taken"), ("period_in_use") for one left out that the week still needs.
    """
    words, ordered = checked_name(name), checked_periods(periods)
    if len({one.number for one in ordered}) < len(ordered) or not all(
        0 <= one.number <= LAST_PERIOD for one in ordered
    ):
        raise Invalid("periods_missing", field="periods")
    async with uow.writing():
        office = await keeping(uow, key, school_id)
        found = await bells_of(uow, office)
        known = next((one for one in found if one.id == schedule_id), None)
        if schedule_id and known is None:
            raise NotFound("bells_not_found")
        if any(fold(one.name) == fold(words) for one in found if one is not known):
            raise Invalid("name_taken", field="name")
        if known is None:
            schedule_id = await uow.insert(BellSchedule, school_id=school_id, name=words)
        else:
            await _check_used(uow, known, ordered)
            await uow.write(sa.update(BellSchedule).where(BellSchedule.id == schedule_id).values(name=words))
            await uow.write(sa.delete(BellPeriod).where(BellPeriod.schedule_id == schedule_id))
        await uow.write(
            sa.insert(BellPeriod),
            [
                {"schedule_id": schedule_id, "number": one.number, "starts": one.starts, "ends": one.ends}
                for one in ordered
            ],
        )
        await record(
            uow,
            "calendar.bells",
            actor_id=office.officer_id,
            subject=("bells", schedule_id),
            before=_as_json(known.name, known.periods) if known else None,
            after=_as_json(words, ordered),
        )
    return schedule_id


async def _check_used(uow: UnitOfWork, known: BellsLine, periods: Sequence[PeriodTimes]) -> None:
    gone = {one.number for one in known.periods} - {one.number for one in periods}
    used = await uow.value(
        sa.select(sa.func.min(TimetableSlot.period)).where(
            TimetableSlot.schedule_id == known.id, TimetableSlot.period.in_(gone)
        )
    )
    if used is not None:
        raise Invalid("period_in_use", field=f"starts-{used}")


async def remove_bells(uow: UnitOfWork, key: ChatKey, school_id: int, schedule_id: int) -> None:
    """Remove a schedule that no place of the week rings by. Raises NotFound, Invalid("bells_in_use")."""
    async with uow.writing():
        office = await keeping(uow, key, school_id)
        # An import that puts a course into the week meanwhile waits, and finds the schedule gone.
        await uow.rows(sa.select(BellSchedule.id).where(BellSchedule.id == schedule_id).with_for_update())
        known = await own_bells(uow, office, schedule_id)
        if known.slots:
            raise Invalid("bells_in_use", field="")
        await uow.write(sa.delete(BellPeriod).where(BellPeriod.schedule_id == schedule_id))
        await uow.write(sa.delete(BellSchedule).where(BellSchedule.id == schedule_id))
        await record(
            uow,
            "calendar.bells_removed",
            actor_id=office.officer_id,
            subject=("bells", schedule_id),
            before=_as_json(known.name, known.periods),
        )


def _as_json(name: str, periods: Sequence[PeriodTimes]) -> dict[str, object]:
    times = {str(one.number): f"{one.starts:%H:%M}–{one.ends:%H:%M}" for one in periods}
    return {"name": name, "periods": times}
