"""Class lists as secretaries keep them."""

from core.importing.people.importer import IMPORTER

__all__ = ["IMPORTER"]
