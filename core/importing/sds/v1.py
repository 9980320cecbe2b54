"""School Data Sync, version 1: School, Section, Student, Teacher, StudentEnrollment, TeacherRoster; User and
GuardianRelationship where there are parents (https://learn.microsoft.com/schooldatasync/sds-v1-csv-file-format)."""

from __future__ import annotations

from functools import partial

from core.domain.kinds import OrgKind, TermKind
from core.domain.rights import Role
from core.importing.cells import Rejected, Row
from core.importing.sds.reading import Reading, Session

FILES = {
    "School": ("org",),
    "Section": ("course",),
    "StudentEnrollment": ("course_enrollment",),
    "TeacherRoster": ("course_teacher",),
}
_ENDED = frozenset({"inactive", "deleted", "tobedeleted"})


def parse_v1(reading: Reading) -> None:
    """Schools, people, sections, and who is in them."""
    principals: list[tuple[str, str]] = []

    def take_school(row: Row) -> None:
        school = row.required("SISID")
        reading.add_org(school, row.required("Name"), OrgKind.SCHOOL)
        if row.text("PrincipalSISID"):
            principals.append((school, row.text("PrincipalSISID")))

    reading.walk("School", take_school, ("SISID", "Name"))
    seen: dict[str, Role] = {}
    for table, role in (("Student", Role.STUDENT), ("Teacher", Role.TEACHER)):
        reading.walk(table, partial(_take_person, reading, role, seen), ("SISID", "SchoolSISID"))
    for school, person in principals:
        if seen.get(person) is Role.TEACHER:
            reading.add_role(person, school, Role.HEAD)
    _parse_parents(reading)
    reading.walk("Section", lambda row: _take_section(reading, row), ("SISID", "SchoolSISID", "SectionName"))
    reading.add_years()
    for table, teaches in (("StudentEnrollment", False), ("TeacherRoster", True)):
        reading.walk(table, partial(_take_member, reading, teaches), ("SectionSISID", "SISID"))


def _take_person(reading: Reading, role: Role, seen: dict[str, Role], row: Row) -> None:
    person = row.required("SISID")
    school = reading.known(row, "org", "SchoolSISID", "School.csv")
    if seen.setdefault(person, role) is not role:
        raise Rejected("SISID", f"{person[:40]!r} is a pupil's in Student.csv")
    ended = row.text("Status").casefold() in _ENDED
    email = next((one for one in (row.text("SecondaryEmail"), row.text("Username")) if "@" in one), "")
    reading.add_person(
        person,
        row.text("LastName"),
        row.text("FirstName") or row.text("Username"),
        ended=ended,
        middle=row.text("MiddleName"),
        email=email,
        birth_date=row.day("Birthdate"),
    )
    reading.add_role(person, school, role, ended=ended)


def _parse_parents(reading: Reading) -> None:
    """A parent is known by the e-mail address, which both files name."""
    by_email: dict[str, Row] = {}

    def take(row: Row) -> None:
        by_email[row.required("Email").casefold()] = row

    def link(row: Row) -> None:
        child = reading.known(row, "person", "SISID", "Student.csv")
        email = row.required("Email").casefold()
        parent = by_email.get(email)
        if parent is None:
            raise Rejected("Email", "this address is not in User.csv")
        guardian = parent.text("SISID") or email
        if not reading.register.has("person", guardian):
            reading.add_person(
                guardian,
                parent.text("LastName"),
                parent.text("FirstName"),
                email=parent.text("Email"),
                phone=parent.text("Phone"),
            )
        reading.add_guardian(guardian, child, row.text("Role"))

    reading.walk("User", take, ("Email",))
    reading.walk("GuardianRelationship", link, ("SISID", "Email"))


def _take_section(reading: Reading, row: Row) -> None:
    school = reading.known(row, "org", "SchoolSISID", "School.csv")
    title, term = row.required("SectionName"), row.text("TermSISID")
    starts, ends = row.day("TermStartDate"), row.day("TermEndDate")
    if starts and ends:
        if starts > ends:
            raise Rejected("TermEndDate", "ends before it starts")
        term = term or row.text("TermName") or str(starts)
        name = row.text("TermName") or term
        reading.sessions[school, term] = Session(term, name, TermKind.TERM, starts, ends)
    reading.add_section(
        row.required("SISID"),
        school,
        title,
        row.text("CourseName") or row.text("CourseSubject") or title,
        term,
        ended=row.text("Status").casefold() in _ENDED,
    )


def _take_member(reading: Reading, teaches: bool, row: Row) -> None:
    section = reading.known(row, "course", "SectionSISID", "Section.csv")
    person = reading.known(row, "person", "SISID", "Teacher.csv" if teaches else "Student.csv")
    reading.add_member(section, person, teaches=teaches)
