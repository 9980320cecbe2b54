"""Which rows go into which file of the package: one or several reads a file, and what becomes of a row of each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.db.models import (
    AcademicYear,
    Assessment,
    Course,
    CourseEnrollment,
    CourseTeacher,
    Enrollment,
    ExternalId,
    Guardianship,
    Mark,
    Org,
    Person,
    RoleAssignment,
    SchoolClass,
    Subject,
    Term,
)
from core.domain.grading import scale
from core.domain.kinds import OrgKind, TermKind
from core.domain.rights import GuardianRights, Role
from core.importing.own_ids import own_id

Cells = tuple[str, ...]
_ORGS = {OrgKind.SCHOOL: "school", OrgKind.DISTRICT: "district", OrgKind.REGION: "state"}
_TERMS = {TermKind.SEMESTER: "semester", TermKind.QUARTER: "gradingPeriod"}
_ROLES = {
    Role.STUDENT: "student",
    Role.TEACHER: "teacher",
    Role.HEAD: "principal",
    Role.ADMIN: "siteAdministrator",
}
_UNIT, _ENTRY = "\x1f", "\x1e"
_ALIKE = {"class": "course", "course": "class", "year": "term", "term": "year"}
"""Kinds that share a file, where an id may stand once."""


@dataclass(frozen=True, slots=True)
class Table:
    """One file: its columns, and its rows by reads."""

    name: str
    header: Cells
    parts: tuple[tuple[sa.Executable, Callable[[Any], Cells]], ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is to go out: the school's path is empty for everything. ``system`` is what this installation is called."""

    source: str
    system: str
    today: date
    school_id: int | None = None
    path: str = ""

    def own(self, kind: str, row_id: int) -> str:
        """An id of our own."""
        return own_id(self.system, kind, row_id)

    def id_of(self, kind: str, column: Any) -> sa.ColumnElement[str]:
        """The id that the row of a kind goes out by: the register's newest, else our own. Lists are cut at commas and
        the like, so an id with one of those is no good in them."""
        tie = aliased(ExternalId)
        found = sa.select(tie.external_id).where(
            tie.source == self.source,
            tie.kind == kind,
            tie.target_id == column,
            *(~tie.external_id.contains(letter, autoescape=True) for letter in ",;|'\"[]"),
        )
        if kind in _ALIKE:
            other = aliased(ExternalId)
            found = found.where(
                ~sa.exists().where(
                    other.source == self.source,
                    other.kind == _ALIKE[kind],
                    other.external_id == tie.external_id,
                )
            )
        newest = found.order_by(tie.ended_on.is_not(None), tie.id.desc()).limit(1)
        ours = sa.literal(self.own(kind, 0)[:-1], sa.Text()) + sa.cast(column, sa.Text())
        return sa.case((column.is_(None), ""), else_=sa.func.coalesce(newest.scalar_subquery(), ours))

    def schools(self, column: Any) -> sa.ColumnElement[bool]:
        """That a column names one of the chosen schools."""
        if not self.path:
            return sa.true()
        chosen = sa.select(Org.id).where(Org.path.startswith(self.path, autoescape=True))
        found: sa.ColumnElement[bool] = column.in_(chosen)
        return found

    def orgs(self, column: Any) -> sa.ColumnElement[bool]:
        """The same, or an org above them."""
        above = [int(one) for one in self.path.split("/") if one]
        return sa.or_(self.schools(column), column.in_(above)) if self.path else sa.true()

    def people(self, column: Any) -> sa.ColumnElement[bool]:
        """That a column names somebody of the chosen schools, guardians of their pupils among them."""
        if not self.path:
            return sa.true()
        lead = SchoolClass.homeroom_teacher_id
        members = sa.union(
            sa.select(RoleAssignment.person_id).where(self.schools(RoleAssignment.org_id)),
            sa.select(Enrollment.student_id).join(SchoolClass).where(self.schools(SchoolClass.school_id)),
            sa.select(CourseEnrollment.student_id).join(Course).where(self.schools(Course.school_id)),
            sa.select(CourseTeacher.teacher_id).join(Course).where(self.schools(Course.school_id)),
            sa.select(lead).where(lead.is_not(None), self.schools(SchoolClass.school_id)),
        ).subquery()
        guardians = sa.select(Guardianship.guardian_id).where(
            Guardianship.child_id.in_(sa.select(members.c.person_id))
        )
        return sa.or_(column.in_(sa.select(members.c.person_id)), column.in_(guardians))


