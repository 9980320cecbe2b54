"""How an announcement is told: choices that never contradict one another, and when it is told again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.domain.announcing import SHORT_RESENDS, HowTold, Resends, telling_of
from core.domain.kinds import Urgency
from core.domain.telling import Choice

MOSCOW = ZoneInfo("Europe/Moscow")
NOON = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def test_what_rings_is_not_silent_and_an_emergency_does_not_wait() -> None:
    how = HowTold(silent=True, at=NOON).told(Urgency.URGENT)
    assert (how.silent, how.at) == (False, NOON)
    assert how.told(Urgency.EMERGENCY).at is None
    assert how.told(Urgency.EMERGENCY).planned(NOON).urgency is Urgency.URGENT
    assert how.quietly(silent=True).urgency is Urgency.AT_ONCE


def test_what_asks_is_in_no_digest() -> None:
    assert HowTold(Urgency.DIGEST).asking(asks=True).urgency is Urgency.AT_ONCE
    assert not HowTold(asks=True).told(Urgency.DIGEST).asks


def test_the_choices_are_kept_in_a_draft() -> None:
    how = HowTold(Urgency.URGENT, asks=True, at=NOON)
    assert HowTold.from_json(how.as_json()) == how
    assert HowTold.from_json({}) == HowTold()


def test_the_kind_of_news_follows_the_choices() -> None:
    assert telling_of(Urgency.EMERGENCY, asks=True).kind == "emergency"
    assert telling_of(Urgency.URGENT, asks=True).kind == "urgent"
    assert telling_of(Urgency.AT_ONCE, asks=True).kind == "answer"
    assert telling_of(Urgency.AT_ONCE, asks=False).default is Choice.AT_ONCE
    digest = telling_of(Urgency.DIGEST, asks=False)
    assert (digest.kind, digest.default) == ("news", Choice.DAILY)


@pytest.mark.parametrize(
    ("after", "number"),
    [
        (timedelta(minutes=14), 0),
        (timedelta(minutes=15), 1),
        (timedelta(minutes=59), 1),
        (timedelta(hours=1), 2),
        (timedelta(hours=19, minutes=29), 2),
        (timedelta(hours=19, minutes=30), 3),
        (timedelta(hours=43), 3),
        (timedelta(hours=44), 0),
    ],
)
def test_it_is_told_again_three_times_and_never_a_day_late(after: timedelta, number: int) -> None:
    assert Resends().due(NOON, MOSCOW, NOON + after) == number
    assert Resends().most == 3
    assert NOON + Resends().span >= Resends().moments(NOON, MOSCOW)[-1] + timedelta(days=1)


def test_the_morning_after_a_late_evening_comes_once() -> None:
    late = datetime(2026, 11, 24, 20, 50, tzinfo=UTC)  # 23:50 at school
    moments = Resends().moments(late, MOSCOW)
    assert moments == sorted(moments)
    assert moments[-1].astimezone(MOSCOW).isoformat() == "2026-11-25T07:30:00+03:00"


def test_for_showing_it_takes_minutes() -> None:
    assert [SHORT_RESENDS.due(NOON, MOSCOW, NOON + timedelta(minutes=n)) for n in range(5)] == [0, 1, 2, 3, 3]


def test_what_was_announced_before_breakfast_was_told_again_twice_within_minutes() -> None:
    early = datetime(2026, 11, 24, 3, 28, tzinfo=UTC)  # 06:28 at school: the second re-send is at 07:28
    assert Resends().moments(early, MOSCOW)[-1].astimezone(MOSCOW).isoformat() == "2026-11-25T07:30:00+03:00"


def test_the_morning_is_that_of_the_wall_also_after_the_clocks_have_changed() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    evening = datetime(2026, 10, 24, 18, 0, tzinfo=UTC)  # 20:00 on the eve of a night of 25 hours
    morning = Resends().moments(evening, berlin)[-1]
    assert morning.astimezone(berlin).isoformat() == "2026-10-25T07:30:00+01:00"
    assert Resends().due(evening, berlin, morning + timedelta(days=1)) == 3
    assert evening + Resends().span >= morning + timedelta(days=1)
