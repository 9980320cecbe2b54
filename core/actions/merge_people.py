"""Two who are one: what is known of both becomes one person's. It cannot be undone."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.access import fresh_actor
from core.actions.invitations import take_back_codes
from core.actions.person_roles import OFFICE, leave_class
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import (
    Chat,
    ChatLink,
    Enrollment,
    Guardianship,
    PanelSession,
    PanelTicket,
    Person,
    SchoolClass,
)
from core.db.person_rows import Merger, merge_rows
from core.db.uow import UnitOfWork
from core.domain.kinds import Messenger
from core.domain.rights import GuardianRights, Role, narrower
from core.errors import Invalid
from core.queries.merging import check_mergeable
from core.queries.offices import access_office

_BLANKS = ("middle", "nickname", "birth_date", "email", "phone", "locale")


async def merge_people(uow: UnitOfWork, key: ChatKey, school_id: int, kept_id: int, gone_id: int) -> None:
    """Let ``gone_id`` vanish in ``kept_id``: every row of the one becomes the other's, blanks among the details are
    filled, and the narrower of two guardians' rights stays, also where two guardians of the child have one name. Browsers
    that were in the panel as the one who vanishes are signed out.

    Raises NotFound, Invalid("merge_self"), ("merge_own"), ("merge_family"), ("merge_refused").
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        office = await access_office(uow, actor, school_id, OFFICE)
        await check_mergeable(uow, office, kept_id, gone_id)
        if {kept_id, gone_id} & {one.person_id for one in actor.identities}:
            raise Invalid("merge_own")
        await _close_the_panel(uow, gone_id)
        await _keep_one_class(uow, kept_id, gone_id, office.school.today(uow.now) - timedelta(days=1))
        filled = await _fill_blanks(uow, kept_id, gone_id)
        moved = await merge_rows(uow, Merger(kept_id, gone_id, uow.now, office.officer_id))
        await _keep_cuts(uow, kept_id)
        await record(
            uow,
            "person.merge",
            actor_id=office.officer_id,
            subject=("person", kept_id),
            before={"person": gone_id},
            after={"person": kept_id, "school": school_id, "moved": moved, "filled": filled},
        )


async def _close_the_panel(uow: UnitOfWork, gone_id: int) -> None:
    """An account acts as a chat of its own, numbered by the person: that chat speaks for nobody from now on."""
    await uow.write(
        sa.update(PanelSession)
        .where(PanelSession.person_id == gone_id, PanelSession.ended_at.is_(None))
        .values(ended_at=uow.now)
    )
    await uow.write(
        sa.update(PanelTicket)
        .where(PanelTicket.person_id == gone_id, PanelTicket.used_at.is_(None))
        .values(used_at=uow.now)
    )
    terminals = sa.select(Chat.id).where(Chat.messenger == Messenger.TERMINAL)
    await uow.write(
        sa.update(ChatLink)
        .where(ChatLink.person_id == gone_id, ChatLink.revoked_at.is_(None), ChatLink.chat_id.in_(terminals))
        .values(revoked_at=uow.now, revoked_why="merged")
    )


async def _keep_one_class(uow: UnitOfWork, kept_id: int, gone_id: int, last_day: date) -> None:
    """Where both are in a class of one school, the kept person's stays."""
    mine, room = aliased(Enrollment), aliased(SchoolClass)
    lasts = sa.or_(Enrollment.ends.is_(None), Enrollment.ends > last_day)
    rows = await uow.rows(
        sa.select(Enrollment.class_id)
        .join(SchoolClass, SchoolClass.id == Enrollment.class_id)
        .where(
            Enrollment.student_id == gone_id,
            lasts,
            sa.exists().where(
                mine.student_id == kept_id,
                sa.or_(mine.ends.is_(None), mine.ends > last_day),
                mine.class_id != Enrollment.class_id,
                room.id == mine.class_id,
                room.school_id == SchoolClass.school_id,
            ),
        )
    )
    if rows:
        await leave_class(uow, gone_id, [row.class_id for row in rows], last_day)


async def _fill_blanks(uow: UnitOfWork, kept_id: int, gone_id: int) -> list[str]:
    rows = await uow.rows(
        sa.select(Person.id, *(getattr(Person, name) for name in _BLANKS)).where(
            Person.id.in_((kept_id, gone_id))
        )
    )
    kept, gone = (next(row for row in rows if row.id == one) for one in (kept_id, gone_id))
    filled = {
        name: getattr(gone, name) for name in _BLANKS if getattr(gone, name) and not getattr(kept, name)
    }
    if filled:
        await uow.write(sa.update(Person).where(Person.id == kept_id).values(**filled))
    return sorted(filled)


async def _keep_cuts(uow: UnitOfWork, kept_id: int) -> None:
    """Guardians of one name and one child have the narrowest rights of these; codes of who has none lose the role."""
    guardian = aliased(Person)
    children = sa.select(Guardianship.child_id).where(Guardianship.guardian_id == kept_id)
    rows = await uow.rows(
        sa.select(Guardianship.id, Guardianship.child_id, Guardianship.guardian_id, Guardianship.rights)
        .add_columns(guardian.name_key)
        .join(guardian, guardian.id == Guardianship.guardian_id)
        .where(sa.or_(Guardianship.child_id == kept_id, Guardianship.child_id.in_(children)))
    )
    least: dict[tuple[int, str], GuardianRights] = {}
    for row in rows:
        one = (row.child_id, row.name_key)
        least[one] = narrower(least.get(one, GuardianRights.FULL), row.rights)
    cut = []
    for row in rows:
        rights = least[row.child_id, row.name_key]
        if rights is not row.rights:
            await uow.write(sa.update(Guardianship).where(Guardianship.id == row.id).values(rights=rights))
        if rights is GuardianRights.NONE:
            cut.append(row.guardian_id)
    if cut:
        await take_back_codes(uow, sorted(set(cut)), frozenset({Role.GUARDIAN}))
