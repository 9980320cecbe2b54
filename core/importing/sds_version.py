"""Telling School Data Sync from OneRoster, whose files are called the same."""

from __future__ import annotations

from core.importing.package import Package


def version_of(package: Package) -> int:
    """1, 2 (which is 2.1), or 0 for no School Data Sync. Version 2.1 names its files as OneRoster does, but rows of
    roles and enrolments have no id of their own there, and there is no manifest. Raises UnreadableFile."""
    if "School" in package and ("Student" in package or "Section" in package):
        return 1
    if "manifest" in package or "orgs" not in package or "users" not in package:
        return 0
    rows = [table for table in ("roles", "enrollments") if table in package]
    return 2 if rows and all("sourcedid" not in package.columns(table) for table in rows) else 0
