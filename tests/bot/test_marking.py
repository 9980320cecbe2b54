"""A teacher marks in one line: shown, saved, seen by the family, taken back; and what cannot be marked says why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import AuditEntry, DayOff, Lesson, LessonChange, Mark
from core.db.uow import UnitOfWork
from core.domain.kinds import ChangeKind
from core.i18n import translator
from tests.cast import TODAY, Cast, link
from tests.support.conversation import Stage, User
from tests.support.lessons import add_course, add_pupil, substitute

YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def stage(database: Database, clock: FrozenClock) -> Stage:
    return Stage(database, clock)


@pytest.fixture
async def kozlovs(database: Database, clock: FrozenClock, cast: Cast) -> tuple[int, int]:
    """Two more pupils of 7A's algebra, of one family name."""
    async with UnitOfWork(database, clock, via="test") as uow, uow.writing():
        return (
            await add_pupil(uow, cast, "Anton", "Kozlov", roll=3),
            await add_pupil(uow, cast, "Boris", "Kozlov", roll=4),
        )


def phone(stage: Stage, cast: Cast, name: str, *, language: str = "en") -> User:
    return stage.user(cast[name].user_id, language=language)


async def marks(stage: Stage) -> list[tuple[int, str, date, int]]:
    """Pupil, value, day and course of what was marked beside the cast's own marks."""
    async with UnitOfWork(stage.database, stage.clock) as uow:
        rows = await uow.rows(
            sa.text(
                "SELECT m.student_id, m.value, l.date, l.course_id FROM mark m"
                " JOIN assessment a ON a.id = m.assessment_id JOIN lesson l ON l.id = a.lesson_id"
                " WHERE m.withdrawn_at IS NULL AND a.title = '' ORDER BY m.id"
            ).columns(date=sa.Date())
        )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


# --- the whole way ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "line", "who"),
    [
        ("en", "Petrov 5, Smirnov absent, Kozlov late 10", "Kozlov"),
        ("ru", "Петров 5, Смирнов н, Козлов оп 10", "Козлов"),
        ("th", "Petrov ๕, Smirnovขาด, Kozlov สาย 10", "Kozlov"),
    ],
)
async def test_a_line_is_shown_asked_about_saved_seen_by_the_families_and_taken_back(
    stage: Stage, cast: Cast, kozlovs: tuple[int, int], language: str, line: str, who: str
) -> None:
    t = translator(language)
    teacher = phone(stage, cast, "teacher", language=language)
    shown = await teacher.send(line)
    for said in ("Petrov Ivan: 5", "Smirnov Alexei", who):
        assert said in shown.text
    assert {"Kozlov Anton", "Kozlov Boris"} <= set(shown.buttons)
    assert t("Save") not in shown.buttons, "nothing is saved while somebody is to be chosen"
    assert await marks(stage) == []
    await teacher.tap("Kozlov Boris")
    saved = await teacher.tap(t("Save"))
    assert t("Saved") in saved.text
    assert "Kozlov Boris" in saved.text
    mother, other = (phone(stage, cast, name, language=language) for name in ("mother", "stranger_mother"))
    assert t.number(4.5, 2) in (await mother.send("/grades")).text
    absences = (await other.send("/attendance")).text
    assert t("Today") in absences
    assert t("Undo") in (teacher.last.buttons if teacher.last else {})
    await teacher.send("/undo")
    assert t.number(4.5, 2) not in (await mother.send("/grades")).text
    assert t("Today") not in (await other.send("/attendance")).text
    assert await marks(stage) == []


