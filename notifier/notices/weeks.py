"""The week in review, in Sunday's digest: marks and averages, lessons missed, beside the week before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from core.cards import Block, Button, Card, Item, Listing, Text
from core.db.uow import UnitOfWork
from core.domain.telling import TELLINGS, Held
from core.i18n import Translator
from core.queries.audiences import Audience, families, names_of, place_of_school
from core.queries.weeks import SubjectWeek, WeekTold, pupils_with_a_week, weeks_told
from core.words import average_words, mark_value
from notifier.notices import taps
from notifier.notices.notice import Event, Notice, Reader


def _monday(event: Event) -> date:
    return date.fromisoformat(event.payload["monday"])


async def _audience(uow: UnitOfWork, event: Event) -> Audience | None:
    place = await place_of_school(uow, event.payload["school"])
    if place is None:
        return None
    links = families(uow, pupils_with_a_week(place.school_id, _monday(event)))
    return Audience(links, place.timezone, place.locale, quiet=place.quiet)


async def _load(uow: UnitOfWork, event: Event, children: Sequence[int]) -> Mapping[int, WeekTold]:
    names = await names_of(uow, children)
    return await weeks_told(uow, event.payload["school"], _monday(event), names)


def _card(reader: Reader, told: Sequence[WeekTold]) -> Card:
    one = told[-1]
    heading = reader.t("{child}: the week", child=one.child)
    button = Button(reader.t("Grades"), taps.grades(one.child_id))
    return Card(heading, tuple(_lines(reader, told)), ((button,),))


def _lines(reader: Reader, told: Sequence[WeekTold]) -> Sequence[Block]:
    t, one = reader.t, told[-1]
    blocks: list[Block] = [Text(_days(t, one))]
    items = [Item(_subject(t, one.scale, subject)) for subject in one.subjects]
    if one.missed or one.missed_before:
        items.append(Item(_missed(t, one)))
    if one.late:
        items.append(Item(t.plural("Late for {n} lesson", "Late for {n} lessons", one.late)))
    return (*blocks, Listing(tuple(items)))


def _days(t: Translator, one: WeekTold) -> str:
    return f"{t.date(one.since, 'short')} – {t.date(one.since + timedelta(days=6), 'short')}"


def _subject(t: Translator, scale_key: str, one: SubjectWeek) -> str:
    """``Algebra: 5, 4 · average 4.50 ↑ from 4.40``."""
    marks = ", ".join(mark_value(t, value, maximum) for value, maximum in one.marks)
    words = f"{one.subject}: {marks}"
    if one.average is None:
        return words
    now = average_words(t, scale_key, one.average, in_percent=one.in_percent)
    if one.before is None:
        return f"{words} · " + t("average {now}", now=now)
    before = average_words(t, scale_key, one.before, in_percent=one.in_percent)
    if now == before:
        return f"{words} · " + t("average {now}, as before", now=now)
    arrow = "↑" if one.average > one.before else "↓"
    return f"{words} · " + t("average {now} {arrow} from {before}", now=now, arrow=arrow, before=before)


def _missed(t: Translator, one: WeekTold) -> str:
    """``Missed 2 lessons, 1 the week before``."""
    if not one.missed:
        return t("No lesson missed, {n} the week before", n=one.missed_before)
    words = t.plural("Missed {n} lesson", "Missed {n} lessons", one.missed)
    if one.missed == one.missed_before:
        return words + ", " + t("as many as the week before")
    return words + ", " + t("{n} the week before", n=one.missed_before)


NOTICE = Notice(
    kind="week_reviewed",
    plain=TELLINGS["week"],
    urgent=TELLINGS["week"],
    audience=_audience,
    load=_load,
    card=_card,
    lines=_lines,
    empty=Held.NOTHING,
)
