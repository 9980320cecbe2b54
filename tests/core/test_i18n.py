"""Dates, numbers, money and plurals as each language writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from core.i18n import LOCALES, match_locale, translator

DAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("locale", "medium", "full"),
    [
        ("en", "24 Nov 2026", "Tuesday, 24 November 2026"),
        ("ru", "24 нояб. 2026", "вторник, 24 ноября 2026 г."),
        ("th", "24 พ.ย. 2569", "วันอังคารที่ 24 พฤศจิกายน พ.ศ. 2569"),
    ],
)
def test_dates_are_written_the_languages_way_and_thai_years_are_buddhist(
    locale: str, medium: str, full: str
) -> None:
    t = translator(locale)
    assert t.date(DAY, "medium") == medium
    assert t.date(DAY, "full") == full


def test_a_moment_is_told_in_the_readers_zone() -> None:
    moment = datetime(2026, 11, 24, 21, 30, tzinfo=UTC)
    assert translator("en").datetime(moment, ZoneInfo("Europe/Moscow")) == "25 Nov 2026, 00:30"


def test_numbers_and_money_have_the_languages_separators() -> None:
    assert translator("en").number(Decimal("1234.5"), 2) == "1,234.50"
    assert translator("ru").number(Decimal("1234.5"), 2).replace("\u00a0", " ") == "1 234,50"
    assert translator("ru").money(123_450, "RUB").replace("\u00a0", " ") == "1 234,50 ₽"
    assert translator("en").money(-5_000, "RUB") == "-₽50.00"
    assert translator("en").money(500, "JPY") == "¥500"
    assert translator("en").percent(Decimal("63"), 1) == "63.0%"


def test_a_broken_placeholder_in_a_catalog_does_not_cost_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    t = translator("en")

    class Broken:
        def gettext(self, _message: str) -> str:
            return "{nmae} is here"

    monkeypatch.setattr(t, "_catalog", Broken())
    assert t("{name} is there", name="Ivan") == "Ivan is there"


@pytest.mark.parametrize(
    ("code", "locale"),
    [("ru-RU", "ru"), ("th", "th"), ("EN_us", "en"), ("de", None), ("", None), (None, None)],
)
def test_the_messengers_language_code_finds_ours(code: str | None, locale: str | None) -> None:
    assert match_locale(code) == locale


def test_days_near_today_are_called_by_name() -> None:
    for locale in LOCALES:
        t = translator(locale)
        names = {t.relative_day(date(2026, 11, day), DAY) for day in (23, 24, 25, 27)}
        assert len(names) == 4
