"""How an announcement is to be told: the card of its options, the moment it is for, and "are you sure"."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo

from bot.views.announce import AnnounceTap
from core.cards import Block, Button, Card, Facts, Note, Text
from core.domain.announcing import HowTold
from core.domain.audience_words import Audience
from core.domain.drafts import AnnouncementDraft
from core.domain.ids import PostingId
from core.domain.kinds import Urgency
from core.domain.spoken_moments import Offered
from core.i18n import N_, Translator
from core.queries.reach import Reach
from core.words import URGENCY_NAMES, audience_words, count_words

_OFFERED: Mapping[Offered, str] = {
    Offered.IN_AN_HOUR: N_("In an hour: {time}"),
    Offered.THIS_EVENING: N_("This evening: {time}"),
    Offered.TOMORROW: N_("Tomorrow: {time}"),
    Offered.MONDAY: N_("Monday: {time}"),
}


def options_card(
    t: Translator, posting_id: PostingId, how: HowTold, zone: tzinfo | None, *, may_ring: bool
) -> Card:
    """What is chosen, and a tap for each choice; only what fits it is offered. ``may_ring`` offers Urgent and
    Emergency."""

    def choice(urgency: Urgency) -> Button:
        label = ("• " if how.urgency is urgency else "") + t(URGENCY_NAMES[urgency][0])
        return Button(label, AnnounceTap(do="told", posting=posting_id, to=urgency.value).pack())

    blocks: list[Block] = [Text(t(URGENCY_NAMES[how.urgency][1]))]
    rows: list[tuple[Button, ...]] = [(choice(Urgency.AT_ONCE), choice(Urgency.DIGEST))]
    if may_ring:
        rows.append((choice(Urgency.URGENT), choice(Urgency.EMERGENCY)))
    if how.urgency is Urgency.AT_ONCE:
        silent = AnnounceTap(do="silent", posting=posting_id, to=str(int(not how.silent))).pack()
        rows.append((Button(_box(t("Send silently"), is_on=how.silent), silent),))
    if how.urgency is not Urgency.DIGEST:
        asks = AnnounceTap(do="asks", posting=posting_id, to=str(int(not how.asks))).pack()
        rows.append((Button(_box(t("Ask to acknowledge"), is_on=how.asks), asks),))
    if how.asks:
        blocks.append(Note(t("Who does not read it is reminded up to three times.")))
    if how.urgency is not Urgency.EMERGENCY:
        label = t("Scheduled for {time}", time=t.datetime(how.at, zone)) if how.at else t("Schedule for …")
        rows.append((Button(label, AnnounceTap(do="when", posting=posting_id).pack()),))
    rows.append((Button(t("Back"), AnnounceTap(do="show", posting=posting_id).pack()),))
    return Card(t("How shall it be told?"), tuple(blocks), tuple(rows))


def _box(label: str, *, is_on: bool) -> str:
    return f"{'☑' if is_on else '☐'} {label}"


def moments_card(
    t: Translator,
    posting_id: PostingId,
    how: HowTold,
    offered: Mapping[Offered, datetime],
    zone: tzinfo | None,
) -> Card:
    """A few moments to choose from; any other can be written."""

    def at(moment: datetime | None) -> str:
        return AnnounceTap(
            do="at", posting=posting_id, to=str(int(moment.timestamp())) if moment else "0"
        ).pack()

    rows = [
        (Button(t(_OFFERED[one], time=t.time(moment.astimezone(zone))), at(moment)),)
        for one, moment in offered.items()
    ]
    if how.at is not None:
        rows.append((Button(t("Do not schedule it"), at(None)),))
    rows.append((Button(t("Back"), AnnounceTap(do="options", posting=posting_id).pack()),))
    blocks = (
        Text(t("When shall it be sent? Nobody sees it before.")),
        Note(t("Or write the moment, like “tomorrow 8:00” or “27.11 18:00”.")),
    )
    return Card(t("Schedule for …"), blocks, tuple(rows))


def sure_card(
    t: Translator, posting_id: PostingId, audience: Audience, reach: Reach, draft: AnnouncementDraft
) -> Card:
    """Asked before every phone rings; Yes is for just what is shown."""
    families = sum(one.linked for one in reach.families)
    blocks: list[Block] = [
        Text(
            t.plural(
                "This rings every phone now, also at night: {n} family.",
                "This rings every phone now, also at night: {n} families.",
                families,
            )
        ),
        Facts(((t("For"), audience_words(t, audience)), (t("Reaches"), count_words(t, reach)))),
    ]
    if draft.text:
        blocks.append(Text(draft.text))
    return Card(
        t("Emergency: are you sure?"),
        tuple(blocks),
        (
            (
                Button(
                    t("Ring every phone now"),
                    AnnounceTap(do="ring", posting=posting_id, to=draft.seal).pack(),
                ),
            ),
            (Button(t("Back"), AnnounceTap(do="show", posting=posting_id).pack()),),
        ),
    )
