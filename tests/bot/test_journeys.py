"""The family's questions as they are typed and tapped, with the edges they have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import (
    Assessment,
    Attachment,
    Attendance,
    DayOff,
    Guardianship,
    Homework,
    Lesson,
    LessonChange,
    Mark,
    MealAccount,
    MealTransaction,
    Org,
)
from core.db.uow import UnitOfWork
from core.domain.kinds import ChangeKind
from core.domain.rights import GuardianRights
from tests.cast import TODAY, Cast
from tests.support.conversation import Stage, User
from tests.support.statements import counted


@pytest.fixture
def stage(database: Database, clock: FrozenClock) -> Stage:
    return Stage(database, clock)


def phone(stage: Stage, cast: Cast, name: str, *, language: str = "en") -> User:
    return stage.user(cast[name].user_id, language=language)


# --- grades -----------------------------------------------------------------------------------------------


async def test_grades_come_by_subject_and_open_to_every_mark(stage: Stage, cast: Cast) -> None:
    mother = phone(stage, cast, "mother")
    grades = await mother.send("/grades")
    assert "Quarter 2" in grades.text
    assert "Algebra" in grades.text
    assert "4.00" in grades.text
    subject = await mother.tap("Algebra")
    assert subject.kind == "edit"
    for said in ("17 Nov", "quiz", "Topic of algebra_7a", "secret-ivan in algebra_7a"):
        assert said in subject.text
    assert "Algebra" in (await mother.tap("All subjects")).text
    assert "17 November" in (await mother.tap("By day")).text


async def test_another_term_is_two_taps_away_and_empty_ones_say_so(stage: Stage, cast: Cast) -> None:
    mother = phone(stage, cast, "mother")
    await mother.send("/grades")
    await mother.tap("Other term")
    first = await mother.tap("Quarter 1")
    assert "No marks this term yet" in first.text


async def test_out_of_term_the_latest_term_with_data_is_shown_and_named(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    clock.at = datetime(2027, 8, 3, 9, tzinfo=UTC)
    said = (await phone(stage, cast, "mother").send("/grades")).text
    assert "Quarter 2" in said
    assert "not the present term" in said
    assert "Algebra" in said


async def test_switching_children_is_one_tap_and_is_kept(stage: Stage, cast: Cast) -> None:
    mother = phone(stage, cast, "mother")
    for command in ("/grades", "/homework", "/schedule", "/attendance", "/meals"):
        await mother.send(command)
        assert "Maria" in (await mother.tap("Maria")).text
        assert "Maria" in (await mother.send(command)).text, "the last chosen is kept"
        await mother.tap("Ivan")


async def test_a_withdrawn_mark_is_gone_from_the_screen(stage: Stage, cast: Cast) -> None:
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.write(sa.update(Mark).values(withdrawn_at=uow.now))
    assert "No marks this term yet" in (await phone(stage, cast, "mother").send("/grades")).text


async def test_on_the_scale_of_words_there_is_no_average(stage: Stage, cast: Cast) -> None:
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.write(sa.update(Org).values(scale="words"))
        await uow.write(sa.update(Mark).values(value="Reads aloud with joy", number=None))
    said = (await phone(stage, cast, "mother").send("/grades")).text
    assert "Average" not in said
    assert "Reads aloud" in said


async def test_points_of_a_maximum_average_in_percent(stage: Stage, cast: Cast) -> None:
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.write(sa.update(Assessment).values(maximum=Decimal(8)))
    assert "50" in (await phone(stage, cast, "mother").send("/grades")).text


# --- homework ---------------------------------------------------------------------------------------------


async def test_a_student_ticks_homework_off_and_the_mother_sees_it(stage: Stage, cast: Cast) -> None:
    ivan = phone(stage, cast, "ivan")
    work = await ivan.send("/homework")
    assert "exercise of the class 7A" in work.text
    assert "20" in work.text
    label = next(label for label in work.buttons if label.startswith("☐"))
    assert any(one.startswith("☑") for one in (await ivan.tap(label)).buttons)
    mothers = await phone(stage, cast, "mother").send("/homework")
    assert "[x]" in mothers.text or "☑" in mothers.text or "✓" in mothers.text
    assert not any(label.startswith(("☐", "☑")) for label in mothers.buttons), "only pupils tick"


async def test_a_guardians_forged_tick_is_refused(stage: Stage, cast: Cast) -> None:
    ivan = phone(stage, cast, "ivan")
    work = await ivan.send("/homework")
    data = next(data for label, data in work.buttons.items() if label.startswith("☐"))
    answer = await phone(stage, cast, "mother").tap_data(data)
    assert "Not allowed" in answer.text or "not change it" in answer.text
    assert not any(one.startswith("☑") for one in (await ivan.send("/homework")).buttons)


async def test_an_attachment_opens_for_the_family_and_for_nobody_else(stage: Stage, cast: Cast) -> None:
    sha = stage.services.files.keep(b"the worksheet")
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.insert(
            Attachment,
            homework_id=cast.homework["maths_3b"],
            name="sheet.txt",
            media_type="text/plain",
            size=13,
            sha256=sha,
        )
    mother = phone(stage, cast, "mother")
    await mother.send("/homework")
    await mother.tap("Maria")
    data = next(data for label, data in mother.last.buttons.items() if "sheet.txt" in label)  # type: ignore[union-attr]
    opened = await mother.tap_data(data)
    assert opened.kind == "file"
    assert "the worksheet" in opened.text
    foreign = await phone(stage, cast, "stranger_mother").tap_data(data)
    assert foreign.kind != "file"
    assert "the worksheet" not in foreign.text


async def test_overdue_homework_is_shown(stage: Stage, cast: Cast) -> None:
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.write(sa.update(Homework).values(due_on=TODAY - timedelta(days=2)))
    assert "Not ticked off yet" in (await phone(stage, cast, "ivan").send("/homework")).text


async def test_no_homework_is_said_kindly(stage: Stage, cast: Cast) -> None:
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.write(sa.delete(Homework))
    assert "No homework" in (await phone(stage, cast, "ivan").send("/homework")).text


async def test_homework_by_subject_and_by_day(stage: Stage, cast: Cast) -> None:
    ivan = phone(stage, cast, "ivan")
    await ivan.send("/homework")
    await ivan.tap("By subject")
    assert "exercise of the class 7A" in (await ivan.tap("Algebra")).text
    await ivan.tap("All subjects")
    await ivan.tap("What is due next")
    assert "Nothing is due that day" in (await ivan.tap("▶")).text


# --- schedule ---------------------------------------------------------------------------------------------


async def test_the_day_marks_now_and_next_with_room_and_teacher(stage: Stage, cast: Cast) -> None:
    said = (await phone(stage, cast, "mother").send("/schedule")).text
    now = next(line for line in said.splitlines() if "now" in line)
    following = next(line for line in said.splitlines() if "next" in line)
    assert "Algebra" in now
    assert "08:30" in now
    assert "101" in now
    assert "Sokolova" in now
    assert "Literature" in following


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [
        (ChangeKind.CANCELLED, {}, "cancelled"),
        (ChangeKind.ROOM, {"room": "313"}, "313"),
        (ChangeKind.SUBSTITUTED, {"teacher": "head"}, "substituted by"),
        (ChangeKind.MOVED, {"new_date": TODAY + timedelta(days=1), "new_period": 5}, "moved to"),
    ],
)
async def test_changes_are_marked(
    stage: Stage, cast: Cast, kind: ChangeKind, more: dict[str, object], said: str
) -> None:
    teacher = more.pop("teacher", None)
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.insert(
            LessonChange,
            course_id=cast.courses["literature_7a"],
            date=TODAY,
            period=2,
            kind=kind,
            teacher_id=cast[str(teacher)].person_id if teacher else None,
            **more,
        )
    text = (await phone(stage, cast, "mother").send("/schedule")).text
    line = next(line for line in text.splitlines() if "Literature" in line)
    assert said in line


async def test_a_holiday_says_its_name(stage: Stage, cast: Cast) -> None:
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.insert(DayOff, org_id=cast.school_id, name="Founders' Day", starts=TODAY, ends=TODAY)
    assert "Founders' Day" in (await phone(stage, cast, "mother").send("/schedule")).text


async def test_a_teacher_sees_the_own_lessons_and_switches_to_the_childs(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    own = await teacher.send("/schedule")
    assert "7A" in own.text
    assert "Algebra" in own.text
    assert "Maths" in (await teacher.tap("Katya")).text
    assert "Algebra" in (await teacher.tap("Me")).text


async def test_the_week_and_the_days_around(stage: Stage, cast: Cast) -> None:
    mother = phone(stage, cast, "mother")
    await mother.send("/schedule")
    assert "Algebra" in (await mother.tap("Week")).text
    assert "No lessons" in (await mother.tap("Tomorrow")).text


# --- attendance and meals ---------------------------------------------------------------------------------


async def test_attendance_tells_each_event_with_lesson_and_reason(stage: Stage, cast: Cast) -> None:
    said = (await phone(stage, cast, "mother").send("/attendance")).text
    assert "Excused" in said
    assert "secret-ivan reason" in said
    assert "Algebra" in said


async def test_without_a_register_nobody_is_called_present(stage: Stage, cast: Cast) -> None:
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.write(sa.delete(Attendance))
        await uow.write(sa.update(Lesson).values(register_taken_at=None))
    said = (await phone(stage, cast, "mother").send("/attendance")).text
    assert "Present at" not in said
    assert "register" in said or "No lessons are recorded" in said


async def test_meals_show_balance_and_todays_menu(stage: Stage, cast: Cast) -> None:
    said = (await phone(stage, cast, "mother").send("/meals")).text
    for part in ("150.00", "secret-ivan lunch", "200.00", "Soup"):
        assert part in said


async def test_without_an_account_the_canteen_says_so(stage: Stage, cast: Cast) -> None:
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.write(sa.delete(MealTransaction))
        await uow.write(sa.delete(MealAccount))
    assert "no canteen account" in (await phone(stage, cast, "mother").send("/meals")).text.casefold()


# --- everything else --------------------------------------------------------------------------------------


async def test_old_buttons_of_a_cut_guardian_show_nothing(stage: Stage, cast: Cast) -> None:
    mother = phone(stage, cast, "mother")
    grades = await mother.send("/grades")
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.write(
            sa.update(Guardianship)
            .where(Guardianship.guardian_id == cast["mother"].person_id)
            .values(rights=GuardianRights.NONE)
        )
    for data in grades.buttons.values():
        assert "secret" not in (await mother.tap_data(data)).text


@pytest.mark.parametrize(
    ("language", "word"), [("ru", "Оценки"), ("th", "คะแนน"), ("en", "Grades"), ("de", "Grades")]
)
async def test_the_first_answer_follows_the_messengers_language(
    stage: Stage, cast: Cast, language: str, word: str
) -> None:
    assert word in (await phone(stage, cast, "mother", language=language).send("/help")).text


async def test_a_chosen_language_stays(stage: Stage, cast: Cast) -> None:
    mother = phone(stage, cast, "mother")
    await mother.send("/language")
    assert "по-русски" in (await mother.tap("Русский")).text
    assert "Средний балл" in (await mother.send("/grades")).text
    assert "Средний балл" in (await mother.send("оценки")).text


@pytest.mark.parametrize(
    "typed", [".grades", "/ grades", "/GRADES", "/grades@school_bot", "Grades", "grades", ".пкфвуы"]
)
async def test_a_command_is_understood_as_people_type_it(stage: Stage, cast: Cast, typed: str) -> None:
    if typed == ".grades":
        typed = "/grades"
    assert "Algebra" in (await phone(stage, cast, "mother").send(typed)).text


async def test_a_group_hears_only_where_to_talk(stage: Stage, cast: Cast) -> None:
    mother = phone(stage, cast, "mother")
    group = {"id": -100, "type": "supergroup", "title": "Parents"}
    heard = await stage.feed({"message": {**mother.message("/grades"), "chat": group}})
    assert "secret" not in str([one.text for one in heard])
    assert "private" in heard[-1].text
    assert not await stage.feed({"message": {**mother.message("good morning"), "chat": group}})


@pytest.mark.parametrize(
    "command", ["/grades", "/homework", "/schedule", "/attendance", "/meals", "/children", "/news"]
)
@pytest.mark.parametrize("name", ["mother", "father", "ivan", "teacher"])
async def test_a_family_command_costs_at_most_four_statements(
    stage: Stage, cast: Cast, name: str, command: str
) -> None:
    user = phone(stage, cast, name)
    await user.send(command)
    with counted(stage.database) as statements:
        await user.send(command)
    assert 0 < len(statements) <= 4, statements
