"""Timetables of FET, aSc and Untis: bells, courses and the lessons of the week."""

from core.importing.timetable.importer import IMPORTER

__all__ = ["IMPORTER"]
