"""A region of schools written set by set in some thirty statements: for the panel's bench and the tests of its size.

Every school is alike: classes of 25 with ten courses each, a timetable of thirty lessons a week, three weeks of journal,
a guardian for each pupil, most of them linked and told things, slips not used yet, and meal accounts. All ids count from
``FIRST``; the n-th row of a table belongs to what its arithmetic below says.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from core.db.models import (
    AcademicYear,
    Assessment,
    Attendance,
    AuditEntry,
    BellPeriod,
    BellSchedule,
    Chat,
    ChatLink,
    ChatLinkRole,
    Course,
    CourseEnrollment,
    CourseTeacher,
    Delivery,
    Enrollment,
    Guardianship,
    Homework,
    Invitation,
    InvitationRole,
    Lesson,
    Mark,
    MealAccount,
    MealTransaction,
    Org,
    OutboxEvent,
    Person,
    RoleAssignment,
    SchoolClass,
    Subject,
    Term,
    TimetableSlot,
)
from core.db.uow import UnitOfWork
from core.domain.kinds import (
    AttendanceKind,
    DeliveryState,
    InvitationKind,
    Messenger,
    OrgKind,
    TermKind,
    TransactionKind,
    WeekParity,
)
from core.domain.names import fold
from core.domain.rights import GuardianRights, Role
from core.importing.demo.names import given_name, make_family

FIRST = 2_000_000
"""One less than the first id of every table."""
BOT = 4242
_CLASS, _COURSES, _STAFF, _LESSONS_A_DAY = 25, 10, 60, 6
_ACCOUNTS = 80_000_000
_NAMES = 97
_OFFICE = (Role.ADMIN, Role.SECRETARY, Role.HEAD, Role.DEPUTY, Role.CANTEEN)
"""Of a school's staff the first five; the others teach."""
_EVENTS = 8


@dataclass(frozen=True, slots=True)
class Region:
    """What was written: so many schools of so many pupils."""

    schools: int
    pupils: int

    @property
    def everybody(self) -> int:
        """Pupils, then their guardians, then the staff: the number of people."""
        return self.schools * (2 * self.pupils + _STAFF)

    def school_id(self, number: int) -> int:
        """The id of the school with this number, from 0 on."""
        return FIRST + number + 1

    def staff_of(self, number: int, place: int) -> int:
        """Somebody of the staff of a school: 0 is the administrator."""
        return FIRST + 2 * self.schools * self.pupils + number * _STAFF + place + 1

    def account_of(self, person_id: int) -> int:
        """The messenger account of a person."""
        return _ACCOUNTS + person_id


