"""Tables to take away: CSV that a spreadsheet opens as it is, and takes no cell of for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from aiohttp import web

from core.printing.cells import safe_cell


def table_file(name: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> web.StreamResponse:
    """An answer that the browser saves; the mark at its beginning tells a spreadsheet that it is UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([[safe_cell(cell) for cell in row] for row in rows])
    return web.Response(
        body=b"\xef\xbb\xbf" + out.getvalue().encode(),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
