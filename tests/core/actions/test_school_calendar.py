"""Keeping a school's calendar, classes, courses and week: who may, what is refused, and what stays."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
import sqlalchemy as sa

from core.actions.bells import remove_bells, save_bells
from core.actions.classes import end_class, save_class
from core.actions.courses import add_course, change_course, end_course, set_pupils
from core.actions.days_off import remove_day_off, save_day_off
from core.actions.slots import add_slot, checked_slot, end_slot
from core.actions.years import end_term, save_term, save_year
from core.clock import FrozenClock
from core.db.models import (
    AcademicYear,
    AuditEntry,
    BellSchedule,
    Course,
    CourseEnrollment,
    CourseTeacher,
    DayOff,
    Term,
    TimetableSlot,
)
from core.db.uow import UnitOfWork
from core.domain.kinds import TermKind, WeekParity
from core.domain.school_calendar import PeriodTimes
from core.errors import Invalid, NotFound
from core.queries.offices import Office, access_office
from core.queries.school_calendar import KEEPERS
from core.queries.school_courses import Slot, course_card
from core.queries.slot_clashes import slot_clashes
from core.queries.timetable import list_bells
from tests.cast import TODAY, Cast, actor_of, chat_key

YESTERDAY = TODAY - timedelta(days=1)


async def _office(uow: UnitOfWork, cast: Cast) -> Office:
    return await access_office(uow, await actor_of(uow, cast, "admin"), cast.school_id, KEEPERS)


async def _audited(uow: UnitOfWork) -> list[str]:
    rows = await uow.rows(sa.select(AuditEntry.action).order_by(AuditEntry.id))
    return [row.action for row in rows]


async def test_terms_stay_in_their_year_and_apart_and_can_be_brought_back(
    uow: UnitOfWork, cast: Cast
) -> None:
    key, school = chat_key(cast, "admin"), cast.school_id
    year = await uow.value(sa.select(AcademicYear.id))

    async def term(
        number: int, name: str, starts: date, ends: date, kind: TermKind = TermKind.QUARTER
    ) -> int:
        return await save_term(uow, key, school, year, number, kind=kind, name=name, starts=starts, ends=ends)

    third = await term(0, " Quarter  3 ", date(2027, 1, 11), date(2027, 3, 21))
    assert await uow.value(sa.select(Term.name).where(Term.id == third)) == "Quarter 3"
    await term(0, "Half 1", date(2026, 9, 1), date(2026, 12, 27), TermKind.SEMESTER)
    for why, field, arguments in (
        ("overlaps", "starts", (0, "Q", date(2026, 12, 27), date(2027, 1, 5))),
        ("overlaps", "ends", (0, "Q", date(2027, 1, 1), date(2027, 1, 11))),
        ("outside_year", "starts", (0, "Q", date(2026, 8, 31), date(2026, 8, 31))),
        ("ends_first", "ends", (third, "Quarter 3", date(2027, 3, 21), date(2027, 1, 11))),
        ("day_odd", "starts", (0, "Q", date(1, 1, 1), date(9999, 12, 31))),
        ("name_taken", "name", (0, "quarter 3", date(2027, 4, 1), date(2027, 5, 1))),
        ("name_missing", "name", (0, " ", date(2027, 4, 1), date(2027, 5, 1))),
        ("name_too_long", "name", (0, "Q" * 10_000, date(2027, 4, 1), date(2027, 5, 1))),
    ):
        with pytest.raises(Invalid, match=why) as refused:
            await term(*arguments)
        assert refused.value.params["field"] == field
    with pytest.raises(Invalid, match="terms_outside"):
        await save_year(
            uow, key, school, year, name="2026/27", starts=date(2026, 9, 1), ends=date(2027, 3, 1)
        )
    await end_term(uow, key, school, third, ends=True)
    assert await uow.value(sa.select(Term.ended_on).where(Term.id == third)) == TODAY
    await term(0, "Other", date(2027, 1, 11), date(2027, 3, 21))
    with pytest.raises(Invalid, match="overlaps"):
        await end_term(uow, key, school, third, ends=False)
    assert await _audited(uow) == ["calendar.term"] * 2 + ["calendar.term_ended", "calendar.term"]


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    "who", ["head", "deputy", "secretary", "teacher", "mother", "operator", "other_admin"]
)
async def test_nobody_but_an_administrator_of_the_school_keeps_anything(
    uow: UnitOfWork, cast: Cast, who: str
) -> None:
    key, school = chat_key(cast, who), cast.school_id
    course, room = cast.courses["algebra_7a"], cast.classes["7A"]
    year = await uow.value(sa.select(AcademicYear.id))
    term = await uow.value(sa.select(sa.func.min(Term.id)))
    bells = await uow.value(sa.select(BellSchedule.id))
    slot_id = await uow.value(sa.select(sa.func.min(TimetableSlot.id)))
    slot = Slot(0, 3, 1, bells, None, None, "", WeekParity.EVERY, None, None)
    span = {"starts": date(2027, 6, 1), "ends": date(2027, 6, 2)}
    # As the own school's number another school's things are not there, and another school's number opens nothing.
    for where in (school, cast.other_school_id):
        if where != school and who != "other_admin":
            continue
        new_year = () if where != school else (save_year(uow, key, where, 0, name="Y", **span),)
        for attempt in (
            *new_year,
            save_year(uow, key, where, year, name="Y", **span),
            save_term(uow, key, where, year, term, kind=TermKind.TERM, name="T", **span),
            end_term(uow, key, where, term, ends=True),
            save_bells(uow, key, where, bells, name="B", periods=[PeriodTimes(1, time(8), time(9))]),
            remove_bells(uow, key, where, bells),
            save_class(uow, key, where, room, name="X", grade=1, homeroom_id=None, year_id=None),
            end_class(uow, key, where, room, ends=True),
            change_course(uow, key, where, course, group="", teacher_ids=[]),
            set_pupils(uow, key, where, course, []),
            end_course(uow, key, where, course, ends=True),
            add_slot(uow, key, where, course, slot),
            end_slot(uow, key, where, slot_id, TODAY),
            remove_day_off(uow, key, where, 1),
        ):
            with pytest.raises(NotFound):
                await attempt
    assert not await _audited(uow)


async def test_holidays_come_and_go(uow: UnitOfWork, cast: Cast) -> None:
    key, school = chat_key(cast, "admin"), cast.school_id
    day = date(2026, 12, 31)
    number = await save_day_off(uow, key, school, 0, name="<b>Eve</b>", starts=day, ends=day)
    with pytest.raises(Invalid, match="ends_first"):
        await save_day_off(uow, key, school, number, name="Eve", starts=day, ends=YESTERDAY)
    gone = await remove_day_off(uow, key, school, number)
    assert (gone.name, gone.starts) == ("<b>Eve</b>", day)
    assert await uow.value(sa.select(sa.func.count()).select_from(DayOff)) == 0
    with pytest.raises(NotFound):
        await remove_day_off(uow, key, school, number)


async def test_bells_are_in_order_and_those_in_use_stay(uow: UnitOfWork, cast: Cast) -> None:
    key, school = chat_key(cast, "admin"), cast.school_id
    first, second = PeriodTimes(1, time(8), time(8, 45)), PeriodTimes(2, time(8, 55), time(9, 40))
    bells = await save_bells(uow, key, school, 0, name="Short", periods=[second, first])
    for why, field, periods in (
        ("periods_missing", "periods", []),
        ("period_ends_first", "ends-1", [PeriodTimes(1, time(9), time(9))]),
        ("periods_overlap", "starts-2", [first, PeriodTimes(2, time(8, 44), time(9))]),
        ("periods_missing", "periods", [PeriodTimes(10**17, time(9), time(10))]),
    ):
        with pytest.raises(Invalid, match=why) as refused:
            await save_bells(uow, key, school, bells, name="Short", periods=periods)
        assert refused.value.params["field"] == field
    with pytest.raises(Invalid, match="name_taken"):
        await save_bells(uow, key, school, 0, name="SHORT", periods=[first])
    usual = await uow.value(sa.select(BellSchedule.id).where(BellSchedule.name == "Usual"))
    with pytest.raises(Invalid, match="period_in_use"):
        await save_bells(uow, key, school, usual, name="Usual", periods=[first])
    with pytest.raises(Invalid, match="bells_in_use"):
        await remove_bells(uow, key, school, usual)
    await remove_bells(uow, key, school, bells)
    assert len(await list_bells(uow, school)) == 6


async def test_a_class_and_its_courses_end_together_and_come_back_together(
    uow: UnitOfWork, cast: Cast
) -> None:
    key, school = chat_key(cast, "admin"), cast.school_id
    year = await uow.value(sa.select(AcademicYear.id))
    boris = cast["homeroom"].person_id
    new = await save_class(uow, key, school, 0, name="7B", grade=7, homeroom_id=boris, year_id=year)
    for why, values in (
        ("name_taken", {"name": "7A"}),
        ("grade_odd", {"grade": 10**17}),
        ("teacher_unknown", {"homeroom_id": cast["mother"].person_id}),
        ("year_unknown", {"year_id": 10**17}),
    ):
        usual = {"name": "7C", "grade": 7, "homeroom_id": boris, "year_id": year}
        with pytest.raises(Invalid, match=why):
            await save_class(uow, key, school, 0, **{**usual, **values})
    assert new
    literature = cast.courses["literature_7a"]
    await end_course(uow, key, school, literature, ends=True)
    async with uow.writing():
        await uow.write(sa.update(Course).where(Course.id == literature).values(ended_on=YESTERDAY))
    await end_class(uow, key, school, cast.classes["7A"], ends=True)
    ended = sa.select(Course.ended_on).where(Course.id == cast.courses["algebra_7a"])
    assert await uow.value(ended) == TODAY
    await end_class(uow, key, school, cast.classes["7A"], ends=False)
    assert await uow.value(ended) is None
    assert await uow.value(sa.select(Course.ended_on).where(Course.id == literature)) == YESTERDAY


async def test_a_course_is_made_given_to_others_and_keeps_who_had_it(
    uow: UnitOfWork, cast: Cast, clock: FrozenClock
) -> None:
    key, school = chat_key(cast, "admin"), cast.school_id
    room, olga, boris = cast.classes["7A"], cast["teacher"].person_id, cast["homeroom"].person_id
    maths = await uow.value(sa.select(Course.subject_id).where(Course.id == cast.courses["maths_3b"]))
    course = await add_course(uow, key, school, subject_id=maths, class_id=room, group="", teacher_ids=[olga])
    office = await _office(uow, cast)
    card = await course_card(uow, office, course)
    assert {one.id for one in card.pupils if one.is_in} == {cast["ivan"].person_id, cast["alexei"].person_id}
    with pytest.raises(Invalid, match="course_taken"):
        await add_course(uow, key, school, subject_id=maths, class_id=room, group="", teacher_ids=[])
    with pytest.raises(Invalid, match="class_unknown"):
        await add_course(uow, key, school, subject_id=maths, class_id=10**17, group="1", teacher_ids=[])
    with pytest.raises(Invalid, match="teacher_unknown"):
        await change_course(uow, key, school, course, group="", teacher_ids=[cast["other_admin"].person_id])
    with pytest.raises(NotFound):
        await set_pupils(uow, key, school, course, [cast["maria"].person_id])
    await change_course(uow, key, school, course, group="1", teacher_ids=[boris])
    await set_pupils(uow, key, school, course, [cast["ivan"].person_id])
    rows = await uow.rows(
        sa.select(CourseTeacher.teacher_id, CourseTeacher.starts, CourseTeacher.ends)
        .where(CourseTeacher.course_id == course)
        .order_by(CourseTeacher.id)
    )
    assert [tuple(row) for row in rows] == [(olga, None, YESTERDAY), (boris, TODAY, None)]
    await change_course(uow, key, school, course, group="1", teacher_ids=[olga])
    assert (await course_card(uow, office, course)).teacher_ids == (olga,)
    await set_pupils(uow, key, school, course, [cast["ivan"].person_id, cast["alexei"].person_id])
    both = sa.select(sa.func.count()).where(
        CourseEnrollment.course_id == course, CourseEnrollment.ends.is_(None)
    )
    assert await uow.value(both) == 2


async def test_a_place_in_the_week_shows_its_clashes_and_ends_without_touching_what_was_given(
    uow: UnitOfWork, cast: Cast
) -> None:
    key, school = chat_key(cast, "admin"), cast.school_id
    course, office = cast.courses["literature_7a"], await _office(uow, cast)
    bells = await list_bells(uow, school)
    schedule = bells[0].schedule_id
    card = await course_card(uow, office, course)
    common = {"room": "101", "parity": WeekParity.EVERY, "valid_from": TODAY, "valid_to": None}
    slot = checked_slot(card, bells, weekday=2, bell=(schedule, 1), **common)  # type: ignore[arg-type]
    found = {one.clash.kind.value for one in await slot_clashes(uow, office, card, slot)}
    assert found == {"room", "class"}
    for why, values in (
        ("weekday_unknown", {"weekday": 10**17}),
        ("period_unknown", {"bell": (schedule, 10**17)}),
        ("period_unknown", {"bell": None}),
        ("slot_taken", {"bell": (schedule, 2)}),
        ("day_odd", {"valid_from": date(1, 1, 1)}),
        ("ends_first", {"valid_to": YESTERDAY}),
        ("name_too_long", {"room": "x" * 10_000}),
    ):
        with pytest.raises(Invalid, match=why):
            checked_slot(card, bells, **{"weekday": 2, "bell": (schedule, 1), **common, **values})  # type: ignore[arg-type]
    number = await add_slot(uow, key, school, course, slot)
    with pytest.raises(Invalid, match="slot_taken"):
        await add_slot(uow, key, school, course, slot)
    with pytest.raises(Invalid, match="day_over"):
        await end_slot(uow, key, school, number, TODAY - timedelta(days=2))
    last = sa.select(TimetableSlot.valid_to).where(TimetableSlot.id == number)
    await end_slot(uow, key, school, number, TODAY)
    assert await uow.value(last) == TODAY
    await end_slot(uow, key, school, number, None)
    assert await uow.value(last) is None, "put back"
    await end_slot(uow, key, school, number, YESTERDAY)
    assert await uow.value(sa.select(sa.func.count()).where(TimetableSlot.id == number)) == 0
    usual = await uow.value(sa.select(TimetableSlot.id).where(TimetableSlot.course_id == course))
    await end_slot(uow, key, school, usual, YESTERDAY)
    assert await uow.value(sa.select(TimetableSlot.valid_to).where(TimetableSlot.id == usual)) == YESTERDAY
