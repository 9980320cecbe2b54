"""What a homeroom teacher sees and does for the own class, and nobody else does: /joined, /invite, /absent, /class."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from core.actions.invitations import issue_invitations
from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import (
    AbsenceNotice,
    Assessment,
    Attendance,
    AuditEntry,
    ChatLink,
    ChatLinkRole,
    Enrollment,
    Invitation,
    InvitationRole,
    Lesson,
    Mark,
    Org,
    SchoolClass,
)
from core.db.uow import UnitOfWork
from core.domain.codes import show_code
from core.domain.kinds import AttendanceKind
from core.domain.rights import Role
from core.queries.class_day import class_day
from core.queries.class_statistics import class_statistics
from core.queries.classes import OFFICE, READERS, access_class
from core.queries.invitable import list_invitable
from core.queries.joined import joined_of
from tests.cast import TODAY, Cast, actor_of
from tests.support.conversation import CODE_KEY, Stage, User

_COMMANDS = ("joined", "invite", "absent", "class")


@pytest.fixture
def stage(database: Database, clock: FrozenClock) -> Stage:
    return Stage(database, clock)


@pytest.fixture
def homeroom(stage: Stage, cast: Cast) -> User:
    """Boris Orlov, who leads 7A: Ivan Petrov and Alexei Smirnov."""
    return stage.user(cast["homeroom"].user_id)


async def unlink(uow: UnitOfWork, cast: Cast, *names: str) -> None:
    async with uow.writing():
        await uow.write(
            sa.update(ChatLink)
            .where(ChatLink.person_id.in_([cast[name].person_id for name in names]))
            .values(revoked_at=uow.now)
        )


async def lead(uow: UnitOfWork, cast: Cast, class_name: str, who: str = "homeroom") -> None:
    async with uow.writing():
        await uow.write(
            sa.update(SchoolClass)
            .where(SchoolClass.id == cast.classes[class_name])
            .values(homeroom_teacher_id=cast[who].person_id)
        )


async def audit_of(uow: UnitOfWork, action: str) -> list[Any]:
    return list(
        await uow.rows(
            sa.select(AuditEntry.actor_id, AuditEntry.subject_id, AuditEntry.after).where(
                AuditEntry.action == action
            )
        )
    )


async def test_who_has_joined_and_since_when_and_who_has_not(
    homeroom: User, uow: UnitOfWork, cast: Cast
) -> None:
    await unlink(uow, cast, "alexei", "stranger_mother")
    said = (await homeroom.send("/joined")).text
    assert "1 of 2 pupils have a linked guardian; linked themselves: 1." in said
    row = {line.split()[1]: line for line in said.splitlines() if line.startswith(("Petrov", "Smirnov"))}
    assert row["Ivan"].count("24 Nov") == 3, "the boy, his mother and his father"
    assert "Anna Petrova (mother) 24 Nov" in said
    assert "Elena Smirnova (mother) —" in said
    assert "Viktor" not in said, "whose rights are cut does not belong to the family here"
    said = (await homeroom.tap("Only those not linked")).text
    assert "Smirnov" in said
    assert "Petrov" not in said
    assert "missing" not in said.casefold()


async def test_a_link_for_work_is_none_of_a_mothers(homeroom: User, uow: UnitOfWork, cast: Cast) -> None:
    await lead(uow, cast, "5A")
    assert "Olga Sokolova (mother) 24 Nov" in (await homeroom.send("/joined 5A")).text
    of_olga = sa.select(ChatLink.id).where(ChatLink.person_id == cast["teacher"].person_id).scalar_subquery()
    async with uow.writing():
        await uow.write(
            sa.delete(ChatLinkRole).where(ChatLinkRole.link_id == of_olga, ChatLinkRole.role != Role.TEACHER)
        )
    assert "Olga Sokolova (mother) —" in (await homeroom.send("/joined 5A")).text
    await homeroom.tap("Invite")
    slips = await homeroom.tap("Print slips")
    assert slips.kind == "file"
    assert "Olga Sokolova" in slips.text


async def test_slips_are_printed_for_those_who_are_not_linked_and_only_once(
    homeroom: User, uow: UnitOfWork, cast: Cast
) -> None:
    await unlink(uow, cast, "alexei", "stranger_mother")
    said = (await homeroom.send("/invite")).text
    assert "2 people have no chat linked yet." in said
    slips = await homeroom.tap("Print slips for all who are not linked")
    assert slips.kind == "file"
    assert "slips-7A.html" in slips.text
    for name, expected in (("Alexei Smirnov", True), ("Elena Smirnova", True), ("Anna Petrova", False)):
        assert (name in slips.text) is expected
    rows = await uow.rows(
        sa.select(Invitation.person_id, Invitation.issued_by, InvitationRole.role).join(
            InvitationRole, InvitationRole.invitation_id == Invitation.id
        )
    )
    assert {(row.person_id, row.role) for row in rows} == {
        (cast["alexei"].person_id, Role.STUDENT),
        (cast["stranger_mother"].person_id, Role.GUARDIAN),
    }
    assert {row.issued_by for row in rows} == {cast["homeroom"].person_id}
    (entry,) = await audit_of(uow, "invitations.issue")
    assert entry.actor_id == cast["homeroom"].person_id
    assert len(entry.after["persons"]) == 2
    await homeroom.send("/invite")
    assert "2 hold an open code" in (await homeroom.tap("Print slips")).text


async def test_a_mother_of_two_in_the_class_is_one_person_to_invite(
    homeroom: User, uow: UnitOfWork, cast: Cast
) -> None:
    async with uow.writing():
        await uow.write(
            sa.update(Enrollment)
            .where(Enrollment.student_id == cast["maria"].person_id)
            .values(class_id=cast.classes["7A"])
        )
    await unlink(uow, cast, "mother")
    assert "1 person has no chat linked yet." in (await homeroom.send("/invite")).text


def _code(text: str) -> str:
    return next(line for line in text.splitlines() if line.count("-") == 2 and len(line.strip()) == 12)


async def new_code(homeroom: User, pupil: str, person: str, *, and_unlink: bool = False) -> str:
    """The card with the new code, as the homeroom teacher reaches it."""
    for label in ("One family", pupil, person):
        await homeroom.tap(label)
    card = await homeroom.tap("New code, and unlink" if and_unlink else "New code")
    return card.text


async def test_a_new_code_ends_the_older_one_and_leaves_the_linked_chat(
    stage: Stage, homeroom: User, cast: Cast
) -> None:
    codes = []
    for _ in range(2):
        await homeroom.send("/invite")
        codes.append(_code(await new_code(homeroom, "Smirnov Alexei", "Elena Smirnova")))
    phone = stage.user(70_001)
    assert "does not work" in (await phone.send(codes[0])).text
    assert "Elena Smirnova" in (await phone.send(codes[1])).text
    await phone.tap("Yes")
    older = stage.user(cast["stranger_mother"].user_id)
    for user in (phone, older):
        assert "secret-alexei" in (await user.send("/attendance")).text


async def test_a_lost_phone_is_unlinked_with_the_new_code(stage: Stage, homeroom: User) -> None:
    await homeroom.send("/invite")
    lost = stage.user(70_001)
    await lost.send(_code(await new_code(homeroom, "Smirnov Alexei", "Elena Smirnova")))
    await lost.tap("Yes")
    await homeroom.send("/invite")
    card = await new_code(homeroom, "Smirnov Alexei", "Elena Smirnova", and_unlink=True)
    assert "The older chat is unlinked." in card
    assert "No code?" in (await lost.send("/attendance")).text


async def test_a_homeroom_teacher_does_not_unlink_a_colleague_from_work(
    stage: Stage, homeroom: User, uow: UnitOfWork, cast: Cast, clock: FrozenClock
) -> None:
    await lead(uow, cast, "5A")
    report = await issue_invitations(
        uow, await list_invitable(uow, person_id=cast["teacher"].person_id), code_key=CODE_KEY, reissue=True
    )
    at_work = stage.user(70_001)
    await at_work.send(show_code(report.issued[0].code))
    await at_work.tap("Yes")
    waiting = await issue_invitations(
        uow, await list_invitable(uow, person_id=cast["teacher"].person_id), code_key=CODE_KEY, reissue=True
    )
    await homeroom.send("/invite 5A")
    card = await new_code(homeroom, "Sokolova Katya", "Olga Sokolova", and_unlink=True)
    assert "Shown this once" in card
    assert "Algebra" in (await at_work.send("/lessons")).text
    assert "Olga Sokolova" in (await stage.user(70_002).send(show_code(waiting.issued[0].code))).text
    mother = stage.user(70_003)
    await mother.send(_code(card))
    await mother.tap("Yes")
    assert "secret-katya" in (await mother.send("/attendance")).text
    assert "/lessons" in (await mother.send("/lessons")).text, "a class's code makes nobody a teacher"


@pytest.mark.parametrize("who", ["maria", "teacher", "head", "cut_father"])
@pytest.mark.parametrize("do", ["ask", "code", "clean", "family"])
async def test_nobody_outside_of_the_class_gets_a_code(
    homeroom: User, uow: UnitOfWork, cast: Cast, who: str, do: str
) -> None:
    heard = await homeroom.tap_data(f"iv:{do}:{cast.classes['7A']}:{cast[who].person_id}:0")
    assert "There is nothing like that here" in heard.text
    assert await uow.value(sa.select(sa.func.count()).select_from(Invitation)) == 0


@pytest.mark.parametrize("command", _COMMANDS)
async def test_a_class_that_is_named_is_not_passed_over(
    homeroom: User, uow: UnitOfWork, cast: Cast, command: str
) -> None:
    for words in ("5A", "12Z"):
        said = (await homeroom.send(f"/{command} {words}")).text
        assert f"“{words}” is none of the classes that you may see." in said
        assert list(homeroom.last.buttons) == ["7A"]  # type: ignore[union-attr]
    assert "7A" in (await homeroom.tap("7A")).text
    await lead(uow, cast, "5A")
    assert "5A" in (await homeroom.send(f"/{command} 5 а")).text.splitlines()[0]
    assert "Choose the class." in (await homeroom.send(f"/{command}")).text


@pytest.mark.parametrize("name", ["teacher", "mother", "ivan", "canteen", "nurse", "operator"])
async def test_others_get_the_answer_to_an_unknown_command(stage: Stage, cast: Cast, name: str) -> None:
    user = stage.user(cast[name].user_id)
    unknown = (await user.send("/nothing")).text
    for command in _COMMANDS:
        assert (await user.send(f"/{command}")).text == unknown.replace("/nothing", f"/{command}")
    room = cast.classes["7A"]
    for data in (f"jn:{room}:0:0", f"iv:all:{room}:0:0", f"ab:{room}:0", f"cl:subjects:{room}:0"):
        heard = await user.tap_data(data)
        assert heard.kind == "toast"
        assert "does not lead anywhere" in heard.text


async def test_the_office_sees_the_links_and_the_heads_the_diary_and_not_the_other_way_round(
    stage: Stage, cast: Cast
) -> None:
    expected = {
        "secretary": {"joined", "invite"},
        "admin": {"joined", "invite", "absent", "class"},
        "head": {"absent", "class"},
        "deputy": {"absent", "class"},
    }
    for name, commands in expected.items():
        user = stage.user(cast[name].user_id)
        for command in _COMMANDS:
            said = (await user.send(f"/{command} 7A")).text
            assert said.startswith("7A") is (command in commands), (name, command, said)


async def test_another_schools_office_finds_no_class_of_ours(stage: Stage, cast: Cast) -> None:
    other = stage.user(cast["other_admin"].user_id)
    for command in _COMMANDS:
        said = (await other.send(f"/{command} 7A")).text
        assert "none of the classes" in said
        assert "There are no classes here." in said
    heard = await other.tap_data(f"jn:{cast.classes['7A']}:0:0")
    assert "There is nothing like that here" in heard.text


async def _absences(uow: UnitOfWork, cast: Cast) -> None:
    """Today Ivan missed algebra and literature with no reason, Alexei's mother has said why."""
    async with uow.writing():
        for number, course in ((1, "algebra_7a"), (2, "literature_7a")):
            lesson = await uow.insert(
                Lesson,
                course_id=cast.courses[course],
                date=TODAY,
                period=number,
                register_taken_at=uow.now if number == 1 else None,
            )
            await uow.insert(
                Attendance,
                student_id=cast["ivan"].person_id,
                lesson_id=lesson,
                kind=AttendanceKind.ABSENT,
                recorded_at=uow.now,
            )
        await uow.insert(
            AbsenceNotice,
            child_id=cast["alexei"].person_id,
            guardian_id=cast["stranger_mother"].person_id,
            starts=TODAY,
            ends=TODAY,
            reason="dentist",
            reported_at=uow.now,
        )


