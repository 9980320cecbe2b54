"""People who belong to two schools, or went from one to another: each office sees what is its own of them."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from core.db.audit import record
from core.db.models import (
    Announcement,
    ChatLink,
    Course,
    CourseEnrollment,
    Enrollment,
    Guardianship,
    Invitation,
    Person,
    RoleAssignment,
    SchoolClass,
    Subject,
)
from core.db.uow import UnitOfWork
from core.domain.kinds import AudienceKind, InvitationKind, Urgency
from core.domain.rights import GuardianRights, Role
from tests.cast import TODAY, Cast
from tests.support.browser import Site
from tests.support.panel import in_panel


def _own(site: Site) -> UnitOfWork:
    return UnitOfWork(site.app.database, site.app.clock, via="test")


async def _pupil_elsewhere(uow: UnitOfWork, cast: Cast, given: str) -> int:
    pupil = await uow.insert(Person, given=given, family="Faraway", name_key=f"faraway {given}".casefold())
    await uow.insert(RoleAssignment, person_id=pupil, org_id=cast.other_school_id, role=Role.STUDENT)
    return pupil


async def test_a_guardians_children_at_another_school_are_not_told_of(site: Site, cast: Cast) -> None:
    async with _own(site) as uow, uow.writing():
        pupil = await _pupil_elsewhere(uow, cast, "Zoe")
        for name in ("mother", "homeroom"):
            await uow.insert(
                Guardianship,
                guardian_id=cast[name].person_id,
                child_id=pupil,
                relation="parent",
                rights=GuardianRights.FULL,
            )
    panel = await in_panel(site, cast, "secretary", with_app=True)
    assert "Faraway" not in await panel.read("/people?role=guardian")
    assert "Anna" in await panel.read("/people?role=guardian")
    assert "Boris" not in await panel.read("/people?role=guardian"), "whose guardian he is elsewhere"
    assert "Faraway" not in await (await panel.post("/people/export")).text()


async def test_the_links_and_codes_of_who_went_to_another_school_are_that_schools(
    site: Site, cast: Cast
) -> None:
    alexei = cast["alexei"].person_id
    async with _own(site) as uow, uow.writing():
        await uow.write(
            sa.update(RoleAssignment)
            .where(RoleAssignment.person_id == alexei)
            .values(ends=TODAY - timedelta(days=1))
        )
        await uow.insert(
            Invitation,
            person_id=alexei,
            kind=InvitationKind.SLIP,
            code_hash="x",
            issued_by=cast["other_admin"].person_id,
            issued_at=uow.now,
            expires_at=uow.now + timedelta(days=60),
        )
    panel = await in_panel(site, cast, "secretary", with_app=True)
    assert "Alexei" in await panel.read("/links?sort=name"), "he went nowhere yet"
    assert "Alexei" in await panel.read("/invitations")
    async with _own(site) as uow, uow.writing():
        await uow.insert(RoleAssignment, person_id=alexei, org_id=cast.other_school_id, role=Role.STUDENT)
    for path in ("/links?sort=name", "/links?search=alexei", "/invitations", "/invitations?search=alexei"):
        assert "Alexei Smirnov" not in await panel.read(path), path
    assert "Alexei" not in await (await panel.post("/links/export")).text()
    other = await in_panel(site, cast, "other_admin")
    assert "Alexei Smirnov" in await other.read("/links")


async def test_the_link_of_who_left_the_school_for_no_other_is_ended(site: Site, cast: Cast) -> None:
    nurse = cast["nurse"].person_id
    async with _own(site) as uow, uow.writing():
        await uow.write(
            sa.update(RoleAssignment)
            .where(RoleAssignment.person_id == nurse)
            .values(ends=TODAY - timedelta(days=1))
        )
    panel = await in_panel(site, cast, "secretary")
    async with _own(site) as uow:
        link = await uow.value(sa.select(ChatLink.id).where(ChatLink.person_id == nurse))
    assert (await panel.post(f"/people/{nurse}/unlink", link=link)).status == 303


async def test_what_somebody_of_both_schools_did_at_the_other_is_not_in_the_audit(
    site: Site, cast: Cast
) -> None:
    both = cast["homeroom"].person_id
    async with _own(site) as uow, uow.writing():
        pupil = await _pupil_elsewhere(uow, cast, "Zoe")
        await uow.insert(RoleAssignment, person_id=both, org_id=cast.other_school_id, role=Role.SECRETARY)
        await record(uow, "person.edit", actor_id=both, subject=("person", pupil))
        await record(uow, "class.saved", actor_id=both, subject=("class", 999), after={"name": "9Z"})
        await record(uow, "school.settle", actor_id=both, subject=("org", cast.other_school_id))
        await record(uow, "mark.correct", actor_id=both, subject=("course", cast.courses["maths_5a"]))
        elsewhere = await uow.insert(
            Announcement,
            school_id=cast.other_school_id,
            audience=AudienceKind.SCHOOL,
            author_id=both,
            text="Theirs alone",
            urgency=Urgency.AT_ONCE,
            published_at=uow.now,
        )
        told = {"text": "Theirs alone"}
        await record(
            uow, "announcement.publish", actor_id=both, subject=("announcement", elsewhere), after=told
        )
        homework = ("homework", cast.homework["maths_5a"])
        await record(uow, "homework.edit", actor_id=both, subject=homework, after={"text": "Ours"})
        await record(uow, "bot.set", actor_id=None, subject=("org", cast.school_id))
    panel = await in_panel(site, cast, "admin")
    page = await panel.read(f"/audit?person={both}")
    assert "Mark: corrected" in page.split("Save as a table")[0].split("When")[-1]
    assert "Ours" in page
    for words in ("Faraway", "9Z", "Theirs alone"):
        assert words not in page
    rows = (await panel.read("/audit")).split("When")[-1]
    assert "Bot: set for the school" in rows, "also what somebody did to the school from outside"
    assert "Settings: changed for the school" not in rows
    other = await in_panel(site, cast, "other_admin")
    assert "Zoe Faraway" in await other.read("/audit")


async def test_the_diary_of_a_pupil_of_two_schools_shows_each_its_own_courses(site: Site, cast: Cast) -> None:
    ivan = cast["ivan"].person_id
    async with _own(site) as uow, uow.writing():
        await uow.insert(RoleAssignment, person_id=ivan, org_id=cast.other_school_id, role=Role.STUDENT)
        subject = await uow.insert(Subject, org_id=cast.other_school_id, name="Chess")
        chess = await uow.insert(Course, school_id=cast.other_school_id, subject_id=subject, name="")
        await uow.insert(CourseEnrollment, student_id=ivan, course_id=chess)
    own = await (await in_panel(site, cast, "admin")).read(f"/people/{ivan}/diary")
    assert "Algebra" in own
    assert "Chess" not in own
    theirs = await (await in_panel(site, cast, "other_admin")).read(f"/people/{ivan}/diary")
    assert "Chess" in theirs
    assert "Algebra" not in theirs
    assert "secret-ivan" not in theirs


async def test_a_pupil_of_two_schools_is_one_line_of_the_canteen_and_counted_once(
    site: Site, cast: Cast
) -> None:
    ivan = cast["ivan"].person_id
    async with _own(site) as uow, uow.writing():
        await uow.insert(RoleAssignment, person_id=ivan, org_id=cast.other_school_id, role=Role.STUDENT)
        room = await uow.insert(SchoolClass, school_id=cast.other_school_id, name="1X")
        await uow.insert(Enrollment, student_id=ivan, class_id=room)
    panel = await in_panel(site, cast, "admin")
    for order in ("name", "class", "balance"):
        page = await panel.read(f"/canteen?sort={order}")
        assert page.count("Ivan Petrov") + page.count("Petrov Ivan") == 1, order
        assert "1X" not in page
    assert "7A" in await panel.read(f"/canteen/{ivan}")
    assert "4 of 4" in await panel.read("/invitations")
