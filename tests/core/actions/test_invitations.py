"""Codes: who gets one, and what a new one takes from the older ones."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.access import load_actor
from core.actions.class_invitations import invite_class, invite_person
from core.actions.invitations import IssueReport, issue_device_code, issue_invitations
from core.actions.linking import revoke_link
from core.db.conversation import ChatKey
from core.db.models import (
    ChatLink,
    ChatLinkRole,
    Guardianship,
    Invitation,
    InvitationRole,
)
from core.db.uow import UnitOfWork
from core.domain.kinds import InvitationKind, Messenger
from core.domain.rights import GuardianRights, Role
from core.errors import NotFound
from core.queries.classes import OFFICE, access_class
from core.queries.invitable import list_invitable
from core.queries.joined import joined_of
from tests.cast import BOT_ID, Cast
from tests.support.conversation import CODE_KEY


def key_of(cast: Cast, name: str) -> ChatKey:
    return ChatKey(Messenger.TELEGRAM, BOT_ID, cast[name].user_id)


async def issue(
    uow: UnitOfWork, person_id: int, *, role: Role | None = None, reissue: bool = False, unlink: bool = False
) -> IssueReport:
    """As the command line does it for ``--person`` and ``--role``."""
    return await issue_invitations(
        uow,
        await list_invitable(uow, person_id=person_id, role=role),
        code_key=CODE_KEY,
        may_grant=frozenset({role} if role else Role),
        reissue=reissue,
        unlink=unlink,
    )


async def granted_by_open_codes(uow: UnitOfWork, person_id: int) -> list[set[Role]]:
    """The roles of each open code of a person."""
    rows = await uow.rows(
        sa.select(Invitation.id, InvitationRole.role)
        .outerjoin(InvitationRole, InvitationRole.invitation_id == Invitation.id)
        .where(
            Invitation.person_id == person_id,
            Invitation.used_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .order_by(Invitation.id)
    )
    return [{row.role for row in rows if row.id == number} for number in dict.fromkeys(r.id for r in rows)]


async def granted_by_links(uow: UnitOfWork, person_id: int) -> set[Role]:
    """The roles that open links of a person carry."""
    rows = await uow.rows(
        sa.select(ChatLinkRole.role)
        .join(ChatLink, ChatLink.id == ChatLinkRole.link_id)
        .where(ChatLink.person_id == person_id, ChatLink.revoked_at.is_(None))
    )
    return {row.role for row in rows}


async def relink(uow: UnitOfWork, cast: Cast, name: str, roles: list[Role]) -> None:
    """Let the member's chat be linked by an older code with just these roles."""
    person_id = cast[name].person_id
    async with uow.writing():
        code = await uow.insert(
            Invitation,
            person_id=person_id,
            kind=InvitationKind.SLIP,
            code_hash=f"older code of {name} for {roles}",
            issued_at=uow.now,
            expires_at=uow.now,
            used_at=uow.now,
        )
        number = await uow.value(sa.select(ChatLink.id).where(ChatLink.person_id == person_id))
        await uow.write(sa.update(ChatLink).where(ChatLink.id == number).values(invitation_id=code))
        await uow.write(sa.delete(ChatLinkRole).where(ChatLinkRole.link_id == number))
        await uow.write(sa.insert(ChatLinkRole), [{"link_id": number, "role": role} for role in roles])


@pytest.fixture
async def head_with_a_child(uow: UnitOfWork, cast: Cast) -> int:
    """The head is now a guardian in 7A too, linked as both, and holds a code for both."""
    head = cast["head"].person_id
    async with uow.writing():
        await uow.insert(
            Guardianship,
            guardian_id=head,
            child_id=cast["alexei"].person_id,
            rights=GuardianRights.FULL,
        )
    await issue(uow, head, reissue=True)
    await relink(uow, cast, "head", [Role.HEAD, Role.GUARDIAN])
    return head