async def test_who_is_absent_today_and_why(homeroom: User, uow: UnitOfWork, cast: Cast) -> None:
    assert "No register of this day was taken yet." in (await homeroom.send("/absent")).text
    await _absences(uow, cast)
    said = (await homeroom.send("/absent")).text
    assert "⚠ Petrov Ivan" in said
    assert "1. Algebra: absent; 2. Literature: absent" in said
    assert "Smirnov Alexei" in said
    assert "dentist" in said
    assert "⚠ 1 pupil is absent, and nobody has said why." in said
    assert "in 1 of 2 lessons" in said
    for _ in range(7):
        heard = await homeroom.tap("◀")
    assert "secret-ivan reason" in heard.text
    assert "⚠" not in heard.text, "both were excused that day"


@pytest.mark.parametrize("words", ["17.11", "on 17 Nov", "7A 17.11", "17 ноября 7А"])
async def test_another_day_is_named_with_or_without_the_class(homeroom: User, words: str) -> None:
    said = (await homeroom.send(f"/absent {words}")).text
    assert "secret-ivan reason" in said


async def test_looks_from_above_are_audited_and_the_homeroom_teachers_are_not(
    stage: Stage, homeroom: User, uow: UnitOfWork, cast: Cast
) -> None:
    for command in ("absent", "class"):
        await homeroom.send(f"/{command}")
    assert await audit_of(uow, "look.class") == []
    for name in ("head", "admin"):
        for command in ("absent", "class"):
            await stage.user(cast[name].user_id).send(f"/{command} 7A")
    looks = await audit_of(uow, "look.class")
    assert [(one.actor_id, one.subject_id) for one in looks] == [
        (cast[name].person_id, cast.classes["7A"]) for name in ("head", "head", "admin", "admin")
    ]


