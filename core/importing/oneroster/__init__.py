"""OneRoster 1.1 and 1.2, the CSV binding (https://www.imsglobal.org/spec/oneroster/v1p2/bind/csv)."""

from core.importing.oneroster.importer import IMPORTER
from core.importing.oneroster.parse import Defaults, parse_oneroster

__all__ = ["IMPORTER", "Defaults", "parse_oneroster"]
