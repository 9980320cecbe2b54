"""Setting homework: which course and day are meant, what is due there already, and a teacher's own homework."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from core.access import Actor
from core.db.models import Attachment, Homework
from core.db.uow import UnitOfWork
from core.domain.drafts import HomeworkDraft
from core.domain.ids import LARGEST_ID, ChatId, CourseId, HomeworkId
from core.errors import NotFound
from core.queries.incoming_files import Incoming, incoming_of
from core.queries.lessons import TaughtCourse, taught_courses
from core.queries.schedule import own_lessons

AHEAD = timedelta(days=28)
_FARTHEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class DuePlace:
    """Where a course's homework is due. ``on`` is None where no timetable knows a next lesson; ``period`` where the
    course has no lesson that day. ``already`` are the texts due there."""

    course: TaughtCourse
    on: date | None
    period: int | None
    already: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HomeworkPreview:
    """A drafted homework, understood. ``days`` are the coming lessons of the first course, to choose another from."""

    draft: HomeworkDraft
    places: tuple[DuePlace, ...]
    files: tuple[Incoming, ...]
    days: tuple[date, ...]
    courses: tuple[TaughtCourse, ...]
    today: date

    @property
    def problem(self) -> str:
        """Why it cannot be saved: no_course, no_day, past, too_far or no_text; empty where it can."""
        if not self.places:
            return "no_course"
        if not (self.draft.text or self.files or self.draft.links):
            return "no_text"
        if any(place.on is None for place in self.places):
            return "no_day"
        days = [place.on for place in self.places if place.on]
        if min(days) < self.today:
            return "past"
        return "too_far" if max(days) > self.today + _FARTHEST else ""


async def preview_homework(
    uow: UnitOfWork, actor: Actor, chat_id: ChatId, draft: HomeworkDraft
) -> HomeworkPreview:
    """The draft with its days. Five statements. Raises NotFound for a course that is not the asker's."""
    courses = await taught_courses(uow, actor)
    if not courses:
        raise NotFound("course_not_found")
    by_id = {course.id: course for course in courses}
    if any(course_id not in by_id for course_id in draft.courses):
        raise NotFound("course_not_found")
    today = courses[0].school.today(uow.now)
    until = today + AHEAD if draft.due is None else max(today + AHEAD, min(draft.due, today + _FARTHEST))
    plan = await own_lessons(uow, actor, since=today, until=until)
    meetings: defaultdict[int, list[tuple[date, int]]] = defaultdict(list)
    for day in plan:
        for lesson in day.lessons:
            if lesson.is_held_here:
                meetings[lesson.course_id].append((day.on, lesson.period))
    places = [_place(by_id[one], meetings[one], draft.due, today) for one in draft.courses]
    already = await _texts_due(uow, places)
    return HomeworkPreview(
        draft,
        tuple(
            DuePlace(one.course, one.on, one.period, tuple(already.get((one.course.id, one.on), ())))
            for one in places
        ),
        await incoming_of(uow, chat_id, draft.messages),
        _coming_days(meetings[draft.courses[0]] if draft.courses else [], today),
        courses,
        today,
    )


def _place(
    course: TaughtCourse, meetings: Sequence[tuple[date, int]], due: date | None, today: date
) -> DuePlace:
    if due is None:
        following = next((one for one in meetings if one[0] > today), None)
        return DuePlace(course, *following) if following else DuePlace(course, None, None)
    return DuePlace(course, due, next((period for on, period in meetings if on == due), None))


def _coming_days(meetings: Sequence[tuple[date, int]], today: date) -> tuple[date, ...]:
    """The next days to choose from: the course's lessons, or the next school days where no timetable knows any."""
    days = list(dict.fromkeys(on for on, _ in meetings if on > today))[:6]
    if days:
        return tuple(days)
    return tuple(day for day in (today + timedelta(days=n) for n in range(1, 9)) if day.weekday() < 6)[:6]


async def _texts_due(uow: UnitOfWork, places: Sequence[DuePlace]) -> dict[tuple[int, date | None], list[str]]:
    wanted = [place for place in places if place.on is not None]
    if not wanted:
        return {}
    rows = await uow.rows(
        sa.select(Homework.course_id, Homework.due_on, Homework.text).where(
            Homework.course_id.in_([place.course.id for place in wanted]),
            Homework.due_on.in_([place.on for place in wanted]),
            Homework.withdrawn_at.is_(None),
        )
    )
    found: defaultdict[tuple[int, date | None], list[str]] = defaultdict(list)
    for row in rows:
        found[row.course_id, row.due_on].append(row.text)
    return found


@dataclass(frozen=True, slots=True)
class OwnHomework:
    """A homework of a course that the asker teaches; ``files`` are the names of what is attached."""

    id: HomeworkId
    course: TaughtCourse
    due_on: date
    text: str
    minutes: int | None
    edited: bool
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
            row.text,
            row.minutes,
            row.edited_at is not None,
            files,
        )
    return tuple(found.values())
