"""What every room of the parser needs: the package, the register that grows, and the way rows are walked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.importing.cells import Rejected, Row
from core.importing.package import Package
from core.importing.register import Register
from core.importing.said import Said


@dataclass(frozen=True, slots=True)
class Defaults:
    """What OneRoster does not say of a school: given to new schools only."""

    timezone: str = "UTC"
    locale: str = "en"
    currency: str = "USD"
    scale: str = "hundred"


@dataclass(slots=True)
class Reading:
    """One parse. The maps hold what later rooms look up, by the register's ids."""

    package: Package
    register: Register
    defaults: Defaults
    scales: Mapping[str, str]
    is_12: bool = False
    departments: dict[str, str] = field(default_factory=dict)
    """Departments by the school they are part of."""
    counts: Counter[str] = field(default_factory=Counter)
    """How many rows each file has."""
    user_roles: dict[str, set[str]] = field(default_factory=dict)
    ended_users: set[str] = field(default_factory=set)
    locked_users: set[str] = field(default_factory=set)
    """People on record whose access is off: ``enabledUser`` is false."""
    class_school: dict[str, str] = field(default_factory=dict)
    homerooms: set[str] = field(default_factory=set)
    ended_classes: set[str] = field(default_factory=set)
    line_items: dict[str, LineItem] = field(default_factory=dict)
    graded: dict[tuple[str, str], str] = field(default_factory=dict)
    """Results by line item and pupil: one each."""

    def walk(self, table: str, take: Callable[[Row, bool], None], required: tuple[str, ...] = ()) -> None:
        """Hand each row with "it is over" to ``take``; a fault of one is its problem and the next goes on.

        ``inactive`` is OneRoster 1.0's word for ``tobedeleted``.
        """
        seen: dict[str, int] = {}
        for row in self.package.rows(table, ("sourcedId", *required)):
            self.counts[table] += 1
            for problem in row.problems:
                self.register.tell(problem)
            if row.is_rejected:
                continue
            try:
                earlier = seen.setdefault(row.required("sourcedId"), row.number)
                if earlier != row.number:
                    self.remark(
                        row,
                        "sourcedId",
                        Said("stands in row {earlier} too; the last one counts", earlier=earlier),
                    )
                take(row, row.text("status").casefold() in ("tobedeleted", "inactive"))
            except Rejected as fault:
                self.register.tell(row.problem(fault.column, fault.words))

    def remark(self, row: Row, column: str, words: str) -> None:
        """Say something of a row that is taken in nonetheless."""
        self.register.tell(row.problem(column, words, rejected=False))

    def org(self, row: Row, column: str, org_id: str) -> str:
        """The org of that id, for a department the school around it. Raises Rejected for an unknown one."""
        org_id = self.departments.get(org_id, org_id)
        if not self.register.has("org", org_id):
            raise Rejected(column, Said("the org '{org}' is not in orgs.csv", org=org_id))
        return org_id


@dataclass(frozen=True, slots=True)
class LineItem:
    """What a result needs of its line item: the course, its school, and the span of points."""

    course: str
    school: str
    lowest: str
    highest: str
