"""Cutting a guardian's rights: by the office only, at once, with the codes that are out."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.access import Actor, load_actor
from core.actions.guardians import restrict_guardian
from core.actions.invitations import IssuedCode, issue_invitations
from core.actions.linking import link_chat, read_offer
from core.db.conversation import ChatKey, ChatState, open_chat
from core.db.models import AuditEntry, Guardianship
from core.db.uow import UnitOfWork
from core.domain.kinds import Messenger
from core.domain.rights import GuardianRights, Role
from core.errors import CodeRefused, Forbidden, Invalid, NotFound
from core.queries.invitable import list_invitable
from tests.cast import BOT_ID, Cast
from tests.support.conversation import CODE_KEY


async def actor_of(uow: UnitOfWork, cast: Cast, name: str) -> Actor:
    return (await load_actor(uow, ChatKey(Messenger.TELEGRAM, BOT_ID, cast[name].user_id)))[1]


async def code_for(uow: UnitOfWork, cast: Cast, name: str) -> IssuedCode:
    invitees = await list_invitable(uow, person_id=cast[name].person_id)
    return (await issue_invitations(uow, invitees, code_key=CODE_KEY, reissue=True)).issued[0]


async def somebody_new(uow: UnitOfWork) -> ChatState:
    return await open_chat(uow, ChatKey(Messenger.TELEGRAM, BOT_ID, 70_001), "new")


async def cut(
    uow: UnitOfWork,
    cast: Cast,
    by: str,
    guardian: str,
    child: str = "ivan",
    rights: GuardianRights = GuardianRights.NONE,
) -> bool:
    return await restrict_guardian(
        uow,
        await actor_of(uow, cast, by),
        guardian_id=cast[guardian].person_id,
        child_id=cast[child].person_id,
        rights=rights,
    )


@pytest.mark.parametrize("officer", ["admin", "secretary"])
async def test_the_office_cuts_and_gives_rights_and_it_is_audited(
    uow: UnitOfWork, cast: Cast, officer: str
) -> None:
    assert await cut(uow, cast, officer, "mother")
    assert not await cut(uow, cast, officer, "mother")
    mother = await actor_of(uow, cast, "mother")
    assert [ward.student.name.given for ward in mother.wards] == ["Maria"]
    assert await cut(uow, cast, officer, "mother", rights=GuardianRights.READ)
    rows = await uow.rows(
        sa.select(AuditEntry.actor_id, AuditEntry.subject_id, AuditEntry.before, AuditEntry.after)
        .where(AuditEntry.action == "guardian.restrict")
        .order_by(AuditEntry.id)
    )
    ids = (cast[officer].person_id, cast["mother"].person_id)
    assert [(row.actor_id, row.subject_id) for row in rows] == [ids, ids]
    assert [(row.before["rights"], row.after["rights"]) for row in rows] == [
        ("full", "none"),
        ("none", "read"),
    ]


@pytest.mark.parametrize(
    "who", ["mother", "father", "ivan", "teacher", "homeroom", "head", "canteen", "other_admin"]
)
async def test_nobody_else_changes_a_guardians_rights(uow: UnitOfWork, cast: Cast, who: str) -> None:
    with pytest.raises((NotFound, Forbidden)):
        await cut(uow, cast, who, "cut_father", rights=GuardianRights.FULL)
    kept = await uow.value(
        sa.select(Guardianship.rights).where(Guardianship.guardian_id == cast["cut_father"].person_id)
    )
    assert kept is GuardianRights.NONE


async def test_an_officer_who_is_a_cut_parent_does_not_lift_the_own_cut(uow: UnitOfWork, cast: Cast) -> None:
    async with uow.writing():
        await uow.insert(
            Guardianship,
            guardian_id=cast["secretary"].person_id,
            child_id=cast["ivan"].person_id,
            relation="aunt",
            rights=GuardianRights.NONE,
        )
    with pytest.raises(Invalid, match="own_rights"):
        await cut(uow, cast, "secretary", "secretary", rights=GuardianRights.FULL)
    assert await cut(uow, cast, "admin", "secretary", rights=GuardianRights.FULL)


async def test_who_is_no_guardian_of_the_child_cannot_be_cut(uow: UnitOfWork, cast: Cast) -> None:
    with pytest.raises(NotFound):
        await cut(uow, cast, "admin", "stranger_mother")


async def test_a_cut_ends_the_open_code_of_a_guardian(uow: UnitOfWork, cast: Cast) -> None:
    code = await code_for(uow, cast, "stranger_mother")
    chat = await somebody_new(uow)
    offer = await read_offer(uow, chat, code.code, code_key=CODE_KEY)
    await cut(uow, cast, "admin", "stranger_mother", "alexei")
    with pytest.raises(CodeRefused):
        await read_offer(uow, chat, code.code, code_key=CODE_KEY)
    with pytest.raises(CodeRefused):
        await link_chat(uow, chat, offer.invitation_id)


async def test_a_cut_takes_from_a_teachers_code_only_the_guardians_role(uow: UnitOfWork, cast: Cast) -> None:
    code = await code_for(uow, cast, "teacher")
    await cut(uow, cast, "admin", "teacher", "katya")
    offer = await read_offer(uow, await somebody_new(uow), code.code, code_key=CODE_KEY)
    assert (offer.roles, offer.children) == ((Role.TEACHER,), ())


async def test_a_code_with_no_child_left_is_refused_like_a_wrong_one(uow: UnitOfWork, cast: Cast) -> None:
    code = await code_for(uow, cast, "stranger_mother")
    async with uow.writing():
        await uow.write(sa.update(Guardianship).values(ends=uow.now.date().replace(day=1)))
    with pytest.raises(CodeRefused):
        await read_offer(uow, await somebody_new(uow), code.code, code_key=CODE_KEY)
