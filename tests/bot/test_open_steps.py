"""While words are waited for: what ends the waiting, and when it is asked what words are meant for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.clock import FrozenClock
from core.db.engine import Database
from tests.cast import Cast
from tests.support.conversation import Stage, User


@pytest.fixture
def stage(database: Database, clock: FrozenClock) -> Stage:
    return Stage(database, clock)


@pytest.fixture
async def teacher(stage: Stage, cast: Cast) -> User:
    """A teacher who has just been asked for the words of an announcement."""
    user = stage.user(cast["teacher"].user_id)
    assert "Write the announcement" in (await user.send("/announce 7A algebra:")).text
    return user


async def test_words_go_to_the_step_that_is_open(teacher: User) -> None:
    assert "is this right" in (await teacher.send("bring your rulers")).text


async def test_a_step_ends_after_a_day(teacher: User, clock: FrozenClock) -> None:
    clock.move(timedelta(days=1, minutes=1))
    assert "did not understand" in (await teacher.send("bring your rulers")).text


async def test_a_tap_on_something_else_ends_it(teacher: User) -> None:
    await teacher.tap_data("nw:list:0:0")
    assert "did not understand" in (await teacher.send("bring your rulers")).text


@pytest.mark.parametrize("command", ["/cancel", "/news", "/mark 7C: Petrov 5", "/topic 7C: hm"])
async def test_a_command_ends_it_also_one_that_is_refused(teacher: User, command: str) -> None:
    await teacher.send(command)
    assert "is this right" not in (await teacher.send("bring your rulers")).text


@pytest.mark.parametrize("words", ["Petrov 2", 'Petrov 2 "did not prepare"', "Petrov absent, Smirnov 5"])
async def test_a_line_that_marks_pupils_is_asked_about_and_kept(teacher: User, words: str) -> None:
    asked = await teacher.send(words)
    assert "Which is it?" in asked.text
    assert words in asked.text
    assert words in (await teacher.tap("It is the text")).text


async def test_marks_are_marks_where_the_teacher_says_so_and_the_step_is_over(teacher: User) -> None:
    await teacher.send("Petrov 2")
    assert "Petrov" in (await teacher.tap("Give marks")).text
    assert teacher.last is not None
    assert "Save" in teacher.last.buttons
    assert "did not understand" in (await teacher.send("bring your rulers")).text


@pytest.mark.parametrize("words", ["Exercise 5", "Meeting at 6", "Page 10", "bring 5"])
async def test_a_number_in_a_sentence_that_marks_nobody_is_not_asked_about(teacher: User, words: str) -> None:
    assert "is this right" in (await teacher.send(words)).text


async def test_an_old_question_leads_nowhere_once_the_step_is_over(teacher: User) -> None:
    await teacher.send("Petrov 2")
    await teacher.send("/cancel")
    for which in ("text", "other"):
        assert "Send the line again" in (await teacher.tap_data(f"wh:{which}")).text
