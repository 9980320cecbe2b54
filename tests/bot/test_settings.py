"""A family chooses what it is told and when, and can ask why it was told something, or not."""

from __future__ import annotations

import pytest

from core.clock import FrozenClock
from core.db.engine import Database
from tests.cast import Cast
from tests.notifier.test_telling import School
from tests.support.conversation import User


@pytest.fixture
def school(database: Database, clock: FrozenClock, cast: Cast) -> School:
    return School(database, clock, cast)


def phone(school: School, name: str) -> User:
    return school.stage.user(school.cast[name].user_id)


async def test_settings_show_what_is_told_and_what_cannot_be_turned_off(school: School) -> None:
    said = (await phone(school, "mother").send("/settings")).text
    assert "Poor marks: at once" in said
    assert "Homework: in the daily digest" in said
    assert "Unexplained absences: always, at once" in said
    assert "21:00–07:00" in said


async def test_marks_told_at_once_when_the_mother_wants_it_so(school: School) -> None:
    mother = phone(school, "mother")
    await mother.send("/settings")
    await mother.tap("Other marks")
    assert any(label.startswith("• at once") for label in (await mother.tap("at once")).buttons)
    await school.say("teacher", "Petrov 5", "Save")
    await school.after(minutes=6)
    assert "Algebra: 5" in school.heard("mother")[-1]


async def test_one_child_may_be_told_of_otherwise_than_the_other(school: School) -> None:
    mother = phone(school, "mother")
    await mother.send("/settings")
    await mother.tap("Poor marks")
    await mother.tap("Ivan")
    await mother.tap("off")
    assert "differs by child" in (await mother.tap("All settings")).text
    await school.say("teacher", "Petrov 2", "Save")
    await school.say("homeroom", "3B maths: Petrova 2", "Save")
    await school.after(minutes=6)
    (said,) = school.heard("mother")
    assert "Maria" in said
    why = (await mother.send("/why")).text
    assert "Ivan · Poor marks: off in your settings" in why
    assert "Maria · Poor marks: sent at" in why


async def test_emergencies_only_is_one_tap_and_absences_come_all_the_same(school: School) -> None:
    mother = phone(school, "mother")
    await mother.send("/settings")
    assert "Only emergencies" in (await mother.tap("Emergencies only")).text
    await school.say("teacher", "Petrov 2 absent", "Save")
    await school.after(minutes=6)
    (said,) = school.heard("mother")
    assert "not at school" in said
    assert "Poor marks" in (await mother.tap("Tell me everything again")).text


async def test_the_threshold_of_marks_told_at_once_can_be_moved(school: School) -> None:
    mother = phone(school, "mother")
    await mother.send("/settings")
    await mother.tap("Poor marks")
    await mother.tap("Up to which mark")
    await mother.tap("4 and worse")
    await school.say("teacher", "Petrov 4", "Save")
    await school.after(minutes=6)
    assert "Algebra: 4" in school.heard("mother")[-1]
    assert not school.heard("father")


async def test_quiet_hours_and_the_digests_hour_are_the_familys_own(school: School) -> None:
    mother = phone(school, "mother")
    await mother.send("/settings")
    await mother.tap("Quiet hours")
    await mother.tap("no quiet hours")
    await mother.tap("All settings")
    await mother.tap("Daily digest")
    assert "20:00" in (await mother.tap("20:00") and (await mother.tap("All settings"))).text


async def test_why_says_what_waits_and_until_when(school: School) -> None:
    await school.say("teacher", "Petrov 5", "Save")
    await school.after(minutes=6)
    said = (await phone(school, "mother").send("/why")).text
    assert "Ivan · Other marks, lateness: in your digest at 18:00" in said
    assert "Nothing was told here yet" in (await phone(school, "stranger_mother").send("/why")).text


@pytest.mark.parametrize(
    "data",
    [
        *(
            "st:choose:absence:off:0:0",
            "st:choose:mark:never:0:0",
            "st:kind:nonsense::0:0",
            "st:poor_at:::0:99",
        ),
        *("st:choose:week:at_once:0:0", "st:below_at:::0:99", "st:below:::999:0"),
    ],
)
async def test_a_forged_choice_changes_nothing(school: School, data: str) -> None:
    mother = phone(school, "mother")
    await mother.tap_data(data)
    assert "Unexplained absences: always, at once" in (await mother.send("/settings")).text


async def test_everybody_is_offered_what_concerns_them(school: School) -> None:
    mother = (await phone(school, "mother").send("/settings")).text
    assert "Canteen balance: at once" in mother
    assert "The week in review: in the weekly digest" in mother
    assert "Reminder of homework" not in mother
    pupil = (await phone(school, "ivan").send("/settings")).text
    assert "Reminder of homework for tomorrow: at once" in pupil
    assert "Canteen balance" not in pupil
    teacher = (await phone(school, "teacher").send("/settings")).text
    assert "Lessons left empty: at once" in teacher
    assert "Poor marks" in teacher, "she is a mother, too"
    assert "Lessons left empty" not in (await phone(school, "secretary").send("/settings")).text


async def test_another_familys_child_cannot_be_chosen_for(school: School) -> None:
    mother = phone(school, "mother")
    data = f"st:choose:mark:off:{school.cast['alexei'].person_id}:0"
    await mother.tap_data(data)
    await school.say("teacher", "Smirnov 2", "Save")
    await school.after(minutes=6)
    assert school.heard("stranger_mother")
