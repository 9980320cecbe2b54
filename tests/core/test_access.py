"""The permission matrix, cell by cell, against the database; what has no cell is forbidden."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.access import Actor, access_student, load_actor
from core.clock import FrozenClock
from core.db.conversation import ChatKey
from core.db.engine import Database
from core.db.models import AuditEntry, ChatLink, ChatLinkRole, Guardianship, RoleAssignment
from core.db.uow import UnitOfWork
from core.domain.kinds import Messenger
from core.domain.rights import GuardianRights, Right, Role
from core.errors import Forbidden, NotFound
from tests.cast import BOT_ID, TODAY, Cast

R = Right
_DIARY = {R.KNOW, R.TIMETABLE, R.DIARY, R.MEALS}

# Who (a member of the cast) may do what for Ivan Petrov of 7A: written out, not computed from the matrix.
EXPECTED: dict[str, set[Right]] = {
    "mother": _DIARY | {R.REPORT_ABSENCE, R.INVITE_RELATIVE},
    "father": _DIARY,
    "cut_father": set(),
    "stranger_mother": set(),
    "ivan": _DIARY | {R.TICK_HOMEWORK},
    "maria": set(),
    "alexei": set(),
    "katya": set(),
    "teacher": {R.KNOW, R.DIARY},
    "homeroom": {R.KNOW, R.TIMETABLE, R.DIARY},
    "head": _DIARY,
    "deputy": _DIARY,
    "secretary": {R.KNOW, R.CONTACTS},
    "admin": _DIARY | {R.CONTACTS},
    "canteen": {R.KNOW, R.MEALS},
    "nurse": set(),
    "operator": set(),
    "other_admin": set(),
}


async def actor_of(uow: UnitOfWork, cast: Cast, name: str) -> Actor:
    _, actor = await load_actor(uow, ChatKey(Messenger.TELEGRAM, BOT_ID, cast[name].user_id))
    return actor


async def may(uow: UnitOfWork, actor: Actor, student_id: int, right: Right) -> bool:
    try:
        found = await access_student(uow, actor, student_id, right)
    except (NotFound, Forbidden):
        return False
    return found.student.id == student_id


async def test_everybody_may_just_what_their_cells_say(uow: UnitOfWork, cast: Cast) -> None:
    assert set(EXPECTED) == set(cast.members), "every member of the cast has a row"
    ivan = cast["ivan"].person_id
    for name, expected in EXPECTED.items():
        actor = await actor_of(uow, cast, name)
        found = {right for right in Right if await may(uow, actor, ivan, right)}
        assert found == expected, name


async def test_a_stranger_and_a_child_that_does_not_exist_get_the_same_answer(
    uow: UnitOfWork, cast: Cast
) -> None:
    mother = await actor_of(uow, cast, "mother")
    answers = []
    for student_id in (cast["alexei"].person_id, 999_999, 0, -5, 2**63, 10**30):
        with pytest.raises(NotFound) as caught:
            await access_student(uow, mother, student_id, Right.DIARY)
        answers.append(str(caught.value))
    assert len(set(answers)) == 1
    with pytest.raises(NotFound):
        await access_student(uow, Actor(), cast["ivan"].person_id, Right.KNOW)


async def test_a_guardian_who_may_only_read_is_told_so(uow: UnitOfWork, cast: Cast) -> None:
    with pytest.raises(Forbidden):
        await access_student(
            uow, await actor_of(uow, cast, "father"), cast["ivan"].person_id, R.REPORT_ABSENCE
        )


async def test_the_actor_is_one_statement_and_own_children_cost_none(uow: UnitOfWork, cast: Cast) -> None:
    before = uow.statements
    mother = await actor_of(uow, cast, "mother")
    assert uow.statements - before == 1
    await access_student(uow, mother, cast["ivan"].person_id, Right.DIARY)
    assert uow.statements - before == 1
    assert [ward.student.name.given for ward in mother.wards] == ["Ivan", "Maria"]
    assert mother.wards[0].student.class_name == "7A"


async def test_a_teacher_sees_only_the_courses_taught(uow: UnitOfWork, cast: Cast) -> None:
    teacher = await actor_of(uow, cast, "teacher")
    seen = await access_student(uow, teacher, cast["ivan"].person_id, Right.DIARY)
    assert seen.courses == {cast.courses["algebra_7a"]}
    own_child = await access_student(uow, teacher, cast["katya"].person_id, Right.DIARY)
    assert own_child.courses is None
    with pytest.raises(NotFound):
        await access_student(uow, teacher, cast["maria"].person_id, Right.DIARY)


@pytest.mark.parametrize("name", ["head", "deputy", "admin"])
async def test_a_look_into_a_diary_from_above_is_audited(uow: UnitOfWork, cast: Cast, name: str) -> None:
    await access_student(uow, await actor_of(uow, cast, name), cast["ivan"].person_id, Right.DIARY)
    rows = await uow.rows(sa.select(AuditEntry.actor_id, AuditEntry.action, AuditEntry.subject_id))
    assert [tuple(row) for row in rows] == [(cast[name].person_id, "look.diary", cast["ivan"].person_id)]


async def test_looks_of_family_and_teachers_are_not_audited(uow: UnitOfWork, cast: Cast) -> None:
    for name in ("mother", "father", "ivan", "teacher", "homeroom"):
        await access_student(uow, await actor_of(uow, cast, name), cast["ivan"].person_id, Right.DIARY)
    assert await uow.value(sa.select(sa.func.count()).select_from(AuditEntry)) == 0


async def test_a_cut_of_rights_takes_effect_at_once(uow: UnitOfWork, cast: Cast) -> None:
    async with uow.writing():
        await uow.write(
            sa.update(Guardianship)
            .where(Guardianship.guardian_id == cast["mother"].person_id)
            .values(rights=GuardianRights.NONE)
        )
    mother = await actor_of(uow, cast, "mother")
    assert mother.wards == ()
    assert not await may(uow, mother, cast["ivan"].person_id, Right.KNOW)


async def test_a_link_gives_only_the_roles_it_was_granted(uow: UnitOfWork, cast: Cast) -> None:
    link = sa.select(ChatLink.id).where(ChatLink.person_id == cast["teacher"].person_id).scalar_subquery()
    async with uow.writing():
        await uow.write(
            sa.delete(ChatLinkRole).where(ChatLinkRole.link_id == link, ChatLinkRole.role == Role.TEACHER)
        )
    teacher = await actor_of(uow, cast, "teacher")
    assert teacher.courses == frozenset()
    assert [ward.student.name.given for ward in teacher.wards] == ["Katya"]


async def test_a_revoked_link_leaves_a_stranger(uow: UnitOfWork, cast: Cast) -> None:
    async with uow.writing():
        await uow.write(sa.update(ChatLink).values(revoked_at=uow.now))
    state, actor = await load_actor(uow, ChatKey(Messenger.TELEGRAM, BOT_ID, cast["mother"].user_id))
    assert state is not None
    assert actor.is_stranger
    assert actor.students == ()


async def test_a_role_ends_with_its_last_day_in_the_schools_own_time(
    database: Database, cast: Cast, clock: FrozenClock
) -> None:
    async with UnitOfWork(database, clock) as uow:
        async with uow.writing():
            await uow.write(
                sa.update(RoleAssignment)
                .where(RoleAssignment.person_id == cast["head"].person_id)
                .values(ends=TODAY)
            )
        clock.at = clock.at.replace(hour=20, minute=59)  # 23:59 in Moscow, the last minute of the day
        assert (await actor_of(uow, cast, "head")).has_role(Role.HEAD)
        clock.move(timedelta(minutes=1))
        assert not (await actor_of(uow, cast, "head")).has_role(Role.HEAD)
