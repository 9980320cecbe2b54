"""/admin/journal: what was left empty in the journal, by teacher, class or course."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from core.i18n import N_
from core.queries.journal_quality import SPANS, By, GapLine, JournalQuality, journal_quality
from core.queries.pages import ON_A_PAGE, Cursor
from core.web.page import STATISTICS, Page, Visit
from core.web.table_file import table_file
from core.web.take_away import note_export

BY: dict[By, str] = {"teacher": N_("By teacher"), "class": N_("By class"), "course": N_("By course")}
_NUMBERS = ("empty", "register", "topic", "homework", "marks", "lessons")


@dataclass(frozen=True, slots=True)
class _Asked:
    by: By
    days: int
    teacher_id: int | None
    class_id: int | None


def _asked(visit: Visit) -> _Asked:
    by, days = visit.query("by"), visit.number_asked("days")
    return _Asked(
        by if by in BY else "teacher",
        days if days in SPANS else SPANS[1],
        visit.number_asked("teacher"),
        visit.number_asked("class"),
    )


async def _quality(visit: Visit, asked: _Asked) -> tuple[JournalQuality, list[GapLine]]:
    """The lines are in the order of the address; the emptiest first where it names none."""
    quality = await journal_quality(
        visit.uow,
        visit.office,
        days=asked.days,
        by=asked.by,
        teacher_id=asked.teacher_id,
        class_id=asked.class_id,
    )
    return quality, sorted(quality.lines, key=_order(visit.query("sort", 30)))


def _order(sort: str) -> Callable[[GapLine], tuple[object, ...]]:
    name = sort.removeprefix("-")
    if name == "name":
        return lambda line: (line.name.casefold(), line.more, line.id)
    wanted, sign = (name, -1 if sort.startswith("-") else 1) if name in _NUMBERS else ("empty", -1)
    return lambda line: (sign * getattr(line.gaps, wanted), line.name.casefold(), line.more, line.id)


async def show(visit: Visit) -> web.StreamResponse:
    """A page of lines; all are counted in the same few statements, so a page is a part of them."""
    asked = _asked(visit)
    quality, lines = await _quality(visit, asked)
    if visit.query("sort", 30) == "-name":
        lines.reverse()
    keys = [Cursor(f"{one.name}|{one.more}", one.id) for one in lines]
    begin = keys.index(visit.after) + 1 if visit.after in keys else 0
    following = keys[begin + ON_A_PAGE - 1] if len(lines) > begin + ON_A_PAGE else None
    return visit.render(
        "journal.html",
        quality=quality,
        lines=lines[begin : begin + ON_A_PAGE],
        after=following,
        asked=asked,
        spans=SPANS,
        by_words=BY,
    )


async def export(visit: Visit) -> web.StreamResponse:
    """The same lines as a table file, whole; audited."""
    asked = _asked(visit)
    quality, lines = await _quality(visit, asked)
    await note_export(visit, "journal.export", lines=len(lines), by=asked.by)
    t = visit.t
    header = [
        *(t("Name"), t("Teacher"), t("Lessons"), t("Nothing entered")),
        *(t("No register"), t("No topic"), t("No homework"), t("No marks"), t("From"), t("Until")),
    ]
    span = [quality.since.isoformat(), quality.until.isoformat()]
    rows = [
        [
            *(one.name, one.more),
            *(str(one.gaps.lessons), str(one.gaps.empty), str(one.gaps.register), str(one.gaps.topic)),
            *(str(one.gaps.homework), str(one.gaps.marks), *span),
        ]
        for one in lines
    ]
    return table_file("journal.csv", header, rows)


PAGES = (
    Page("GET", "/journal", show, STATISTICS, entry=(N_("Journal"), 40)),
    Page("POST", "/journal/export", export, STATISTICS, needs_code=True),
)
