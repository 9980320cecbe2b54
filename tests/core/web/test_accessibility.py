"""axe on every page of the panel, on a phone and a desk, light and dark: no serious fault. Skipped without Chromium."""

from __future__ import annotations

from pathlib import Path

import axe_core_python
import pytest

from tests.support.chromium import CHROMIUM, DRIVER, chromium, demo_site
from tests.support.office import come_in, every_address, look_like, set_app

pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no Chromium with its driver here")
_AXE = Path(axe_core_python.__file__).parent / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
_RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, {runOnly: {type: "tag", values: arguments[0]}, resultTypes: ["violations"]}).then(found => done(
  found.violations.filter(one => ["serious", "critical"].includes(one.impact)).map(one =>
    one.id + ": " + one.nodes.slice(0, 3).map(node => node.html.slice(0, 160)).join(" | "))
)).catch(fault => done([String(fault)]));
"""


def test_no_page_has_a_serious_fault(tmp_path: Path) -> None:
    axe = _AXE.read_text(encoding="utf-8")
    faults: dict[str, list[str]] = {}
    with demo_site(tmp_path) as url, chromium() as page:
        come_in(page, url, "Arkady Lvov")
        set_app(page, url)
        for address in every_address(page, url):
            page.driver.get(address)
            page.script(axe)
            for width, dark in ((1280, False), (390, True)):
                look_like(page, width=width, dark=dark)
                found = page.driver.execute_async_script(_RUN, _RULES)
                if page.overflow() > 0:
                    found.append(f"hangs over the edge by {page.overflow()} px")
                if found:
                    faults[f"{address.removeprefix(url)} at {width}, {'dark' if dark else 'light'}"] = found
    assert not faults, "\n".join(f"{where}: {what}" for where, what in faults.items())
