"""What buttons carry: a forged or very old one is answered like any other, at both ends of the calendar too."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import Any, get_args

import pytest
from aiogram.filters.callback_data import CallbackData
from pydantic import ValidationError

from bot.capability import discover
from bot.taps import Tap
from bot.views.days import FIRST_DAY, LAST_DAY, day_number
from core.clock import FrozenClock
from core.db.engine import Database
from core.domain.kinds import PostingKind
from tests.cast import Cast
from tests.support.conversation import Stage

_TAPS = [one.tap for one in discover().capabilities if one.tap is not None]
_WITH_DAYS = [tap for tap in _TAPS if {"d", "day"} & set(tap.model_fields)]
_ENDS = (1, 2, FIRST_DAY - 1, FIRST_DAY, FIRST_DAY + 1, LAST_DAY - 1, LAST_DAY, LAST_DAY + 1, 3_652_059)


def _day_field(tap: type[CallbackData]) -> str:
    return next(name for name in ("d", "day") if name in tap.model_fields)


def _forgeries(tap: type[CallbackData], ids: dict[str, int]) -> Iterator[str]:
    """The data with each of its words and each end of the calendar, however impossible together."""
    day = _day_field(tap)
    choices: list[list[Any]] = []
    for name, field in tap.model_fields.items():
        words = [one for one in get_args(field.annotation) if isinstance(one, str)]
        choices.append(words or (list(_ENDS) if name == day else [ids.get(name, 1)]))
    for parts in itertools.product(*choices):
        yield ":".join([tap.__prefix__, *map(str, parts)])


def test_days_are_in_some_buttons() -> None:
    assert len(_WITH_DAYS) >= 7


@pytest.mark.parametrize("tap", _WITH_DAYS, ids=lambda tap: tap.__prefix__)
def test_a_day_outside_of_the_calendar_is_no_day(tap: type[CallbackData]) -> None:
    taken = set()
    for data in _forgeries(tap, {}):
        with suppress(ValidationError):
            taken.add(getattr(tap.unpack(data), _day_field(tap)))
    assert taken == {one for one in _ENDS if FIRST_DAY <= one <= LAST_DAY}


def test_paging_stops_at_the_ends_of_the_calendar() -> None:
    today = date(2026, 11, 24)
    assert day_number(today, step=-1) == (today - timedelta(days=1)).toordinal()
    assert day_number(date.fromordinal(FIRST_DAY), step=-1) == FIRST_DAY
    assert day_number(date.fromordinal(LAST_DAY), step=7) == LAST_DAY
    assert day_number(date.max, step=7) == LAST_DAY


class _OddTap(Tap, prefix="odd"):
    what: Any
    number: int = 0


@pytest.mark.parametrize(
    "what", ["word", "", "Слово", "a:b", 7, -1, None, True, 2.5, PostingKind.MARKS, "x" * 80]
)
def test_a_button_says_what_aiogram_would_say(what: object) -> None:
    def said(pack: Callable[[Any], str]) -> str | None:
        try:
            return pack(_OddTap(what=what, number=3).model_copy(update={"number": 5}))
        except ValueError:
            return None

    assert said(_OddTap.pack) == said(CallbackData.pack)
    assert said(_OddTap.pack) is None or what not in ("a:b", "x" * 80)


# On one database: what is forged is refused before either is asked.
@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_forged_day_is_answered_by_every_screen(
    database: Database, cast: Cast, clock: FrozenClock
) -> None:
    stage = Stage(database, clock)
    ivan = cast["ivan"].person_id
    ids = {
        "c": cast.courses["algebra_7a"],
        "room": cast.classes["7A"],
        **dict.fromkeys(("s", "student"), ivan),
    }
    for name in ("teacher", "homeroom", "mother"):
        user = stage.user(cast[name].user_id)
        for tap in _WITH_DAYS:
            for data in _forgeries(tap, ids):
                clock.move(timedelta(seconds=1))
                heard = await user.tap_data(data)
                assert "Something went wrong" not in heard.text, (name, data)
                assert heard.text.strip(), (name, data)
