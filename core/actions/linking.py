"""Linking a chat to a person by a code, unlinking it, and the limits on wrong codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.access import Actor
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
    rows = await uow.rows(
        sa.select(
            Invitation.id,
            Invitation.person_id,
            *(Person.family, Person.given, Person.middle, Person.nickname),
            InvitationRole.role,
            Org.name.label("school_name"),
            SchoolClass.name.label("class_name"),
        )
        .join(Person, Person.id == Invitation.person_id)
        .outerjoin(InvitationRole, InvitationRole.invitation_id == Invitation.id)
        .outerjoin(RoleAssignment, RoleAssignment.person_id == Person.id)
        .outerjoin(Org, Org.id == RoleAssignment.org_id)
        .outerjoin(
            Enrollment,
            (Enrollment.student_id == Person.id)
            & sa.or_(Enrollment.ends.is_(None), Enrollment.ends >= uow.now.date()),
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
            *(Person.family, Person.given, Person.middle, Person.nickname),
            SchoolClass.name.label("class_name"),
            Guardianship.relation,
            Org.name.label("school_name"),
        )
        .join(Person, Person.id == Guardianship.child_id)
        .outerjoin(
            Enrollment,
            (Enrollment.student_id == Person.id)
            & sa.or_(Enrollment.ends.is_(None), Enrollment.ends >= uow.now.date()),
        )
        .outerjoin(SchoolClass, SchoolClass.id == Enrollment.class_id)
        .outerjoin(Org, Org.id == SchoolClass.school_id)
        .where(
            Guardianship.guardian_id == first.person_id,
            Guardianship.rights != GuardianRights.NONE,
            sa.or_(Guardianship.ends.is_(None), Guardianship.ends >= uow.now.date()),
        )
        .order_by(Person.given)
    )
    roles = tuple(sorted({Role(row.role) for row in rows if row.role}))
    offered = {
        (row.family, row.given): OfferedChild(
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
    chat_id = chat.id if chat else 0
    since = uow.now - WINDOW
    row = await uow.row(
        sa.select(
            sa.func.count().label("in_all"),
            sa.func.count(sa.case((CodeTry.chat_id == chat_id, 1))).label("by_chat"),
            sa.func.count(sa.case((CodeTry.address_hash == (address_hash or "-"), 1))).label("by_address"),
            sa.func.min(sa.case((CodeTry.chat_id == chat_id, CodeTry.at))).label("first_by_chat"),
            sa.func.min(sa.case((CodeTry.address_hash == (address_hash or "-"), CodeTry.at))).label(
                "first_by_address"
            ),
            sa.func.min(CodeTry.at).label("first"),
        ).where(CodeTry.at > since)
    )
    assert row is not None
    if row.by_chat >= TRIES_PER_CHAT:
        raise TooManyTries(_until(row.first_by_chat))
    if row.by_address >= TRIES_PER_ADDRESS:
        raise TooManyTries(_until(row.first_by_address))
    if row.in_all >= TRIES_IN_ALL:
        raise TooManyTries(_until(row.first))


def _until(first: datetime) -> datetime:
    return first + WINDOW


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

    Takes effect with this transaction: the chat's old buttons included. ``disowned`` ("Not me") also tells the
    school. Raises NotFound for a link of anybody else.
    """
    own = {identity.person_id for identity in actor.identities}
    async with uow.writing():
        row = None
        if 0 < link_id <= LARGEST_ID:
            row = await uow.row(
                sa.select(ChatLink.person_id, ChatLink.chat_id, ChatLink.revoked_at).where(
                    ChatLink.id == link_id
                )
            )
        if row is None or row.person_id not in own:
            raise NotFound("link_not_found")
        if row.revoked_at is not None:
            return False
        await uow.write(
            sa.update(ChatLink)
            .where(ChatLink.id == link_id)
            .values(revoked_at=uow.now, revoked_why="disowned" if disowned else "by the person")
        )
        await record(
            uow,
            "link.disown" if disowned else "link.revoke",
            actor_id=row.person_id,
            subject=("person", row.person_id),
            before={"link": link_id, "chat": row.chat_id},
        )
        if disowned:
            await publish(
                uow,
                "link_disowned",
                f"link_disowned:{link_id}",
                payload={"link": link_id, "person": row.person_id},
                actor_id=row.person_id,
            )
    return True


async def open_support_chat(uow: UnitOfWork, chat: ChatState, person_id: PersonId, *, who: str) -> None:
    """Let the terminal speak as a person, with all the roles the person has today; audited with the OS user."""
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
        await record(uow, "support.talk", actor_id=None, subject=("person", person_id), after={"user": who})
