"""Linking a chat to a person by a code, unlinking it, and the limits on wrong codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.access import Actor
from core.actions.invitations import revoke_device_codes
from core.db.audit import record
from core.db.conversation import ChatState
from core.db.models import (
    ChatLink,
    ChatLinkRole,
    CodeTry,
    Enrollment,
    Guardianship,
    Invitation,
    InvitationRole,
    Org,
    Person,
    RoleAssignment,
    SchoolClass,
)
from core.db.outbox import publish
from core.db.uow import UnitOfWork
from core.domain.codes import hash_code, read_code
from core.domain.ids import LARGEST_ID, InvitationId, LinkId, PersonId
from core.domain.names import PersonName
from core.domain.rights import GuardianRights, Role
from core.errors import CodeRefused, NotFound, TooManyTries

WINDOW = timedelta(minutes=15)
TRIES_PER_CHAT = 5
TRIES_PER_ADDRESS = 20
TRIES_IN_ALL = 500
_DISOWNED = "disowned"
_LINK = (ChatLink.id, ChatLink.person_id, ChatLink.chat_id, ChatLink.linked_at)


@dataclass(frozen=True, slots=True)
class OfferedChild:
    """A child that a guardian's code would show; ``class_name`` may be empty."""

    name: PersonName
    class_name: str
    relation: str


@dataclass(frozen=True, slots=True)
class LinkOffer:
    """Whom a code would link to, for the question "Is that you?"."""

    invitation_id: InvitationId
    name: PersonName
    roles: tuple[Role, ...]
    children: tuple[OfferedChild, ...]
    class_name: str
    school_name: str


async def read_offer(
    uow: UnitOfWork, chat: ChatState | None, text: str, *, code_key: bytes, address_hash: str = ""
) -> LinkOffer:
    """What the code in ``text`` offers; the code is not spent by this. ``chat`` is None where there is none yet.

    Raises CodeRefused, the same for wrong, used, revoked and expired, and counts the try; TooManyTries once a
    chat, an address or the whole installation has had too many, also for a right code.
    """
    await _check_tries(uow, chat, address_hash)
    code = read_code(text)
    offer = None
    if code is not None:
        offer = await _offer(uow, Invitation.code_hash == hash_code(code, code_key))
    if offer is None:
        await _count_try(uow, chat, address_hash)
        raise CodeRefused
    return offer


async def offer_again(uow: UnitOfWork, invitation_id: int) -> LinkOffer:
    """The offer of an invitation whose code this chat has shown before. Raises CodeRefused. Two statements."""
    offer = await _offer(uow, Invitation.id == invitation_id)
    if offer is None:
        raise CodeRefused
    return offer


async def _offer(uow: UnitOfWork, which: sa.ColumnElement[bool]) -> LinkOffer | None:
    """None also where nothing is left of what the code would give: the roles have ended, or no child remains."""
    today = uow.now.date()
    rows = await uow.rows(
        sa.select(
            Invitation.id,
            Invitation.person_id,
            *(Person.family, Person.given, Person.middle, Person.nickname),
            InvitationRole.role,
            RoleAssignment.role.label("held"),
            Org.name.label("school_name"),
            SchoolClass.name.label("class_name"),
        )
        .join(Person, Person.id == Invitation.person_id)
        .outerjoin(InvitationRole, InvitationRole.invitation_id == Invitation.id)
        .outerjoin(
            RoleAssignment,
            (RoleAssignment.person_id == Person.id)
            & sa.or_(RoleAssignment.ends.is_(None), RoleAssignment.ends >= today),
        )
        .outerjoin(Org, Org.id == RoleAssignment.org_id)
        .outerjoin(
            Enrollment,
            (Enrollment.student_id == Person.id)
            & sa.or_(Enrollment.ends.is_(None), Enrollment.ends >= today),
        )
        .outerjoin(SchoolClass, SchoolClass.id == Enrollment.class_id)
        .where(
            which,
            Invitation.used_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > uow.now,
        )
    )
    if not rows:
        return None
    first = rows[0]
    children = await uow.rows(
        sa.select(
            Person.id,
            *(Person.family, Person.given, Person.middle, Person.nickname),
            SchoolClass.name.label("class_name"),
            Guardianship.relation,
            Org.name.label("school_name"),
        )
        .join(Person, Person.id == Guardianship.child_id)
        .outerjoin(
            Enrollment,
            (Enrollment.student_id == Person.id)
            & sa.or_(Enrollment.ends.is_(None), Enrollment.ends >= today),
        )
        .outerjoin(SchoolClass, SchoolClass.id == Enrollment.class_id)
        .outerjoin(Org, Org.id == SchoolClass.school_id)
        .where(
            Guardianship.guardian_id == first.person_id,
            Guardianship.rights != GuardianRights.NONE,
            sa.or_(Guardianship.ends.is_(None), Guardianship.ends >= today),
        )
        .order_by(Person.given, Person.id, SchoolClass.name)
    )
    held = {row.held for row in rows} | ({Role.GUARDIAN} if children else set())
    roles = tuple(sorted({row.role for row in rows} & held))
    if not roles:
        return None
    offered = {
        row.id: OfferedChild(
            PersonName(row.family, row.given, row.middle, row.nickname),
            row.class_name or "",
            row.relation,
        )
        for row in children
    }
    return LinkOffer(
        InvitationId(first.id),
        PersonName(first.family, first.given, first.middle, first.nickname),
        roles,
        tuple(offered.values()) if Role.GUARDIAN in roles else (),
        next((row.class_name for row in rows if row.class_name), "") if Role.STUDENT in roles else "",
        next((row.school_name for row in (*rows, *children) if row.school_name), ""),
    )


