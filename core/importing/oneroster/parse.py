"""The package as a whole: which files there are and how whole they are, then each room in turn."""

from __future__ import annotations

from collections.abc import Mapping

from core.errors import UnreadableFile
from core.importing.cells import Problem
from core.importing.oneroster.orgs import parse_orgs
from core.importing.oneroster.people import parse_people
from core.importing.oneroster.reading import Defaults, Reading
from core.importing.oneroster.results import parse_results
from core.importing.oneroster.sessions import parse_sessions
from core.importing.oneroster.teaching import parse_teaching
from core.importing.package import Package
from core.importing.register import Register
from core.importing.said import Said

__all__ = ["Defaults", "parse_oneroster"]

_VERSIONS = ("1.0", "1.1", "1.2")
_KINDS_OF: Mapping[str, tuple[str, ...]] = {
    "orgs": ("org",),
    "academicSessions": ("year", "term"),
    "users": ("person", "guardianship"),
    "roles": ("role",),
    "classes": ("course", "class"),
    "enrollments": ("homeroom_teacher", "enrollment", "course_teacher", "course_enrollment"),
    "lineItems": ("assessment",),
    "results": ("mark",),
}


def parse_oneroster(
    package: Package, *, source: str, defaults: Defaults, scales: Mapping[str, str]
) -> Register:
    """The register that a package states. Nothing is read from the database; ``scales`` are the grading scales of
    the schools it knows already, by the register's id.

    Raises UnreadableFile for what is no OneRoster package; faults of rows are the register's problems.
    """
    if "users" not in package and "orgs" not in package:
        raise UnreadableFile(
            Said(
                "{file}: neither users.csv nor orgs.csv is in it; a OneRoster package has both",
                file=package.name,
            )
        )
    modes = _manifest(package)
    named = modes.get("source.systemname", "")
    register = Register(source, package.name if named in ("", "absent") else named)
    reading = Reading(
        package, register, defaults, scales, is_12=modes.get("oneroster.version", "").startswith("1.2")
    )
    parse_orgs(reading)
    sessions = parse_sessions(reading)
    parse_people(reading)
    parse_teaching(reading, sessions)
    parse_results(reading)
    for table, kinds in _KINDS_OF.items():
        if table == "roles" and not reading.is_12:
            table = "users"
        if modes.get(f"file.{table}".casefold()) == "bulk" and table in package:
            register.whole.update(kinds)
            if not reading.counts[table]:
                register.empty.update(kinds)
        if register.has_rejected(f"{table}.csv"):
            register.unsure.update(kinds)
    for remark in package.remarks():
        register.tell(remark)
    for table in _KINDS_OF:
        if modes.get(f"file.{table}".casefold()) == "bulk" and table in package and not reading.counts[table]:
            said = Said("has no rows, though the manifest calls it bulk")
            register.tell(Problem(f"{table}.csv", 1, "", said, rejected=False))
    return register


def _manifest(package: Package) -> dict[str, str]:
    found = {
        row.text("propertyName").casefold(): row.text("value").casefold()
        for row in package.rows("manifest", ("propertyName", "value"))
        if not row.is_rejected
    }
    version = found.get("oneroster.version", "1.1")
    if not version.startswith(_VERSIONS):
        raise UnreadableFile(
            Said("manifest.csv: OneRoster {version} is not known here; 1.1 and 1.2 are", version=version)
        )
    return found
