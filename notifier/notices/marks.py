"""Marks: posted, corrected or withdrawn, and an entry that was taken back after families had heard of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.cards import Block, Button, Card, Item, Listing, Text
from core.db.uow import UnitOfWork
from core.domain.telling import TELLINGS
from core.i18n import Translator
from core.queries.audiences import (
    Audience,
    families_of_marks,
    names_of,
    place_of_lesson,
    place_of_mark,
    told_before,
)
from core.queries.telling import MarksTold, MarkTold, effects_of, mark_changed, marks_told
from core.words import MARK_KINDS, mark_value
from notifier.notices import taps
from notifier.notices.notice import Event, Notice, Reader

_MARK, _POOR = TELLINGS["mark"], TELLINGS["poor_mark"]


async def _posted_to(uow: UnitOfWork, event: Event) -> Audience | None:
    effects = await effects_of(uow, event.payload["posting"])
    if not effects.get("marks"):
        return None
    place = await place_of_lesson(uow, effects["lesson"])
    if place is None:
        return None
    links = families_of_marks(uow, effects["marks"], place.scale)
    return Audience(links, place.timezone, place.locale, event.actor_id, quiet=place.quiet)


async def _posted(uow: UnitOfWork, event: Event, children: Sequence[int]) -> Mapping[int, MarksTold]:
    effects = await effects_of(uow, event.payload["posting"])
    return await marks_told(uow, effects.get("marks", ()), children)


def _card(reader: Reader, told: Sequence[MarksTold]) -> Card:
    """All the child's new marks in one message; a poor one is stated like any other."""
    t = reader.t
    count = sum(len(one.marks) for one in told)
    heading = t.plural("{child}: {n} new mark", "{child}: {n} new marks", count, child=told[0].child)
    return Card(
        heading, tuple(_lines(reader, told)), ((Button(t("Grades"), taps.grades(told[0].child_id)),),)
    )


def _lines(reader: Reader, told: Sequence[MarksTold]) -> Sequence[Block]:
    items = tuple(Item(_words(reader.t, mark)) for one in told for mark in one.marks)
    return (Listing(items),)


def _words(t: Translator, mark: MarkTold) -> str:
    """``Algebra: 4 · test · 24 Nov · “clean proof”``."""
    parts = [
        t(MARK_KINDS[mark.kind]) if mark.kind in MARK_KINDS else mark.kind,
        t.date(mark.on, "short"),
        t("“{words}”", words=mark.comment) if mark.comment else "",
    ]
    return " · ".join(
        [f"{mark.subject}: {mark_value(t, mark.value, mark.maximum)}", *(part for part in parts if part)]
    )


async def _changed_to(uow: UnitOfWork, event: Event) -> Audience | None:
    place = await place_of_mark(uow, event.payload["mark"])
    if place is None:
        return None
    links = families_of_marks(uow, [event.payload["mark"]], place.scale)
    return Audience(links, place.timezone, place.locale, event.actor_id, quiet=place.quiet)


async def _changed(uow: UnitOfWork, event: Event, _children: Sequence[int]) -> Mapping[int, MarksTold]:
    return await mark_changed(uow, event.payload["mark"], event.payload["before"])


def _changed_card(reader: Reader, told: Sequence[MarksTold]) -> Card:
    heading = reader.t("{child}: a mark was corrected", child=told[0].child)
    return Card(heading, tuple(_changed_lines(reader, told)))


def _changed_lines(reader: Reader, told: Sequence[MarksTold]) -> Sequence[Block]:
    t = reader.t
    items = []
    for one in told:
        for mark in one.marks:
            day = t.date(mark.on, "short")
            given = {"subject": mark.subject, "day": day, "before": mark.was or ""}
            if one.withdrawn:
                items.append(Item(t("{subject}, {day}: {before} was withdrawn", **given)))
            else:
                words = t(
                    "{subject}, {day}: {value}, was {before}",
                    value=mark_value(t, mark.value, mark.maximum),
                    **given,
                )
                items.append(Item(words))
    return (Listing(tuple(items)),)


async def _undone_to(uow: UnitOfWork, event: Event) -> Audience | None:
    """Only who was told; what still waited is not told any more, for its marks are withdrawn."""
    effects = await effects_of(uow, event.payload["posting"])
    place = await place_of_lesson(uow, effects["lesson"]) if effects else None
    if place is None:
        return None
    links = told_before(uow, f"{event.payload['kind']}:{event.payload['posting']}")
    return Audience(links, place.timezone, place.locale, event.actor_id, quiet=place.quiet)


async def _undone(uow: UnitOfWork, event: Event, children: Sequence[int]) -> Mapping[int, MarksTold]:
    names = await names_of(uow, children)
    return {child: MarksTold(child, name) for child, name in names.items()}


def _undone_card(reader: Reader, told: Sequence[MarksTold]) -> Card:
    return Card(
        reader.t("{child}: an entry was taken back", child=told[0].child), tuple(_undone_lines(reader, told))
    )


def _undone_lines(reader: Reader, _told: Sequence[MarksTold]) -> Sequence[Block]:
    return (
        Text(reader.t("The teacher has taken back an entry of which you were told. The diary is right now.")),
    )


NOTICES = (
    Notice(
        kind="marks_posted",
        plain=_MARK,
        urgent=_POOR,
        audience=_posted_to,
        load=_posted,
        card=_card,
        lines=_lines,
        bundle="marks",
    ),
    Notice(
        kind="mark_changed",
        plain=_MARK,
        urgent=_POOR,
        audience=_changed_to,
        load=_changed,
        card=_changed_card,
        lines=_changed_lines,
        bundle="changed_marks",
    ),
    Notice(
        kind="posting_undone",
        plain=_POOR,
        urgent=_POOR,
        audience=_undone_to,
        load=_undone,
        card=_undone_card,
        lines=_undone_lines,
        bundle="undone",
    ),
)
