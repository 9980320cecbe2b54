"""What the school has already: pupils, guardians, classes, and who was taken in by a list before."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from core.db.models import (
    AcademicYear,
    Enrollment,
    ExternalId,
    Guardianship,
    Org,
    Person,
    RoleAssignment,
    SchoolClass,
)
from core.db.uow import UnitOfWork
from core.domain.names import fold
from core.domain.rights import Role
from core.importing.scope import own_source

_LOOK_ALIKES = str.maketrans("abcehkmoptxy", "авсенкмортху")


@dataclass(frozen=True, slots=True)
class Human:
    """Somebody of the school."""

    id: int
    family: str
    given: str
    middle: str
    birth_date: date | None
    phone: str

    @property
    def name_key(self) -> str:
        """To compare by: family and given name."""
        return fold(f"{self.family} {self.given}")

    @property
    def shown(self) -> str:
        """For people to tell them apart."""
        names = " ".join(filter(None, (self.family, self.given, self.middle)))
        born = self.birth_date.isoformat() if self.birth_date else ""
        return ", ".join(filter(None, (names, born, self.phone)))


@dataclass(slots=True)
class School:
    """Loaded once a reading."""

    id: int
    name: str
    year_id: int | None
    pupils: dict[str, list[Human]] = field(default_factory=lambda: defaultdict(list))
    adults: dict[str, list[Human]] = field(default_factory=lambda: defaultdict(list))
    """Guardians and staff. Both by name."""
    guardians: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """By child."""
    classes: dict[str, int] = field(default_factory=dict)
    class_names: dict[int, str] = field(default_factory=dict)
    enrollments: dict[int, dict[int, tuple[int, bool]]] = field(default_factory=lambda: defaultdict(dict))
    """By pupil and class: the row, and whether it holds."""
    left: set[int] = field(default_factory=set)
    """Pupils whose role at the school is over."""
    ties: dict[str, int] = field(default_factory=dict)
    register_ids: dict[str, int] = field(default_factory=dict)
    """Pupils by what other registers call them, where only one is called so."""


def class_key(name: str) -> str:
    """``7 «A»`` and ``7а`` are one class: letters that look the same, no signs between."""
    return re.sub(r"[\s\W_]+", "", fold(name)).translate(_LOOK_ALIKES) or fold(name)


def digits_of(phone: str) -> str:
    """The last ten digits: +7 and 8 before them are the same."""
    return re.sub(r"\D", "", phone)[-10:]


def _human(row: Any) -> Human:
    return Human(row.id, row.family, row.given, row.middle, row.birth_date, row.phone)


async def load_school(uow: UnitOfWork, school_id: int, today: date) -> School:
    """Eight statements."""
    org = await uow.row(sa.select(Org.name, Org.path).where(Org.id == school_id))
    assert org is not None
    above = [int(one) for one in org.path.split("/") if one] or [school_id]
    year = await uow.value(
        sa.select(AcademicYear.id)
        .where(
            AcademicYear.org_id.in_(above),
            AcademicYear.ended_on.is_(None),
            AcademicYear.starts <= today,
            AcademicYear.ends >= today,
        )
        .order_by(AcademicYear.org_id == school_id, AcademicYear.id.desc())
    )
    school = School(school_id, org.name, year)
    columns = (Person.id, Person.family, Person.given, Person.middle, Person.birth_date, Person.phone)
    roles = sa.select(*columns, RoleAssignment.role, RoleAssignment.ends).join(
        RoleAssignment, RoleAssignment.person_id == Person.id
    )
    pupils: set[int] = set()
    for row in await uow.rows(roles.where(RoleAssignment.org_id == school_id).order_by(Person.id)):
        human = _human(row)
        if row.role is Role.STUDENT:
            school.pupils[human.name_key].append(human)
            pupils.add(human.id)
            if row.ends is not None and row.ends < today:
                school.left.add(human.id)
        elif human not in school.adults[human.name_key]:
            school.adults[human.name_key].append(human)
    ours = sa.select(RoleAssignment.person_id).where(
        RoleAssignment.org_id == school_id, RoleAssignment.role == Role.STUDENT
    )
    links = sa.select(*columns, Guardianship.child_id).join(
        Guardianship, Guardianship.guardian_id == Person.id
    )
    for row in await uow.rows(links.where(Guardianship.child_id.in_(ours)).order_by(Person.id)):
        human = _human(row)
        school.guardians[row.child_id].add(human.id)
        if human not in school.adults[human.name_key]:
            school.adults[human.name_key].append(human)
    classes = sa.select(SchoolClass.id, SchoolClass.name, SchoolClass.year_id).where(
        SchoolClass.school_id == school_id, SchoolClass.ended_on.is_(None)
    )
    for row in await uow.rows(classes.order_by(SchoolClass.id)):
        if row.year_id in (None, year):
            school.classes[class_key(row.name)] = row.id
        school.class_names[row.id] = row.name
    enrolled = sa.select(Enrollment.id, Enrollment.student_id, Enrollment.class_id, Enrollment.ends).join(
        SchoolClass, SchoolClass.id == Enrollment.class_id
    )
    for row in await uow.rows(enrolled.where(SchoolClass.school_id == school_id)):
        holds = (row.ends is None or row.ends >= today) and row.class_id in school.class_names
        school.enrollments[row.student_id][row.class_id] = (row.id, holds)
    tied = sa.select(ExternalId.external_id, ExternalId.target_id).where(ExternalId.kind == "person")
    source = own_source("people", school_id)
    school.ties = {
        row.external_id: row.target_id for row in await uow.rows(tied.where(ExternalId.source == source))
    }
    several: set[str] = set()
    for row in await uow.rows(tied.where(ExternalId.source != source, ExternalId.target_id.in_(ours))):
        if school.register_ids.setdefault(row.external_id, row.target_id) != row.target_id:
            several.add(row.external_id)
    for external in several:
        del school.register_ids[external]
    return school