def tables(chosen: Chosen) -> tuple[Table, ...]:
    """Every file of the package, in the order of writing."""
    return (
        _orgs(chosen),
        _sessions(chosen),
        _users(chosen),
        _roles(chosen),
        _demographics(chosen),
        _courses(chosen),
        _classes(chosen),
        _enrollments(chosen),
        _categories(chosen),
        _line_items(chosen),
        _results(chosen),
    )


def _header(names: str, *ours: str) -> Cells:
    return (
        "sourcedId",
        "status",
        "dateLastModified",
        *names.split(),
        *(f"metadata.schoolbell.{one}" for one in ours),
    )


def _orgs(chosen: Chosen) -> Table:
    def made(row: Any) -> Cells:
        kept = (row.timezone, row.locale, row.currency, row.scale, _day(row.ended_on))
        return (row.own, "", "", row.name, _ORGS[row.kind], "", row.parent, *kept)

    columns = (Org.name, Org.kind, Org.timezone, Org.locale, Org.currency, Org.scale, Org.ended_on)
    statement = sa.select(
        chosen.id_of("org", Org.id).label("own"), chosen.id_of("org", Org.parent_id).label("parent"), *columns
    ).where(chosen.orgs(Org.id))
    return Table(
        "orgs",
        _header("name type identifier parentSourcedId", "timezone", "locale", "currency", "scale", "endedOn"),
        ((statement.order_by(Org.path, Org.id), made),),
    )


def _sessions(chosen: Chosen) -> Table:
    def year(row: Any) -> Cells:
        return (
            *_session(row, row.name, "schoolYear"),
            "",
            str(row.ends.year),
            row.org,
            "",
            _day(row.ended_on),
        )

    def term(row: Any) -> Cells:
        kind = _TERMS.get(row.kind, "term")
        kept = (row.org, row.kind.value, _day(row.ended_on))
        return (*_session(row, row.name, kind), row.year, str(row.year_ends.year), *kept)

    org = chosen.id_of("org", AcademicYear.org_id).label("org")
    years = sa.select(
        *(chosen.id_of("year", AcademicYear.id).label("own"), org, AcademicYear.name),
        *(AcademicYear.starts, AcademicYear.ends, AcademicYear.ended_on),
    ).where(chosen.orgs(AcademicYear.org_id))
    terms = (
        sa.select(
            *(chosen.id_of("term", Term.id).label("own"), org, Term.name, Term.kind),
            *(Term.starts, Term.ends, Term.ended_on, AcademicYear.ends.label("year_ends")),
            chosen.id_of("year", Term.year_id).label("year"),
        )
        .join(AcademicYear, AcademicYear.id == Term.year_id)
        .where(chosen.orgs(AcademicYear.org_id))
    )
    return Table(
        "academicSessions",
        _header("title type startDate endDate parentSourcedId schoolYear", "orgSourcedId", "type", "endedOn"),
        ((years.order_by(AcademicYear.id), year), (terms.order_by(Term.id), term)),
    )


def _session(row: Any, title: str, kind: str) -> Cells:
    return (row.own, "", "", title, kind, row.starts.isoformat(), row.ends.isoformat())


