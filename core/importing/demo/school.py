"""The school itself: people, classes and courses; its fixed cast is what scripts and tours rely on."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.migrate import tables_in
from core.db.models import (
    AcademicYear,
    Base,
    Course,
    CourseEnrollment,
    CourseTeacher,
    DayOff,
    Enrollment,
    ExternalId,
    Guardianship,
    Org,
    Person,
    RoleAssignment,
    SchoolClass,
    Subject,
    Term,
)
from core.db.uow import UnitOfWork
from core.domain.kinds import OrgKind, TermKind
from core.domain.names import fold
from core.domain.rights import GuardianRights, Role
from core.files import FileStore
from core.importing.demo.canteen import make_canteen
from core.importing.demo.diary import make_diary
from core.importing.demo.names import Family, given_name, make_family, patronymic
from core.importing.demo.papers import hand_out_papers
from core.importing.demo.plan import TIMEZONE, Plan, lessons_a_week
from core.importing.demo.rows import Rows
from core.importing.demo.timetable import make_timetable

CLASSES = ("3A", "3B", "5A", "5B", "6A", "6B", "7A", "7B", "8A", "8B", "9A", "10A")


@dataclass(frozen=True, slots=True)
class DemoSchool:
    """What was made; ``counts`` by table."""

    counts: dict[str, int]

    @property
    def summary(self) -> str:
        """One line for the terminal."""
        named = {"person": "people", "school_class": "classes", "course": "courses", "mark": "marks"}
        return ", ".join(f"{self.counts.get(table, 0)} {word}" for table, word in named.items())


async def is_demo(database: Database) -> bool | None:
    """Whether the demo made this database; None where it has no tables at all. Only looks. At most three statements.

    Raises SettingsError where the database does not answer or the file is none.
    """
    tables = await tables_in(database)
    if not tables:
        return None
    if not {"alembic_version", Org.__tablename__} <= tables:
        return False
    try:
        marks = [row.settings for row in await database.reader.rows(sa.select(Org.settings))]
    except (sa.exc.DBAPIError, ValueError):
        return False  # another program's table of that name
    return bool(marks) and all(isinstance(one, dict) and one.get("demo") for one in marks)


async def make_demo_school(
    database: Database,
    *,
    around: datetime,
    seed: int = 7,
    pupils_in_class: int = 25,
    copies: int = 1,
    files: FileStore | None = None,
) -> DemoSchool:
    """Make the school in one transaction; ``copies`` makes several alike, only the first has the fixed cast.

    With a file store 7A's homework has files to open, too.
    """
    async with UnitOfWork(database, FrozenClock(around), via="demo") as uow, uow.writing():
        return await write_demo_school(
            uow, seed=seed, pupils_in_class=pupils_in_class, copies=copies, files=files
        )


async def write_demo_school(
    uow: UnitOfWork,
    *,
    seed: int = 7,
    pupils_in_class: int = 25,
    copies: int = 1,
    files: FileStore | None = None,
) -> DemoSchool:
    """The same as part of a transaction, around the clock's moment; needs ``uow.writing()``."""
    first = {}
    for table in Base.metadata.sorted_tables:
        if "id" in table.c:
            first[table.name] = int(await uow.value(sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0))))
    rows = Rows(first)
    for number in range(copies):
        plan = _make_school(rows, random.Random(seed + number), uow.now, pupils_in_class, number)
        if files is not None and number == 0:
            hand_out_papers(plan, files)
    await rows.write(uow)
    counts = {table.__tablename__: len(rows.of(table)) for table in _counted()}
    return DemoSchool(counts)


def _counted() -> list[type[Any]]:
    return [mapper.class_ for mapper in Base.registry.mappers]


def _make_school(
    rows: Rows, chance: random.Random, around: datetime, pupils_in_class: int, number: int
) -> Plan:
    plan = _frame(rows, chance, around, number)
    _cast_and_staff(plan, number)
    _classes(plan, pupils_in_class, number)
    slots = make_timetable(plan)
    make_diary(plan, slots)
    make_canteen(plan)
    return plan


