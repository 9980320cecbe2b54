"""The permission matrix, cell by cell, against the database; what has no cell is forbidden."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from core.access import Actor, access_student, load_actor
from core.clock import FrozenClock
from core.db.conversation import ChatKey
from core.db.engine import Database
from core.db.models import AuditEntry, ChatLink, ChatLinkRole, Guardianship, LessonChange, RoleAssignment
from core.db.uow import UnitOfWork
from core.domain.ids import CourseId
from core.domain.kinds import ChangeKind, Messenger
from core.domain.lessons import LessonKey
from core.domain.rights import GuardianRights, Right, Role
from core.errors import Forbidden, NotFound
from core.queries.lessons import access_lesson
from core.queries.schedule import own_lessons
from tests.cast import BOT_ID, TODAY, Cast, actor_of

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


async def _stands_in(uow: UnitOfWork, cast: Cast, *, on: date, new_date: date | None = None) -> None:
    """Boris Orlov, who does not teach algebra, gives a lesson of it."""
    async with uow.writing():
        await uow.insert(
            LessonChange,
            course_id=cast.courses["algebra_7a"],
            date=on,
            period=1,
            kind=ChangeKind.MOVED if new_date else ChangeKind.SUBSTITUTED,
            teacher_id=cast["homeroom"].person_id,
            new_date=new_date,
            new_period=5 if new_date else None,
        )


@pytest.mark.parametrize("days", [0, 2, 14])
async def test_a_substitute_keeps_the_lesson_for_as_long_as_it_may_be_finished(
    uow: UnitOfWork, cast: Cast, days: int
) -> None:
    on = TODAY - timedelta(days=days)
    await _stands_in(uow, cast, on=on)
    before = uow.statements
    substitute = await actor_of(uow, cast, "homeroom")
    assert uow.statements - before == 1
    assert cast.courses["algebra_7a"] in substitute.courses
    key = LessonKey(on, 1, CourseId(cast.courses["algebra_7a"]))
    assert not (await access_lesson(uow, substitute, key)).course.own
    others = [LessonKey(on, 2, key.course_id), LessonKey(on - timedelta(days=7), 1, key.course_id)]
    for other in others:
        with pytest.raises(NotFound):
            await access_lesson(uow, substitute, other)


async def test_a_substitution_of_long_ago_gives_nothing(uow: UnitOfWork, cast: Cast) -> None:
    await _stands_in(uow, cast, on=TODAY - timedelta(days=16))
    substitute = await actor_of(uow, cast, "homeroom")
    assert cast.courses["algebra_7a"] not in substitute.courses


async def test_a_substitute_of_a_moved_lesson_has_it_on_its_new_day(uow: UnitOfWork, cast: Cast) -> None:
    await _stands_in(uow, cast, on=TODAY - timedelta(days=28), new_date=TODAY)
    substitute = await actor_of(uow, cast, "homeroom")
    key = LessonKey(TODAY, 5, CourseId(cast.courses["algebra_7a"]))
    assert (await access_lesson(uow, substitute, key)).teacher_id == cast["homeroom"].person_id
    plan = await own_lessons(uow, substitute, since=TODAY, until=TODAY)
    assert ("Algebra", 5) in {(one.subject, one.period) for one in plan.on(TODAY).lessons}


async def test_the_substituted_teacher_keeps_the_lesson_too(uow: UnitOfWork, cast: Cast) -> None:
    await _stands_in(uow, cast, on=TODAY)
    teacher = await actor_of(uow, cast, "teacher")
    key = LessonKey(TODAY, 1, CourseId(cast.courses["algebra_7a"]))
    assert (await access_lesson(uow, teacher, key)).course.own


async def test_a_substitution_gives_nothing_to_a_chat_that_is_not_the_teachers(
    uow: UnitOfWork, cast: Cast
) -> None:
    await _stands_in(uow, cast, on=TODAY)
    link = sa.select(ChatLink.id).where(ChatLink.person_id == cast["homeroom"].person_id).scalar_subquery()
    async with uow.writing():
        await uow.write(
            sa.delete(ChatLinkRole).where(ChatLinkRole.link_id == link, ChatLinkRole.role == Role.TEACHER)
        )
    assert (await actor_of(uow, cast, "homeroom")).courses == frozenset()
