"""What a teacher teaches: courses, lessons and the pupils in them. Loading a lesson is the check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    TimetableSlot,
)
from core.db.uow import UnitOfWork
from core.domain.calendar import YearSpan
from core.domain.course_names import CourseName, match_courses
from core.domain.ids import ClassId, CourseId, LessonId, OrgId, PersonId
from core.domain.lessons import DAYS_TO_FINISH, UNTIMED, LessonKey, lessons_meant, read_target
from core.domain.rights import Role
from core.errors import Invalid, NotFound
from core.queries.day_plans import Plan, PlannedLesson
from core.queries.schedule import course_lessons, own_lessons

_AROUND = timedelta(days=14)
_HOLIDAYS = timedelta(days=35)
_FARTHEST = timedelta(days=400)
_MOST_OTHERS = 6


@dataclass(frozen=True, slots=True)
class TaughtCourse:
    """A course as its teacher names it; ``own`` is false where the teacher only stands in.

    ``year`` is None where the register tells none; ``is_timed`` is false where no timetable names the course, so that
    its lessons are days without a period.
    """

    id: CourseId
    school: School
    subject: str
    group: str
    class_id: ClassId | None
    class_name: str
    year: YearSpan | None
    is_timed: bool
    own: bool = True

    @property
    def name(self) -> CourseName:
        """As the matcher sees it."""
        return CourseName(self.id, self.subject, self.group, self.class_name)

    def is_held_on(self, day: date) -> bool:
        """Whether the day is one of the course's year, as far as that is known."""
        return self.year is None or self.year.holds(day)


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
    *(AcademicYear.id.label("year_id"), AcademicYear.starts.label("year_starts")),
    AcademicYear.ends.label("year_ends"),
    sa.exists().where(TimetableSlot.course_id == Course.id).label("is_timed"),
)


def _courses(*columns: Any) -> sa.Select[Any]:
    return (
        sa.select(*_COURSE, *columns)
        .select_from(Course)
        .join(Subject, Subject.id == Course.subject_id)
        .join(Org, Org.id == Course.school_id)
        .outerjoin(SchoolClass, SchoolClass.id == Course.class_id)
        .outerjoin(AcademicYear, (AcademicYear.id == Course.year_id) & AcademicYear.ended_on.is_(None))
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
        YearSpan(row.year_id, row.year_starts, row.year_ends) if row.year_id else None,
        bool(row.is_timed),
        own,
    )


_TEACHERS: sa.BindParameter[Any] = sa.bindparam("teachers", expanding=True)
_TAUGHT_COURSES = (
    _courses(
        sa.exists()
        .where(CourseTeacher.course_id == Course.id, CourseTeacher.teacher_id.in_(_TEACHERS))
        .label("own")
    )
    .where(Course.id.in_(sa.bindparam("courses", expanding=True)))
    .order_by(SchoolClass.grade, SchoolClass.name, Subject.name, Course.name)
)
_ON: sa.BindParameter[Any] = sa.bindparam("on")
_PERIOD: sa.BindParameter[Any] = sa.bindparam("period")
_STANDS_IN = sa.or_(
    (LessonChange.date == _ON) & (LessonChange.period == _PERIOD),
    (LessonChange.new_date == _ON) & (LessonChange.new_period == _PERIOD),
)
_TAUGHT_LESSON = (
    _courses(
        CourseTeacher.teacher_id.label("own_teacher"),
        LessonChange.teacher_id.label("substitute"),
        Lesson.id.label("lesson_id"),
        Lesson.topic,
        Lesson.register_taken_at,
    )
    .outerjoin(
        CourseTeacher,
        (CourseTeacher.course_id == Course.id) & CourseTeacher.teacher_id.in_(_TEACHERS),
    )
    .outerjoin(
        LessonChange,
        (LessonChange.course_id == Course.id) & LessonChange.teacher_id.in_(_TEACHERS) & _STANDS_IN,
    )
    .outerjoin(Lesson, (Lesson.course_id == Course.id) & (Lesson.date == _ON) & (Lesson.period == _PERIOD))
    .where(Course.id == sa.bindparam("course_id"))
    .order_by(CourseTeacher.id, LessonChange.id)
)


async def taught_courses(uow: UnitOfWork, actor: Actor) -> tuple[TaughtCourse, ...]:
    """The asker's courses, substitutions of these days included, by class and subject. One statement, or none."""
    if not actor.courses:
        return ()
    given = {"teachers": _teacher_ids(actor), "courses": sorted(actor.courses)}
    return tuple(_taught(row, own=bool(row.own)) for row in await uow.rows(_TAUGHT_COURSES, given))


