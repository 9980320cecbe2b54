"""Invitations: issuing, re-issuing and revoking codes. A code leaves here once, in the answer, and is kept hashed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.access import NOT_AT_THIS_SCHOOL, Actor
from core.db.audit import record
from core.db.models import ChatLink, ChatLinkRole, Invitation, InvitationRole
from core.db.uow import UnitOfWork
from core.domain.codes import hash_code, new_code
from core.domain.ids import ChatId, InvitationId, PersonId
from core.domain.kinds import InvitationKind
from core.domain.rights import Role
from core.errors import Forbidden, NotFound
from core.queries.invitable import Invitable, linked_and_invited

SLIP_LIFE = timedelta(days=60)
DEVICE_LIFE = timedelta(minutes=10)
EVERY_ROLE = frozenset(Role)


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """A new code and whom it is for; ``code`` is canonical, without dashes."""

    invitation_id: InvitationId
    invitee: Invitable
    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class IssueReport:
    """What became of asking for codes; those skipped are counted, not named.

    ``revoked`` codes and ``unlinked`` chats are those that lost a role, most of them their only one.
    """

    issued: tuple[IssuedCode, ...]
    already_linked: int = 0
    already_invited: int = 0
    revoked: int = 0
    unlinked: int = 0


async def issue_invitations(
    uow: UnitOfWork,
    invitees: Sequence[Invitable],
    *,
    code_key: bytes,
    issued_by: PersonId | None = None,
    issued_in: ChatId | None = None,
    may_grant: frozenset[Role] = EVERY_ROLE,
    reissue: bool = False,
    unlink: bool = False,
) -> IssueReport:
    """A code for each, of those roles that neither an open link nor an open code gives yet; with ``reissue`` of all.

    ``reissue`` takes the roles that the issuer ``may_grant`` from older codes, and ``unlink`` also from the links that
    older codes made; a code or link without any role left is revoked. ``issued_by`` and ``issued_in`` are None for
    the command line. Every code is audited in the one transaction; the number of statements does not grow with the
    people, but for the database's own limits on one statement.
    """
    async with uow.writing():
        ids = [invitee.person_id for invitee in invitees]
        wanted = list(invitees)
        already_linked = already_invited = revoked = unlinked = 0
        if reissue:
            revoked = await take_back_codes(uow, ids, may_grant)
            if unlink:
                unlinked = await _take_back_links(uow, ids, may_grant)
        else:
            linked, invited = await linked_and_invited(uow, ids)
            already_linked = sum(linked[one.person_id].issuperset(one.roles) for one in invitees)
            lacking = [
                one.with_roles(set(one.roles) - linked[one.person_id] - invited[one.person_id])
                for one in invitees
            ]
            wanted = [one for one in lacking if one.roles]
            already_invited = len(invitees) - len(wanted) - already_linked
        source = _Source(code_key, issued_by, issued_in)
        issued = await _insert_codes(uow, wanted, source, InvitationKind.SLIP, SLIP_LIFE)
        if issued or revoked or unlinked:
            await record(
                uow,
                "invitations.issue",
                actor_id=issued_by,
                after={
                    "persons": [int(one.invitee.person_id) for one in issued],
                    "revoked": revoked,
                    "unlinked": unlinked,
                },
            )
    return IssueReport(tuple(issued), already_linked, already_invited, revoked, unlinked)


async def issue_device_code(uow: UnitOfWork, actor: Actor, person_id: int, *, code_key: bytes) -> IssuedCode:
    """A code of ten minutes for another phone or browser of a linked person, with this chat's roles.

    An older unused device code of the person dies. Raises NotFound for a person this chat is not linked to, also
    where the link was ended since the actor was read; Forbidden where all of the person's schools leave it to their
    office.
    """
    identity = next((one for one in actor.identities if one.person_id == person_id), None)
    if identity is None:
        raise NotFound("link_not_found")
    if not may_add_device(actor, person_id):
        raise Forbidden(NOT_AT_THIS_SCHOOL)
    invitee = Invitable(identity.person_id, identity.name, tuple(sorted(identity.granted)))
    async with uow.writing():
        if await uow.value(_open_link(identity.link_id)) is None:
            raise NotFound("link_not_found")
        await revoke_device_codes(uow, identity.person_id)
        source = _Source(code_key, identity.person_id, actor.chat_id)
        issued = await _insert_codes(uow, [invitee], source, InvitationKind.DEVICE, DEVICE_LIFE)
        await record(
            uow, "invitation.device", actor_id=identity.person_id, subject=("person", identity.person_id)
        )
    return issued[0]


def may_add_device(actor: Actor, person_id: int) -> bool:
    """Whether a linked person may connect further devices without asking: one school of the person's is enough."""
    schools = actor.schools_of(person_id)
    return not schools or any(one.settings.own_devices for one in schools)


def _open_link(link_id: int) -> sa.Select[Any]:
    return sa.select(ChatLink.id).where(ChatLink.id == link_id, ChatLink.revoked_at.is_(None))


