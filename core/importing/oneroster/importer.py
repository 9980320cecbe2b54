"""OneRoster as a format among others: what may be chosen, how its files are known, and how they are read."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import available_timezones

import sqlalchemy as sa

from core.db.models import Org
from core.db.uow import UnitOfWork
from core.domain.grading import SCALES
from core.errors import UnreadableFile
from core.importing.compare import known_scales
from core.importing.importer import Asked, Importer, Option
from core.importing.oneroster.parse import Defaults, parse_oneroster
from core.importing.own_ids import recognise
from core.importing.package import open_package
from core.importing.register_import import RegisterImport
from core.importing.said import Said
from core.importing.sds_version import version_of

_LOCALES = ("en", "ru", "th")


async def read_oneroster(uow: UnitOfWork, path: Path, asked: Asked) -> RegisterImport:
    """Read a package. One statement, or two. Raises UnreadableFile."""
    source = asked.option("source") or "oneroster"
    if "@" in source:
        raise UnreadableFile(f"--source: {source!r} cannot be used as a register's name")
    if asked.school_id is None:
        scales = await known_scales(uow, source)
        defaults = wanted_defaults(asked)
    else:
        # Marks are put on the scale of the school that they are for.
        school = await uow.row(
            sa.select(Org.timezone, Org.locale, Org.currency, Org.scale).where(Org.id == asked.school_id)
        )
        scales = {}
        defaults = Defaults(*school) if school is not None else Defaults()
    register = parse_oneroster(open_package(path), source=source, defaults=defaults, scales=scales)
    await recognise(uow, register)
    return RegisterImport(
        register,
        asked,
        end_missing=bool(asked.option("end-missing")),
        end_most=bool(asked.option("end-most")),
    )


def wanted_defaults(asked: Asked) -> Defaults:
    """What is chosen for new schools. Raises UnreadableFile for what cannot be."""
    plain = Defaults()
    chosen = Defaults(
        asked.option("timezone") or plain.timezone,
        asked.option("locale") or plain.locale,
        asked.option("currency") or plain.currency,
        asked.option("scale") or plain.scale,
    )
    for option, value, is_good in (
        ("timezone", chosen.timezone, chosen.timezone in available_timezones()),
        ("locale", chosen.locale, chosen.locale in _LOCALES),
        (
            "currency",
            chosen.currency,
            len(chosen.currency) == 3 and chosen.currency.isascii() and chosen.currency.isupper(),
        ),
        ("scale", chosen.scale, chosen.scale in SCALES),
    ):
        if not is_good:
            raise UnreadableFile(f"--{option}: {value!r} cannot be used")
    return chosen


def opens_oneroster(path: Path) -> bool:
    """Whether it is a zip or a folder with a register's tables."""
    try:
        package = open_package(path)
        return "orgs" in package and "users" in package and not version_of(package)
    except UnreadableFile:
        return False


def new_school_options() -> tuple[Option, ...]:
    """What a register does not say of a school, to be chosen for new ones."""
    return (
        Option("timezone", "text", "Time zone of new schools, like Asia/Bangkok.", on_page=False),
        Option("locale", "choice", "Language of new schools.", choices=_LOCALES, on_page=False),
        Option("currency", "text", "Currency of new schools, like THB.", on_page=False),
        Option(
            "scale",
            "choice",
            "Grading scale of new schools.",
            default="hundred",
            choices=tuple(SCALES),
            on_page=False,
        ),
    )


IMPORTER = Importer(
    name="oneroster",
    title=Said("OneRoster"),
    help=Said(
        "OneRoster 1.1 or 1.2 CSV: schools, years, people, guardians, classes, enrolments and results."
    ),
    suffixes=(".zip",),
    opens=opens_oneroster,
    read=read_oneroster,
    # Which school of the file is meant.
    asks=True,
    takes_folder=True,
    options=(
        Option("end-missing", "flag", Said("End what is absent from files that the manifest calls bulk.")),
        Option(
            "end-most", "flag", Said("With “end missing”: also where that ends more than half of a kind.")
        ),
        Option(
            "source",
            "text",
            "A name for this register; ids are kept apart by it.",
            default="oneroster",
            on_page=False,
        ),
        *new_school_options(),
    ),
)
