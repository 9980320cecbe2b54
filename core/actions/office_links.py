"""What a school's office does with codes and links: issue, revoke, unlink; to its own people only."""

from __future__ import annotations

from collections.abc import Sequence, Set

import sqlalchemy as sa

from core.access import fresh_actor
from core.actions.invitations import IssueReport, issue_invitations, revoke_device_codes
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import ChatLink, Invitation, Person, SchoolClass
from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID
from core.domain.kinds import InvitationKind
from core.domain.rights import Role, may_grant
from core.errors import NotFound
from core.queries.invitable import Invitable, list_invitable
from core.queries.office_people import asked_by, in_class, is_known, panel_roles_elsewhere
from core.queries.offices import access_office

OFFICE = (Role.ADMIN, Role.SECRETARY)
_FAMILIES = frozenset({Role.STUDENT, Role.GUARDIAN})


async def invite_from_office(
    uow: UnitOfWork,
    key: ChatKey,
    school_id: int,
    *,
    code_key: bytes,
    person_id: int | None = None,
    class_ids: Set[int] | None = None,
    reissue: bool = False,
) -> IssueReport:
    """Codes for one person, some classes with their guardians, or (neither) all of the school who are not linked.

    ``reissue`` makes a new code for one person; the older ones die. Raises NotFound.
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        office = await access_office(uow, actor, school_id, OFFICE)
        granted = may_grant(office.roles)
        if class_ids is not None:
            granted &= _FAMILIES
        found = await list_invitable(uow, person_id=person_id, class_ids=class_ids, school_id=school_id)
        elsewhere = await panel_roles_elsewhere(uow, office, [one.person_id for one in found])
        invitees = _with_roles(found, granted, elsewhere)
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


def _with_roles(
    found: Sequence[Invitable], granted: frozenset[Role], elsewhere: set[tuple[int, Role]]
) -> list[Invitable]:
    invitees = (
        one.with_roles({role for role in granted & set(one.roles) if (one.person_id, role) not in elsewhere})
        for one in found
    )
    return [one for one in invitees if one.roles]


async def revoke_code(uow: UnitOfWork, key: ChatKey, school_id: int, invitation_id: int) -> None:
    """End an open code of one of the school's people, or of whoever left it for no other. Raises NotFound. At most five
    statements."""
    async with uow.writing():
        office = await access_office(uow, await fresh_actor(uow, key), school_id, OFFICE)
        person_id = None
        if 0 < invitation_id <= LARGEST_ID:
            person_id = await uow.value(
                sa.select(Invitation.person_id).where(
                    Invitation.id == invitation_id, is_known(Invitation.person_id)
                ),
                asked_by(office, uow.now),
            )
        if person_id is None:
            raise NotFound("invitation_not_found")
        revoked = await uow.write(
            sa.update(Invitation)
            .where(
                Invitation.id == invitation_id, Invitation.used_at.is_(None), Invitation.revoked_at.is_(None)
            )
            .values(revoked_at=uow.now)
        )
        if not revoked.rowcount:
            raise NotFound("invitation_not_found")
        await record(
            uow,
            "invitation.revoke",
            actor_id=office.officer_id,
            subject=("person", person_id),
            before={"invitation": invitation_id},
        )


async def revoke_codes_of_class(uow: UnitOfWork, key: ChatKey, school_id: int, class_id: int) -> int:
    """End all open codes of a class's pupils and their guardians; how many. Raises NotFound. Five statements."""
    async with uow.writing():
        office = await access_office(uow, await fresh_actor(uow, key), school_id, OFFICE)
        room = None
        if 0 < class_id <= LARGEST_ID:
            room = await uow.value(
                sa.select(SchoolClass.id).where(
                    SchoolClass.id == class_id, SchoolClass.school_id == school_id
                )
            )
        if room is None:
            raise NotFound("class_not_found")
        ended = await uow.write(
            sa.update(Invitation)
            .where(
                in_class(Invitation.person_id, class_id, office.school.today(uow.now)),
                Invitation.kind == InvitationKind.SLIP,
                Invitation.used_at.is_(None),
                Invitation.revoked_at.is_(None),
                Invitation.expires_at > uow.now,
            )
            .values(revoked_at=uow.now)
            .returning(Invitation.id)
        )
        ids = sorted(ended.scalars().all())
        await record(
            uow,
            "invitations.revoke",
            actor_id=office.officer_id,
            subject=("class", class_id),
            before={"invitations": ids},
            after={"school": school_id},
        )
    return len(ids)


async def end_links(
    uow: UnitOfWork, key: ChatKey, school_id: int, person_id: int, *, link_id: int | None = None
) -> int:
    """Unlink a person's chats, or one of them, with effect at once; the person's codes for other devices die, too.

    How many links ended. Raises NotFound for whoever is neither one of the school's people nor left it for no other
    school. At most six statements.
    """
    async with uow.writing():
        office = await access_office(uow, await fresh_actor(uow, key), school_id, OFFICE)
        known = None
        if 0 < person_id <= LARGEST_ID:
            known = await uow.value(
                sa.select(Person.id).where(Person.id == person_id, is_known(Person.id)),
                asked_by(office, uow.now),
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
