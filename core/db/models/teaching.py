"""Teaching: years and terms, courses, bells and timetable, lessons, marks, attendance, homework, achievements."""

from __future__ import annotations

import datetime as dt
from datetime import date, datetime, time
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base, Id, one_of, reference, unique_where
from core.domain.kinds import AttendanceKind, ChangeKind, TermKind, TermMarkKind, WeekParity


class AcademicYear(Base):
    __tablename__ = "academic_year"
    id: Mapped[Id]
    org_id: Mapped[int] = reference("org.id")
    name: Mapped[str]
    starts: Mapped[date]
    ends: Mapped[date]
    ended_on: Mapped[dt.date | None]
    __table_args__ = (sa.CheckConstraint("starts <= ends", name="in_order"),)


class Term(Base):
    """A part of a year. Of several levels in one register only the finest that covers the year is shown."""

    __tablename__ = "term"
    id: Mapped[Id]
    year_id: Mapped[int] = reference("academic_year.id")
    kind: Mapped[TermKind] = one_of(TermKind)
    name: Mapped[str]
    starts: Mapped[date]
    ends: Mapped[date]
    ended_on: Mapped[dt.date | None]
    __table_args__ = (sa.CheckConstraint("starts <= ends", name="in_order"),)


class DayOff(Base):
    """A holiday, or a span of them, of an org and the orgs below it."""

    __tablename__ = "day_off"
    id: Mapped[Id]
    org_id: Mapped[int] = reference("org.id")
    name: Mapped[str]
    starts: Mapped[date]
    ends: Mapped[date]
    __table_args__ = (sa.CheckConstraint("starts <= ends", name="in_order"),)


class Subject(Base):
    __tablename__ = "subject"
    id: Mapped[Id]
    org_id: Mapped[int] = reference("org.id")
    name: Mapped[str]
    __table_args__ = (sa.UniqueConstraint("org_id", "name"),)


class Course(Base):
    """A subject taught to a class or a group in a year. ``name`` is the group's, empty for the whole class."""

    __tablename__ = "course"
    id: Mapped[Id]
    school_id: Mapped[int] = reference("org.id")
    year_id: Mapped[int | None] = reference("academic_year.id", on_delete="SET NULL")
    subject_id: Mapped[int] = reference("subject.id", on_delete="RESTRICT")
    class_id: Mapped[int | None] = reference("school_class.id", on_delete="SET NULL")
    name: Mapped[str] = mapped_column(default="")
    ended_on: Mapped[date | None]


class CourseTeacher(Base):
    __tablename__ = "course_teacher"
    id: Mapped[Id]
    course_id: Mapped[int] = reference("course.id")
    teacher_id: Mapped[int] = reference("person.id")
    starts: Mapped[date | None]
    ends: Mapped[date | None]
    __table_args__ = (
        sa.UniqueConstraint("course_id", "teacher_id"),
        sa.CheckConstraint("starts <= ends", name="in_order"),
    )


class CourseEnrollment(Base):
    """Whom a course teaches, dated; this alone says it."""

    __tablename__ = "course_enrollment"
    id: Mapped[Id]
    student_id: Mapped[int] = reference("person.id")
    course_id: Mapped[int] = reference("course.id")
    starts: Mapped[date | None]
    ends: Mapped[date | None]
    __table_args__ = (
        sa.UniqueConstraint("student_id", "course_id"),
        sa.CheckConstraint("starts <= ends", name="in_order"),
    )


class BellSchedule(Base):
    """A named set of period times of a school."""

    __tablename__ = "bell_schedule"
    id: Mapped[Id]
    school_id: Mapped[int] = reference("org.id")
    name: Mapped[str]
    __table_args__ = (sa.UniqueConstraint("school_id", "name"),)


class BellPeriod(Base):
    """One numbered period, in the school's local time; a lesson before the first is number 0."""

    __tablename__ = "bell_period"
    id: Mapped[Id]
    schedule_id: Mapped[int] = reference("bell_schedule.id")
    number: Mapped[int]
    starts: Mapped[time] = mapped_column(sa.Time())
    ends: Mapped[time] = mapped_column(sa.Time())
    __table_args__ = (
        sa.UniqueConstraint("schedule_id", "number"),
        sa.CheckConstraint("starts < ends", name="in_order"),
        sa.CheckConstraint("number >= 0", name="number"),
    )


_SLOT = ("course_id", "weekday", "period", "parity")


