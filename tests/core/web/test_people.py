"""Writing people down in the panel: adding, editing, roles, classes, guardians; and who may not."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.access import load_actor
from core.db.models import AuditEntry, CourseEnrollment, Enrollment, Guardianship, Person, RoleAssignment
from core.db.uow import UnitOfWork
from core.domain.rights import GuardianRights, Role
from tests.cast import Cast, chat_key
from tests.support.browser import Site
from tests.support.panel import in_panel

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])


async def _value(site: Site, statement: sa.Select[tuple[object]]) -> object:
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        return await uow.value(statement)


async def _newest(site: Site) -> int:
    return int(str(await _value(site, sa.select(sa.func.max(Person.id)))))


async def test_a_new_pupil_is_in_the_class_and_its_courses_from_the_first_day(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "secretary")
    response = await panel.post(
        "/people/new",
        family="Новикова",
        given="Дарья  <b>",
        birth_date="2013-02-28",
        email="dasha@school.example",
        phone="+7 (912) 000-00-01",
        locale="ru",
        role="student",
        starts="2026-11-24",
        **{"class": cast.classes["7A"]},
    )
    number = await _newest(site)
    assert response.headers["Location"] == f"/admin/people/{number}?done=person_added"
    page = await panel.read(f"/people/{number}?done=person_added")
    assert "Дарья <b> Новикова" in page
    assert "since 24 Nov 2026" in page
    assert "Written down." in page
    courses = await _value(site, sa.select(sa.func.count()).where(CourseEnrollment.student_id == number))
    assert courses == 2
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        entry = await uow.row(sa.select(AuditEntry).where(AuditEntry.action == "person.add"))
    assert entry is not None
    assert "dasha" not in str(entry), "the audit holds no personal details"


async def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_stays(
    site: Site, cast: Cast
) -> None:
    panel = await in_panel(site, cast, "secretary")
    before = await _newest(site)
    wrong = {
        "family": ("x" * 10_000, "This is too long."),
        "birth_date": ("2027-01-01", "This day is still to come."),
        "email": ("nobody", "Write an e-mail address"),
        "phone": ("call me", "Write digits"),
        "role": ("god", "Choose one of the list."),
        "starts": ("someday", "This is no day."),
    }
    good = {"family": "Newton", "given": "Isaac", "role": "teacher"}
    for name, (typed, words) in wrong.items():
        response = await panel.post("/people/new", **{**good, name: typed})
        text = await response.text()
        assert response.status == 400, name
        assert words in text, name
        assert 'value="Isaac"' in text
    assert (await panel.post("/people/new", **{**good, "family": "", "given": " "})).status == 400
    assert (
        await panel.post("/people/new", **{**good, "starts": "2026-11-02", "ends": "2026-11-01"})
    ).status == 400
    assert await _newest(site) == before


async def test_somebody_who_looks_like_somebody_is_asked_about_and_may_be_added_anyway(
    site: Site, cast: Cast
) -> None:
    panel = await in_panel(site, cast, "secretary")
    form = {"family": "Petrov", "given": "Ivan", "role": "teacher"}
    response = await panel.post("/people/new", **form)
    text = await response.text()
    assert response.status == 409
    assert "Is it one of these?" in text
    assert f'/admin/people/{cast["ivan"].person_id}"' in text
    assert (await panel.post("/people/new", **form, anyway=1)).status == 303
    assert "Petrov Ivan" not in await panel.read("/people/duplicates"), "a namesake, and nothing more"
    other = await in_panel(site, cast, "other_admin")
    assert (await other.post("/people/new", **form)).status == 303, "another school's people are not told of"


async def test_a_guardian_is_added_to_a_child_by_name_and_needs_the_app(site: Site, cast: Cast) -> None:
    plain = await in_panel(site, cast, "secretary")
    form = {"family": "Petrova", "given": "Vera", "role": "guardian", "relation": "grandmother"}
    refused = await plain.post("/people/new", **form, child="ivan petrov")
    assert refused.status == 400
    assert "authenticator" in await refused.text()
    panel = await in_panel(site, cast, "secretary", with_app=True)
    assert "Whose guardian?" in await (await panel.post("/people/new", **form)).text()
    several = await (await panel.post("/people/new", **form, child="petr")).text()
    assert "Several are called so" in several
    assert "Petrova Maria, 3B" in several
    assert "Nobody of the pupils" in await (await panel.post("/people/new", **form, child="anna")).text()
    assert (await panel.post("/people/new", **form, child="ivan petrov")).status == 303
    rights = await _value(
        site, sa.select(Guardianship.rights).where(Guardianship.guardian_id == await _newest(site))
    )
    assert rights is GuardianRights.FULL


async def test_neither_ending_a_tie_nor_a_namesake_lifts_a_cut(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "secretary", with_app=True)
    cut, ivan = cast["cut_father"].person_id, cast["ivan"].person_id
    assert (await panel.post(f"/people/{cut}/family/end", child=ivan)).status == 303
    assert (await panel.post(f"/people/{cut}/family/end", child=ivan)).status == 404
    again = await panel.post(f"/people/{cut}/family", child=ivan)
    assert again.headers["Location"].endswith("done=guardian_cut")
    anew = await panel.post(
        "/people/new", family="petrov", given="Viktor", role="guardian", child_id=ivan, anyway=1
    )
    assert anew.status == 303
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        rights = [
            row.rights
            for row in await uow.rows(
                sa.select(Guardianship.rights).where(Guardianship.guardian_id.in_((cut, await _newest(site))))
            )
        ]
    assert rights == [GuardianRights.NONE, GuardianRights.NONE]
    pairs = await panel.read("/people/duplicates")
    assert pairs.count("Viktor") == 2
    assert "name, child" in pairs
    assert (await panel.post(f"/people/{ivan}/family", child=ivan)).status == 400, (
        "nobody is their own guardian"
    )
    secretary = cast["secretary"].person_id
    assert (await panel.post(f"/people/{secretary}/family", child=ivan)).status == 404


async def test_an_officer_who_sets_the_own_rights_is_told_whom_to_ask(site: Site, cast: Cast) -> None:
    own, ivan = cast["secretary"].person_id, cast["ivan"].person_id
    async with UnitOfWork(site.app.database, site.app.clock) as uow, uow.writing():
        await uow.insert(
            Guardianship, guardian_id=own, child_id=ivan, relation="aunt", rights=GuardianRights.READ
        )
    panel = await in_panel(site, cast, "secretary", with_app=True)
    refused = await panel.post(f"/people/{own}/rights", child=ivan, rights="full")
    assert refused.status == 400
    assert "Nobody changes their own rights" in await refused.text()
    rights = await _value(site, sa.select(Guardianship.rights).where(Guardianship.guardian_id == own))
    assert rights is GuardianRights.READ


async def test_a_secretary_neither_grants_nor_changes_what_is_above_her(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "secretary", with_app=True)
    for role in ("admin", "head", "deputy", "secretary", "operator", "guardian"):
        refused = await panel.post(f"/people/{cast['teacher'].person_id}/roles", role=role)
        assert refused.status == 400, role
        assert (await panel.post("/people/new", family="New", given="Boss", role=role)).status == 400
    for name in ("admin", "head", "deputy", "operator", "secretary"):
        number = cast[name].person_id
        assert (await panel.get(f"/people/{number}/edit")).status == 404, name
        assert (await panel.post(f"/people/{number}/edit", family="Evil", given="Eve")).status == 404
        assert (await panel.post(f"/people/{number}/roles", role="teacher")).status == 404
        assert (
            await panel.post(f"/people/{number}/roles/end", role=name, last_day="2026-11-23")
        ).status == 404
        assert (await panel.get(f"/people/{number}/merge?with={cast['teacher'].person_id}")).status == 404
        page = await panel.read(f"/people/{number}")
        assert "you cannot change them" in page
    admin = await in_panel(site, cast, "admin")
    assert (
        await admin.post(f"/people/{cast['head'].person_id}/edit", family="Head", given="Gala")
    ).status == 303
    own = await admin.post(f"/people/{cast['admin'].person_id}/roles", role="head")
    assert "Nobody changes their own roles" in await own.text()
    assert (await admin.post(f"/people/{cast['head'].person_id}/roles", role="operator")).status == 400


async def test_forged_numbers_of_another_school_reach_nobody(site: Site, cast: Cast) -> None:
    other = await in_panel(site, cast, "other_admin", with_app=True)
    ivan, mother, own = cast["ivan"].person_id, cast["mother"].person_id, cast["other_admin"].person_id
    for path, form in (
        (f"/people/{ivan}/edit", {"family": "A", "given": "B"}),
        (f"/people/{ivan}/roles", {"role": "teacher"}),
        (f"/people/{ivan}/roles/end", {"role": "student", "last_day": "2026-11-23"}),
        (f"/people/{ivan}/class", {"class": cast.classes["5A"]}),
        (f"/people/{mother}/family/end", {"child": ivan}),
        (f"/people/{mother}/family", {"child": ivan}),
        (f"/people/{ivan}/merge", {"with": own, "sure": 1}),
        (f"/people/{own}/merge", {"with": ivan, "sure": 1}),
    ):
        assert (await other.post(path, **form)).status == 404, path
    assert (
        await other.post("/people/new", family="X", given="Y", role="guardian", child_id=ivan)
    ).status == 400
    classed = {"family": "X", "given": "Y", "role": "student", "class": cast.classes["7A"]}
    assert (await other.post("/people/new", **classed)).status == 404
    assert (await other.post("/invitations/revoke", **{"class": cast.classes["7A"]})).status == 404


async def test_a_role_that_ends_is_felt_at_once_and_can_be_resumed(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "secretary")
    ivan = cast["ivan"].person_id
    gone = await panel.post(f"/people/{ivan}/roles/end", role="student", last_day="2026-11-23")
    assert gone.headers["Location"].endswith("done=role_ended")
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        assert not (await load_actor(uow, chat_key(cast, "ivan")))[1].selves
        open_courses = await uow.value(
            sa.select(sa.func.count()).where(
                CourseEnrollment.student_id == ivan, CourseEnrollment.ends.is_(None)
            )
        )
    assert open_courses == 0
    assert "Petrov Ivan" not in await panel.read("/people")
    assert "Petrov Ivan" in await panel.read("/people?left=1&role=student")
    assert "Resume" in await panel.read(f"/people/{ivan}")
    assert (await panel.post(f"/people/{ivan}/roles", role="student", starts="")).status == 303
    assert (await panel.post(f"/people/{ivan}/class", **{"class": cast.classes["5A"]})).status == 303
    assert "5A" in await panel.read(f"/people/{ivan}")


async def test_a_pupil_moves_with_the_courses_of_the_class(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "secretary")
    ivan = cast["ivan"].person_id
    move = {"class": cast.classes["5A"], "from": "2026-12-01"}
    assert (await panel.post(f"/people/{ivan}/class", **move)).status == 303
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        rows = await uow.rows(
            sa.select(Enrollment.class_id, Enrollment.starts, Enrollment.ends)
            .where(Enrollment.student_id == ivan)
            .order_by(Enrollment.id)
        )
        taught = await uow.rows(
            sa.select(CourseEnrollment.course_id).where(
                CourseEnrollment.student_id == ivan, CourseEnrollment.ends.is_(None)
            )
        )
    assert [(row.class_id, str(row.starts), str(row.ends)) for row in rows] == [
        (cast.classes["7A"], "None", "2026-11-30"),
        (cast.classes["5A"], "2026-12-01", "None"),
    ]
    assert [row.course_id for row in taught] == [cast.courses["maths_5a"]]
    back = {"class": cast.classes["7A"], "from": "2026-11-30"}
    assert (await panel.post(f"/people/{ivan}/class", **back)).status == 303
    classes = await _value(site, sa.select(sa.func.count()).where(Enrollment.student_id == ivan))
    assert classes == 1, "what had not begun never was"
    assert (await panel.post(f"/people/{cast['mother'].person_id}/class", **move)).status == 400
    assert (await panel.post(f"/people/{ivan}/class", **{"class": 999_999})).status == 404


async def test_an_edit_says_in_the_audit_only_what_changed(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "secretary")
    number = cast["teacher"].person_id
    form = {"family": "Sokolova", "given": "Olga", "email": "olga@school.example", "phone": "๐๘๑ 234 5678"}
    assert (await panel.post(f"/people/{number}/edit", **form)).status == 303
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        after = await uow.value(sa.select(AuditEntry.after).where(AuditEntry.action == "person.edit"))
        phone = await uow.value(sa.select(Person.phone).where(Person.id == number))
        held = await uow.value(sa.select(RoleAssignment.role).where(RoleAssignment.person_id == number))
    assert after == {"email": "changed", "phone": "changed"}
    assert phone == "081 234 5678"
    assert held is Role.TEACHER


async def test_two_become_one_after_a_look_at_both_and_a_tick(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "secretary", with_app=True)
    await panel.post("/people/new", family="Orlov", given="Boris", role="teacher", phone="123456", anyway=1)
    twin, kept = await _newest(site), cast["homeroom"].person_id
    assert "Orlov" in await panel.read(f"/people/{kept}/merge?search=orlov")
    page = await panel.read(f"/people/{kept}/merge?with={twin}")
    assert "This cannot be undone" in page
    unsure = await panel.post(f"/people/{kept}/merge", **{"with": twin})
    assert unsure.status == 400
    assert "Tick that you are sure." in await unsure.text()
    assert (await panel.post(f"/people/{kept}/merge", **{"with": kept, "sure": 1})).status == 400
    family = await panel.post(
        f"/people/{cast['mother'].person_id}/merge", **{"with": cast["ivan"].person_id, "sure": 1}
    )
    assert "the other's guardian" in (await family.text()).replace("&#39;", "'")
    done = await panel.post(f"/people/{kept}/merge", **{"with": twin, "sure": 1})
    assert done.headers["Location"] == f"/admin/people/{kept}?done=merged"
    assert "123456" in await panel.read(f"/people/{kept}")
    assert (await panel.get(f"/people/{twin}")).headers["Location"] == f"/admin/people/{kept}"
    admin = await in_panel(site, cast, "admin")
    trail = await admin.read(f"/audit?person={kept}")
    assert "Person: two entries made one" in trail
    assert "Person: written down" in trail, "what was done to the one who vanished is still found"
