"""Marks and presence of a lesson: saved in one go, corrected with their history, withdrawn, undone whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.access import fresh_actor
from core.actions.mark_history import restore_mark
from core.actions.postings import claim_posting, claim_undo, keep_effects
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.entry_effects import EntryEffects
from core.db.lessons import lock_lesson, take_register, touch_lesson, untake_register
from core.db.models import Assessment, Mark
from core.db.outbox import cancel_event, cancel_events, publish
from core.db.presence import (
    PRESENT,
    Noted,
    noted_presence,
    presence_key,
    tell_presence,
    write_presence,
)
from core.db.uow import UnitOfWork
from core.domain.drafts import UNDO_TIME, SeenPupil
from core.domain.grading import scale
from core.domain.ids import LessonId, PersonId, PostingId
from core.domain.kinds import PostingKind, Presence
from core.domain.lessons import LessonKey
from core.domain.marking import GivenMark
from core.errors import Invalid, NotFound
from core.queries.lessons import TaughtLesson, access_lesson, check_writable
from core.queries.postings import KeptPosting
from core.queries.register import register_lines


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What is said of one pupil; ``kind`` and ``comment`` belong to the marks."""

    student_id: PersonId
    marks: tuple[GivenMark, ...] = ()
    presence: Presence | None = None
    minutes: int | None = None
    kind: str = ""
    comment: str = ""
    seen: int | None = None
    """How many marks of the pupil the giver saw at the lesson; None where that does not matter."""


@dataclass(frozen=True, slots=True)
class SavedMarks:
    """What saving changed; ``before`` is the presence that was noted of a pupil and is no more."""

    lesson: TaughtLesson
    entries: tuple[NewEntry, ...]
    before: Mapping[int, Noted]
    rest_present: bool


async def save_marks(
    uow: UnitOfWork,
    key: ChatKey,
    posting_id: PostingId,
    lesson_key: LessonKey,
    entries: Sequence[NewEntry],
    *,
    rest_present: bool = False,
    seen: Mapping[int, SeenPupil] | None = None,
) -> SavedMarks:
    """Save a posting's marks and absences in one transaction; what others saved meanwhile stays. ``seen`` is what
    the asker was shown of these pupils.

    Twenty-one statements or fewer, however many marks. Raises NotFound for a lesson or pupil that is not the asker's,
    as ``check_writable``, Invalid("draft_over"), and Invalid("changed_meanwhile") where the pupils' marks are no
    more as they were seen. Marks are told after the undo time, absences at once.
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        lesson = await access_lesson(uow, actor, lesson_key)
        await check_writable(uow, lesson)
        posting = await claim_posting(uow, actor, posting_id, PostingKind.MARKS)
        # From here on a second writer in this lesson waits, so the rows read below are the newest.
        lesson_id = await touch_lesson(uow, lesson_key)
        pupils = {line.student_id: line for line in await register_lines(uow, lesson_key)}
        if any(entry.student_id not in pupils for entry in entries):
            raise NotFound("student_not_found")
        if seen is not None and {one: line.seen for one, line in pupils.items() if one in seen} != seen:
            raise Invalid("changed_meanwhile")
        if any(entry.seen not in (None, len(pupils[entry.student_id].marks)) for entry in entries):
            raise Invalid("marks_changed")
        _check_values(lesson, entries)
        taken = {(mark.assessment_id, line.student_id) for line in pupils.values() for mark in line.marks}
        marks = await _insert_marks(uow, lesson, lesson_id, entries, taken)
        before, after = await _note_presence(uow, lesson, lesson_id, entries)
        # What is said again as it was noted is told by whoever noted it.
        changed = [student for student in after if after[student] != before[student]]
        if changed:
            await cancel_events(uow, [presence_key(lesson_id, student) for student in changed])
        took_register = rest_present and await take_register(uow, lesson_id, lesson.teacher_id)
        effects = EntryEffects(
            lesson_id,
            tuple(mark["id"] for mark in marks),
            {student: (before[student], after[student]) for student in after},
            took_register,
        )
        await keep_effects(uow, posting.id, effects.as_json())
        await _tell(uow, posting.id, lesson, lesson_id, marks=bool(marks), presence=bool(changed))
        await record(
            uow,
            "marks.save",
            actor_id=lesson.teacher_id,
            subject=("lesson", lesson_id),
            before={"presence": {str(student): str(noted) for student, noted in before.items()}},
            after={
                "posting": int(posting.id),
                "marks": marks,
                "presence": {str(student): str(noted) for student, noted in after.items()},
                "register_taken": took_register,
            },
        )
    was = {
        student: noted for student, noted in before.items() if noted != PRESENT and noted != after[student]
    }
    return SavedMarks(lesson, tuple(entries), was, took_register)


def _check_values(lesson: TaughtLesson, entries: Sequence[NewEntry]) -> None:
    """Every mark is the scale's, or points of its maximum. Raises MarkOutOfScale."""
    of_school = scale(lesson.course.school.scale)
    for entry in entries:
        for mark in entry.marks:
            if mark.maximum is None and of_school.parse(mark.value.text) != mark.value:
                raise Invalid("mark_out_of_scale", value=mark.value.text, scale=of_school.key)


