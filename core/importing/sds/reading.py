"""What both versions of School Data Sync are put together from: rows that are walked, years made of terms, people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from core.domain.kinds import TermKind
from core.domain.names import fold
from core.domain.rights import Role
from core.importing.cells import Rejected, Row
from core.importing.oneroster.parse import Defaults
from core.importing.package import Package
from core.importing.register import Ref, Register

_A_YEAR = 200
"""A term of more days is a whole school year."""
_SUMMER = 8


@dataclass(frozen=True, slots=True)
class Session:
    """A term of a school, or a whole year of it."""

    id: str
    title: str
    kind: TermKind | None
    starts: date
    ends: date

    @property
    def is_year(self) -> bool:
        """Whether it is no part of one."""
        return self.kind is None or (self.ends - self.starts).days > _A_YEAR

    @property
    def year(self) -> int:
        """The calendar year in which its school year ends."""
        return self.ends.year + (self.ends.month >= _SUMMER)


@dataclass(slots=True)
class Reading:
    """One parse: the package and the register that grows."""

    package: Package
    register: Register
    defaults: Defaults
    sessions: dict[tuple[str, str], Session] = field(default_factory=dict)
    """By school and id."""
    ended: set[str] = field(default_factory=set)
    """Sections that are over."""

    def walk(self, table: str, take: Callable[[Row], None], required: tuple[str, ...]) -> None:
        """Hand each row to ``take``; a fault of one is its problem, and the next goes on."""
        for row in self.package.rows(table, required):
            for problem in row.problems:
                self.register.tell(problem)
            if row.is_rejected:
                continue
            try:
                take(row)
            except Rejected as fault:
                self.register.tell(row.problem(fault.column, fault.words))

    def remark(self, row: Row, column: str, words: str) -> None:
        """Say something of a row that is taken in nonetheless."""
        self.register.tell(row.problem(column, words, rejected=False))

    def known(self, row: Row, kind: str, column: str, file: str) -> str:
        """The id in a column, of something that is there. Raises Rejected."""
        found = row.required(column)
        if not self.register.has(kind, found):
            raise Rejected(column, f"{found[:40]!r} is not in {file}")
        return found

    def add_org(self, org_id: str, name: str, kind: str, parent: str = "") -> None:
        """A school or what is above it; parents come first."""
        above = Ref("org", parent) if parent else None
        defaults = self.defaults
        self.register.add(
            "org",
            org_id,
            {"name": name, "kind": kind, "parent_id": above},
            once={
                "timezone": defaults.timezone,
                "locale": defaults.locale,
                "currency": defaults.currency,
                "scale": defaults.scale,
            },
        )

    def add_person(
        self, person_id: str, family: str, given: str, *, ended: bool = False, **more: str | date | None
    ) -> None:
        """Somebody; empty details say nothing. Raises Rejected for no name."""
        if not family and not given:
            raise Rejected("LastName", "the person has no name")
        values = {"family": family, "given": given, "name_key": fold(f"{family} {given}")}
        self.register.add(
            "person",
            person_id,
            {**values, **{key: value for key, value in more.items() if value}},
            ended=ended,
        )

    def add_role(
        self,
        person_id: str,
        org_id: str,
        role: Role,
        dates: tuple[date | None, date | None] = (None, None),
        *,
        ended: bool = False,
    ) -> None:
        """What somebody is at an org."""
        values: dict[str, object] = {"person_id": Ref("person", person_id), "org_id": Ref("org", org_id)}
        if any(dates):
            values |= {"starts": dates[0], "ends": dates[1]}
        self.register.add("role", f"{person_id}|{org_id}|{role}", {**values, "role": role}, ended=ended)

    def add_guardian(self, guardian: str, child: str, relation: str) -> None:
        """A link. Raises Rejected for somebody who is their own."""
        if guardian == child:
            raise Rejected("", "nobody is their own guardian")
        values = {"guardian_id": Ref("person", guardian), "child_id": Ref("person", child)}
        self.register.add("guardianship", f"{guardian}|{child}", {**values, "relation": relation.casefold()})

    def add_section(
        self, section_id: str, school: str, title: str, subject: str, session: str, *, ended: bool = False
    ) -> None:
        """A course of a school, in the year of its session where that is known."""
        found = self.sessions.get((school, session))
        year = Ref("year", f"{school}|{found.year}") if found is not None else None
        taught = self.register.add(
            "subject", f"{school}|{subject}", {"org_id": Ref("org", school), "name": subject}
        )
        self.register.add(
            "course",
            section_id,
            {
                "school_id": Ref("org", school),
                "year_id": year,
                "subject_id": taught,
                "name": "" if title == subject else title,
            },
            ended=ended,
        )
        if ended:
            self.ended.add(section_id)

    def add_member(self, section_id: str, person_id: str, *, teaches: bool, **dates: date | None) -> None:
        """Who is taught by, or teaches, a section."""
        kind = "course_teacher" if teaches else "course_enrollment"
        self.register.add(
            kind,
            f"{person_id}|{section_id}",
            {
                "teacher_id" if teaches else "student_id": Ref("person", person_id),
                "course_id": Ref("course", section_id),
                **{key: day for key, day in dates.items() if day},
            },
            ended=section_id in self.ended,
        )

    def add_years(self) -> None:
        """The years that the sessions make up, and the terms that are less than one."""
        years: dict[str, list[tuple[str, Session]]] = {}
        for (school, _), session in self.sessions.items():
            years.setdefault(f"{school}|{session.year}", []).append((school, session))
        for year_id, members in years.items():
            whole = next((one for _, one in members if one.is_year), None)
            number = members[0][1].year
            year = self.register.add(
                "year",
                year_id,
                {
                    "org_id": Ref("org", members[0][0]),
                    "name": whole.title if whole else f"{number - 1}/{number}",
                    "starts": min(one.starts for _, one in members),
                    "ends": max(one.ends for _, one in members),
                },
            )
            for school, one in members:
                if not one.is_year:
                    self.register.add(
                        "term",
                        f"{school}|{one.id}",
                        {
                            "year_id": year,
                            "kind": one.kind or TermKind.TERM,
                            "name": one.title,
                            "starts": one.starts,
                            "ends": one.ends,
                        },
                    )
