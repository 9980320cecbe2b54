"""A school in the panel where something is under way, so that pages which need it can be walked."""

from __future__ import annotations

import io
import zipfile

from aiohttp import FormData

from tests.cast import Cast
from tests.support.panel import PanelBrowser, hidden
from tests.support.registers import SMALL


async def make_lively(panel: PanelBrowser, cast: Cast) -> None:
    """An announcement that is out and a draft of another, and a register that is being looked at."""
    for text in ("Skis on Friday", "Skates on Monday"):
        form = {"audience": f"school.{cast.school_id}", "urgency": "at_once", "text": text}
        path = (await panel.post("/announcements/new", **form)).headers["Location"].removeprefix("/admin")
    seal = hidden(await (await panel.get(path)).text(), "seal")
    assert (await panel.post(f"{path}/send", seal=seal)).status == 303
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, words in SMALL.items():
            archive.writestr(f"{name}.csv", words)
    data = FormData({"csrf": panel.token})
    data.add_field("file", out.getvalue(), filename="school.zip", content_type="application/zip")
    sent = await panel.browser.session.post("/admin/import", data=data, allow_redirects=False)
    assert sent.status == 303
