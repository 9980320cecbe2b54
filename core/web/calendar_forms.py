"""What the calendar's forms share: days, times and numbers as they are sent, and sentences for what is refused."""

from __future__ import annotations

from datetime import date, time

from core.errors import Invalid
from core.i18n import N_
from core.queries.timetable import is_id
from core.web.page import Visit

_WRONG: dict[str, str] = {
    "name_missing": N_("Write a name."),
    "name_too_long": N_("At most {most} letters."),
    "name_taken": N_("There is one of this name already, maybe one that ended."),
    "day_missing": N_("Choose a day."),
    "day_odd": N_("Choose a day between 2000 and 2099."),
    "ends_first": N_("The last day is before the first."),
    "outside_year": N_("The year goes from {first} to {last}."),
    "overlaps": N_("{name} has some of these days."),
    "terms_outside": N_("{name} would be outside the year. Change the term first."),
    "periods_missing": N_("Write when at least one lesson begins and ends."),
    "period_ends_first": N_("It ends before it begins."),
    "periods_overlap": N_("It begins before lesson {number} ends."),
    "period_half": N_("Write both times, or leave both empty."),
    "period_in_use": N_("There are lessons at this time in the week: change or take them out first."),
    "bells_in_use": N_("The week rings by these bells: they stay."),
    "grade_odd": N_("A grade is a number from 0 to {most}."),
    "teacher_unknown": N_("Choose teachers of this school."),
    "year_unknown": N_("Choose a year."),
    "subject_unknown": N_("Choose a subject."),
    "class_unknown": N_("Choose a class."),
    "course_taken": N_("The class has a course of this subject and group already."),
    "subject_in_use": N_("There are courses of this subject: it stays."),
    "weekday_unknown": N_("Choose a day of the week."),
    "period_unknown": N_("Choose a lesson of your bells."),
    "slot_taken": N_("The course meets then already."),
    "course_ended": N_("This course has ended."),
    "day_over": N_("Choose yesterday or a later day: what was given stays."),
}


def say(visit: Visit, error: Invalid) -> None:
    """Put the sentence beside the field that the error names."""
    shown = {
        name: visit.t.date(value) if isinstance(value, date) else value
        for name, value in error.params.items()
        if name != "field"
    }
    visit.faults[str(error.params.get("field", ""))] = visit.t(_WRONG[error.key], **shown)


def day_of(visit: Visit, name: str) -> date | None:
    """A day of the form; None for none, and for what is no day."""
    try:
        return date.fromisoformat(visit.form.get(name, "").strip()[:10])
    except ValueError:
        return None


def optional_day(visit: Visit, name: str) -> date | None:
    """As ``day_of``. Raises Invalid("day_odd") for words that are no day."""
    day = day_of(visit, name)
    if day is None and visit.form.get(name, "").strip():
        raise Invalid("day_odd", field=name)
    return day


def time_of(visit: Visit, name: str) -> time | None:
    """A time of the form, whole minutes; None for none, and for what is no time."""
    try:
        return time.fromisoformat(visit.form.get(name, "").strip()[:5])
    except ValueError:
        return None


def id_of(visit: Visit, name: str) -> int | None:
    """A row's number that was chosen; None where nothing was, or what is no number."""
    text = visit.form.get(name, "")
    return int(text) if is_id(text) else None
