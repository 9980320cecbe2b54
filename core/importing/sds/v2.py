"""School Data Sync, version 2.1: orgs, users, roles; classes, enrollments, courses, academicSessions; relationships
and demographics (https://learn.microsoft.com/schooldatasync/sds-v2.1-csv-file-format). Named as OneRoster's files are,
but for ids of rows: roles, enrollments and relationships have none."""

from __future__ import annotations

from datetime import date

from core.domain.kinds import OrgKind, TermKind
from core.domain.rights import Role
from core.importing.cells import Rejected, Row
from core.importing.sds.reading import Reading, Session

FILES = {
    "orgs": ("org",),
    "roles": ("role",),
    "classes": ("course",),
    "enrollments": ("course_enrollment", "course_teacher"),
    "relationships": ("guardianship",),
}
_SCHOOLS = frozenset({"school", "college", "university", "adulteducation", "charter", "private"})
_DISTRICTS = frozenset({"district", "local", "municipality", "county"})
_ROLES = {
    "student": Role.STUDENT,
    "teacher": Role.TEACHER,
    "faculty": Role.TEACHER,
    "professor": Role.TEACHER,
    "lecturer": Role.TEACHER,
    "instructor": Role.TEACHER,
    "principal": Role.HEAD,
    "administrator": Role.ADMIN,
    "itadmin": Role.ADMIN,
    "siteadministrator": Role.ADMIN,
    "districtadministrator": Role.ADMIN,
}
_FAMILY = frozenset({"guardian", "parent", "relative"})
_TERMS = {
    "semester": TermKind.SEMESTER,
    "trimester": TermKind.TRIMESTER,
    "quarter": TermKind.QUARTER,
    "gradingperiod": TermKind.QUARTER,
    "schoolyear": None,
}


def parse_v2(reading: Reading) -> None:
    """Orgs, people, what they are, classes, and who is in them."""
    _parse_orgs(reading)
    born: dict[str, date] = {}

    def take_birth(row: Row) -> None:
        day = row.day("birthDate")
        if day is not None:
            born[row.required("userSourcedId")] = day

    reading.walk("demographics", take_birth, ("userSourcedId",))
    reading.walk("users", lambda row: _take_user(reading, row, born), ("sourcedId",))
    reading.walk("roles", lambda row: _take_role(reading, row), ("userSourcedId", "orgSourcedId", "role"))
    reading.walk(
        "relationships",
        lambda row: _take_relation(reading, row),
        ("userSourcedId", "relationshipUserSourcedId"),
    )
    _parse_classes(reading)
    reading.walk(
        "enrollments", lambda row: _take_member(reading, row), ("classSourcedId", "userSourcedId", "role")
    )


def _parse_orgs(reading: Reading) -> None:
    rows: dict[str, Row] = {}

    def take(row: Row) -> None:
        row.required("name")
        rows[row.required("sourcedId")] = row

    reading.walk("orgs", take, ("sourcedId", "name", "type"))

    def place(org_id: str, below: tuple[str, ...]) -> None:
        if reading.register.has("org", org_id):
            return
        row = rows[org_id]
        parent = row.text("parentSourcedId")
        if org_id in below:
            raise Rejected("parentSourcedId", "the org stands above itself")
        if parent in rows:
            place(parent, (*below, org_id))
        elif parent:
            reading.remark(row, "parentSourcedId", f"the org {parent!r} above it is not in orgs.csv")
        word = "".join(row.text("type").split()).casefold()
        kind = (
            OrgKind.SCHOOL if word in _SCHOOLS else OrgKind.DISTRICT if word in _DISTRICTS else OrgKind.REGION
        )
        reading.add_org(org_id, row.text("name"), kind, parent if reading.register.has("org", parent) else "")

    for org_id, row in rows.items():
        try:
            place(org_id, ())
        except Rejected as fault:
            reading.register.tell(row.problem(fault.column, fault.words))


def _take_user(reading: Reading, row: Row, born: dict[str, date]) -> None:
    user, email = row.required("sourcedId"), row.text("email")
    username = row.text("username")
    reading.add_person(
        user,
        row.text("familyName"),
        row.text("givenName") or ("" if row.text("familyName") else username),
        email=email or (username if "@" in username else ""),
        phone=row.text("sms") or row.text("phone"),
        middle=row.text("middleName"),
        nickname=row.text("preferredGivenName"),
        birth_date=born.get(user),
    )


def _take_role(reading: Reading, row: Row) -> None:
    user = reading.known(row, "person", "userSourcedId", "users.csv")
    org = reading.known(row, "org", "orgSourcedId", "orgs.csv")
    word = "".join(row.required("role").split()).casefold()
    dates = (row.day("roleStartDate"), row.day("roleEndDate"))
    if dates[0] and dates[1] and dates[0] > dates[1]:
        raise Rejected("roleEndDate", "ends before it begins")
    if word in _ROLES:
        reading.add_role(user, org, _ROLES[word], dates)
    elif word not in _FAMILY:
        reading.remark(
            row, "role", f"{row.text('role')[:40]!r} has no rights here: the person is kept without a role"
        )


def _take_relation(reading: Reading, row: Row) -> None:
    """``userSourcedId`` is the pupil, and the other the pupil's relation."""
    child = reading.known(row, "person", "userSourcedId", "users.csv")
    guardian = reading.known(row, "person", "relationshipUserSourcedId", "users.csv")
    reading.add_guardian(guardian, child, row.text("relationshipRole"))


def _parse_classes(reading: Reading) -> None:
    titles: dict[str, str] = {}
    sessions: dict[str, Session] = {}

    def take_course(row: Row) -> None:
        titles[row.required("sourcedId")] = row.required("title")

    def take_session(row: Row) -> None:
        starts, ends = row.required_day("startDate"), row.required_day("endDate")
        if starts > ends:
            raise Rejected("endDate", "ends before it starts")
        word = "".join(row.text("type").split()).casefold()
        own = row.required("sourcedId")
        sessions[own] = Session(own, row.required("title"), _TERMS.get(word, TermKind.TERM), starts, ends)

    reading.walk("courses", take_course, ("sourcedId", "title"))
    reading.walk("academicSessions", take_session, ("sourcedId", "title", "startDate", "endDate"))

    def take_class(row: Row) -> None:
        school = reading.known(row, "org", "orgSourcedId", "orgs.csv")
        title = row.required("title")
        named = row.many("sessionSourcedIds")
        for one in named:
            if one not in sessions:
                reading.remark(row, "sessionSourcedIds", f"{one[:40]!r} is not in academicSessions.csv")
        used = [one for one in named if one in sessions]
        for one in used:
            reading.sessions[school, one] = sessions[one]
        subject = titles.get(row.text("courseSourcedId"), title)
        reading.add_section(row.required("sourcedId"), school, title, subject, used[0] if used else "")

    reading.walk("classes", take_class, ("sourcedId", "orgSourcedId", "title"))
    reading.add_years()


def _take_member(reading: Reading, row: Row) -> None:
    section = reading.known(row, "course", "classSourcedId", "classes.csv")
    person = reading.known(row, "person", "userSourcedId", "users.csv")
    role = _ROLES.get("".join(row.required("role").split()).casefold())
    if role not in (Role.STUDENT, Role.TEACHER):
        reading.remark(row, "role", f"{row.text('role')[:40]!r} in a class gives no rights here")
        return
    reading.add_member(section, person, teaches=role is Role.TEACHER)