async def write_region(uow: UnitOfWork, *, schools: int, pupils: int) -> Region:
    """Write it in one transaction; ``pupils`` is rounded down to whole classes."""
    region = Region(schools, pupils // _CLASS * _CLASS)
    async with uow.writing():
        await _people(uow, region)
        await _frame(uow, region)
        await _journal(uow, region)
        await _chats(uow, region)
        await _told(uow, region)
        await _canteen(uow, region)
    async with uow.database.writer.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(sa.text("ANALYZE"))
    return region


def _numbers(most: int, name: str = "numbers") -> Any:
    """0 … most - 1, as ``i``."""
    numbers = sa.select(sa.literal(0).label("i")).cte(name, recursive=True)
    return numbers.union_all(sa.select(numbers.c.i + 1).where(numbers.c.i < most - 1))


async def _fill(uow: UnitOfWork, table: Any, values: Mapping[str, Any], source: Any, *where: Any) -> None:
    columns = [sa.literal(one) if isinstance(one, str | int) else one for one in values.values()]
    chosen = sa.select(*columns).select_from(source).where(*where)
    await uow.write(sa.insert(table).from_select(list(values), chosen))


def _at(moment: datetime) -> Any:
    return sa.literal(moment, Chat.created_at.type)


def _school_of(region: Region, person: Any) -> Any:
    """The number of a person's school, from the person's number counted from 0."""
    many = region.schools * region.pupils
    return sa.case(
        (person < many, person // region.pupils),
        (person < 2 * many, (person - many) // region.pupils),
        else_=(person - 2 * many) // _STAFF,
    )


async def _people(uow: UnitOfWork, region: Region) -> None:
    chance = random.Random(11)
    rows = []
    for place in range(_NAMES):
        home = make_family(chance)
        rows.append((place, home.her, given_name(chance, home.locale, female=True)))
    names = sa.union_all(
        *(
            sa.select(
                sa.literal(place).label("k"),
                sa.literal(family).label("family"),
                sa.literal(given).label("given"),
                sa.literal(fold(family)).label("family_key"),
                sa.literal(fold(given)).label("given_key"),
            )
            for place, family, given in rows
        )
    ).cte("names")
    family, given = names.alias("one"), names.alias("two")
    people = _numbers(region.everybody)
    source = people.join(family, family.c.k == people.c.i * 31 % _NAMES).join(
        given, given.c.k == people.c.i // 7 % _NAMES
    )
    await _fill(
        uow,
        Person,
        {
            "id": FIRST + 1 + people.c.i,
            "family": family.c.family,
            "given": given.c.given,
            "name_key": family.c.family_key + " " + given.c.given_key,
        },
        source,
    )


async def _frame(uow: UnitOfWork, region: Region) -> None:
    """Schools, roles, classes, courses and the timetable."""
    today = uow.now.date()
    start = date(today.year if today.month >= 9 else today.year - 1, 9, 1)
    schools, many = _numbers(region.schools), region.schools * region.pupils
    school = FIRST + 1 + schools.c.i
    org = {"id": school, "kind": OrgKind.SCHOOL.value, "name": "School " + sa.cast(school, sa.Text())}
    place = {"timezone": "Europe/Moscow", "locale": "en", "currency": "RUB", "scale": "five"}
    await _fill(uow, Org, org | {"path": "/" + sa.cast(school, sa.Text()) + "/"} | place, schools)
    year = {"id": school, "org_id": school, "name": "This year", "starts": sa.literal(start)}
    await _fill(uow, AcademicYear, year | {"ends": sa.literal(date(start.year + 1, 5, 31))}, schools)
    term = {"id": school, "year_id": school, "kind": TermKind.SEMESTER.value, "name": "Semester 1"}
    await _fill(
        uow,
        Term,
        term | {"starts": sa.literal(start), "ends": sa.literal(date(start.year + 1, 5, 31))},
        schools,
    )
    await _fill(uow, BellSchedule, {"id": school, "school_id": school, "name": "Usual"}, schools)
    for number in range(1, _LESSONS_A_DAY + 1):
        bell = {"schedule_id": school, "number": number, "starts": sa.literal(time(7 + number, 30))}
        await _fill(uow, BellPeriod, bell | {"ends": sa.literal(time(8 + number, 15))}, schools)
    subjects = _numbers(region.schools * _COURSES)
    subject = FIRST + 1 + subjects.c.i
    of_school = FIRST + 1 + subjects.c.i // _COURSES
    named = "Subject " + sa.cast(subjects.c.i % _COURSES + 1, sa.Text())
    await _fill(uow, Subject, {"id": subject, "org_id": of_school, "name": named}, subjects)
    people = _numbers(region.everybody)
    person = FIRST + 1 + people.c.i
    staff = (people.c.i - 2 * many) % _STAFF
    role = sa.case(
        (people.c.i < many, Role.STUDENT.value),
        *((staff == number, one.value) for number, one in enumerate(_OFFICE)),
        else_=Role.TEACHER.value,
    )
    held = {"person_id": person, "org_id": FIRST + 1 + _school_of(region, people.c.i), "role": role}
    await _fill(uow, RoleAssignment, held, people, sa.or_(people.c.i < many, people.c.i >= 2 * many))
    pupils = _numbers(many)
    pupil = FIRST + 1 + pupils.c.i
    family = {"guardian_id": pupil + many, "child_id": pupil, "rights": GuardianRights.FULL.value}
    await _fill(uow, Guardianship, family, pupils)
    rooms = _numbers(many // _CLASS)
    in_school = region.pupils // _CLASS
    room, nth, of = FIRST + 1 + rooms.c.i, rooms.c.i % in_school, FIRST + 1 + rooms.c.i // in_school
    class_name = sa.cast(nth % 11 + 1, sa.Text()) + "-" + sa.cast(nth // 11 + 1, sa.Text())
    room_of = {"id": room, "school_id": of, "year_id": of, "name": class_name, "grade": nth % 11 + 1}
    await _fill(uow, SchoolClass, room_of, rooms)
    class_of_pupil = FIRST + 1 + pupils.c.i // _CLASS
    await _fill(uow, Enrollment, {"student_id": pupil, "class_id": class_of_pupil}, pupils)
    courses = _numbers(many // _CLASS * _COURSES)
    course, of_class = FIRST + 1 + courses.c.i, courses.c.i // _COURSES
    of = of_class // in_school
    taught = FIRST + 1 + of * _COURSES + courses.c.i % _COURSES
    values = {"id": course, "school_id": FIRST + 1 + of, "year_id": FIRST + 1 + of}
    await _fill(uow, Course, values | {"subject_id": taught, "class_id": FIRST + 1 + of_class}, courses)
    teacher = FIRST + 1 + 2 * many + of * _STAFF + len(_OFFICE) + courses.c.i * 7 % (_STAFF - len(_OFFICE))
    await _fill(uow, CourseTeacher, {"course_id": course, "teacher_id": teacher}, courses)
    tenth = _numbers(_COURSES, "tenth")
    enrolled = {"student_id": pupil, "course_id": FIRST + 1 + pupils.c.i // _CLASS * _COURSES + tenth.c.i}
    await _fill(uow, CourseEnrollment, enrolled, pupils.join(tenth, sa.true()))
    slots = _numbers(5 * _LESSONS_A_DAY, "slots")
    slot = {
        "course_id": FIRST + 1 + rooms.c.i * _COURSES + slots.c.i % _COURSES,
        "schedule_id": FIRST + 1 + rooms.c.i // in_school,
        "weekday": slots.c.i // _LESSONS_A_DAY + 1,
        "period": slots.c.i % _LESSONS_A_DAY + 1,
        "room": sa.cast(rooms.c.i % in_school + 100, sa.Text()),
        "parity": WeekParity.EVERY.value,
    }
    await _fill(uow, TimetableSlot, slot, rooms.join(slots, sa.true()))


async def _journal(uow: UnitOfWork, region: Region) -> None:
    """Lessons of three weeks, most of them with what belongs in them; marks in a tenth."""
    today = uow.now.date()
    for back in range(20, -1, -1):
        day = today - timedelta(days=back)
        if day.isoweekday() > 5:
            continue
        slot = TimetableSlot
        values = {
            "course_id": slot.course_id,
            "date": sa.literal(day),
            "period": slot.period,
            "topic": sa.case((slot.id % 5 == 0, ""), else_="What was taught"),
            "register_taken_at": sa.case((slot.id % 6 != 0, _at(uow.now))),
        }
        chosen = (slot.weekday == day.isoweekday(), slot.course_id > FIRST, (slot.id + back) % 11 != 0)
        await _fill(uow, Lesson, values, slot.__table__, *chosen)
    missed = {
        "student_id": CourseEnrollment.student_id,
        "lesson_id": Lesson.id,
        "kind": sa.case(
            (CourseEnrollment.student_id % 3 == 0, AttendanceKind.ILL.value),
            else_=AttendanceKind.ABSENT.value,
        ),
        "recorded_at": _at(uow.now),
    }
    of_lesson = Lesson.__table__.join(
        CourseEnrollment.__table__, CourseEnrollment.course_id == Lesson.course_id
    )
    recent = Lesson.date >= today - timedelta(days=3)
    rare = (CourseEnrollment.student_id + Lesson.course_id // 100) % 31 == 0
    ours = Lesson.course_id > FIRST
    await _fill(uow, Attendance, missed, of_lesson, ours, recent, Lesson.register_taken_at.is_not(None), rare)
    assessed = {"course_id": Lesson.course_id, "lesson_id": Lesson.id, "kind": "quiz", "date": Lesson.date}
    await _fill(uow, Assessment, assessed, Lesson.__table__, ours, Lesson.id % 10 == 0)
    mark = {
        "student_id": CourseEnrollment.student_id,
        "assessment_id": Assessment.id,
        "value": sa.cast(CourseEnrollment.student_id % 4 + 2, sa.Text()),
        "number": sa.literal_column("4000"),
        "recorded_at": _at(uow.now),
    }
    marked = Assessment.__table__.join(
        CourseEnrollment.__table__, CourseEnrollment.course_id == Assessment.course_id
    )
    some = CourseEnrollment.student_id % 3 == Assessment.id % 3
    await _fill(uow, Mark, mark, marked, Assessment.course_id > FIRST, some)
    set_there = {
        "course_id": Lesson.course_id,
        "set_lesson_id": Lesson.id,
        "due_on": Lesson.date,
        "text": "Exercises 1 to 5",
        "recorded_at": _at(uow.now),
    }
    await _fill(uow, Homework, set_there, Lesson.__table__, ours, Lesson.id % 2 == 0)


async def _chats(uow: UnitOfWork, region: Region) -> None:
    """Staff and seven of ten others are linked; the rest hold a slip."""
    many = region.schools * region.pupils
    people = _numbers(region.everybody)
    person, is_linked = FIRST + 1 + people.c.i, sa.or_(people.c.i >= 2 * many, people.c.i % 10 < 7)
    chat = {
        "id": person,
        "messenger": Messenger.TELEGRAM.value,
        "bot": BOT,
        "user_id": person + _ACCOUNTS,
        "title": "somebody's phone",
        "created_at": _at(uow.now - timedelta(days=60)),
        "blocked_since": sa.case((people.c.i % 50 == 1, _at(uow.now))),
    }
    await _fill(uow, Chat, chat, people, is_linked)
    linked_at = sa.case(
        *((people.c.i % 9 == week, _at(uow.now - timedelta(weeks=week))) for week in range(8)),
        else_=_at(uow.now - timedelta(weeks=20)),
    )
    link = {"id": person, "chat_id": person, "person_id": person, "linked_at": linked_at}
    await _fill(uow, ChatLink, link, people, is_linked)
    roles = RoleAssignment.__table__.join(ChatLink.__table__, ChatLink.person_id == RoleAssignment.person_id)
    granted = {"link_id": ChatLink.id, "role": RoleAssignment.role}
    await _fill(uow, ChatLinkRole, granted, roles, RoleAssignment.org_id > FIRST)
    is_guardian = (people.c.i >= many) & (people.c.i < 2 * many)
    await _fill(
        uow, ChatLinkRole, {"link_id": person, "role": Role.GUARDIAN.value}, people, is_linked, is_guardian
    )
    slip = {
        "id": person,
        "person_id": person,
        "kind": InvitationKind.SLIP.value,
        "code_hash": "region " + sa.cast(person, sa.Text()),
        "issued_at": _at(uow.now - timedelta(days=10)),
        "expires_at": _at(uow.now + timedelta(days=50)),
    }
    await _fill(uow, Invitation, slip, people, sa.not_(is_linked))
    granted = {"invitation_id": Invitation.id, "role": Role.GUARDIAN.value}
    await _fill(uow, InvitationRole, granted, Invitation.__table__, Invitation.id > FIRST)


async def _told(uow: UnitOfWork, region: Region) -> None:
    """News of each school to all its chats: long ago, today, and some still to be sent; and who did what."""
    events = _numbers(_EVENTS * region.schools)
    at = sa.case(
        *(
            (events.c.i % _EVENTS == one, _at(uow.now - timedelta(days=3 * one, hours=1)))
            for one in range(_EVENTS)
        ),
    )
    event = {
        "id": FIRST + 1 + events.c.i,
        "kind": "absence",
        "key": "region " + sa.cast(events.c.i, sa.Text()),
        "created_at": at,
        "not_before": at,
        "fanned_out_at": at,
    }
    await _fill(uow, OutboxEvent, event, events)
    nth = _numbers(_EVENTS, "nth")
    number = _school_of(region, Chat.id - FIRST - 1) * _EVENTS + nth.c.i
    waits = (nth.c.i == 0) & (Chat.id % 40 == 0)
    delivery = {
        "event_id": OutboxEvent.id,
        "chat_id": Chat.id,
        "messenger": Messenger.TELEGRAM.value,
        "bot": BOT,
        "kind": "news",
        "state": sa.case((waits, DeliveryState.PENDING.value), else_=DeliveryState.SENT.value),
        "priority": 3,
        "not_before": OutboxEvent.not_before,
        "settled_at": sa.case((sa.not_(waits), OutboxEvent.not_before)),
    }
    chats = Chat.__table__.join(nth, sa.true())
    both = chats.join(OutboxEvent.__table__, OutboxEvent.id == FIRST + 1 + number)
    await _fill(uow, Delivery, delivery, both, Chat.id > FIRST)
    entries = _numbers(300 * region.schools)
    many = region.schools * region.pupils
    admin = FIRST + 1 + 2 * many + entries.c.i // 300 * _STAFF
    entry = {
        "at": _at(uow.now - timedelta(days=1)),
        "actor_id": admin,
        "via": "panel",
        "action": "link.end",
        "subject_kind": "person",
        "subject_id": FIRST + 1 + entries.c.i // 300 * region.pupils + entries.c.i % region.pupils,
    }
    await _fill(uow, AuditEntry, entry, entries)


async def _canteen(uow: UnitOfWork, region: Region) -> None:
    pupils = _numbers(region.schools * region.pupils)
    pupil = FIRST + 1 + pupils.c.i
    account = {"id": pupil, "student_id": pupil, "school_id": FIRST + 1 + pupils.c.i // region.pupils}
    await _fill(uow, MealAccount, account | {"balance": 30_000 - pupils.c.i % 7 * 5_000}, pupils)
    booked = {"account_id": pupil, "item": "", "at": _at(uow.now - timedelta(days=2))}
    top_up = {"kind": TransactionKind.TOP_UP.value, "amount": 30_000}
    await _fill(uow, MealTransaction, booked | top_up, pupils)
    fed = {"kind": TransactionKind.DEBIT.value, "amount": -(pupils.c.i % 7) * 5_000}
    await _fill(uow, MealTransaction, booked | fed, pupils, pupils.c.i % 7 > 0)
