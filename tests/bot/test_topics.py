"""Teachers write what a lesson is about; nothing that is written is lost or lands in another lesson unseen."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import Lesson
from core.db.uow import UnitOfWork
from tests.cast import TODAY, Cast
from tests.support.conversation import Stage, User
from tests.support.trail import audited


@pytest.fixture
def stage(database: Database, clock: FrozenClock) -> Stage:
    return Stage(database, clock)


def phone(stage: Stage, cast: Cast, name: str, *, language: str = "en") -> User:
    return stage.user(cast[name].user_id, language=language)


async def topic_of(stage: Stage, cast: Cast, course: str = "algebra_7a", on: date = TODAY) -> str | None:
    async with UnitOfWork(stage.database, stage.clock) as uow:
        found: str | None = await uow.value(
            sa.select(Lesson.topic).where(Lesson.course_id == cast.courses[course], Lesson.date == on)
        )
    return found


@pytest.mark.parametrize(
    ("language", "line", "topic"),
    [
        ("en", "/topic Adding fractions", "Adding fractions"),
        ("en", "/topic 7A algebra: Adding fractions", "Adding fractions"),
        ("en", "/topic 7A Adding fractions", "Adding fractions"),
        ("ru", "/topic 7А сегодня: Сложение дробей", "Сложение дробей"),
        ("th", "/topic 7A วันนี้: การบวกเศษส่วน", "การบวกเศษส่วน"),
        ("en", "/topic Rome: the republic", "Rome: the republic"),
        ("en", "/topic 9 May 1945: the victory", "9 May 1945: the victory"),
    ],
)
async def test_a_topic_is_written_in_one_line_for_the_lesson_that_is_on(
    stage: Stage, cast: Cast, language: str, line: str, topic: str
) -> None:
    assert topic in (await phone(stage, cast, "teacher", language=language).send(line)).text
    assert await topic_of(stage, cast) == topic
    entry = (await audited(stage.database, stage.clock, "lesson.topic"))[0]
    assert (entry.actor_id, entry.before, entry.after) == (
        cast["teacher"].person_id,
        {"topic": ""},
        {"topic": topic},
    )


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("/topic 7C: hm", "hm"),
        ("/topic 7A literature: the novel", "literature: the novel"),
        ("/topic 7C chemistry: acids", "7C chemistry: acids"),
        ("/topic lesson 6: hm", "hm"),
    ],
)
async def test_what_was_meant_for_another_class_is_not_written_but_asked_about(
    stage: Stage, cast: Cast, line: str, kept: str
) -> None:
    teacher = phone(stage, cast, "teacher")
    await teacher.send("/topic Fractions")
    asked = await teacher.send(line)
    assert "For which lesson?" in asked.text
    assert kept in asked.text
    assert await topic_of(stage, cast) == "Fractions"
    shown = await teacher.tap("7A · Algebra")
    assert "Fractions" in shown.text
    assert kept in shown.text
    assert await topic_of(stage, cast) == "Fractions", "another topic is replaced only by Save"
    await teacher.tap("Save")
    assert await topic_of(stage, cast) == kept


async def test_undo_brings_back_the_topic_that_stood_there_before(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    await teacher.send("/topic Fractions")
    await teacher.send("/topic Decimals")
    await teacher.tap("Save")
    assert await topic_of(stage, cast) == "Decimals"
    assert "Fractions" in (await teacher.tap("Undo")).text
    assert await topic_of(stage, cast) == "Fractions"
    assert "No topic." in (await teacher.send("/undo")).text
    assert await topic_of(stage, cast) == ""
    entries = await audited(stage.database, stage.clock, "lesson.topic_undo")
    assert [(one.before["topic"], one.after["topic"]) for one in entries] == [
        ("Decimals", "Fractions"),
        ("Fractions", ""),
    ]


async def test_undo_leaves_what_somebody_wrote_since(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    await teacher.send("/topic Fractions")
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.write(sa.update(Lesson).where(Lesson.date == TODAY).values(topic="of the substitute"))
    assert "changed again" in (await teacher.tap("Undo")).text
    assert await topic_of(stage, cast) == "of the substitute"


async def test_four_hundred_characters_are_too_many_and_the_lesson_is_kept(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    on = TODAY - timedelta(days=7)
    said = (await teacher.send("/topic 7A algebra 17.11: " + "x" * 400)).text
    assert "400" in said
    assert "300" in said
    shown = await teacher.send("Fractions")
    assert "Topic of algebra_7a" in shown.text
    await teacher.tap("Save")
    assert await topic_of(stage, cast, on=on) == "Fractions"


async def test_a_topic_asked_for_on_a_button_has_a_way_out(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    await teacher.send("/lessons")
    for way_out in ("My day", "Cancel"):
        await teacher.tap_data(f"tp:ask:{cast.courses['algebra_7a']}:{TODAY.toordinal()}:1:0")
        await teacher.tap(way_out)
        assert "did not understand" in (await teacher.send("Fractions")).text
    assert not await topic_of(stage, cast)


async def test_the_present_topic_is_called_so_when_another_is_asked_for(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    await teacher.send("/topic Fractions")
    asked = (await teacher.tap("Change")).text
    assert "Now: Fractions" in asked
    assert "Before" not in asked


async def test_a_closed_term_is_said_and_the_words_are_kept_for_another_lesson(
    stage: Stage, cast: Cast
) -> None:
    teacher = phone(stage, cast, "teacher")
    asked = await teacher.send("/topic 7A algebra 29.09: Fractions")
    assert "term that is closed" in asked.text
    assert "Fractions" in asked.text
    await teacher.tap("7A · Algebra")
    assert await topic_of(stage, cast) == "Fractions"


async def test_nobody_writes_a_topic_in_the_lesson_of_another_teacher(stage: Stage, cast: Cast) -> None:
    key = f"{cast.courses['algebra_7a']}:{TODAY.toordinal()}:1"
    teacher = phone(stage, cast, "teacher")
    await teacher.tap_data(f"tp:ask:{key}:0")
    assert teacher.last is not None
    posting = teacher.last.buttons["Cancel"].rsplit(":", 1)[1]
    homeroom = phone(stage, cast, "homeroom")
    for data in (
        f"tp:ask:{key}:0",
        f"tp:set:{key}:{posting}",
        f"tp:save:0:0:0:{posting}",
        f"tp:undo:0:0:0:{posting}",
    ):
        assert "nothing like that" in (await homeroom.tap_data(data)).text, data
    for name in ("mother", "ivan", "head"):
        other = phone(stage, cast, name)
        unknown = (await other.send("/nothing")).text.replace("nothing", "topic")
        assert (await other.send("/topic Fractions")).text == unknown
        assert "not lead anywhere" in (await other.tap_data(f"tp:ask:{key}:0")).text
    assert not await topic_of(stage, cast)


async def test_a_forged_day_of_another_century_makes_no_lesson(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    course = cast.courses["algebra_7a"]
    assert "not lead anywhere" in (await teacher.tap_data(f"tp:ask:{course}:3651000:1:0")).text
    far = (TODAY + timedelta(days=3_000)).toordinal()
    await teacher.tap_data(f"tp:ask:{course}:{far}:1:0")
    assert "still to come" in (await teacher.send("Fractions")).text
    assert await topic_of(stage, cast, on=date.fromordinal(far)) is None
