"""Holidays of a school: days without lessons."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from core.actions.calendar_keeping import keeping
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import DayOff
from core.db.uow import UnitOfWork
from core.domain.school_calendar import checked_name, checked_span
from core.queries.school_calendar import HolidayLine, own_holiday


async def save_day_off(
    uow: UnitOfWork,
    key: ChatKey,
    school_id: int,
    number: int,
    *,
    name: str,
    starts: date | None,
    ends: date | None,
) -> int:
    """Add a holiday (``number`` 0) or change one of the school's own; its id. At most six statements.

    Lessons changed or written in on those days keep what was entered. Raises NotFound, and Invalid as
    ``core.domain.school_calendar`` does. Holidays may overlap: those of several orgs do.
    """
    words, span = checked_name(name), checked_span(starts, ends)
    async with uow.writing():
        office = await keeping(uow, key, school_id)
        known = await own_holiday(uow, office, number) if number else None
        values = {"name": words, "starts": span[0], "ends": span[1]}
        if known is None:
            number = await uow.insert(DayOff, org_id=school_id, **values)
        else:
            await uow.write(sa.update(DayOff).where(DayOff.id == number).values(**values))
        await record(
            uow,
            "calendar.holiday",
            actor_id=office.officer_id,
            subject=("day_off", number),
            before=_as_json(known) if known else None,
            after=_as_json(HolidayLine(number, words, *span, "")),
        )
    return number


async def remove_day_off(uow: UnitOfWork, key: ChatKey, school_id: int, number: int) -> HolidayLine:
    """Those days have lessons again; what was removed, so that it can be put back. Raises NotFound."""
    async with uow.writing():
        office = await keeping(uow, key, school_id)
        known = await own_holiday(uow, office, number)
        await uow.write(sa.delete(DayOff).where(DayOff.id == number))
        await record(
            uow,
            "calendar.holiday_removed",
            actor_id=office.officer_id,
            subject=("day_off", number),
            before=_as_json(known),
        )
    return known


def _as_json(one: HolidayLine) -> dict[str, str]:
    return {"name": one.name, "starts": one.starts.isoformat(), "ends": one.ends.isoformat()}
