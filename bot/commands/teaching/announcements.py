"""/announcements: own ones, how far they got, and the names behind the numbers."""

from __future__ import annotations

from bot.capability import Capability, Turn, posting
from bot.commands.teaching import announce
from bot.views.news import announcement_card
from bot.views.own_announcements import (
    OwnTap,
    ask_withdraw_announcement_card,
    names_card,
    own_announcement_card,
    own_announcements_card,
    withdrawn_announcement_card,
)
from core.actions.announcements import send_announcement_now, withdraw_announcement
from core.actions.unread import nudge_unread
from core.cards import Reply
from core.errors import NotFound
from core.i18n import N_
from core.queries.announcements import Announced, announcement_for, own_announcement, own_announcements
from core.queries.progress import counts_of
from core.queries.reach import Reach, reach_of


async def announcements(turn: Turn, _arguments: str) -> Reply:
    """The newest page."""
    return await _list(turn, 0)


async def on_tap(turn: Turn, tap: OwnTap) -> Reply:
    """The list, one of it, its readers, or a change."""
    if tap.do == "list":
        return await _list(turn, tap.page)
    if tap.do == "drop":
        await withdraw_announcement(turn.uow, turn.chat.key, tap.id)
        return withdrawn_announcement_card(turn.t)
    if tap.do == "now":
        await send_announcement_now(turn.uow, turn.chat.key, tap.id)
        return await _one(turn, tap.id, toast=turn.t("It is on its way."))
    if tap.do == "nudge":
        await nudge_unread(turn.uow, turn.chat.key, tap.id)
        return await _one(
            turn, tap.id, toast=turn.t("They are reminded now; in quiet hours, when those end.")
        )
    if tap.do == "open":
        return await _open(turn, tap.id)
    one = await own_announcement(turn.uow, turn.actor, tap.id)
    if tap.do == "reword":
        return await announce.edit(turn, one)
    if tap.do == "ask":
        return ask_withdraw_announcement_card(turn.t, one)
    return names_card(turn.t, one, await _reach(turn, one), tap, turn.zone)


async def _list(turn: Turn, number: int) -> Reply:
    page = await own_announcements(turn.uow, turn.actor, number)
    counts = await counts_of(turn.uow, [one.id for one in page.items])
    return own_announcements_card(turn.t, page, counts, turn.now, turn.zone)


async def _open(turn: Turn, number: int) -> Reply:
    """One of them; of a course or class that is no longer the author's own, the words alone."""
    try:
        return await _one(turn, number)
    except NotFound:
        one = await announcement_for(turn.uow, turn.actor, number)
        return announcement_card(turn.t, one, turn.zone)


async def _one(turn: Turn, number: int, *, toast: str = "") -> Reply:
    one = await own_announcement(turn.uow, turn.actor, number)
    reach = await _reach(turn, one)
    return own_announcement_card(turn.t, one, reach, turn.now, turn.zone, toast=toast)


async def _reach(turn: Turn, one: Announced) -> Reach:
    author = [one.author_id] if one.author_id else []
    return await reach_of(turn.uow, one.audience, turn.today(), one.id, author=author)


CAPABILITY = Capability(
    name="announcements",
    commands=("announcements",),
    title=N_("My announcements"),
    menu=N_("What I announced, and who has read it"),
    order=232,
    for_whom=posting,
    on_command=announcements,
    tap=OwnTap,
    on_tap=on_tap,
)
