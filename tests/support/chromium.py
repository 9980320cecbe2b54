"""A real Chromium on a demo site: what the tests in a browser share."""

from __future__ import annotations

import asyncio
import atexit
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.ui import WebDriverWait

from bot.app import open_app
from bot.channels.site import build_site
from core.clock import ShiftedClock
from core.db.engine import Database
from core.db.migrate import migrate
from core.files import FileStore
from core.importing.demo import make_demo_school
from core.settings import Settings
from tests.support.browser import open_site

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
STILL = "--force-prefers-reduced-motion"
MOMENT = datetime(2026, 11, 24, 6, 10, tzinfo=UTC)


@contextmanager
def demo_site(folder: Path, *, telling: bool = False) -> Iterator[str]:
    """The address of the demo site, served by a thread of its own; ``telling`` with a notifier that runs beside it."""
    started, found, stop = threading.Event(), [], asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        address = f"sqlite+aiosqlite:///{folder / 'demo.db'}"
        database = Database(address)
        await migrate(database)
        files = FileStore(folder / "files")
        await make_demo_school(database, around=MOMENT, pupils_in_class=6, files=files)
        await database.close()
        settings = Settings(_env_file=None, database_url=address, var_dir=folder)
        async with open_site(settings, ShiftedClock(MOMENT), demo=True) as site:
            found.append(site.url)
            loops.append(asyncio.get_running_loop())
            started.set()
            notifier = asyncio.create_task(site.app.notifier.run()) if telling else None
            await stop.wait()
            if notifier:
                site.app.notifier.stop()
                await notifier

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert started.wait(30)
    try:
        yield found[0]
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(10)


def tell_now(folder: Path) -> None:
    """Deliver what the demo site has to tell, as if ten minutes had passed."""

    async def tell() -> None:
        address = f"sqlite+aiosqlite:///{folder / 'demo.db'}"
        settings = Settings(_env_file=None, database_url=address, var_dir=folder)
        async with open_app(settings, clock=ShiftedClock(MOMENT + timedelta(minutes=10))) as app:
            build_site(app)
            await app.notifier.run_once()

    asyncio.run(tell())


class Page:
    """A window on the chat."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def wait(self, what: Callable[[Any], Any]) -> Any:
        # A message that is edited in place is drawn anew: what was found a moment ago may be gone.
        return WebDriverWait(
            self.driver, 15, 0.05, ignored_exceptions=[StaleElementReferenceException]
        ).until(what)

    def all(self, selector: str) -> list[WebElement]:
        return list(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def enter(self, url: str, name: str, language: str = "en") -> None:
        self.driver.get(f"{url}/?lang={language}")
        next(one for one in self.all(".personas button") if name in one.text).click()
        self.wait(lambda _: self.all("#messages .from-school"))

    def say(self, text: str) -> Any:
        before = len(self.all("#messages .from-school"))
        self.driver.find_element(By.ID, "text").send_keys(text, Keys.ENTER)
        # A message that is still fading in has no text yet as far as the driver can see.
        return self.wait(
            lambda _: (
                len(found := self.all("#messages .from-school")) > before and found[-1].text and found[-1]
            )
        )

    def tap(self, label: str) -> None:
        """Press the newest button whose label begins so, and wait until it is gone or marked."""
        button = self.button(label)
        self.script("arguments[0].focus({preventScroll: true})", button)
        button.send_keys(Keys.ENTER)
        self.wait(expected_conditions.staleness_of(button))

    def button(self, label: str) -> WebElement:
        """The newest button whose label begins so."""
        found = [one for one in self.all("[data-tap]") if one.text.lstrip("• ").startswith(label)]
        assert found, f"no button {label!r}"
        return found[-1]

    def script(self, code: str, *arguments: object) -> Any:
        return self.driver.execute_script(code, *arguments)

    def newest_heading(self) -> str:
        return self.all("#messages .card-heading")[-1].text

    def is_seen_from_its_heading(self) -> bool:
        """Whether the newest answer's heading stands in the window, below the bar."""
        top, bar, bottom = self.script(
            "const head = [...document.querySelectorAll('#messages .card-heading')].at(-1).getBoundingClientRect();"
            "const stage = document.getElementById('stage').getBoundingClientRect();"
            "return [head.top, stage.top, stage.bottom];"
        )
        return bool(bar <= top < bottom - 20)

    def focused(self) -> str:
        return str(self.driver.switch_to.active_element.text)

    def overflow(self) -> int:
        return int(
            self.driver.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
        )


_IDLE: list[webdriver.Chrome] = []


@contextmanager
def chromium(width: int = 1280, height: int = 800) -> Iterator[Page]:
    """One as good as new. To start one takes longer than most of what is done in it, so it is wiped and kept for the next;
    one in which a test failed is not."""
    driver = _IDLE.pop() if _IDLE else _start()
    try:
        driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        yield Page(driver)
        _wipe(driver)
    except BaseException:
        driver.quit()
        raise
    _IDLE.append(driver)


def _start() -> webdriver.Chrome:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", STILL):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service(DRIVER))


def _wipe(driver: webdriver.Chrome) -> None:
    first, *others = driver.window_handles
    for window in others:
        driver.switch_to.window(window)
        driver.close()
    driver.switch_to.window(first)
    driver.execute_script("localStorage.clear(); sessionStorage.clear();")
    driver.get("about:blank")
    for command, given in (
        ("Network.clearBrowserCookies", {}),
        ("Network.clearBrowserCache", {}),
        ("Emulation.setEmulatedMedia", {"features": []}),
        ("Page.resetNavigationHistory", {}),
    ):
        driver.execute_cdp_cmd(command, given)
    driver.get_log("browser")


@atexit.register
def _quit() -> None:
    for driver in _IDLE:
        driver.quit()
