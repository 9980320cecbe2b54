"""The named cast: people who must see their own and never each other's.

The Petrovs (Anna, mother of Ivan 7A and Maria 3B; Pavel, father, may only read; Viktor, whose rights are cut to
none), the Smirnovs (Elena, mother of Alexei, also 7A), Olga Sokolova who teaches algebra in 7A and is the mother of
Katya in 5A, Boris Orlov who teaches literature and leads 7A, and a school office. Another school has an admin.
Every child's records carry a sentinel, ``secret-NAME``, in each place where a family's data can leak from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.access import Actor, load_actor
from core.clock import Clock
from core.db.conversation import ChatKey
from core.db.engine import Database
from core.db.models import (
    AcademicYear,
    Assessment,
    Attendance,
    BellPeriod,
    BellSchedule,
    Chat,
    ChatLink,
    ChatLinkRole,
    Course,
    CourseEnrollment,
    CourseTeacher,
    Enrollment,
    ExternalId,
    Guardianship,
    Homework,
    Lesson,
    Mark,
    MealAccount,
    MealTransaction,
    MenuItem,
    Org,
    Person,
    RoleAssignment,
    SchoolClass,
    Subject,
    Term,
    TimetableSlot,
)
from core.db.uow import UnitOfWork
from core.domain.kinds import AttendanceKind, Messenger, OrgKind, TermKind, TransactionKind, WeekParity
from core.domain.rights import GuardianRights, Role

NOW = datetime(2026, 11, 24, 6, 10, tzinfo=UTC)
"""A Tuesday, 09:10 at school (Europe/Moscow); algebra in 7A is on."""
TODAY = date(2026, 11, 24)
BOT_ID = 4242


@dataclass
class Member:
    """One of the cast: the person's id, the messenger account linked to them, and whose sentinels they may see."""

    name: str
    person_id: int
    user_id: int
    sentinels: frozenset[str] = frozenset()
    as_staff: frozenset[str] = frozenset()
    """What the member's work shows of other people's children."""

    def leaks(self, text: str) -> list[str]:
        """The sentinels in a text that the member must never see."""
        return [
            found[0]
            for found in _SENTINEL.finditer(text)
            if f"secret-{found[1]}" not in self.sentinels and found[0] not in self.as_staff
        ]


@dataclass
class Cast:
    """Everybody by name, and the ids tests need."""

    members: dict[str, Member] = field(default_factory=dict)
    school_id: int = 0
    other_school_id: int = 0
    courses: dict[str, int] = field(default_factory=dict)
    classes: dict[str, int] = field(default_factory=dict)
    homework: dict[str, int] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Member:
        return self.members[name]


_SENTINEL = re.compile(r"secret-(\w+)(?: in \w+| homework| reason| lunch)?")
ALL_SENTINELS = frozenset({"secret-ivan", "secret-maria", "secret-alexei", "secret-katya"})

# name: (given, family, roles, sentinels they may see)
_PEOPLE: dict[str, tuple[str, str, list[Role], set[str]]] = {
    "mother": ("Anna", "Petrova", [], {"secret-ivan", "secret-maria"}),
    "father": ("Pavel", "Petrov", [], {"secret-ivan", "secret-maria"}),
    "cut_father": ("Viktor", "Petrov", [], set()),
    "stranger_mother": ("Elena", "Smirnova", [], {"secret-alexei"}),
    "ivan": ("Ivan", "Petrov", [Role.STUDENT], {"secret-ivan"}),
    "maria": ("Maria", "Petrova", [Role.STUDENT], {"secret-maria"}),
    "alexei": ("Alexei", "Smirnov", [Role.STUDENT], {"secret-alexei"}),
    "katya": ("Katya", "Sokolova", [Role.STUDENT], {"secret-katya"}),
    "teacher": ("Olga", "Sokolova", [Role.TEACHER], {"secret-katya"}),
    "homeroom": ("Boris", "Orlov", [Role.TEACHER], set()),
    "head": ("Galina", "Head", [Role.HEAD], set()),
    "deputy": ("Denis", "Deputy", [Role.DEPUTY], set()),
    "secretary": ("Sonya", "Secretary", [Role.SECRETARY], set()),
    "admin": ("Arkady", "Admin", [Role.ADMIN], set()),
    "canteen": ("Klara", "Canteen", [Role.CANTEEN], set()),
    "nurse": ("Nina", "Nurse", [Role.NURSE], set()),
    "operator": ("Oleg", "Operator", [Role.OPERATOR], set()),
    "other_admin": ("Foma", "Other", [Role.ADMIN], set()),
}
_REASONS = {f"secret-{pupil} reason" for pupil in ("ivan", "alexei", "maria", "katya")}
_AS_STAFF: dict[str, set[str]] = {
    "teacher": {"secret-ivan in algebra_7a", "secret-alexei in algebra_7a"},
    "homeroom": {
        *("secret-ivan in literature_7a", "secret-alexei in literature_7a", "secret-ivan reason"),
        *("secret-alexei reason", "secret-maria in maths_3b", "secret-katya in maths_5a"),
        *("secret-maria homework", "secret-katya homework"),
    },
    "head": _REASONS,
    "deputy": _REASONS,
    "admin": _REASONS,
}
_PUPILS = {"ivan": "7A", "alexei": "7A", "maria": "3B", "katya": "5A"}
_GUARDIANS = [
    ("mother", "ivan", "mother", GuardianRights.FULL),
    ("mother", "maria", "mother", GuardianRights.FULL),
    ("father", "ivan", "father", GuardianRights.READ),
    ("father", "maria", "father", GuardianRights.READ),
    ("cut_father", "ivan", "father", GuardianRights.NONE),
    ("stranger_mother", "alexei", "mother", GuardianRights.FULL),
    ("teacher", "katya", "mother", GuardianRights.FULL),
]
# course: (subject, class, teacher, weekday and period of its slot)
_COURSES = {
    "algebra_7a": ("Algebra", "7A", "teacher", (2, 1)),
    "literature_7a": ("Literature", "7A", "homeroom", (2, 2)),
    "maths_3b": ("Maths", "3B", "homeroom", (2, 3)),
    "maths_5a": ("Maths", "5A", "homeroom", (2, 4)),
}


