"""A pupil's marks: by subject, one subject, by day, and the choice of the term."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.views.family import heading, switch_rows
from core.access import Student
from core.cards import Align, Block, Button, Card, Facts, Item, Listing, Note, Section, Table, Text
from core.cards.cut import shorten
from core.domain.grading import needed, scale
from core.domain.ids import LARGEST_ID
from core.i18n import N_, Translator
from core.queries.grades import CourseGrades, GradeBook, MarkLine
from core.queries.terms import TermChoice

_MARKS_IN_A_ROW = 6
_LONGEST_IN_A_ROW = 12
_LONGEST_WORDS = 60
_MARKS_ON_A_PAGE = 15
_DAYS_ON_A_PAGE = 5
_SUBJECT_BUTTONS = 14
Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]

KINDS: dict[str, str] = {
    "test": N_("test"),
    "quiz": N_("quiz"),
    "hw": N_("homework"),
    "homework": N_("homework"),
    "answer": N_("answer"),
    "project": N_("project"),
    "exam": N_("exam"),
    "essay": N_("essay"),
    "lab": N_("lab work"),
}


class GradesTap(CallbackData, prefix="g"):
    """``on`` is the screen; ``course`` the subject's, ``page`` counts from 0. A term of 0 is the fitting one."""

    on: Literal["all", "one", "days", "terms"]
    student: Id
    term: Id = 0
    course: Id = 0
    page: Annotated[int, Field(ge=0, le=1000)] = 0


def grades_card(t: Translator, book: GradeBook, students: Sequence[Student]) -> Card:
    """By subject: the last marks and the average of the term."""
    student = book.student
    blocks: list[Block] = [Text(term_words(t, book.term))]
    graded = [course for course in book.courses if course.marks or course.term_mark]
    if not graded:
        blocks.append(Text(t("No marks this term yet.")))
    else:
        has_term_marks = any(course.term_mark for course in graded)
        blocks.append(_table(t, student, graded, has_term_marks=has_term_marks))
        silent = [course_name(course) for course in book.courses if course not in graded]
        if silent:
            blocks.append(Note(t("No marks yet: {subjects}.", subjects=t.list(silent))))
    return Card(heading(t("Grades"), students, student), tuple(blocks), _all_rows(t, book, graded, students))


def _table(t: Translator, student: Student, graded: Sequence[CourseGrades], *, has_term_marks: bool) -> Table:
    """One row a course; without a column of averages where marks are words."""
    has_averages = any(course.average is not None for course in graded)
    columns: list[tuple[str, Align, Callable[[CourseGrades], str]]] = [
        (t("Subject"), Align.LEFT, course_name),
        (t("Marks"), Align.LEFT, lambda course: _last_marks(t, course.marks)),
    ]
    if has_averages:
        columns.append((t("Average"), Align.RIGHT, lambda course: _average(t, student, course)))
    if has_term_marks:
        columns.append((t("Term mark"), Align.RIGHT, lambda course: course.term_mark or ""))
    return Table(
        tuple(title for title, _, _ in columns),
        tuple(tuple(cell(course) for _, _, cell in columns) for course in graded),
        tuple(align for _, align, _ in columns),
    )


def _all_rows(
    t: Translator, book: GradeBook, graded: Sequence[CourseGrades], students: Sequence[Student]
) -> tuple[tuple[Button, ...], ...]:
    student, term = book.student, book.term.shown.id if book.term.shown else 0
    subjects = [
        Button(
            course_name(course),
            GradesTap(on="one", student=student.id, term=term, course=course.course_id).pack(),
        )
        for course in graded[:_SUBJECT_BUTTONS]
    ]
    rows = [tuple(subjects[i : i + 2]) for i in range(0, len(subjects), 2)]
    last = [Button(t("By day"), GradesTap(on="days", student=student.id, term=term).pack())] if graded else []
    if len(book.term.terms) > 1:
        last.append(Button(t("Other term"), GradesTap(on="terms", student=student.id, term=term).pack()))
    if last:
        rows.append(tuple(last))
    switch = switch_rows(t, students, student, lambda one: GradesTap(on="all", student=one.id).pack())
    return (*rows, *switch)