async def _check_tries(uow: UnitOfWork, chat: ChatState | None, address_hash: str) -> None:
    """A limit of n is reached while the newest but n - 1 of its tries lies in the window: it ends when that leaves."""
    since = uow.now - WINDOW

    def newest(number: int, *of: sa.ColumnElement[bool]) -> sa.ScalarSelect[datetime]:
        tries = sa.select(CodeTry.at).where(CodeTry.at > since, *of).order_by(CodeTry.at.desc())
        return tries.offset(number - 1).limit(1).scalar_subquery()

    limits = [
        newest(TRIES_PER_CHAT, CodeTry.chat_id == (chat.id if chat else 0)),
        newest(TRIES_PER_ADDRESS, CodeTry.address_hash == address_hash, CodeTry.address_hash != ""),
        newest(TRIES_IN_ALL),
    ]
    row = await uow.row(sa.select(*limits))
    reached = [at for at in row or () if at is not None]
    if reached:
        raise TooManyTries(max(reached) + WINDOW)


async def _count_try(uow: UnitOfWork, chat: ChatState | None, address_hash: str) -> None:
    async with uow.writing():
        await uow.insert(CodeTry, at=uow.now, chat_id=chat.id if chat else None, address_hash=address_hash)
        in_all = await uow.value(
            sa.select(sa.func.count()).select_from(CodeTry).where(CodeTry.at > uow.now - WINDOW)
        )
        subject = ("chat", int(chat.id)) if chat else None
        await record(uow, "code.refused", actor_id=None, subject=subject)
        if in_all * 5 >= TRIES_IN_ALL:
            hour = uow.now.strftime("%Y-%m-%dT%H")
            await publish(uow, "codes_guessed", f"codes_guessed:{hour}", payload={"tries": in_all})


async def link_chat(uow: UnitOfWork, chat: ChatState, invitation_id: int) -> LinkId:
    """Spend the invitation and link the chat with just the roles it names.

    Two phones with one slip: the first wins, the other gets CodeRefused. Publishes ``link_made``.
    """
    async with uow.writing():
        spent = await uow.write(
            sa.update(Invitation)
            .where(
                Invitation.id == invitation_id,
                Invitation.used_at.is_(None),
                Invitation.revoked_at.is_(None),
                Invitation.expires_at > uow.now,
            )
            .values(used_at=uow.now)
            .returning(Invitation.person_id)
        )
        row = spent.first()
        if row is None:
            raise CodeRefused
        person_id = PersonId(row.person_id)
        roles = {
            one.role
            for one in await uow.rows(
                sa.select(InvitationRole.role).where(InvitationRole.invitation_id == invitation_id)
            )
        }
        link_id = await uow.value(
            sa.select(ChatLink.id).where(
                ChatLink.chat_id == chat.id, ChatLink.person_id == person_id, ChatLink.revoked_at.is_(None)
            )
        )
        held: set[Role] = set()
        if link_id is None:
            link_id = await uow.insert(
                ChatLink, chat_id=chat.id, person_id=person_id, invitation_id=invitation_id, linked_at=uow.now
            )
        else:
            held = {
                one.role
                for one in await uow.rows(sa.select(ChatLinkRole.role).where(ChatLinkRole.link_id == link_id))
            }
        if roles - held:
            await uow.write(
                sa.insert(ChatLinkRole), [{"link_id": link_id, "role": role} for role in sorted(roles - held)]
            )
        await record(
            uow,
            "link.make",
            actor_id=person_id,
            subject=("person", person_id),
            after={"chat": chat.id, "roles": sorted(roles)},
        )
        await publish(
            uow,
            "link_made",
            f"link_made:{link_id}:{invitation_id}",
            payload={"link": link_id, "person": person_id, "chat": chat.id},
            actor_id=person_id,
        )
    return LinkId(link_id)


