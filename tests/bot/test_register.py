"""/register with a class of thirty-five, as a teacher taps it: one tap cycles, one opens the marks, pages stay."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.views.register import ON_A_PAGE
from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import (
    Attendance,
    CourseEnrollment,
    Lesson,
    LessonChange,
    Mark,
    Org,
    OutboxEvent,
    Person,
)
from core.db.uow import UnitOfWork
from core.domain.ids import CourseId
from core.domain.kinds import ChangeKind
from core.domain.lessons import LessonKey
from core.queries.register import register_for, undoable_at
from tests.cast import TODAY, Cast, actor_of
from tests.support.conversation import Heard, Stage, User

SIZE = 35


@pytest.fixture
async def class_of_35(uow: UnitOfWork, cast: Cast) -> dict[str, int]:
    """Thirty-three more pupils of algebra in 7A, by name."""
    found = {}
    async with uow.writing():
        for number in range(SIZE - 2):
            name = f"Pupil{number:02}"
            found[f"{name} Given"] = await uow.insert(
                Person, family=name, given="Given", name_key=name.casefold()
            )
            await uow.insert(
                CourseEnrollment,
                student_id=found[f"{name} Given"],
                course_id=cast.courses["algebra_7a"],
            )
    return found


class Phone:
    """The teacher's phone with the register open."""

    def __init__(self, user: User, uow: UnitOfWork, clock: FrozenClock) -> None:
        self.user, self.uow, self.clock = user, uow, clock

    async def open(self, words: str = "") -> Heard:
        return await self.user.send(f"/register {words}".strip())

    async def tap(self, label: str) -> Heard:
        """The button whose label ends so, or else begins so."""
        self.clock.move(timedelta(seconds=1))
        assert self.user.last is not None
        for ours, data in self.user.last.buttons.items():
            if ours == label or ours.endswith(f" {label}"):
                return await self.user.tap_data(data)
        return await self.user.tap(label)

    async def open_pupil(self, name: str) -> Heard:
        """The button right of the name."""
        self.clock.move(timedelta(seconds=1))
        return await self.user.tap_data(self.marks_button(name)[1])

    def marks_button(self, name: str) -> tuple[str, str]:
        assert self.user.last is not None
        for row in self.user.last.what.buttons:  # type: ignore[union-attr]
            if name in row[0].label and len(row) == 2:
                return row[1].label, row[1].data
        raise AssertionError(f"{name} is not on this page: {self.names}")

    @property
    def buttons(self) -> list[str]:
        assert self.user.last is not None
        return list(self.user.last.buttons)

    @property
    def names(self) -> list[str]:
        """The pupils on the page, with their signs."""
        assert self.user.last is not None
        rows = self.user.last.what.buttons  # type: ignore[union-attr]
        return [row[0].label for row in rows if len(row) == 2 and row[0].data.startswith("rg:note")]

    def sign(self, name: str) -> str:
        return next(one for one in self.names if name in one).split(name)[0].strip()

    async def noted(self) -> dict[int, str]:
        rows = await self.uow.rows(
            sa.select(Attendance.student_id, Attendance.kind)
            .join(Lesson, Lesson.id == Attendance.lesson_id)
            .where(Lesson.date == TODAY)
        )
        return {row.student_id: row.kind.value for row in rows}

    async def marks(self, student_id: int) -> list[str]:
        rows = await self.uow.rows(
            sa.select(Mark.value)
            .where(Mark.student_id == student_id, Mark.withdrawn_at.is_(None))
            .order_by(Mark.id)
        )
        return [row.value for row in rows]


@pytest.fixture
def phone(database: Database, cast: Cast, uow: UnitOfWork, clock: FrozenClock) -> Phone:
    return Phone(Stage(database, clock).user(cast["teacher"].user_id), uow, clock)


async def test_one_tap_cycles_present_absent_late_ill(phone: Phone, class_of_35: dict[str, int]) -> None:
    await phone.open()
    name, student = "Pupil03 Given", class_of_35["Pupil03 Given"]
    assert phone.sign(name) == "·", "not recorded is not present"
    for sign, noted in (("✗", "absent"), ("◷", "late"), ("✚", "ill")):
        card = await phone.tap(name)
        assert card.kind == "edit", "the list changes in place"
        assert phone.sign(name) == sign
        assert await phone.noted() == {student: noted}
    await phone.tap(name)
    assert phone.sign(name) == "·"
    assert await phone.noted() == {}