async def _insert_marks(
    uow: UnitOfWork,
    lesson: TaughtLesson,
    lesson_id: LessonId,
    entries: Sequence[NewEntry],
    taken: set[tuple[int, PersonId]],
) -> list[dict[str, Any]]:
    """Each pupil's n-th mark of a kind goes to the lesson's n-th assessment of that kind that is still free.

    Returns id, pupil and value of each. Three statements at most.
    """
    wanted = [(entry, mark) for entry in entries for mark in entry.marks]
    if not wanted:
        return []
    rows = await uow.rows(
        sa.select(Assessment.id, Assessment.kind, Assessment.maximum)
        .where(Assessment.lesson_id == lesson_id, Assessment.title == "")
        .order_by(Assessment.id)
    )
    known: defaultdict[tuple[str, Decimal | None], list[int]] = defaultdict(list)
    for row in rows:
        known[row.kind, row.maximum].append(row.id)
    missing: list[tuple[str, Decimal | None]] = []
    placed: list[int] = []
    occupied = set(taken)
    for entry, mark in wanted:
        alike = known[entry.kind, mark.maximum]
        number = next((n for n in alike if (n, entry.student_id) not in occupied), None)
        if number is None:
            # Numbers below zero stand for assessments that are made in a moment.
            missing.append((entry.kind, mark.maximum))
            number = -len(missing)
            alike.append(number)
        occupied.add((number, entry.student_id))
        placed.append(number)
    made = await _insert_assessments(uow, lesson, lesson_id, missing) if missing else []
    numbers = [made[-number - 1] if number < 0 else number for number in placed]
    result = await uow.write(
        sa.insert(Mark).returning(Mark.id, sort_by_parameter_order=True),
        [
            {
                "student_id": entry.student_id,
                "assessment_id": number,
                "value": mark.value.text,
                "number": mark.value.number,
                "comment": entry.comment,
                "author_id": lesson.teacher_id,
                "recorded_at": uow.now,
            }
            for (entry, mark), number in zip(wanted, numbers, strict=True)
        ],
    )
    return [
        {"id": mark_id, "student": int(entry.student_id), "value": str(mark)}
        for mark_id, (entry, mark) in zip(result.scalars().all(), wanted, strict=True)
    ]


async def _insert_assessments(
    uow: UnitOfWork, lesson: TaughtLesson, lesson_id: LessonId, kinds: Sequence[tuple[str, Decimal | None]]
) -> list[int]:
    result = await uow.write(
        sa.insert(Assessment).returning(Assessment.id, sort_by_parameter_order=True),
        [
            {
                "course_id": lesson.key.course_id,
                "lesson_id": lesson_id,
                "kind": kind,
                "maximum": maximum,
                "date": lesson.key.on,
            }
            for kind, maximum in kinds
        ],
    )
    return list(result.scalars().all())


async def _note_presence(
    uow: UnitOfWork, lesson: TaughtLesson, lesson_id: LessonId, entries: Sequence[NewEntry]
) -> tuple[dict[int, Noted], dict[int, Noted]]:
    """What was noted of the pupils that something is said of, and what is noted now. Three statements at most."""
    said = {entry.student_id: entry for entry in entries if entry.presence is not None}
    if not said:
        return {}, {}
    known = await noted_presence(uow, lesson_id, list(said))
    before: dict[int, Noted] = {student: known.get(student, PRESENT) for student in said}
    after: dict[int, Noted] = {}
    for student, entry in said.items():
        assert entry.presence is not None
        same = before[student].presence is entry.presence
        after[student] = Noted(entry.presence, entry.minutes, before[student].reason if same else "")
    await write_presence(uow, lesson_id, after, recorded_by=lesson.teacher_id)
    return before, after


