"""Homework: set, changed, withdrawn; mostly in the evening's digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from core.cards import Block, Button, Card, Item, Listing
from core.cards.cut import shorten
from core.db.uow import UnitOfWork
from core.domain.telling import TELLINGS
from core.i18n import N_, Translator
from core.queries.audiences import Audience, families, names_of, place_of_homework, pupils_of_course
from core.queries.telling import HomeworkTold, homework_courses, homework_told
from notifier.notices import taps
from notifier.notices.notice import Event, Notice, Reader

_HEADINGS = {
    "homework_set": N_("{child}: homework"),
    "homework_edited": N_("{child}: homework was changed"),
    "homework_withdrawn": N_("{child}: homework was withdrawn"),
}


def _ids(event: Event) -> list[int]:
    found = event.payload["homework"]
    return list(found) if isinstance(found, list) else [int(found)]


async def _audience(uow: UnitOfWork, event: Event) -> Audience | None:
    ids = _ids(event)
    place = await place_of_homework(uow, ids[0]) if ids else None
    if place is None:
        return None
    courses = await homework_courses(uow, ids)
    links = families(uow, pupils_of_course(uow, courses))
    return Audience(links, place.timezone, place.locale, event.actor_id, quiet=place.quiet)


async def _load(
    uow: UnitOfWork, event: Event, children: Sequence[int]
) -> Mapping[int, tuple[HomeworkTold, ...]]:
    names = await names_of(uow, children)
    return await homework_told(uow, _ids(event), names, withdrawn=event.kind == "homework_withdrawn")


def _card(kind: str, reader: Reader, told: Sequence[tuple[HomeworkTold, ...]]) -> Card:
    t = reader.t
    heading = t(_HEADINGS[kind], child=told[0][0].child)
    return Card(
        heading,
        tuple(_lines(kind, reader, told)),
        ((Button(t("Homework"), taps.homework(told[0][0].child_id)),),),
    )


def _lines(kind: str, reader: Reader, told: Sequence[tuple[HomeworkTold, ...]]) -> Sequence[Block]:
    t = reader.t
    items = tuple(Item(_words(t, one)) for lines in told for one in lines)
    title = {"homework_edited": t("Changed:"), "homework_withdrawn": t("Withdrawn:")}.get(kind, "")
    if title:
        items = tuple(Item(f"{title} {item.text}") for item in items)
    return (Listing(items),)


def _words(t: Translator, one: HomeworkTold) -> str:
    """``Algebra, for 25 Nov: §12 (30 min)``."""
    text = shorten(one.text, 300) or t("see the files")
    words = t("{subject}, for {day}: {text}", subject=one.subject, day=t.date(one.due_on, "short"), text=text)
    return words + f" ({t.plural('{n} minute', '{n} minutes', one.minutes)})" if one.minutes else words


NOTICES = tuple(
    Notice(
        kind=kind,
        plain=TELLINGS["homework"],
        urgent=TELLINGS["homework"],
        audience=_audience,
        load=_load,
        card=partial(_card, kind),
        lines=partial(_lines, kind),
        bundle=kind,
    )
    for kind in _HEADINGS
)
