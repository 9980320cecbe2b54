"""A timetable and what the school has, made into a Register: what is new, what is meant, and what is still to ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from core.domain.kinds import OrgKind, WeekParity
from core.domain.name_forms import class_key
from core.domain.names import fold
from core.domain.rights import Role
from core.importing.importer import Asked, Question
from core.importing.register import Ref, Register
from core.importing.said import Said
from core.importing.timetable.bells import choose_bells
from core.importing.timetable.courses import NewCourse, courses_of, every_period, match_courses
from core.importing.timetable.matching import (
    NEW,
    NONE,
    Matches,
    match_classes,
    match_subjects,
    match_teachers,
)
from core.importing.timetable.model import Placement, Teacher, Timetable, audiences, homerooms
from core.importing.timetable.remarks import remarks
from core.importing.timetable.school import SchoolNow


@dataclass(frozen=True, slots=True)
class Filled:
    """The register, with the questions and remarks that come with it."""

    register: Register
    questions: tuple[Question, ...]
    notes: tuple[str, ...]


def fill(timetable: Timetable, school: SchoolNow, asked: Asked, *, new_school: Mapping[str, Any]) -> Filled:
    """``new_school`` are the time zone, language, currency and scale of a school that is only made now."""
    return _Filling(timetable, school, asked, new_school).filled()


@dataclass(slots=True)
class _Filling:
    timetable: Timetable
    school: SchoolNow
    asked: Asked
    new_school: Mapping[str, Any]
    register: Register = field(init=False)
    notes: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    refs: dict[tuple[str, str], Ref] = field(default_factory=dict)
    """By kind and the file's id: what is meant; absent for what is left out or still asked about."""
    org: Ref = field(init=False)
    year: Ref | None = None
    made: set[str] = field(default_factory=set)
    """Courses that are new."""

    def __post_init__(self) -> None:
        self.register = Register(self.school.source, self.timetable.file)
        if self.timetable.placed:
            self.register.timetable_from = self.school.starts

    def filled(self) -> Filled:
        table, school = self.timetable, self.school
        for problem in table.problems:
            self.register.tell(problem)
        if table.untold:
            self.register.untold[table.file] += table.untold
        self.notes += table.notes
        self._place_school()
        classes = homerooms(table, {class_key(one.name) for one in school.classes}, class_key)
        reached = audiences(table, classes)
        used = {one for audience in reached.values() for one in audience.classes}
        taught = {one.subject for one in table.activities}
        teaching = {one for activity in table.activities for one in activity.teachers}
        answers, new = self.asked.answers, bool(self.asked.option("new"))
        teachers = match_teachers(
            [one for one in table.teachers.values() if one.id in teaching],
            school.teachers,
            self._ties("person"),
            answers,
            new=new,
        )
        of_classes = match_classes(
            [one for one in table.groups.values() if one.id in used],
            school.classes,
            self._ties("class"),
            answers,
            new=new,
        )
        subjects = match_subjects(
            [one for one in table.subjects.values() if one.id in taught],
            school.subjects,
            self._ties("subject"),
            answers,
            new=new,
        )
        for matches in (teachers, of_classes, subjects):
            self.questions += matches.questions
            self._tell_wrong(matches.wrong)
        self._add_teachers(teachers)
        self._add_classes(of_classes)
        self._add_subjects(subjects)
        found = courses_of(table, reached)
        matched = match_courses(
            found, school, subjects.chosen, of_classes.chosen, teachers.chosen, answers, new=new
        )
        self.questions += matched.questions
        self._tell_wrong(matched.wrong)
        for course in found:
            self._add_course(course, matched.chosen.get(course.key))
        self._add_bells_and_slots(found)
        self.notes += remarks(table, found, self.made)
        self._tell_lost({row for row in of_classes.chosen.values() if isinstance(row, int)})
        return Filled(self.register, tuple(self.questions), tuple(self.notes))

    def _ties(self, kind: str) -> dict[str, int]:
        return {name: row for (of_kind, name), row in self.school.ties.items() if of_kind == kind}

    def _tell_wrong(self, wrong: Mapping[str, str]) -> None:
        for key, answer in wrong.items():
            self.notes.append(
                Said(
                    "'{answer}' is no answer to '{question}'; it is asked again.", answer=answer, question=key
                )
            )

    def _place_school(self) -> None:
        school = self.school
        if school.id is not None:
            self.org = self.register.bind("org", "school", school.id)
        else:
            name = school.name or self.timetable.file.rsplit(".", 1)[0]
            values = {"name": name, "kind": OrgKind.SCHOOL, "parent_id": None}
            self.org = self.register.add("org", "school", values, once=self.new_school)
            self.notes.append(Said("There is no school yet: “{school}” is made.", school=name))
        if school.year is not None:
            self.year = self._ours("year", school.year.id)
        elif school.id is not None:
            self.notes.append(
                Said(
                    "The school has no school year for {day}; what is new is in none.",
                    day=school.starts.isoformat(),
                )
            )
        self.notes.append(
            Said("The timetable holds from {day}.", day=school.starts.isoformat())
            if self.timetable.placed
            else Said(
                "No lesson of the file has a place in the week: only teachers, classes and courses are taken in, and the "
                "timetable stays as it is."
            )
        )

    def _ours(self, kind: str, row: int) -> Ref:
        """A row that is there already, which is only referred to."""
        return self.register.bind(kind, f"#{row}", row)

    def _new_id(self, kind: str, file_id: str) -> str:
        """What a new row is tied by. Where an earlier timetable's row is tied so, but is another, the new one is told
        apart by the first day."""
        if (kind, file_id) not in self.school.ties:
            return file_id
        return f"{file_id} ({self.school.starts.isoformat()})"

    def _add_teachers(self, matches: Matches) -> None:
        by_id = {one.id: one for one in self.school.teachers}
        for file_id, choice in matches.chosen.items():
            if choice == NONE:
                continue
            if isinstance(choice, int):
                person = self._ours("person", choice)
                teaches = by_id[choice].teaches
            else:
                person = self._add_person(self.timetable.teachers[file_id])
                teaches = False
            self.refs["person", file_id] = person
            if not teaches:
                self.register.add(
                    "role",
                    f"{person.id}|teacher",
                    {"person_id": person, "org_id": self.org, "role": Role.TEACHER, "ends": None},
                )

    def _add_person(self, teacher: Teacher) -> Ref:
        family, given = teacher.family or teacher.name, teacher.given if teacher.family else ""
        values = {"family": family, "given": given, "name_key": fold(f"{family} {given}")}
        once = {"email": teacher.email} if teacher.email else {}
        return self.register.add("person", self._new_id("person", teacher.id), values, once=once)

    def _add_classes(self, matches: Matches) -> None:
        for file_id, choice in matches.chosen.items():
            if isinstance(choice, int):
                self.refs["class", file_id] = self._ours("class", choice)
            elif choice == NEW:
                group = self.timetable.groups[file_id]
                values: dict[str, Any] = {"school_id": self.org, "year_id": self.year, "name": group.name}
                if group.grade is not None:
                    values["grade"] = group.grade
                self.refs["class", file_id] = self.register.add(
                    "class",
                    self._new_id("class", file_id),
                    values,
                    apart={"name": f"{group.name} ({file_id})"},
                )

    def _add_subjects(self, matches: Matches) -> None:
        by_name: dict[str, Ref] = {}
        for file_id, choice in matches.chosen.items():
            if isinstance(choice, int):
                self.refs["subject", file_id] = self._ours("subject", choice)
                continue
            name = self.timetable.subjects[file_id].name
            # Within a school the name is the subject, however often the file lists it.
            if name not in by_name:
                by_name[name] = self.register.add(
                    "subject", self._new_id("subject", file_id), {"org_id": self.org, "name": name}
                )
            self.refs["subject", file_id] = by_name[name]

    def _add_course(self, course: NewCourse, row: int | None) -> None:
        subject = self.refs.get(("subject", course.subject))
        if subject is None:
            return
        if row is not None:
            ref = self._ours("course", row)
        else:
            classes = [
                self.refs[key] for one in course.audience.classes if (key := ("class", one)) in self.refs
            ]
            of_class = classes[0] if len(classes) == 1 else None
            ref = self.register.add(
                "course",
                self._new_id("course", course.key),
                {
                    "school_id": self.org,
                    "year_id": self.year,
                    "subject_id": subject,
                    "class_id": of_class,
                    "name": course.name,
                },
            )
            self.made.add(course.key)
            self._enrol(course, ref)
        self.refs["course", course.key] = ref
        self._add_course_teachers(course, ref, row)

    def _enrol(self, course: NewCourse, ref: Ref) -> None:
        """Whole classes come with their pupils; whom a part of one holds the file does not say."""
        if not course.audience.is_whole:
            return
        for one in course.audience.classes:
            of_class = self.refs.get(("class", one))
            row = self.register.bound["class"].get(of_class.id) if of_class is not None else None
            for pupil in self.school.pupils.get(row or 0, ()):
                student = self._ours("person", pupil)
                self.register.add(
                    "course_enrollment",
                    f"{student.id}|{ref.id}",
                    {"student_id": student, "course_id": ref, "starts": self.school.starts, "ends": None},
                )

    def _add_course_teachers(self, course: NewCourse, ref: Ref, row: int | None) -> None:
        """Whom an earlier timetable gave a course, and this one does not, gives it no more; others stay, and are told."""
        named: set[int] = set()
        for one in course.teachers:
            person = self.refs.get(("person", one))
            if person is None:
                continue
            teacher = self.register.bound["person"].get(person.id)
            known = self.school.over.get((row, teacher)) if row is not None and teacher is not None else None
            if teacher is not None:
                named.add(teacher)
            values: dict[str, Any] = {"course_id": ref, "teacher_id": person}
            if known is not None and known[1]:
                values["ends"] = None
            if known is None or known[1]:
                self.register.add("course_teacher", f"{ref.id}|{person.id}", values)
        if row is None:
            return
        last = self.school.starts - timedelta(days=1)
        ours = {one.id: one for one in self.school.courses}[row]
        for teacher in sorted(ours.teachers - named):
            person = self._ours("person", teacher)
            place, _ = self.school.over[row, teacher]
            if place in self.school.ours:
                self.register.add(
                    "course_teacher",
                    f"{ref.id}|{person.id}",
                    {"course_id": ref, "teacher_id": person, "ends": last},
                )
            elif course.teachers and course.alone:
                self.notes.append(
                    Said(
                        "{teacher} teaches {course} at the school, but not in the file; that stays as it is.",
                        teacher=next(
                            (t.name.full_name for t in self.school.teachers if t.id == teacher), f"#{teacher}"
                        ),
                        course=course.called,
                    )
                )

    def _add_bells_and_slots(self, courses: Iterable[NewCourse]) -> None:
        if not self.timetable.placed:
            return
        placed = [
            (course, *one)
            for course in courses
            if ("course", course.key) in self.refs
            for one in every_period(self.timetable, course)
        ]
        used = {period for _, _, period, _ in placed}
        bells = choose_bells(self.timetable.periods, used, self.school.bells, self.school.starts)
        self.notes += bells.notes
        schedule = (
            self._ours("bell_schedule", bells.id)
            if bells.id is not None
            else self.register.add("bell_schedule", bells.name, {"school_id": self.org, "name": bells.name})
        )
        for number, (starts, ends) in bells.new.items():
            self.register.add(
                "bell_period",
                f"{schedule.id}|{number}",
                {"schedule_id": schedule, "number": number, "starts": starts, "ends": ends},
            )
        rooms: dict[str, dict[str, None]] = defaultdict(dict)
        where: dict[str, tuple[Ref, Placement, int]] = {}
        for course, place, period, parity in placed:
            ref = self.refs["course", course.key]
            key = f"{ref.id}|{place.weekday}|{period}|{parity.value}"
            where[key] = (ref, place, period)
            if place.room:
                rooms[key][place.room] = None
        for key, (ref, place, period) in where.items():
            # A file that names no room at all does not say that there are none.
            room = {"room": ", ".join(rooms.get(key, ()))} if rooms else {}
            self.register.add(
                "slot",
                key,
                {
                    "course_id": ref,
                    "schedule_id": schedule,
                    "weekday": place.weekday,
                    "period": period,
                    "parity": place.parity,
                    **room,
                },
            )
        if any(one.parity is not WeekParity.EVERY for _, one, _ in where.values()):
            self.notes.append(
                Said("Week A of the file is taken as the odd weeks; the school year's first week is odd.")
                if self.school.year is not None
                else Said("Odd and even weeks cannot be told before the school has a school year.")
            )

    def _tell_lost(self, kept: set[int]) -> None:
        known = self.school.classes
        lost = sorted(one.name for one in known if one.id in self.school.taught - kept)
        if lost and self.timetable.placed:
            self.notes.append(
                Said(
                    "These classes have lessons now and none in the file; theirs end: {classes}.",
                    classes=", ".join(lost),
                )
            )