def subject_card(
    t: Translator, book: GradeBook, course: CourseGrades, page: int, students: Sequence[Student]
) -> Card:
    """One subject: every mark with date, kind, weight, topic and the teacher's comment, newest first."""
    student = book.student
    average = _average(t, student, course)
    facts = [(t("Average"), average)] if average else []
    if course.term_mark:
        facts.append((t("Term mark"), course.term_mark))
    hope = _hope(t, student, course)
    blocks: list[Block] = [Text(term_words(t, book.term))]
    if facts:
        blocks.append(Facts(tuple(facts)))
    newest = list(reversed(course.marks))
    shown = newest[page * _MARKS_ON_A_PAGE : (page + 1) * _MARKS_ON_A_PAGE]
    blocks.append(
        Listing(tuple(Item(mark_words(t, mark)) for mark in shown)) if shown else Text(t("No marks."))
    )
    if hope:
        blocks.append(Note(hope))

    def at(number: int) -> str:
        term = book.term.shown.id if book.term.shown else 0
        return GradesTap(on="one", student=student.id, term=term, course=course.course_id, page=number).pack()

    rows = pages_row(t, page, len(newest), _MARKS_ON_A_PAGE, at)
    term = book.term.shown.id if book.term.shown else 0
    back = Button(t("All subjects"), GradesTap(on="all", student=student.id, term=term).pack())
    switch = switch_rows(t, students, student, lambda one: GradesTap(on="all", student=one.id).pack())
    return Card(heading(course_name(course), students, student), tuple(blocks), (*rows, (back,), *switch))


def days_card(t: Translator, book: GradeBook, page: int, students: Sequence[Student], today: date) -> Card:
    """The term's marks by day, newest first."""
    student = book.student
    by_day: dict[date, list[tuple[CourseGrades, MarkLine]]] = {}
    for course in book.courses:
        for mark in course.marks:
            by_day.setdefault(mark.on, []).append((course, mark))
    days = sorted(by_day, reverse=True)
    blocks: list[Block] = [Text(term_words(t, book.term))]
    for day in days[page * _DAYS_ON_A_PAGE : (page + 1) * _DAYS_ON_A_PAGE]:
        items = tuple(
            Item(f"{course_name(course)}: {mark_words(t, mark, with_day=False)}")
            for course, mark in by_day[day]
        )
        blocks.append(Section(t.relative_day(day, today), (Listing(items),), open=True))
    if not days:
        blocks.append(Text(t("No marks this term yet.")))
    term = book.term.shown.id if book.term.shown else 0

    def at(number: int) -> str:
        return GradesTap(on="days", student=student.id, term=term, page=number).pack()

    rows = pages_row(t, page, len(days), _DAYS_ON_A_PAGE, at)
    back = Button(t("By subject"), GradesTap(on="all", student=student.id, term=term).pack())
    switch = switch_rows(t, students, student, lambda one: GradesTap(on="days", student=one.id).pack())
    return Card(heading(t("Marks by day"), students, student), tuple(blocks), (*rows, (back,), *switch))


def terms_card(t: Translator, book: GradeBook, students: Sequence[Student]) -> Card:
    """Which term?"""
    student = book.student
    shown = book.term.shown.id if book.term.shown else 0
    buttons = tuple(
        (
            Button(
                ("• " if term.id == shown else "")
                + f"{term.name} ({t.date(term.starts)} – {t.date(term.ends)})",
                GradesTap(on="all", student=student.id, term=term.id).pack(),
            ),
        )
        for term in book.term.terms[-12:]
    )
    return Card(
        heading(t("Choose a term"), students, student), (Text(t("Which term shall I show?")),), buttons
    )


def term_words(t: Translator, term: TermChoice) -> str:
    """The term's name with its days; said when it is not the present one."""
    if term.shown is None:
        return t("All marks")
    span = f"{term.shown.name}, {t.date(term.shown.starts)} – {t.date(term.shown.ends)}"
    return span if term.is_current else t("{term} (not the present term)", term=span)


