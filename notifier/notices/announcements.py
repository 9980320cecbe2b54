"""Announcements: told as they are, once to each chat; an edited one says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.cards import Block, Button, Card, Note, Text
from core.cards.cut import shorten
from core.db.uow import UnitOfWork
from core.domain.telling import TELLINGS
from core.queries.audiences import Audience, place_of_school, readers_of
from core.queries.telling import AnnouncementTold, announcement_told
from notifier.notices import taps
from notifier.notices.notice import Event, Notice, Reader


async def _audience(uow: UnitOfWork, event: Event) -> Audience | None:
    found = await announcement_told(uow, event.payload["announcement"])
    place = await place_of_school(uow, found[0].school_id) if found else None
    if found is None or place is None:
        return None
    return Audience(readers_of(uow, found[0]), place.timezone, place.locale, event.actor_id)


async def _load(uow: UnitOfWork, event: Event, _children: Sequence[int]) -> Mapping[int, AnnouncementTold]:
    found = await announcement_told(uow, event.payload["announcement"])
    return {0: found[1]} if found else {}


def _card(reader: Reader, told: Sequence[AnnouncementTold]) -> Card:
    t, one = reader.t, told[0]
    heading = t("{school}: edited announcement", school=one.school) if one.edited else one.school
    return Card(
        heading,
        (Text(one.text or t("No words, only files.")), *_signed(one)),
        ((Button(t("Open"), taps.announcement(one.id)),),),
    )


def _lines(reader: Reader, told: Sequence[AnnouncementTold]) -> Sequence[Block]:
    t = reader.t
    blocks: list[Block] = []
    for one in told:
        text = shorten(one.text, 600) or t("No words, only files.")
        blocks += [Text(text), *_signed(one)]
    return blocks


def _signed(one: AnnouncementTold) -> tuple[Block, ...]:
    return (Note(one.author),) if one.author else ()


NOTICES = tuple(
    Notice(
        kind=kind,
        plain=TELLINGS["news"],
        urgent=TELLINGS["news"],
        audience=_audience,
        load=_load,
        card=_card,
        lines=_lines,
    )
    for kind in ("announcement_published", "announcement_edited")
)