async def revoke_device_codes(uow: UnitOfWork, person_id: int) -> None:
    """End a person's open codes for another device; needs ``uow.writing()``. One statement."""
    await uow.write(
        sa.update(Invitation)
        .where(
            Invitation.person_id == person_id,
            Invitation.kind == InvitationKind.DEVICE,
            Invitation.used_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(revoked_at=uow.now)
    )


async def revoke_posted_code(uow: UnitOfWork, code: str, *, code_key: bytes) -> bool:
    """Revoke a code that everybody in a group has read; whether there was an open one."""
    async with uow.writing():
        result = await uow.write(
            sa.update(Invitation)
            .where(
                Invitation.code_hash == hash_code(code, code_key),
                Invitation.used_at.is_(None),
                Invitation.revoked_at.is_(None),
            )
            .values(revoked_at=uow.now)
            .returning(Invitation.id, Invitation.person_id)
        )
        row = result.first()
        if row is not None:
            await record(uow, "invitation.posted", actor_id=None, subject=("person", row.person_id))
    return row is not None


@dataclass(frozen=True, slots=True)
class _Source:
    """Under which key codes are kept, and who asked for them in which chat."""

    code_key: bytes
    issued_by: PersonId | None
    issued_in: ChatId | None


async def _insert_codes(
    uow: UnitOfWork,
    invitees: Sequence[Invitable],
    source: _Source,
    kind: InvitationKind,
    life: timedelta,
) -> list[IssuedCode]:
    if not invitees:
        return []
    expires = uow.now + life
    codes = [new_code() for _ in invitees]
    hashes = [hash_code(code, source.code_key) for code in codes]
    result = await uow.write(
        sa.insert(Invitation).returning(Invitation.id, sort_by_parameter_order=True),
        [
            {
                "person_id": invitee.person_id,
                "kind": kind,
                "code_hash": hashed,
                "issued_at": uow.now,
                "issued_by": source.issued_by,
                "issued_chat_id": source.issued_in,
                "expires_at": expires,
            }
            for invitee, hashed in zip(invitees, hashes, strict=True)
        ],
    )
    ids = [InvitationId(number) for number in result.scalars().all()]
    grants = [
        {"invitation_id": number, "role": role}
        for invitee, number in zip(invitees, ids, strict=True)
        for role in invitee.roles
    ]
    if grants:
        await uow.write(sa.insert(InvitationRole), grants)
    return [
        IssuedCode(number, invitee, code, expires)
        for invitee, code, number in zip(invitees, codes, ids, strict=True)
    ]


async def take_back_codes(uow: UnitOfWork, person_ids: Sequence[int], roles: frozenset[Role]) -> int:
    """Take roles from the open codes of people, and revoke those that have no other; how many codes lost a role.

    Needs ``uow.writing()``. At most three statements for each 500 people.
    """
    count = 0
    for some in _portions(person_ids):
        held = await uow.rows(
            sa.select(Invitation.id, InvitationRole.role)
            .join(InvitationRole, InvitationRole.invitation_id == Invitation.id)
            .where(
                Invitation.person_id.in_(some),
                Invitation.used_at.is_(None),
                Invitation.revoked_at.is_(None),
            )
        )
        poorer, empty = _without(held, roles)
        count += len(poorer)
        await _delete_roles(uow, InvitationRole.invitation_id, poorer - empty, roles)
        if empty:
            await uow.write(sa.update(Invitation).where(Invitation.id.in_(empty)).values(revoked_at=uow.now))
    return count


async def _take_back_links(uow: UnitOfWork, person_ids: Sequence[int], roles: frozenset[Role]) -> int:
    """The same for the open links that codes made: support's terminal is none. How many links lost a role."""
    count = 0
    for some in _portions(person_ids):
        held = await uow.rows(
            sa.select(ChatLink.id, ChatLinkRole.role)
            .join(ChatLinkRole, ChatLinkRole.link_id == ChatLink.id)
            .where(
                ChatLink.person_id.in_(some),
                ChatLink.invitation_id.is_not(None),
                ChatLink.revoked_at.is_(None),
            )
        )
        poorer, empty = _without(held, roles)
        count += len(poorer)
        await _delete_roles(uow, ChatLinkRole.link_id, poorer - empty, roles)
        if empty:
            await uow.write(
                sa.update(ChatLink)
                .where(ChatLink.id.in_(empty))
                .values(revoked_at=uow.now, revoked_why="reissued")
            )
    return count


def _portions(person_ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (person_ids[start : start + 500] for start in range(0, len(person_ids), 500))


def _without(held: Iterable[sa.Row[Any]], roles: frozenset[Role]) -> tuple[set[int], set[int]]:
    """Of codes or links, by id and role: those that hold one of the roles, and of these those with no other role."""
    poorer = {row.id for row in held if row.role in roles}
    return poorer, poorer - {row.id for row in held if row.role not in roles}


async def _delete_roles(uow: UnitOfWork, owner: Any, ids: set[int], roles: frozenset[Role]) -> None:
    if ids:
        table = owner.class_
        await uow.write(sa.delete(table).where(owner.in_(ids), table.role.in_(roles)))
