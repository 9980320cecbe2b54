"""Languages: the catalogs, and how each language writes dates, numbers and money.

Catalogs are compiled in memory from ``locales/LANGUAGE/LC_MESSAGES/schoolbell.po`` when a language is first
spoken, so no generated file can be stale. ``python -m core.i18n`` brings the catalogs up to date with the code.
"""

from __future__ import annotations

import datetime as dt
import gettext
import io
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from babel import Locale
from babel.dates import format_date, get_day_names
from babel.lists import format_list
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from babel.numbers import format_currency, format_decimal, get_currency_precision

LOCALES = ("en", "ru", "th")
LANGUAGE_NAMES: Mapping[str, str] = {"en": "English", "ru": "Русский", "th": "ไทย"}
FOLDER = Path(__file__).parents[1] / "locales"

_DATES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "short": "d MMM",
        "medium": "d MMM y",
        "full": "EEEE, d MMMM y",
        "weekday": "EEEE, d MMMM",
        "day_month": "d MMMM",
    },
    "ru": {
        "short": "d MMM",
        "medium": "d MMM y",
        "full": "EEEE, d MMMM y 'г'.",
        "weekday": "EEEE, d MMMM",
        "day_month": "d MMMM",
    },
    "th": {
        "short": "d MMM",
        "medium": "d MMM {y}",
        "full": "EEEEที่ d MMMM พ.ศ. {y}",
        "weekday": "EEEEที่ d MMMM",
        "day_month": "d MMMM",
    },
}
_BUDDHIST_ERA = 543
_SYMBOLS = {"RUB": "₽", "THB": "฿"}
DateStyle = Literal["short", "medium", "full", "weekday", "day_month"]


def N_(message: str) -> str:  # noqa: N802 - the name gettext's tools know
    """Mark a message for the catalogs where it is translated later."""
    return message


class Translator:
    """One language: ``t("Text with {name}", name=…)`` and the language's dates, numbers and lists."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        self._babel = Locale.parse(locale)
        self._catalog = _load(locale)

    def __call__(self, message: str, **params: Any) -> str:
        """The message in this language, filled."""
        return _fill(self._catalog.gettext(message), message, params)

    def plural(self, one: str, many: str, n: int, **params: Any) -> str:
        """The form for ``n``, which also fills ``{n}``."""
        return _fill(self._catalog.ngettext(one, many, n), one if n == 1 else many, {"n": n, **params})

    def context(self, context: str, message: str, **params: Any) -> str:
        """A message that means different things in different places."""
        return _fill(self._catalog.pgettext(context, message), message, params)

    def date(self, day: dt.date, style: DateStyle = "medium") -> str:
        """A day; Thai years are Buddhist."""
        return _format_day(self.locale, day, style)

    def day_month(self, day: dt.date) -> str:
        """``24 November``."""
        return self.date(day, "day_month")

    def weekday(self, day: dt.date, width: Literal["wide", "abbreviated"] = "wide") -> str:
        """``Tuesday`` or ``Tue``, as it stands alone."""
        names = get_day_names(width, "stand-alone", self._babel)
        name: str = names[day.weekday()]
        return name[:1].upper() + name[1:]

    def time(self, moment: dt.datetime | dt.time) -> str:
        """Hours and minutes, 24 h."""
        return f"{moment.hour:02}:{moment.minute:02}"

    def datetime(self, moment: dt.datetime, zone: dt.tzinfo | None) -> str:
        """A moment at a place: ``24 Nov 2026, 09:10``."""
        local = moment.astimezone(zone) if zone is not None else moment
        return f"{self.date(local.date(), 'medium')}, {self.time(local)}"

    def number(self, value: Decimal | float, places: int | None = None) -> str:
        """With the language's separators; ``places`` fixes the decimals."""
        return _format_number(self.locale, value, places)

    def percent(self, value: Decimal | float, places: int = 0) -> str:
        """A percentage from 0 to 100."""
        gap = "\u00a0" if self.locale == "ru" else ""
        return f"{self.number(value, places)}{gap}%"

    def money(self, minor: int, currency: str) -> str:
        """Minor units as an amount with its currency."""
        amount = Decimal(minor).scaleb(-get_currency_precision(currency))
        printed = format_currency(amount, currency, locale=self._babel)
        return str(printed).replace(currency, _SYMBOLS.get(currency, f"{currency}\u00a0"))

    def list(self, items: Sequence[str]) -> str:
        """``a, b and c``."""
        return items[0] if len(items) == 1 else format_list(list(items), locale=self._babel)

    def relative_day(self, day: dt.date, today: dt.date) -> str:
        """Today, tomorrow, yesterday, else the weekday and date."""
        if day == today:
            return self("Today")
        if day == today + dt.timedelta(days=1):
            return self("Tomorrow")
        if day == today - dt.timedelta(days=1):
            return self("Yesterday")
        text = self.date(day, "weekday" if abs((day - today).days) < 300 else "full")
        return text[:1].upper() + text[1:]


