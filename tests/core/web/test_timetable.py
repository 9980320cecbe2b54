"""The timetable in the panel: weeks, one lesson, and a change with what follows from it."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
import sqlalchemy as sa

from core.actions.lesson_changes import CHANGERS
from core.db.models import BellPeriod, LessonChange, OutboxEvent, TimetableSlot
from core.db.uow import UnitOfWork
from core.domain.ids import CourseId
from core.domain.lessons import LessonKey
from core.queries.lesson_desk import lesson_sheet
from core.queries.offices import list_offices
from tests.cast import TODAY, Cast, actor_of
from tests.support.browser import Site
from tests.support.panel import hidden, in_panel

_ONE = pytest.mark.parametrize("database_kind", ["sqlite"])


def _lesson(cast: Cast, course: str = "algebra_7a", period: int = 1, more: str = "") -> str:
    return f"/timetable/lesson/{cast.courses[course]}{more}?on={TODAY}&period={period}"


async def _changes(site: Site) -> list[tuple[object, ...]]:
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        rows = await uow.rows(
            sa.select(LessonChange.kind, LessonChange.teacher_id, LessonChange.room, LessonChange.note)
        )
    return [tuple(row) for row in rows]


@_ONE
async def test_the_week_of_a_class_a_teacher_and_a_room(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "head")
    week = await panel.read(f"/timetable?of=class&who={cast.classes['7A']}")
    assert "Algebra" in week
    assert "Literature" in week
    assert "Maths" not in week
    assert "Algebra" in await panel.read(f"/timetable?of=teacher&who={cast['teacher'].person_id}")
    room = await panel.read("/timetable?of=room&who=202")
    assert "7A · Literature" in room
    assert "Algebra" not in room
    assert "No lessons in this week" in await panel.read("/timetable?week=2027-07-05")
    for day in ("0001-01-01", "9999-12-31", "someday", "2026-11-24" * 99):
        await panel.read(f"/timetable?week={day}")
    for who in ("999999", "10" * 9, "x", "%3Cb%3E"):
        assert (await panel.get(f"/timetable?of=class&who={who}")).status == 404
    other = await in_panel(site, cast, "other_admin")
    assert (await other.get(f"/timetable?of=class&who={cast.classes['7A']}")).status == 404
    assert (await other.get(f"/timetable?of=teacher&who={cast['teacher'].person_id}")).status == 404


async def test_a_substitution_shows_its_clash_and_is_saved_although_it_clashes(
    site: Site, cast: Cast
) -> None:
    boris = cast["homeroom"].person_id
    async with UnitOfWork(site.app.database, site.app.clock) as uow, uow.writing():
        # Literature rings by another bell, half an hour into algebra: the clock decides.
        await uow.write(sa.update(BellPeriod).where(BellPeriod.number == 2).values(starts=time(9)))
    panel = await in_panel(site, cast, "deputy")
    form = {"kind": "substituted", "teacher": boris, "note": "<b>ill</b>"}
    looked = await panel.post(_lesson(cast), step="look", **form)
    assert looked.status == 200
    text = await looked.text()
    assert "Boris Orlov already teaches 7A · Literature then." in text
    assert "the families of 2 pupils" in text
    assert "Told at once" in text
    assert "&lt;b&gt;ill" in text
    assert "<b>ill" not in text
    assert not await _changes(site), "only shown yet"
    # What was not shown is not saved.
    again = await panel.post(_lesson(cast), step="save", seen="", **form)
    assert "Look again" in await again.text()
    assert not await _changes(site)
    saved = await panel.post(_lesson(cast), step="save", seen=hidden(text, "seen"), **form)
    assert saved.status == 303
    assert [(one[1], one[3]) for one in await _changes(site)] == [(boris, "<b>ill</b>")]
    assert "substituted by Boris Orlov" in await panel.read(_lesson(cast))
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        assert await uow.value(sa.select(OutboxEvent.kind)) == "lesson_changed"
    assert (await panel.post(_lesson(cast, more="/withdraw"))).status == 303
    assert not await _changes(site)


@_ONE
async def test_a_move_shows_the_class_that_is_busy_and_what_cannot_be_is_said_beside_its_field(
    site: Site, cast: Cast
) -> None:
    panel = await in_panel(site, cast, "admin")
    moved = {"kind": "moved", "moved_on": TODAY + timedelta(days=7), "moved_period": 2, "room": "202"}
    text = await (await panel.post(_lesson(cast), step="look", **moved)).text()
    assert "The class has 7A · Literature then." in text
    assert "Room 202 is taken by 7A · Literature then." in text
    for form, words in (
        ({"kind": "moved", "moved_on": "9999-12-31", "moved_period": 1}, "within a year"),
        ({"kind": "moved", "moved_on": "0001-01-01", "moved_period": 1}, "within a year"),
        ({"kind": "moved", "moved_on": TODAY, "moved_period": 10**17}, "within a year"),
        ({"kind": "moved", "moved_on": TODAY, "moved_period": 1}, "another day or lesson number"),
        ({"kind": "substituted"}, "Choose who gives the lesson"),
        ({"kind": "substituted", "teacher": cast["mother"].person_id}, "Choose who gives the lesson"),
        ({"kind": "substituted", "teacher": 10**17}, "Choose who gives the lesson"),
        ({"kind": "room"}, "Write the room"),
        ({"kind": "room", "room": "x" * 10_000}, "At most 40 letters"),
        ({"kind": "cancelled", "note": "x" * 10_000}, "At most 200 letters"),
        ({"kind": "erased"}, "Choose what is changed"),
    ):
        refused = await panel.post(_lesson(cast), step="look", **form)
        assert refused.status == 400, form
        assert words in await refused.text(), form
    assert not await _changes(site)


@_ONE
async def test_no_lesson_of_another_school_and_none_that_is_not_in_the_timetable(
    site: Site, cast: Cast
) -> None:
    other = await in_panel(site, cast, "other_admin")
    assert (await other.get(_lesson(cast))).status == 404
    assert (await other.post(_lesson(cast), kind="cancelled", step="save", seen="")).status == 404
    assert (await other.post(_lesson(cast, more="/withdraw"))).status == 404
    panel = await in_panel(site, cast, "head")
    course = cast.courses["algebra_7a"]
    for where in (
        "",
        "?on=0001-01-01&period=1",
        "?on=9999-12-31&period=1",
        f"?on={TODAY}&period=999",
        f"?on={TODAY}&period=-1",
    ):
        assert (await panel.get(f"/timetable/lesson/{course}{where}")).status == 404, where
    last_week = TODAY - timedelta(days=7)
    over = f"/timetable/lesson/{course}?on={last_week}&period=1"
    assert "This lesson is over" in await panel.read(over)
    assert (await panel.post(over, kind="cancelled", step="save", seen="")).status == 400
    assert not await _changes(site)


async def test_substitutes_who_are_free_come_first_and_the_busy_are_told_apart(
    site: Site, cast: Cast
) -> None:
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        (office,) = await list_offices(uow, await actor_of(uow, cast, "head"), CHANGERS)
        key = LessonKey(TODAY, 1, CourseId(cast.courses["algebra_7a"]))
        before = uow.statements
        sheet = await lesson_sheet(uow, office, key)
        assert uow.statements - before == 7
        assert cast["homeroom"].person_id in sheet.free_teachers
        assert cast["teacher"].person_id not in sheet.free_teachers
        assert {"202", "303"} <= sheet.free_rooms
        async with uow.writing():
            await uow.write(sa.update(TimetableSlot).values(period=1))
        sheet = await lesson_sheet(uow, office, key)
        assert cast["homeroom"].person_id not in sheet.free_teachers
        assert "202" not in sheet.free_rooms
