"""Tables to take away: CSV that a spreadsheet opens as it is, and takes no cell of for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence

from aiohttp import web

from core.printing.cells import safe_cell

_ROWS_AT_ONCE = 500


def table_file(
    name: str, header: Sequence[str], rows: Iterable[Sequence[str]] | AsyncIterable[Sequence[str]]
) -> web.StreamResponse:
    """An answer that the browser saves; the mark at its beginning tells a spreadsheet that it is UTF-8.

    Rows that are still to be read (see ``core.queries.pages.whole``) go out as they come, however many they are: record
    the export before it begins. What fails on the way breaks the file off, so that no browser takes it for whole.
    """
    body = _streamed(header, rows) if isinstance(rows, AsyncIterable) else _lines([header, *rows], mark=True)
    return web.Response(
        body=body,
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _streamed(header: Sequence[str], rows: AsyncIterable[Sequence[str]]) -> AsyncIterator[bytes]:
    yield _lines([header], mark=True)
    waiting: list[Sequence[str]] = []
    async for row in rows:
        waiting.append(row)
        if len(waiting) == _ROWS_AT_ONCE:
            yield _lines(waiting)
            waiting = []
    if waiting:
        yield _lines(waiting)


def _lines(rows: Iterable[Sequence[str]], *, mark: bool = False) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([[safe_cell(cell) for cell in row] for row in rows])
    return (b"\xef\xbb\xbf" if mark else b"") + out.getvalue().encode()
