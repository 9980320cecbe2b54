"""The permission matrix, cell by cell, against the database; what has no cell is forbidden."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from core.access import Actor, access_student, load_actor
from core.actions.class_invitations import invite_class
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
from core.queries.class_statistics import class_statistics
from core.queries.classes import OFFICE, READERS, access_class
from core.queries.joined import joined_of
from core.queries.lessons import access_lesson
from core.queries.schedule import own_lessons
from tests.cast import BOT_ID, TODAY, Cast
from tests.support.conversation import CODE_KEY
from tests.support.wider_cast import widen

R = Right
_CELLS = {
    "K": R.KNOW,
    "T": R.TIMETABLE,
    "D": R.DIARY,
    "M": R.MEALS,
    "H": R.TICK_HOMEWORK,
    "A": R.REPORT_ABSENCE,
    "I": R.INVITE_RELATIVE,
    "C": R.CONTACTS,
}

PUPILS = (
    *("ivan", "alexei", "maria", "katya"),
    *("left_class", "left_course", "new", "left_school", "district_only", "foreign"),
)
_RIVERSIDE = ("ivan", "alexei", "maria", "katya", "left_class", "left_course", "new")
"""Pupils of the school today, whatever became of their class or course."""


def _all(cells: str, *pupils: str) -> dict[str, str]:
    return dict.fromkeys(pupils, cells)


# Who may do what for whom, written out and not computed from the matrix. A pupil who is not named is forbidden.
CELLS: dict[str, dict[str, str]] = {
    # families
    "mother": _all("KTDMAI", "ivan", "maria"),
    "father": _all("KTDM", "ivan", "maria"),
    "cut_father": {},
    "stranger_mother": _all("KTDMAI", "alexei"),
    "ended_guardian": {},
    "guardian_of_gone": {},
    "ivan": _all("KTDMH", "ivan"),
    "maria": _all("KTDMH", "maria"),
    "alexei": _all("KTDMH", "alexei"),
    "katya": _all("KTDMH", "katya"),
    "left_class": _all("KTDMH", "left_class"),
    "left_course": _all("KTDMH", "left_course"),
    "new": _all("KTDMH", "new"),
    "left_school": {},
    "district_only": _all("KTDMH", "district_only"),
    "foreign": _all("KTDMH", "foreign"),
    # teachers: of 7A's algebra; of literature in 7A and maths elsewhere, leading 7A; of a day; of yesterday
    "teacher": {**_all("KD", "ivan", "alexei"), "katya": "KTDMAI"},
    "homeroom": {**_all("KTD", "ivan", "alexei", "left_course", "new"), **_all("KD", "maria", "katya")},
    "other_homeroom": _all("KTD", "foreign"),
    "district_teacher": _all("KD", "maria"),
    "substitute": _all("KD", "ivan", "alexei"),
    "ended_teacher": {},
    "ended_on_course": {},
    "ended_substitute": {},
    "ended_homeroom": {},
    "teacher_elsewhere": {},
    "substitute_elsewhere": {},
    "homeroom_elsewhere": {},
    # the school, and those above and next door
    "head": _all("KTDM", *_RIVERSIDE),
    "deputy": _all("KTDM", *_RIVERSIDE),
    "secretary": _all("KC", *_RIVERSIDE),
    "admin": _all("KTDMC", *_RIVERSIDE),
    "canteen": _all("KM", *_RIVERSIDE),
    "nurse": {},
    "operator": {},
    "ended_head": {},
    "coming_head": {},
    "district_head": _all("KTDM", *_RIVERSIDE, "district_only"),
    "district_admin": _all("KTDMC", *_RIVERSIDE, "district_only"),
    "district_secretary": _all("KC", *_RIVERSIDE, "district_only"),
    "district_canteen": _all("KM", *_RIVERSIDE, "district_only"),
    "other_head": _all("KTDM", "foreign"),
    "other_admin": _all("KTDMC", "foreign"),
    # staff who are also family
    "secretary_aunt": {**_all("KC", *_RIVERSIDE), "alexei": "KTDMC"},
    "canteen_mother": {**_all("KM", *_RIVERSIDE), "maria": "KTDMAI"},
    "cut_head": _all("KTDM", *_RIVERSIDE),
    "cut_nurse": {},
}

# Of a class: S its statistics and who is absent, J who has joined, C its codes. A class that is not named is forbidden.
_CLASSES = ("7A", "5A", "3B", "other 7A")
CLASS_CELLS: dict[str, dict[str, str]] = {
    "homeroom": {"7A": "SJC"},
    "other_homeroom": {"other 7A": "SJC"},
    **dict.fromkeys(("head", "deputy", "district_head", "cut_head"), _all("S", "7A", "5A", "3B")),
    **dict.fromkeys(("secretary", "district_secretary", "secretary_aunt"), _all("JC", "7A", "5A", "3B")),
    **dict.fromkeys(("admin", "district_admin"), _all("SJC", "7A", "5A", "3B")),
    "other_head": {"other 7A": "S"},
    "other_admin": {"other 7A": "SJC"},
}


def _key(account: int) -> ChatKey:
    return ChatKey(Messenger.TELEGRAM, BOT_ID, account)


async def actor_of(uow: UnitOfWork, cast: Cast, name: str) -> Actor:
    return (await load_actor(uow, _key(cast[name].user_id)))[1]


async def may(uow: UnitOfWork, actor: Actor, student_id: int, right: Right) -> bool:
    try:
        found = await access_student(uow, actor, student_id, right)
    except (NotFound, Forbidden):
        return False
    return found.student.id == student_id


async def test_everybody_may_just_what_their_cells_say(uow: UnitOfWork, cast: Cast) -> None:
    world = await widen(uow, cast)
    assert set(CELLS) == set(world.accounts), "everybody has a row"
    wrong = []
    for name, cells in CELLS.items():
        actor = (await load_actor(uow, _key(world.accounts[name])))[1]
        for pupil in PUPILS:
            student_id = world.persons[pupil]
            found = {cell for cell, right in _CELLS.items() if await may(uow, actor, student_id, right)}
            if found != set(cells.get(pupil, "")):
                wrong.append(f"{name} may {sorted(found)} for {pupil}, not {cells.get(pupil, 'nothing')}")
    assert wrong == []


async def test_everybody_learns_of_a_class_just_what_their_cells_say(uow: UnitOfWork, cast: Cast) -> None:
    world = await widen(uow, cast)
    wrong = []
    for name, account in world.accounts.items():
        for class_name in _CLASSES:
            found = await _of_class(uow, _key(account), world.classes[class_name])
            cells = CLASS_CELLS.get(name, {}).get(class_name, "")
            if found != set(cells):
                wrong.append(f"{name} may {sorted(found)} of {class_name}, not {cells or 'nothing'}")
    assert wrong == []


async def _of_class(uow: UnitOfWork, key: ChatKey, class_id: int) -> set[str]:
    actor = (await load_actor(uow, key))[1]
    found = set()
    with suppress(NotFound):
        await class_statistics(uow, await access_class(uow, actor, class_id, READERS))
        found.add("S")
    with suppress(NotFound):
        await joined_of(uow, await access_class(uow, actor, class_id, OFFICE))
        found.add("J")
    with suppress(NotFound):
        await invite_class(uow, key, class_id, code_key=CODE_KEY)
        found.add("C")
    return found


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


@pytest.mark.parametrize("right", [R.DIARY, R.MEALS])
@pytest.mark.parametrize("name", ["head", "deputy", "admin", "district_head", "district_admin"])
async def test_a_look_into_a_diary_or_a_meal_account_from_above_is_audited(
    uow: UnitOfWork, cast: Cast, name: str, right: Right
) -> None:
    world = await widen(uow, cast)
    actor = (await load_actor(uow, _key(world.accounts[name])))[1]
    await access_student(uow, actor, cast["ivan"].person_id, right)
    rows = await uow.rows(sa.select(AuditEntry.actor_id, AuditEntry.action, AuditEntry.subject_id))
    assert [tuple(row) for row in rows] == [(world.persons[name], f"look.{right}", cast["ivan"].person_id)]


async def test_looks_of_family_teachers_and_the_canteen_are_not_audited(uow: UnitOfWork, cast: Cast) -> None:
    for name in ("mother", "father", "ivan", "teacher", "homeroom", "canteen"):
        actor = await actor_of(uow, cast, name)
        for right in Right:
            await may(uow, actor, cast["ivan"].person_id, right)
    assert await uow.value(sa.select(sa.func.count()).select_from(AuditEntry)) == 0


async def test_a_head_who_teaches_a_course_looks_as_head_into_the_others(uow: UnitOfWork, cast: Cast) -> None:
    async with uow.writing():
        await uow.insert(
            RoleAssignment, person_id=cast["teacher"].person_id, org_id=cast.school_id, role=Role.HEAD
        )
    seen = await access_student(
        uow, await actor_of(uow, cast, "teacher"), cast["ivan"].person_id, Right.DIARY
    )
    assert seen.courses is None
    assert await uow.value(sa.select(AuditEntry.action)) == "look.diary"


async def test_the_audit_names_whose_role_opened_the_diary_where_a_chat_speaks_for_two(
    uow: UnitOfWork, cast: Cast
) -> None:
    async with uow.writing():
        chat_id = await uow.value(
            sa.select(ChatLink.chat_id).where(ChatLink.person_id == cast["nurse"].person_id)
        )
        second = await uow.insert(
            ChatLink, chat_id=chat_id, person_id=cast["head"].person_id, linked_at=uow.now
        )
        await uow.write(sa.insert(ChatLinkRole).values(link_id=second, role=Role.HEAD))
    await access_student(uow, await actor_of(uow, cast, "nurse"), cast["ivan"].person_id, Right.DIARY)
    assert await uow.value(sa.select(AuditEntry.actor_id)) == cast["head"].person_id


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


@pytest.mark.parametrize(
    ("name", "still"),
    [
        ("head", lambda actor: actor.has_role(Role.HEAD)),
        ("teacher", lambda actor: actor.courses != frozenset()),
        ("homeroom", lambda actor: actor.homerooms != frozenset()),
    ],
)
async def test_a_role_ends_with_its_last_day_in_the_schools_own_time(
    database: Database, cast: Cast, clock: FrozenClock, name: str, still: Callable[[Actor], bool]
) -> None:
    async with UnitOfWork(database, clock) as uow:
        async with uow.writing():
            await uow.write(
                sa.update(RoleAssignment)
                .where(RoleAssignment.person_id == cast[name].person_id)
                .values(ends=TODAY)
            )
        clock.at = clock.at.replace(hour=20, minute=59)  # 23:59 in Moscow, the last minute of the day
        assert still(await actor_of(uow, cast, name))
        clock.move(timedelta(minutes=1))
        assert not still(await actor_of(uow, cast, name))


async def test_a_dismissed_teacher_reads_no_diary_and_does_not_learn_of_the_class(
    uow: UnitOfWork, cast: Cast
) -> None:
    async with uow.writing():
        await uow.write(
            sa.update(RoleAssignment)
            .where(RoleAssignment.person_id == cast["homeroom"].person_id)
            .values(ends=TODAY - timedelta(days=1))
        )
    before = uow.statements
    actor = await actor_of(uow, cast, "homeroom")
    assert uow.statements - before == 1
    assert (actor.courses, actor.homerooms, actor.roles) == (frozenset(), frozenset(), ())
    with pytest.raises(NotFound):
        await access_student(uow, actor, cast["ivan"].person_id, Right.DIARY)
    with pytest.raises(NotFound):
        await access_class(uow, actor, cast.classes["7A"], OFFICE)


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
