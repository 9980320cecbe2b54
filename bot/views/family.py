"""What family screens share: whose screen it is, the switch between children, the choice of a term, and paging."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.access import Student
from core.cards import Button
from core.domain.calendar import TermSpan
from core.i18n import Translator
from core.queries.terms import TermChoice

_IN_A_ROW = 3
_TERMS = 12


def switch_rows(
    t: Translator,
    students: Sequence[Student],
    current: Student | None,
    data: Callable[[Student], str],
    *,
    me: str = "",
) -> tuple[tuple[Button, ...], ...]:
    """A button a pupil, the current one marked; no row where there is nobody to switch to.

    ``me`` is the tap that leads to one's own screen, for who has one beside the children's; it is marked where
    ``current`` is None.
    """
    buttons = [Button(_marked(t("Me"), is_current=current is None), me)] if me else []
    buttons += [
        Button(
            _marked(_label(student, students), is_current=current is not None and student.id == current.id),
            data(student),
        )
        for student in students
    ]
    return in_rows(buttons, _IN_A_ROW) if len(buttons) > 1 else ()


def in_rows(buttons: Sequence[Button], width: int) -> tuple[tuple[Button, ...], ...]:
    """The buttons in rows of ``width``."""
    return tuple(tuple(buttons[i : i + width]) for i in range(0, len(buttons), width))


def _marked(label: str, *, is_current: bool) -> str:
    return f"• {label}" if is_current else label


def _label(student: Student, students: Sequence[Student]) -> str:
    given = student.name.nickname or student.name.given
    twins = [one for one in students if (one.name.nickname or one.name.given) == given]
    if len(twins) > 1 and student.class_name:
        return f"{given} {student.class_name}"
    return given


def whose(students: Sequence[Student], current: Student) -> str:
    """The child's name with class for a heading, empty where the family has only one child here."""
    if len(students) < 2:
        return ""
    name = current.name.nickname or current.name.given
    return f"{name}, {current.class_name}" if current.class_name else name


def heading(title: str, students: Sequence[Student], current: Student) -> str:
    """``Ivan, 7A — Grades`` for a family of several, ``Grades`` for one child."""
    child = whose(students, current)
    return f"{child} — {title}" if child else title


def term_words(t: Translator, term: TermChoice) -> str:
    """The term's name with its days; said when it is not the present one."""
    if term.shown is None:
        return t("All marks")
    words = _span(t, term.shown)
    return words if term.is_current else t("{term} (not the present term)", term=words)


def term_rows(
    t: Translator, choice: TermChoice, data: Callable[[TermSpan], str]
) -> tuple[tuple[Button, ...], ...]:
    """A button a term, oldest first, the one shown marked."""
    shown = choice.shown.id if choice.shown else 0
    return tuple(
        (Button(_marked(_span(t, term), is_current=term.id == shown), data(term)),)
        for term in choice.terms[-_TERMS:]
    )


def _span(t: Translator, term: TermSpan) -> str:
    return f"{term.name}, {t.date(term.starts)} – {t.date(term.ends)}"


def pages_row(
    t: Translator, page: int, total: int, on_a_page: int, at: Callable[[int], str]
) -> tuple[tuple[Button, ...], ...]:
    """Newer and Older, as far as there are any; ``at(page)`` is a page's tap."""
    buttons = []
    if page > 0:
        buttons.append(Button(t("◀ Newer"), at(page - 1)))
    if (page + 1) * on_a_page < total:
        buttons.append(Button(t("Older ▶"), at(page + 1)))
    return (tuple(buttons),) if buttons else ()
