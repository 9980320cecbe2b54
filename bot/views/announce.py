"""Writing an announcement: for whom, what it will look like, and that it is out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Annotated, Literal

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.views.own_announcements import OwnTap
from core.cards import Block, Button, Card, Facts, Note, Text
from core.domain.announcing import HowTold
from core.domain.audience_words import Audience
from core.domain.drafts import AnnouncementDraft
from core.domain.ids import LARGEST_ID, AnnouncementId, PostingId
from core.domain.kinds import AudienceKind
from core.i18n import Translator
from core.queries.announcements import Announced
from core.queries.reach import Reach
from core.words import audience_words, count_words, how_words

_MOST = 40
Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]


class AnnounceTap(CallbackData, prefix="an"):
    """What to do with the draft ``posting``; ``to`` is an audience's code, of an option what it becomes: an urgency, 0
    or 1, or a moment in seconds since 1970, 0 for none; for ``ring`` the seal of the draft that was shown."""

    do: Literal[
        "to", "choose", "send", "edit", "cancel", "undo", "show",
        "options", "told", "silent", "asks", "when", "at", "ring",
    ]  # fmt: skip
    posting: Id
    to: Annotated[str, Field(max_length=28)] = ""


def _tap(
    posting_id: PostingId, do: Literal["choose", "send", "edit", "cancel", "undo", "show", "options"]
) -> str:
    return AnnounceTap(do=do, posting=posting_id).pack()


def audiences_card(
    t: Translator, posting_id: PostingId, audiences: Sequence[Audience], text: str, unknown: str = ""
) -> Card:
    """For whom it is; ``unknown`` words name nobody that the author may write to."""
    order = (AudienceKind.SCHOOL, AudienceKind.GRADE, AudienceKind.CLASS, AudienceKind.COURSE)
    ordered = sorted(audiences, key=lambda one: order.index(one.kind))[:_MOST]
    buttons = [
        Button(audience_words(t, one), AnnounceTap(do="to", posting=posting_id, to=one.code).pack())
        for one in ordered
    ]
    rows = [tuple(buttons[i : i + 2]) for i in range(0, len(buttons), 2)]
    blocks: list[Block] = [Text(text)] if text else []
    if unknown:
        blocks.append(Text(t("You cannot write to “{words}”. You can write to:", words=unknown[:60])))
    else:
        blocks.append(Text(t("For whom is it?")))
    rows.append((Button(t("Cancel"), _tap(posting_id, "cancel")),))
    return Card(t("Announcement"), tuple(blocks), tuple(rows))


def ask_text_card(
    t: Translator, posting_id: PostingId, audience: Audience | None, text: str, *, can_go_back: bool
) -> Card:
    """Asks for the words; back to the draft where it can be sent as it is."""
    blocks: list[Block] = []
    if audience is not None:
        blocks.append(Text(t("For: {audience}", audience=audience_words(t, audience))))
    if text:
        blocks += [Text(t("This is what you wrote:")), Text(text)]
    blocks.append(Note(t("Write it as families should read it; photos and documents may come with it.")))
    back = (Button(t("Back"), _tap(posting_id, "show")),)
    out = (
        Button(t("Change audience"), _tap(posting_id, "choose")),
        Button(t("Cancel"), _tap(posting_id, "cancel")),
    )
    return Card(t("Write the announcement"), tuple(blocks), (back, out) if can_go_back else (out,))


def announcement_preview_card(
    t: Translator,
    posting_id: PostingId,
    audience: Audience,
    reach: Reach,
    text: str,
    files: Sequence[str],
    how: HowTold,
    zone: tzinfo | None,
    *,
    asks: bool = False,
) -> Card:
    """What will be announced, to how many families, and how where that is not the usual. ``asks`` says that words are
    taken."""
    facts = [
        (t("For"), audience_words(t, audience)),
        (t("Reaches"), count_words(t, reach)),
    ]
    if told := how_words(t, how.urgency, silent=how.silent, asks=how.asks):
        facts.append((t("How"), told))
    if how.at is not None:
        facts.append((t("Scheduled for"), t.datetime(how.at, zone)))
    if files:
        facts.append((t("Files"), ", ".join(files)))
    return Card(
        t("Announcement: is this right?"),
        (Facts(tuple(facts)), Text(text) if text else _only_files(t), *_may_follow(t, asks=asks)),
        (
            (Button(t("Send"), _tap(posting_id, "send")),),
            (
                Button(t("Edit"), _tap(posting_id, "edit")),
                Button(t("Change audience"), _tap(posting_id, "choose")),
            ),
            (
                Button(t("Options"), _tap(posting_id, "options")),
                Button(t("Cancel"), _tap(posting_id, "cancel")),
            ),
        ),
    )


def _only_files(t: Translator) -> Note:
    return Note(t("No words, only files."))


def _may_follow(t: Translator, *, asks: bool) -> tuple[Note, ...]:
    return (Note(t("Words may follow: just write them.")),) if asks else ()


def reword_card(t: Translator, posting_id: PostingId, draft: AnnouncementDraft) -> Card:
    """Asks for other words for one that is out; Back leads to it."""
    back = OwnTap(do="open", id=draft.edits).pack()
    blocks: list[Block] = [Text(t("This is what it says now:")), Text(draft.over or "…")]
    if draft.text != draft.over:
        blocks += [Text(t("This is what you wrote:")), Text(draft.text)]
    blocks.append(Note(t("Write it as families should read it; photos and documents may come with it.")))
    return Card(
        t("Write the announcement"),
        tuple(blocks),
        ((Button(t("Back"), back), Button(t("Cancel"), _tap(posting_id, "cancel"))),),
    )


def edit_preview_card(
    t: Translator,
    posting_id: PostingId,
    own: Announced,
    text: str,
    files: Sequence[str],
    *,
    asks: bool = False,
    changed: bool = False,
) -> Card:
    """What families read now, and what they would read. ``changed`` says that the first is new to the author."""
    blocks: list[Block] = []
    if changed:
        blocks.append(Note(t("It has changed meanwhile: please look again.")))
    blocks.append(Facts(((t("For"), audience_words(t, own.audience)),)))
    blocks += [Text(t("This is what it says now:")), Text(own.text or "…")]
    is_new = text != own.text
    if is_new:
        blocks += [Text(t("This is what it will say:")), Text(text)]
    if files:
        blocks.append(Facts(((t("New files"), ", ".join(files)),)))
    blocks += _may_follow(t, asks=asks)
    rows: list[tuple[Button, ...]] = []
    if is_new or files:
        rows.append((Button(t("Save"), _tap(posting_id, "send")),))
    rows.append(
        (Button(t("Edit"), _tap(posting_id, "edit")), Button(t("Cancel"), _tap(posting_id, "cancel")))
    )
    return Card(t("Edit: is this right?"), tuple(blocks), tuple(rows))


def edited_card(t: Translator, posting_id: PostingId, own: Announced) -> Card:
    """That the new words are out."""
    return Card(
        t("The announcement is changed"),
        (
            Text(audience_words(t, own.audience)),
            Note(t("Families see it as edited. For five minutes Undo brings the old words back.")),
        ),
        (
            (Button(t("Undo"), _tap(posting_id, "undo")),),
            (
                Button(t("Who has read it"), OwnTap(do="open", id=own.id).pack()),
                Button(t("My announcements"), OwnTap(do="list").pack()),
            ),
        ),
    )


def scheduled_card(
    t: Translator,
    posting_id: PostingId,
    audience: Audience,
    at: datetime,
    zone: tzinfo | None,
) -> Card:
    """That it will be out."""
    facts = ((t("For"), audience_words(t, audience)), (t("Scheduled for"), t.datetime(at, zone)))
    return Card(
        t("The announcement is scheduled"),
        (
            Facts(facts),
            Note(t("Nobody sees it before. Until then you can edit it, send it now or withdraw it.")),
        ),
        (
            (
                Button(t("Undo"), _tap(posting_id, "undo")),
                Button(t("My announcements"), OwnTap(do="list").pack()),
            ),
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


def no_audience_card(t: Translator) -> Card:
    """For somebody who stands in, and has no course or class of the own."""
    return Card(
        t("Announcement"), (Text(t("There is nobody you can write to: you have no course or class.")),)
    )


def announcement_undone_card(t: Translator, own: Announced | None) -> Card:
    """After Undo; ``own`` is one that was edited, and is as it was."""
    if own is None:
        return Card(t("Undone"), (Text(t("The announcement is taken back. Nobody sees it any more.")),))
    button = Button(t("My announcements"), OwnTap(do="list").pack())
    return Card(t("Undone"), (Text(t("It says again what it said before.")),), ((button,),))
