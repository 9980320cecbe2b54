"""School Data Sync, versions 1 and 2.1, as CSV (https://learn.microsoft.com/schooldatasync)."""

from core.importing.sds.importer import IMPORTER
from core.importing.sds.parse import parse_sds

__all__ = ["IMPORTER", "parse_sds"]
