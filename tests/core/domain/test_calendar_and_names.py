"""Terms, weeks and names: rules without a database."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.calendar import TermSpan, choose_term, term_on, week_of, week_parity, window
from core.domain.names import PersonName, fold

_days = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@st.composite
def _terms(draw: st.DrawFn) -> list[TermSpan]:
    start = draw(_days)
    terms = []
    for number in range(draw(st.integers(1, 5))):
        start += timedelta(days=draw(st.integers(0, 40)))
        end = start + timedelta(days=draw(st.integers(0, 90)))
        terms.append(TermSpan(number + 1, f"T{number + 1}", start, end))
        start = end + timedelta(days=1)
    return terms


@given(_terms(), _days)
def test_every_day_belongs_to_exactly_one_terms_window(terms: list[TermSpan], day: date) -> None:
    holding = [term for term in terms if window(terms, term)[0] <= day < window(terms, term)[1]]
    assert len(holding) == 1


@given(_terms(), _days, st.one_of(st.none(), _days))
def test_there_is_always_a_term_to_show_and_todays_wins(
    terms: list[TermSpan], today: date, latest: date | None
) -> None:
    shown = choose_term(terms, today, latest)
    assert shown is not None
    now = term_on(terms, today)
    if now is not None:
        assert shown == now


def test_long_after_the_year_the_latest_term_with_data_is_shown() -> None:
    autumn = TermSpan(1, "Autumn", date(2021, 8, 23), date(2021, 12, 17))
    spring = TermSpan(2, "Spring", date(2022, 1, 4), date(2022, 5, 27))
    today = date(2026, 11, 24)
    assert choose_term([autumn, spring], today, date(2021, 10, 2)) == autumn
    assert choose_term([autumn, spring], today, None) == spring
    assert choose_term([autumn, spring], date(2021, 12, 25), None) == autumn
    assert choose_term([], today, None) is None


@given(_days)
def test_weeks_begin_on_monday_and_parities_alternate(day: date) -> None:
    monday, sunday = week_of(day)
    assert monday.weekday() == 0
    assert monday <= day <= sunday
    year = date(day.year, 9, 1)
    assert week_parity(day, year) != week_parity(day + timedelta(days=7), year)
    assert week_parity(year, year) == "odd"


@pytest.mark.parametrize(
    ("name", "full", "short", "formal"),
    [
        (PersonName("Petrov", "Ivan"), "Ivan Petrov", "Ivan P.", "Ivan Petrov"),
        (PersonName("Петрова", "Ольга", "Ивановна"), "Ольга Петрова", "Ольга П.", "Ольга Ивановна"),
        (PersonName("เจริญสุข", "มาลี"), "มาลี เจริญสุข", "มาลี เจ.", "มาลี เจริญสุข"),
        (PersonName("", "Cher"), "Cher", "Cher", "Cher"),
        (PersonName("Ng", ""), "Ng", "Ng", "Ng"),
    ],
)
def test_names_are_written_out_and_shortened(name: PersonName, full: str, short: str, formal: str) -> None:
    assert (name.full_name, name.short_name, name.formal_name) == (full, short, formal)


def test_folding_forgives_case_yo_and_spaces() -> None:
    assert fold("  Семён  ПЕТРОВ ") == fold("семен петров")