async def access_lesson(uow: UnitOfWork, actor: Actor, key: LessonKey) -> TaughtLesson:
    """The lesson, if the asker teaches the course or stands in for this very lesson. One statement, or none.

    Raises NotFound("lesson_not_found"), the same for "absent" and "not yours".
    """
    teachers = _teacher_ids(actor)
    if key.course_id not in actor.courses or not teachers:
        raise NotFound("lesson_not_found")
    given = {"teachers": teachers, "course_id": key.course_id, "on": key.on, "period": key.period}
    row = await uow.row(_TAUGHT_LESSON, given)
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
    """The lessons that fit what was named: one is sure, several are to be asked about. ``courses`` are all taught.

    Where none fits, ``problem`` says why, if anything was named, and ``others`` are lessons that there are.
    """

    offers: tuple[LessonOffer, ...]
    courses: tuple[TaughtCourse, ...]
    today: date
    problem: Invalid | None = None
    others: tuple[LessonOffer, ...] = ()


async def choose_lesson(
    uow: UnitOfWork, actor: Actor, target: str = "", *, ahead: bool = True
) -> LessonChoice:
    """The lesson meant by words such as ``7A algebra``, ``2nd lesson yesterday`` or by none at all; without
    ``ahead`` none on a day to come that was named.

    Raises Invalid("course_unknown") where words name no course of the asker's. Three statements.
    """
    courses = await taught_courses(uow, actor)
    if not courses:
        raise NotFound("lesson_not_found")
    now = uow.now.astimezone(courses[0].school.zone).replace(tzinfo=None)
    today = now.date()
    meaning = read_target(target, today)
    day, period = meaning.day, meaning.period
    named = courses
    if meaning.words:
        fits = {one.id for one in match_courses(meaning.words, [course.name for course in courses])}
        named = tuple(course for course in courses if course.id in fits)
        if not named:
            raise Invalid("course_unknown", words=meaning.words, courses=courses)
    by_id = {course.id: course for course in named}
    near = min(max(day or today, today - _FARTHEST), today + _FARTHEST)
    plan = await own_lessons(uow, actor, since=min(near, today) - _HOLIDAYS, until=max(near, today) + _AROUND)
    if day is not None and day > today and not ahead:
        problem = Invalid("lesson_in_future", on=day)
        return LessonChoice((), courses, today, problem, _others(plan, by_id, today, until=today))
    meant = lessons_meant(_of_the_year(plan, day or today, by_id), now, day=day, period=period)
    if not meant and day is None and period is None:
        meant = lessons_meant([lesson for one in plan for lesson in _of_the_year(plan, one.on, by_id)], now)
    offers = [_offer(one, by_id) for one in meant]
    if not offers and period is None:
        offers = [
            LessonOffer(LessonKey(day or today, UNTIMED, course.id), course)
            for course in named
            if course.own and not course.is_timed
        ]
    if offers or (day is None and period is None):
        return LessonChoice(tuple(offers), courses, today)
    problem = _why_none(named, day or today, period)
    until = plan.until if ahead else today
    alone = period if day is None else None
    near_it = _others(plan, by_id, day or today, until=until, period=alone)[: _MOST_OTHERS - 2]
    recent = [one for one in _others(plan, by_id, today, until=until) if one not in near_it]
    return LessonChoice((), courses, today, problem, (*near_it, *recent)[:_MOST_OTHERS])


def _of_the_year(plan: Plan, day: date, courses: Mapping[CourseId, TaughtCourse]) -> list[PlannedLesson]:
    """The day's lessons of these courses; a timetable may run on beyond the courses' year."""
    return [
        one
        for one in plan.on(day).lessons
        if one.is_held_here and (course := courses.get(CourseId(one.course_id))) and course.is_held_on(day)
    ]


def _offer(lesson: PlannedLesson, courses: Mapping[CourseId, TaughtCourse]) -> LessonOffer:
    course_id = CourseId(lesson.course_id)
    return LessonOffer(LessonKey(lesson.on, lesson.period, course_id), courses[course_id], lesson)