async def _marks(uow: UnitOfWork, cast: Cast) -> None:
    """Ivan has 4 2 2 and 3 of 10 points in algebra, Alexei only the 4."""
    async with uow.writing():
        for value, maximum in (("2", None), ("2", None), ("3", Decimal(10))):
            assessment = await uow.insert(
                Assessment, course_id=cast.courses["algebra_7a"], date=TODAY, maximum=maximum
            )
            await uow.insert(
                Mark,
                student_id=cast["ivan"].person_id,
                assessment_id=assessment,
                value=value,
                number=Decimal(value),
                recorded_at=uow.now,
            )


async def test_the_class_by_subject_by_pupil_and_one_subject(
    homeroom: User, uow: UnitOfWork, cast: Cast
) -> None:
    await _marks(uow, cast)
    said = (await homeroom.send("/class")).text
    (algebra,) = [line for line in said.splitlines() if line.startswith("Algebra")]
    assert "3.33" in algebra, "the mean of 2.67 and 4"
    assert "Petrov" not in algebra
    assert "Needs attention" in said
    assert "debt" not in said.casefold()
    said = (await homeroom.tap("Algebra")).text
    assert "4 2 2 3/10" in said, "points are no mark of the scale"
    assert "2.67" in said
    await homeroom.tap("By subject")
    said = (await homeroom.tap("By pupil")).text
    assert "Petrov Ivan" in said