def _users(chosen: Chosen) -> Table:
    def made(row: Any) -> Cells:
        links = [entry.split(_UNIT) for entry in (row.children or "").split(_ENTRY) if entry]
        children = [child for child, rights, _relation, over in links if rights != "none" and not over]
        agents = [one for one in (row.guardians or "").split(_ENTRY) if one]
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
        + sa.literal(_UNIT)
        + sa.cast(down.rights, sa.Text())
        + sa.literal(_UNIT)
        + down.relation
        + sa.literal(_UNIT)
        + sa.case((over, "1"), else_="")
    )
    guardians = sa.select(sa.func.aggregate_strings(chosen.id_of("person", up.guardian_id), _ENTRY)).where(
        up.child_id == Person.id,
        up.rights != GuardianRights.NONE,
        sa.or_(up.ends.is_(None), up.ends >= chosen.today),
        chosen.people(up.guardian_id),
    )
    children = sa.select(sa.func.aggregate_strings(entry, _ENTRY)).where(
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
        _header(
            "enabledUser username userIds givenName familyName middleName identifier email sms phone"
            " agentSourcedIds grades password userMasterIdentifier resourceSourcedIds preferredGivenName"
            " preferredMiddleName preferredFamilyName primaryOrgSourcedId pronouns",
            "children",
        ),
        ((statement.order_by(Person.id), made),),
    )


def _roles(chosen: Chosen) -> Table:
    def staff(row: Any) -> Cells:
        word = _ROLES.get(row.role, "aide")
        if row.role is Role.ADMIN and row.kind is not OrgKind.SCHOOL:
            word = "districtAdministrator"
        own = chosen.own("role", row.id)
        kept = "" if row.role in _ROLES else row.role.value
        return (own, "", "", row.person, "primary", word, _day(row.starts), _day(row.ends), row.org, "", kept)

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
        _header("userSourcedId roleType role beginDate endDate orgSourcedId userProfileSourcedId", "role"),
        ((roles.order_by(RoleAssignment.id), staff), (guardians.order_by(place.c.guardian_id), guardian)),
    )


def _demographics(chosen: Chosen) -> Table:
    statement = sa.select(chosen.id_of("person", Person.id).label("own"), Person.birth_date).where(
        Person.birth_date.is_not(None), chosen.people(Person.id)
    )
    header = _header(
        "birthDate sex americanIndianOrAlaskaNative asian blackOrAfricanAmerican"
        " nativeHawaiianOrOtherPacificIslander white demographicRaceTwoOrMoreRaces hispanicOrLatinoEthnicity"
        " countryOfBirthCode stateOfBirthAbbreviation cityOfBirth publicSchoolResidenceStatus"
    )

    def made(row: Any) -> Cells:
        return (row.own, "", "", _day(row.birth_date), *[""] * (len(header) - 4))

    return Table("demographics", header, ((statement.order_by(Person.id), made),))


def _courses(chosen: Chosen) -> Table:
    def subject(row: Any) -> Cells:
        return (chosen.own("subject", row.id), "", "", "", row.name, "", "", row.org, row.name, "")

    def homeroom(row: Any) -> Cells:
        return (chosen.own("homeroom", row.school_id), "", "", "", "Homeroom", "", "", row.org, "", "")

    subjects = sa.select(Subject.id, Subject.name, chosen.id_of("org", Subject.org_id).label("org")).where(
        chosen.orgs(Subject.org_id)
    )
    # A class is always one of a course, for OneRoster also a homeroom.
    homerooms = (
        sa.select(SchoolClass.school_id, chosen.id_of("org", SchoolClass.school_id).label("org"))
        .where(chosen.schools(SchoolClass.school_id))
        .distinct()
    )
    return Table(
        "courses",
        _header("schoolYearSourcedId title courseCode grades orgSourcedId subjects subjectCodes"),
        ((subjects.order_by(Subject.id), subject), (homerooms.order_by(SchoolClass.school_id), homeroom)),
    )


