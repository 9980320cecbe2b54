"""Lessons that are changed: who may, and who is told of it when."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from core.actions.lesson_changes import NewChange, enter_change, withdraw_change
from core.clock import FrozenClock
from core.db.engine import Database
from core.db.uow import UnitOfWork
from core.domain.ids import CourseId
from core.domain.kinds import ChangeKind
from core.domain.lessons import LessonKey
from core.errors import Invalid, NotFound
from tests.cast import TODAY, Cast, chat_key
from tests.notifier.test_schedule import Timetabled


@pytest.fixture
def school(database: Database, clock: FrozenClock, cast: Cast) -> Timetabled:
    return Timetabled(database, clock, cast)


NEXT_TUESDAY = TODAY + timedelta(days=7)


async def change(school: Timetabled, who: str, on: date, kind: ChangeKind, **values: Any) -> None:
    lesson = LessonKey(on, 1, CourseId(school.cast.courses["algebra_7a"]))
    async with UnitOfWork(school.database, school.clock) as uow:
        await enter_change(uow, chat_key(school.cast, who), lesson, NewChange(kind, **values))


async def test_a_lesson_cancelled_for_today_is_told_at_once_to_families_and_teacher(
    school: Timetabled,
) -> None:
    school.at(6, 40)
    await change(school, "deputy", TODAY, ChangeKind.CANCELLED, note="the teacher is ill")
    await school.after(minutes=2)
    (said,) = school.heard("mother")
    assert "Ivan: a lesson is changed" in said
    assert "24 Nov, lesson 1, Algebra: cancelled (the teacher is ill)" in said
    assert "7A · Algebra: cancelled" in school.heard("teacher")[0]
    assert school.heard("ivan")
    assert not school.heard("homeroom"), "it is not a lesson of his"
    async with UnitOfWork(school.database, school.clock) as uow:
        lesson = LessonKey(TODAY, 1, CourseId(school.cast.courses["algebra_7a"]))
        assert await withdraw_change(uow, chat_key(school.cast, "admin"), lesson)
    await school.after(minutes=2)
    assert "as usual after all" in school.heard("mother")[-1]


async def test_a_change_of_a_later_day_is_told_once_the_evening_before(school: Timetabled) -> None:
    homeroom = school.cast["homeroom"].person_id
    await change(school, "head", NEXT_TUESDAY, ChangeKind.SUBSTITUTED, teacher_id=homeroom)
    await school.after(minutes=2)
    assert not school.heard("mother")
    school.at(18, 30, day=NEXT_TUESDAY - timedelta(days=1))
    await school.run()
    await school.run()
    told = [one for one in school.heard("mother") if "changed" in one]
    assert len(told) == 1
    assert "substituted by Boris Orlov" in told[0]
    assert any("7A · Algebra: substituted" in one for one in school.heard("homeroom"))
    await change(school, "head", NEXT_TUESDAY, ChangeKind.CANCELLED)
    await school.after(minutes=2)
    assert "cancelled" in school.heard("mother")[-1]


async def test_a_change_made_for_tomorrow_is_not_told_again_in_the_evening(school: Timetabled) -> None:
    school.at(14, day=NEXT_TUESDAY - timedelta(days=1))
    await change(school, "deputy", NEXT_TUESDAY, ChangeKind.ROOM, room="12")
    await school.after(minutes=2)
    assert "in room 12" in school.heard("mother")[-1]
    heard = len(school.heard("mother"))
    school.at(18, 5, day=NEXT_TUESDAY - timedelta(days=1))
    await school.schedule.run_once()
    assert not await school.events("timetable_differs")
    assert len(school.heard("mother")) == heard


@pytest.mark.parametrize("who", ["teacher", "homeroom", "secretary", "mother", "other_admin", "operator"])
async def test_who_does_not_lead_the_school_changes_no_lesson(school: Timetabled, who: str) -> None:
    with pytest.raises(NotFound):
        await change(school, who, TODAY, ChangeKind.CANCELLED)


async def test_a_change_that_makes_no_sense_is_refused(school: Timetabled) -> None:
    stranger = school.cast["mother"].person_id
    with pytest.raises(NotFound):
        await change(school, "head", TODAY, ChangeKind.SUBSTITUTED, teacher_id=stranger)
    for on, kind, values, why in (
        (TODAY - timedelta(days=7), ChangeKind.CANCELLED, {}, "lesson_is_over"),
        (TODAY + timedelta(days=1), ChangeKind.CANCELLED, {}, "no_such_lesson"),
        (TODAY, ChangeKind.ROOM, {}, "change_incomplete"),
        (TODAY, ChangeKind.MOVED, {"moved_to": (TODAY, 1)}, "change_incomplete"),
    ):
        with pytest.raises(Invalid, match=why):
            await change(school, "head", on, kind, **values)
    assert not await school.events()