async def test_a_poor_average_needs_attention_and_a_missing_mark_does(
    homeroom: User, uow: UnitOfWork, cast: Cast
) -> None:
    async with uow.writing():
        await uow.write(
            sa.update(Mark)
            .where(Mark.student_id == cast["ivan"].person_id)
            .values(value="2", number=Decimal(2))
        )
        literature = sa.select(Assessment.id).where(Assessment.course_id == cast.courses["literature_7a"])
        await uow.write(
            sa.delete(Mark).where(
                Mark.student_id == cast["ivan"].person_id, Mark.assessment_id.in_(literature)
            )
        )
    await homeroom.send("/class")
    said = (await homeroom.tap("By pupil")).text
    assert "Algebra 2.00, Literature" in said


async def test_averages_have_the_readers_decimal_sign(stage: Stage, uow: UnitOfWork, cast: Cast) -> None:
    await _marks(uow, cast)
    user = stage.user(cast["homeroom"].user_id, language="ru")
    await user.send("/class")
    await user.tap_data(f"cl:course:{cast.classes['7A']}:{cast.courses['algebra_7a']}")
    assert "2,67" in user.last.text  # type: ignore[union-attr]
    assert "2.67" not in user.last.text  # type: ignore[union-attr]


async def test_a_class_with_marks_in_words_has_no_averages(
    homeroom: User, uow: UnitOfWork, cast: Cast
) -> None:
    async with uow.writing():
        await uow.write(sa.update(Org).where(Org.id == cast.school_id).values(scale="words"))
    said = (await homeroom.send("/class")).text
    assert "4.00" not in said


async def test_a_class_is_read_in_few_statements(uow: UnitOfWork, cast: Cast) -> None:
    actor = await actor_of(uow, cast, "homeroom")
    before = uow.statements
    room = await access_class(uow, actor, cast.classes["7A"], OFFICE)
    assert uow.statements - before == 1
    for read, most in ((joined_of, 3), (class_day, 4), (class_statistics, 5)):
        before = uow.statements
        await read(uow, room)  # type: ignore[operator]
        assert uow.statements - before <= most, read.__name__
    assert (await access_class(uow, actor, cast.classes["7A"], READERS)).leads