async def test_a_homeroom_teacher_takes_from_a_head_who_is_a_parent_only_the_parents_role(
    uow: UnitOfWork, cast: Cast, head_with_a_child: int
) -> None:
    report = await invite_person(
        uow,
        key_of(cast, "homeroom"),
        cast.classes["7A"],
        head_with_a_child,
        code_key=CODE_KEY,
        unlink=True,
    )
    assert [one.invitee.roles for one in report.issued] == [(Role.GUARDIAN,)]
    assert await granted_by_open_codes(uow, head_with_a_child) == [{Role.HEAD}, {Role.GUARDIAN}]
    assert await granted_by_links(uow, head_with_a_child) == {Role.HEAD}
    assert (report.revoked, report.unlinked) == (1, 1)


async def test_a_parents_older_code_and_chat_die_with_a_new_code(uow: UnitOfWork, cast: Cast) -> None:
    mother = cast["mother"].person_id
    await relink(uow, cast, "mother", [Role.GUARDIAN])
    await issue(uow, mother, reissue=True)
    report = await invite_person(
        uow, key_of(cast, "homeroom"), cast.classes["7A"], mother, code_key=CODE_KEY, unlink=True
    )
    assert (report.revoked, report.unlinked) == (1, 1)
    assert await granted_by_open_codes(uow, mother) == [{Role.GUARDIAN}]
    assert await granted_by_links(uow, mother) == set()


async def test_codes_issued_anew_for_one_role_leave_the_other_roles(
    uow: UnitOfWork, cast: Cast, head_with_a_child: int
) -> None:
    await issue(uow, head_with_a_child, role=Role.GUARDIAN, reissue=True, unlink=True)
    assert await granted_by_open_codes(uow, head_with_a_child) == [{Role.HEAD}, {Role.GUARDIAN}]
    assert await granted_by_links(uow, head_with_a_child) == {Role.HEAD}
    await issue(uow, head_with_a_child, reissue=True, unlink=True)
    assert await granted_by_open_codes(uow, head_with_a_child) == [{Role.HEAD, Role.GUARDIAN}]
    assert await granted_by_links(uow, head_with_a_child) == set()


async def test_whoever_is_linked_as_a_teacher_only_is_still_invited_as_a_guardian(
    uow: UnitOfWork, cast: Cast
) -> None:
    teacher = cast["teacher"].person_id
    await relink(uow, cast, "teacher", [Role.TEACHER])
    room = await access_class(
        uow, (await load_actor(uow, key_of(cast, "admin")))[1], cast.classes["5A"], OFFICE
    )
    (family,) = (await joined_of(uow, room)).pupils
    assert teacher in family.not_linked
    report = await issue(uow, teacher)
    assert [one.invitee.roles for one in report.issued] == [(Role.GUARDIAN,)]
    assert report.issued[0].invitee.about == ("Katya S., 5A",)
    again = await issue(uow, teacher)
    assert (again.issued, again.already_linked, again.already_invited) == ((), 0, 1)
    await relink(uow, cast, "teacher", [Role.TEACHER, Role.GUARDIAN])
    assert (await issue(uow, teacher)).already_linked == 1


async def test_a_teachers_code_does_not_speak_of_the_children(uow: UnitOfWork, cast: Cast) -> None:
    await relink(uow, cast, "teacher", [Role.GUARDIAN])
    (issued,) = (await issue(uow, cast["teacher"].person_id)).issued
    assert (issued.invitee.roles, issued.invitee.about, issued.invitee.class_name) == (
        (Role.TEACHER,),
        (),
        "",
    )


async def test_a_link_that_is_over_asks_for_no_device_code(uow: UnitOfWork, cast: Cast) -> None:
    thief = (await load_actor(uow, key_of(cast, "mother")))[1]
    await revoke_link(uow, thief, thief.identities[0].link_id)
    with pytest.raises(NotFound):
        await issue_device_code(uow, thief, cast["mother"].person_id, code_key=CODE_KEY)


async def test_codes_for_a_class_take_a_bounded_number_of_statements(uow: UnitOfWork, cast: Cast) -> None:
    async with uow.writing():
        await uow.write(sa.delete(ChatLink).where(ChatLink.person_id != cast["homeroom"].person_id))
    before = uow.statements
    report = await invite_class(uow, key_of(cast, "homeroom"), cast.classes["7A"], code_key=CODE_KEY)
    assert len(report.issued) == 5
    assert uow.statements - before <= 16