def _frame(rows: Rows, chance: random.Random, around: datetime, number: int) -> Plan:
    """The org with its year, quarters and holidays; a year that holds ``around`` even in summer."""
    today = around.astimezone(ZoneInfo(TIMEZONE)).date()
    start_year = today.year if today.month >= 9 else today.year - 1
    summer = 6 <= today.month <= 8
    starts = date(start_year, 9, 1)
    ends = date(start_year + 1, 8, 31) if summer else date(start_year + 1, 5, 31)
    school = rows.add(
        Org,
        kind=OrgKind.SCHOOL,
        name="Riverside School" if not number else f"Riverside School {number + 1}",
        path="",
        timezone=TIMEZONE,
        locale="en",
        currency="RUB",
        scale="five",
        settings={"demo": True, "around": around.isoformat()},
    )
    rows.of(Org)[-1]["path"] = f"/{school}/"
    year = rows.add(
        AcademicYear, org_id=school, name=f"{start_year}/{start_year + 1 - 2000}", starts=starts, ends=ends
    )
    quarters = [
        (date(start_year, 9, 1), date(start_year, 10, 25)),
        (date(start_year, 11, 2), date(start_year, 12, 27)),
        (date(start_year + 1, 1, 11), date(start_year + 1, 3, 21)),
        (date(start_year + 1, 3, 29), ends),
    ]
    terms = []
    for place, (begins, closes) in enumerate(quarters, 1):
        term = rows.add(
            Term, year_id=year, kind=TermKind.QUARTER, name=f"Quarter {place}", starts=begins, ends=closes
        )
        terms.append((term, begins, closes))
    holidays = []
    for name, (_, before), (after, _) in zip(
        ("Autumn holidays", "Winter holidays", "Spring holidays"), quarters, quarters[1:], strict=False
    ):
        holidays.append((before + timedelta(days=1), after - timedelta(days=1)))
        rows.add(DayOff, org_id=school, name=name, starts=holidays[-1][0], ends=holidays[-1][1])
    return Plan(rows, chance, around, year, starts, school, terms, holidays, {}, {}, {}, {}, {})


def _person(
    plan: Plan, given: str, family: str, external: str | None, *, locale: str = "en", middle: str = ""
) -> int:
    person = plan.rows.add(
        Person,
        given=given,
        family=family,
        middle=middle,
        name_key=fold(f"{family} {given}"),
        locale=None if locale == "en" else locale,
    )
    if external is not None:
        plan.rows.add(ExternalId, source="demo", kind="person", external_id=external, target_id=person)
        plan.cast[external] = person
    return person


def _role(plan: Plan, person: int, role: Role) -> None:
    plan.rows.add(RoleAssignment, person_id=person, org_id=plan.school, role=role)


def _cast_and_staff(plan: Plan, number: int) -> None:
    """The office and the teachers; in the first school with the fixed ids of the cast."""
    fixed = number == 0
    named = [
        ("teacher", "Olga", "Sokolova", Role.TEACHER),
        ("homeroom", "Boris", "Orlov", Role.TEACHER),
        ("head", "Galina", "Belova", Role.HEAD),
        ("deputy", "Denis", "Krylov", Role.DEPUTY),
        ("admin", "Arkady", "Lvov", Role.ADMIN),
        ("secretary", "Svetlana", "Zueva", Role.SECRETARY),
        ("canteen", "Klara", "Pavlova", Role.CANTEEN),
    ]
    for external, given, family, role in named:
        person = _person(plan, given, family, external if fixed else f"{external}-{number + 1}")
        plan.cast[external] = person
        _role(plan, person, role)
    for place in range(1, 24):
        home = make_family(plan.chance)
        female = plan.chance.random() < 0.7
        given = given_name(plan.chance, home.locale, female=female)
        middle = patronymic(plan.chance, home.locale, female=female)
        family, external = home.her if female else home.him, f"t-{number + 1}-{place:02}"
        person = _person(plan, given, family, external, middle=middle)
        plan.cast[f"t{place}"] = person
        _role(plan, person, Role.TEACHER)


_FIXED_PUPILS: dict[str, list[tuple[str | None, str, str]]] = {
    "7A": [("student", "Ivan", "Petrov"), (None, "Alexei", "Smirnov"), (None, "Dmitri", "Smirnov"),
           (None, "Kirill", "Ivanov"), (None, "Daria", "Sidorova"), (None, "Roman", "Kozlov")],
    "3B": [("daughter", "Maria", "Petrova")],
    "5A": [("teachers-child", "Katya", "Sokolova")],
}  # fmt: skip