async def test_the_whole_class_fits_on_pages_for_a_thumb(phone: Phone, class_of_35: dict[str, int]) -> None:
    await phone.open()
    seen: list[str] = []
    for number in range(math.ceil(SIZE / ON_A_PAGE)):
        assert f"Register {number + 1}/3" in phone.user.last.text  # type: ignore[union-attr]
        assert len(phone.names) <= 12
        rows = phone.user.last.what.buttons  # type: ignore[union-attr]
        assert all(len(row) <= 2 for row in rows), "no button is narrower than half of the screen"
        seen += phone.names
        if number < 2:
            await phone.tap("▶")
    assert "▶" not in phone.buttons
    assert len(seen) == len(set(seen)) == SIZE
    await phone.tap("◀")
    assert "Register 2/3" in phone.user.last.text  # type: ignore[union-attr]


async def test_a_tap_a_mark_and_an_undo_leave_one_on_the_same_page(
    phone: Phone, class_of_35: dict[str, int]
) -> None:
    await phone.open()
    await phone.tap("▶")
    await phone.tap("▶")
    page = [name.split(" ", 1)[1] for name in phone.names]

    def on_the_page() -> bool:
        return [name.split(" ", 1)[1] for name in phone.names] == page

    last = page[-1]
    await phone.tap(last)
    assert on_the_page()
    await phone.tap("Undo")
    assert on_the_page()
    await phone.open_pupil(last)
    await phone.tap("5")
    await phone.tap("Back to the list")
    assert on_the_page()
    assert phone.marks_button(last)[0] == "5"
    await phone.tap("All the rest present")
    assert on_the_page()
    assert phone.sign(last) == "✓"


async def test_all_the_rest_present_leaves_those_who_are_not(
    phone: Phone, class_of_35: dict[str, int]
) -> None:
    await phone.open()
    await phone.tap("Pupil00 Given")
    card = await phone.tap("All the rest present")
    assert "The register is taken." in card.text
    assert phone.sign("Pupil00 Given") == "✗"
    assert phone.sign("Pupil01 Given") == "✓"
    assert "All the rest present" not in phone.buttons
    assert list((await phone.noted()).values()) == ["absent"]


async def test_undo_says_what_it_takes_back_and_goes_back_step_by_step(
    phone: Phone, class_of_35: dict[str, int]
) -> None:
    await phone.open()
    assert not any("Undo" in one for one in phone.buttons), "nothing was done yet"
    await phone.tap("Pupil00 Given")
    await phone.tap("Pupil01 Given")
    await phone.tap("Pupil01 Given")
    await phone.tap("All the rest present")
    assert "Undo: all the rest: present" in phone.buttons
    card = await phone.tap("Undo: all the rest")
    assert "It is taken back." in card.text
    assert "not taken yet" in card.text
    assert "Undo: Pupil01 Given" in phone.buttons
    card = await phone.tap("Undo: Pupil01 Given")
    assert "Taken back: 1 note of presence." in card.text
    assert await phone.noted() == {class_of_35["Pupil00 Given"]: "absent"}
    await phone.tap("Undo: Pupil00 Given")
    assert await phone.noted() == {}
    assert not any("Undo" in one for one in phone.buttons)


async def test_the_command_undo_takes_back_the_last_tap_and_not_an_older_line(
    phone: Phone, class_of_35: dict[str, int], cast: Cast
) -> None:
    await phone.user.send("Smirnov 5")
    await phone.user.tap("Save")
    await phone.open()
    await phone.tap("Petrov Ivan")
    card = await phone.user.send("/undo")
    assert "Taken back: 1 note of presence." in card.text
    assert await phone.noted() == {}
    assert await phone.marks(cast["alexei"].person_id) == ["4", "4", "5"]
    assert "Taken back: 1 mark." in (await phone.user.send("/undo")).text
    assert "Nothing to undo" in (await phone.user.send("/undo")).text


