"""Words of closed lists stand in the statements that compare with them; everything else is a parameter."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.db.models import Chat, Guardianship
from core.db.uow import UnitOfWork
from core.domain.kinds import Messenger
from core.domain.rights import GuardianRights
from tests.cast import Cast


def test_a_word_that_is_compared_with_is_no_parameter() -> None:
    tie = aliased(Guardianship)
    asked = sa.select(tie.id).where(tie.rights != GuardianRights.NONE, tie.guardian_id == 7).compile()
    assert "rights != 'none'" in str(asked)
    assert list(asked.params.values()) == [7]


def test_a_word_that_is_written_is_a_parameter() -> None:
    asked = sa.update(Guardianship).values(rights=GuardianRights.READ).compile()
    assert list(asked.params.values()) == [GuardianRights.READ]


@pytest.mark.parametrize("how", ["is", "is not", "in a list"])
async def test_words_choose_the_rows_that_have_them(uow: UnitOfWork, cast: Cast, how: str) -> None:
    which = {
        "is": Chat.messenger == Messenger.TELEGRAM,
        "is not": Chat.messenger != Messenger.TERMINAL,
        "in a list": Chat.messenger.in_([Messenger.TELEGRAM]),
    }[how]
    everybody = await uow.rows(sa.select(Chat.id, Chat.messenger))
    found = {row.id for row in await uow.rows(sa.select(Chat.id).where(which))}
    assert found == {row.id for row in everybody if row.messenger is Messenger.TELEGRAM}
    assert found
