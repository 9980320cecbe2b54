"""The overview's warnings, the journal's gaps, the day's attendance and a pupil's diary: what they say, and to whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.models import (
    Attendance,
    AuditEntry,
    Chat,
    CodeTry,
    ImportRun,
    Lesson,
    LessonChange,
    OutboxEvent,
    PanelSession,
    PanelTicket,
    SignInTry,
)
from core.db.uow import UnitOfWork
from core.domain.kinds import AttendanceKind, ChangeKind, ImportState
from tests.cast import TODAY, Cast
from tests.support.browser import Site
from tests.support.panel import PanelBrowser, in_panel


async def _words(panel: PanelBrowser, path: str) -> str:
    return " ".join((await panel.read(path)).split())


async def test_the_journal_counts_what_was_left_empty_and_cancelled_lessons_do_not_count(
    site: Site, cast: Cast
) -> None:
    # Each course has one lesson a week: that of a week ago was written, with topic, register and marks.
    panel = await in_panel(site, cast, "head")
    page = await _words(panel, "/journal?days=7")
    assert "Sokolova Olga 1 0 0 0 1 0" in page
    assert "Orlov Boris 3 0 0 0 3 0" in page
    page = await _words(panel, "/journal?days=14&by=class")
    assert "7A 4 2 2 2" in page
    async with UnitOfWork(site.app.database, site.app.clock) as uow, uow.writing():
        await uow.insert(
            LessonChange,
            course_id=cast.courses["algebra_7a"],
            date=TODAY - timedelta(days=14),
            period=1,
            kind=ChangeKind.CANCELLED,
        )
    assert "7A 3 1 1 1" in await _words(panel, "/journal?days=14&by=class")
    only_hers = await _words(panel, f"/journal?days=14&by=course&teacher={cast['teacher'].person_id}")
    assert "7A · Algebra Sokolova Olga 1 0" in only_hers
    assert "Literature" not in only_hers


async def test_the_journal_is_exported_with_a_code_and_that_is_audited(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "deputy", with_app=True)
    file = await (await panel.post("/journal/export?by=class&days=7")).text()
    assert "7A,,2,0,0,0,2,0" in file
    file = await (await panel.post("/attendance/export")).text()
    assert "7A,2,1,0,0,0,0,0,0,,2026-11-24" in file
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        actions = [row.action for row in await uow.rows(sa.select(AuditEntry.action))]
    assert {"journal.export", "attendance.export"} <= set(actions)


async def test_the_day_is_counted_by_class_without_names(site: Site, cast: Cast) -> None:
    async with UnitOfWork(site.app.database, site.app.clock) as uow, uow.writing():
        lesson = await uow.insert(
            Lesson, course_id=cast.courses["algebra_7a"], date=TODAY, period=1, register_taken_at=uow.now
        )
        await uow.insert(
            Attendance,
            student_id=cast["ivan"].person_id,
            lesson_id=lesson,
            kind=AttendanceKind.ABSENT,
            recorded_at=uow.now,
        )
    panel = await in_panel(site, cast, "head")
    page = await _words(panel, "/attendance")
    assert "7A 1 of 1 1 50" in page
    assert "Petrov" not in page
    assert "50 %" in await _words(panel, "")
    week_ago = (TODAY - timedelta(days=7)).isoformat()
    assert "3B 1 of 1 1 0" in await _words(panel, f"/attendance?on={week_ago}")


async def test_names_of_a_class_and_a_diary_are_recorded_looks_and_a_diary_is_one(
    site: Site, cast: Cast
) -> None:
    panel = await in_panel(site, cast, "head")
    week_ago = (TODAY - timedelta(days=7)).isoformat()
    page = await _words(panel, f"/attendance/{cast.classes['7A']}?on={week_ago}")
    assert "Petrov Ivan" in page
    assert "secret-ivan reason" in page
    page = await _words(panel, f"/people/{cast['ivan'].person_id}/diary")
    assert "Algebra 4" in page
    assert "exercise of the class 7A" in page
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        looks = await uow.rows(
            sa.select(AuditEntry.action, AuditEntry.subject_id).where(AuditEntry.action.startswith("look."))
        )
    assert [tuple(row) for row in looks] == [
        ("look.class", cast.classes["7A"]),
        ("look.diary", cast["ivan"].person_id),
    ]
    other = await in_panel(site, cast, "other_admin")
    assert (await other.get(f"/people/{cast['ivan'].person_id}/diary")).status == 404
    assert (await other.get(f"/attendance/{cast.classes['7A']}")).status == 404
    secretary = await in_panel(site, cast, "secretary")
    assert (await secretary.get(f"/people/{cast['ivan'].person_id}/diary")).status == 403


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_the_overview_warns_of_what_needs_somebody_and_says_what_to_do(
    site: Site, cast: Cast, clock: FrozenClock
) -> None:
    panel = await in_panel(site, cast, "admin")
    assert "Needs somebody now" not in await _words(panel, "")
    clock.move(timedelta(hours=1, minutes=55))
    async with UnitOfWork(site.app.database, site.app.clock) as uow, uow.writing():
        chat = await uow.value(sa.select(Chat.id))
        await uow.write(sa.insert(CodeTry), [{"at": uow.now, "chat_id": chat, "address_hash": ""}] * 12)
        await uow.write(
            sa.insert(SignInTry), [{"at": uow.now, "account_hash": "a", "address_hash": "b"}] * 12
        )
        long_ago = uow.now - timedelta(hours=1)
        await uow.insert(OutboxEvent, kind="absence", key="x", created_at=long_ago, not_before=long_ago)
        await uow.insert(
            ImportRun,
            school_id=cast.school_id,
            person_id=cast["secretary"].person_id,
            importer="oneroster",
            file_name="register.zip",
            state=ImportState.APPLIED,
            rejected=3,
            started_at=uow.now,
        )
    page = await _words(panel, "")
    for words in (
        "Nothing has been sent since",
        "12 wrong codes were tried",
        "12 sign-ins with a password were refused",
        "2 classes have no register yet today: 3B and 7A",
        "register.zip taken in 3 rows were not taken",
    ):
        assert words in page
    canteen, operator = await in_panel(site, cast, "canteen"), await in_panel(site, cast, "operator")
    page = await _words(canteen, "")
    assert "Meal accounts" in page
    assert "wrong codes" not in page
    page = await _words(operator, "")
    assert "Nothing has been sent since" in page
    assert "register" not in page


async def test_spent_doors_of_the_panel_are_cleaned_up(site: Site, cast: Cast, clock: FrozenClock) -> None:
    from core.actions.clean_up import clean_up

    await in_panel(site, cast, "admin")
    async with UnitOfWork(site.app.database, clock) as uow:
        async with uow.writing():
            await uow.insert(SignInTry, at=uow.now, account_hash="a", address_hash="b")
        await clean_up(uow)
        tables = (PanelTicket, PanelSession, SignInTry)
        assert [await uow.value(sa.select(sa.func.count()).select_from(one)) for one in tables] == [1, 1, 1]
        clock.move(timedelta(days=100))
        await clean_up(uow)
        assert [await uow.value(sa.select(sa.func.count()).select_from(one)) for one in tables] == [0, 0, 0]
