"""Whole conversations of random words and taps by teachers: no fault, and the journal stays in order. Four hundred, and a
thousand in `make soak`."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import AuditEntry, Course, CourseTeacher, Posting, TimetableSlot
from core.db.uow import UnitOfWork
from core.domain.kinds import PostingKind
from tests.cast import TODAY, Cast, link
from tests.support.conversation import Heard, Stage, User
from tests.support.lessons import add_course, add_pupil, substitute

_APOLOGIES = ("Something went wrong", "у нас что-то сломалось", "ระบบของเราขัดข้อง")
_SAVED = {
    PostingKind.MARKS: {"marks.save", "presence.note", "register.take", "mark.correct", "mark.withdraw"},
    PostingKind.HOMEWORK: {"homework.set", "homework.edit"},
    PostingKind.ANNOUNCEMENT: {"announcement.publish", "announcement.edit"},
    PostingKind.TOPIC: {"lesson.topic"},
}
_UNDONE = {
    PostingKind.MARKS: {"marks.undo"},
    PostingKind.HOMEWORK: {"homework.undo"},
    PostingKind.ANNOUNCEMENT: {"announcement.withdraw", "announcement.undo", "announcement.edit"},
    PostingKind.TOPIC: {"lesson.topic_undo"},
}

_TARGETS = (
    *("", "", "", "7A: ", "7A algebra: ", "yesterday: ", "tomorrow: ", "3B: ", "2 урок: ", "первый урок: ", "คาบแรก: "),
    *("7A 1.08.2026: ", "7A 6.10: ", "7A 17.11: ", "7A sunday: ", "7A lesson 44: ", "test: ", "8B: ", "chess: "),
)  # fmt: skip
_NAMES = (
    *("Petrov", "Петров", "Smirnov", "Смирнова", "Kozlov", "Kozlov A.", "Ivanov Kirill", "№4", "Gtnhjd", "ทองดี"),
    *("Sokolova", "Nobody", "Fyodor", "petrov ivan", "P", "see you at"),
)  # fmt: skip
_SAID = (
    *("5", "4", "4+", "3-", "5 4", "18/20", "9", "๕", "absent", "н", "late 10", "оп", "late 900", "ill", "был"),
    *('5 test "good"', "5 great", "ขาด", "", '"a comment"', "present", "excused 2"),
)  # fmt: skip
_OTHER = (
    *("/mark", "/register", "/register 7A yesterday", "/undo", "/undo", "/lessons", "/cancel", "/hw", "/topic"),
    *("/topic Fractions", "/topic 7A 17.11: Roots", "/topic 7A 1.08.2026: old", "/hw 7A algebra: §1 (20 min)"),
    *("/hw 7A algebra tomorrow: §2", "/hw 7A algebra 1.08.2026: §3", "/hw x: y", "/announce 7A algebra: rulers"),
    *("/announce", "/announcements", "/joined", "/class", "hello", "rest present", "остальные были", "5", "Friday: §9"),
    *("/grades", "/help", "ok", "x" * 5000, "@#$%", "\u0e01\u0e31", "Petrov 5\n" * 200),
)  # fmt: skip


@dataclass
class Talk:
    """Two phones of a teacher and one of a colleague, with the buttons that they have been shown."""

    stage: Stage
    clock: FrozenClock
    cast: Cast
    chance: random.Random
    users: list[User]
    shown: dict[int, list[str]] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)

    async def converse(self) -> None:
        """One conversation: mostly one goes on with what was shown last."""
        self.steps = []
        self.clock.move(timedelta(minutes=self.chance.randint(1, 12)))
        user = self.chance.choice(self.users)
        await self._hear(user, self._words())
        for _ in range(self.chance.randint(1, 6)):
            self.clock.move(timedelta(seconds=self.chance.choice((1, 2, 5, 20, 400))))
            if self.chance.random() < 0.15:
                user = self.chance.choice(self.users)
            what = self._button(user) if self.chance.random() < 0.75 else self._words()
            await self._hear(user, what)

    def _words(self) -> str:
        if self.chance.random() < 0.3:
            return self.chance.choice(_OTHER)
        items = [
            f"{self.chance.choice(_NAMES)} {self.chance.choice(_SAID)}"
            for _ in range(self.chance.randint(1, 4))
        ]
        return self.chance.choice(_TARGETS) + self.chance.choice((", ", "; ", "\n")).join(items)

    def _button(self, user: User) -> str:
        """A button of the last card, sometimes an older or a forged one."""
        last = list(user.last.buttons.values()) if user.last else []
        save = [one for one in last if one.startswith(("mk:save", "hw:save", "an:send"))]
        older = self.shown.get(user.user_id, [])
        dice = self.chance.random()
        if save and dice < 0.4:
            return f"\0{save[0]}"
        if last and dice < 0.85:
            return f"\0{self.chance.choice(last)}"
        if not older:
            return self._words()
        data = self.chance.choice(older)
        if dice < 0.93:
            return f"\0{data}"
        parts = data.split(":")
        place = self.chance.randrange(len(parts))
        if parts[place].isdigit():
            parts[place] = str(self.chance.choice((0, 1, 2, 7, 44, TODAY.toordinal(), 739_000, 10**18)))
        return "\0" + ":".join(parts)

    async def _hear(self, user: User, what: str) -> None:
        self.steps.append(f"{user.user_id}: {what[:120]!r}")
        heard: Heard = await (user.tap_data(what[1:]) if what.startswith("\0") else user.send(what))
        assert not any(words in heard.text for words in _APOLOGIES), (self.steps, heard.text)
        assert not self.cast["teacher"].leaks(heard.text) or user is self.users[-1], self.steps
        older = self.shown.setdefault(user.user_id, [])
        older += heard.buttons.values()
        del older[:-60]


@dataclass
class Journal:
    """What has to be true of the journal after every conversation."""

    uow: UnitOfWork
    courses: dict[int, set[tuple[int, int]]] = field(default_factory=dict)
    """The places in the week of each course; a course without any has lessons without a period."""
    seen_audit: int = 0
    audited: dict[datetime, set[str]] = field(default_factory=dict)
    """What was done at each moment; the clock stands still while one thing is done."""
    marks_saved: set[int] = field(default_factory=set)
    marks_gone: set[int] = field(default_factory=set)

    async def open(self) -> None:
        for row in await self.uow.rows(
            sa.select(Course.id, TimetableSlot.weekday, TimetableSlot.period).outerjoin(
                TimetableSlot, TimetableSlot.course_id == Course.id
            )
        ):
            places = self.courses.setdefault(row.id, set())
            if row.weekday:
                places.add((row.weekday, row.period))

    async def check(self, steps: list[str]) -> None:
        assert await self._out_of_order() == [], steps
        await self._read_audit()
        for row in await self.uow.rows(
            sa.select(*(Posting.id, Posting.kind, Posting.effects, Posting.saved_at, Posting.undone_at))
        ):
            if row.saved_at is not None:
                assert self.audited.get(row.saved_at, set()) & _SAVED[row.kind], (row.id, steps)
            if row.undone_at is not None:
                assert self.audited.get(row.undone_at, set()) & _UNDONE[row.kind], (row.id, steps)
        marks = await self.uow.rows(
            sa.text(
                "SELECT m.id, m.withdrawn_at, l.date, l.period, l.course_id FROM mark m"
                " JOIN assessment a ON a.id = m.assessment_id JOIN lesson l ON l.id = a.lesson_id WHERE a.title = ''"
            ).columns(date=sa.Date())
        )
        assert {row.id for row in marks} == self.marks_saved, steps
        assert {row.id for row in marks if row.withdrawn_at is not None} == self.marks_gone, steps
        today = self.uow.now.astimezone(ZoneInfo("Europe/Moscow")).date()
        for row in marks:
            places = self.courses[row.course_id]
            place = (row.date.isoweekday(), row.period)
            assert place in places or (not places and row.period == 0), (row, steps)
            assert row.date <= today, (row, steps)
            assert (today - row.date).days < 60, "no closed term or year"

    async def _out_of_order(self) -> list[Any]:
        """Rows that must not be."""
        foreign = (
            "SELECT '{what}', {table}.id FROM {table} {joins} LEFT JOIN course_enrollment e"
            " ON e.course_id = l.course_id AND e.student_id = {table}.student_id WHERE e.id IS NULL"
        )
        statements = (
            foreign.format(
                what="mark of a pupil of another course",
                table="mark",
                joins="JOIN assessment a ON a.id = mark.assessment_id JOIN lesson l ON l.id = a.lesson_id",
            ),
            foreign.format(
                what="presence of a pupil of another course",
                table="attendance",
                joins="JOIN lesson l ON l.id = attendance.lesson_id",
            ),
            "SELECT 'two marks in one place', min(id) FROM mark WHERE withdrawn_at IS NULL"
            " GROUP BY student_id, assessment_id HAVING count(*) > 1",
            "SELECT 'two presences', min(id) FROM attendance GROUP BY student_id, lesson_id HAVING count(*) > 1",
            "SELECT 'an assessment of two courses', a.id FROM assessment a JOIN lesson l ON l.id = a.lesson_id"
            " WHERE a.course_id <> l.course_id OR a.date <> l.date",
            "SELECT 'saved and dropped', id FROM posting WHERE saved_at IS NOT NULL AND dropped_at IS NOT NULL",
        )
        return list(await self.uow.rows(sa.text(" UNION ALL ".join(statements))))

    async def _read_audit(self) -> None:
        """The entries since the last look; there are only ever more."""
        for row in await self.uow.rows(
            sa.select(
                *(
                    AuditEntry.id,
                    AuditEntry.at,
                    AuditEntry.action,
                    AuditEntry.subject_id,
                    AuditEntry.before,
                    AuditEntry.after,
                )
            )
            .where(AuditEntry.id > self.seen_audit)
            .order_by(AuditEntry.id)
        ):
            self.seen_audit = row.id
            before, after = row.before or {}, row.after or {}
            self.audited.setdefault(row.at, set()).add(row.action)
            if row.action == "marks.save":
                self.marks_saved |= {mark["id"] for mark in after["marks"]}
            if row.action == "marks.undo":
                self.marks_gone |= set(before["marks"])
            if row.action == "mark.withdraw":
                self.marks_gone.add(row.subject_id)


async def _talk_and_check(
    database: Database, clock: FrozenClock, cast: Cast, chance: random.Random, conversations: int
) -> int:
    """How many postings were saved."""
    async with UnitOfWork(database, clock, via="test") as uow, uow.writing():
        ivan = cast["ivan"].person_id
        for given, family, roll in (
            ("Anton", "Kozlov", 3),
            ("Boris", "Kozlov", 4),
            ("Kirill", "Ivanov", 5),
            ("Kirill", "Ivanov", 6),
            ("สมชาย", "ทองดี", 7),
        ):
            await add_pupil(uow, cast, given, family, roll=roll)
        await add_course(uow, cast, "algebra_3b", "Algebra", "3B", slots=((1, 1), (3, 2), (4, 3)))
        await add_pupil(uow, cast, "Fyodor", "Petrov", course="algebra_3b", class_name="3B")
        await add_course(uow, cast, "chess", "Chess", "7A", pupils=(ivan,))
        await uow.insert(
            CourseTeacher, course_id=cast.courses["algebra_3b"], teacher_id=cast["homeroom"].person_id
        )
        await substitute(uow, cast, "algebra_7a", TODAY, 1, by="homeroom")
        await link(uow, 777_001, cast["teacher"].person_id)
    stage = Stage(database, clock)
    users = [
        stage.user(cast["teacher"].user_id),
        stage.user(777_001, language="ru"),
        stage.user(cast["homeroom"].user_id, language="th"),
    ]
    talk = Talk(stage, clock, cast, chance, users)
    async with UnitOfWork(database, clock, via="test") as uow:
        journal = Journal(uow)
        await journal.open()
        for _ in range(conversations):
            await talk.converse()
            await journal.check(talk.steps)
    saves = set().union(*_SAVED.values())
    return sum(len(actions & saves) for actions in journal.audited.values())


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    "part", [*range(4), *(pytest.param(part, marks=pytest.mark.soak) for part in range(4, 10))]
)
async def test_a_hundred_conversations_leave_the_journal_in_order(
    database: Database, clock: FrozenClock, cast: Cast, part: int
) -> None:
    saved = await _talk_and_check(database, clock, cast, random.Random(part), 100)
    assert saved > 10, "conversations get somewhere"


@pytest.mark.parametrize("database_kind", ["postgres"])
async def test_a_handful_of_conversations_leave_the_journal_in_order_on_postgres(
    database: Database, clock: FrozenClock, cast: Cast
) -> None:
    assert await _talk_and_check(database, clock, cast, random.Random(99), 15)
