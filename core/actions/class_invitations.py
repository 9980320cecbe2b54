"""Codes for a class, issued by its homeroom teacher or the school office: to pupils and guardians, nothing else."""

from __future__ import annotations

from dataclasses import replace

from core.access import fresh_actor
from core.actions.invitations import IssueReport, issue_invitations
from core.db.conversation import ChatKey
from core.db.uow import UnitOfWork
from core.domain.rights import Role
from core.errors import NotFound
from core.queries.classes import OFFICE, ClassRoom, access_class
from core.queries.invitable import Invitable, list_invitable
from core.queries.joined import joined_of

_GRANTED = (Role.STUDENT, Role.GUARDIAN)


async def invitable_of(uow: UnitOfWork, room: ClassRoom) -> list[Invitable]:
    """The class's pupils and their guardians, with the roles that a class's code may grant. Seven statements."""
    joined = await joined_of(uow, room)
    wanted = {one.pupil.id for one in joined.pupils} | {
        guardian.id for one in joined.pupils for guardian in one.guardians
    }
    found = await list_invitable(uow, school_id=room.school.id)
    kept = [one for one in found if one.person_id in wanted]
    return [replace(one, roles=tuple(role for role in one.roles if role in _GRANTED)) for one in kept]


async def invite_class(uow: UnitOfWork, key: ChatKey, class_id: int, *, code_key: bytes) -> IssueReport:
    """A code for everybody of the class who is neither linked nor holds one. Raises NotFound."""
    async with uow.writing():
        room = await access_class(uow, await fresh_actor(uow, key), class_id, OFFICE)
        return await issue_invitations(
            uow, await invitable_of(uow, room), code_key=code_key, issued_by=room.asker_id
        )


async def invite_person(
    uow: UnitOfWork, key: ChatKey, class_id: int, person_id: int, *, code_key: bytes, unlink: bool = False
) -> IssueReport:
    """A new code for one pupil or guardian of the class; older ones die, and with ``unlink`` the links they made.

    What a homeroom teacher ends are codes and links of the roles that a class's code grants, not a colleague's of
    work. Raises NotFound.
    """
    async with uow.writing():
        room = await access_class(uow, await fresh_actor(uow, key), class_id, OFFICE)
        found = [one for one in await invitable_of(uow, room) if one.person_id == person_id]
        if not found:
            raise NotFound("person_not_found")
        return await issue_invitations(
            uow,
            found,
            code_key=code_key,
            issued_by=room.asker_id,
            reissue=True,
            unlink=unlink,
            within=_GRANTED if room.leads else None,
        )