# Babel takes a fifth of a millisecond for a date, and a screen names the same days and numbers again and again.
@lru_cache(maxsize=4_096)
def _format_number(locale: str, value: Decimal | float, places: int | None) -> str:
    pattern = None if places is None else "#,##0" + ("." + "0" * places if places else "")
    return str(format_decimal(value, pattern, locale=locale))


@lru_cache(maxsize=4_096)
def _format_day(locale: str, day: dt.date, style: DateStyle) -> str:
    pattern = _DATES[locale][style].replace("{y}", f"'{day.year + _BUDDHIST_ERA}'")
    return str(format_date(day, pattern, locale=locale))


def _fill(text: str, fallback: str, params: Mapping[str, Any]) -> str:
    if not params:
        return text
    try:
        return text.format_map(params)
    except (KeyError, ValueError, IndexError):
        # A catalog's broken placeholder must not cost the reader the message.
        return fallback.format_map(params)


def minor_units(currency: str) -> int:
    """How many minor units a whole one has: 100 cents, 1 yen."""
    digits: int = get_currency_precision(currency)
    return int(10**digits)


@lru_cache(maxsize=len(LOCALES))
def translator(locale: str) -> Translator:
    """The one translator of a language; raises ValueError for one that is not in LOCALES."""
    if locale not in LOCALES:
        raise ValueError(f"no catalog for {locale!r}")
    return Translator(locale)


def currency_places(currency: str) -> int:
    """How many decimals a currency has."""
    return int(get_currency_precision(currency))


def match_locale(language_code: str | None) -> str | None:
    """Our language for a code like ``ru-RU``; None for others."""
    if not language_code:
        return None
    primary = language_code.replace("_", "-").split("-", 1)[0].casefold()
    return primary if primary in LOCALES else None


def catalog_path(locale: str) -> Path:
    """The file of a language's catalog."""
    return FOLDER / locale / "LC_MESSAGES" / "schoolbell.po"


def read_catalog(locale: str) -> Catalog:
    """A catalog as it stands in its file."""
    with catalog_path(locale).open("rb") as file:
        return read_po(file, locale=locale)


def _load(locale: str) -> gettext.NullTranslations:
    try:
        catalog = read_catalog(locale)
    except FileNotFoundError:
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


# --- keeping the catalogs ---------------------------------------------------------------------------------

_KEYWORDS: dict[str, Any] = {
    "t": None,
    "self": None,
    "plural": (1, 2),
    "context": ((1, "c"), 2),
    "N_": None,
    "Said": None,
}
_SOURCES = ("bot", "notifier", "core")


def extract() -> Catalog:
    """Every message of the code and the templates."""
    catalog = Catalog()
    root = FOLDER.parent
    for folder in _SOURCES:
        found = extract_from_dir(
            root / folder,
            method_map=[("**.py", "python"), ("**/templates/**.html", "jinja2")],
            keywords=_KEYWORDS,
        )
        for name, _line, message, _comments, context in found:
            catalog.add(message, locations=[(f"{folder}/{name}", 0)], context=context)
    return catalog


def update_catalogs() -> dict[str, int]:
    """Add new messages and drop those gone; English is filled with the messages themselves.

    Returns how many entries of each language still wait for a translation.
    """
    template = extract()
    waiting = {}
    for locale in LOCALES:
        path = catalog_path(locale)
        try:
            old = read_catalog(locale)
        except FileNotFoundError:
            old = Catalog(locale=locale)
        new = Catalog(locale=locale, project="schoolbell", version="0", fuzzy=False)
        for message in template:
            if not message.id:
                continue
            known = old.get(message.id, context=message.context)
            text = known.string if known is not None else ""
            if locale == "en":
                text = message.id
            new.add(message.id, text, locations=message.locations, context=message.context)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, new, omit_header=False, sort_output=True, include_lineno=False, width=110)
        _drop_dates(path)
        waiting[locale] = unfinished(new)
    return waiting


def unfinished(catalog: Catalog) -> int:
    """How many entries lack a text, or one of a plural's forms, or are only guessed (fuzzy)."""
    return sum(1 for one in catalog if one.id and (one.fuzzy or not _is_full(one.string)))


def _is_full(string: Any) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


def _drop_dates(path: Path) -> None:
    """Headers that change with every run would only make noise in the history."""
    noisy = ("POT-Creation-Date", "PO-Revision-Date", "Generated-By", "Last-Translator", "Language-Team")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(tuple(f'"{name}' for name in noisy))]
    path.write_text("".join(line for line in kept if not line.startswith("# ")), encoding="utf-8")


if __name__ == "__main__":
    for _locale, _missing in update_catalogs().items():
        print(f"{_locale}: {_missing} to translate", file=sys.stderr)
