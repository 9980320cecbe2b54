"""Quiet hours hold news and let it go at a true moment, also where the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.telling import DAY, QUIET, TELLINGS, Choice, Hours, Window

MOSCOW = Window(ZoneInfo("Europe/Moscow"))
BERLIN = Window(ZoneInfo("Europe/Berlin"))


def moscow(hour: int, minute: int = 0, day: int = 24) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo("Europe/Moscow"))


def test_by_day_news_goes_at_once_and_at_night_it_waits_for_the_morning() -> None:
    assert MOSCOW.release(moscow(12)) == moscow(12)
    assert MOSCOW.release(moscow(21)) == moscow(7, day=25)
    assert MOSCOW.release(moscow(6, 59)) == moscow(7)
    assert MOSCOW.release(moscow(7)) == moscow(7)


def test_what_may_break_the_quiet_does_so_in_its_hours_only() -> None:
    early = Hours(time(6, 30), time(21))
    assert MOSCOW.release(moscow(3), DAY) == moscow(3)
    assert MOSCOW.release(moscow(6, 31), early) == moscow(6, 31)
    assert MOSCOW.release(moscow(2), early) == moscow(6, 30)
    assert MOSCOW.release(moscow(22), early) == moscow(6, 30, day=25)


def test_the_digest_is_the_next_one_and_the_weekly_one_on_sunday() -> None:
    assert MOSCOW.next_digest(moscow(17, 59)) == moscow(18)
    assert MOSCOW.next_digest(moscow(18)) == moscow(18, day=25)
    assert MOSCOW.next_weekly(moscow(12)) == moscow(18, day=29)


def test_no_quiet_hours_hold_nothing() -> None:
    never = Window(ZoneInfo("Europe/Moscow"), Hours(time(0), time(0)))
    assert never.release(moscow(3)) == moscow(3)


def test_the_morning_is_seven_on_the_wall_when_the_clocks_change() -> None:
    night = datetime(2026, 10, 24, 23, tzinfo=ZoneInfo("Europe/Berlin"))
    assert BERLIN.release(night) == datetime(2026, 10, 25, 6, tzinfo=UTC)
    night = datetime(2026, 3, 28, 23, tzinfo=ZoneInfo("Europe/Berlin"))
    assert BERLIN.release(night) == datetime(2026, 3, 29, 5, tzinfo=UTC)


_times = st.times().map(lambda at: at.replace(microsecond=0))
_moments = st.datetimes(
    min_value=datetime(2026, 1, 1), max_value=datetime(2027, 1, 1), timezones=st.just(UTC)
)
_zones = st.sampled_from(["Europe/Berlin", "Asia/Bangkok", "America/St_Johns", "Australia/Lord_Howe", "UTC"])


@given(now=_moments, starts=_times, ends=_times, zone=_zones, kind=st.sampled_from(sorted(TELLINGS)))
def test_news_is_never_early_never_lost_and_never_breaks_what_it_may_not(
    now: datetime, starts: time, ends: time, zone: str, kind: str
) -> None:
    window = Window(ZoneInfo(zone), Hours(starts, ends))
    breaks = TELLINGS[kind].breaks_quiet
    moment = window.release(now, breaks)
    assert now <= moment <= now + timedelta(hours=26)
    local = moment.astimezone(ZoneInfo(zone)).time()
    assert not window.quiet.hold(local) or (breaks is not None and breaks.hold(local))
    assert window.release(moment, breaks) == moment


@given(now=_moments, at=_times, zone=_zones)
def test_the_next_digest_is_within_a_day_and_on_the_hour_chosen(now: datetime, at: time, zone: str) -> None:
    window = Window(ZoneInfo(zone), QUIET, at)
    assert now < window.next_digest(now) <= now + timedelta(hours=26)
    assert now < window.next_weekly(now) <= now + timedelta(days=8)


@pytest.mark.parametrize("kind", ["emergency", "absence", "security", "answer"])
def test_what_must_be_heard_cannot_be_turned_off(kind: str) -> None:
    assert not TELLINGS[kind].can_be_off
    assert TELLINGS[kind].default is Choice.AT_ONCE
