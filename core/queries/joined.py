"""Who of a class has a chat link, and since when."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.db.models import CAN_BE_TOLD, Chat, ChatLink, ChatLinkRole, Guardianship, Person
from core.db.uow import UnitOfWork
from core.domain.ids import PersonId
from core.domain.names import PersonName
from core.domain.rights import GuardianRights, Role
from core.queries.classes import ClassPupil, ClassRoom, pupils_of


@dataclass(frozen=True, slots=True)
class JoinedGuardian:
    """A guardian of a pupil; ``since`` is None where no chat is linked."""

    id: PersonId
    name: PersonName
    relation: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class JoinedPupil:
    """A pupil with the guardians whose rights are not cut to none."""

    pupil: ClassPupil
    since: datetime | None
    guardians: tuple[JoinedGuardian, ...]

    @property
    def is_reached(self) -> bool:
        """Whether a guardian is linked."""
        return any(one.since for one in self.guardians)

    @property
    def not_linked(self) -> tuple[PersonId, ...]:
        """The persons without a link."""
        found = [one.id for one in self.guardians if one.since is None]
        return (*([self.pupil.id] if self.since is None else []), *found)


@dataclass(frozen=True, slots=True)
class JoinedClass:
    """The class with its pupils, by family name."""

    room: ClassRoom
    pupils: tuple[JoinedPupil, ...]


async def joined_of(uow: UnitOfWork, room: ClassRoom) -> JoinedClass:
    """The links of a class that the asker may see (``access_class`` with OFFICE). Three statements."""
    pupils = await pupils_of(uow, room)
    ids = [pupil.id for pupil in pupils]
    guardians = await uow.rows(
        sa.select(
            Guardianship.child_id,
            Guardianship.relation,
            Person.id,
            Person.family,
            Person.given,
            Person.middle,
        )
        .join(Person, Person.id == Guardianship.guardian_id)
        .where(
            Guardianship.child_id.in_(ids),
            Guardianship.rights != GuardianRights.NONE,
            sa.or_(Guardianship.ends.is_(None), Guardianship.ends >= uow.now.date()),
        )
        .order_by(Guardianship.id)
    )
    since = await _since(uow, {*ids, *(row.id for row in guardians)})
    by_child: defaultdict[int, list[JoinedGuardian]] = defaultdict(list)
    for row in guardians:
        name = PersonName(row.family, row.given, row.middle)
        linked_at = since.get((row.id, Role.GUARDIAN))
        by_child[row.child_id].append(JoinedGuardian(PersonId(row.id), name, row.relation, linked_at))
    return JoinedClass(
        room,
        tuple(JoinedPupil(one, since.get((one.id, Role.STUDENT)), tuple(by_child[one.id])) for one in pupils),
    )


async def _since(uow: UnitOfWork, persons: set[Any]) -> dict[tuple[int, Role], datetime]:
    """When the oldest open link was made that gives a person a role; support's terminal is none."""
    rows = await uow.rows(
        sa.select(ChatLink.person_id, ChatLinkRole.role, ChatLink.linked_at)
        .join(Chat, Chat.id == ChatLink.chat_id)
        .join(ChatLinkRole, ChatLinkRole.link_id == ChatLink.id)
        .where(
            ChatLink.person_id.in_(persons),
            ChatLink.revoked_at.is_(None),
            CAN_BE_TOLD,
        )
        .order_by(ChatLink.linked_at.desc())
    )
    return {(row.person_id, row.role): row.linked_at for row in rows}
