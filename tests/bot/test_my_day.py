"""/lessons: the teacher's day, today's or the one that is named."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.uow import UnitOfWork
from core.queries.teaching_day import teaching_day
from tests.cast import TODAY, Cast, actor_of
from tests.support.conversation import Stage, User


@pytest.fixture
def teacher(database: Database, cast: Cast, clock: FrozenClock) -> User:
    return Stage(database, clock).user(cast["teacher"].user_id)


async def test_my_day_says_what_is_still_missing(teacher: User) -> None:
    said = (await teacher.send("/lessons")).text
    assert "7A · Algebra" in said
    assert "still: topic, register" in said
    assert "1 lesson still lacks something." in said


@pytest.mark.parametrize("words", ["last Tuesday's", "xyz", "32.13", "7A"])
async def test_words_that_are_no_day_are_not_passed_over(teacher: User, words: str) -> None:
    said = (await teacher.send(f"/lessons {words}")).text
    assert f"“{words}” is no day that I know" in said
    assert "Algebra" in said, "today's lessons stand below"


@pytest.mark.parametrize("words", ["17.11", "17 ноября", "17 พ.ย.", "2026-11-17"])
async def test_a_day_is_named_in_three_languages(teacher: User, words: str) -> None:
    said = (await teacher.send(f"/lessons {words}")).text
    assert "no day that I know" not in said
    assert "Topic of algebra_7a" in said


async def test_yesterday_and_a_weekday_are_days(teacher: User) -> None:
    assert "Yesterday" in (await teacher.send("/lessons вчера")).text
    assert "1 December" in (await teacher.send("/lessons next Tuesday")).text


async def test_my_day_takes_four_statements(uow: UnitOfWork, cast: Cast) -> None:
    teacher = await actor_of(uow, cast, "teacher")
    before = uow.statements
    found = await teaching_day(uow, teacher, TODAY - timedelta(days=7))
    assert uow.statements - before <= 4
    assert [(one.topic, one.register_taken) for one in found.lessons] == [("Topic of algebra_7a", True)]


async def test_who_does_not_teach_has_no_day(database: Database, cast: Cast, clock: FrozenClock) -> None:
    stage = Stage(database, clock)
    assert (await stage.user(cast["mother"].user_id).send("/lessons")).text == (
        await stage.user(cast["mother"].user_id).send("/nonsense")
    ).text.replace("/nonsense", "/lessons")