async def test_a_mark_on_a_command_with_kind_and_comment_reaches_the_family(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    await teacher.send('/m 7A algebra test: Petrov 5 4 "clean proof"')
    await teacher.tap("Save")
    mother = phone(stage, cast, "mother")
    await mother.send("/grades")
    said = (await mother.tap("Algebra")).text
    assert "24 Nov: 5 · test" in said
    assert "“clean proof”" in said


async def test_all_the_rest_present_takes_the_register(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    assert "all the rest: present" in (await teacher.send("Smirnov absent, rest present")).text
    assert "register is taken" in (await teacher.tap("Save")).text
    assert "Present at 1 of" in (await phone(stage, cast, "mother").send("/attendance")).text


# --- which lesson -----------------------------------------------------------------------------------------


@pytest.fixture
async def more_lessons(database: Database, clock: FrozenClock, cast: Cast) -> None:
    """The teacher also has algebra in 3B: today's third lesson and yesterday's first."""
    async with UnitOfWork(database, clock, via="test") as uow, uow.writing():
        await add_course(uow, cast, "algebra_3b", "Algebra", "3B", slots=((2, 3), (1, 1)))
        await add_pupil(uow, cast, "Fyodor", "Petrov", course="algebra_3b", class_name="3B")


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("Petrov 5", "7A · Algebra, today, lesson 1"),
        ("3B: Petrov 5", "3B · Algebra, today, lesson 3"),
        ("3rd lesson: Petrov 5", "3B · Algebra, today, lesson 3"),
        ("третий урок: Петров 5", "3B · Algebra, today, lesson 3"),
        ("คาบแรก: Petrov 5", "7A · Algebra, today, lesson 1"),
        ("yesterday: Petrov 5", "3B · Algebra, yesterday, lesson 1"),
        ("7A 17.11: Petrov 5", "7A · Algebra, Tuesday, 17 November, lesson 1"),
        ("алгебра 7А: Петров 5", "7A · Algebra, today, lesson 1"),
    ],
)
async def test_a_named_class_period_or_day_wins_over_the_lesson_that_is_on(
    stage: Stage, cast: Cast, more_lessons: None, line: str, where: str
) -> None:
    assert where in (await phone(stage, cast, "teacher").send(line)).text


async def test_the_lesson_that_was_shown_is_saved_in_whatever_the_clock_says(
    stage: Stage, cast: Cast, clock: FrozenClock, more_lessons: None
) -> None:
    """At 09:10 the preview showed 7A, and Save at 10:25 wrote into the lesson of 3B that had begun."""
    teacher = phone(stage, cast, "teacher")
    assert "7A · Algebra" in (await teacher.send("Petrov 5")).text
    clock.move(timedelta(hours=1, minutes=15))
    assert "7A · Algebra, today, lesson 1" in (await teacher.tap("Save")).text
    assert await marks(stage) == [(cast["ivan"].person_id, "5", TODAY, cast.courses["algebra_7a"])]


async def test_yesterday_stays_the_yesterday_of_the_preview(
    stage: Stage, cast: Cast, clock: FrozenClock, more_lessons: None
) -> None:
    teacher = phone(stage, cast, "teacher")
    await teacher.send("3B yesterday: Petrov 5")
    clock.move(timedelta(hours=20))
    await teacher.tap("Save")
    assert [one[2] for one in await marks(stage)] == [YESTERDAY]


async def test_a_teacher_of_two_groups_at_one_time_is_asked(
    stage: Stage, cast: Cast, database: Database, clock: FrozenClock
) -> None:
    async with UnitOfWork(database, clock, via="test") as uow, uow.writing():
        ivan = cast["ivan"].person_id
        await add_course(
            uow, cast, "group", "Algebra", "7A", group="group 2", slots=((2, 1),), pupils=(ivan,)
        )
    teacher = phone(stage, cast, "teacher")
    asked = await teacher.send("Petrov 5")
    assert "Which lesson" in asked.text
    assert "group 2" in (await teacher.tap("7A · Algebra (group 2)")).text
    await teacher.tap("Save")
    assert [one[3] for one in await marks(stage)] == [cast.courses["group"]]


async def test_the_lesson_can_be_changed_and_the_line_sent_again(
    stage: Stage, cast: Cast, more_lessons: None
) -> None:
    teacher = phone(stage, cast, "teacher")
    await teacher.send("Petrov 5")
    await teacher.tap("Change lesson")
    await teacher.tap("3B · Algebra · 3")
    await teacher.tap("Edit")
    again = await teacher.send("Petrov 4")
    assert "3B · Algebra, today, lesson 3" in again.text, "the lesson stays as chosen"
    await teacher.tap("Edit")
    assert "7A · Algebra" in (await teacher.send("7A: Petrov 3")).text, "a named one wins"
    await teacher.tap("Save")
    assert [(one[1], one[3]) for one in await marks(stage)] == [("3", cast.courses["algebra_7a"])]


