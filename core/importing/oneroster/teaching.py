"""courses.csv, classes.csv and enrollments.csv: what is taught, to whom and by whom; homerooms are classes."""

from __future__ import annotations

import re
from datetime import date

from core.importing.cells import Rejected, Row
from core.importing.oneroster.reading import Reading
from core.importing.oneroster.sessions import Sessions
from core.importing.register import Ref
from core.importing.said import Said


def parse_teaching(reading: Reading, sessions: Sessions) -> None:
    """Courses, homeroom classes and their people."""
    titles = _titles(reading)
    reading.walk("classes", lambda row, ended: _take_class(reading, sessions, titles, row, ended), ("title",))
    reading.walk(
        "enrollments",
        lambda row, ended: _take_enrollment(reading, row, ended),
        ("classSourcedId", "userSourcedId", "role"),
    )


def _titles(reading: Reading) -> dict[str, str]:
    titles: dict[str, str] = {}

    def take(row: Row, _ended: bool) -> None:
        titles[row.required("sourcedId")] = row.required("title")

    reading.walk("courses", take, ("title",))
    return titles


def _take_class(reading: Reading, sessions: Sessions, titles: dict[str, str], row: Row, ended: bool) -> None:
    class_id = row.required("sourcedId")
    title = row.required("title")
    school = reading.org(row, "schoolSourcedId", row.required("schoolSourcedId"))
    years = [sessions.year_record(term, school) for term in row.many("termSourcedIds")]
    if None in years:
        reading.remark(row, "termSourcedIds", Said("names a session that is not in academicSessions.csv"))
    year = next((one for one in years if one is not None and reading.register.has(one.kind, one.id)), None)
    reading.class_school[class_id] = school
    if ended:
        reading.ended_classes.add(class_id)
    if row.text("classType").casefold() == "homeroom":
        reading.homerooms.add(class_id)
        values: dict[str, object] = {"school_id": Ref("org", school), "year_id": year, "name": title}
        grade = next(
            (int(one) for one in row.many("grades") if re.fullmatch(r"\d{1,2}", one, re.ASCII)), None
        )
        if grade is not None:
            values["grade"] = grade
        reading.register.add(
            "class",
            class_id,
            values,
            ended=ended,
            apart={"name": f"{title} ({row.text('classCode') or class_id})"},
        )
        return
    course = row.text("courseSourcedId")
    if course and course not in titles and "courses" in reading.package:
        reading.remark(
            row,
            "courseSourcedId",
            Said("the course '{course}' is not in courses.csv; the class's title is used", course=course),
        )
    subject_name = titles.get(course, title)
    # Subjects have no id in OneRoster: within a school the name is the subject.
    subject = reading.register.add(
        "subject", f"{school}|{subject_name}", {"org_id": Ref("org", school), "name": subject_name}
    )
    reading.register.add(
        "course",
        class_id,
        {
            "school_id": Ref("org", school),
            "year_id": year,
            "subject_id": subject,
            "name": "" if title == subject_name else title,
        },
        ended=ended,
    )


def _take_enrollment(reading: Reading, row: Row, ended: bool) -> None:
    class_id, user_id = row.required("classSourcedId"), row.required("userSourcedId")
    if class_id not in reading.class_school:
        raise Rejected("classSourcedId", Said("the class '{id}' is not in classes.csv", id=class_id))
    if not reading.register.has("person", user_id):
        raise Rejected("userSourcedId", Said("the user '{user}' is not in users.csv", user=user_id))
    role = row.required("role").casefold()
    starts, ends = row.day("beginDate"), row.day("endDate")
    if starts and ends and starts > ends:
        raise Rejected("endDate", Said("ends before it begins"))
    ended = ended or class_id in reading.ended_classes or user_id in reading.ended_users
    ended = ended or (role == "teacher" and user_id in reading.locked_users)
    is_homeroom = class_id in reading.homerooms
    if role == "student":
        kind = "enrollment" if is_homeroom else "course_enrollment"
        owner = (
            ("class_id", Ref("class", class_id)) if is_homeroom else ("course_id", Ref("course", class_id))
        )
        _add(reading, kind, f"{user_id}|{class_id}", ("student_id", user_id), owner, (starts, ends), ended)
    elif role == "teacher":
        if is_homeroom:
            _add_homeroom_teacher(reading, class_id, user_id, ends, ended)
        else:
            course = ("course_id", Ref("course", class_id))
            _add(
                reading,
                "course_teacher",
                f"{user_id}|{class_id}",
                ("teacher_id", user_id),
                course,
                (starts, ends),
                ended,
            )
    elif role in ("administrator", "proctor", "aide", "guardian", "parent", "relative"):
        reading.remark(row, "role", Said("'{role}' in a class gives no rights here", role=role))
    else:
        raise Rejected("role", Said("'{role}' is no role in a class", role=role[:40]))


def _add_homeroom_teacher(
    reading: Reading, class_id: str, user_id: str, ends: date | None, ended: bool
) -> None:
    """A class has one: of several rows the one that is not over counts, and that which lasts longest."""
    earlier = reading.register.records["homeroom_teacher"].get(class_id)
    if earlier is not None and not earlier.ended:
        last = earlier.values["ends"]
        if ended or (ends is not None and (last is None or ends < last)):
            return
    reading.register.add(
        "homeroom_teacher",
        class_id,
        {"class_id": Ref("class", class_id), "teacher_id": Ref("person", user_id), "ends": ends},
        ended=ended,
    )


def _add(
    reading: Reading,
    kind: str,
    record_id: str,
    person: tuple[str, str],
    owner: tuple[str, Ref],
    dates: tuple[date | None, date | None],
    ended: bool,
) -> None:
    """Who left and came back has two rows in the register and one here, from the first day to the last."""
    starts, ends = dates
    earlier = reading.register.records[kind].get(record_id)
    if earlier is not None and not earlier.ended:
        if ended:
            return
        first, last = earlier.values["starts"], earlier.values["ends"]
        starts = min(first, starts) if first and starts else None
        ends = max(last, ends) if last and ends else None
    column, user_id = person
    values = {column: Ref("person", user_id), owner[0]: owner[1], "starts": starts, "ends": ends}
    reading.register.add(kind, record_id, values, ended=ended)
