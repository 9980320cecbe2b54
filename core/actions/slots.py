"""The places of courses in the week: put in, and taken out from a day on."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa

from core.actions.calendar_keeping import keeping
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import Course, TimetableSlot
from core.db.uow import UnitOfWork
from core.domain.clashes import may_share_a_week, spans_meet
from core.domain.ids import LARGEST_ID
from core.domain.kinds import WeekParity
from core.domain.school_calendar import EARLIEST, LATEST, checked_name
from core.errors import Invalid, NotFound
from core.queries.offices import Office
from core.queries.school_courses import CourseCard, Slot, course_card
from core.queries.timetable import Bell, list_bells

LONGEST_ROOM = 40


def checked_slot(
    card: CourseCard,
    bells: tuple[Bell, ...],
    *,
    weekday: int,
    bell: tuple[int, int] | None,
    room: str,
    parity: WeekParity,
    valid_from: date | None,
    valid_to: date | None,
) -> Slot:
    """A place in the week as it would be, with id 0; ``bell`` is a schedule's id and the number of its period.

    Raises Invalid("weekday_unknown"), ("period_unknown"), ("name_too_long"), ("day_odd"), ("ends_first") and
    ("slot_taken") where the course itself meets then, each with its ``field``.
    """
    if not 1 <= weekday <= 7:
        raise Invalid("weekday_unknown", field="weekday")
    rung = next((one for one in bells if (one.schedule_id, one.number) == bell), None)
    if rung is None:
        raise Invalid("period_unknown", field="bell")
    for field, day in (("valid_from", valid_from), ("valid_to", valid_to)):
        if day is not None and not EARLIEST <= day <= LATEST:
            raise Invalid("day_odd", field=field)
    if valid_from and valid_to and valid_to < valid_from:
        raise Invalid("ends_first", field="valid_to")
    words = checked_name(room, "room", most=LONGEST_ROOM, required=False)
    _check_free(card, 0, weekday, rung.number, parity, (valid_from, valid_to), "bell")
    return Slot(
        *(0, weekday, rung.number, rung.schedule_id, rung.starts, rung.ends),
        *(words, parity, valid_from, valid_to),
    )


def _check_free(
    card: CourseCard,
    but: int,
    weekday: int,
    period: int,
    parity: WeekParity,
    span: tuple[date | None, date | None],
    field: str,
) -> None:
    for own in card.slots:
        if own.id == but or (own.weekday, own.period) != (weekday, period):
            continue
        if may_share_a_week(own.parity, parity) and spans_meet(*span, own.valid_from, own.valid_to):
            raise Invalid("slot_taken", field=field)


async def add_slot(uow: UnitOfWork, key: ChatKey, school_id: int, course_id: int, slot: Slot) -> int:
    """Put a course into the week, whatever it clashes with; the slot's id. At most ten statements.

    Raises NotFound, Invalid("course_ended"), and as ``checked_slot`` does.
    """
    async with uow.writing():
        office = await keeping(uow, key, school_id)
        card = await course_card(uow, office, course_id)
        if card.ended:
            raise Invalid("course_ended", field="")
        values = checked_slot(
            card,
            await list_bells(uow, school_id),
            weekday=slot.weekday,
            bell=(slot.schedule_id, slot.period),
            room=slot.room,
            parity=slot.parity,
            valid_from=slot.valid_from,
            valid_to=slot.valid_to,
        )
        number = await uow.insert(
            TimetableSlot,
            course_id=course_id,
            schedule_id=values.schedule_id,
            weekday=values.weekday,
            period=values.period,
            room=values.room,
            parity=values.parity,
            valid_from=values.valid_from,
            valid_to=values.valid_to,
        )
        await record(
            uow,
            "slot.added",
            actor_id=office.officer_id,
            subject=("course", course_id),
            after={"slot": number, **_as_json(values)},
        )
    return number


async def end_slot(uow: UnitOfWork, key: ChatKey, school_id: int, slot_id: int, last_day: date | None) -> int:
    """The last day of a place in the week, None for none; lessons given keep theirs. The course's id. At most ten
    statements.

    A place that has not begun goes whole where its last day would be before its first. Raises NotFound,
    Invalid("day_over") for a day before yesterday, ("day_odd") and ("slot_taken") where the course has another place
    then by now.
    """
    async with uow.writing():
        office = await keeping(uow, key, school_id)
        course_id, slot = await _own_slot(uow, office, slot_id)
        today = office.school.today(uow.now)
        if last_day is not None and last_day < today - timedelta(days=1):
            raise Invalid("day_over", field="last_day")
        if last_day is not None and last_day > LATEST:
            raise Invalid("day_odd", field="last_day")
        if last_day is not None and slot.valid_from is not None and last_day < slot.valid_from:
            await uow.write(sa.delete(TimetableSlot).where(TimetableSlot.id == slot_id))
        else:
            card = await course_card(uow, office, course_id)
            span = (slot.valid_from, last_day)
            _check_free(card, slot_id, slot.weekday, slot.period, slot.parity, span, "last_day")
            await uow.write(
                sa.update(TimetableSlot).where(TimetableSlot.id == slot_id).values(valid_to=last_day)
            )
        await record(
            uow,
            "slot.until",
            actor_id=office.officer_id,
            subject=("course", course_id),
            before={"slot": slot_id, **_as_json(slot)},
            after={"to": last_day.isoformat() if last_day else None},
        )
    return course_id


async def _own_slot(uow: UnitOfWork, office: Office, slot_id: int) -> tuple[int, Slot]:
    row = None
    if 0 < slot_id <= LARGEST_ID:
        row = await uow.row(
            sa.select(
                *(TimetableSlot.id, TimetableSlot.course_id, TimetableSlot.weekday, TimetableSlot.period),
                *(TimetableSlot.schedule_id, TimetableSlot.room, TimetableSlot.parity),
                *(TimetableSlot.valid_from, TimetableSlot.valid_to),
            )
            .join(Course, Course.id == TimetableSlot.course_id)
            .where(TimetableSlot.id == slot_id, Course.school_id == office.school.id)
            .with_for_update(of=TimetableSlot)
        )
    if row is None:
        raise NotFound("slot_not_found")
    return row.course_id, Slot(
        *(row.id, row.weekday, row.period, row.schedule_id, None, None),
        *(row.room, row.parity, row.valid_from, row.valid_to),
    )


def _as_json(slot: Slot) -> dict[str, object]:
    return {
        "weekday": slot.weekday,
        "period": slot.period,
        "room": slot.room,
        "parity": slot.parity.value,
        "from": slot.valid_from.isoformat() if slot.valid_from else None,
        "to": slot.valid_to.isoformat() if slot.valid_to else None,
    }