async def revoke_link(uow: UnitOfWork, actor: Actor, link_id: int, *, disowned: bool = False) -> bool:
    """Unlink a chat of a person that the asker is linked to; whether it was still linked.

    Takes effect with this transaction: the chat's old buttons included, and open codes for another device.
    ``disowned`` ("Not me") also undoes all that the link gave away, and tells the school. Raises NotFound for a link
    of anybody else.
    """
    own = {identity.person_id for identity in actor.identities}
    async with uow.writing():
        row = None
        if 0 < link_id <= LARGEST_ID:
            row = await uow.row(
                sa.select(*_LINK, ChatLink.revoked_at, ChatLink.revoked_why).where(ChatLink.id == link_id)
            )
        if row is None or row.person_id not in own:
            raise NotFound("link_not_found")
        was_open = row.revoked_at is None
        # A thief who unlinks the first device leaves what it gave away, so "Not me" still has something to undo.
        if not was_open and (not disowned or row.revoked_why == _DISOWNED):
            return False
        await uow.write(
            sa.update(ChatLink)
            .where(ChatLink.id == link_id)
            .values(
                revoked_at=row.revoked_at or uow.now,
                revoked_why=_DISOWNED if disowned else "by the person",
            )
        )
        await revoke_device_codes(uow, row.person_id)
        given = await _undo_what_it_gave(uow, row) if disowned else []
        await record(
            uow,
            "link.disown" if disowned else "link.revoke",
            actor_id=row.person_id,
            subject=("person", row.person_id),
            before={"link": link_id, "chat": row.chat_id, **({"gave": given} if given else {})},
        )
        if disowned:
            await publish(
                uow,
                "link_disowned",
                f"link_disowned:{link_id}",
                payload={"link": link_id, "person": row.person_id},
                actor_id=row.person_id,
            )
    return was_open


async def _undo_what_it_gave(uow: UnitOfWork, disowned: sa.Row[Any]) -> list[int]:
    """Revoke the codes that a link issued, the links made from them, and so on from those: the links' ids.

    Three statements for each link in that tree.
    """
    to_do, given = [disowned], []
    while to_do:
        link = to_do.pop()
        issued = sa.select(Invitation.id).where(
            Invitation.issued_chat_id == link.chat_id,
            Invitation.issued_by == link.person_id,
            Invitation.issued_at >= link.linked_at,
        )
        await uow.write(
            sa.update(Invitation)
            .where(Invitation.id.in_(issued), Invitation.used_at.is_(None), Invitation.revoked_at.is_(None))
            .values(revoked_at=uow.now)
        )
        made = await uow.rows(sa.select(*_LINK).where(ChatLink.invitation_id.in_(issued)))
        new = [one for one in made if one.id not in given]
        given += [one.id for one in new]
        to_do += new
    if given:
        await uow.write(
            sa.update(ChatLink)
            .where(ChatLink.id.in_(given), ChatLink.revoked_at.is_(None))
            .values(revoked_at=uow.now, revoked_why=_DISOWNED)
        )
    return given


async def open_support_chat(uow: UnitOfWork, chat: ChatState, person_id: PersonId, *, who: str) -> None:
    """Let the terminal speak as a person, with all the roles the person has today; audited with the OS user."""
    async with uow.writing():
        await link_with_own_roles(uow, chat, person_id)
        await record(uow, "support.talk", actor_id=None, subject=("person", person_id), after={"user": who})


async def link_with_own_roles(uow: UnitOfWork, chat: ChatState, person_id: PersonId) -> None:
    """Link a chat that is ours to a person, with all the roles the person has today and no others. Five statements."""
    async with uow.writing():
        link_id = await uow.value(
            sa.select(ChatLink.id).where(
                ChatLink.chat_id == chat.id, ChatLink.person_id == person_id, ChatLink.revoked_at.is_(None)
            )
        )
        if link_id is None:
            link_id = await uow.insert(ChatLink, chat_id=chat.id, person_id=person_id, linked_at=uow.now)
        await uow.write(sa.delete(ChatLinkRole).where(ChatLinkRole.link_id == link_id))
        held = {
            one.role
            for one in await uow.rows(
                sa.select(RoleAssignment.role).where(RoleAssignment.person_id == person_id).distinct()
            )
        }
        await uow.write(
            sa.insert(ChatLinkRole),
            [{"link_id": link_id, "role": role} for role in sorted({*held, Role.GUARDIAN})],
        )
