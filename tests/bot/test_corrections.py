"""A mark that was wrong: corrected or withdrawn on any scale, with its history, and the family sees that it was."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import AuditEntry, Mark, MarkCorrection, Org, OutboxEvent, Term
from core.db.outbox import mark_fanned_out
from core.db.uow import UnitOfWork
from core.domain.drafts import TAP_TIME
from tests.cast import Cast
from tests.support.conversation import Heard, Stage, User


class Desk:
    """A teacher with a lesson whose marks are five minutes old and more."""

    def __init__(self, stage: Stage, uow: UnitOfWork, cast: Cast, clock: FrozenClock) -> None:
        self.stage, self.uow, self.cast, self.clock = stage, uow, cast, clock
        self.teacher = stage.user(cast["teacher"].user_id)
        self.mother = stage.user(cast["mother"].user_id)

    async def on_scale(self, scale: str) -> None:
        async with self.uow.writing():
            await self.uow.write(sa.update(Org).where(Org.id == self.cast.school_id).values(scale=scale))

    async def give(self, line: str) -> None:
        await self.teacher.send(line)
        assert "Saved" in (await self.teacher.tap("Save")).text
        self.clock.move(timedelta(minutes=10))

    async def open(self, label: str) -> Heard:
        """Ivan at the lesson, and the button to change a mark of his."""
        await self.teacher.send("/register")
        rows = self.teacher.last.what.buttons  # type: ignore[union-attr]
        data = next(row[1].data for row in rows if "Petrov Ivan" in row[0].label)
        await self.teacher.tap_data(data)
        return await self.teacher.tap(label)

    async def newest(self) -> Any:
        return await self.uow.row(
            sa.select(Mark.id, Mark.value, Mark.number, Mark.withdrawn_at, Mark.withdrawn_by)
            .where(Mark.student_id == self.cast["ivan"].person_id)
            .order_by(Mark.id.desc())
        )

    async def history(self) -> list[str]:
        rows = await self.uow.rows(sa.select(MarkCorrection.value).order_by(MarkCorrection.id))
        return [row.value for row in rows]

    async def audit(self) -> list[tuple[str, Any, Any]]:
        rows = await self.uow.rows(
            sa.select(AuditEntry.action, AuditEntry.before, AuditEntry.after, AuditEntry.actor_id)
            .where(AuditEntry.action.in_(["mark.correct", "mark.withdraw"]))
            .order_by(AuditEntry.id)
        )
        assert {row.actor_id for row in rows} <= {self.cast["teacher"].person_id}
        return [(row.action, row.before["value"], row.after["value"]) for row in rows]

    async def waiting(self) -> list[Any]:
        return list(
            await self.uow.rows(
                sa.select(OutboxEvent.id, OutboxEvent.payload, OutboxEvent.not_before).where(
                    OutboxEvent.kind == "mark_changed",
                    OutboxEvent.cancelled_at.is_(None),
                    OutboxEvent.fanned_out_at.is_(None),
                )
            )
        )

    async def family_sees(self) -> str:
        await self.mother.send("/grades")
        return (await self.mother.tap("Algebra")).text


@pytest.fixture
def desk(database: Database, uow: UnitOfWork, cast: Cast, clock: FrozenClock) -> Desk:
    return Desk(Stage(database, clock), uow, cast, clock)


async def test_a_mark_is_corrected_by_a_tap_and_the_family_sees_it(desk: Desk) -> None:
    await desk.give("Petrov 3")
    card = await desk.open("Change 3")
    assert "• 3" in desk.teacher.last.buttons, "it is that already"  # type: ignore[union-attr]
    card = await desk.teacher.tap("4")
    assert card.text.splitlines()[0] == "Petrov Ivan"
    mark = await desk.newest()
    assert (mark.value, mark.number) == ("4", Decimal(4))
    assert await desk.history() == ["3"]
    assert await desk.audit() == [("mark.correct", "3", "4")]
    assert "4 (corrected, was 3)" in await desk.family_sees()


async def test_a_mark_on_the_scale_of_a_hundred_is_corrected_in_words(desk: Desk) -> None:
    await desk.on_scale("hundred")
    await desk.give("Petrov 85")
    asked = await desk.open("Change 85")
    assert "Write the mark, like 85." in asked.text
    refused = await desk.teacher.send("850")
    assert "“850” is no mark here; marks are 0 to 100" in refused.text
    card = await desk.teacher.send("58,5")
    assert card.text.splitlines()[0] == "Petrov Ivan"
    assert (await desk.newest()).value == "58.5"
    assert await desk.history() == ["85"]
    assert "58.5 (corrected, was 85)" in await desk.family_sees()
    assert "did not understand" in (await desk.teacher.send("60")).text, "the question is over"


@pytest.mark.parametrize("written", ["8", "8/10", "8 / 10"])
async def test_points_are_corrected_as_points(desk: Desk, written: str) -> None:
    await desk.give("Petrov 7/10")
    asked = await desk.open("Change 7/10")
    assert "5" not in desk.teacher.last.buttons, "the scale's marks are no points"  # type: ignore[union-attr]
    assert "like 10/10" in asked.text
    for wrong in ("11", "8/20", "good", "5+"):
        assert f"“{wrong}” is no mark here; points are 0 to 10" in (await desk.teacher.send(wrong)).text
    await desk.teacher.send(written)
    mark = await desk.newest()
    assert (mark.value, mark.number) == ("8", Decimal(8))
    assert "8/10 (corrected, was 7/10)" in await desk.family_sees()


@pytest.mark.parametrize(
    ("scale", "line", "label"),
    [
        ("five", "Petrov 7/10", "Change 7/10"),
        ("hundred", "Petrov 85", "Change 85"),
        ("five", "Petrov 2", "Change 2"),
    ],
)
async def test_any_mark_can_be_withdrawn_and_stays_in_the_books(
    desk: Desk, scale: str, line: str, label: str
) -> None:
    await desk.on_scale(scale)
    await desk.give(line)
    await desk.open(label)
    card = await desk.teacher.tap("Withdraw this mark")
    assert label not in desk.teacher.last.buttons  # type: ignore[union-attr]
    assert card.text.splitlines()[0] == "Petrov Ivan"
    mark = await desk.newest()
    assert mark.withdrawn_at is not None
    assert mark.withdrawn_by == desk.cast["teacher"].person_id
    assert (await desk.audit())[0][::2] == ("mark.withdraw", "")
    said = await desk.family_sees()
    assert "4 · quiz" in said
    assert f": {label.split()[1]}" not in said


async def test_words_are_corrected_by_words(desk: Desk) -> None:
    await desk.on_scale("words")
    await desk.give('Petrov "reads"')
    await desk.open("Change reads")
    await desk.teacher.send("reads aloud with joy")
    assert (await desk.newest()).value == "reads aloud with joy"
    assert "(corrected, was reads)" in await desk.family_sees()


async def test_a_mark_corrected_twice_before_it_is_told_is_told_once(desk: Desk) -> None:
    await desk.give("Petrov 3")
    for old, new in (("3", "4"), ("4", "5")):
        await desk.open(f"Change {old}")
        await desk.teacher.tap(new)
    (event,) = await desk.waiting()
    assert event.payload == {"mark": (await desk.newest()).id, "before": "3", "after": "5"}
    assert event.not_before == desk.clock.now() + TAP_TIME
    await desk.open("Change 5")
    await desk.teacher.tap("3")
    assert await desk.waiting() == [], "the family knows the 3"
    assert await desk.history() == ["3", "4", "5"]


async def test_a_correction_that_was_told_is_followed_by_another(desk: Desk) -> None:
    await desk.give("Petrov 3")
    await desk.open("Change 3")
    await desk.teacher.tap("4")
    async with desk.uow.writing():
        await mark_fanned_out(desk.uow, (await desk.waiting())[0].id)
    await desk.open("Change 4")
    await desk.teacher.tap("Withdraw this mark")
    (event,) = await desk.waiting()
    assert (event.payload["before"], event.payload["after"]) == ("4", "")


async def test_a_mark_that_is_still_to_be_told_is_told_as_it_is_then(desk: Desk) -> None:
    await desk.teacher.send("Petrov 3")
    await desk.teacher.tap("Save")
    await desk.open("Change 3")
    await desk.teacher.tap("4")
    assert await desk.waiting() == []
    assert await desk.history() == ["3"]


async def test_leaving_the_question_forgets_it(desk: Desk) -> None:
    await desk.on_scale("hundred")
    await desk.give("Petrov 85")
    for leave in ("Back", "/cancel"):
        await desk.open("Change 85")
        await (desk.teacher.send(leave) if leave.startswith("/") else desk.teacher.tap(leave))
        assert "did not understand" in (await desk.teacher.send("90")).text
    assert (await desk.newest()).value == "85"


async def test_a_mark_withdrawn_on_another_phone_is_shown_to_be_gone(desk: Desk) -> None:
    await desk.on_scale("hundred")
    await desk.give("Petrov 85")
    await desk.open("Change 85")
    async with desk.uow.writing():
        await desk.uow.write(
            sa.update(Mark).where(Mark.id == (await desk.newest()).id).values(withdrawn_at=desk.uow.now)
        )
    card = await desk.teacher.send("90")
    assert card.text.splitlines()[0] == "Petrov Ivan"
    assert "85" not in card.text
    assert (await desk.newest()).value == "85"


async def test_a_second_tap_on_the_new_mark_changes_nothing(desk: Desk) -> None:
    await desk.give("Petrov 3")
    await desk.open("Change 3")
    four = desk.teacher.last.buttons["4"]  # type: ignore[union-attr]
    for _ in range(2):
        await desk.teacher.tap_data(four)
    assert await desk.history() == ["3"]
    assert len(await desk.audit()) == 1


@pytest.mark.parametrize("name", ["homeroom", "head", "admin", "mother", "ivan", "stranger_mother"])
async def test_nobody_else_changes_a_mark(desk: Desk, name: str) -> None:
    await desk.give("Petrov 3")
    mark = await desk.newest()
    other: User = desk.stage.user(desk.cast[name].user_id)
    for on in ("ask", "set", "drop"):
        heard = await other.tap_data(f"rg:{on}:0:0:0:{mark.id}::0:0")
        assert heard.kind == "toast"
    assert (await desk.newest()) == mark
    assert await desk.audit() == []


async def test_the_scales_marks_are_not_forged_onto_points(desk: Desk) -> None:
    await desk.give("Petrov 7/10")
    mark = await desk.newest()
    heard = await desk.teacher.tap_data(f"rg:set:0:0:0:{mark.id}::1:0")
    assert "There is nothing like that here" in heard.text
    assert (await desk.newest()).value == "7"


async def test_a_mark_of_a_closed_term_stays(desk: Desk) -> None:
    await desk.give("Petrov 3")
    async with desk.uow.writing():
        await desk.uow.write(
            sa.update(Term)
            .where(Term.name == "Quarter 2")
            .values(starts=date(2026, 10, 26), ends=date(2026, 10, 27))
        )
    mark = await desk.newest()
    heard = await desk.teacher.tap_data(f"rg:drop:0:0:0:{mark.id}::0:0")
    assert "term that is closed" in heard.text
    assert (await desk.newest()).withdrawn_at is None


async def test_a_correction_is_undone_without_a_trace_for_the_family(desk: Desk) -> None:
    await desk.give("Petrov 3")
    for old, new in (("3", "4"), ("4", "5")):
        await desk.open(f"Change {old}")
        await desk.teacher.tap(new)
    card = await desk.teacher.tap("Undo: Petrov Ivan")
    assert "Taken back: 1 change of a mark." in card.text
    mark = await desk.newest()
    assert (mark.value, mark.number) == ("4", Decimal(4))
    assert await desk.history() == ["3"]
    await desk.teacher.tap("Undo: Petrov Ivan")
    assert (await desk.newest()).value == "3"
    assert "corrected" not in await desk.family_sees()
    assert await desk.waiting() == []
    assert not any("Undo" in one for one in desk.teacher.last.buttons)  # type: ignore[union-attr]


async def test_a_mark_withdrawn_by_mistake_comes_back_and_the_line_before_stays(desk: Desk) -> None:
    await desk.teacher.send("Smirnov Alexei 5")
    await desk.teacher.tap("Save")
    await desk.teacher.send('Petrov 7/10 test "neat"')
    await desk.teacher.tap("Save")
    await desk.open("Change 7/10")
    await desk.teacher.tap("Withdraw this mark")
    said = (await desk.teacher.send("/undo")).text
    assert "Taken back: 1 change of a mark." in said
    mark = await desk.newest()
    assert (mark.value, mark.withdrawn_at, mark.withdrawn_by) == ("7", None, None)
    assert "7/10" in await desk.family_sees()
    entry = await desk.uow.row(
        sa.select(AuditEntry.before).where(AuditEntry.action == "marks.undo").order_by(AuditEntry.id.desc())
    )
    assert entry is not None
    assert entry.before["changed"]["before"] == "7"


async def test_a_correction_that_was_corrected_again_is_not_undone(desk: Desk) -> None:
    await desk.give("Petrov 3")
    await desk.open("Change 3")
    await desk.teacher.tap("4")
    undo = desk.teacher.last.buttons["Undo: Petrov Ivan"]  # type: ignore[union-attr]
    await desk.open("Change 4")
    await desk.teacher.tap("5")
    card = await desk.teacher.tap_data(undo)
    assert "1 was changed since and stays." in card.text
    assert "taken back" not in card.text.casefold()
    assert (await desk.newest()).value == "5"
