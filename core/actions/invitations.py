"""Invitations: issuing, re-issuing and revoking codes. A code leaves here once, in the answer, and is kept hashed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.access import Actor
from core.db.audit import record
from core.db.models import ChatLink, ChatLinkRole, Invitation, InvitationRole
from core.db.uow import UnitOfWork
from core.domain.codes import hash_code, new_code
from core.domain.ids import InvitationId, PersonId
from core.domain.kinds import InvitationKind
from core.domain.rights import Role
from core.errors import NotFound
from core.queries.invitable import Invitable, linked_and_invited

SLIP_LIFE = timedelta(days=60)
DEVICE_LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """A new code and whom it is for; ``code`` is canonical, without dashes."""

    invitation_id: InvitationId
    invitee: Invitable
    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class IssueReport:
    """What became of asking for codes; those skipped are counted, not named."""

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
    reissue: bool = False,
    unlink: bool = False,
    within: Collection[Role] | None = None,
) -> IssueReport:
    """A code for each who is neither linked nor holds an open one; with ``reissue`` for each, the older revoked.

    ``unlink`` also revokes the links that the revoked or used older codes made. Where ``within`` is given, codes and
    links that grant any other role stay as they are. ``issued_by`` is None for the command line. Every code is audited
    in the one transaction; the number of statements does not grow with the people, but for the database's own limits
    on one statement.
    """
    async with uow.writing():
        ids = [invitee.person_id for invitee in invitees]
        linked, invited = await linked_and_invited(uow, invitees)
        wanted = (
            list(invitees) if reissue else [one for one in invitees if one.person_id not in linked | invited]
        )
        revoked = unlinked = 0
        if reissue and ids:
            revoked = await _revoke_open(uow, ids, within)
            if unlink:
                unlinked = await _revoke_links_of_slips(uow, ids, within)
        issued = await _insert_codes(uow, wanted, code_key, issued_by, InvitationKind.SLIP, SLIP_LIFE)
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
    skipped_linked = len([one for one in invitees if one.person_id in linked]) if not reissue else 0
    skipped_invited = (
        len([one for one in invitees if one.person_id in invited - linked]) if not reissue else 0
    )
    return IssueReport(tuple(issued), skipped_linked, skipped_invited, revoked, unlinked)


async def issue_device_code(uow: UnitOfWork, actor: Actor, person_id: int, *, code_key: bytes) -> IssuedCode:
    """A code of ten minutes for another phone or browser of a linked person, with this chat's roles.

    An older unused device code of the person dies. Raises NotFound for a person this chat is not linked to.
    """
    identity = next((one for one in actor.identities if one.person_id == person_id), None)
    if identity is None:
        raise NotFound("link_not_found")
    invitee = Invitable(identity.person_id, identity.name, tuple(sorted(identity.granted)))
    async with uow.writing():
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
        issued = await _insert_codes(
            uow, [invitee], code_key, identity.person_id, InvitationKind.DEVICE, DEVICE_LIFE
        )
        await record(
            uow, "invitation.device", actor_id=identity.person_id, subject=("person", identity.person_id)
        )
    return issued[0]


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


async def _insert_codes(
    uow: UnitOfWork,
    invitees: Sequence[Invitable],
    code_key: bytes,
    issued_by: PersonId | None,
    kind: InvitationKind,
    life: timedelta,
) -> list[IssuedCode]:
    if not invitees:
        return []
    expires = uow.now + life
    codes = [new_code() for _ in invitees]
    hashes = [hash_code(code, code_key) for code in codes]
    await uow.write(
        sa.insert(Invitation),
        [
            {
                "person_id": invitee.person_id,
                "kind": kind,
                "code_hash": hashed,
                "issued_at": uow.now,
                "issued_by": issued_by,
                "expires_at": expires,
            }
            for invitee, hashed in zip(invitees, hashes, strict=True)
        ],
    )
    ids: dict[str, int] = {}
    for start in range(0, len(hashes), 500):
        found = await uow.rows(
            sa.select(Invitation.code_hash, Invitation.id).where(
                Invitation.code_hash.in_(hashes[start : start + 500])
            )
        )
        ids.update({row.code_hash: row.id for row in found})
    grants = [
        {"invitation_id": ids[hashed], "role": role}
        for invitee, hashed in zip(invitees, hashes, strict=True)
        for role in invitee.roles
    ]
    if grants:
        await uow.write(sa.insert(InvitationRole), grants)
    return [
        IssuedCode(InvitationId(ids[hashed]), invitee, code, expires)
        for invitee, code, hashed in zip(invitees, codes, hashes, strict=True)
    ]


async def _revoke_open(uow: UnitOfWork, person_ids: Sequence[int], within: Collection[Role] | None) -> int:
    count = 0
    others = sa.exists().where(
        InvitationRole.invitation_id == Invitation.id, InvitationRole.role.not_in(within or ())
    )
    for start in range(0, len(person_ids), 500):
        result = await uow.write(
            sa.update(Invitation)
            .where(
                Invitation.person_id.in_(person_ids[start : start + 500]),
                Invitation.used_at.is_(None),
                Invitation.revoked_at.is_(None),
                sa.true() if within is None else ~others,
            )
            .values(revoked_at=uow.now)
            .returning(Invitation.id)
        )
        count += len(result.all())
    return count


async def _revoke_links_of_slips(
    uow: UnitOfWork, person_ids: Sequence[int], within: Collection[Role] | None
) -> int:
    count = 0
    others = sa.exists().where(ChatLinkRole.link_id == ChatLink.id, ChatLinkRole.role.not_in(within or ()))
    for start in range(0, len(person_ids), 500):
        part = person_ids[start : start + 500]
        made = sa.select(Invitation.id).where(Invitation.person_id.in_(part))
        result = await uow.write(
            sa.update(ChatLink)
            .where(
                ChatLink.revoked_at.is_(None),
                ChatLink.invitation_id.in_(made),
                sa.true() if within is None else ~others,
            )
            .values(revoked_at=uow.now, revoked_why="reissued")
            .returning(ChatLink.id)
        )
        count += len(result.all())
    return count
