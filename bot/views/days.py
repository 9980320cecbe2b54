"""Days in buttons: a date by its ordinal, within the centuries that a school can mean."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

FIRST_DAY = date(1900, 1, 1).toordinal()
LAST_DAY = date(2199, 12, 31).toordinal()


def _none_or_day(number: int) -> int:
    if number and not FIRST_DAY <= number <= LAST_DAY:
        raise ValueError("not a day")
    return number


Day = Annotated[int, Field(ge=FIRST_DAY, le=LAST_DAY)]
"""A day."""
DayOrNone = Annotated[int, AfterValidator(_none_or_day)]
"""A day, or 0 where none is meant."""


def day_number(day: date, *, step: int = 0) -> int:
    """A button's number for the day ``step`` days on; at either end it stays there."""
    return max(FIRST_DAY, min(LAST_DAY, day.toordinal() + step))
