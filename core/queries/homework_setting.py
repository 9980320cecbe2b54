"""Setting homework: which course and day are meant, what is due there already, and a teacher's own homework."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from core.access import Actor
from core.db.models import Attachment, Homework
from core.db.uow import UnitOfWork
from core.domain.drafts import FARTHEST, DraftedPlace, HomeworkDraft
from core.domain.ids import LARGEST_ID, ChatId, CourseId, HomeworkId
from core.errors import NotFound
from core.queries.incoming_files import Incoming, incoming_of
from core.queries.lessons import TaughtCourse, taught_courses
from core.queries.schedule import own_lessons

AHEAD = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class DueText:
    """What is due somewhere already: its words, or only the names of its files."""

    text: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DuePlace:
    """Where a course's homework is due. ``on`` is None where no timetable knows a next lesson; ``period`` where the
    course has no lesson that day. ``already`` is due there already."""

    course: TaughtCourse
    on: date | None
    period: int | None
    already: tuple[DueText, ...] = ()


@dataclass(frozen=True, slots=True)
class HomeworkPreview:
    """A drafted homework, understood. ``draft`` holds the days shown in ``places``, which are those that Save means;
    ``changed`` says that they are others than the author was shown before. ``edits`` is the homework that is set and
    would be changed. ``days`` are the coming lessons of the first course, to choose another from."""

    draft: HomeworkDraft
    places: tuple[DuePlace, ...]
    files: tuple[Incoming, ...]
    days: tuple[date, ...]
    courses: tuple[TaughtCourse, ...]
    today: date
    changed: bool = False
    edits: OwnHomework | None = None

    @property
    def problem(self) -> str:
        """Why it cannot be saved: no_course, no_text, no_day, past, too_far or same; empty where it can."""
        if not self.places:
            return "no_course"
        if not (self.draft.text or self.files or self.draft.links or (self.edits and self.edits.files)):
            return "no_text"
        if any(place.on is None for place in self.places):
            return "no_day"
        days = [place.on for place in self.places if place.on]
        if min(days) < self.today and not (self.edits and min(days) == self.edits.due_on):
            return "past"
        if max(days) > self.today + FARTHEST:
            return "too_far"
        return "same" if self.edits and self._changes_nothing(self.edits) else ""

    def _changes_nothing(self, own: OwnHomework) -> bool:
        drafted = (self.draft.text, self.places[0].on, self.draft.minutes)
        return drafted == (own.text, own.due_on, own.minutes) and not (self.files or self.draft.links)


async def preview_homework(
    uow: UnitOfWork, actor: Actor, chat_id: ChatId, draft: HomeworkDraft
) -> HomeworkPreview:
    """The draft with its days. Six statements, and two for a homework that is set. Raises NotFound for a course that
    is not the asker's, and for a homework that is no more."""
    courses = await taught_courses(uow, actor)
    if not courses:
        raise NotFound("course_not_found")
    by_id = {course.id: course for course in courses}
    if any(course_id not in by_id for course_id in draft.courses):
        raise NotFound("course_not_found")
    edits = await access_homework(uow, actor, draft.edits) if draft.edits else None
    today = courses[0].school.today(uow.now)
    shown = {place.course: place for place in draft.places}
    last = max((day for day in (draft.due, *(one.on for one in draft.places)) if day), default=today)
    plan = await own_lessons(uow, actor, since=today, until=max(today + AHEAD, min(last, today + FARTHEST)))
    meetings: defaultdict[int, list[tuple[date, int]]] = defaultdict(list)
    for day in plan:
        for lesson in day.lessons:
            if lesson.is_held_here:
                meetings[lesson.course_id].append((day.on, lesson.period))
    places = [_place(by_id[one], meetings[one], draft.due, shown.get(one), today) for one in draft.courses]
    kept = tuple(DraftedPlace(one.course.id, one.on, one.period) for one in places if one.on)
    already = await _due_already(uow, places, but=draft.edits)
    over = (edits.text, edits.due_on) if edits else None
    return HomeworkPreview(
        replace(draft, places=kept, over=over),
        tuple(replace(one, already=tuple(already.get((one.course.id, one.on), ()))) for one in places),
        await incoming_of(uow, chat_id, draft.messages),
        _coming_days(meetings[draft.courses[0]] if draft.courses else [], today),
        courses,
        today,
        any(one.course in shown and shown[one.course] != one for one in kept)
        or (draft.over is not None and draft.over != over),
        edits,
    )