def _classes(chosen: Chosen) -> Table:
    def homeroom(row: Any) -> Cells:
        grade = "" if row.grade is None else str(row.grade)
        course = chosen.own("homeroom", row.school_id)
        return (
            *(row.own, "", "", row.name, grade, course, row.name, "homeroom", "", row.school, row.year),
            *("", "", "", "", "", _day(row.ended_on)),
        )

    def course(row: Any) -> Cells:
        subject = chosen.own("subject", row.subject_id)
        title = row.name or row.subject
        return (
            *(
                row.own,
                "",
                "",
                title,
                "",
                subject,
                "",
                "scheduled",
                "",
                row.school,
                row.year,
                row.subject,
                "",
                "",
            ),
            *(row.name, row.class_own, _day(row.ended_on)),
        )

    homerooms = sa.select(
        *(SchoolClass.school_id, SchoolClass.name, SchoolClass.grade, SchoolClass.ended_on),
        chosen.id_of("class", SchoolClass.id).label("own"),
        chosen.id_of("org", SchoolClass.school_id).label("school"),
        chosen.id_of("year", SchoolClass.year_id).label("year"),
    ).where(chosen.schools(SchoolClass.school_id))
    courses = (
        sa.select(
            *(Course.subject_id, Course.name, Course.ended_on, Subject.name.label("subject")),
            chosen.id_of("course", Course.id).label("own"),
            chosen.id_of("org", Course.school_id).label("school"),
            chosen.id_of("year", Course.year_id).label("year"),
            chosen.id_of("class", Course.class_id).label("class_own"),
        )
        .join(Subject, Subject.id == Course.subject_id)
        .where(chosen.schools(Course.school_id))
    )
    return Table(
        "classes",
        _header(
            "title grades courseSourcedId classCode classType location schoolSourcedId termSourcedIds subjects"
            " subjectCodes periods",
            *("group", "classSourcedId", "endedOn"),
        ),
        ((homerooms.order_by(SchoolClass.id), homeroom), (courses.order_by(Course.id), course)),
    )


def _enrollments(chosen: Chosen) -> Table:
    def made(kind: str, word: str) -> Callable[[Any], Cells]:
        def cells(row: Any) -> Cells:
            roll = "" if row.roll is None else str(row.roll)
            dates = (_day(row.starts), _day(row.ends))
            primary = "true" if kind == "homeroom_teacher" else "false"
            own = chosen.own(kind, row.id)
            return (own, "", "", row.place, row.school, row.person, word, primary, *dates, roll)

        return cells

    def read(
        row_id: Any, person: Any, owner: Any, kind: str, dates: tuple[Any, Any], roll: Any
    ) -> sa.Select[Any]:
        return sa.select(
            row_id.label("id"),
            chosen.id_of(kind, owner.id).label("place"),
            chosen.id_of("org", owner.school_id).label("school"),
            chosen.id_of("person", person).label("person"),
            *(dates[0].label("starts"), dates[1].label("ends"), roll.label("roll")),
        ).where(chosen.schools(owner.school_id))

    none = (sa.null(), sa.null())
    lead = SchoolClass.homeroom_teacher_id
    pupils = read(
        *(Enrollment.id, Enrollment.student_id, SchoolClass, "class"),
        *((Enrollment.starts, Enrollment.ends), Enrollment.roll_number),
    ).join(SchoolClass, SchoolClass.id == Enrollment.class_id)
    leads = read(SchoolClass.id, lead, SchoolClass, "class", none, sa.null()).where(lead.is_not(None))
    taught = read(
        *(CourseEnrollment.id, CourseEnrollment.student_id, Course, "course"),
        *((CourseEnrollment.starts, CourseEnrollment.ends), sa.null()),
    ).join(Course, Course.id == CourseEnrollment.course_id)
    teachers = read(
        *(CourseTeacher.id, CourseTeacher.teacher_id, Course, "course"),
        *((CourseTeacher.starts, CourseTeacher.ends), sa.null()),
    ).join(Course, Course.id == CourseTeacher.course_id)
    return Table(
        "enrollments",
        _header("classSourcedId schoolSourcedId userSourcedId role primary beginDate endDate", "rollNumber"),
        (
            (pupils.order_by(Enrollment.id), made("enrollment", "student")),
            (leads.order_by(SchoolClass.id), made("homeroom_teacher", "teacher")),
            (taught.order_by(CourseEnrollment.id), made("course_enrollment", "student")),
            (teachers.order_by(CourseTeacher.id), made("course_teacher", "teacher")),
        ),
    )


