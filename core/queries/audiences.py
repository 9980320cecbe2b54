"""Which chats are to be told of something; support's terminal is never one of them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from core.db.models import Chat, ChatLink, ChatLinkRole, Guardianship, Org, Person, RoleAssignment
from core.db.uow import UnitOfWork
from core.domain.ids import ChatId, PersonId
from core.domain.kinds import Messenger
from core.domain.rights import Role

_REACHABLE = (ChatLink.revoked_at.is_(None), Chat.messenger != Messenger.TERMINAL)


async def chats_of_person(uow: UnitOfWork, person_id: int, *, but: int = 0) -> tuple[ChatId, ...]:
    """Every linked chat of a person but one. One statement."""
    rows = await uow.rows(
        sa.select(ChatLink.chat_id)
        .join(Chat, Chat.id == ChatLink.chat_id)
        .where(ChatLink.person_id == person_id, ChatLink.chat_id != but, *_REACHABLE)
    )
    return tuple(ChatId(row.chat_id) for row in rows)


async def office_chats(uow: UnitOfWork, person_id: int | None = None) -> tuple[ChatId, ...]:
    """The administrators and secretaries of a person's schools; of every school without a person.

    A guardian's schools are the children's. At most two statements.
    """
    statement = (
        sa.select(ChatLink.chat_id)
        .join(Chat, Chat.id == ChatLink.chat_id)
        .join(ChatLinkRole, ChatLinkRole.link_id == ChatLink.id)
        .join(
            RoleAssignment,
            (RoleAssignment.person_id == ChatLink.person_id) & (RoleAssignment.role == ChatLinkRole.role),
        )
        .join(Org, Org.id == RoleAssignment.org_id)
        .where(
            RoleAssignment.role.in_([Role.ADMIN, Role.SECRETARY]),
            sa.or_(RoleAssignment.ends.is_(None), RoleAssignment.ends >= uow.now.date()),
            *_REACHABLE,
        )
        .distinct()
    )
    if person_id is not None:
        paths = await uow.rows(
            sa.select(Org.path)
            .join(RoleAssignment, RoleAssignment.org_id == Org.id)
            .where(
                sa.or_(
                    RoleAssignment.person_id == person_id,
                    RoleAssignment.person_id.in_(
                        sa.select(Guardianship.child_id).where(Guardianship.guardian_id == person_id)
                    ),
                )
            )
            .distinct()
        )
        above = {path for row in paths for path in _and_above(row.path)}
        statement = statement.where(Org.path.in_(above))
    return tuple(ChatId(row.chat_id) for row in await uow.rows(statement))


def _and_above(path: str) -> Sequence[str]:
    """``/1/4/`` and the paths of all orgs above it."""
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[: i + 1]) + "/" for i in range(len(parts))]


async def name_of(uow: UnitOfWork, person_id: int) -> str:
    """A person's full name, for notices to those who may know it; empty for nobody. One statement."""
    row = await uow.row(sa.select(Person.given, Person.family).where(Person.id == PersonId(person_id)))
    return f"{row.given} {row.family}".strip() if row is not None else ""