async def make_cast(database: Database, clock: Clock) -> Cast:
    """Write the cast into an empty database, every member linked to a chat of their own."""
    cast = Cast()
    async with UnitOfWork(database, clock, via="test") as uow, uow.writing():
        await _orgs_and_people(uow, cast)
        await _teaching(uow, cast)
        await _diaries(uow, cast)
        for member in cast.members.values():
            await link(uow, member.user_id, member.person_id)
    return cast


async def link(
    uow: UnitOfWork, user_id: int, person_id: int, *, roles: list[Role] | None = None, bot: int = BOT_ID
) -> int:
    """Link a Telegram account to a person with these roles, or with all that a code could grant."""
    chat_id = await uow.insert(
        Chat,
        messenger=Messenger.TELEGRAM,
        bot=bot,
        user_id=user_id,
        created_at=uow.now,
        seen_at=uow.now,
        title=f"chat {user_id}",
    )
    link_id = await uow.insert(ChatLink, chat_id=chat_id, person_id=person_id, linked_at=uow.now)
    granted = list(Role) if roles is None else roles
    await uow.write(sa.insert(ChatLinkRole), [{"link_id": link_id, "role": role} for role in granted])
    return link_id


def chat_key(cast: Cast, name: str) -> ChatKey:
    """The chat of one of the cast."""
    return ChatKey(Messenger.TELEGRAM, BOT_ID, cast[name].user_id)


async def actor_of(uow: UnitOfWork, cast: Cast, name: str) -> Actor:
    """One of the cast as the bot sees who asks. One statement."""
    return (await load_actor(uow, chat_key(cast, name)))[1]


async def _orgs_and_people(uow: UnitOfWork, cast: Cast) -> None:
    place: dict[str, Any] = {"timezone": "Europe/Moscow", "locale": "en", "currency": "RUB", "scale": "five"}
    for name in ("Riverside School", "Other School"):
        org_id = await uow.insert(Org, kind=OrgKind.SCHOOL, name=name, **place)
        await uow.write(sa.update(Org).where(Org.id == org_id).values(path=f"/{org_id}/"))
        if not cast.school_id:
            cast.school_id = org_id
        cast.other_school_id = org_id
    for number, (key, (given, family, roles, sentinels)) in enumerate(_PEOPLE.items()):
        person_id = await uow.insert(
            Person, given=given, family=family, name_key=f"{family} {given}".casefold()
        )
        cast.members[key] = Member(
            key, person_id, 500_000 + number, frozenset(sentinels), frozenset(_AS_STAFF.get(key, ()))
        )
        await uow.insert(
            ExternalId, source="test", kind="person", external_id=key.replace("_", "-"), target_id=person_id
        )
        org_id = cast.other_school_id if key == "other_admin" else cast.school_id
        for role in roles:
            await uow.insert(RoleAssignment, person_id=person_id, org_id=org_id, role=role)
    for guardian, child, relation, rights in _GUARDIANS:
        await uow.insert(
            Guardianship,
            guardian_id=cast[guardian].person_id,
            child_id=cast[child].person_id,
            relation=relation,
            rights=rights,
        )


