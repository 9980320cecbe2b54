"""What every format is parsed into: records by kind, each tied to a table, whatever register they come from.

A record says what the register says and nothing more: columns that it does not name are kept as they are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from core.db.models import (
    AcademicYear,
    Assessment,
    Base,
    Course,
    CourseEnrollment,
    CourseTeacher,
    Enrollment,
    Guardianship,
    Mark,
    Org,
    Person,
    RoleAssignment,
    SchoolClass,
    Subject,
    Term,
)
from core.domain.rights import GuardianRights
from core.importing.cells import Problem
from core.importing.said import Said

_MOST_TOLD = 50
"""Remarks, and rejected rows, of one file that are told one by one."""


@dataclass(frozen=True, slots=True)
class Ref:
    """Another record, by kind and the register's id."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record: its table, the columns that make a row unique beside the register's id, the column that
    ends it, and what only a new row is given. ``plural`` is for people to read.

    A row ends with its owners: the columns that name them, by the owner's kind. ``apart`` is the column of the key in
    which two records may say the same; elsewhere the same key is the same thing.
    """

    name: str
    table: type[Base]
    plural: str
    key: tuple[str, ...] = ()
    ended: str = ""
    once: Mapping[str, Any] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    apart: str = ""


# In the order in which they can be written: each refers only to kinds before it.
KINDS: tuple[Kind, ...] = (
    Kind("org", Org, Said("schools and districts"), ended="ended_on"),
    Kind("year", AcademicYear, Said("school years"), ended="ended_on"),
    Kind("term", Term, Said("terms"), ended="ended_on"),
    Kind("person", Person, Said("people")),
    Kind(
        "role",
        RoleAssignment,
        Said("roles"),
        ("person_id", "org_id", "role"),
        ended="ends",
        owners=MappingProxyType({"person_id": "person", "org_id": "org"}),
    ),
    Kind(
        "guardianship",
        Guardianship,
        Said("guardians' links"),
        ("guardian_id", "child_id"),
        ended="ends",
        # Only a new link is given rights: no import ever lifts a cut.
        once=MappingProxyType({"rights": GuardianRights.FULL}),
        owners=MappingProxyType({"guardian_id": "person", "child_id": "person"}),
    ),
    Kind(
        "class",
        SchoolClass,
        Said("homeroom classes"),
        ("school_id", "year_id", "name"),
        ended="ended_on",
        owners=MappingProxyType({"school_id": "org"}),
        apart="name",
    ),
    # A column of the class, with ties of its own: core.importing.homerooms.
    Kind("homeroom_teacher", SchoolClass, Said("homeroom teachers")),
    Kind("subject", Subject, Said("subjects"), ("org_id", "name")),
    Kind("course", Course, Said("courses"), ended="ended_on", owners=MappingProxyType({"school_id": "org"})),
    Kind(
        "enrollment",
        Enrollment,
        Said("pupils of classes"),
        ("student_id", "class_id"),
        ended="ends",
        owners=MappingProxyType({"student_id": "person", "class_id": "class"}),
    ),
    Kind(
        "course_teacher",
        CourseTeacher,
        Said("teachers of courses"),
        ("course_id", "teacher_id"),
        ended="ends",
        owners=MappingProxyType({"course_id": "course", "teacher_id": "person"}),
    ),
    Kind(
        "course_enrollment",
        CourseEnrollment,
        Said("pupils of courses"),
        ("student_id", "course_id"),
        ended="ends",
        owners=MappingProxyType({"course_id": "course", "student_id": "person"}),
    ),
    Kind("assessment", Assessment, Said("assessments")),
    Kind(
        "mark",
        Mark,
        Said("marks"),
        ended="withdrawn_at",
        owners=MappingProxyType({"assessment_id": "assessment"}),
    ),
)


@dataclass(frozen=True, slots=True)
class Record:
    """One thing of the register. ``values`` are columns with plain values or Refs, ``once`` what only a new row is
    given beside them, ``apart`` what to say instead where another row has the same key; ``ended``: the register says it
    is over."""

    kind: str
    id: str
    values: Mapping[str, Any]
    ended: bool = False
    once: Mapping[str, Any] = field(default_factory=dict)
    apart: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scope:
    """The one school that an import may touch. ``own`` are its people who are at no other school, ``shared`` those who
    are at some other one, too; nobody else is known, and no row of another school."""

    school_id: int
    own: frozenset[int] = frozenset()
    shared: frozenset[int] = frozenset()


@dataclass(slots=True)
class Register:
    """A parsed register: records by kind and id, problems in the order found, and the kinds whose files are whole
    (``bulk``), so that what is absent from them is gone.

    ``bound`` says which row of ours a record is, by kind and id, where no tie of the source says it yet; a bound id
    without a record may be referred to, and is not touched itself.
    """

    source: str
    title: str
    system: str = ""
    """The installation of Schoolbell that wrote it; empty where another program did."""
    is_own: bool = False
    """Whether that is this installation: all its rows are known, and need no ties to be found again."""
    records: dict[str, dict[str, Record]] = field(default_factory=lambda: {kind.name: {} for kind in KINDS})
    problems: list[Problem] = field(default_factory=list)
    """The first of each file; ``untold`` counts the others."""
    untold: Counter[str] = field(default_factory=Counter)
    remarks: int = 0
    whole: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    """Kinds with rejected rows: what seems absent from them may be among those."""
    empty: set[str] = field(default_factory=set)
    """Kinds of files that are called whole and have no rows."""
    bound: defaultdict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    scope: Scope | None = None
    _rejected: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    _told: Counter[tuple[str, bool]] = field(default_factory=Counter)

    def add(
        self,
        kind: str,
        record_id: str,
        values: Mapping[str, Any],
        *,
        ended: bool = False,
        once: Mapping[str, Any] | None = None,
        apart: Mapping[str, Any] | None = None,
    ) -> Ref:
        """Add a record; a later one of the same id replaces an earlier."""
        self.records[kind][record_id] = Record(kind, record_id, values, ended, once or {}, apart or {})
        return Ref(kind, record_id)

    def bind(self, kind: str, record_id: str, row_id: int) -> Ref:
        """Say which row of ours a record, or what others refer to, is."""
        self.bound[kind][record_id] = row_id
        return Ref(kind, record_id)

    def has(self, kind: str, record_id: str) -> bool:
        """Whether there is such a record."""
        return record_id in self.records[kind]

    def of(self, kind: str) -> Iterable[Record]:
        """The records of a kind."""
        return self.records[kind].values()

    def tell(self, problem: Problem) -> None:
        """Note a problem: the first of each file are kept, all are counted."""
        if problem.rejected:
            self._rejected[problem.file].add(problem.row)
        else:
            self.remarks += 1
        self._told[problem.file, problem.rejected] += 1
        if self._told[problem.file, problem.rejected] <= _MOST_TOLD:
            self.problems.append(problem)
        else:
            self.untold[problem.file] += 1

    def take_counts(self, other: Register) -> None:
        """The rejected rows of the register that this one is cut from."""
        self._rejected = other._rejected

    @property
    def rejected(self) -> int:
        """How many rows were left out."""
        return sum(len(rows) for rows in self._rejected.values())

    def has_rejected(self, file: str) -> bool:
        """Whether rows of a file were left out."""
        return file in self._rejected
