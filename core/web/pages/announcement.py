"""/admin/announcements/N: how far one has got, the names behind each number, and what can still be done about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from core.actions.announcements import move_announcement, send_announcement_now, withdraw_announcement
from core.actions.unread import nudge_unread
from core.db.audit import record
from core.errors import Invalid, NotFound
from core.queries.announcements import SPEAKERS
from core.queries.pages import page_from
from core.queries.reach import Family, Reach, Who, reach_of
from core.queries.school_announcements import SchoolAnnouncement, school_announcement
from core.web.page import Page, Visit
from core.web.pages.announcement_form import form_moment
from core.web.pages.announcements import STATES
from core.web.table_file import table_file
from core.words import (
    READER_NAMES,
    audience_words,
    how_words,
    progress_words,
    reader_words,
    size_words,
)


async def show(visit: Visit) -> web.StreamResponse:
    """The report."""
    return await _report(visit)


async def _report(visit: Visit, *, status: int = 200) -> web.StreamResponse:
    one = await school_announcement(visit.uow, visit.office, visit.number())
    t, said, state = visit.t, one.said, one.state(visit.uow.now)
    reach = await _reach(visit, one)
    at = said.published_at.astimezone(visit.school.zone)
    return visit.render(
        "announcement.html",
        status=status,
        one=one,
        said=said,
        state=state,
        states=STATES,
        audience=audience_words(t, said.audience),
        how=how_words(t, said.urgency, silent=said.silent, asks=said.asks),
        size=size_words(t, reach),
        families=len(reach.all),
        numbers=[(who, reader_words(t, who, asks=said.asks), n) for who, n in reach.numbers(asks=said.asks)]
        if state == "out"
        else [],
        reminded=reach.people_unread(asks=said.asks) if state == "out" else 0,
        on=at.date().isoformat(),
        at=f"{at:%H:%M}",
    )


async def _reach(visit: Visit, one: SchoolAnnouncement) -> Reach:
    said, today = one.said, visit.school.today(visit.uow.now)
    author = [said.author_id] if said.author_id else []
    return await reach_of(visit.uow, said.audience, today, said.id, author=author)


# --- the names ----------------------------------------------------------------------------------------------


async def names(visit: Visit) -> web.StreamResponse:
    """A page of the families behind a number."""
    one = await school_announcement(visit.uow, visit.office, visit.number())
    who = _who(visit)
    t, found = visit.t, (await _reach(visit, one)).behind(who, asks=one.said.asks)
    sort = visit.query("sort", 30)
    lines, after = page_from(
        found,
        _by_time(who) if sort.removeprefix("-") == "when" else _by_name,
        descending=sort.startswith("-"),
        after=visit.after,
    )
    return visit.render(
        "announcement_names.html",
        one=one,
        who=who,
        title=reader_words(t, who, asks=one.said.asks),
        count=len(found),
        lines=[(family, progress_words(t, family, who, visit.school.zone)) for family in lines],
        after=after,
    )


async def export(visit: Visit) -> web.StreamResponse:
    """The same families as a table file, all of them; audited."""
    one = await school_announcement(visit.uow, visit.office, visit.number())
    who = _who(visit)
    found = (await _reach(visit, one)).behind(who, asks=one.said.asks)
    async with visit.uow.writing():
        await record(
            visit.uow,
            "announcement_readers.export",
            actor_id=visit.office.officer_id,
            subject=("announcement", one.id),
            after={"who": who, "count": len(found)},
        )
    t = visit.t
    header = [t("Pupils"), t("Adults"), reader_words(t, who, asks=one.said.asks)]
    rows = [
        [
            ", ".join(f"{pupil.name.family} {pupil.name.given}".strip() for pupil in family.pupils),
            ", ".join(adult.name.full_name for adult in family.guardians),
            progress_words(t, family, who, visit.school.zone),
        ]
        for family in sorted(found, key=_by_name)
    ]
    return table_file("readers.csv", header, rows)


def _who(visit: Visit) -> Who:
    """Raises NotFound for a number that the report has not."""
    asked = visit.query("who", 20)
    if asked not in READER_NAMES:
        raise NotFound("page_not_found")
    return asked


def _by_name(family: Family) -> tuple[str, int]:
    return (family.first.name.sort_key, family.first.id)


def _by_time(who: Who) -> Callable[[Family], tuple[str, int]]:
    """By when the first of a family acknowledged, else opened it; who has not comes first."""

    def place(family: Family) -> tuple[str, int]:
        times = [
            moment.isoformat()
            for one in family.everybody
            if (moment := one.acknowledged_at if who == "acknowledged" else one.opened_at) is not None
        ]
        return (min(times, default=""), family.first.id)

    return place


# --- what can be done ---------------------------------------------------------------------------------------


async def nudge(visit: Visit) -> web.StreamResponse:
    """Send it again to who has not read it."""
    return await _do(visit, lambda number: nudge_unread(visit.uow, visit.session.key, number), done="nudged")


async def send_now(visit: Visit) -> web.StreamResponse:
    """Send one now that is for a moment to come."""
    return await _do(
        visit, lambda number: send_announcement_now(visit.uow, visit.session.key, number), done="announced"
    )


async def withdraw(visit: Visit) -> web.StreamResponse:
    """Take it back: nobody sees it any more; of one still to come nobody ever hears."""
    return await _do(
        visit, lambda number: withdraw_announcement(visit.uow, visit.session.key, number), done="withdrawn"
    )


async def move(visit: Visit) -> web.StreamResponse:
    """Send it at another moment."""
    at = form_moment(visit)
    if at is None:
        visit.faults.setdefault("on", visit.t("A schedule needs a day and a time."))
        return await _report(visit, status=400)
    moment = at
    return await _do(
        visit,
        lambda number: move_announcement(visit.uow, visit.session.key, number, moment),
        done="rescheduled",
    )


async def _do(visit: Visit, act: Callable[[int], Awaitable[Any]], *, done: str) -> web.StreamResponse:
    one = await school_announcement(visit.uow, visit.office, visit.number())
    try:
        if one.said.withdrawn:
            raise Invalid("undone_already")
        await act(one.id)
    except Invalid as error:
        visit.faults[""] = _why_not(visit, error)
        return await _report(visit, status=400)
    return visit.go(f"/announcements/{one.id}", done=done)


def _why_not(visit: Visit, error: Invalid) -> str:
    t = visit.t
    words = {
        "undone_already": t("It is withdrawn already."),
        "not_out_yet": t("Nobody has got it yet. Send it now, or wait for its moment."),
        "out_already": t("It has been sent meanwhile."),
        "nudged_already": t("They were reminded less than an hour ago. Please give them a little time."),
        "nudged_enough": t("They were reminded often enough. Please talk to them in another way."),
        "moment_past": t("It has passed already. Choose a moment to come."),
        "moment_far": t("Choose a moment within a year."),
    }
    if error.key not in words:
        raise error
    return words[error.key]


_ONE = r"/announcements/{id:\d{1,18}}"
PAGES = (
    Page("GET", _ONE, show, SPEAKERS),
    Page("GET", _ONE + "/names", names, SPEAKERS),
    Page("POST", _ONE + "/names/export", export, SPEAKERS, needs_code=True),
    Page("POST", _ONE + "/nudge", nudge, SPEAKERS),
    Page("POST", _ONE + "/now", send_now, SPEAKERS),
    Page("POST", _ONE + "/move", move, SPEAKERS),
    Page("POST", _ONE + "/withdraw", withdraw, SPEAKERS),
)