async def test_undo_ends_after_five_minutes(phone: Phone, class_of_35: dict[str, int]) -> None:
    await phone.open()
    await phone.tap("Pupil00 Given")
    phone.clock.move(timedelta(minutes=6))
    heard = await phone.tap("Undo")
    assert heard.kind == "toast"
    assert "Undo works for five minutes" in heard.text
    assert len(await phone.noted()) == 1
    await phone.open()
    assert not any("Undo" in one for one in phone.buttons)


async def test_another_chat_does_not_undo_it(
    phone: Phone, database: Database, uow: UnitOfWork, cast: Cast, clock: FrozenClock
) -> None:
    async with uow.writing():
        await uow.insert(
            LessonChange,
            course_id=cast.courses["algebra_7a"],
            date=TODAY,
            period=1,
            kind=ChangeKind.SUBSTITUTED,
            teacher_id=cast["homeroom"].person_id,
        )
    await phone.open()
    await phone.tap("Petrov Ivan")
    undo = next(data for label, data in phone.user.last.buttons.items() if "Undo" in label)  # type: ignore[union-attr]
    substitute = Phone(Stage(database, clock).user(cast["homeroom"].user_id), uow, clock)
    assert "algebra" in (await substitute.open("7A algebra")).text.casefold()
    assert not any("Undo" in one for one in substitute.buttons)
    assert "There is nothing like that here" in (await substitute.user.tap_data(undo)).text
    assert len(await phone.noted()) == 1


async def test_one_tap_opens_the_marks_and_one_gives_a_mark(
    phone: Phone, class_of_35: dict[str, int]
) -> None:
    await phone.open()
    name = "Pupil05 Given"
    assert phone.marks_button(name)[0] == "+"
    await phone.open_pupil(name)
    assert {"5", "4+", "2-"} <= set(phone.buttons)
    card = await phone.tap("4+")
    assert card.text.splitlines()[0] == name
    assert await phone.marks(class_of_35[name]) == ["4+"]
    card = await phone.tap("Undo")
    assert "Taken back: 1 mark." in card.text
    assert card.text.splitlines()[0] == name, "one is where one was"
    assert await phone.marks(class_of_35[name]) == []


async def test_a_double_tap_gives_one_mark(phone: Phone, class_of_35: dict[str, int]) -> None:
    await phone.open()
    name = "Pupil05 Given"
    await phone.open_pupil(name)
    five = phone.user.last.buttons["5"]  # type: ignore[union-attr]
    await phone.user.tap_data(five)
    card = await phone.user.tap_data(five)
    assert await phone.marks(class_of_35[name]) == ["5"]
    assert "nothing more was given" in card.text
    await phone.tap("5")
    assert await phone.marks(class_of_35[name]) == ["5", "5"], "a second five that is meant"


async def test_a_mark_for_a_pupil_who_got_one_from_somebody_else_meanwhile_waits(
    phone: Phone, cast: Cast, uow: UnitOfWork
) -> None:
    await phone.open()
    await phone.open_pupil("Petrov Ivan")
    five = phone.user.last.buttons["5"]  # type: ignore[union-attr]
    await phone.user.send("Petrov 3")
    await phone.user.tap("Save")
    card = await phone.user.tap_data(five)
    assert await phone.marks(cast["ivan"].person_id) == ["4", "4", "3"]
    assert "3" in card.text
    events = await uow.value(
        sa.select(sa.func.count()).select_from(OutboxEvent).where(OutboxEvent.kind == "marks_posted")
    )
    assert events == 1


async def test_minutes_late_are_tapped_on_the_pupils_card(phone: Phone, class_of_35: dict[str, int]) -> None:
    await phone.open()
    name = "Pupil02 Given"
    await phone.tap(name)
    await phone.tap(name)
    await phone.open_pupil(name)
    card = await phone.tap("15′")
    assert "late by 15 minutes" in card.text
    await phone.tap("Undo")
    assert await phone.noted() == {}, "present, late and the minutes were one step"


