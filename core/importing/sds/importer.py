"""School Data Sync as a format among others."""

from __future__ import annotations

from pathlib import Path

from core.db.uow import UnitOfWork
from core.errors import UnreadableFile
from core.importing.importer import Asked, Importer, Option
from core.importing.oneroster.importer import new_school_options, wanted_defaults
from core.importing.package import open_package
from core.importing.register_import import RegisterImport
from core.importing.said import Said
from core.importing.sds.parse import parse_sds
from core.importing.sds_version import version_of


async def read_sds(_uow: UnitOfWork, path: Path, asked: Asked) -> RegisterImport:
    """Read a package; nothing is asked of the database. Raises UnreadableFile."""
    register = parse_sds(open_package(path), source="sds", defaults=wanted_defaults(asked))
    return RegisterImport(
        register,
        asked,
        end_missing=bool(asked.option("end-missing")),
        end_most=bool(asked.option("end-most")),
    )


def opens_sds(path: Path) -> bool:
    """Whether it is a zip or a folder with the tables of either version."""
    try:
        return bool(version_of(open_package(path)))
    except UnreadableFile:
        return False


IMPORTER = Importer(
    name="sds",
    title=Said("School Data Sync"),
    help=Said("Microsoft School Data Sync CSV, versions 1 and 2.1: schools, people, parents, classes."),
    suffixes=(".zip",),
    opens=opens_sds,
    read=read_sds,
    # Which school of the file is meant.
    asks=True,
    takes_folder=True,
    options=(
        Option("end-missing", "flag", Said("End what is absent from the files.")),
        Option(
            "end-most", "flag", Said("With “end missing”: also where that ends more than half of a kind.")
        ),
        *new_school_options(),
    ),
)
