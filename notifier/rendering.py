"""From claimed deliveries to messages: who may still know, what happened, one card in the reader's language.

A batch costs a few statements for each event in it, however many chats it goes to: the audience is asked once more
for just these chats, the facts are read once, and readers of one language share a card.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from core.cards import Block, Card, Section
from core.db.deliveries import DueDelivery, Settlement
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState
from core.domain.telling import QUIET, Held, Hours
from core.i18n import N_, Translator, match_locale, translator
from core.queries.audiences import names_of, still_told
from core.queries.children import schools_of
from notifier.notices.notice import Event, News, Notice, Reader
from notifier.quiet import held_until

log = structlog.get_logger(__name__)

DIGESTS = ("digest", "weekly")


@dataclass(slots=True)
class Message:
    """One message to one chat, and the deliveries that it settles."""

    deliveries: list[DueDelivery]
    card: Card

    @property
    def priority(self) -> int:
        """The most urgent of its deliveries decides."""
        return min(one.priority for one in self.deliveries)


@dataclass(slots=True)
class Batch:
    """What a batch comes to: messages to send, deliveries settled without one, and those that could not be made."""

    messages: list[Message] = field(default_factory=list)
    settled: list[Settlement] = field(default_factory=list)
    failed: list[DueDelivery] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Known:
    """An event with what is known of it: the chats and children still entitled, the facts by child."""

    notice: Notice
    entitled: frozenset[tuple[int, int]]
    facts: Mapping[int, News]
    timezone: str
    locale: str
    lapsed: Held = Held.UNLINKED
    is_over: bool = False
    quiet: Hours = QUIET


async def render(uow: UnitOfWork, notices: Mapping[str, Notice], due: Sequence[DueDelivery]) -> Batch:
    """The batch's messages in the order of its deliveries."""
    batch, now = Batch(), uow.now
    known: dict[int, _Known | None] = {}
    for event_id, deliveries in _by(due, lambda one: one.event_id).items():
        try:
            known[event_id] = await _known(uow, notices, deliveries)
        except Exception:
            log.exception("notice.load_failed", event=event_id, kind=deliveries[0].event_kind)
            known[event_id] = None
    children = await names_of(uow, {one.child_id for one in due if one.child_id})
    schools = await schools_of(uow, {one.child_id for one in due if one.child_id and one.bundle in DIGESTS})
    cards: dict[Any, Card] = {}
    for deliveries in _by(due, lambda one: (one.chat_id, one.bundle or one.id)).values():
        told: list[DueDelivery] = []
        for one in deliveries:
            event = known[one.event_id]
            if event is None:
                batch.failed.append(one)
            elif event.is_over:
                batch.settled.append(Settlement(one.id, DeliveryState.SUPPRESSED, Held.EXPIRED.value))
            elif (one.chat_id, one.child_id) not in event.entitled:
                batch.settled.append(Settlement(one.id, DeliveryState.SUPPRESSED, event.lapsed.value))
            elif one.child_id not in event.facts:
                batch.settled.append(Settlement(one.id, DeliveryState.SUPPRESSED, event.notice.empty.value))
            else:
                told.append(one)
        if not told:
            continue
        first = known[told[0].event_id]
        assert first is not None
        locale = told[0].locale or match_locale(first.locale) or "en"
        zone = told[0].timezone or first.timezone
        if (until := held_until(told, zone, first.quiet, now)) is not None:
            why = Held.QUIET_HOURS.value
            batch.settled += [
                Settlement(one.id, DeliveryState.PENDING, why, retry_at=until, counts=False) for one in told
            ]
            continue
        key = (locale, zone, told[0].bundle, tuple((one.event_id, one.child_id) for one in told))
        if key not in cards:
            reader = Reader(translator(locale), ZoneInfo(zone))
            try:
                cards[key] = _card(reader, told, known, children, schools)
            except Exception:
                log.exception("notice.render_failed", deliveries=[one.id for one in told])
                batch.failed += told
                continue
        batch.messages.append(Message(told, cards[key]))
    return batch


