"""Taking a list away as a file: recorded in the audit before it begins, and whole, however long the list is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from aiohttp import web

from core.db.audit import record
from core.queries.pages import Cursor, Page, whole
from core.web.page import Visit
from core.web.table_file import table_file

Line = TypeVar("Line")


async def note_export(visit: Visit, action: str, **facts: object) -> None:
    """That a list is taken away, in the audit."""
    school = {} if visit.page.above else {"school": int(visit.school.id)}
    async with visit.uow.writing():
        await record(visit.uow, action, actor_id=visit.office.officer_id, after={**facts, **school})


async def list_file(
    visit: Visit,
    name: str,
    action: str,
    header: Sequence[str],
    turn: Callable[[Cursor | None], Awaitable[Page[Line]]],
    cells: Callable[[Line], Sequence[str]],
    **facts: object,
) -> web.StreamResponse:
    """The file ``name`` of every line that ``turn`` reads page by page; the action with the facts goes into the audit."""
    await note_export(visit, action, **facts)
    return table_file(name, header, (cells(line) async for line in whole(turn)))
