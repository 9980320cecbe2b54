"""What a school is made of in the package: orgs, sessions, courses, classes, and who is in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from core.db.models import (
    AcademicYear,
    Course,
    CourseEnrollment,
    CourseTeacher,
    Enrollment,
    Org,
    SchoolClass,
    Subject,
    Term,
)
from core.domain.kinds import OrgKind, TermKind
from core.domain.rights import Role
from core.importing.oneroster.export_choice import (
    Cells,
    Chosen,
    Table,
    columns_of,
    day_text,
)

_ORGS = {OrgKind.SCHOOL: "school", OrgKind.DISTRICT: "district", OrgKind.REGION: "state"}
_TERMS = {TermKind.SEMESTER: "semester", TermKind.QUARTER: "gradingPeriod"}
_ROLES = {
    Role.STUDENT: "student",
    Role.TEACHER: "teacher",
    Role.HEAD: "principal",
    Role.ADMIN: "siteAdministrator",
}
_TERMS = {TermKind.SEMESTER: "semester", TermKind.QUARTER: "gradingPeriod"}
_ROLES = {
    Role.STUDENT: "student",
    Role.TEACHER: "teacher",
    Role.HEAD: "principal",
    Role.ADMIN: "siteAdministrator",
}


def orgs(chosen: Chosen) -> Table:
    """The schools, and the orgs above them."""

    def made(row: Any) -> Cells:
        kept = (row.timezone, row.locale, row.currency, row.scale, day_text(row.ended_on))
        return (row.own, "", "", row.name, _ORGS[row.kind], "", row.parent, *kept)

    columns = (Org.name, Org.kind, Org.timezone, Org.locale, Org.currency, Org.scale, Org.ended_on)
    statement = sa.select(
        chosen.id_of("org", Org.id).label("own"), chosen.id_of("org", Org.parent_id).label("parent"), *columns
    ).where(chosen.orgs(Org.id))
    return Table(
        "orgs",
        columns_of(
            "name type identifier parentSourcedId", "timezone", "locale", "currency", "scale", "endedOn"
        ),
        ((statement.order_by(Org.path, Org.id), made),),
    )


def sessions(chosen: Chosen) -> Table:
    """Years and terms."""

    def year(row: Any) -> Cells:
        return (
            *_session(row, row.name, "schoolYear"),
            "",
            str(row.ends.year),
            row.org,
            "",
            day_text(row.ended_on),
        )

    def term(row: Any) -> Cells:
        kind = _TERMS.get(row.kind, "term")
        kept = (row.org, row.kind.value, day_text(row.ended_on))
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
        columns_of(
            "title type startDate endDate parentSourcedId schoolYear", "orgSourcedId", "type", "endedOn"
        ),
        ((years.order_by(AcademicYear.id), year), (terms.order_by(Term.id), term)),
    )


def _session(row: Any, title: str, kind: str) -> Cells:
    return (row.own, "", "", title, kind, row.starts.isoformat(), row.ends.isoformat())


def courses(chosen: Chosen) -> Table:
    """One a subject, and one a school for its homerooms."""

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
        columns_of("schoolYearSourcedId title courseCode grades orgSourcedId subjects subjectCodes"),
        ((subjects.order_by(Subject.id), subject), (homerooms.order_by(SchoolClass.school_id), homeroom)),
    )


def classes(chosen: Chosen) -> Table:
    """Homerooms and teaching groups."""

    def homeroom(row: Any) -> Cells:
        grade = "" if row.grade is None else str(row.grade)
        course = chosen.own("homeroom", row.school_id)
        return (
            *(row.own, "", "", row.name, grade, course, row.name, "homeroom", "", row.school, row.year),
            *("", "", "", "", "", day_text(row.ended_on)),
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
            *(row.name, row.class_own, day_text(row.ended_on)),
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
        columns_of(
            "title grades courseSourcedId classCode classType location schoolSourcedId termSourcedIds subjects"
            " subjectCodes periods",
            *("group", "classSourcedId", "endedOn"),
        ),
        ((homerooms.order_by(SchoolClass.id), homeroom), (courses.order_by(Course.id), course)),
    )


def enrollments(chosen: Chosen) -> Table:
    """Who is in them, and who teaches or leads them."""

    def made(kind: str, word: str) -> Callable[[Any], Cells]:
        def cells(row: Any) -> Cells:
            roll = "" if row.roll is None else str(row.roll)
            dates = (day_text(row.starts), day_text(row.ends))
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
        columns_of(
            "classSourcedId schoolSourcedId userSourcedId role primary beginDate endDate", "rollNumber"
        ),
        (
            (pupils.order_by(Enrollment.id), made("enrollment", "student")),
            (leads.order_by(SchoolClass.id), made("homeroom_teacher", "teacher")),
            (taught.order_by(CourseEnrollment.id), made("course_enrollment", "student")),
            (teachers.order_by(CourseTeacher.id), made("course_teacher", "teacher")),
        ),
    )