async def _known(
    uow: UnitOfWork, notices: Mapping[str, Notice], deliveries: Sequence[DueDelivery]
) -> _Known | None:
    one = deliveries[0]
    notice = notices[one.event_kind]
    event = Event(one.event_id, one.event_kind, one.payload, one.actor_id, one.happened_at)
    if event.until is not None and event.until <= uow.now:
        return _Known(notice, frozenset(), {}, "UTC", "en", is_over=True)
    audience = await notice.audience(uow, event)
    if audience is None:
        return _Known(notice, frozenset(), {}, "UTC", "en")
    entitled = await still_told(uow, audience, {delivery.chat_id for delivery in deliveries})
    children = sorted({delivery.child_id for delivery in deliveries})
    facts = await notice.load(uow, event, children) if entitled else {}
    place = audience.timezone, audience.locale
    return _Known(notice, entitled, facts, *place, audience.lapsed, quiet=audience.quiet)


def _card(
    reader: Reader,
    told: Sequence[DueDelivery],
    known: Mapping[int, _Known | None],
    children: Mapping[int, str],
    schools: Mapping[int, str],
) -> Card:
    if told[0].bundle not in DIGESTS:
        event = known[told[0].event_id]
        assert event is not None
        return event.notice.card(reader, _facts(told, known))
    t = reader.t
    title = t("Your day at school") if told[0].bundle == "digest" else t("Your week at school")
    by_child = _by(told, lambda one: one.child_id)
    of_family = {schools.get(child, "") for child in by_child if child}
    sections: list[Block] = []
    for child_id in sorted(by_child, key=lambda child: (not child, children.get(child, ""))):
        topics = _topics(reader, by_child[child_id], known)
        if not child_id:
            # What is for everybody stands below the children, under a heading of its own.
            for topic, blocks in topics:
                sections += [_section(t, topic, blocks)] if len(by_child) > 1 else blocks
            continue
        name = children.get(child_id, "")
        if len(of_family) > 1 and schools.get(child_id):
            name = f"{name} · {schools[child_id]}"
        if len(topics) == 1:
            sections.append(Section(name, topics[0][1], open=True))
        else:
            blocks = tuple(_section(t, topic, blocks) for topic, blocks in topics)
            sections.append(Section(name, blocks, open=True))
    return Card(title, tuple(sections))


_TOPICS: Mapping[str, str] = {
    "change": N_("Timetable"),
    "poor_mark": N_("Marks"),
    "homework": N_("Homework"),
    "absence": N_("Attendance"),
    "news": N_("News"),
    "balance": N_("Canteen"),
    "week": N_("The week"),
}
"""The parts of a digest in their order, by the most urgent kind of news that each may be."""


def _topics(
    reader: Reader, told: Sequence[DueDelivery], known: Mapping[int, _Known | None]
) -> list[tuple[str, tuple[Block, ...]]]:
    """What is to be said, by topic; what belongs to none comes last, without a heading."""
    by_topic: dict[str, list[Block]] = {}
    for deliveries in _by(told, lambda one: one.event_kind).values():
        event = known[deliveries[0].event_id]
        assert event is not None
        notice, facts = event.notice, _facts(deliveries, known)
        lines = notice.lines(reader, facts) if notice.lines else notice.card(reader, facts).blocks
        by_topic.setdefault(notice.urgent.kind if notice.urgent.kind in _TOPICS else "", []).extend(lines)
    return [(topic, tuple(by_topic[topic])) for topic in (*_TOPICS, "") if topic in by_topic]


def _section(t: Translator, topic: str, blocks: tuple[Block, ...]) -> Block:
    return Section(t(_TOPICS[topic]) if topic else t("Also"), blocks, open=True)


def _facts(told: Sequence[DueDelivery], known: Mapping[int, _Known | None]) -> list[News]:
    found = []
    for one in told:
        event = known[one.event_id]
        assert event is not None
        found.append(event.facts[one.child_id])
    return found


def _by(items: Sequence[DueDelivery], key: Any) -> dict[Any, list[DueDelivery]]:
    groups: dict[Any, list[DueDelivery]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups
