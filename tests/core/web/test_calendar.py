"""The calendar in the panel: forms that say what is wrong, and lists to sort, filter and take away."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from core.db.models import (
    AcademicYear,
    BellSchedule,
    Course,
    DayOff,
    SchoolClass,
    Subject,
    Term,
    TimetableSlot,
)
from core.db.uow import UnitOfWork
from tests.cast import Cast
from tests.support.browser import Site
from tests.support.panel import in_panel

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])


async def _value(site: Site, statement: sa.Select[Any]) -> Any:
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        return await uow.value(statement)


async def test_a_school_is_set_up_from_nothing_and_its_lesson_stands_in_the_week(
    site: Site, cast: Cast
) -> None:
    panel = await in_panel(site, cast, "other_admin")
    year = {"name": "2026/27", "starts": "2026-09-01", "ends": "2027-05-31"}
    assert (await panel.post("/calendar/years/0", **year)).status == 303
    other = cast.other_school_id
    year_id = await _value(site, sa.select(AcademicYear.id).where(AcademicYear.org_id == other))
    term = {"name": "Term 1", "kind": "term", "starts": "2026-09-01", "ends": "2027-05-31"}
    assert (await panel.post(f"/calendar/terms/0?year={year_id}", **term)).status == 303
    bells = {"name": "Usual", "starts-1": "08:30", "ends-1": "09:15"}
    assert (await panel.post("/calendar/bells/0", **bells)).status == 303
    schedule = await _value(site, sa.select(BellSchedule.id).where(BellSchedule.school_id == other))
    assert (await panel.post("/calendar/classes/0", name="1A", grade="1", year=year_id)).status == 303
    room = await _value(site, sa.select(SchoolClass.id).where(SchoolClass.school_id == other))
    assert (await panel.post("/calendar/subjects/0", name="Drawing")).status == 303
    subject = await _value(site, sa.select(Subject.id).where(Subject.org_id == other))
    made = await panel.post("/calendar/courses/new", **{"subject": subject, "class": room, "group": ""})
    assert made.status == 303
    course = await _value(site, sa.select(Course.id).where(Course.school_id == other))
    place = {"weekday": "2", "bell": f"{schedule}-1", "room": "<b>1</b>", "parity": "every"}
    assert (await panel.post(f"/calendar/courses/{course}/slots", **place)).status == 303
    week = await (await panel.get(f"/timetable?who={room}")).text()
    assert "Drawing" in week
    assert "&lt;b&gt;1" in week
    assert "<b>1" not in week
    for path in ("", "/bells", "/classes", "/courses", "/subjects", f"/courses/{course}", f"/classes/{room}"):
        await panel.read(f"/calendar{path}")


async def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(
    site: Site, cast: Cast
) -> None:
    panel = await in_panel(site, cast, "admin")
    course, long = cast.courses["algebra_7a"], "x" * 10_000
    slot = await _value(site, sa.select(TimetableSlot.id).where(TimetableSlot.course_id == course))
    bells = await _value(site, sa.select(BellSchedule.id))
    term = await _value(site, sa.select(sa.func.min(Term.id)))
    year = {"name": "<i>", "kind": "term"}
    for path, form, words in (
        ("/years/0", {"name": "<i>Y", "starts": "0001-01-01", "ends": "9999-12-31"}, "between 2000 and 2099"),
        ("/years/0", {"name": "<i>Y", "starts": "x", "ends": ""}, "Choose a day."),
        (
            "/years/0",
            {"name": "<i>", "starts": "2027-01-01", "ends": "2027-01-02"},
            "2026/27 has some of these",
        ),
        (f"/terms/{term}", {"name": long, "kind": "quarter", "starts": "2026-09-01"}, "At most 80 letters"),
        (
            f"/terms/{term}",
            {**year, "starts": "2026-01-01", "ends": "2026-10-01"},
            "The year goes from",
        ),
        ("/days-off/0", {"name": "<i>", "starts": "2027-01-02", "ends": "2027-01-01"}, "before the first"),
        ("/bells/0", {"name": "<i>", "starts-1": "10:00"}, "Write both times"),
        ("/bells/0", {"name": "<i>", "starts-1": "10:00", "ends-1": "09:00"}, "It ends before it begins"),
        (f"/bells/{bells}", {"name": "<i>", "starts-9": "10:00", "ends-9": "11:00"}, "lessons at this time"),
        (f"/bells/{bells}/remove", {}, "they stay"),
        ("/classes/0", {"name": "<i>", "grade": 10**17}, "A grade is a number"),
        ("/classes/0", {"name": "<i>", "homeroom": 10**17}, "Choose teachers of this school"),
        ("/subjects/0", {"name": "ALGEBRA"}, "one of this name"),
        ("/courses/new", {"subject": "1' or 1", "class": "2"}, "Choose a subject"),
        (f"/courses/{course}", {"group": "<i>", "teacher-1": cast["mother"].person_id}, "Choose teachers"),
        (f"/courses/{course}", {"group": long}, "At most 40 letters"),
        (f"/courses/{course}/slots", {"weekday": 9, "bell": "1-1"}, "Choose a day of the week"),
        (f"/courses/{course}/slots", {"weekday": 1, "bell": f"1-{10**17}"}, "Choose a lesson of your bells"),
        (f"/courses/{course}/slots", {"weekday": 2, "bell": f"{bells}-1"}, "meets then already"),
        (
            f"/courses/{course}/slots",
            {"weekday": 3, "bell": f"{bells}-1", "valid_to": "9999-12-31"},
            "between 2000",
        ),
        (
            f"/courses/{course}/slots/until",
            {"slot": slot, "last_day": "0001-01-01"},
            "yesterday or a later day",
        ),
        (f"/courses/{course}/slots/until", {"slot": slot, "last_day": "someday"}, "between 2000 and 2099"),
    ):
        response = await panel.post(f"/calendar{path}", **form)
        text = await response.text()
        assert response.status == 400, (path, form, response.status)
        assert words in text, (path, form)
        assert "<i>" not in text, path
        if "<i>" in form.values():
            assert "&lt;i&gt;" in text, path
    unknown: tuple[tuple[str, dict[str, Any]], ...] = (
        (f"/terms/{term}", {"kind": "eternity"}),
        (f"/courses/{course}/pupils", {f"pupil-{cast['maria'].person_id}": 1}),
        (f"/courses/{course}/pupils", {"pupil-x": 1}),
        (f"/courses/{course}/slots/until", {"slot": 10**17}),
    )
    for path, form in unknown:
        assert (await panel.post(f"/calendar{path}", **form)).status == 404, path


async def test_no_form_reaches_into_another_school(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "other_admin")
    course, room = cast.courses["algebra_7a"], cast.classes["7A"]
    year, term = (
        await _value(site, sa.select(AcademicYear.id)),
        await _value(site, sa.select(Term.id).limit(1)),
    )
    bells = await _value(site, sa.select(BellSchedule.id))
    span = {"name": "Mine", "starts": "2026-09-01", "ends": "2026-09-02", "kind": "term"}
    for path, form in (
        (f"/years/{year}", span),
        (f"/years/{year}/end", {}),
        (f"/terms/0?year={year}", span),
        (f"/terms/{term}", span),
        (f"/terms/{term}/end", {}),
        (f"/bells/{bells}", {"name": "Mine", "starts-1": "08:00", "ends-1": "09:00"}),
        (f"/bells/{bells}/remove", {}),
        (f"/classes/{room}", {"name": "Mine"}),
        (f"/classes/{room}/end", {}),
        (f"/courses/{course}", {"group": "Mine"}),
        (f"/courses/{course}/end", {}),
        (f"/courses/{course}/pupils", {}),
        (f"/courses/{course}/slots", {"weekday": 1, "bell": f"{bells}-1"}),
        (f"/courses/{course}/slots/until", {"slot": 1, "last_day": ""}),
        ("/subjects/1", {"name": "Mine"}),
        ("/subjects/1/remove", {}),
    ):
        assert (await panel.post(f"/calendar{path}", **form)).status == 404, path
    for subject in (1, 10**17):
        forged = {"subject": subject, "class": room}
        assert (await panel.post("/calendar/courses/new", **forged)).status == 400
    assert "7A" not in await panel.read(f"/calendar/courses?class={room}&subject=1")


async def test_lists_are_sorted_filtered_and_taken_away_and_what_is_removed_can_be_put_back(
    site: Site, cast: Cast
) -> None:
    panel = await in_panel(site, cast, "admin", with_app=True)
    classes = await panel.read("/calendar/classes?sort=-name")
    assert classes.index("7A") < classes.index("5A") < classes.index("3B")
    for after in ("5~" + "9" * 30, "5~-" + "9" * 30, "5~x", "9" * 19 + "~1", "1" * 30 + "~1"):
        assert (await panel.get(f"/calendar/classes?sort=grade&after={after}")).status in (200, 404), after
    one = await panel.read(f"/calendar/courses?class={cast.classes['3B']}")
    assert "Boris Orlov" in one
    assert "Algebra" not in one.split("In the week")[1]
    for path, words in (("classes", "Boris Orlov"), ("courses", "Olga Sokolova")):
        taken = await panel.post(f"/calendar/{path}/export?sort=-class&after=nonsense")
        assert taken.content_type == "text/csv"
        assert words in await taken.text()
    day = {"name": "Eve & Day", "starts": "2026-12-31", "ends": "2027-01-01"}
    await panel.post("/calendar/days-off/0", **day)
    number = await _value(site, sa.select(DayOff.id))
    gone = await panel.post(f"/calendar/days-off/{number}/remove")
    offered = await panel.get(gone.headers["Location"].removeprefix("/admin"))
    text = await offered.text()
    assert 'value="Eve &amp; Day"' in text
    assert 'value="2027-01-01"' in text
    course = cast.courses["algebra_7a"]
    await panel.post(f"/calendar/courses/{course}/end", end=1)
    assert "Algebra" not in (await panel.read("/calendar/courses")).split("In the week")[1]
    assert "Algebra" in (await panel.read("/calendar/courses?ended=1")).split("In the week")[1]
    await panel.post(f"/calendar/courses/{course}/end", end=0)
    head = await in_panel(site, cast, "head")
    page = await (await head.get(f"/calendar/courses/{course}")).text()
    assert "<h1>Algebra" in page
    assert "slots" not in page, "a head reads, and changes single lessons only"