@pytest.mark.parametrize(
    "middle",
    ["l:999:0", "l:301:0", "a:10:0", "i:1:0", "p:5:0", ":0:0", "l:-1:0", "x:0:0", "l:0:-1"],
)
async def test_a_forged_presence_is_refused(phone: Phone, cast: Cast, middle: str) -> None:
    course = cast.courses["algebra_7a"]
    data = f"rg:note:{course}:{TODAY.toordinal()}:1:{cast['ivan'].person_id}:{middle}"
    heard = await phone.user.tap_data(data)
    assert heard.kind == "toast"
    assert "does not lead anywhere" in heard.text
    assert await phone.noted() == {}


@pytest.mark.parametrize("on", ["list", "note", "rest", "pupil", "give", "write", "undo"])
async def test_a_forged_tap_without_a_lesson_is_refused(phone: Phone, cast: Cast, on: str) -> None:
    data = f"rg:{on}:{cast.courses['algebra_7a']}:0:1:{cast['ivan'].person_id}:a:0:0"
    heard = await phone.user.tap_data(data)
    assert heard.kind == "toast"


@pytest.mark.parametrize("name", ["homeroom", "head", "admin", "mother", "ivan"])
async def test_nobody_else_opens_or_changes_the_register(
    phone: Phone, database: Database, cast: Cast, clock: FrozenClock, name: str
) -> None:
    await phone.open()
    data = list(phone.user.last.buttons.values())  # type: ignore[union-attr]
    other = Stage(database, clock).user(cast[name].user_id)
    for one in data:
        clock.move(timedelta(seconds=1))
        heard = await other.tap_data(one)
        assert "Petrov" not in heard.text
    assert await phone.noted() == {}


async def test_no_button_is_too_long_for_telegram(phone: Phone, uow: UnitOfWork, cast: Cast) -> None:
    """A region's ids have up to ten digits; Button itself refuses what is longer than 64 bytes."""
    async with uow.writing():
        student = await uow.insert(
            Person, id=4_000_000_000, family="Large", given="Number", name_key="large number"
        )
        await uow.insert(CourseEnrollment, student_id=student, course_id=cast.courses["algebra_7a"])
    await phone.open()
    await phone.tap("Large Number")
    await phone.open_pupil("Large Number")
    await phone.tap("5")
    assert max(len(one.encode()) for one in phone.user.last.buttons.values()) <= 64  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("scale", "written", "value"), [("hundred", "85,5", "85.5"), ("words", "“reads well”", "reads well")]
)
async def test_a_scale_without_buttons_takes_the_mark_in_words(
    phone: Phone, uow: UnitOfWork, cast: Cast, scale: str, written: str, value: str
) -> None:
    async with uow.writing():
        await uow.write(sa.update(Org).where(Org.id == cast.school_id).values(scale=scale))
    await phone.open("17.11")
    await phone.open_pupil("Petrov Ivan")
    asked = await phone.tap("Give a mark")
    assert "17 Nov" in asked.text, "it is for that lesson, whatever is on now"
    if scale == "hundred":
        refused = await phone.user.send("120")
        assert "“120” is no mark here; marks are 0 to 100" in refused.text
    card = await phone.user.send(written)
    assert card.text.splitlines()[0] == "Petrov Ivan"
    assert value in card.text
    assert await phone.marks(cast["ivan"].person_id) == ["4", "4", value]


async def test_leaving_the_question_for_a_mark_makes_words_words_again(
    phone: Phone, uow: UnitOfWork, cast: Cast
) -> None:
    async with uow.writing():
        await uow.write(sa.update(Org).where(Org.id == cast.school_id).values(scale="hundred"))
    await phone.open()
    await phone.open_pupil("Petrov Ivan")
    await phone.tap("Give a mark")
    await phone.tap("Back")
    assert "did not understand" in (await phone.user.send("85")).text
    assert await phone.marks(cast["ivan"].person_id) == ["4", "4"]


async def test_the_register_is_read_in_few_statements(
    uow: UnitOfWork, cast: Cast, class_of_35: dict[str, int]
) -> None:
    actor = await actor_of(uow, cast, "teacher")
    key = LessonKey(TODAY, 1, CourseId(cast.courses["algebra_7a"]))
    before = uow.statements
    found = await register_for(uow, actor, key)
    assert len(found.lines) == SIZE
    assert uow.statements - before <= 3
    assert await undoable_at(uow, actor, found) is None
    assert uow.statements - before <= 4
