"""What people read when what they ask for makes no sense as it stands: a sentence and an example each."""

from __future__ import annotations

from datetime import date

from core.domain.grading import scale
from core.errors import FileRefused, Invalid, MarkOutOfScale, PointsOutOfRange
from core.i18n import Translator


def invalid_words(t: Translator, error: Invalid) -> tuple[str, str]:
    """Heading and sentence."""
    if isinstance(error, MarkOutOfScale):
        heading = t("No such mark")
        return heading, off_scale_words(t, str(error.params["value"]), str(error.params["scale"]))
    if isinstance(error, PointsOutOfRange):
        return t("No such mark"), _points_words(t, error)
    if isinstance(error, FileRefused):
        return t("I cannot take this file"), _file_words(t, error)
    on = error.params.get("on")
    if isinstance(on, date):
        return t("Not in this lesson"), lesson_problem_words(t, error)
    sentences = {
        "draft_over": (
            t("This draft is over"),
            t("It was saved, cancelled, or left for more than a day. Send the line again to start anew."),
        ),
        "text_too_long": (
            t("That is too long"),
            t(
                "It has {length} characters; at most {most}, please. Send it shorter; everything else is kept.",
                length=t.number(int(error.params.get("length", 0))),
                most=t.number(int(error.params.get("most", 0))),
            ),
        ),
        "announcement_empty": (
            t("There is nothing to announce"),
            t("Write what families should read: /announce 7A: parents' meeting on Friday at six."),
        ),
        "moment_unclear": (
            t("Which moment?"),
            t(
                "I did not understand that moment. Write it like “tomorrow 8:00”, “27.11 18:00” or “in an hour”."
            ),
        ),
        "moment_past": (t("That moment is over"), t("It has passed already. Choose a moment to come.")),
        "moment_far": (t("That is too far ahead"), t("Choose a moment within a year.")),
        "not_out_yet": (t("Not sent yet"), t("Nobody has got it yet. Send it now, or wait for its moment.")),
        "out_already": (t("Sent already"), t("It has been sent meanwhile.")),
        "nudged_already": (
            t("Reminded already"),
            t("They were reminded less than an hour ago. Please give them a little time."),
        ),
        "nudged_enough": (
            t("Reminded already"),
            t("They were reminded often enough. Please talk to them in another way."),
        ),
        "homework_incomplete": (t("Something is missing"), t("Choose the course and the day first.")),
        "undone_already": (t("Undone already"), t("This entry has been taken back before.")),
        "changed_since": (
            t("It has changed meanwhile"),
            t("It was changed again after that. Open it anew to see what it says now."),
        ),
        "undo_too_late": (
            t("Too late to undo"),
            t(
                "Undo works for five minutes. Correct single marks in /register: choose the lesson and tap the mark."
            ),
        ),
        "cannot_be_off": (
            t("This is always told"),
            t("It concerns a child's safety or your account's, so it cannot be turned off."),
        ),
        "course_unknown": (
            t("Not one of your courses"),
            unknown_course_words(t, _short(error, "words")),
        ),
    }
    return sentences.get(
        error.key,
        (t("That did not work"), t("This cannot be done as it stands. Please check it and try again.")),
    )


def unknown_course_words(t: Translator, words: str) -> str:
    """That the words name none of the asker's courses, and how to name one."""
    return t("“{words}” is none of your courses. Name class and subject, like “7A algebra”.", words=words)


def _points_words(t: Translator, error: PointsOutOfRange) -> str:
    return t(
        "“{value}” is no mark here; points are 0 to {most}, like {most}/{most}",
        value=_short(error, "value"),
        most=t.number(error.params["maximum"]),
    )


def _file_words(t: Translator, error: FileRefused) -> str:
    name = _short(error, "name")
    words = {
        "too_large": t("“{name}” is larger than 20 MB. Send a smaller one, or a link to it.", name=name),
        "type": t(
            "“{name}” is of a kind I do not pass on. Photos, PDF, office documents, plain text, sound, video "
            "and ZIP are fine.",
            name=name,
        ),
        "empty": t("“{name}” is empty.", name=name),
        "voice": t(
            "I cannot listen to voice messages. Please write it, like “Ivanov 5” or “/hw 7A algebra: §12”."
        ),
        "gone": t("“{name}” could not be fetched. Please send it again.", name=name),
    }
    return words[str(error.params["why"])]


def _short(error: Invalid, name: str) -> str:
    return str(error.params.get(name, ""))[:60]


def off_scale_words(t: Translator, value: str, scale_key: str) -> str:
    """That a mark is none of the school's, and which are."""
    of_school = scale(scale_key)
    if of_school.is_words:
        return t('put the words of the mark in quotes: Ivanov "reads well"')
    if of_school.span is not None:
        low, high = of_school.span
        return t("“{value}” is no mark here; marks are {low} to {high}", value=value, low=low, high=high)
    plain = [one for one in reversed(of_school.choices()) if one[-1] not in "+-"]
    choices = " ".join(plain)
    if len(plain) < len(of_school.choices()):
        return t(
            "“{value}” is no mark here; marks are {choices}, also with + and −", value=value, choices=choices
        )
    return t("“{value}” is no mark here; marks are {choices}", value=value, choices=choices)


def lesson_problem_words(t: Translator, problem: Invalid) -> str:
    """Why nothing can be written in a lesson; needs ``on``."""
    on: date = problem.params["on"]
    if problem.key == "lesson_in_future":
        return t(
            "This lesson is on {day}, which is still to come. Choose another lesson, or name the day: "
            "“yesterday: Ivanov 5”.",
            day=t.date(on, "weekday"),
        )
    if problem.key == "not_in_year":
        return t(
            "{day} is outside of this course's school year ({starts} – {ends}). Choose one of your lessons, or name "
            "its day: “yesterday: Ivanov 5”.",
            day=t.date(on),
            starts=t.date(problem.params["starts"]),
            ends=t.date(problem.params["ends"]),
        )
    if problem.key == "no_lesson":
        return _no_lesson_words(t, on, problem.params.get("period"))
    return t(
        "This lesson is on {day}, in a term that is closed ({term}). Choose another lesson, or ask the head's office.",
        day=t.date(on),
        term=problem.params.get("term", ""),
    )


def _no_lesson_words(t: Translator, on: date, period: int | None) -> str:
    if period is None:
        return t(
            "You have no lesson like that on {day}. Choose one of your lessons, or name its day: "
            "“yesterday: Ivanov 5”.",
            day=t.date(on, "weekday"),
        )
    return t(
        "You have no lesson {period} like that on {day}. Choose one of your lessons, or name its day: "
        "“yesterday: Ivanov 5”.",
        period=period,
        day=t.date(on, "weekday"),
    )
