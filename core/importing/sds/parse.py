"""The register that a School Data Sync package states, whichever version it is of."""

from __future__ import annotations

from core.errors import UnreadableFile
from core.importing.oneroster.parse import Defaults
from core.importing.package import Package
from core.importing.register import Register
from core.importing.sds import v1, v2
from core.importing.sds.reading import Reading
from core.importing.sds_version import version_of


def parse_sds(package: Package, *, source: str, defaults: Defaults) -> Register:
    """The register that a package states. Raises UnreadableFile for what is no School Data Sync package."""
    version = version_of(package)
    if not version:
        raise UnreadableFile(
            f"{package.name}: neither School.csv with Student.csv nor the files of version 2.1 are in it"
        )
    register = Register(source, package.name)
    reading = Reading(package, register, defaults)
    if version == 1:
        v1.parse_v1(reading)
    else:
        v2.parse_v2(reading)
    files = v1.FILES if version == 1 else v2.FILES
    people = ("Student", "Teacher") if version == 1 else ("users",)
    for table, kinds in files.items():
        if table in package:
            register.whole.update(kinds)
        if register.has_rejected(f"{table}.csv"):
            register.unsure.update(kinds)
    if all(table in package for table in people):
        register.whole.update(("person", "role"))
    if any(register.has_rejected(f"{table}.csv") for table in people):
        register.unsure.update(("person", "role"))
    for remark in package.remarks():
        register.tell(remark)
    return register