class TimetableSlot(Base):
    """A course's place in the week; ``weekday`` is 1 (Monday) to 7; valid on both of its end days."""

    __tablename__ = "timetable_slot"
    id: Mapped[Id]
    course_id: Mapped[int] = reference("course.id")
    schedule_id: Mapped[int] = reference("bell_schedule.id", index=False)
    weekday: Mapped[int]
    period: Mapped[int]
    room: Mapped[str] = mapped_column(default="")
    parity: Mapped[WeekParity] = one_of(WeekParity)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    __table_args__ = (
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        sa.CheckConstraint("period >= 0", name="period"),
        sa.CheckConstraint("valid_from <= valid_to", name="in_order"),
        # NULL is never equal to NULL, so a slot without a first day needs an index of its own.
        unique_where("timetable_slot_from", (*_SLOT, "valid_from"), "valid_from IS NOT NULL"),
        unique_where("timetable_slot_always", _SLOT, "valid_from IS NULL"),
    )


class LessonChange(Base):
    """What differs from the timetable for a course's lesson on a date and period; a moved one has a new place."""

    __tablename__ = "lesson_change"
    id: Mapped[Id]
    course_id: Mapped[int] = reference("course.id")
    date: Mapped[date]
    period: Mapped[int]
    kind: Mapped[ChangeKind] = one_of(ChangeKind)
    teacher_id: Mapped[int | None] = reference("person.id", on_delete="SET NULL")
    new_date: Mapped[dt.date | None]
    new_period: Mapped[int | None]
    room: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        sa.UniqueConstraint("course_id", "date", "period"),
        sa.Index(None, "course_id", "new_date"),
        sa.CheckConstraint("period >= 0", name="period"),
        sa.CheckConstraint("new_period >= 0", name="new_period"),
        sa.CheckConstraint(
            "kind <> 'moved' OR (new_date IS NOT NULL AND new_period IS NOT NULL)", name="moved_to_somewhere"
        ),
    )


class Lesson(Base):
    """One meeting of a course; the register is taken when ``register_taken_at`` says so."""

    __tablename__ = "lesson"
    id: Mapped[Id]
    course_id: Mapped[int] = reference("course.id", index=False)
    date: Mapped[date]
    period: Mapped[int]
    topic: Mapped[str] = mapped_column(default="")
    register_taken_at: Mapped[datetime | None]
    register_taken_by: Mapped[int | None] = reference("person.id", on_delete="SET NULL")
    __table_args__ = (
        sa.UniqueConstraint("course_id", "date", "period"),
        sa.Index(None, "date"),
        sa.CheckConstraint("period >= 0", name="period"),
    )


class Assessment(Base):
    """What was assessed. With ``maximum`` its marks are points of it, without, values on the school's scale."""

    __tablename__ = "assessment"
    id: Mapped[Id]
    course_id: Mapped[int] = reference("course.id", index=False)
    lesson_id: Mapped[int | None] = reference("lesson.id", on_delete="SET NULL")
    title: Mapped[str] = mapped_column(default="")
    kind: Mapped[str] = mapped_column(default="")
    weight: Mapped[Decimal] = mapped_column(default=Decimal(1))
    maximum: Mapped[Decimal | None]
    date: Mapped[date]
    __table_args__ = (
        sa.Index(None, "course_id", "date"),
        sa.CheckConstraint("weight >= 0", name="weight"),
        sa.CheckConstraint("maximum IS NULL OR maximum > 0", name="maximum"),
    )


class Mark(Base):
    """A student's mark for an assessment: ``value`` as printed, ``number`` for averages (None: does not average).

    Never deleted: withdrawn, with who and why. A student has one open mark for an assessment.
    """

    __tablename__ = "mark"
    id: Mapped[Id]
    student_id: Mapped[int] = reference("person.id")
    assessment_id: Mapped[int] = reference("assessment.id")
    value: Mapped[str]
    number: Mapped[Decimal | None]
    comment: Mapped[str] = mapped_column(default="")
    author_id: Mapped[int | None] = reference("person.id", index=False, on_delete="SET NULL")
    recorded_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[int | None] = reference("person.id", index=False, on_delete="SET NULL")
    withdrawn_why: Mapped[str] = mapped_column(default="")
    __table_args__ = (unique_where("mark_open", ("student_id", "assessment_id"), "withdrawn_at IS NULL"),)


class MarkCorrection(Base):
    """What a mark was before it was corrected."""

    __tablename__ = "mark_correction"
    id: Mapped[Id]
    mark_id: Mapped[int] = reference("mark.id")
    value: Mapped[str]
    number: Mapped[Decimal | None]
    comment: Mapped[str] = mapped_column(default="")
    corrected_at: Mapped[datetime]
    corrected_by: Mapped[int | None] = reference("person.id", index=False, on_delete="SET NULL")


