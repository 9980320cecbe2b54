"""Days as teachers write them, in English, Russian and Thai at once: ``tomorrow``, ``в пт``, ``25.11``, ``คาบหน้า``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from core.domain.names import western_digits

_BUDDHIST_ERA = 543
_LONGEST = 4_096

_RELATIVE: dict[str, int] = {
    **dict.fromkeys(("today", "сегодня", "วันนี้"), 0),
    **dict.fromkeys(("tomorrow", "завтра", "พรุ่งนี้"), 1),
    **dict.fromkeys(("day after tomorrow", "послезавтра", "มะรืนนี้", "มะรืน"), 2),
    **dict.fromkeys(("yesterday", "вчера", "เมื่อวานนี้", "เมื่อวาน"), -1),
    **dict.fromkeys(("day before yesterday", "позавчера"), -2),
    **dict.fromkeys(("in a week", "через неделю", "อีกสัปดาห์", "อีกอาทิตย์"), 7),
}
_WEEKDAYS: tuple[str, ...] = (
    "monday mon понедельник понедельника понедельнику пн วันจันทร์ จันทร์",
    "tuesday tue tues вторник вторника вторнику вт วันอังคาร อังคาร",
    "wednesday wed среда среду среде среды ср วันพุธ พุธ",
    "thursday thu thur thurs четверг четверга четвергу чт วันพฤหัสบดี พฤหัสบดี วันพฤหัส พฤหัส",
    "friday fri пятница пятницу пятнице пятницы пт วันศุกร์ ศุกร์",
    "saturday sat суббота субботу субботе субботы сб วันเสาร์ เสาร์",
    "sunday sun воскресенье воскресенью воскресенья вс วันอาทิตย์",
)
_MONTHS: tuple[str, ...] = (
    "january jan января янв มกราคม ม.ค.",
    "february feb февраля фев февр กุมภาพันธ์ ก.พ.",
    "march mar марта мар มีนาคม มี.ค.",
    "april apr апреля апр เมษายน เม.ย.",
    "may мая พฤษภาคม พ.ค.",
    "june jun июня июн มิถุนายน มิ.ย.",
    "july jul июля июл กรกฎาคม ก.ค.",
    "august aug августа авг สิงหาคม ส.ค.",
    "september sep sept сентября сен сент กันยายน ก.ย.",
    "october oct октября окт ตุลาคม ต.ค.",
    "november nov ноября ноя нояб พฤศจิกายน พ.ย.",
    "december dec декабря дек ธันวาคม ธ.ค.",
)
_NEXT_LESSON = (
    "next lesson", "next class", "next time", "следующий урок", "следующему уроку", "следующем уроке", "след. урок",
    "след. уроку", "следующий раз", "คาบหน้า", "คาบต่อไป", "คาบถัดไป", "ครั้งหน้า", "ชั่วโมงหน้า",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SpokenDay:
    """A day at ``start`` to ``end`` of the text; ``day`` is None where it is the next lesson, whenever that is."""

    day: date | None
    start: int
    end: int

    @property
    def is_next_lesson(self) -> bool:
        """Whether the course's timetable has to say which day it is."""
        return self.day is None


def _any_of(words: Iterator[str]) -> str:
    """An alternation, longest first. Thai has no spaces, so only other words have boundaries."""
    ordered = sorted(set(words), key=lambda word: (-len(word), word))
    return "|".join(
        re.escape(word)
        if _is_thai(word)
        else rf"(?<!\w){re.escape(word).replace(chr(92) + ' ', chr(32) + '+')}(?!\w)"
        for word in ordered
    )


def _is_thai(word: str) -> bool:
    return any("\u0e00" <= letter <= "\u0e7f" for letter in word)


