"""What a teacher teaches: courses, lessons and the pupils in them. Loading a lesson is the check."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.access import Actor, School
from core.db.models import (
    AcademicYear,
    Course,
    CourseTeacher,
    Lesson,
    LessonChange,
    Org,
    SchoolClass,
    Subject,
    Term,
)
from core.db.uow import UnitOfWork
from core.domain.course_names import CourseName, match_courses
from core.domain.ids import ClassId, CourseId, LessonId, OrgId, PersonId
from core.domain.lessons import DAYS_TO_FINISH, UNTIMED, LessonKey, lessons_meant, read_target
from core.domain.rights import Role
from core.errors import Invalid, NotFound
from core.queries.day_plans import PlannedLesson
from core.queries.schedule import own_lessons

_BACK = timedelta(days=14)
_AHEAD = timedelta(days=14)
_FARTHEST_BACK = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class TaughtCourse:
    """A course as its teacher names it; ``own`` is false where the teacher only stands in."""

    id: CourseId
    school: School
    subject: str
    group: str
    class_id: ClassId | None
    class_name: str
    own: bool = True

    @property
    def name(self) -> CourseName:
        """As the matcher sees it."""
        return CourseName(self.id, self.subject, self.group, self.class_name)


@dataclass(frozen=True, slots=True)
class TaughtLesson:
    """A lesson that the asker may write in; ``id`` is None before anything was written."""

    key: LessonKey
    course: TaughtCourse
    teacher_id: PersonId
    id: LessonId | None
    topic: str
    register_taken_at: datetime | None


def _teacher_ids(actor: Actor) -> list[PersonId]:
    return [held.person_id for held in actor.roles if held.role is Role.TEACHER]


_COURSE: tuple[Any, ...] = (
    Course.id,
    Course.name.label("group"),
    Course.class_id,
    Subject.name.label("subject"),
    SchoolClass.name.label("class_name"),
    Org.id.label("org_id"),
    *(Org.name.label("org_name"), Org.path, Org.timezone, Org.locale, Org.currency, Org.scale),
)


def _courses(*columns: Any) -> sa.Select[Any]:
    return (
        sa.select(*_COURSE, *columns)
        .select_from(Course)
        .join(Subject, Subject.id == Course.subject_id)
        .join(Org, Org.id == Course.school_id)
        .outerjoin(SchoolClass, SchoolClass.id == Course.class_id)
    )


def _taught(row: sa.Row[Any], *, own: bool) -> TaughtCourse:
    school = School(
        OrgId(row.org_id), row.org_name, row.path, row.timezone, row.locale, row.currency, row.scale
    )
    return TaughtCourse(
        CourseId(row.id),
        school,
        row.subject,
        row.group,
        ClassId(row.class_id) if row.class_id else None,
        row.class_name or "",
        own,
    )


async def taught_courses(uow: UnitOfWork, actor: Actor) -> tuple[TaughtCourse, ...]:
    """The asker's courses, substitutions of these days included, by class and subject. One statement, or none."""
    if not actor.courses:
        return ()
    teachers = _teacher_ids(actor)
    rows = await uow.rows(
        _courses(
            sa.exists()
            .where(CourseTeacher.course_id == Course.id, CourseTeacher.teacher_id.in_(teachers))
            .label("own")
        )
        .where(Course.id.in_(actor.courses))
        .order_by(SchoolClass.grade, SchoolClass.name, Subject.name, Course.name)
    )
    return tuple(_taught(row, own=bool(row.own)) for row in rows)


async def access_lesson(uow: UnitOfWork, actor: Actor, key: LessonKey) -> TaughtLesson:
    """The lesson, if the asker teaches the course or stands in for this very lesson. One statement, or none.

    Raises NotFound("lesson_not_found"), the same for "absent" and "not yours".
    """
    teachers = _teacher_ids(actor)
    if key.course_id not in actor.courses or not teachers:
        raise NotFound("lesson_not_found")
    stands_in = sa.or_(
        (LessonChange.date == key.on) & (LessonChange.period == key.period),
        (LessonChange.new_date == key.on) & (LessonChange.new_period == key.period),
    )
    row = await uow.row(
        _courses(
            CourseTeacher.teacher_id.label("own_teacher"),
            CourseTeacher.ends.label("teaches_until"),
            LessonChange.teacher_id.label("substitute"),
            Lesson.id.label("lesson_id"),
            Lesson.topic,
            Lesson.register_taken_at,
        )
        .outerjoin(
            CourseTeacher,
            (CourseTeacher.course_id == Course.id) & CourseTeacher.teacher_id.in_(teachers),
        )
        .outerjoin(
            LessonChange,
            (LessonChange.course_id == Course.id) & LessonChange.teacher_id.in_(teachers) & stands_in,
        )
        .outerjoin(
            Lesson, (Lesson.course_id == Course.id) & (Lesson.date == key.on) & (Lesson.period == key.period)
        )
        .where(Course.id == key.course_id)
        .order_by(CourseTeacher.id, LessonChange.id)
    )
    if row is None or (row.own_teacher is None and row.substitute is None):
        raise NotFound("lesson_not_found")
    return TaughtLesson(
        key,
        _taught(row, own=row.own_teacher is not None),
        PersonId(row.own_teacher or row.substitute),
        LessonId(row.lesson_id) if row.lesson_id else None,
        row.topic or "",
        row.register_taken_at,
    )


