"""The teacher's nudge: lessons of today in which nothing was entered, once, when the day is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.cards import Block, Button, Card, Item, Listing, Note
from core.db.uow import UnitOfWork
from core.domain.drafts import lesson_from_json
from core.domain.telling import TELLINGS, Held
from core.i18n import Translator
from core.queries.audiences import Audience, place_of_school, teachers_alone
from core.queries.empty_lessons import EmptyLesson, empty_lessons
from notifier.notices import taps
from notifier.notices.notice import Event, Notice, Reader

_MOST_BUTTONS = 6


async def _audience(uow: UnitOfWork, event: Event) -> Audience | None:
    place = await place_of_school(uow, event.payload["school"])
    if place is None:
        return None
    return Audience(
        teachers_alone([event.payload["teacher"]]), place.timezone, place.locale, quiet=place.quiet
    )


async def _load(
    uow: UnitOfWork, event: Event, _children: Sequence[int]
) -> Mapping[int, tuple[EmptyLesson, ...]]:
    """Those that are empty still when it is sent."""
    keys = [key for one in event.payload["lessons"] if (key := lesson_from_json(one)) is not None]
    found = await empty_lessons(uow, keys)
    return {0: tuple(found)} if found else {}


def _card(reader: Reader, told: Sequence[tuple[EmptyLesson, ...]]) -> Card:
    t, lessons = reader.t, told[-1]
    buttons = [(Button(_words(t, one), taps.register(one.key)),) for one in lessons[:_MOST_BUTTONS]]
    return Card(t("Nothing entered yet today"), tuple(_lines(reader, told)), tuple(buttons))


def _lines(reader: Reader, told: Sequence[tuple[EmptyLesson, ...]]) -> Sequence[Block]:
    t = reader.t
    return (
        Listing(tuple(Item(_words(t, one)) for one in told[-1])),
        Note(t("Register, topic or marks, whatever fits; a tap opens the lesson. I remind you once a day.")),
    )


def _words(t: Translator, one: EmptyLesson) -> str:
    """``Lesson 2: 7A · Algebra``."""
    subject = f"{one.subject} ({one.group})" if one.group else one.subject
    name = f"{one.class_name} · {subject}" if one.class_name else subject
    return t("Lesson {period}: {name}", period=one.key.period, name=name) if one.key.period else name


NOTICE = Notice(
    kind="lessons_left_empty",
    plain=TELLINGS["nudge"],
    urgent=TELLINGS["nudge"],
    audience=_audience,
    load=_load,
    card=_card,
    lines=_lines,
    empty=Held.NOTHING,
)
