"""Absences: an unexplained one at once, lateness and its like quietly, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.cards import Block, Button, Card, Item, Listing, Note
from core.db.uow import UnitOfWork
from core.domain.kinds import AttendanceKind
from core.domain.telling import TELLINGS
from core.i18n import Translator
from core.queries.audiences import Audience, families_of_absent, place_of_lesson
from core.queries.telling import AbsenceTold, absences_told, effects_of
from notifier.notices import taps
from notifier.notices.notice import Event, Notice, Reader


async def _of_posting(uow: UnitOfWork, event: Event) -> tuple[int, list[int]]:
    effects = await effects_of(uow, event.payload["posting"])
    noted = effects.get("presence", {}).items()
    return int(effects.get("lesson", 0)), [int(student) for student, (was, now) in noted if was != now]


async def _of_tap(_uow: UnitOfWork, event: Event) -> tuple[int, list[int]]:
    return int(event.payload["lesson"]), [int(event.payload["student"])]


async def _audience(uow: UnitOfWork, event: Event, lesson_id: int, students: list[int]) -> Audience | None:
    place = await place_of_lesson(uow, lesson_id)
    if place is None or not students:
        return None
    links = families_of_absent(uow, lesson_id, students)
    return Audience(links, place.timezone, place.locale, event.actor_id, quiet=place.quiet)


async def _posted_to(uow: UnitOfWork, event: Event) -> Audience | None:
    return await _audience(uow, event, *await _of_posting(uow, event))


async def _posted(uow: UnitOfWork, event: Event, children: Sequence[int]) -> Mapping[int, AbsenceTold]:
    lesson_id, _ = await _of_posting(uow, event)
    return await absences_told(uow, lesson_id, children)


async def _tapped_to(uow: UnitOfWork, event: Event) -> Audience | None:
    return await _audience(uow, event, *await _of_tap(uow, event))


async def _tapped(uow: UnitOfWork, event: Event, children: Sequence[int]) -> Mapping[int, AbsenceTold]:
    lesson_id, _ = await _of_tap(uow, event)
    return await absences_told(uow, lesson_id, children)


def _card(reader: Reader, told: Sequence[AbsenceTold]) -> Card:
    t, last = reader.t, told[-1]
    is_unexplained = last.kind is AttendanceKind.ABSENT and not last.reason
    if is_unexplained:
        heading = t("{child} is not at school", child=last.child)
    elif last.kind is None:
        heading = t("{child} was there after all", child=last.child)
    else:
        heading = t("{child}: attendance", child=last.child)
    blocks = list(_lines(reader, told))
    if is_unexplained:
        blocks.append(Note(t("If you know why, please tell the school.")))
    return Card(heading, tuple(blocks), ((Button(t("Attendance"), taps.attendance(last.child_id)),),))


def _lines(reader: Reader, told: Sequence[AbsenceTold]) -> Sequence[Block]:
    words = dict.fromkeys(_words(reader.t, one) for one in told)
    return (Listing(tuple(Item(one) for one in words)),)


def _words(t: Translator, one: AbsenceTold) -> str:
    """``Algebra, 24 Nov, lesson 2: late by 10 minutes``."""
    day = t.date(one.on, "short")
    where = f"{one.subject}, {day}"
    if one.period:
        where = t("{where}, lesson {period}", where=where, period=one.period)
    said = f"{where}: {presence_words(t, one.kind, one.minutes)}"
    return f"{said} ({one.reason})" if one.reason else said


def presence_words(t: Translator, kind: AttendanceKind | None, minutes: int | None) -> str:
    """Where the child was, in words."""
    if kind is AttendanceKind.LATE and minutes:
        return t.plural("late by {n} minute", "late by {n} minutes", minutes)
    words = {
        None: t("present"),
        AttendanceKind.ABSENT: t("absent"),
        AttendanceKind.LATE: t("late"),
        AttendanceKind.EXCUSED: t("excused"),
        AttendanceKind.ILL: t("ill"),
    }
    return words[kind]


NOTICES = tuple(
    Notice(
        kind=kind,
        plain=TELLINGS["mark"],
        urgent=TELLINGS["absence"],
        audience=audience,
        load=load,
        card=_card,
        lines=_lines,
        bundle="absence",
    )
    for kind, audience, load in (
        ("absences_posted", _posted_to, _posted),
        ("presence_noted", _tapped_to, _tapped),
        ("absence_swept", _tapped_to, _tapped),
    )
)