def _categories(chosen: Chosen) -> Table:
    def made(row: Any) -> Cells:
        return (_category(chosen, row.kind, row.weight), "", "", row.kind, _number(row.weight))

    statement = (
        sa.select(Assessment.kind, Assessment.weight)
        .join(Course, Course.id == Assessment.course_id)
        .where(Assessment.kind != "", chosen.schools(Course.school_id))
        .distinct()
    )
    return Table(
        "categories",
        _header("title weight"),
        ((statement.order_by(Assessment.kind, Assessment.weight), made),),
    )


def _category(chosen: Chosen, kind: str, weight: Decimal) -> str:
    if not kind:
        return ""
    return f"{chosen.system}-category-{hashlib.sha256(f'{kind} {weight}'.encode()).hexdigest()[:12]}"


def _line_items(chosen: Chosen) -> Table:
    def made(row: Any) -> Cells:
        day = row.date.isoformat()
        best = row.maximum or scale(row.scale).best
        category = _category(chosen, row.kind, row.weight)
        title = row.title or row.kind or day
        return (
            *(row.own, "", "", title, "", day, day, row.course, category, row.term or row.year),
            *("0", _number(best), row.school),
            *(row.title, row.kind, _number(row.weight), _number(row.maximum)),
        )

    term = (
        sa.select(chosen.id_of("term", Term.id))
        .where(Term.year_id == Course.year_id, Term.starts <= Assessment.date, Term.ends >= Assessment.date)
        .order_by(Term.starts.desc(), Term.id)
        .limit(1)
        .correlate(Course, Assessment)
    )
    statement = (
        sa.select(
            *(Assessment.title, Assessment.kind, Assessment.weight, Assessment.maximum, Assessment.date),
            Org.scale,
            chosen.id_of("assessment", Assessment.id).label("own"),
            chosen.id_of("course", Assessment.course_id).label("course"),
            chosen.id_of("org", Course.school_id).label("school"),
            chosen.id_of("year", Course.year_id).label("year"),
            term.scalar_subquery().label("term"),
        )
        .join(Course, Course.id == Assessment.course_id)
        .join(Org, Org.id == Course.school_id)
        .where(chosen.schools(Course.school_id))
    )
    return Table(
        "lineItems",
        _header(
            "title description assignDate dueDate classSourcedId categorySourcedId gradingPeriodSourcedId"
            " resultValueMin resultValueMax schoolSourcedId",
            *("title", "kind", "weight", "maximum"),
        ),
        ((statement.order_by(Assessment.id), made),),
    )


def _results(chosen: Chosen) -> Table:
    def made(row: Any) -> Cells:
        day = row.recorded_at.date().isoformat()
        return (
            *(row.own, "", "", row.assessment, row.student, "fully graded", _number(row.number), day),
            *(row.comment, row.value, row.course, "false", "false", "false", "false"),
            row.recorded_at.isoformat(),
        )

    statement = (
        sa.select(
            *(Mark.value, Mark.number, Mark.comment, Mark.recorded_at),
            chosen.id_of("mark", Mark.id).label("own"),
            chosen.id_of("assessment", Mark.assessment_id).label("assessment"),
            chosen.id_of("person", Mark.student_id).label("student"),
            chosen.id_of("course", Assessment.course_id).label("course"),
        )
        .join(Assessment, Assessment.id == Mark.assessment_id)
        .join(Course, Course.id == Assessment.course_id)
        .where(
            Mark.withdrawn_at.is_(None),
            chosen.schools(Course.school_id),
            chosen.people(Mark.student_id),
        )
    )
    return Table(
        "results",
        _header(
            "lineItemSourcedId studentSourcedId scoreStatus score scoreDate comment textScore classSourcedId"
            " inProgress incomplete late missing",
            "recordedAt",
        ),
        ((statement.order_by(Mark.id), made),),
    )


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _number(number: Decimal | None) -> str:
    """Without needless noughts, and never as a power."""
    if number is None:
        return ""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
