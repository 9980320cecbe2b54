"""Who is a child's guardian, and what they may do for it: decided by the school's office, and lifted by no import."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.access import Actor, access_student, fresh_actor
from core.actions.invitations import take_back_codes
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import Guardianship, Person
from core.db.uow import UnitOfWork
from core.domain.rights import GuardianRights, Right, Role, narrower
from core.errors import Invalid, NotFound
from core.queries.office_people import changeable_person
from core.queries.offices import Office, access_office

_OFFICE = (Role.ADMIN, Role.SECRETARY)
_LONGEST_RELATION = 40


async def restrict_guardian(
    uow: UnitOfWork, actor: Actor, *, guardian_id: int, child_id: int, rights: GuardianRights
) -> bool:
    """Change a guardian's rights for a child, down or up again; whether anything changed.

    Takes effect with this transaction, old buttons included. A cut to none also takes the guardian's role from every
    open code of that person. Raises NotFound to whoever may not see the child's guardians, and where there is no such
    guardian; Invalid("own_rights") to a guardian of the office: their own cut is for somebody else to lift.
    """
    if any(one.person_id == guardian_id for one in actor.identities):
        raise Invalid("own_rights")
    async with uow.writing():
        seen = await access_student(uow, actor, child_id, Right.CONTACTS)
        which = (Guardianship.guardian_id == guardian_id) & (Guardianship.child_id == child_id)
        before = await uow.value(sa.select(Guardianship.rights).where(which))
        if before is None:
            raise NotFound("guardian_not_found")
        if before is rights:
            return False
        await uow.write(sa.update(Guardianship).where(which).values(rights=rights))
        revoked = 0
        if rights is GuardianRights.NONE:
            revoked = await take_back_codes(uow, [guardian_id], frozenset({Role.GUARDIAN}))
        await record(
            uow,
            "guardian.restrict",
            actor_id=seen.officer_id,
            subject=("person", guardian_id),
            before={"child": child_id, "rights": before},
            after={"child": child_id, "rights": rights, "codes": revoked},
        )
    return True


async def add_guardian(
    uow: UnitOfWork, key: ChatKey, school_id: int, guardian_id: int, child_id: int, relation: str
) -> GuardianRights:
    """Make one of the office's people a guardian of a pupil, or again; the rights that this gives. At most ten
    statements.

    Raises NotFound, Invalid("own_family"), ("own_guardian"), ("relation_too_long").
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        office = await access_office(uow, actor, school_id, _OFFICE)
        await changeable_person(uow, office, guardian_id)
        rights = await tie_guardian(uow, actor, office, guardian_id, child_id, relation)
        await record(
            uow,
            "guardian.add",
            actor_id=office.officer_id,
            subject=("person", guardian_id),
            after={"child": child_id, "rights": rights},
        )
    return rights


async def tie_guardian(
    uow: UnitOfWork, actor: Actor, office: Office, guardian_id: int, child_id: int, relation: str
) -> GuardianRights:
    """The same as a part of a write that has loaded its access.

    Full rights, unless this guardian had less for the child, or another of the same name: neither ending a tie nor
    writing somebody down anew lifts a cut. Raises as ``add_guardian``. At most six statements.
    """
    if guardian_id == child_id:
        raise Invalid("own_guardian")
    if any(one.person_id == guardian_id for one in actor.identities):
        raise Invalid("own_family")
    words = " ".join(relation.split())
    if len(words) > _LONGEST_RELATION:
        raise Invalid("relation_too_long")
    seen = await access_student(uow, actor, child_id, Right.CONTACTS)
    if seen.student.school.id != office.school.id:
        raise NotFound("student_not_found")
    name = sa.select(Person.name_key).where(Person.id == guardian_id).scalar_subquery()
    same = aliased(Person)
    rows = await uow.rows(
        sa.select(Guardianship.guardian_id, Guardianship.rights, Guardianship.relation)
        .join(same, same.id == Guardianship.guardian_id)
        .where(
            Guardianship.child_id == child_id,
            sa.or_(Guardianship.guardian_id == guardian_id, same.name_key == name),
        )
    )
    rights = narrower(GuardianRights.FULL, *(row.rights for row in rows))
    own = next((row for row in rows if row.guardian_id == guardian_id), None)
    if own is None:
        await uow.insert(
            Guardianship, guardian_id=guardian_id, child_id=child_id, relation=words, rights=rights
        )
    else:
        await uow.write(
            sa.update(Guardianship)
            .where(Guardianship.guardian_id == guardian_id, Guardianship.child_id == child_id)
            .values(ends=None, rights=rights, relation=words or own.relation)
        )
    return rights


async def end_guardian(
    uow: UnitOfWork, key: ChatKey, school_id: int, guardian_id: int, child_id: int
) -> None:
    """End a guardian's tie to a pupil at once, old buttons included; added again it has the rights that it had.

    Raises NotFound, Invalid("own_family"). At most ten statements.
    """
    async with uow.writing():
        actor = await fresh_actor(uow, key)
        office = await access_office(uow, actor, school_id, _OFFICE)
        await changeable_person(uow, office, guardian_id)
        if any(one.person_id == guardian_id for one in actor.identities):
            raise Invalid("own_family")
        seen = await access_student(uow, actor, child_id, Right.CONTACTS)
        if seen.student.school.id != office.school.id:
            raise NotFound("student_not_found")
        today = office.school.today(uow.now)
        ended = await uow.write(
            sa.update(Guardianship)
            .where(
                Guardianship.guardian_id == guardian_id,
                Guardianship.child_id == child_id,
                sa.or_(Guardianship.ends.is_(None), Guardianship.ends >= today),
            )
            .values(ends=today - timedelta(days=1))
            .returning(Guardianship.rights)
        )
        row = ended.first()
        if row is None:
            raise NotFound("guardian_not_found")
        others = await uow.value(
            sa.select(Guardianship.id)
            .where(
                Guardianship.guardian_id == guardian_id,
                sa.or_(Guardianship.ends.is_(None), Guardianship.ends >= today),
            )
            .limit(1)
        )
        if others is None:
            await take_back_codes(uow, [guardian_id], frozenset({Role.GUARDIAN}))
        await record(
            uow,
            "guardian.end",
            actor_id=office.officer_id,
            subject=("person", guardian_id),
            before={"child": child_id, "rights": row.rights},
        )