@dataclass(frozen=True, slots=True)
class LessonOffer:
    """A lesson to choose, with its times; ``period`` is UNTIMED and there are none where no timetable names it."""

    key: LessonKey
    course: TaughtCourse
    planned: PlannedLesson | None = None


@dataclass(frozen=True, slots=True)
class LessonChoice:
    """The lessons that fit what was named: one is sure, several are to be asked about. ``courses`` are all taught."""

    offers: tuple[LessonOffer, ...]
    courses: tuple[TaughtCourse, ...]
    today: date
    is_named: bool


async def choose_lesson(uow: UnitOfWork, actor: Actor, target: str = "") -> LessonChoice:
    """The lesson meant by words such as ``7A algebra``, ``2nd lesson yesterday`` or by none at all.

    Raises Invalid("course_unknown") where words name no course of the asker's. Three statements.
    """
    courses = await taught_courses(uow, actor)
    if not courses:
        raise NotFound("lesson_not_found")
    school = courses[0].school
    now = uow.now.astimezone(school.zone)
    meaning = read_target(target, now.date())
    words, day, period = meaning.words, meaning.day, meaning.period
    named = tuple(courses)
    if words:
        fits = {one.id for one in match_courses(words, [course.name for course in courses])}
        named = tuple(course for course in courses if course.id in fits)
        if not named:
            raise Invalid("course_unknown", words=words, courses=tuple(courses))
    since = max(now.date() - _FARTHEST_BACK, min(day or now.date(), now.date() - _BACK))
    until = min(now.date() + _FARTHEST_BACK, max(day or now.date(), now.date() + _AHEAD))
    plan = await own_lessons(uow, actor, since=since, until=until)
    lessons = [lesson for one in plan for lesson in one.lessons]
    by_id = {course.id: course for course in courses}
    lessons = [one for one in lessons if one.course_id in by_id]
    meant = lessons_meant(
        lessons, now.replace(tzinfo=None), courses={one.id for one in named}, day=day, period=period
    )
    offers = [
        LessonOffer(
            LessonKey(one.on, one.period, CourseId(one.course_id)), by_id[CourseId(one.course_id)], one
        )
        for one in meant
    ]
    if not offers:
        on, number = day or now.date(), UNTIMED if period is None else period
        timed = {one.course_id for one in lessons}
        offers = [
            LessonOffer(LessonKey(on, number, course.id), course)
            for course in named
            if course.own and (words or course.id not in timed)
        ]
    return LessonChoice(tuple(offers), courses, now.date(), bool(target.strip()))


async def lesson_offers(uow: UnitOfWork, actor: Actor, *, most: int = 10) -> LessonChoice:
    """The lessons to choose from: today's, then those of the week before, newest first; and courses without a
    timetable. Three statements. Raises NotFound for somebody who does not teach."""
    courses = await taught_courses(uow, actor)
    if not courses:
        raise NotFound("lesson_not_found")
    by_id = {course.id: course for course in courses}
    today = courses[0].school.today(uow.now)
    plan = await own_lessons(uow, actor, since=today - timedelta(days=7), until=today)
    offers = [
        LessonOffer(
            LessonKey(one.on, one.period, CourseId(one.course_id)), by_id[CourseId(one.course_id)], one
        )
        for day in reversed(plan.days)
        for one in day.lessons
        if one.is_held_here and one.course_id in by_id
    ]
    timed = {offer.course.id for offer in offers}
    untimed = [
        LessonOffer(LessonKey(today, UNTIMED, course.id), course)
        for course in courses
        if course.own and course.id not in timed
    ]
    return LessonChoice(tuple([*offers, *untimed][:most]), courses, today, is_named=False)


async def check_writable(uow: UnitOfWork, lesson: TaughtLesson, *, ahead: bool = False) -> None:
    """Whether something may be written in the lesson today; ``ahead`` also before its day. One statement.

    Raises Invalid("lesson_in_future") and Invalid("term_closed"), each with ``on``.
    """
    school, on = lesson.course.school, lesson.key.on
    today = school.today(uow.now)
    if on > today and not ahead:
        raise Invalid("lesson_in_future", on=on)
    rows = await uow.rows(
        sa.select(Term.id, Term.name, Term.starts, Term.ends)
        .join(AcademicYear, AcademicYear.id == Term.year_id)
        .join(Org, Org.id == AcademicYear.org_id)
        .where(
            sa.literal(school.path).startswith(Org.path),
            Term.ended_on.is_(None),
            AcademicYear.ended_on.is_(None),
            Term.starts <= on,
        )
        .order_by(Term.starts.desc(), Term.ends)
    )
    # Days between two terms belong to the one before; of overlapping levels the finest decides.
    if rows and rows[0].ends + timedelta(days=DAYS_TO_FINISH) < today:
        raise Invalid("term_closed", on=on, term=rows[0].name, ended=rows[0].ends)
