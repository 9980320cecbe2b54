"""Whatever is typed into any field of any form, or written into any address: no fault of ours, and nothing unescaped."""

from __future__ import annotations

import itertools

import pytest
from aiohttp import ClientResponse, FormData
from structlog.testing import capture_logs

from core.web.routes import PAGES
from tests.cast import Cast
from tests.support.browser import Site
from tests.support.lively import make_lively
from tests.support.panel import PanelBrowser, in_panel
from tests.support.walk import LINKED, Form, page_at, walk

_SCRIPT = "<script>alert(7)</script>"
_HOSTILE = (
    f"\"'>{_SCRIPT}",
    "'; DROP TABLE person; --",
    "nul\0inside",
    "9" * 40,
    "-1",
    "1e309",
    "../../etc/passwd%00",
    "line\r\nX-Injected: yes",
    "%s%n{0}{0.__class__}{{1337*7}}${1337*7}",
    "\u202e\U0001f600 ไทย \ud7ff\ufffe",
    "=cmd|' /C calc'!A0",
    "2026-02-30",
)
_LONG = "ы" * 50_000
_AT_ONCE = 3
"""So many of the words are tried in one field; the next field gets others, and hundreds of fields all of them."""
_ENDS_THE_WALK = ("/sign-out", r"/sessions/{id:\d{1,18}}/end", "/code")


async def _is_harmless(response: ClientResponse, about: object) -> None:
    assert response.status < 500, about
    assert "X-Injected" not in response.headers, about
    text = await response.text()
    assert "9359" not in text, ("evaluated", about)
    if response.content_type == "text/html":
        assert _SCRIPT not in text, ("not escaped", about)


async def _send(panel: PanelBrowser, form: Form, name: str, words: str) -> ClientResponse:
    """The form as it stands, with these words in one field."""
    sent = dict(form.fields) | {name: words}
    if name != "ask":
        sent.pop("ask", None)
    if "csrf" in sent and name != "csrf":
        sent["csrf"] = panel.token
    if form.method == "GET":
        return await panel.browser.session.get(form.action, params=sent, allow_redirects=False)
    if not form.files:
        return await panel.browser.session.post(form.action, data=sent, allow_redirects=False)
    data = FormData(sent)
    for one in form.files:
        data.add_field(one, words.encode(errors="replace"), filename="x.csv", content_type="text/csv")
    return await panel.browser.session.post(form.action, data=data, allow_redirects=False)


# On the stricter of the two databases alone: the walk is long.
@pytest.mark.parametrize("database_kind", ["postgres"])
async def test_no_form_field_and_no_parameter_breaks_a_page(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "admin", with_app=True)
    await make_lively(panel, cast)

    async def fetch(address: str) -> tuple[int, str]:
        response = await panel.browser.session.get(address, allow_redirects=False)
        is_page = response.content_type == "text/html" and response.status == 200
        return response.status, await response.text() if is_page else ""

    walked = await walk(fetch, each=1)
    assert not {address: status for address, status in walked.statuses.items() if status >= 400}
    hostile = itertools.cycle((*_HOSTILE, _LONG))
    with capture_logs() as logs:
        for form in walked.forms.values():
            page = page_at(form.method, form.action)
            if page is not None and page.path in _ENDS_THE_WALK:
                continue
            names = sorted({name for name, _ in form.fields} | {*form.files})
            for name in names:
                for words in itertools.islice(hostile, _AT_ONCE):
                    about = (form.method, form.action, name, words[:60])
                    if form.method == "GET" and words is _LONG:
                        continue
                    await _is_harmless(await _send(panel, form, name, words), about)
        for page in PAGES:
            names = sorted(
                walked.parameters.get(page.path, set()) | {"after", "sort", "done", "school", "lang"}
            )
            address = next((one for one in walked.pages if page_at("GET", one) is page), None)
            if page.method != "GET" or address is None:
                continue
            for words in _HOSTILE:
                for given in (names, *([one] for one in names if one != "school")):
                    response = await panel.browser.session.get(
                        address.partition("?")[0],
                        params=dict.fromkeys(given, words),
                        allow_redirects=False,
                    )
                    await _is_harmless(response, (page.path, given, words[:60]))
                    if len(given) > 1 and words is not _HOSTILE[0]:
                        break
    assert not [one for one in logs if one["event"] == "panel.failed"]
    assert (await panel.get("/people")).status == 200, "still signed in, so every page was really asked"


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_every_page_can_be_reached_by_links(site: Site, cast: Cast) -> None:
    """What no link leads to, nobody finds; and no walker of these tests sees it."""
    opened: set[str] = set()
    for name, start in (("admin", "/admin"), ("operator", "/admin/operator")):
        panel = await in_panel(site, cast, name, with_app=True)
        if name == "admin":
            await make_lively(panel, cast)

        async def fetch(address: str, panel: PanelBrowser = panel) -> tuple[int, str]:
            response = await panel.browser.session.get(address, allow_redirects=False)
            return response.status, await response.text() if response.content_type == "text/html" else ""

        opened |= (await walk(fetch, start=start)).opened
    assert sorted(LINKED - opened) == []
