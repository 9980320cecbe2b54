"""Who goes into the package: users, their roles, and when they were born."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.db.models import (
    Guardianship,
    Org,
    Person,
    RoleAssignment,
)
from core.domain.kinds import OrgKind
from core.domain.rights import GuardianRights, Role
from core.importing.oneroster.export_choice import (
    ENTRY,
    UNIT,
    Cells,
    Chosen,
    Table,
    columns_of,
    day_text,
)

_ROLES = {
    Role.STUDENT: "student",
    Role.TEACHER: "teacher",
    Role.HEAD: "principal",
    Role.ADMIN: "siteAdministrator",
}


def users(chosen: Chosen) -> Table:
    """Everybody chosen, by id."""

    def made(row: Any) -> Cells:
        links = [entry.split(UNIT) for entry in (row.children or "").split(ENTRY) if entry]
        children = [child for child, rights, _relation, over in links if rights != "none" and not over]
        agents = [one for one in (row.guardians or "").split(ENTRY) if one]
        kept = ";".join("|".join(quote(cell, safe="") for cell in link[:3]) for link in links if not link[3])
        names = (row.given, row.family, row.middle)
        contact = (row.email, "", row.phone, ",".join([*agents, *children]))
        return (
            *(row.own, "", "", "true", row.email or row.own, "", *names, "", *contact),
            *("", "", "", "", row.nickname, "", "", "", "", kept),
        )

    up, down = aliased(Guardianship), aliased(Guardianship)
    over = sa.and_(down.ends.is_not(None), down.ends < chosen.today)
    entry = (
        chosen.id_of("person", down.child_id)
        + sa.literal(UNIT)
        + sa.cast(down.rights, sa.Text())
        + sa.literal(UNIT)
        + down.relation
        + sa.literal(UNIT)
        + sa.case((over, "1"), else_="")
    )
    guardians = sa.select(sa.func.aggregate_strings(chosen.id_of("person", up.guardian_id), ENTRY)).where(
        up.child_id == Person.id,
        up.rights != GuardianRights.NONE,
        sa.or_(up.ends.is_(None), up.ends >= chosen.today),
        chosen.people(up.guardian_id),
    )
    children = sa.select(sa.func.aggregate_strings(entry, ENTRY)).where(
        down.guardian_id == Person.id, chosen.people(down.child_id)
    )
    statement = sa.select(
        *(chosen.id_of("person", Person.id).label("own"), Person.given, Person.family, Person.middle),
        *(Person.nickname, Person.email, Person.phone),
        guardians.scalar_subquery().label("guardians"),
        children.scalar_subquery().label("children"),
    ).where(chosen.people(Person.id))
    return Table(
        "users",
        columns_of(
            "enabledUser username userIds givenName familyName middleName identifier email sms phone"
            " agentSourcedIds grades password userMasterIdentifier resourceSourcedIds preferredGivenName"
            " preferredMiddleName preferredFamilyName primaryOrgSourcedId pronouns",
            "children",
        ),
        ((statement.order_by(Person.id), made),),
    )


def roles(chosen: Chosen) -> Table:
    """A row a person, org and role."""

    def staff(row: Any) -> Cells:
        word = _ROLES.get(row.role, "aide")
        if row.role is Role.ADMIN and row.kind is not OrgKind.SCHOOL:
            word = "districtAdministrator"
        own = chosen.own("role", row.id)
        kept = "" if row.role in _ROLES else row.role.value
        return (
            own,
            "",
            "",
            row.person,
            "primary",
            word,
            day_text(row.starts),
            day_text(row.ends),
            row.org,
            "",
            kept,
        )

    def guardian(row: Any) -> Cells:
        own = chosen.own("guardian", row.guardian_id)
        return (own, "", "", row.person, "primary", "guardian", "", "", row.org, "", "")

    # Who sees to the machine is of this installation, and of no register.
    roles = (
        sa.select(
            *(RoleAssignment.id, RoleAssignment.role, RoleAssignment.starts, RoleAssignment.ends, Org.kind),
            chosen.id_of("person", RoleAssignment.person_id).label("person"),
            chosen.id_of("org", RoleAssignment.org_id).label("org"),
        )
        .join(Org, Org.id == RoleAssignment.org_id)
        .where(
            RoleAssignment.role != Role.OPERATOR,
            chosen.people(RoleAssignment.person_id),
            chosen.orgs(RoleAssignment.org_id),
        )
    )
    place = (
        sa.select(sa.func.min(RoleAssignment.org_id).label("org_id"), Guardianship.guardian_id)
        .join(RoleAssignment, RoleAssignment.person_id == Guardianship.child_id)
        .where(
            RoleAssignment.role == Role.STUDENT,
            # A tie that is over makes nobody a guardian in another place.
            sa.or_(Guardianship.ends.is_(None), Guardianship.ends >= chosen.today),
            chosen.orgs(RoleAssignment.org_id),
            chosen.people(Guardianship.guardian_id),
        )
        .group_by(Guardianship.guardian_id)
        .subquery()
    )
    guardians = sa.select(
        place.c.guardian_id,
        chosen.id_of("person", place.c.guardian_id).label("person"),
        chosen.id_of("org", place.c.org_id).label("org"),
    )
    return Table(
        "roles",
        columns_of("userSourcedId roleType role beginDate endDate orgSourcedId userProfileSourcedId", "role"),
        ((roles.order_by(RoleAssignment.id), staff), (guardians.order_by(place.c.guardian_id), guardian)),
    )


def demographics(chosen: Chosen) -> Table:
    """Birth dates, of whom one is known."""
    statement = sa.select(chosen.id_of("person", Person.id).label("own"), Person.birth_date).where(
        Person.birth_date.is_not(None), chosen.people(Person.id)
    )
    header = columns_of(
        "birthDate sex americanIndianOrAlaskaNative asian blackOrAfricanAmerican"
        " nativeHawaiianOrOtherPacificIslander white demographicRaceTwoOrMoreRaces hispanicOrLatinoEthnicity"
        " countryOfBirthCode stateOfBirthAbbreviation cityOfBirth publicSchoolResidenceStatus"
    )

    def made(row: Any) -> Cells:
        return (row.own, "", "", day_text(row.birth_date), *[""] * (len(header) - 4))

    return Table("demographics", header, ((statement.order_by(Person.id), made),))
