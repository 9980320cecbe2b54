"""Two who are one: every row moves, no cut is lifted, and the next import finds who is left."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.access import load_actor
from core.actions.merge_people import merge_people
from core.db.models import (
    Announcement,
    Attendance,
    AuditEntry,
    ChatLink,
    Enrollment,
    ExternalId,
    Guardianship,
    HomeworkTick,
    Mark,
    MealAccount,
    MealThreshold,
    MealTransaction,
    OutboxEvent,
    Person,
    Receipt,
    RoleAssignment,
)
from core.db.person_rows import MERGED, RULES, references, unique_keys
from core.db.uow import UnitOfWork
from core.domain.kinds import AttendanceKind, AudienceKind, TransactionKind, Urgency
from core.domain.rights import GuardianRights, Role
from core.errors import Invalid, NotFound
from core.queries.merging import merge_preview, merged_into
from core.queries.offices import access_office
from tests.cast import TODAY, Cast, actor_of, chat_key, link

EARLY = datetime(2026, 11, 20, tzinfo=UTC)
LATE = datetime(2026, 11, 23, tzinfo=UTC)


def test_no_table_that_speaks_of_a_person_is_forgotten() -> None:
    """Where something is unique about a person, somebody must have thought about two rows that say the same."""
    unique = {column.table.name for column in references() if unique_keys(column)}
    assert unique == set(RULES), "say in core.db.person_rows what becomes of two such rows"
    assert len({column.table.name for column in references()}) > len(unique)


async def _twin(uow: UnitOfWork, cast: Cast, name: str) -> int:
    """Somebody of the cast written down a second time."""
    number = await uow.insert(
        Person,
        family="Petrov",
        given="Ivan",
        name_key="petrov ivan",
        birth_date=date(2013, 5, 1),
        phone="123456",
    )
    await uow.insert(RoleAssignment, person_id=number, org_id=cast.school_id, role=Role.STUDENT)
    await uow.insert(ExternalId, source="other", kind="person", external_id=f"{name}-2", target_id=number)
    return number


async def test_every_row_of_a_pupil_becomes_one_pupils(uow: UnitOfWork, cast: Cast) -> None:
    ivan, alexei = cast["ivan"].person_id, cast["alexei"].person_id
    async with uow.writing():
        twin = await _twin(uow, cast, "ivan")
        await uow.insert(Enrollment, student_id=twin, class_id=cast.classes["5A"])
        for assessment in await uow.rows(sa.select(Mark.assessment_id).where(Mark.student_id == ivan)):
            await uow.insert(
                Mark, student_id=twin, assessment_id=assessment.assessment_id, value="5", number=Decimal(5),
                recorded_at=EARLY,
            )  # fmt: skip
        lesson = await uow.value(sa.select(Attendance.lesson_id).where(Attendance.student_id == ivan))
        await uow.insert(
            Attendance, student_id=twin, lesson_id=lesson, kind=AttendanceKind.ILL, recorded_at=LATE
        )
        homework = cast.homework["algebra_7a"]
        for one in (ivan, twin):
            await uow.insert(HomeworkTick, student_id=one, homework_id=homework, ticked_at=EARLY)
        account = await uow.insert(MealAccount, student_id=twin, school_id=cast.school_id, balance=700)
        await uow.insert(
            MealTransaction, account_id=account, kind=TransactionKind.TOP_UP, amount=700, at=EARLY
        )
        await uow.insert(
            OutboxEvent, kind="absence_recorded", key="one", payload={"lesson": lesson, "student": twin},
            created_at=EARLY, not_before=EARLY,
        )  # fmt: skip
        notice = await uow.insert(
            Announcement, school_id=cast.school_id, audience=AudienceKind.SCHOOL, text="x",
            urgency=Urgency.DIGEST, published_at=EARLY,
        )  # fmt: skip
        await uow.insert(Receipt, announcement_id=notice, person_id=ivan, opened_at=LATE)
        await uow.insert(
            Receipt, announcement_id=notice, person_id=twin, opened_at=EARLY, acknowledged_at=LATE
        )
        await uow.insert(MealThreshold, guardian_id=cast["mother"].person_id, child_id=ivan, amount=5)
        await uow.insert(MealThreshold, guardian_id=cast["mother"].person_id, child_id=twin, amount=9)
        await link(uow, 900_001, twin)
        chat = await uow.value(sa.select(ChatLink.chat_id).where(ChatLink.person_id == ivan))
        await uow.insert(ChatLink, chat_id=chat, person_id=twin, linked_at=uow.now)
    before = await uow.value(sa.select(sa.func.count()).select_from(Mark).where(Mark.student_id == alexei))

    await merge_people(uow, chat_key(cast, "admin"), cast.school_id, ivan, twin)

    assert await uow.value(sa.select(Person.id).where(Person.id == twin)) is None
    for column in references():
        assert await uow.value(sa.select(sa.func.count()).where(column == twin)) == 0, column
    marks = await uow.rows(
        sa.select(Mark.value, Mark.withdrawn_why).where(Mark.student_id == ivan).order_by(Mark.value)
    )
    assert [(row.value, row.withdrawn_why) for row in marks] == [
        *[("4", "")] * (len(marks) // 2), *[("5", "people merged")] * (len(marks) // 2),
    ]  # fmt: skip
    kinds = await uow.rows(
        sa.select(Attendance.kind).where(Attendance.student_id == ivan, Attendance.lesson_id == lesson)
    )
    assert [row.kind for row in kinds] == [AttendanceKind.EXCUSED], "recorded last"
    account_row = await uow.row(
        sa.select(MealAccount.id, MealAccount.balance).where(MealAccount.student_id == ivan)
    )
    assert account_row is not None
    assert account_row.balance == 15_700
    assert await uow.value(sa.select(MealThreshold.amount).where(MealThreshold.child_id == ivan)) == 9
    classes = await uow.rows(
        sa.select(Enrollment.class_id).where(
            Enrollment.student_id == ivan, sa.or_(Enrollment.ends.is_(None), Enrollment.ends >= TODAY)
        )
    )
    assert [row.class_id for row in classes] == [cast.classes["7A"]], "the kept one's class stays"
    receipt = await uow.row(sa.select(Receipt.opened_at, Receipt.acknowledged_at))
    assert receipt is not None
    assert tuple(receipt) == (EARLY, LATE)
    person = await uow.row(sa.select(Person.birth_date, Person.phone).where(Person.id == ivan))
    assert person is not None
    assert tuple(person) == (date(2013, 5, 1), "123456"), "blanks are filled"
    assert await uow.value(sa.select(ExternalId.target_id).where(ExternalId.external_id == "ivan-2")) == ivan
    assert await uow.value(sa.select(OutboxEvent.payload).where(OutboxEvent.key == "one")) == {
        "lesson": lesson, "student": ivan,
    }  # fmt: skip
    assert (await load_actor(uow, chat_key(cast, "ivan")))[1].selves
    assert await uow.value(sa.select(sa.func.count()).where(Mark.student_id == alexei)) == before
    entry = await uow.row(sa.select(AuditEntry).where(AuditEntry.action == "person.merge"))
    assert entry is not None
    office = await access_office(uow, await actor_of(uow, cast, "admin"), cast.school_id, (Role.ADMIN,))
    assert await merged_into(uow, office, twin) == ivan
    assert await uow.value(sa.select(ExternalId.external_id).where(ExternalId.kind == MERGED)) == str(twin)


@pytest.mark.parametrize("keeps_the_cut", [True, False])
async def test_the_narrower_rights_stay_whoever_vanishes(
    uow: UnitOfWork, cast: Cast, keeps_the_cut: bool
) -> None:
    ivan, cut = cast["ivan"].person_id, cast["cut_father"].person_id
    async with uow.writing():
        namesake = await uow.insert(Person, family="Petrov", given="Viktor", name_key="petrov viktor")
        await uow.insert(Guardianship, guardian_id=namesake, child_id=ivan, rights=GuardianRights.FULL)
        await link(uow, 900_002, namesake)
    kept, gone = (cut, namesake) if keeps_the_cut else (namesake, cut)
    await merge_people(uow, chat_key(cast, "admin"), cast.school_id, kept, gone)
    rows = await uow.rows(sa.select(Guardianship.rights).where(Guardianship.guardian_id == kept))
    assert [row.rights for row in rows] == [GuardianRights.NONE]
    assert not (await load_actor(uow, chat_key(cast, "cut_father")))[1].wards


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_child_written_down_twice_frees_no_namesake_of_a_guardian(
    uow: UnitOfWork, cast: Cast
) -> None:
    ivan = cast["ivan"].person_id
    async with uow.writing():
        twin = await _twin(uow, cast, "ivan")
        namesake = await uow.insert(Person, family="Petrov", given="Viktor", name_key="petrov viktor")
        await uow.insert(Guardianship, guardian_id=namesake, child_id=twin, rights=GuardianRights.FULL)
        await uow.insert(
            Guardianship, guardian_id=cast["mother"].person_id, child_id=twin, rights=GuardianRights.READ
        )
    await merge_people(uow, chat_key(cast, "admin"), cast.school_id, ivan, twin)
    rights = {
        row.guardian_id: row.rights
        for row in await uow.rows(
            sa.select(Guardianship.guardian_id, Guardianship.rights).where(Guardianship.child_id == ivan)
        )
    }
    assert rights[namesake] is GuardianRights.NONE
    assert rights[cast["mother"].person_id] is GuardianRights.READ
    assert rights[cast["father"].person_id] is GuardianRights.READ


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_who_cannot_be_one_is_refused_without_a_word_too_much(uow: UnitOfWork, cast: Cast) -> None:
    ivan, mother, teacher = (cast[one].person_id for one in ("ivan", "mother", "teacher"))
    async with uow.writing():
        await uow.insert(RoleAssignment, person_id=teacher, org_id=cast.other_school_id, role=Role.TEACHER)
    secretary, admin = chat_key(cast, "secretary"), chat_key(cast, "admin")
    for key, kept, gone, why in (
        (admin, ivan, ivan, "merge_self"),
        (admin, mother, ivan, "merge_family"),
        (admin, ivan, cast["cut_father"].person_id, "merge_family"),
        (admin, cast["homeroom"].person_id, teacher, "merge_refused"),
        (secretary, cast["homeroom"].person_id, cast["admin"].person_id, "merge_refused"),
        (admin, cast["admin"].person_id, cast["homeroom"].person_id, "merge_own"),
    ):
        with pytest.raises(Invalid, match=why):
            await merge_people(uow, key, cast.school_id, kept, gone)
    for key, kept, gone in (
        (admin, ivan, cast["other_admin"].person_id),
        (chat_key(cast, "other_admin"), ivan, mother),
        (chat_key(cast, "teacher"), ivan, mother),
        (admin, ivan, 2**62),
    ):
        with pytest.raises(NotFound):
            await merge_people(uow, key, cast.school_id, kept, gone)
    office = await access_office(uow, await actor_of(uow, cast, "admin"), cast.school_id, (Role.ADMIN,))
    one, other = await merge_preview(uow, office, ivan, cast["alexei"].person_id)
    assert (one.marks, other.marks) == (2, 2)
    assert one.balance == 15_000
