"""How a lesson is named on teachers' screens."""

from __future__ import annotations

from datetime import date

from core.i18n import Translator
from core.queries.lessons import LessonOffer, TaughtCourse, TaughtLesson


def course_words(course: TaughtCourse) -> str:
    """``7A · Algebra (group 2)``."""
    subject = f"{course.subject} ({course.group})" if course.group else course.subject
    return f"{course.class_name} · {subject}" if course.class_name else subject


def lesson_words(t: Translator, lesson: TaughtLesson, today: date) -> str:
    """``7A · Algebra, today, lesson 2``."""
    return f"{course_words(lesson.course)}, {when_words(t, lesson.key.on, lesson.key.period, today)}"


def when_words(t: Translator, on: date, period: int, today: date) -> str:
    """``today, lesson 2``; without the lesson's number where no timetable names it."""
    day = t.relative_day(on, today)
    day = day[:1].lower() + day[1:] if abs((on - today).days) <= 1 else day
    return t("{day}, lesson {period}", day=day, period=period) if period else day


def offer_label(t: Translator, offer: LessonOffer, today: date) -> str:
    """A button for a lesson: ``7A · Algebra, 24 Nov, 2``."""
    on = t.date(offer.key.on, "short")
    number = f" · {offer.key.period}" if offer.key.period else ""
    day = "" if offer.key.on == today else f" · {on}"
    return f"{course_words(offer.course)}{day}{number}"
