"""/news: what the school, the class and the courses have announced."""

from __future__ import annotations

from dataclasses import replace

from bot.capability import Capability, Turn, linked
from bot.views.news import NewsTap, announcement_card, news_card
from core.actions.receipts import acknowledge, note_opened
from core.cards import File, FileSource, Reply
from core.i18n import N_
from core.queries.announcements import Announced, access_announcement_file, announcement_for, news_for


async def news(turn: Turn, _arguments: str) -> Reply:
    """Headlines; a single one that is new is opened at once."""
    page = await news_for(turn.uow, turn.actor)
    if len(page.items) == 1 and not page.items[0].opened:
        return await _open(turn, page.items[0])
    return news_card(turn.t, page, turn.zone)


async def on_tap(turn: Turn, tap: NewsTap) -> Reply:
    """A page, one announcement, that it is read, or a file."""
    if tap.on == "open":
        return await _open(turn, await announcement_for(turn.uow, turn.actor, tap.id))
    if tap.on == "ack":
        return await _acknowledge(turn, await announcement_for(turn.uow, turn.actor, tap.id))
    if tap.on == "file":
        found = await access_announcement_file(turn.uow, turn.actor, tap.id)
        content = turn.services.files.read(found.sha256)
        return File(found.name, found.media_type, content, source=FileSource(tap.id))
    return news_card(turn.t, await news_for(turn.uow, turn.actor, tap.page), turn.zone)


async def _open(turn: Turn, one: Announced) -> Reply:
    await note_opened(turn.uow, turn.actor, turn.chat.key, one)
    return announcement_card(turn.t, one, turn.zone)


async def _acknowledge(turn: Turn, one: Announced) -> Reply:
    """Once said it stands, whatever message it was said on."""
    at = await acknowledge(turn.uow, turn.actor, turn.chat.key, one)
    said = turn.t("Thank you: the school sees that you have read it.") if at is not None else ""
    shown = replace(one, acknowledged_at=at)
    return announcement_card(turn.t, shown, turn.zone, toast=said)


CAPABILITY = Capability(
    name="news",
    commands=("news",),
    title=N_("News"),
    menu=N_("What the school has announced"),
    order=145,
    for_whom=linked,
    on_command=news,
    tap=NewsTap,
    on_tap=on_tap,
)
