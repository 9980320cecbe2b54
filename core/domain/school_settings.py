"""What a school has settled for itself: languages, what families are shown, how long things are kept, quiet hours.

Kept in ``Org.settings``, where keys that are not ours (the demo marks itself there) stay as they are. What cannot be read
counts as not said, so that no broken value ever keeps a family from its diary.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import time
from typing import Any

from core.domain.telling import QUIET, Hours

LANGUAGES = ("en", "ru", "th")
"""All that Schoolbell speaks, in the order in which they are offered."""
SHORTEST_KEPT, LONGEST_KEPT = 30, 1_100
"""Days: what is told is asked about for a month at least, and kept for no more than three years."""
TOLD_DAYS = 90


@dataclass(frozen=True, slots=True)
class SchoolSettings:
    """``languages`` are those offered to the school's people to choose from, empty for all.

    ``averages``: families and pupils see averages, and what it takes to lift them. ``meals``: families see the canteen and
    are told of it. ``homeroom_codes``: homeroom teachers issue codes of their class. ``own_devices``: whoever is linked
    connects further devices without asking the school. ``nudges``: teachers are reminded of lessons left empty.
    ``told_days``: how long it is kept what was told about the school's pupils, and why.
    """

    languages: tuple[str, ...] = ()
    averages: bool = True
    meals: bool = True
    homeroom_codes: bool = True
    own_devices: bool = True
    nudges: bool = True
    told_days: int = TOLD_DAYS

    def kept(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """As it is stored: what is as usual is left out, keys that are not ours stay."""
        usual, own = asdict(USUAL), asdict(self)
        others = {name: value for name, value in stored.items() if name not in usual}
        return others | {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in own.items()
            if value != usual[name]
        }


USUAL = SchoolSettings()
SWITCHES = tuple(one.name for one in fields(SchoolSettings) if one.type == "bool")
"""The names of all that is allowed or not."""


def stored_settings(text: str | None) -> dict[str, Any]:
    """All that stands in ``Org.settings``, ours or not; nothing where it is no object."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def read_settings(text: str | None) -> SchoolSettings:
    """The settings in ``Org.settings``; whatever makes no sense there is as usual."""
    stored = stored_settings(text)
    found: dict[str, Any] = {name: stored[name] for name in SWITCHES if isinstance(stored.get(name), bool)}
    languages = stored.get("languages")
    if isinstance(languages, list):
        found["languages"] = tuple(one for one in LANGUAGES if one in languages)
    days = stored.get("told_days")
    if type(days) is int and SHORTEST_KEPT <= days <= LONGEST_KEPT:
        found["told_days"] = days
    return SchoolSettings(**found)


def quiet_of(starts: time | None, ends: time | None) -> Hours:
    """The quiet hours of a school, or of a chat: the usual ones where none were chosen."""
    return Hours(starts, ends) if starts is not None and ends is not None else QUIET
