"""Which term is shown, and what it costs to find out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.access import Student
from core.clock import FrozenClock
from core.db.uow import UnitOfWork
from core.queries.terms import term_choice
from tests.cast import Cast, actor_of


@pytest.fixture
async def ivan(uow: UnitOfWork, cast: Cast) -> Student:
    actor = await actor_of(uow, cast, "mother")
    return next(one for one in actor.students if one.id == cast["ivan"].person_id)


async def test_only_outside_of_the_terms_the_diary_is_asked_which_of_them(
    uow: UnitOfWork, ivan: Student, clock: FrozenClock
) -> None:
    async def shown(term_id: int = 0) -> tuple[str, bool, int]:
        before = uow.statements
        choice = await term_choice(uow, ivan, term_id)
        assert choice.shown is not None
        return choice.shown.name, choice.is_current, uow.statements - before

    first = (await term_choice(uow, ivan)).terms[0].id
    assert await shown() == ("Quarter 2", True, 1)
    clock.at = datetime(2027, 8, 3, 9, tzinfo=UTC)
    assert await shown() == ("Quarter 2", False, 2)
    assert await shown(first) == ("Quarter 1", False, 1)
