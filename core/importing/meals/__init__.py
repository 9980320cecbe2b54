"""What moved on the canteen's accounts, as its till writes it."""

from core.importing.meals.importer import IMPORTER

__all__ = ["IMPORTER"]
