"""The digest: one card for the family, a section for each child, its parts always in the same order."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.cards import Card, Section
from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import RoleAssignment
from core.domain.telling import Choice
from tests.cast import Cast
from tests.notifier.test_schedule import Timetabled


@pytest.fixture
def school(database: Database, clock: FrozenClock, cast: Cast) -> Timetabled:
    return Timetabled(database, clock, cast)


async def test_the_days_card_has_each_child_and_what_is_for_all_below(school: Timetabled) -> None:
    for kind in ("news", "poor_mark"):
        await school.prefer("mother", kind, Choice.DAILY)
    await school.say("head", "/announce school: the library is open", "Send")
    await school.say("teacher", "/hw 7A algebra tomorrow: number 345", "Save")
    await school.say("teacher", "Petrov late 10", "Save")
    await school.say("teacher", "Petrov 2", "Save")
    await school.say("homeroom", "3B maths: Petrova 3", "Save")
    await school.after(minutes=6)
    school.at(18)
    await school.run()
    (card,) = [one.what for one in school.phones.heard if one.chat_id == school.cast["mother"].user_id]
    assert isinstance(card, Card)
    assert card.heading == "Your day at school"
    ivan, maria, news = [one for one in card.blocks if isinstance(one, Section)]
    assert [ivan.title, maria.title, news.title] == ["Ivan", "Maria", "News"]
    parts = [one.title for one in ivan.blocks if isinstance(one, Section)]
    assert parts == ["Marks", "Homework", "Attendance"]
    assert not any(isinstance(one, Section) for one in maria.blocks), "one kind of news needs no heading"


async def test_children_of_two_schools_are_told_apart(school: Timetabled) -> None:
    await school.change(
        sa.update(RoleAssignment)
        .where(RoleAssignment.person_id == school.cast["maria"].person_id)
        .values(org_id=school.cast.other_school_id)
    )
    await school.say("teacher", "Petrov 5", "Save")
    await school.say("homeroom", "3B maths: Petrova 5", "Save")
    await school.after(minutes=6)
    school.at(18)
    await school.run()
    (said,) = school.heard("mother")
    assert "Ivan · Riverside School" in said
    assert "Maria · Other School" in said