def _place(
    course: TaughtCourse,
    meetings: Sequence[tuple[date, int]],
    due: date | None,
    shown: DraftedPlace | None,
    today: date,
) -> DuePlace:
    """The day named, else the one that was shown before, else the next lesson. A day that was chosen by its lesson is
    chosen anew only where that lesson is no longer held."""
    day = due or (shown.on if shown else None)
    if day is not None:
        period = next((period for on, period in meetings if on == day), None)
        is_as_shown = shown is None or shown.on != day or shown.period == period
        if due is not None or is_as_shown or day < today:
            return DuePlace(course, day, period)
    following = next((one for one in meetings if one[0] > today), None)
    return DuePlace(course, *following) if following else DuePlace(course, None, None)


def _coming_days(meetings: Sequence[tuple[date, int]], today: date) -> tuple[date, ...]:
    """The next days to choose from: the course's lessons, or the next school days where no timetable knows any."""
    days = list(dict.fromkeys(on for on, _ in meetings if on > today))[:6]
    if days:
        return tuple(days)
    return tuple(day for day in (today + timedelta(days=n) for n in range(1, 9)) if day.weekday() < 6)[:6]


async def _due_already(
    uow: UnitOfWork, places: Sequence[DuePlace], *, but: int
) -> dict[tuple[int, date | None], list[DueText]]:
    wanted = [place for place in places if place.on is not None]
    if not wanted:
        return {}
    rows = await uow.rows(
        sa.select(
            Homework.id, Homework.course_id, Homework.due_on, Homework.text, Attachment.name.label("file")
        )
        .outerjoin(Attachment, Attachment.homework_id == Homework.id)
        .where(
            Homework.course_id.in_([place.course.id for place in wanted]),
            Homework.due_on.in_([place.on for place in wanted]),
            Homework.withdrawn_at.is_(None),
            Homework.id != but,
        )
        .order_by(Homework.id, Attachment.id)
    )
    files: defaultdict[int, tuple[str, ...]] = defaultdict(tuple)
    for row in rows:
        files[row.id] += (row.file,) if row.file else ()
    found: defaultdict[tuple[int, date | None], list[DueText]] = defaultdict(list)
    for number, row in {row.id: row for row in rows}.items():
        found[row.course_id, row.due_on].append(DueText(row.text, files[number]))
    return found


@dataclass(frozen=True, slots=True)
class OwnHomework:
    """A homework of a course that the asker teaches; ``files`` are the names of what is attached."""

    id: HomeworkId
    course: TaughtCourse
    due_on: date
    due_period: int | None
    text: str
    minutes: int | None
    edited_at: datetime | None
    files: tuple[str, ...]


async def own_homework(
    uow: UnitOfWork, actor: Actor, *, homework_id: int | None = None
) -> tuple[OwnHomework, ...]:
    """What is due from yesterday on in the asker's courses, by day; or the one asked for, whenever it is due.

    Two statements. A homework of somebody else's course is not among them.
    """
    courses = {course.id: course for course in await taught_courses(uow, actor)}
    if not courses:
        return ()
    statement = (
        sa.select(
            Homework.id,
            Homework.course_id,
            Homework.due_on,
            Homework.due_period,
            Homework.text,
            Homework.minutes,
            Homework.edited_at,
            Attachment.name.label("file"),
        )
        .outerjoin(Attachment, Attachment.homework_id == Homework.id)
        .where(Homework.course_id.in_(courses), Homework.withdrawn_at.is_(None))
        .order_by(Homework.due_on, Homework.id, Attachment.id)
        .limit(200)
    )
    if homework_id is None:
        statement = statement.where(Homework.due_on >= uow.now.date() - timedelta(days=1))
    elif 0 < homework_id <= LARGEST_ID:
        statement = statement.where(Homework.id == homework_id)
    else:
        return ()
    found: dict[int, OwnHomework] = {}
    for row in await uow.rows(statement):
        known = found.get(row.id)
        files = (*(known.files if known else ()), *((row.file,) if row.file else ()))
        found[row.id] = OwnHomework(
            HomeworkId(row.id),
            courses[CourseId(row.course_id)],
            row.due_on,
            row.due_period,
            row.text,
            row.minutes,
            row.edited_at,
            files,
        )
    return tuple(found.values())


async def access_homework(uow: UnitOfWork, actor: Actor, homework_id: int) -> OwnHomework:
    """A homework of a course that the asker teaches. Two statements. Raises NotFound("homework_not_found")."""
    found = await own_homework(uow, actor, homework_id=homework_id)
    if not found:
        raise NotFound("homework_not_found")
    return found[0]