def _classes(plan: Plan, pupils_in_class: int, number: int) -> None:
    names = dict.fromkeys(subject for class_name in CLASSES for subject in lessons_a_week(class_name))
    subjects = {name: plan.rows.add(Subject, org_id=plan.school, name=name) for name in names}
    teachers = [plan.cast[f"t{place}"] for place in range(1, 24)]
    for place, name in enumerate(CLASSES):
        grade = int(name[:-1])
        homeroom = plan.cast["homeroom"] if name == "7A" else teachers[place % len(teachers)]
        class_id = plan.rows.add(
            SchoolClass,
            school_id=plan.school,
            year_id=plan.year,
            name=name,
            grade=grade,
            homeroom_teacher_id=homeroom,
        )
        plan.classes[name] = class_id
        pupils = _pupils(plan, name, class_id, pupils_in_class, number)
        plan.pupils[class_id] = pupils
        plan.courses[class_id] = {}
        for order, subject in enumerate(lessons_a_week(name)):
            course = plan.rows.add(
                Course,
                school_id=plan.school,
                year_id=plan.year,
                subject_id=subjects[subject],
                class_id=class_id,
                name="",
            )
            teacher = teachers[(place * 5 + order * 7) % len(teachers)]
            if name == "7A" and subject == "Algebra":
                teacher = plan.cast["teacher"]
            elif name == "7A" and subject == "Literature":
                teacher = plan.cast["homeroom"]
            elif name == "7B" and subject == "Algebra":
                teacher = plan.cast["teacher"]
            plan.courses[class_id][subject] = course
            plan.teacher_of[course] = teacher
            plan.rows.add(CourseTeacher, course_id=course, teacher_id=teacher)
            for pupil in pupils:
                plan.rows.add(CourseEnrollment, student_id=pupil, course_id=course)


def _pupils(plan: Plan, class_name: str, class_id: int, wanted: int, number: int) -> list[int]:
    """The class's pupils with their parents. No two of one family name are called alike, as teachers need it."""
    pupils = []
    fixed = _FIXED_PUPILS.get(class_name, []) if number == 0 else []
    called: dict[str, set[str]] = {}
    for place in range(wanted):
        middle = father = ""
        if place < len(fixed):
            external, given, family = fixed[place]
            external = external or f"p-{class_name}-{place + 1:02}"
            home = Family(family.removesuffix("a"), family.removesuffix("a") + "a", "en")
        else:
            home = make_family(plan.chance)
            female = plan.chance.random() < 0.5
            given = given_name(plan.chance, home.locale, female=female, taken=called.get(home.her, set()))
            father = given_name(plan.chance, home.locale, female=False)
            middle = patronymic(plan.chance, home.locale, female=female, father=father)
            family = home.her if female else home.him
            external = (
                f"p-{class_name}-{place + 1:02}"
                if number == 0
                else f"p{number + 1}-{class_name}-{place + 1:02}"
            )
        called.setdefault(home.her, set()).add(given)
        pupil = _person(plan, given, family, external, locale=home.locale, middle=middle)
        _role(plan, pupil, Role.STUDENT)
        plan.rows.add(Enrollment, student_id=pupil, class_id=class_id, roll_number=place + 1)
        pupils.append(pupil)
        if external not in ("student", "daughter", "teachers-child"):
            _parents(plan, pupil, home, external, father)
    if number == 0:
        _fixed_families(plan, class_name)
    return pupils


def _parents(plan: Plan, pupil: int, home: Family, external: str, father_name: str) -> None:
    mother_id = "stranger-mother" if external == "p-7A-02" else f"{external}-mother"
    given = given_name(plan.chance, home.locale, female=True)
    if mother_id == "stranger-mother":
        given = "Irina"
    middle = patronymic(plan.chance, home.locale, female=True)
    mother = _person(plan, given, home.her, mother_id, locale=home.locale, middle=middle)
    plan.rows.add(
        Guardianship, guardian_id=mother, child_id=pupil, relation="mother", rights=GuardianRights.FULL
    )
    if plan.chance.random() < 0.8:
        given = father_name or given_name(plan.chance, home.locale, female=False)
        middle = patronymic(plan.chance, home.locale, female=False)
        father = _person(plan, given, home.him, f"{external}-father", locale=home.locale, middle=middle)
        plan.rows.add(
            Guardianship, guardian_id=father, child_id=pupil, relation="father", rights=GuardianRights.FULL
        )


def _fixed_families(plan: Plan, class_name: str) -> None:
    """Anna and Pavel Petrov with Ivan and Maria, and the algebra teacher's own child."""

    def tie(guardian: str, child: str, relation: str, rights: GuardianRights) -> None:
        plan.rows.add(
            Guardianship,
            guardian_id=plan.cast[guardian],
            child_id=plan.cast[child],
            relation=relation,
            rights=rights,
        )

    if class_name == "5A":
        tie("teacher", "teachers-child", "mother", GuardianRights.FULL)
    if "mother" not in plan.cast:
        _person(plan, "Anna", "Petrova", "mother")
        _person(plan, "Pavel", "Petrov", "father")
    child = {"7A": "student", "3B": "daughter"}.get(class_name)
    if child is not None:
        tie("mother", child, "mother", GuardianRights.FULL)
        tie("father", child, "father", GuardianRights.READ)
