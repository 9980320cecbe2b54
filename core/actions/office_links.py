"""What a school's office does with codes and links: issue, revoke, unlink; to its own people only."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from core.access import fresh_actor
from core.actions.invitations import IssueReport, issue_invitations, revoke_device_codes
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import ChatLink, Invitation, Person
from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID
from core.domain.rights import Role
from core.errors import NotFound
from core.queries.invitable import Invitable, list_invitable
from core.queries.offices import Office, access_office
from core.queries.school_people import people_of

OFFICE = (Role.ADMIN, Role.SECRETARY)
_FAMILIES = frozenset({Role.STUDENT, Role.GUARDIAN})
_GRANTS = {
    Role.SECRETARY: _FAMILIES | {Role.TEACHER, Role.CANTEEN, Role.NURSE},
    Role.ADMIN: frozenset(Role) - {Role.OPERATOR},
}
"""Which roles the code of each may carry: nobody's code opens more than its issuer stands for."""


def may_grant(office: Office) -> frozenset[Role]:
    """The roles that codes issued here may carry."""
    return frozenset().union(*(_GRANTS.get(role, frozenset()) for role in office.roles))


async def invite_from_office(
    uow: UnitOfWork,
    key: ChatKey,
    school_id: int,
    *,
    code_key: bytes,
    person_id: int | None = None,
    class_name: str | None = None,
    reissue: bool = False,
) -> IssueReport:
    """Codes for one person, a class with its guardians, or (neither) all of the school who are not linked.

    ``reissue`` makes a new code for one person; the older ones die. Raises NotFound.
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        office = await access_office(uow, actor, school_id, OFFICE)
        granted = may_grant(office)
        if class_name is not None:
            granted &= _FAMILIES
        found = await list_invitable(uow, person_id=person_id, class_name=class_name, school_id=school_id)
        invitees = _with_roles(found, granted)
        if person_id is not None and not invitees:
            raise NotFound("person_not_found")
        return await issue_invitations(
            uow,
            invitees,
            code_key=code_key,
            issued_by=office.officer_id,
            issued_in=actor.chat_id,
            may_grant=granted,
            reissue=reissue and person_id is not None,
        )


def _with_roles(found: Sequence[Invitable], granted: frozenset[Role]) -> list[Invitable]:
    invitees = (one.with_roles(granted & set(one.roles)) for one in found)
    return [one for one in invitees if one.roles]


async def revoke_code(uow: UnitOfWork, key: ChatKey, school_id: int, invitation_id: int) -> None:
    """End an open code of one of the school's people. Raises NotFound. At most five statements."""
    async with uow.writing():
        office = await access_office(uow, await fresh_actor(uow, key), school_id, OFFICE)
        own = sa.exists().where(
            Person.id == Invitation.person_id, people_of(office, office.school.today(uow.now))
        )
        row = None
        if 0 < invitation_id <= LARGEST_ID:
            result = await uow.write(
                sa.update(Invitation)
                .where(
                    Invitation.id == invitation_id,
                    Invitation.used_at.is_(None),
                    Invitation.revoked_at.is_(None),
                    own,
                )
                .values(revoked_at=uow.now)
                .returning(Invitation.person_id)
            )
            row = result.first()
        if row is None:
            raise NotFound("invitation_not_found")
        await record(
            uow,
            "invitation.revoke",
            actor_id=office.officer_id,
            subject=("person", row.person_id),
            before={"invitation": invitation_id},
        )


async def end_links(
    uow: UnitOfWork, key: ChatKey, school_id: int, person_id: int, *, link_id: int | None = None
) -> int:
    """Unlink a person's chats, or one of them, with effect at once; the person's codes for other devices die, too.

    How many links ended. Raises NotFound for whoever is not one of the school's people. At most six statements.
    """
    async with uow.writing():
        office = await access_office(uow, await fresh_actor(uow, key), school_id, OFFICE)
        known = None
        if 0 < person_id <= LARGEST_ID:
            known = await uow.value(
                sa.select(Person.id).where(
                    Person.id == person_id, people_of(office, office.school.today(uow.now))
                )
            )
        if known is None:
            raise NotFound("person_not_found")
        which = [ChatLink.person_id == person_id, ChatLink.revoked_at.is_(None)]
        if link_id is not None:
            which.append(ChatLink.id == link_id)
        ended = await uow.write(
            sa.update(ChatLink)
            .where(*which)
            .values(revoked_at=uow.now, revoked_why="by the school")
            .returning(ChatLink.id)
        )
        ids = sorted(ended.scalars().all())
        if not ids:
            raise NotFound("link_not_found")
        await revoke_device_codes(uow, person_id)
        await record(
            uow,
            "link.end",
            actor_id=office.officer_id,
            subject=("person", person_id),
            before={"links": ids},
        )
    return len(ids)
