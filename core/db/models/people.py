"""People and what they are: orgs, persons, register ids, roles, guardians, classes and enrolments."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base, Id, one_of, reference, unique_where
from core.domain.kinds import OrgKind
from core.domain.rights import GuardianRights, Role


class Org(Base):
    """A region, district or school. ``path`` is ``/1/4/9/``: a role at an org reaches all whose path begins with its.

    ``quiet_from`` and ``quiet_to`` are the quiet hours of whoever chose none, empty for the usual ones; ``settings`` is
    what core.domain.school_settings reads.
    """

    __tablename__ = "org"
    id: Mapped[Id]
    kind: Mapped[OrgKind] = one_of(OrgKind)
    name: Mapped[str]
    parent_id: Mapped[int | None] = reference("org.id", on_delete="RESTRICT")
    path: Mapped[str] = mapped_column(index=True, default="")
    timezone: Mapped[str] = mapped_column(default="UTC")
    locale: Mapped[str] = mapped_column(default="en")
    currency: Mapped[str] = mapped_column(default="USD")
    scale: Mapped[str] = mapped_column(default="five")
    quiet_from: Mapped[time | None] = mapped_column(sa.Time())
    quiet_to: Mapped[time | None] = mapped_column(sa.Time())
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    ended_on: Mapped[date | None]


class Person(Base):
    """One human. ``name_key`` is the folded name for searching and sorting."""

    __tablename__ = "person"
    id: Mapped[Id]
    family: Mapped[str]
    given: Mapped[str]
    middle: Mapped[str] = mapped_column(default="")
    nickname: Mapped[str] = mapped_column(default="")
    name_key: Mapped[str] = mapped_column(index=True, default="")
    birth_date: Mapped[date | None]
    email: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    locale: Mapped[str | None]


class ExternalId(Base):
    """What a register calls one of our rows: (source, kind, external_id) is one row of ``kind``'s table.

    ``ended_on`` says that the register itself ended it: only then may the register bring it back.
    """

    __tablename__ = "external_id"
    id: Mapped[Id]
    source: Mapped[str]
    kind: Mapped[str]
    external_id: Mapped[str]
    target_id: Mapped[int]
    ended_on: Mapped[date | None]
    __table_args__ = (
        sa.UniqueConstraint("source", "kind", "external_id"),
        sa.Index(None, "kind", "external_id"),
        sa.Index(None, "kind", "target_id"),
    )


class RoleAssignment(Base):
    """A dated role of a person at an org; ``ends`` is the last day it holds."""

    __tablename__ = "role_assignment"
    id: Mapped[Id]
    person_id: Mapped[int] = reference("person.id")
    org_id: Mapped[int] = reference("org.id")
    role: Mapped[Role] = one_of(Role)
    starts: Mapped[date | None]
    ends: Mapped[date | None]
    __table_args__ = (
        sa.UniqueConstraint("person_id", "org_id", "role"),
        sa.CheckConstraint("role <> 'guardian'", name="guardian_is_no_role"),
        sa.CheckConstraint("starts <= ends", name="in_order"),
    )


class Guardianship(Base):
    """A guardian of a child. An import may end it and give ``full`` anew; it never lifts a cut in ``rights``."""

    __tablename__ = "guardianship"
    id: Mapped[Id]
    guardian_id: Mapped[int] = reference("person.id")
    child_id: Mapped[int] = reference("person.id")
    relation: Mapped[str] = mapped_column(default="")
    rights: Mapped[GuardianRights] = one_of(GuardianRights)
    ends: Mapped[date | None]
    __table_args__ = (
        sa.UniqueConstraint("guardian_id", "child_id"),
        sa.CheckConstraint("guardian_id <> child_id", name="nobody_is_own_guardian"),
    )


class SchoolClass(Base):
    """A homeroom class of a school: "7A". Its name is its own within a year, and among those without a year."""

    __tablename__ = "school_class"
    id: Mapped[Id]
    school_id: Mapped[int] = reference("org.id")
    year_id: Mapped[int | None] = reference("academic_year.id", on_delete="SET NULL")
    name: Mapped[str]
    grade: Mapped[int | None]
    homeroom_teacher_id: Mapped[int | None] = reference("person.id", on_delete="SET NULL")
    ended_on: Mapped[date | None]
    __table_args__ = (
        sa.UniqueConstraint("school_id", "year_id", "name"),
        unique_where("school_class_without_year", ("school_id", "name"), "year_id IS NULL"),
    )


class Enrollment(Base):
    """A student's homeroom, dated; ``ends`` is the last day."""

    __tablename__ = "enrollment"
    id: Mapped[Id]
    student_id: Mapped[int] = reference("person.id")
    class_id: Mapped[int] = reference("school_class.id")
    starts: Mapped[date | None]
    ends: Mapped[date | None]
    roll_number: Mapped[int | None]
    __table_args__ = (
        sa.UniqueConstraint("student_id", "class_id"),
        sa.CheckConstraint("starts <= ends", name="in_order"),
    )
