"""The decisions behind what a chat was told, in words."""

from __future__ import annotations

from datetime import datetime, tzinfo

from core.cards import Card, Item, Listing, Note, Text
from core.domain.kinds import DeliveryState
from core.domain.telling import Held
from core.i18n import Translator
from core.queries.preferences import Decision
from core.words import NEWS_KINDS


def why_card(t: Translator, decisions: tuple[Decision, ...], now: datetime, zone: tzinfo | None) -> Card:
    """The newest decisions, each with its reason."""
    if not decisions:
        return Card(t("Why?"), (Text(t("Nothing was told here yet.")),))
    items = tuple(Item(_line(t, one, now, zone)) for one in decisions)
    return Card(
        t("Why did I (not) get this?"), (Listing(items), Note(t("/settings changes what is told and when.")))
    )


def _line(t: Translator, one: Decision, now: datetime, zone: tzinfo | None) -> str:
    """``24 Nov 2026, 09:10 · Ivan · Poor marks: waits until 07:00, quiet hours``."""
    what = t(NEWS_KINDS[one.kind]) if one.kind in NEWS_KINDS else one.kind
    parts = [t.datetime(one.happened_at, zone), one.child, what]
    return " · ".join(part for part in parts if part) + ": " + _decision(t, one, now, zone)


def _decision(t: Translator, one: Decision, now: datetime, zone: tzinfo | None) -> str:
    at = _when(t, one.at, now, zone) if one.at is not None else ""
    if one.state is DeliveryState.SENT:
        return t("sent at {time}", time=at)
    if one.state is DeliveryState.SENDING:
        return t("on its way")
    if one.state is DeliveryState.FAILED:
        return t("could not be delivered within a day")
    if one.state is DeliveryState.SUPPRESSED:
        return {
            Held.PREFERENCE: t("off in your settings"),
            Held.BLOCKED: t("the bot was blocked in this chat"),
            Held.SUPERSEDED: t("taken back before it was told"),
            Held.READ: t("you had read it by then"),
            Held.EXPIRED: t("too old to be of use"),
            Held.NOTHING: t("there was nothing to tell any more"),
        }.get(_held(one.why), t("not yours to know any more"))
    return {
        Held.NONE: t("goes out in a moment"),
        Held.QUIET_HOURS: t("waits until {time}, quiet hours", time=at),
        Held.DIGEST: t("in your digest at {time}", time=at),
        Held.WEEKLY: t("in your weekly digest, {time}", time=at),
        Held.RETRY_AFTER: t("the messenger asked to wait until {time}", time=at),
    }.get(_held(one.why), t("did not go out, tried again at {time}", time=at))


def _held(why: str) -> Held:
    try:
        return Held(why)
    except ValueError:
        return Held.ERROR


def _when(t: Translator, at: datetime, now: datetime, zone: tzinfo | None) -> str:
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    return t.time(local) if local.date() == today else t.datetime(at, zone)