async def _teaching(uow: UnitOfWork, cast: Cast) -> None:
    year = await uow.insert(
        AcademicYear, org_id=cast.school_id, name="2026/27", starts=date(2026, 9, 1), ends=date(2027, 5, 31)
    )
    for name, starts, ends in (
        ("Quarter 1", date(2026, 9, 1), date(2026, 10, 25)),
        ("Quarter 2", date(2026, 11, 2), date(2026, 12, 27)),
    ):
        await uow.insert(Term, year_id=year, kind=TermKind.QUARTER, name=name, starts=starts, ends=ends)
    for name in ("7A", "3B", "5A"):
        cast.classes[name] = await uow.insert(
            SchoolClass,
            school_id=cast.school_id,
            year_id=year,
            name=name,
            grade=int(name[0]),
            homeroom_teacher_id=cast["homeroom"].person_id if name == "7A" else None,
        )
    for pupil, class_name in _PUPILS.items():
        await uow.insert(Enrollment, student_id=cast[pupil].person_id, class_id=cast.classes[class_name])
    bells = await uow.insert(BellSchedule, school_id=cast.school_id, name="Usual")
    for number in range(1, 7):
        start = datetime(2026, 1, 1, 8, 30) + timedelta(minutes=55 * (number - 1))
        await uow.insert(
            BellPeriod,
            schedule_id=bells,
            number=number,
            starts=start.time(),
            ends=(start + timedelta(minutes=45)).time(),
        )
    subjects: dict[str, int] = {}
    for key, (subject, class_name, teacher, (weekday, period)) in _COURSES.items():
        if subject not in subjects:
            subjects[subject] = await uow.insert(Subject, org_id=cast.school_id, name=subject)
        course = await uow.insert(
            Course,
            school_id=cast.school_id,
            year_id=year,
            subject_id=subjects[subject],
            class_id=cast.classes[class_name],
        )
        cast.courses[key] = course
        await uow.insert(CourseTeacher, course_id=course, teacher_id=cast[teacher].person_id)
        await uow.insert(
            TimetableSlot,
            course_id=course,
            schedule_id=bells,
            weekday=weekday,
            period=period,
            room=f"{period}0{period}",
            parity=WeekParity.EVERY,
        )
        for pupil, pupils_class in _PUPILS.items():
            if pupils_class == class_name:
                await uow.insert(CourseEnrollment, student_id=cast[pupil].person_id, course_id=course)


async def _diaries(uow: UnitOfWork, cast: Cast) -> None:
    for key, (_, class_name, teacher, (_, period)) in _COURSES.items():
        course = cast.courses[key]
        lesson = await uow.insert(
            Lesson,
            course_id=course,
            date=TODAY - timedelta(days=7),
            period=period,
            topic=f"Topic of {key}",
            register_taken_at=uow.now,
            register_taken_by=cast[teacher].person_id,
        )
        assessment = await uow.insert(
            Assessment,
            course_id=course,
            lesson_id=lesson,
            title="Quiz",
            kind="quiz",
            date=TODAY - timedelta(days=7),
        )
        pupils = [name for name, pupils_class in _PUPILS.items() if pupils_class == class_name]
        for pupil in pupils:
            await uow.insert(
                Mark,
                student_id=cast[pupil].person_id,
                assessment_id=assessment,
                value="4",
                number=Decimal(4),
                comment=f"secret-{pupil} in {key}",
                author_id=cast[teacher].person_id,
                recorded_at=uow.now,
            )
        # A homework of a one-pupil class is that pupil's own sentinel; 7A's is the class's.
        owner = pupils[0] if len(pupils) == 1 else ""
        cast.homework[key] = await uow.insert(
            Homework,
            course_id=course,
            due_on=TODAY + timedelta(days=1),
            text=f"secret-{owner} homework" if owner else "exercise of the class 7A",
            minutes=20,
            recorded_at=uow.now,
        )
        for pupil in pupils:
            await uow.insert(
                Attendance,
                student_id=cast[pupil].person_id,
                lesson_id=lesson,
                kind=AttendanceKind.EXCUSED,
                reason=f"secret-{pupil} reason",
                recorded_at=uow.now,
            )
    for pupil in _PUPILS:
        account = await uow.insert(
            MealAccount, student_id=cast[pupil].person_id, school_id=cast.school_id, balance=15_000
        )
        await uow.insert(
            MealTransaction,
            account_id=account,
            kind=TransactionKind.TOP_UP,
            amount=20_000,
            at=uow.now,
            item="",
        )
        await uow.insert(
            MealTransaction,
            account_id=account,
            kind=TransactionKind.DEBIT,
            amount=-5_000,
            at=uow.now,
            item=f"secret-{pupil} lunch",
        )
    await uow.insert(MenuItem, school_id=cast.school_id, date=TODAY, meal="lunch", name="Soup", price=5_000)
