"""Moments to come as people write them, in English, Russian and Thai at once: ``tomorrow 8:00``, ``через час``."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from core.domain.names import western_digits
from core.domain.spoken_dates import find_day

MORNING = time(7, 30)
"""What a day without a time means."""
EVENING = time(18)
_LONGEST = 200
_SANE = (date(1900, 1, 1), date(3000, 1, 1))
_IN = re.compile(
    r"(?<!\w)(?:in|через)\s+(?:(?P<half>half\s+an\s+hour|полчаса)"
    r"|(?:(?P<n>\d{1,3}|an?)\s+)?(?:(?P<hours>hours?|h|час(?:а|ов)?|ч)|(?P<minutes>min(?:ute)?s?|минут[уы]?|мин)))(?!\w)"
    r"|อีก\s*(?:(?P<half_th>ครึ่งชั่วโมง)"
    r"|(?P<n_th>\d{1,3}|หนึ่ง)?\s*(?:(?P<hours_th>ชั่วโมง|ชม\.)|(?P<minutes_th>นาที)))",
    re.IGNORECASE,
)
_AT = re.compile(
    r"(?:(?<!\w)(?:at|в|к)\s+|เวลา\s*)?(?<![\w.:])(?P<h>\d{1,2})"
    r"(?:\s*[:.]\s*(?P<m>\d{2})(?!\d))?\s*"
    r"(?P<half>am|pm|a\.m\.|p\.m\.|утра|дня|вечера|o'?clock|час(?:а|ов)?|ч\.?|น\.|นาฬิกา)?(?!\w)",
    re.IGNORECASE,
)
_NOON = frozenset(("pm", "p.m.", "дня", "вечера"))
_NOON_WORDS = re.compile(
    r"(?<!\w)(?:at\s+noon|noon|в\s+полдень|полдень)(?!\w)|เที่ยง(?:วัน)?(?!คืน)", re.IGNORECASE
)


def find_moment(text: str, now: datetime, zone: tzinfo) -> datetime | None:
    """The moment that the text names, in UTC; None where it names none.

    A day without a time means ``MORNING``, a time without a day the next such time. It may lie in the past, as
    ``yesterday`` does.
    """
    local = now.astimezone(zone)
    said = western_digits(text[:_LONGEST]).strip()
    wait = _IN.fullmatch(said)
    if wait is not None:
        return now.astimezone(UTC) + _span(wait)
    found = find_day(said, local.date())
    day = found.day if found is not None else None
    rest = f"{said[: found.start]} {said[found.end :]}" if found is not None and day is not None else said
    at, is_odd = _time(rest, bare=day is not None)
    if is_odd or (day is None and at is None):
        return None
    if day is not None:
        return _wall(day, at or MORNING, zone) if _SANE[0] < day < _SANE[1] else None
    assert at is not None
    today = _wall(local.date(), at, zone)
    return today if today > now else _wall(local.date() + timedelta(days=1), at, zone)


def _span(found: re.Match[str]) -> timedelta:
    if found["half"] or found["half_th"]:
        return timedelta(minutes=30)
    said = found["n"] or found["n_th"] or "1"
    number = int(said) if said.isdecimal() else 1
    return timedelta(hours=number) if found["hours"] or found["hours_th"] else timedelta(minutes=number)


def _time(rest: str, *, bare: bool) -> tuple[time | None, bool]:
    """The time of day in what is left, ``bare`` also a number alone; and whether there is something that is none."""
    plain = rest.strip(" ,.;")
    if not plain:
        return None, False
    if _NOON_WORDS.fullmatch(plain):
        return time(12), False
    found = _AT.fullmatch(rest.strip(" ,;"))
    if found is None or not (bare or found["m"] or found["half"] or not found[0][:1].isdecimal()):
        return None, True
    hour, minute = int(found["h"]), int(found["m"] or 0)
    half = (found["half"] or "").casefold()
    if half in _NOON and hour < 12:
        hour += 12
    elif half in ("am", "a.m.") and hour == 12:
        hour = 0
    return (time(hour, minute), False) if hour < 24 and minute < 60 else (None, True)


def _wall(day: date, at: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)


class Offered(StrEnum):
    """A moment that is offered to choose."""

    IN_AN_HOUR = "hour"
    THIS_EVENING = "evening"
    TOMORROW = "tomorrow"
    MONDAY = "monday"


def offered_moments(now: datetime, zone: tzinfo) -> dict[Offered, datetime]:
    """Moments to choose from, in UTC, all of them to come; Monday's only where that is not tomorrow."""
    today = now.astimezone(zone).date()
    monday = today + timedelta(days=7 - today.weekday())
    found = {
        Offered.IN_AN_HOUR: now.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(hours=1),
        Offered.THIS_EVENING: _wall(today, EVENING, zone),
        Offered.TOMORROW: _wall(today + timedelta(days=1), MORNING, zone),
        Offered.MONDAY: _wall(monday, MORNING, zone),
    }
    if found[Offered.THIS_EVENING] <= now:
        del found[Offered.THIS_EVENING]
    if found[Offered.MONDAY] == found[Offered.TOMORROW]:
        del found[Offered.MONDAY]
    return found
