"""Lessons that differ from the usual: changed for today or tomorrow, at once; and what is changed of the day to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from core.cards import Block, Button, Card, Item, Listing
from core.db.uow import UnitOfWork
from core.domain.drafts import lesson_from_json
from core.domain.kinds import ChangeKind
from core.domain.lessons import LessonKey
from core.domain.telling import TELLINGS
from core.i18n import Translator
from core.queries.audiences import Audience, families_and_teachers, names_of, place_of_course, teachers_alone
from core.queries.lesson_changes import (
    ChangedLesson,
    ChangesTold,
    changed_lessons,
    lessons_by_child,
    pupils_of_lessons,
)
from notifier.notices import taps
from notifier.notices.notice import Event, Notice, Reader


def _lessons(event: Event) -> list[LessonKey]:
    kept = event.payload.get("lessons") or [event.payload["lesson"]]
    return [key for one in kept if (key := lesson_from_json(one)) is not None]


async def _changed_to(uow: UnitOfWork, event: Event) -> Audience | None:
    lessons = _lessons(event)
    place = await place_of_course(uow, int(lessons[0].course_id))
    if place is None:
        return None
    links = families_and_teachers(uow, pupils_of_lessons(lessons), event.payload["teachers"])
    return Audience(links, place.timezone, place.locale, event.actor_id, quiet=place.quiet)


async def _differs_to(uow: UnitOfWork, event: Event) -> Audience | None:
    lessons = _lessons(event)
    place = await place_of_course(uow, int(lessons[0].course_id))
    if place is None:
        return None
    if "teacher" in event.payload:
        return Audience(
            teachers_alone([event.payload["teacher"]]), place.timezone, place.locale, quiet=place.quiet
        )
    links = families_and_teachers(uow, pupils_of_lessons(lessons), ())
    return Audience(links, place.timezone, place.locale, quiet=place.quiet)


async def _load(uow: UnitOfWork, event: Event, children: Sequence[int]) -> Mapping[int, ChangesTold]:
    lessons = await changed_lessons(uow, _lessons(event))
    if event.kind == "timetable_differs":
        lessons = [one for one in lessons if one.kind is not None]
    if not lessons:
        return {}
    names = await names_of(uow, {child for child in children if child})
    found = await lessons_by_child(uow, lessons, names)
    return {**found, 0: ChangesTold(0, "", tuple(lessons))}


def _card(reader: Reader, told: Sequence[ChangesTold]) -> Card:
    t, one, lessons = reader.t, told[0], _each_once(told)
    first = lessons[0].key.on
    if one.child:
        heading = t.plural(
            "{child}: a lesson is changed", "{child}: lessons are changed", len(lessons), child=one.child
        )
    else:
        heading = t.plural("A lesson is changed", "Lessons are changed", len(lessons))
    button = Button(t("Timetable"), taps.timetable(one.child_id, first))
    return Card(heading, tuple(_lines(reader, told)), ((button,),))


def _lines(reader: Reader, told: Sequence[ChangesTold]) -> Sequence[Block]:
    of_teacher = not told[0].child
    return (Listing(tuple(Item(_words(reader.t, one, of_teacher)) for one in _each_once(told))),)


def _each_once(told: Sequence[ChangesTold]) -> list[ChangedLesson]:
    return list({one.key: one for some in told for one in some.lessons}.values())


def _words(t: Translator, one: ChangedLesson, of_teacher: bool) -> str:
    """``25 Nov, lesson 3, Algebra: is cancelled``, with the class for a teacher and the school's own note behind."""
    subject = f"{one.subject} ({one.group})" if one.group else one.subject
    if of_teacher and one.class_name:
        subject = f"{one.class_name} · {subject}"
    where = f"{_place(t, one.key.on, one.key.period)}, {subject}: {_what(t, one)}"
    if one.room and one.kind not in (ChangeKind.ROOM, None):
        where += ", " + t("room {room}", room=one.room)
    return f"{where} ({one.note})" if one.note else where


def _place(t: Translator, day: date, period: int) -> str:
    name = t.date(day, "short")
    return t("{where}, lesson {period}", where=name, period=period) if period else name


def _what(t: Translator, one: ChangedLesson) -> str:
    if one.kind is None:
        return t("as usual after all")
    if one.kind is ChangeKind.CANCELLED:
        return t("cancelled")
    if one.moved_to is not None:
        day, period = one.moved_to
        return t("moved to {day}, lesson {period}", day=t.date(day, "short"), period=period)
    if one.kind is ChangeKind.SUBSTITUTED:
        return t("substituted by {teacher}", teacher=one.teacher)
    return t("in room {room}", room=one.room)


NOTICES = tuple(
    Notice(
        kind=kind,
        plain=TELLINGS["change"],
        urgent=TELLINGS["change"],
        audience=audience,
        load=_load,
        card=_card,
        lines=_lines,
        bundle="change",
    )
    for kind, audience in (("lesson_changed", _changed_to), ("timetable_differs", _differs_to))
)
