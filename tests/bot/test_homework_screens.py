"""Homework as families read it and pupils tick it off: told apart, counted, and back to where one was."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.views.homework import HomeworkTap
from core.cards import Card
from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import Attachment, Homework
from core.db.uow import UnitOfWork
from tests.cast import TODAY, Cast
from tests.support.conversation import Stage, User


@pytest.fixture
def stage(database: Database, clock: FrozenClock) -> Stage:
    return Stage(database, clock)


def phone(stage: Stage, cast: Cast, name: str, *, language: str = "en") -> User:
    return stage.user(cast[name].user_id, language=language)


async def test_in_a_subject_work_is_ticked_off_and_its_files_open(stage: Stage, cast: Cast) -> None:
    sha = stage.services.files.keep(b"the worksheet")
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.insert(
            Attachment,
            homework_id=cast.homework["algebra_7a"],
            name="sheet.txt",
            media_type="text/plain",
            size=13,
            sha256=sha,
        )
    ivan = phone(stage, cast, "ivan")
    await ivan.send("/homework")
    await ivan.tap("By subject")
    subject = await ivan.tap("Algebra")
    assert "☐ 25 Nov" in subject.buttons
    ticked = await ivan.tap("☐ 25 Nov")
    assert "☑ 25 Nov" in ticked.buttons
    assert ticked.text.startswith("Algebra"), "a tick leaves one where one was"
    assert "the worksheet" in (await ivan.tap("📎 sheet.txt")).text


async def test_a_guardians_forged_tick_from_a_subject_is_refused(stage: Stage, cast: Cast) -> None:
    forged = HomeworkTap(
        on="tick-subject", student=cast["ivan"].person_id, id=cast.homework["algebra_7a"]
    ).pack()
    answer = await phone(stage, cast, "mother").tap_data(forged)
    assert "Not allowed" in answer.text or "not change it" in answer.text
    ivan = phone(stage, cast, "ivan")
    assert not any(label.startswith("☑") for label in (await ivan.send("/homework")).buttons)


async def more_algebra(stage: Stage, cast: Cast, days_back: list[int]) -> None:
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        for place, back in enumerate(days_back):
            await uow.insert(
                Homework,
                course_id=cast.courses["algebra_7a"],
                due_on=TODAY - timedelta(days=back),
                text=f"task {place}",
                recorded_at=uow.now,
            )


async def test_boxes_of_one_subject_are_told_apart_by_their_day(stage: Stage, cast: Cast) -> None:
    await more_algebra(stage, cast, [3, 4, 4])
    labels = (await phone(stage, cast, "ivan").send("/homework")).buttons
    boxes = [label for label in labels if label.startswith("☐")]
    assert boxes == [
        *("☐ 25 Nov, Algebra", "☐ Literature", "☐ 20 Nov, Algebra", "☐ 20 Nov, Algebra (2)"),
        "☐ 21 Nov, Algebra",
    ]


async def test_overdue_work_beyond_five_is_counted_and_has_a_screen_of_its_own(
    stage: Stage, cast: Cast
) -> None:
    await more_algebra(stage, cast, [1, 2, 3, 4, 5, 6, 7])
    ivan = phone(stage, cast, "ivan")
    work = await ivan.send("/homework")
    assert "and 2 older ones" in work.text
    assert "task 6" not in work.text
    overdue = await ivan.tap("Not ticked off yet: 7")
    for place in range(7):
        assert f"task {place}" in overdue.text
    left = await ivan.tap("☐ 17 Nov")
    assert "task 6" not in left.text, "what is ticked off is not overdue, and one stays where one was"
    assert "task 5" in left.text


async def test_attachments_called_alike_are_told_apart(stage: Stage, cast: Cast) -> None:
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        for key in ("algebra_7a", "literature_7a"):
            await uow.insert(
                Attachment,
                homework_id=cast.homework[key],
                name="Explanation",
                media_type="",
                size=0,
                sha256="",
                url="https://school.example/",
            )
    answer = await phone(stage, cast, "mother").send("/homework")
    assert isinstance(answer.what, Card)
    links = [button.label for row in answer.what.buttons for button in row if button.url]
    assert links == ["🔗 25 Nov, Algebra: Explanation", "🔗 25 Nov, Literature: Explanation"]