async def _tell(
    uow: UnitOfWork,
    posting_id: PostingId,
    lesson: TaughtLesson,
    lesson_id: LessonId,
    *,
    marks: bool,
    presence: bool,
) -> None:
    payload = {"posting": int(posting_id)}
    if marks:
        await publish(
            uow,
            "marks_posted",
            f"marks_posted:{posting_id}",
            payload=payload,
            actor_id=lesson.teacher_id,
            not_before=uow.now + UNDO_TIME,
        )
    if presence:
        await publish(
            uow,
            "absences_posted",
            f"absences_posted:{posting_id}",
            payload={**payload, "lesson": int(lesson_id)},
            actor_id=lesson.teacher_id,
        )


@dataclass(frozen=True, slots=True)
class UndoneMarks:
    """How much was taken back, ``changes`` of marks among it; ``kept`` counts what somebody has changed since, which
    stays."""

    marks: int
    presences: int
    kept: int
    changes: int = 0


async def undo_marks(uow: UnitOfWork, key: ChatKey, posting_id: PostingId) -> UndoneMarks:
    """Take a whole entry back: marks are withdrawn, presences and changed marks are again what they were.

    Raises NotFound, Invalid("undone_already") and Invalid("undo_too_late"). At most fifteen statements.
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        posting = await claim_undo(uow, actor, posting_id, PostingKind.MARKS)
        effects, by = EntryEffects.from_json(posting.effects), posting.author_id
        assert by is not None
        await lock_lesson(uow, effects.lesson_id)
        withdrawn = await withdraw_marks(uow, effects.marks, by=by, why="undo")
        restored = await _restore_presence(uow, effects, by=by)
        if effects.register:
            await untake_register(uow, effects.lesson_id)
        is_restored = effects.changed is not None and await restore_mark(uow, effects.changed, by=by)
        await _untell(uow, posting, effects, restored)
        await record(
            uow,
            "marks.undo",
            actor_id=by,
            subject=("lesson", effects.lesson_id),
            before={
                "posting": int(posting.id),
                "marks": withdrawn,
                "presence": {str(student): str(effects.presence[student][1]) for student in restored},
                "register_taken": effects.register,
                "changed": effects.changed.as_json() if effects.changed and is_restored else None,
            },
            after={"presence": {str(student): str(noted) for student, noted in restored.items()}},
        )
    done = len(withdrawn) + len(restored) + is_restored
    wanted = len(effects.marks) + len(effects.presence) + (effects.changed is not None)
    return UndoneMarks(len(withdrawn), len(restored), wanted - done, int(is_restored))


async def withdraw_marks(uow: UnitOfWork, mark_ids: Sequence[int], *, by: PersonId, why: str) -> list[int]:
    """Withdraw those that are not yet; their ids. Needs ``uow.writing()``. One statement."""
    if not mark_ids:
        return []
    result = await uow.write(
        sa.update(Mark)
        .where(Mark.id.in_(mark_ids), Mark.withdrawn_at.is_(None))
        .values(withdrawn_at=uow.now, withdrawn_by=by, withdrawn_why=why)
        .returning(Mark.id)
    )
    return sorted(result.scalars().all())


async def _restore_presence(uow: UnitOfWork, effects: EntryEffects, *, by: PersonId) -> dict[int, Noted]:
    """Back to what was, but for pupils of whom somebody has said something else since."""
    if not effects.presence:
        return {}
    now = await noted_presence(uow, effects.lesson_id, list(effects.presence))
    back = {
        student: before
        for student, (before, after) in effects.presence.items()
        if now.get(student, PRESENT) == after
    }
    await write_presence(uow, effects.lesson_id, back, recorded_by=by)
    return back


async def _untell(
    uow: UnitOfWork, posting: KeptPosting, effects: EntryEffects, restored: Mapping[int, Noted]
) -> None:
    """What nobody heard of is not told; what was told is corrected."""
    if effects.tapped:
        for student, noted in restored.items():
            change = (effects.presence[student][1], noted)
            await tell_presence(uow, effects.lesson_id, student, change, by=posting.author_id)
        return
    for kind, changed, is_back in (
        ("marks_posted", effects.marks, True),
        ("absences_posted", effects.presence, bool(restored)),
    ):
        key = f"{kind}:{posting.id}"
        if changed and not await cancel_event(uow, key) and is_back:
            await publish(
                uow,
                "posting_undone",
                f"posting_undone:{key}",
                payload={"posting": int(posting.id), "kind": kind},
                actor_id=posting.author_id,
            )
