"""The choice of the term, the switch between children on every screen, and how lessons are counted."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bot.views.grades import GradesTap
from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import Lesson
from core.db.uow import UnitOfWork
from tests.cast import Cast
from tests.support.conversation import Stage, User


@pytest.fixture
def stage(database: Database, clock: FrozenClock) -> Stage:
    return Stage(database, clock)


def phone(stage: Stage, cast: Cast, name: str, *, language: str = "en") -> User:
    return stage.user(cast[name].user_id, language=language)


@pytest.mark.parametrize(("command", "word"), [("/grades", "Grades"), ("/attendance", "Attendance")])
async def test_the_choice_of_a_term_has_a_way_back_and_to_the_other_child(
    stage: Stage, cast: Cast, command: str, word: str
) -> None:
    mother = phone(stage, cast, "mother")
    await mother.send(command)
    await mother.tap("Other term")
    assert "Maria, 3B — Choose a term" in (await mother.tap("Maria")).text
    assert "Maria, 3B — " + word in (await mother.tap("Back")).text


@pytest.mark.parametrize("command", ["/grades", "/attendance"])
async def test_switching_children_keeps_the_term_that_was_chosen(
    stage: Stage, cast: Cast, command: str
) -> None:
    mother = phone(stage, cast, "mother")
    await mother.send(command)
    await mother.tap("Other term")
    await mother.tap("Quarter 1")
    marias = (await mother.tap("Maria")).text
    assert "Maria" in marias
    assert "Quarter 1" in marias


@pytest.mark.parametrize(("screen", "said"), [("By day", "Marks by day"), ("Algebra", "Algebra")])
async def test_by_day_and_in_a_subject_the_term_can_be_chosen_too(
    stage: Stage, cast: Cast, screen: str, said: str
) -> None:
    mother = phone(stage, cast, "mother")
    await mother.send("/grades")
    await mother.tap(screen)
    await mother.tap("Other term")
    chosen = (await mother.tap("Quarter 1")).text
    assert f"Ivan, 7A — {said}" in chosen
    assert "Quarter 1" in chosen
    await mother.tap("Other term")
    assert f"Ivan, 7A — {said}" in (await mother.tap("Back")).text


async def test_by_day_of_another_term_stays_there_for_the_other_child(stage: Stage, cast: Cast) -> None:
    mother = phone(stage, cast, "mother")
    await mother.send("/grades")
    await mother.tap("By day")
    await mother.tap("Other term")
    await mother.tap("Quarter 1")
    assert "Quarter 1" in (await mother.tap("Maria")).text


async def test_a_subject_that_was_not_taught_in_the_chosen_term_shows_the_others(
    stage: Stage, cast: Cast
) -> None:
    mother = phone(stage, cast, "mother")
    answer = await mother.tap_data(
        GradesTap(on="one", student=cast["ivan"].person_id, course=cast.courses["maths_3b"]).pack()
    )
    assert "Ivan, 7A — Grades" in answer.text
    assert "secret-maria" not in answer.text


async def test_lessons_are_counted_in_the_form_of_their_own_number(stage: Stage, cast: Cast) -> None:
    mother = phone(stage, cast, "mother")
    assert "Present at 0 of 2 lessons" in (await mother.send("/attendance")).text
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        algebra = Lesson.course_id == cast.courses["algebra_7a"]
        await uow.write(sa.update(Lesson).where(algebra).values(register_taken_at=None))
    said = (await mother.send("/attendance")).text
    assert "Present at 0 of 1 lesson (0%)." in said
    assert "The register was taken in 1 of 2 lessons." in said


async def test_dates_of_the_canteen_stay_on_one_line(stage: Stage, cast: Cast) -> None:
    said = (await phone(stage, cast, "mother", language="ru").send("/meals")).text
    assert "24\u00a0нояб." in said


async def test_children_are_offered_to_guardians_only(stage: Stage, cast: Cast) -> None:
    assert "/children" in (await phone(stage, cast, "mother").send("/help")).text
    ivan = phone(stage, cast, "ivan")
    assert "/children" not in (await ivan.send("/help")).text
    assert "There is no command" in (await ivan.send("/children")).text
