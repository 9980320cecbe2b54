"""Pictures of every page of the panel, to be looked at: ``python -m tests.support.gallery FOLDER [--only PART]``.

Both themes, 390 and 1280 pixels wide, in every language; files are called ``PAGE-LANGUAGE-WIDTH-THEME.png``.
"""

from __future__ import annotations

import argparse
import base64
import re
import tempfile
from pathlib import Path

from tests.support.chromium import Page, chromium, demo_site
from tests.support.office import come_in, every_address, look_like, set_app

_LANGUAGES, _WIDTHS = ("en", "ru", "th"), (390, 1280)


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="only pages whose address holds this")
    parser.add_argument("--as", dest="name", default="Arkady Lvov", help="whose panel; the administrator's")
    parser.add_argument("--languages", default=",".join(_LANGUAGES))
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, demo_site(Path(folder)) as url, chromium() as page:
        come_in(page, url, given.name)
        set_app(page, url)
        for address in every_address(page, url):
            path = address.removeprefix(url)
            if given.only not in path:
                continue
            for language in given.languages.split(","):
                page.driver.get(f"{address}{'&' if '?' in address else '?'}lang={language}")
                for width in _WIDTHS:
                    for dark in (False, True):
                        look_like(page, width=width, dark=dark)
                        name = re.sub(r"\W+", "_", path.strip("/"))
                        theme = "dark" if dark else "light"
                        _take(page, given.folder / f"{name}-{language}-{width}-{theme}.png")


def _take(page: Page, path: Path) -> None:
    """The whole page, however long."""
    shot = page.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
    path.write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    main()
