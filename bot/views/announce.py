"""Writing an announcement: for whom, what it will look like, and that it is out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.views.audience import audience_words, count_words
from bot.views.own_announcements import OwnTap
from core.cards import Block, Button, Card, Facts, Item, Listing, Note, Text
from core.domain.audience_words import Audience
from core.domain.ids import LARGEST_ID, AnnouncementId, PostingId
from core.domain.kinds import AudienceKind
from core.i18n import Translator
from core.queries.reach import Reach

_MOST = 40
Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]


class AnnounceTap(CallbackData, prefix="an"):
    """What to do with the draft ``posting``; ``to`` is an audience's code."""

    do: Literal["to", "choose", "send", "edit", "cancel", "undo", "show"]
    posting: Id
    to: Annotated[str, Field(max_length=28)] = ""


def _tap(posting_id: PostingId, do: Literal["choose", "send", "edit", "cancel", "undo", "show"]) -> str:
    return AnnounceTap(do=do, posting=posting_id).pack()


def audiences_card(t: Translator, posting_id: PostingId, audiences: Sequence[Audience], text: str) -> Card:
    """For whom it is."""
    order = (AudienceKind.SCHOOL, AudienceKind.GRADE, AudienceKind.CLASS, AudienceKind.COURSE)
    ordered = sorted(audiences, key=lambda one: order.index(one.kind))[:_MOST]
    buttons = [
        Button(audience_words(t, one), AnnounceTap(do="to", posting=posting_id, to=one.code).pack())
        for one in ordered
    ]
    rows = [tuple(buttons[i : i + 2]) for i in range(0, len(buttons), 2)]
    blocks: list[Block] = [Text(t("For whom is it?"))]
    if text:
        blocks.append(Text(text))
    rows.append((Button(t("Cancel"), _tap(posting_id, "cancel")),))
    return Card(t("Announcement"), tuple(blocks), tuple(rows))


def ask_text_card(t: Translator, posting_id: PostingId, audience: Audience | None, text: str) -> Card:
    """Asks for the words."""
    blocks: list[Block] = []
    if audience is not None:
        blocks.append(Text(t("For: {audience}", audience=audience_words(t, audience))))
    if text:
        blocks += [Text(t("This is what you wrote:")), Text(text)]
    blocks.append(Note(t("Write it as families should read it; photos and documents may come with it.")))
    return Card(
        t("Write the announcement"),
        tuple(blocks),
        (
            (
                Button(t("Change audience"), _tap(posting_id, "choose")),
                Button(t("Cancel"), _tap(posting_id, "cancel")),
            ),
        ),
    )


def announcement_preview_card(
    t: Translator, posting_id: PostingId, audience: Audience, reach: Reach, text: str, files: Sequence[str]
) -> Card:
    """What will be announced, to how many families."""
    facts = [
        (t("For"), audience_words(t, audience)),
        (t("Reaches"), count_words(t, reach)),
    ]
    if files:
        facts.append((t("Files"), ", ".join(files)))
    return Card(
        t("Announcement: is this right?"),
        (Facts(tuple(facts)), Text(text) if text else Note(t("No words, only files."))),
        (
            (Button(t("Send"), _tap(posting_id, "send")),),
            (
                Button(t("Edit"), _tap(posting_id, "edit")),
                Button(t("Change audience"), _tap(posting_id, "choose")),
            ),
            (Button(t("Cancel"), _tap(posting_id, "cancel")),),
        ),
    )


def published_card(t: Translator, posting_id: PostingId, number: AnnouncementId, audience: Audience) -> Card:
    """That it is out."""
    return Card(
        t("Announced to {audience}", audience=audience_words(t, audience)),
        (
            Note(
                t(
                    "Families find it in /news. Undo takes it back within five minutes; Withdraw works later, too."
                )
            ),
        ),
        (
            (Button(t("Who has read it"), OwnTap(do="open", id=number).pack()),),
            (
                Button(t("Undo"), _tap(posting_id, "undo")),
                Button(t("My announcements"), OwnTap(do="list").pack()),
            ),
        ),
    )


def announcement_help_card(t: Translator, audiences: Sequence[Audience]) -> Card:
    """The words before the colon name nobody that the author may speak to."""
    items = tuple(Item(audience_words(t, one)) for one in audiences[:20])
    return Card(
        t("I do not know that audience"),
        (
            Text(t("You can speak to:")),
            Listing(items),
            Note(t("Like this: /announce 7A: parents' meeting on Friday at six.")),
        ),
    )


def announcement_undone_card(t: Translator) -> Card:
    """After Undo."""
    return Card(t("Undone"), (Text(t("The announcement is taken back; it is shown to nobody any more.")),))