async def test_the_substitute_and_the_substituted_teacher_may_both_mark(
    stage: Stage, cast: Cast, database: Database, clock: FrozenClock
) -> None:
    async with UnitOfWork(database, clock, via="test") as uow, uow.writing():
        await substitute(uow, cast, "algebra_7a", TODAY, 1, by="homeroom")
    for name, value in (("homeroom", "5"), ("teacher", "4")):
        user = phone(stage, cast, name)
        assert "7A · Algebra, today, lesson 1" in (await user.send(f"7A algebra: Petrov {value}")).text
        assert "Saved" in (await user.tap("Save")).text
    assert [one[1] for one in await marks(stage)] == ["5", "4"]


async def test_a_substitute_marks_no_other_lesson_of_the_course(
    stage: Stage, cast: Cast, database: Database, clock: FrozenClock
) -> None:
    async with UnitOfWork(database, clock, via="test") as uow, uow.writing():
        await substitute(uow, cast, "algebra_7a", TODAY, 1, by="homeroom")
    homeroom = phone(stage, cast, "homeroom")
    assert "no lesson like that" in (await homeroom.send("7A algebra 17.11: Petrov 5")).text


# --- lessons that there are not ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("7A 1.08.2026", "outside of this course's school year"),
        ("7A 4.08.2026", "outside of this course's school year"),
        ("7A 1.09.2025", "outside of this course's school year"),
        ("7A sunday", "no lesson like that on Sunday"),
        ("7A 7.11.2026", "no lesson like that on Saturday"),
        ("7A lesson 44", "no lesson 44 like that"),
        ("2 урок", "no lesson 2 like that on Tuesday, 24 November"),
        ("tomorrow", "still to come"),
        ("7A 1.12", "still to come"),
        ("8B", "“8B” is none of your courses"),
    ],
)
async def test_a_lesson_that_there_is_not_is_refused_with_those_that_there_are(
    stage: Stage, cast: Cast, target: str, why: str
) -> None:
    teacher = phone(stage, cast, "teacher")
    refused = await teacher.send(f"{target}: Petrov 5")
    assert why in refused.text
    assert "Save" not in refused.buttons
    assert "7A · Algebra · 1" in refused.buttons, "today's lesson is one tap away"
    await teacher.tap_data(refused.buttons["7A · Algebra · 1"])
    await teacher.tap("Save")
    assert [(one[1], one[2]) for one in await marks(stage)] == [("5", TODAY)], "the words were kept"


