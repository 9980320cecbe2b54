"""Marks as teachers keep them for themselves."""

from core.importing.marks.importer import IMPORTER

__all__ = ["IMPORTER"]