def course_name(course: CourseGrades) -> str:
    """The subject, with the group where the course has one."""
    return f"{course.subject} ({course.group})" if course.group else course.subject


def _average(t: Translator, student: Student, course: CourseGrades) -> str:
    return average_words(t, student.school.scale, course.average, in_percent=course.in_percent)


def average_words(t: Translator, scale_key: str, average: Decimal | None, *, in_percent: bool) -> str:
    """An average as printed; empty where there is none."""
    if average is None:
        return ""
    if in_percent:
        return t.percent(average, 1)
    printed = scale(scale_key).print_average(average)
    return printed.replace(".", ",", 1) if t.locale == "ru" else printed


def mark_value(t: Translator, value: str, maximum: Decimal | None) -> str:
    """``4``, ``18/20``; of 100 points only the points."""
    if maximum is None or maximum == 100:
        return value
    return f"{value}/{t.number(maximum)}"


def _value(t: Translator, mark: MarkLine) -> str:
    return mark_value(t, mark.value, mark.maximum)


def _last_marks(t: Translator, marks: Sequence[MarkLine]) -> str:
    """The last marks in a row; of marks in words only the last one, cut."""
    last = _value(t, marks[-1]) if marks else ""
    if len(last) > _LONGEST_IN_A_ROW:
        return shorten(last, _LONGEST_WORDS)
    shown = [_value(t, mark) for mark in marks[-_MARKS_IN_A_ROW:]]
    return ("… " if len(marks) > _MARKS_IN_A_ROW else "") + " ".join(
        one for one in shown if len(one) <= _LONGEST_IN_A_ROW
    )


def mark_words(t: Translator, mark: MarkLine, *, with_day: bool = True) -> str:
    """``24 Nov: 4 · test ×2 · Quadratic equations · “clean work” (was 3)``."""
    kind = t(KINDS[mark.kind]) if mark.kind in KINDS else mark.kind
    if mark.weight != 1:
        kind = f"{kind} ×{t.number(mark.weight)}".strip()
    title = mark.title if mark.title and mark.title.casefold() not in (mark.kind, kind.casefold()) else ""
    parts = [
        kind,
        title,
        mark.topic if mark.topic != title else "",
        f"“{mark.comment}”" if mark.comment else "",
    ]
    text = " · ".join([_value(t, mark), *(part for part in parts if part)])
    if mark.was is not None and mark.was != mark.value:
        text += " " + t("(corrected, was {value})", value=mark_value(t, mark.was, mark.maximum))
    return f"{t.date(mark.on, 'short')}: {text}" if with_day else text


def _hope(t: Translator, student: Student, course: CourseGrades) -> str:
    """What would lift the average to the next whole mark, or that it cannot be reached soon."""
    rules = scale(student.school.scale)
    if rules.key not in ("five", "ten", "twelve") or course.average is None or course.in_percent:
        return ""
    best = Decimal({"five": 5, "ten": 10, "twelve": 12}[rules.key])
    target = Decimal(int(course.average + Decimal("0.5")) + 1)
    if target > best:
        return ""
    line = target - Decimal("0.5")
    marks = [(mark.number, mark.weight) for mark in course.marks if mark.maximum is None]
    count = needed(marks, line, best)
    if count is None:
        return t("For a {target} more than ten marks of {best} would be needed.", target=target, best=best)
    return t.plural(
        "For a {target} (an average of {line}): {n} more mark of {best}.",
        "For a {target} (an average of {line}): {n} more marks of {best}.",
        count,
        target=target,
        line=t.number(line, 1),
        best=best,
    )


def pages_row(
    t: Translator, page: int, total: int, on_a_page: int, at: object
) -> tuple[tuple[Button, ...], ...]:
    """Newer and Older, as far as there are any; ``at(page)`` is a page's tap."""
    assert callable(at)
    buttons = []
    if page > 0:
        buttons.append(Button(t("◀ Newer"), at(page - 1)))
    if (page + 1) * on_a_page < total:
        buttons.append(Button(t("Older ▶"), at(page + 1)))
    return (tuple(buttons),) if buttons else ()