class TermMark(Base):
    """A closing mark of a student in a course; ``term_id`` is None for a year's, exam or final mark."""

    __tablename__ = "term_mark"
    id: Mapped[Id]
    student_id: Mapped[int] = reference("person.id")
    course_id: Mapped[int] = reference("course.id")
    term_id: Mapped[int | None] = reference("term.id")
    kind: Mapped[TermMarkKind] = one_of(TermMarkKind)
    value: Mapped[str]
    number: Mapped[Decimal | None]
    recorded_at: Mapped[datetime]
    __table_args__ = (
        sa.UniqueConstraint("student_id", "course_id", "term_id", "kind"),
        unique_where("term_mark_without_term", ("student_id", "course_id", "kind"), "term_id IS NULL"),
    )


class Attendance(Base):
    """That a student was not simply present at a lesson; ``minutes`` of those who were late."""

    __tablename__ = "attendance"
    id: Mapped[Id]
    student_id: Mapped[int] = reference("person.id")
    lesson_id: Mapped[int] = reference("lesson.id")
    kind: Mapped[AttendanceKind] = one_of(AttendanceKind)
    minutes: Mapped[int | None]
    reason: Mapped[str] = mapped_column(default="")
    recorded_by: Mapped[int | None] = reference("person.id", index=False, on_delete="SET NULL")
    recorded_at: Mapped[datetime]
    __table_args__ = (
        sa.UniqueConstraint("student_id", "lesson_id"),
        sa.CheckConstraint("minutes IS NULL OR (kind = 'late' AND minutes >= 0)", name="minutes"),
    )


class AbsenceNotice(Base):
    """What a guardian reported, for reconciliation with the register."""

    __tablename__ = "absence_notice"
    id: Mapped[Id]
    child_id: Mapped[int] = reference("person.id")
    guardian_id: Mapped[int] = reference("person.id")
    starts: Mapped[date]
    ends: Mapped[date]
    reason: Mapped[str] = mapped_column(default="")
    reported_at: Mapped[datetime]
    __table_args__ = (sa.CheckConstraint("starts <= ends", name="in_order"),)


class Homework(Base):
    """Homework of a course, due on a day (at a period, where known). ``minutes`` is the expected time."""

    __tablename__ = "homework"
    id: Mapped[Id]
    course_id: Mapped[int] = reference("course.id", index=False)
    set_lesson_id: Mapped[int | None] = reference("lesson.id", on_delete="SET NULL")
    due_on: Mapped[date]
    due_period: Mapped[int | None]
    text: Mapped[str]
    minutes: Mapped[int | None]
    author_id: Mapped[int | None] = reference("person.id", index=False, on_delete="SET NULL")
    recorded_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    __table_args__ = (
        sa.Index(None, "course_id", "due_on"),
        sa.CheckConstraint("minutes >= 0", name="minutes"),
        sa.CheckConstraint("due_period >= 0", name="due_period"),
    )


class Attachment(Base):
    """A file or link of a homework or an announcement. Bytes are kept by us under ``var/files`` by their ``sha256``;
    a link has ``url``."""

    __tablename__ = "attachment"
    id: Mapped[Id]
    homework_id: Mapped[int | None] = reference("homework.id")
    announcement_id: Mapped[int | None] = reference("announcement.id")
    name: Mapped[str]
    media_type: Mapped[str] = mapped_column(default="")
    size: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str] = mapped_column(default="")
    url: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        sa.CheckConstraint("(sha256 = '') <> (url = '')", name="file_or_link"),
        sa.CheckConstraint("(homework_id IS NULL) <> (announcement_id IS NULL)", name="of_one_thing"),
    )


class HomeworkTick(Base):
    """A student's own "done"."""

    __tablename__ = "homework_tick"
    id: Mapped[Id]
    student_id: Mapped[int] = reference("person.id")
    homework_id: Mapped[int] = reference("homework.id")
    ticked_at: Mapped[datetime]
    __table_args__ = (sa.UniqueConstraint("student_id", "homework_id"),)


class Achievement(Base):
    """A diploma, contest or project of a student."""

    __tablename__ = "achievement"
    id: Mapped[Id]
    student_id: Mapped[int] = reference("person.id")
    kind: Mapped[str]
    title: Mapped[str]
    level: Mapped[str] = mapped_column(default="")
    date: Mapped[date]
    picture_sha256: Mapped[str] = mapped_column(default="")
