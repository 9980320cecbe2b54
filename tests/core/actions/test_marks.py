"""Saving marks: all or nothing, a bounded number of statements, audited, and never over what somebody has not seen."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.access import load_actor
from core.actions.marks import NewEntry, SavedMarks, save_marks, undo_marks
from core.actions.postings import start_posting
from core.clock import FrozenClock
from core.db.conversation import ChatKey
from core.db.engine import Database
from core.db.models import Assessment, Attendance, AuditEntry, Lesson, Mark
from core.db.uow import UnitOfWork
from core.domain.drafts import SeenPupil
from core.domain.grading import SCALES, MarkValue
from core.domain.ids import CourseId, PersonId, PostingId
from core.domain.kinds import Messenger, PostingKind, Presence
from core.domain.lessons import LessonKey
from core.domain.marking import GivenMark
from core.errors import Invalid, NotFound
from core.queries.register import register_for
from tests.cast import BOT_ID, TODAY, Cast
from tests.support.lessons import add_pupil

FIVE = GivenMark(SCALES["five"].parse("5"))


def chat_of(cast: Cast, name: str) -> ChatKey:
    return ChatKey(Messenger.TELEGRAM, BOT_ID, cast[name].user_id)


def lesson_of(cast: Cast, course: str = "algebra_7a", *, days_ago: int = 0, period: int = 1) -> LessonKey:
    return LessonKey(TODAY - timedelta(days=days_ago), period, CourseId(cast.courses[course]))


async def draft(uow: UnitOfWork, cast: Cast, name: str = "teacher") -> PostingId:
    _, actor = await load_actor(uow, chat_of(cast, name))
    return await start_posting(uow, actor, PostingKind.MARKS, {})


async def save(
    uow: UnitOfWork, cast: Cast, entries: list[NewEntry], *, key: LessonKey | None = None, **more: Any
) -> SavedMarks:
    posting = await draft(uow, cast)
    return await save_marks(uow, chat_of(cast, "teacher"), posting, key or lesson_of(cast), entries, **more)


async def count(uow: UnitOfWork, table: type[Any]) -> int:
    return int(await uow.value(sa.select(sa.func.count()).select_from(table)))


async def test_statements_do_not_grow_with_the_marks(
    database: Database, clock: FrozenClock, cast: Cast
) -> None:
    async with UnitOfWork(database, clock, via="test") as uow:
        async with uow.writing():
            pupils = [await add_pupil(uow, cast, f"Pupil {n}", f"Family {n}") for n in range(33)]
        used = []
        for days_ago, number in ((7, 1), (14, 33)):
            entries = [
                NewEntry(PersonId(one), (FIVE, FIVE), Presence.LATE, 10, "test", "well done")
                for one in pupils[:number]
            ]
            posting = await draft(uow, cast)
            before = uow.statements
            await save_marks(
                uow,
                chat_of(cast, "teacher"),
                posting,
                lesson_of(cast, days_ago=days_ago),
                entries,
                rest_present=True,
            )
            used.append(uow.statements - before)
        assert await uow.value(sa.select(sa.func.count()).where(Mark.comment == "well done")) == 68
    # The older lesson had no row yet, so the timetable was asked for it.
    assert used[1] - used[0] == 2
    assert used[1] <= 21


async def test_saving_and_undoing_are_audited_with_before_and_after(
    database: Database, clock: FrozenClock, cast: Cast
) -> None:
    ivan, alexei = (cast[name].person_id for name in ("ivan", "alexei"))
    async with UnitOfWork(database, clock, via="test") as uow:
        await save(uow, cast, [NewEntry(PersonId(alexei), (), Presence.ABSENT)])
        posting = await draft(uow, cast)
        entries = [
            NewEntry(PersonId(ivan), (FIVE,)),
            NewEntry(PersonId(alexei), (), Presence.LATE, 10),
        ]
        saved = await save_marks(uow, chat_of(cast, "teacher"), posting, lesson_of(cast), entries)
        assert [one.presence for one in saved.before.values()] == [Presence.ABSENT]
        await undo_marks(uow, chat_of(cast, "teacher"), posting)
        noted = await uow.rows(
            sa.select(AuditEntry.actor_id, AuditEntry.action, AuditEntry.before, AuditEntry.after)
            .where(AuditEntry.action.in_(["marks.save", "marks.undo"]))
            .order_by(AuditEntry.id)
        )
        assert [row.action for row in noted] == ["marks.save", "marks.save", "marks.undo"]
        assert {row.actor_id for row in noted} == {cast["teacher"].person_id}
        second, undone = noted[1], noted[2]
        assert second.before == {"presence": {str(alexei): "absent"}}
        assert second.after["presence"] == {str(alexei): "late 10"}
        mark = await uow.value(sa.select(sa.func.max(Mark.id)))
        assert second.after["marks"] == [{"id": mark, "student": ivan, "value": "5"}]
        assert second.after["posting"] == posting
        assert undone.before == {
            "posting": posting,
            "marks": [mark],
            "presence": {str(alexei): "late 10"},
            "register_taken": False,
            "changed": None,
        }
        assert undone.after == {"presence": {str(alexei): "absent"}}


async def test_marks_that_changed_since_they_were_seen_stop_the_saving(
    database: Database, clock: FrozenClock, cast: Cast
) -> None:
    ivan = PersonId(cast["ivan"].person_id)
    async with UnitOfWork(database, clock, via="test") as uow:
        await save(uow, cast, [NewEntry(ivan, (FIVE,))], seen={ivan: SeenPupil()})
        posting = await draft(uow, cast)
        chat, key = chat_of(cast, "teacher"), lesson_of(cast)
        entries = [NewEntry(ivan, (FIVE,))]
        with pytest.raises(Invalid) as stopped:
            await save_marks(uow, chat, posting, key, entries, seen={ivan: SeenPupil()})
        assert stopped.value.key == "changed_meanwhile"
        _, actor = await load_actor(uow, chat)
        line = (await register_for(uow, actor, key)).line(ivan)
        assert line is not None
        assert [mark.value for mark in line.marks] == ["5"]
        await save_marks(uow, chat, posting, key, entries, seen={ivan: line.seen})


async def test_of_two_who_save_at_the_same_moment_the_second_is_stopped(
    database: Database, clock: FrozenClock, cast: Cast
) -> None:
    ivan = PersonId(cast["ivan"].person_id)

    async def one_phone() -> str:
        async with UnitOfWork(database, clock, via="test") as uow:
            try:
                await save(uow, cast, [NewEntry(ivan, (FIVE,))], seen={ivan: SeenPupil()})
            except Invalid as error:
                return error.key
            return "saved"

    assert sorted(await asyncio.gather(one_phone(), one_phone())) == ["changed_meanwhile", "saved"]
    async with UnitOfWork(database, clock, via="test") as uow:
        assert await count(uow, Mark) == 7, "the cast's six, and one"


async def test_a_foreign_pupil_lesson_or_mark_leaves_nothing_behind(
    database: Database, clock: FrozenClock, cast: Cast
) -> None:
    ivan, katya = (PersonId(cast[name].person_id) for name in ("ivan", "katya"))
    seven = GivenMark(MarkValue("7", None))
    async with UnitOfWork(database, clock, via="test") as uow:
        before = [await count(uow, table) for table in (Lesson, Mark, Assessment, Attendance, AuditEntry)]
        refused: list[tuple[list[NewEntry], LessonKey, type[Exception]]] = [
            ([NewEntry(ivan, (FIVE,)), NewEntry(katya, (FIVE,))], lesson_of(cast), NotFound),
            ([NewEntry(ivan, (FIVE,))], lesson_of(cast, "literature_7a", period=2), NotFound),
            ([NewEntry(ivan, (FIVE, seven))], lesson_of(cast), Invalid),
            ([NewEntry(ivan, (FIVE,))], lesson_of(cast, days_ago=-7), Invalid),
            ([NewEntry(ivan, (FIVE,))], lesson_of(cast, days_ago=49), Invalid),
            ([NewEntry(ivan, (FIVE,))], lesson_of(cast, days_ago=112), Invalid),
            ([NewEntry(ivan, (FIVE,))], lesson_of(cast, days_ago=1), Invalid),
            ([NewEntry(ivan, (FIVE,))], lesson_of(cast, period=5), Invalid),
            ([NewEntry(ivan, (FIVE,))], lesson_of(cast, period=0), Invalid),
        ]
        for entries, key, error in refused:
            with pytest.raises(error):
                await save(uow, cast, entries, key=key)
        after = [await count(uow, table) for table in (Lesson, Mark, Assessment, Attendance, AuditEntry)]
        assert after == before
