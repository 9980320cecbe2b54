"""The panel in a real browser: in by the chat's link, every page by its links, at any width and in either theme."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pyotp
from selenium.webdriver.common.keys import Keys

from tests.support.chromium import MOMENT, Page
from tests.support.walk import page_at, walk


def come_in(page: Page, url: str, name: str) -> None:
    """By the link that the chat gives, as anybody does."""
    page.enter(url, name)
    page.say("/admin")
    link = page.all("#messages a.button")[-1].get_attribute("href")
    page.driver.get(f"{url}/admin/enter?{link.partition('?')[2]}")
    page.all("button.primary")[0].click()
    page.wait(lambda _: page.all("nav.tabs"))


def set_app(page: Page, url: str) -> None:
    """An authenticator app for whoever is in: some pages want one. The demo site must be new."""
    page.driver.get(f"{url}/admin/account")
    secret = page.all("input[name=secret]")[0].get_attribute("value")
    page.all("input[name=code]")[0].send_keys(pyotp.TOTP(secret).at(MOMENT), Keys.ENTER)
    page.wait(lambda _: page.all(".done"))


_FETCH = """
const done = arguments[arguments.length - 1];
fetch(arguments[0], {redirect: "manual"}).then(async answer => done(
  [answer.status, (answer.headers.get("Content-Type") || "").startsWith("text/html") ? await answer.text() : ""]
)).catch(() => done([0, ""]));
"""


def every_address(page: Page, url: str, *, each: int = 1) -> Sequence[str]:
    """An address of every page that whoever is signed in reaches by links, whole."""

    async def fetch(address: str) -> tuple[int, str]:
        status, text = page.driver.execute_async_script(_FETCH, url + address)
        return int(status), str(text) if status == 200 else ""

    walked = asyncio.run(walk(fetch, each=each))
    by_page: dict[str, list[str]] = {}
    for address in sorted(walked.pages, key=lambda one: "?" in one):
        if (found := page_at("GET", address)) is not None:
            by_page.setdefault(found.path, []).append(address)
    return [url + address for addresses in by_page.values() for address in addresses[:each]]


def look_like(page: Page, *, width: int, dark: bool) -> None:
    """Make the window so wide and the device's theme this one; a page loaded before takes both up at once."""
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600},
    )
    theme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [theme]})