_DAY_OF_WEEK = {name: number for number, names in enumerate(_WEEKDAYS) for name in names.split()}
_MONTH = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_YEAR = r"(?:,?\s+(?:พ\.ศ\.\s*)?(?P<{}>\d{{4}})(?!\d))?"
# "for", "by", "on": what stands before a day and belongs to it.
_BEFORE = r"(?:(?<!\w)(?:due\s+(?:on|by)?|on|by|for|until|till|to|к|ко|на|в|во|до)\s+)?(?:(?<!\w)the\s+)?(?:ภายใน|ส่ง)?\s*"
_NUMBER_DAY = (
    r"(?<![\w./,-])(?:(?P<iso_y>\d{4})-(?P<iso_m>\d{2})-(?P<iso_d>\d{2})"
    r"|(?P<d>\d{1,2})[./](?P<m>0[1-9]|1[0-2])(?:[./](?P<y>\d{4}|\d{2}))?)(?![\w/]|[.,-]\d)"
)
_DAY_EXPRESSION = re.compile(
    _BEFORE
    + "(?:"
    + "|".join(
        (
            f"(?P<next_lesson>{_any_of(iter(_NEXT_LESSON))})",
            f"(?P<relative>{_any_of(iter(_RELATIVE))})",
            r"(?P<in_days>(?<!\w)(?:in\s+(?P<n_en>\d{1,3})\s+days?|через\s+(?P<n_ru>\d{1,3})\s+(?:день|дня|дней))(?!\w)"
            r"|อีก\s*(?P<n_th>\d{1,3})\s*วัน)",
            r"(?P<of_next_week>(?<!\w)(?:next|следующий|следующую|следующее|следующая|след\.)\s+)?"
            f"(?P<weekday>{_any_of(iter(_DAY_OF_WEEK))})(?P<next_th>หน้า)?",
            r"(?<!\w)(?P<month_first>" + _any_of(iter(_MONTH)) + r")\s+(?P<d2>\d{1,2})(?:st|nd|rd|th)?(?!\w)"
            + _YEAR.format("y2"),
            r"(?<![\w.])(?:วันที่\s*)?(?P<d3>\d{1,2})(?:st|nd|rd|th)?\s*(?:of\s+)?(?P<month_last>" + _any_of(iter(_MONTH)) + ")"
            + _YEAR.format("y3"),
            _NUMBER_DAY,
        )
    )
    + ")",
    re.IGNORECASE,
)  # fmt: skip


def find_day(text: str, today: date, *, looking_back: bool = False) -> SpokenDay | None:
    """The first day that the text names, with the little word before it; None where it names none.

    Weekdays are the next such day after today; ``looking_back``, the last one up to today. A day without a year is
    the nearest that lies not more than half a year back. Numbers are a day only as ``25.11``, ``25/11/2026`` and
    ``2026-11-25``: the month has two digits, so that no exercise or mark (``4.5``) is taken for one. Impossible days
    are passed over.
    """
    for found in _expressions(text):
        day = _meaning(found, today, looking_back=looking_back)
        if day is not None or found["next_lesson"]:
            start = found.start() + len(found[0]) - len(found[0].lstrip())
            return SpokenDay(day, start, found.end())
    return None


def parse_day(text: str, today: date) -> date | None:
    """The day, where the whole text is one, for looking either way: a weekday is the one of this week."""
    monday = today - timedelta(days=today.weekday())
    days = []
    for looking_back in (True, False):
        found = find_day(text, today, looking_back=looking_back)
        if found is None or text[: found.start].strip() or text[found.end :].strip(" .:"):
            return None
        if found.day is not None:
            days.append(found.day)
    return next((day for day in days if monday <= day < monday + timedelta(days=7)), min(days, default=None))


def _expressions(text: str) -> Iterator[re.Match[str]]:
    # Folding would move positions; Thai digits and case take one character each.
    return _DAY_EXPRESSION.finditer(western_digits(text[:_LONGEST]))


def _meaning(found: re.Match[str], today: date, *, looking_back: bool) -> date | None:
    if found["next_lesson"]:
        return None
    if found["relative"]:
        return today + timedelta(days=_RELATIVE[" ".join(found["relative"].casefold().split())])
    if found["in_days"]:
        return today + timedelta(days=int(found["n_en"] or found["n_ru"] or found["n_th"]))
    if found["weekday"]:
        return _weekday(found, today, looking_back=looking_back)
    if found["iso_y"]:
        return _dated(found["iso_d"], int(found["iso_m"]), found["iso_y"], today)
    if found["d"]:
        return _dated(found["d"], int(found["m"]), found["y"], today)
    month = found["month_first"] or found["month_last"]
    return _dated(found["d2"] or found["d3"], _MONTH[month.casefold()], found["y2"] or found["y3"], today)


def _weekday(found: re.Match[str], today: date, *, looking_back: bool) -> date:
    number = _DAY_OF_WEEK[found["weekday"].casefold()]
    if found["of_next_week"] or found["next_th"]:
        return today - timedelta(days=today.weekday()) + timedelta(days=7 + number)
    if looking_back:
        return today - timedelta(days=(today.weekday() - number) % 7)
    return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)


def _dated(day: str, month: int, year: str | None, today: date) -> date | None:
    if year is not None:
        number = int(year)
        number = number + 2000 if number < 100 else number - _BUDDHIST_ERA if number > 2400 else number
        return _possible(number, month, int(day))
    near = [_possible(number, month, int(day)) for number in (today.year - 1, today.year, today.year + 1)]
    fitting = [one for one in near if one is not None and one >= today - timedelta(days=183)]
    return min(fitting, default=None)


def _possible(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
