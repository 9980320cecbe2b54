"""Attendance of a term: by kind, and each event with its lesson and reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.views.family import heading, pages_row, switch_rows, term_rows, term_words
from core.access import Student
from core.cards import Block, Button, Card, Facts, Item, Listing, Text
from core.domain.ids import LARGEST_ID
from core.domain.kinds import AttendanceKind
from core.i18n import Translator
from core.queries.attendance import AttendanceEvent, AttendanceRecord
from core.words import ATTENDANCE_NAMES

_ON_A_PAGE = 15
Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]


class AttendanceTap(CallbackData, prefix="att"):
    """A term of 0 is the fitting one; ``page`` counts from 0."""

    on: Literal["term", "terms"]
    student: Id
    term: Id = 0
    page: Annotated[int, Field(ge=0, le=1000)] = 0


def attendance_card(
    t: Translator, record: AttendanceRecord, page: int, students: Sequence[Student], today: date
) -> Card:
    """The term in figures, then its events; where no register is taken it says so."""
    student = record.student
    blocks: list[Block] = [Text(term_words(t, record.term))]
    counts = record.counts
    if record.events:
        blocks.append(
            Facts(
                tuple((t(name), str(counts[kind])) for kind, name in ATTENDANCE_NAMES.items() if counts[kind])
            )
        )
    blocks.append(_taken(t, record))
    shown = record.events[page * _ON_A_PAGE : (page + 1) * _ON_A_PAGE]
    if shown:
        blocks.append(Listing(tuple(Item(_event(t, event, today)) for event in shown)))
    here = AttendanceTap(on="term", student=student.id, term=_term(record))
    rows = pages_row(
        t,
        page,
        len(record.events),
        _ON_A_PAGE,
        lambda number: here.model_copy(update={"page": number}).pack(),
    )
    if len(record.term.terms) > 1:
        rows = (*rows, (Button(t("Other term"), here.model_copy(update={"on": "terms"}).pack()),))
    return Card(
        heading(t("Attendance"), students, student),
        tuple(blocks),
        (*rows, *_switch(t, record, students, "term")),
    )


def _term(record: AttendanceRecord) -> int:
    return record.term.shown.id if record.term.shown else 0


def _switch(
    t: Translator, record: AttendanceRecord, students: Sequence[Student], on: Literal["term", "terms"]
) -> tuple[tuple[Button, ...], ...]:
    return switch_rows(
        t,
        students,
        record.student,
        lambda one: AttendanceTap(on=on, student=one.id, term=_term(record)).pack(),
    )


def _taken(t: Translator, record: AttendanceRecord) -> Block:
    """What can be said of the rest: "present" only where the register was taken."""
    if not record.lessons and not record.events:
        return Text(t("No lessons are recorded this term yet."))
    if not record.registered:
        return Text(t("The register is not taken here, so nothing can be said about the other lessons."))
    present = record.registered - min(record.missed, record.registered)
    # In Russian the noun follows the second number: "на 75 из 81 урока".
    words = t.plural(
        "Present at {present} of {n} lesson ({share}).",
        "Present at {present} of {n} lessons ({share}).",
        record.registered,
        present=present,
        share=t.percent(Decimal(present * 100) / record.registered),
    )
    if record.registered == record.lessons:
        return Text(words)
    taken = t.plural(
        "The register was taken in {registered} of {n} lesson.",
        "The register was taken in {registered} of {n} lessons.",
        record.lessons,
        registered=record.registered,
    )
    return Text(f"{words} {taken}")


def _event(t: Translator, event: AttendanceEvent, today: date) -> str:
    day = t.date(event.on, "short") if (today - event.on).days > 1 else t.relative_day(event.on, today)
    kind = t(ATTENDANCE_NAMES[event.kind])
    if event.kind is AttendanceKind.LATE and event.minutes:
        kind = t.plural("Late by {n} minute", "Late by {n} minutes", event.minutes)
    text = t(
        "{day}, lesson {period}, {subject}: {what}",
        day=day,
        period=event.period,
        subject=event.subject,
        what=kind,
    )
    return f"{text} ({event.reason})" if event.reason else text


def terms_card(t: Translator, record: AttendanceRecord, students: Sequence[Student]) -> Card:
    """Which term?"""
    student = record.student
    here = AttendanceTap(on="term", student=student.id, term=_term(record))
    rows = term_rows(t, record.term, lambda term: here.model_copy(update={"term": term.id}).pack())
    back = Button(t("Back"), here.pack())
    return Card(
        heading(t("Choose a term"), students, student),
        (Text(t("Which term shall I show?")),),
        (*rows, (back,), *_switch(t, record, students, "terms")),
    )
