"""Codes for a class, issued by its homeroom teacher or the school office: to pupils and guardians, nothing else."""

from __future__ import annotations

from core.access import fresh_actor
from core.actions.invitations import IssueReport, issue_invitations
from core.db.conversation import ChatKey
from core.db.uow import UnitOfWork
from core.domain.rights import Role
from core.errors import NotFound
from core.queries.classes import ClassRoom, access_issuing
from core.queries.invitable import Invitable, list_invitable
from core.queries.joined import joined_of

_GRANTED = frozenset({Role.STUDENT, Role.GUARDIAN})


async def invitable_of(uow: UnitOfWork, room: ClassRoom) -> list[Invitable]:
    """The class's pupils and their guardians, with the roles that a class's code may grant. Eight statements."""
    joined = await joined_of(uow, room)
    wanted = {one.pupil.id for one in joined.pupils} | {
        guardian.id for one in joined.pupils for guardian in one.guardians
    }
    found = await list_invitable(uow, school_id=room.school.id)
    granted = (one.with_roles(_GRANTED & set(one.roles)) for one in found if one.person_id in wanted)
    return [one for one in granted if one.roles]


async def invite_class(uow: UnitOfWork, key: ChatKey, class_id: int, *, code_key: bytes) -> IssueReport:
    """A code for everybody of the class who is neither linked nor holds one. Raises NotFound, Forbidden."""
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        room = await access_issuing(uow, actor, class_id)
        return await issue_invitations(
            uow,
            await invitable_of(uow, room),
            code_key=code_key,
            issued_by=room.asker_id,
            issued_in=actor.chat_id,
            may_grant=_GRANTED,
        )


async def invite_person(
    uow: UnitOfWork, key: ChatKey, class_id: int, person_id: int, *, code_key: bytes, unlink: bool = False
) -> IssueReport:
    """A new code for one pupil or guardian of the class; older ones die, and with ``unlink`` the links they made.

    What these give beside (to a head who is a mother, say) stays. Raises NotFound, Forbidden.
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        room = await access_issuing(uow, actor, class_id)
        found = [one for one in await invitable_of(uow, room) if one.person_id == person_id]
        if not found:
            raise NotFound("person_not_found")
        return await issue_invitations(
            uow,
            found,
            code_key=code_key,
            issued_by=room.asker_id,
            issued_in=actor.chat_id,
            may_grant=_GRANTED,
            reissue=True,
            unlink=unlink,
        )
