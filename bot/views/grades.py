"""A pupil's marks: by subject, one subject, by day, and the choice of the term."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from bot.taps import Tap
from bot.views.family import heading, in_rows, pages_row, switch_rows, term_rows, term_words
from core.access import Student
from core.cards import Align, Block, Button, Card, Facts, Item, Listing, Note, Section, Table, Text
from core.cards.cut import shorten
from core.domain.grading import needed, scale
from core.domain.ids import LARGEST_ID
from core.i18n import Translator
from core.queries.grades import CourseGrades, GradeBook, MarkLine
from core.words import MARK_KINDS, average_words, mark_value

_MARKS_IN_A_ROW = 6
_LONGEST_IN_A_ROW = 12
_LONGEST_WORDS = 60
_MARKS_ON_A_PAGE = 15
_DAYS_ON_A_PAGE = 5
_SUBJECT_BUTTONS = 14
Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]


class GradesTap(Tap, prefix="g"):
    """``on`` is the screen; ``course`` the subject's, ``page`` counts from 0. A term of 0 is the fitting one.

    ``terms``, ``terms-one`` and ``terms-days`` choose the term of ``all``, ``one`` and ``days``.
    """

    on: Literal["all", "one", "days", "terms", "terms-one", "terms-days"]
    student: Id
    term: Id = 0
    course: Id = 0
    page: Annotated[int, Field(ge=0, le=1000)] = 0


def grades_card(t: Translator, book: GradeBook, students: Sequence[Student]) -> Card:
    """By subject: the last marks and the average of the term."""
    student = book.student
    blocks: list[Block] = [Text(term_words(t, book.term))]
    graded: list[CourseGrades] = []
    silent: list[CourseGrades] = []
    for course in book.courses:
        (graded if course.marks or course.term_mark else silent).append(course)
    if not graded:
        blocks.append(Text(t("No marks this term yet.")))
    else:
        has_term_marks = any(course.term_mark for course in graded)
        blocks.append(_table(t, student, graded, has_term_marks=has_term_marks))
        if silent:
            blocks.append(
                Note(t("No marks yet: {subjects}.", subjects=t.list(list(map(course_name, silent)))))
            )
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
    student, term = book.student, _term(book)
    subjects = [
        Button(
            course_name(course),
            GradesTap(on="one", student=student.id, term=term, course=course.course_id).pack(),
        )
        for course in graded[:_SUBJECT_BUTTONS]
    ]
    last = [Button(t("By day"), GradesTap(on="days", student=student.id, term=term).pack())] if graded else []
    last += _other_term(t, book, GradesTap(on="terms", student=student.id, term=term))
    rows = (*in_rows(subjects, 2), *((tuple(last),) if last else ()))
    return (*rows, *_switch(t, book, students, "all"))


def _term(book: GradeBook) -> int:
    return book.term.shown.id if book.term.shown else 0


def _other_term(t: Translator, book: GradeBook, tap: GradesTap) -> list[Button]:
    return [Button(t("Other term"), tap.pack())] if len(book.term.terms) > 1 else []


def _switch(
    t: Translator,
    book: GradeBook,
    students: Sequence[Student],
    on: Literal["all", "days", "terms", "terms-days"],
) -> tuple[tuple[Button, ...], ...]:
    """The other children's same screen of the same term; where theirs has no such term, the fitting one is shown."""
    return switch_rows(
        t, students, book.student, lambda one: GradesTap(on=on, student=one.id, term=_term(book)).pack()
    )


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

    here = GradesTap(on="one", student=student.id, term=_term(book), course=course.course_id)
    rows = pages_row(
        t, page, len(newest), _MARKS_ON_A_PAGE, lambda number: here.model_copy(update={"page": number}).pack()
    )
    back = Button(t("All subjects"), GradesTap(on="all", student=student.id, term=_term(book)).pack())
    last = (back, *_other_term(t, book, here.model_copy(update={"on": "terms-one"})))
    return Card(
        heading(course_name(course), students, student),
        tuple(blocks),
        (*rows, last, *_switch(t, book, students, "all")),
    )


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
    here = GradesTap(on="days", student=student.id, term=_term(book))
    rows = pages_row(
        t, page, len(days), _DAYS_ON_A_PAGE, lambda number: here.model_copy(update={"page": number}).pack()
    )
    back = Button(t("By subject"), here.model_copy(update={"on": "all"}).pack())
    last = (back, *_other_term(t, book, here.model_copy(update={"on": "terms-days"})))
    return Card(
        heading(t("Marks by day"), students, student),
        tuple(blocks),
        (*rows, last, *_switch(t, book, students, "days")),
    )


def terms_card(t: Translator, book: GradeBook, tap: GradesTap, students: Sequence[Student]) -> Card:
    """Which term? The screen that one came from then shows it; a way back to it as it was."""
    student = book.student
    course = next((one for one in book.courses if one.course_id == tap.course), None)
    if tap.on == "terms-one" and course is not None:
        back = GradesTap(on="one", student=student.id, term=_term(book), course=course.course_id)
    else:
        back = GradesTap(on="days" if tap.on == "terms-days" else "all", student=student.id, term=_term(book))
    rows = term_rows(t, book.term, lambda term: back.model_copy(update={"term": term.id}).pack())
    on: Literal["terms", "terms-days"] = "terms-days" if tap.on == "terms-days" else "terms"
    return Card(
        heading(t("Choose a term"), students, student),
        (Text(t("Which term shall I show?")),),
        (*rows, (Button(t("Back"), back.pack()),), *_switch(t, book, students, on)),
    )


def course_name(course: CourseGrades) -> str:
    """The subject, with the group where the course has one."""
    return f"{course.subject} ({course.group})" if course.group else course.subject


def _average(t: Translator, student: Student, course: CourseGrades) -> str:
    return average_words(t, student.school.scale, course.average, in_percent=course.in_percent)


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
    kind = t(MARK_KINDS[mark.kind]) if mark.kind in MARK_KINDS else mark.kind
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