def _why_none(named: Sequence[TaughtCourse], on: date, period: int | None) -> Invalid:
    years = [course.year for course in named if course.year and not course.is_held_on(on)]
    if len(years) == len(named):
        return Invalid("not_in_year", on=on, starts=years[0].starts, ends=years[0].ends)
    return Invalid("no_lesson", on=on, period=period)


def _others(
    plan: Plan,
    courses: Mapping[CourseId, TaughtCourse],
    around: date,
    *,
    until: date,
    period: int | None = None,
) -> tuple[LessonOffer, ...]:
    """The lessons nearest to a day, these first."""
    found: list[LessonOffer] = []
    days = [around + timedelta(days=n) for n in range(-_AROUND.days, _AROUND.days + 1)]
    for day in sorted(days, key=lambda one: abs(one - around)):
        if day <= until and len(found) < _MOST_OTHERS:
            found += [
                _offer(one, courses)
                for one in _of_the_year(plan, day, courses)
                if period in (None, one.period)
            ]
    return tuple(found[:_MOST_OTHERS])


async def lesson_offers(uow: UnitOfWork, actor: Actor, *, most: int = 10) -> LessonChoice:
    """The lessons to choose from: today's, then those of the two weeks before, newest first; and today for courses
    without a timetable. Three statements."""
    courses = await taught_courses(uow, actor)
    if not courses:
        raise NotFound("lesson_not_found")
    by_id = {course.id: course for course in courses}
    today = courses[0].school.today(uow.now)
    plan = await own_lessons(uow, actor, since=today - _AROUND, until=today)
    offers = [
        LessonOffer(LessonKey(today, UNTIMED, course.id), course)
        for course in courses
        if course.own and not course.is_timed
    ]
    for number in range(_AROUND.days + 1):
        if len(offers) < most:
            day = today - timedelta(days=number)
            offers += [_offer(one, by_id) for one in _of_the_year(plan, day, by_id)]
    offers.sort(key=lambda offer: (today - offer.key.on, offer.planned is None))
    return LessonChoice(tuple(offers[:most]), courses, today)


async def check_writable(uow: UnitOfWork, lesson: TaughtLesson, *, ahead: bool = False) -> None:
    """Whether something may be written in the lesson today; ``ahead`` also before its day.

    A lesson is one that has a row, or that the timetable with its changes plans. Raises Invalid("lesson_in_future"),
    ("not_in_year"), ("term_closed") and ("no_lesson"), each with ``on``. Three statements at most, one where the
    lesson has a row.
    """
    school, on, year = lesson.course.school, lesson.key.on, lesson.course.year
    today = school.today(uow.now)
    if on > today and not ahead:
        raise Invalid("lesson_in_future", on=on)
    if year is not None and not lesson.course.is_held_on(on):
        raise Invalid("not_in_year", on=on, starts=year.starts, ends=year.ends)
    terms = await _terms(uow, school, year)
    begun = [term for term in terms if term.starts <= on]
    if terms and not begun:
        raise Invalid("not_in_year", on=on, starts=terms[-1].starts, ends=max(term.ends for term in terms))
    # Days between two terms belong to the one before; of overlapping levels the finest decides.
    if begun and begun[0].ends + timedelta(days=DAYS_TO_FINISH) < today:
        raise Invalid("term_closed", on=on, term=begun[0].name, ended=begun[0].ends)
    if lesson.id is None and not await _is_planned(uow, lesson):
        raise Invalid("no_lesson", on=on, period=lesson.key.period or None)


async def _terms(uow: UnitOfWork, school: School, year: YearSpan | None) -> Sequence[sa.Row[Any]]:
    """The terms of a course's year, or all of the school where the year is not known; the last first."""
    of_year = (
        Term.year_id == year.id
        if year
        else sa.literal(school.path).startswith(Org.path) & AcademicYear.ended_on.is_(None)
    )
    return await uow.rows(
        sa.select(Term.id, Term.name, Term.starts, Term.ends)
        .join(AcademicYear, AcademicYear.id == Term.year_id)
        .join(Org, Org.id == AcademicYear.org_id)
        .where(of_year, Term.ended_on.is_(None))
        .order_by(Term.starts.desc(), Term.ends)
    )


async def _is_planned(uow: UnitOfWork, lesson: TaughtLesson) -> bool:
    course, key = lesson.course, lesson.key
    if not course.is_timed:
        return key.period == UNTIMED
    day = await course_lessons(uow, course.school, course.id, key.on)
    return any(one.period == key.period and one.is_held_here for one in day.lessons)
