"""Ids of our own, for rows that no register has named: this installation, the kind of row and its number.

An export gives them out; when it comes back, to this installation, each is the row that it was.
"""

from __future__ import annotations

import secrets

import sqlalchemy as sa

from core.db.models import ExternalId
from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID
from core.importing.register import Register

_SOURCE = "schoolbell"
_KIND = "installation"
_WORD = "schoolbell-"


async def installation(uow: UnitOfWork) -> str:
    """What this installation calls itself, ``schoolbell-`` and twelve letters; empty before it has a name. One statement."""
    name = await uow.value(
        sa.select(ExternalId.external_id).where(ExternalId.source == _SOURCE, ExternalId.kind == _KIND)
    )
    return f"{_WORD}{name}" if name else ""


async def named_installation(uow: UnitOfWork) -> str:
    """The same, which is given a name where it has none; needs ``uow.writing()``. At most two statements."""
    found = await installation(uow)
    if not found:
        name = secrets.token_hex(6)
        await uow.insert(ExternalId, source=_SOURCE, kind=_KIND, external_id=name, target_id=0)
        found = f"{_WORD}{name}"
    return found


def is_ours(name: str) -> bool:
    """Whether an installation of Schoolbell calls itself so, this one or another."""
    return name.startswith(_WORD)


def own_id(name: str, kind: str, row_id: int) -> str:
    """The id of a row."""
    return f"{name}-{kind}-{row_id}"


async def recognise(uow: UnitOfWork, register: Register) -> None:
    """Where this installation wrote the register, bind what goes by ids of our own to its rows. One statement, or none.

    What is absent from such a register came after it was written: nothing of that ends.
    """
    if not register.system or register.system != await installation(uow):
        return
    register.is_own = True
    register.whole.clear()
    for kind, records in register.records.items():
        start = f"{register.system}-{kind}-"
        for external in records:
            number = external.removeprefix(start)
            if number != external and number.isascii() and number.isdigit() and int(number) <= LARGEST_ID:
                register.bind(kind, external, int(number))