async def test_a_closed_term_is_refused_and_other_lessons_offered(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    refused = await teacher.send("7A 6.10: Petrov 5")
    assert "closed (Quarter 1)" in refused.text
    assert "Save" not in refused.buttons
    assert "17 November" in (await teacher.tap("7A · Algebra · 17 Nov · 1")).text


async def test_a_holiday_and_a_cancelled_lesson_are_no_lessons(
    stage: Stage, cast: Cast, database: Database, clock: FrozenClock
) -> None:
    async with UnitOfWork(database, clock, via="test") as uow, uow.writing():
        day = TODAY - timedelta(days=14)
        await uow.insert(DayOff, org_id=cast.school_id, name="Snow", starts=day, ends=day)
        await uow.insert(
            LessonChange,
            course_id=cast.courses["algebra_7a"],
            date=TODAY,
            period=1,
            kind=ChangeKind.CANCELLED,
        )
    teacher = phone(stage, cast, "teacher")
    for target in ("7A 10.11", "7A today"):
        assert "no lesson like that" in (await teacher.send(f"{target}: Petrov 5")).text


async def test_forged_taps_write_in_no_lesson_that_there_is_not(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    teacher = phone(stage, cast, "teacher")
    await teacher.send("Petrov 5")
    save = teacher.last.buttons["Save"] if teacher.last else ""
    posting = int(save.split(":")[2])
    course, ivan = cast.courses["algebra_7a"], cast["ivan"].person_id
    days = (date(2026, 8, 4), date(2025, 9, 2), TODAY - timedelta(days=2), date(2026, 10, 6), date(1, 1, 1))
    places = [(day, 1) for day in days] + [(TODAY, 0), (TODAY, 44), (TODAY + timedelta(days=7), 1)]
    for day, period in places:
        clock.move(timedelta(seconds=10))
        shown = await teacher.tap_data(f"mk:lesson:{posting}:{period}:{course}:{day.toordinal()}")
        assert "Save" not in shown.buttons
        assert "Saved" not in (await teacher.tap_data(save)).text
        place = f"{course}:{day.toordinal()}:{period}"
        for what in (f"give:{place}:{ivan}::0", f"rest:{place}:0::0", f"note:{place}:{ivan}:a:0"):
            answer = await teacher.tap_data(f"rg:{what}")
            assert answer.kind == "toast", (day, period, what, answer.text)
    assert await marks(stage) == []
    async with UnitOfWork(stage.database, stage.clock) as uow:
        assert await uow.value(sa.select(sa.func.count()).select_from(Lesson)) == 4, "the cast's own"


async def test_a_course_without_a_timetable_is_marked_by_the_day(
    stage: Stage, cast: Cast, database: Database, clock: FrozenClock
) -> None:
    async with UnitOfWork(database, clock, via="test") as uow, uow.writing():
        ivan = cast["ivan"].person_id
        await add_course(uow, cast, "chess", "Chess", "7A", pupils=(ivan,))
    teacher = phone(stage, cast, "teacher")
    assert "7A · Chess, yesterday" in (await teacher.send("chess yesterday: Petrov 5")).text
    await teacher.tap("Save")
    assert [(one[2], one[3]) for one in await marks(stage)] == [(YESTERDAY, cast.courses["chess"])]
    assert "outside" in (await teacher.send("chess 1.08.2026: Petrov 5")).text
    assert "no lesson 3" in (await teacher.send("chess lesson 3: Petrov 5")).text


# --- who --------------------------------------------------------------------------------------------------


async def test_a_pupil_of_another_class_is_said_to_be_so(
    stage: Stage, cast: Cast, more_lessons: None
) -> None:
    shown = await phone(stage, cast, "teacher").send("7A: Petrov Fyodor 5, Smirnov 4, Nobody 3")
    assert "Petrov Fyodor: 5 — is in 3B, not in this course" in shown.text
    assert "Nobody: 3 — nobody of that name in this course" in shown.text
    assert "Save 1 of 3" in shown.buttons


async def test_another_teachers_course_is_none_of_yours(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    refused = await teacher.send("7A literature: Petrov 5")
    assert "“7A literature” is none of your courses" in refused.text
    posting = int(next(iter(refused.buttons.values())).split(":")[2])
    forged = f"mk:lesson:{posting}:2:{cast.courses['literature_7a']}:{TODAY.toordinal()}"
    assert "nothing like that" in (await teacher.tap_data(forged)).text


async def test_two_of_one_name_are_told_apart_wherever_they_stand(
    stage: Stage, cast: Cast, database: Database, clock: FrozenClock
) -> None:
    async with UnitOfWork(database, clock, via="test") as uow, uow.writing():
        for roll in (4, 21):
            await add_pupil(uow, cast, "Kirill", "Ivanov", roll=roll)
    teacher = phone(stage, cast, "teacher")
    asked = await teacher.send("Ivanov 5")
    assert {"Ivanov Kirill №4", "Ivanov Kirill №21"} <= set(asked.buttons)
    assert "Ivanov Kirill №21: 5" in (await teacher.tap("Ivanov Kirill №21")).text
    assert "Ivanov Kirill №21: 5" in (await teacher.tap("Save")).text
    assert "Ivanov Kirill №4" in " ".join((await teacher.send("/register")).buttons)
    assert "Ivanov Kirill №21" in (await phone(stage, cast, "homeroom").send("/joined")).text


async def test_one_item_can_be_left_out(stage: Stage, cast: Cast, kozlovs: tuple[int, int]) -> None:
    teacher = phone(stage, cast, "teacher")
    await teacher.send("Kozlov 5, Petrov 4")
    assert "Left out: Kozlov" in (await teacher.tap("Leave")).text
    await teacher.tap("Save")
    assert [one[0] for one in await marks(stage)] == [cast["ivan"].person_id]


@pytest.mark.parametrize("name", ["mother", "ivan", "head", "secretary"])
async def test_who_does_not_teach_gets_the_answer_of_an_unknown_command(
    stage: Stage, cast: Cast, name: str
) -> None:
    user = phone(stage, cast, name)
    unknown = (await user.send("/nothing")).text
    assert (await user.send("/mark Petrov 5")).text == unknown.replace("/nothing", "/mark")
    assert (await user.send("Petrov 5")).text == (await user.send("what is this")).text
    assert await marks(stage) == []


async def test_near_misses_are_answered_as_marking(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    assert "I do not know “great”" in (await teacher.send("Petrov 5 great")).text
    assert "too long" in (await teacher.send(f'Petrov 2 "{"x" * 600}"')).text
    assert "“9” is no mark here; marks are 1 2 3 4 5" in (await teacher.send("Petrov 9")).text
    assert "Petrov Ivan: 5, test" in (await teacher.send("test: Petrov 5")).text
    for words in ("see you at 5", "Hello there"):
        assert "I did not understand that" in (await teacher.send(words)).text


# --- drafts -----------------------------------------------------------------------------------------------


async def test_a_draft_survives_a_restart_and_ends_after_a_day(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    teacher = phone(stage, cast, "teacher")
    await teacher.send("Petrov 5")
    save = teacher.last.buttons["Save"] if teacher.last else ""
    restarted = phone(Stage(stage.database, clock), cast, "teacher")
    assert "Saved" in (await restarted.tap_data(save)).text
    await restarted.send("Petrov 4")
    clock.move(timedelta(days=1, minutes=1))
    assert "saved, cancelled, or left for more than a day" in (await restarted.tap("Save")).text
    assert [one[1] for one in await marks(stage)] == ["5"]


async def test_saving_ends_the_waiting_for_another_line(stage: Stage, cast: Cast) -> None:
    """After Edit, Back and Save every line was answered with "This draft is over" for ever."""
    teacher = phone(stage, cast, "teacher")
    for way_out in (("Back", "Save"), ("Cancel",)):
        await teacher.send("Petrov 5")
        await teacher.tap("Edit")
        for label in way_out:
            await teacher.tap(label)
        assert "Smirnov Alexei: 4" in (await teacher.send("Smirnov 4")).text


async def test_a_step_whose_draft_is_over_is_left_and_the_words_are_fresh(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    teacher = phone(stage, cast, "teacher")
    await teacher.send("Petrov 5")
    save = teacher.last.buttons["Save"] if teacher.last else ""
    await teacher.tap("Edit")
    clock.move(timedelta(days=7, minutes=1))
    assert "today, lesson 1" in (await teacher.send("Smirnov 4")).text
    assert "left for more than a day" in (await teacher.tap_data(save)).text
    await teacher.tap("Edit")
    clock.move(timedelta(days=2))
    assert "I did not understand that" in (await teacher.send("hello")).text, "nobody waits for words so long"


async def test_steps_of_other_capabilities_are_left_in_the_same_way(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    teacher = phone(stage, cast, "teacher")
    await teacher.send("/hw 7A algebra: §1")
    await teacher.tap("Edit")
    clock.move(timedelta(days=1, minutes=1))
    assert "Petrov Ivan: 5" in (await teacher.send("Petrov 5")).text


async def test_a_topic_for_a_lesson_that_is_cancelled_meanwhile_does_not_keep_the_chat(
    stage: Stage, cast: Cast, database: Database, clock: FrozenClock
) -> None:
    teacher = phone(stage, cast, "teacher")
    course = cast.courses["algebra_7a"]
    await teacher.tap_data(f"tp:ask:{course}:{TODAY.toordinal()}:1:0")
    async with UnitOfWork(database, clock, via="test") as uow, uow.writing():
        await uow.insert(LessonChange, course_id=course, date=TODAY, period=1, kind=ChangeKind.CANCELLED)
    assert "no lesson 1 like that" in (await teacher.send("Fractions")).text
    assert "I did not understand that" in (await teacher.send("Fractions")).text


async def test_undo_works_for_five_minutes(stage: Stage, cast: Cast, clock: FrozenClock) -> None:
    teacher = phone(stage, cast, "teacher")
    await teacher.send("Petrov 5")
    await teacher.tap("Save")
    undo = teacher.last.buttons["Undo"] if teacher.last else ""
    clock.move(timedelta(minutes=5, seconds=1))
    assert "Undo works for five minutes" in (await teacher.tap_data(undo)).text
    assert "Too late" in (await teacher.send("/undo")).text
    assert len(await marks(stage)) == 1


async def test_a_correction_is_visible_to_the_family(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    await teacher.send("Petrov 3")
    await teacher.tap("Save")
    register = await teacher.send("/register")
    await teacher.tap_data(register.buttons["3"])
    await teacher.tap("Change 3")
    await teacher.tap("4")
    mother = phone(stage, cast, "mother")
    await mother.send("/grades")
    said = (await mother.tap("Algebra")).text
    assert "24 Nov: 4" in said
    assert "3" in next(row for row in said.splitlines() if "24 Nov" in row), "what it was before"


# --- two at once ------------------------------------------------------------------------------------------


@pytest.fixture
async def colleague(database: Database, clock: FrozenClock, cast: Cast, stage: Stage) -> User:
    """Another phone of the same teacher."""
    async with UnitOfWork(database, clock, via="test") as uow, uow.writing():
        await link(uow, 777_001, cast["teacher"].person_id)
    return stage.user(777_001)


async def test_the_second_save_sees_the_first(
    stage: Stage, cast: Cast, colleague: User, kozlovs: tuple[int, int]
) -> None:
    """Both had looked at the lesson before either saved, and neither was told of the other's mark."""
    teacher = phone(stage, cast, "teacher")
    await teacher.send("Kozlov A 5, Petrov 4")
    await colleague.send("Kozlov A 3, Kozlov B absent")
    assert "Saved" in (await teacher.tap("Save")).text
    again = await colleague.tap("Save")
    assert "Saved" not in again.text
    assert "Somebody has written since you looked: Kozlov Anton 5" in again.text
    assert "Petrov" not in again.text, "what does not concern one's own pupils is no news"
    assert [one[1] for one in await marks(stage)] == ["5", "4"]
    assert "Saved" in (await colleague.tap("Save")).text
    assert [one[1] for one in await marks(stage)] == ["5", "4", "3"]


async def test_a_presence_noted_meanwhile_is_shown_too(stage: Stage, cast: Cast, colleague: User) -> None:
    teacher = phone(stage, cast, "teacher")
    await teacher.send("Smirnov late 10")
    await colleague.send("Smirnov absent")
    await colleague.tap("Save")
    assert "Smirnov Alexei absent" in (await teacher.tap("Save")).text
    saved = await teacher.tap("Save")
    assert "was noted as absent before" in saved.text


async def test_a_tap_on_save_twice_saves_once(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    await teacher.send("Petrov 5")
    save = teacher.last.buttons["Save"] if teacher.last else ""
    await teacher.tap_data(save)
    assert (await teacher.tap_data(save)).kind == "toast"
    assert len(await marks(stage)) == 1
    async with UnitOfWork(stage.database, stage.clock) as uow:
        saved = sa.select(sa.func.count()).where(AuditEntry.action == "marks.save")
        assert await uow.value(saved) == 1
        assert (
            await uow.value(sa.select(Mark.author_id).order_by(Mark.id.desc())) == cast["teacher"].person_id
        )


async def test_before_the_first_lesson_of_a_term_nothing_is_marked_in_advance(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    clock.at = datetime(2026, 8, 31, 9, tzinfo=UTC)
    shown = await phone(stage, cast, "teacher").send("Petrov 5")
    assert "still to come" in shown.text
    assert "Save" not in shown.buttons
