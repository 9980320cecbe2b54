"""Announcements: told as their author says, once to each chat; told again to who has not read what asks to be
acknowledged; and to the author, who has not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from core.cards import Block, Button, Card, Note, Text
from core.cards.cut import shorten
from core.db.uow import UnitOfWork
from core.domain.telling import TELLINGS, Held
from core.i18n import Translator
from core.queries.announcements_told import (
    AnnouncementTold,
    announcement_told,
    not_waiting,
    still_unread,
    told_already,
)
from core.queries.audiences import Audience, readers_of, staff_links_of
from core.queries.reach import reach_of
from core.words import RINGING_HEADINGS
from notifier.notices import taps
from notifier.notices.notice import Event, Notice, Reader

_NUDGED = "announcement_nudged"
_SHORT = 600


async def _audience(uow: UnitOfWork, event: Event) -> Audience | None:
    told = await announcement_told(uow, event.payload["announcement"])
    if told is None:
        return None
    links = readers_of(uow, told.readers)
    return Audience(links, told.timezone, told.locale, event.actor_id, told.telling, quiet=told.quiet)


async def _edited_to(uow: UnitOfWork, event: Event) -> Audience | None:
    told = await announcement_told(uow, event.payload["announcement"])
    if told is None:
        return None
    links = await not_waiting(uow, told, event.id)
    return Audience(links, told.timezone, told.locale, event.actor_id, told.telling, quiet=told.quiet)


async def _load(uow: UnitOfWork, event: Event, _children: Sequence[int]) -> Mapping[int, AnnouncementTold]:
    """None for one that was withdrawn meanwhile."""
    told = await announcement_told(uow, event.payload["announcement"])
    return {0: told} if told is not None and not told.withdrawn else {}


def _card(reader: Reader, told: Sequence[AnnouncementTold]) -> Card:
    t, one = reader.t, told[0]
    heading = t("{school}: edited announcement", school=one.school) if one.edited else one.school
    if one.urgency in RINGING_HEADINGS:
        heading = t(RINGING_HEADINGS[one.urgency], heading=heading)
    return Card(
        heading, (*_words(t, one), *_signed(one), *_asked(t, one)), _buttons(t, one), silent=one.silent
    )


def _words(t: Translator, one: AnnouncementTold, most: int | None = None) -> tuple[Block, ...]:
    """The words, and how many files there are to open."""
    text = one.text if most is None else shorten(one.text, most)
    if not text:
        return (Text(t("No words, only files.")),)
    files = (
        (Note(t.plural("{n} file comes with it.", "{n} files come with it.", one.files)),)
        if one.files
        else ()
    )
    return (Text(text), *files)


def _asked(t: Translator, one: AnnouncementTold) -> tuple[Block, ...]:
    return (Note(t("The school asks you to say that you have read it.")),) if one.asks else ()


def _buttons(t: Translator, one: AnnouncementTold) -> tuple[tuple[Button, ...], ...]:
    opened = (Button(t("Open"), taps.announcement(one.id)),)
    if not one.asks:
        return (opened,)
    return ((Button(t("I have read it"), taps.acknowledge(one.id)),), opened)


def _lines(reader: Reader, told: Sequence[AnnouncementTold]) -> Sequence[Block]:
    t = reader.t
    blocks: list[Block] = []
    for one in {one.id: one for one in told}.values():
        # A digest may bring news of two schools together.
        signed = Note(" · ".join(filter(None, (one.author, one.school, t("edited") if one.edited else ""))))
        blocks += [*_words(t, one, _SHORT), signed, *_asked(t, one)]
    return blocks


def _signed(one: AnnouncementTold) -> tuple[Block, ...]:
    return (Note(one.author),) if one.author else ()


# --- taken back -------------------------------------------------------------------------------------------


async def _withdrawn_to(uow: UnitOfWork, event: Event) -> Audience | None:
    """Those who were told of it; what still waits for others lapses by itself."""
    told = await announcement_told(uow, event.payload["announcement"])
    if told is None:
        return None
    links = await told_already(uow, told)
    return Audience(
        links,
        told.timezone,
        told.locale,
        event.actor_id,
        told.telling,
        lapsed=Held.SUPERSEDED,
        quiet=told.quiet,
    )


async def _withdrawn(
    uow: UnitOfWork, event: Event, _children: Sequence[int]
) -> Mapping[int, AnnouncementTold]:
    told = await announcement_told(uow, event.payload["announcement"])
    return {0: told} if told is not None and told.withdrawn else {}


def _withdrawn_card(reader: Reader, told: Sequence[AnnouncementTold]) -> Card:
    t, one = reader.t, told[0]
    words = Text(t("Please take no notice of it any more:"))
    text = shorten(one.text, 200) or t("No words, only files.")
    heading = t("{school}: an announcement was taken back", school=one.school)
    return Card(heading, (words, Text(text), *_signed(one)), silent=one.silent)


# --- again ------------------------------------------------------------------------------------------------


async def _unread_to(uow: UnitOfWork, event: Event) -> Audience | None:
    told = await announcement_told(uow, event.payload["announcement"])
    if told is None:
        return None
    links = await still_unread(uow, told, event.id, until_acknowledged=told.asks and event.kind == _NUDGED)
    again = TELLINGS["news"] if told.telling.kind == "news" else TELLINGS["again"]
    return Audience(
        links, told.timezone, told.locale, told.author_id, again, lapsed=Held.READ, quiet=told.quiet
    )


def _again_card(reader: Reader, told: Sequence[AnnouncementTold]) -> Card:
    t, one = reader.t, told[0]
    heading = (
        t("{school}: please say that you have read it", school=one.school)
        if one.asks
        else t("{school}: please read", school=one.school)
    )
    return Card(heading, (*_words(t, one, _SHORT), *_signed(one)), _buttons(t, one), silent=one.silent)


# --- to the author ----------------------------------------------------------------------------------------


async def _author(uow: UnitOfWork, event: Event) -> Audience | None:
    told = await announcement_told(uow, event.payload["announcement"])
    if told is None or told.author_id is None:
        return None
    return Audience(staff_links_of(told.author_id), told.timezone, told.locale, quiet=told.quiet)


async def _count(
    uow: UnitOfWork, event: Event, _children: Sequence[int]
) -> Mapping[int, tuple[AnnouncementTold, int]]:
    told = await announcement_told(uow, event.payload["announcement"])
    if told is None or told.withdrawn:
        return {}
    today = uow.now.astimezone(ZoneInfo(told.timezone)).date()
    reach = await reach_of(uow, told.readers, today, told.id, author=[told.author_id or 0])
    return {0: (told, len(reach.unread(asks=told.asks)))} if reach.linked else {}


def _count_card(reader: Reader, told: Sequence[tuple[AnnouncementTold, int]]) -> Card:
    t, (one, unread) = reader.t, told[0]
    report = Button(t("Who has read it"), taps.report(one.id))
    return Card(_counted(t, unread), _count_words(t, one, unread), ((report,),))


def _count_lines(reader: Reader, told: Sequence[tuple[AnnouncementTold, int]]) -> Sequence[Block]:
    t = reader.t
    return [
        block for one, unread in told for block in (Text(_counted(t, unread)), *_count_words(t, one, unread))
    ]


def _counted(t: Translator, unread: int) -> str:
    if not unread:
        return t("All who can be told have acknowledged your announcement")
    return t.plural(
        "{n} has not acknowledged your announcement", "{n} have not acknowledged your announcement", unread
    )


def _count_words(t: Translator, one: AnnouncementTold, unread: int) -> tuple[Block, ...]:
    words = Text(shorten(one.text or "…", 200))
    if not unread:
        return (words,)
    return (
        words,
        Note(t("I do not remind them any more by myself. Families without a link are not counted.")),
    )


NOTICES = (
    *(
        Notice(
            kind=kind,
            plain=TELLINGS["news"],
            urgent=TELLINGS["news"],
            audience=audience,
            load=_load,
            card=_card,
            lines=_lines,
        )
        for kind, audience in (("announcement_published", _audience), ("announcement_edited", _edited_to))
    ),
    Notice(
        kind="announcement_withdrawn",
        plain=TELLINGS["news"],
        urgent=TELLINGS["news"],
        audience=_withdrawn_to,
        load=_withdrawn,
        card=_withdrawn_card,
    ),
    *(
        Notice(
            kind=kind,
            plain=TELLINGS["again"],
            urgent=TELLINGS["again"],
            audience=_unread_to,
            load=_load,
            card=_again_card,
            lines=_lines,
        )
        for kind in ("announcement_unread", _NUDGED)
    ),
    Notice(
        kind="announcement_unread_counted",
        plain=TELLINGS["again"],
        urgent=TELLINGS["again"],
        audience=_author,
        load=_count,
        card=_count_card,
        lines=_count_lines,
    ),
)
