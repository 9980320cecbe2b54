"""The panel in a real browser: skipped where there is no Chromium; CI installs one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.support.chromium import CHROMIUM, DRIVER, Page, chromium, demo_site
from tests.support.registers import SMALL, write_zip

pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no Chromium with its driver here")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo site."""
    with demo_site(tmp_path_factory.mktemp("panel")) as address:
        yield address


def _come_in(page: Page, url: str, name: str) -> None:
    """By the link that the chat gives, as anybody does."""
    page.enter(url, name)
    page.say("/admin")
    link = page.all("#messages a.button")[-1].get_attribute("href")
    page.driver.get(f"{url}/admin/enter?{link.partition('?')[2]}")
    page.all("button.primary")[0].click()
    page.wait(lambda _: page.all("nav.tabs"))


def _press(page: Page, label: str) -> None:
    next(one for one in page.all("main button") if one.text == label).click()


def test_the_office_finds_a_mother_unlinks_her_and_her_old_button_dies(url: str) -> None:
    with chromium() as chat, chromium(390, 844) as page:
        chat.enter(url, "Anna Petrova")
        chat.say("/grades")
        _come_in(page, url, "Arkady Lvov")
        page.driver.get(f"{url}/admin/people?search=anna+petrova")
        page.all("table.people tbody a")[0].click()
        page.wait(lambda _: "Anna Petrova" in page.all("h1")[0].text)
        assert page.overflow() <= 0, "nothing hangs over the edge"
        _press(page, "Unlink")
        page.driver.switch_to.alert.accept()
        page.wait(lambda _: page.all(".done"))
        # The chat's page loads itself anew when its links change: its old buttons are still there.
        chat.driver.refresh()
        chat.wait(lambda _: chat.all("[data-tap]"))
        before = len(chat.all("#messages .from-school"))
        chat.button("Algebra").send_keys(Keys.ENTER)
        chat.wait(lambda _: chat.all("#toast")[0].text)
        assert len(chat.all("#messages .from-school")) == before, "nothing more is shown"
        assert [one for one in page.driver.get_log("browser") if one["level"] == "SEVERE"] == []


def test_a_class_gets_slips_and_a_code_of_them_opens_the_chat(url: str) -> None:
    with chromium() as page, chromium(390, 844) as phone:
        _come_in(page, url, "Svetlana Zueva")
        page.driver.get(f"{url}/admin/invitations")
        _press(page, "Make the slips")
        page.wait(lambda driver: len(driver.window_handles) == 2)
        page.driver.switch_to.window(page.driver.window_handles[1])
        page.wait(lambda _: "Valid until" in page.all("body")[0].text)
        code = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}", page.all("body")[0].text)
        assert code
        phone.driver.get(url)
        phone.driver.find_element(By.ID, "code").send_keys(code[0])
        next(one for one in phone.all(".code-form button")).click()
        phone.wait(lambda _: "Is that you?" in phone.all("body")[0].text)


def test_an_import_with_a_bad_row_is_looked_at_applied_and_remembered(url: str, tmp_path: Path) -> None:
    with chromium() as page:
        _come_in(page, url, "Arkady Lvov")
        orgs = SMALL["orgs"].replace("Harbour School", page.all("p.school")[0].text)
        enrollments = SMALL["enrollments"].replace("alg7,s1,p1", "alg7,s1,zz")
        file = write_zip(tmp_path / "register.zip", orgs=orgs, enrollments=enrollments)
        page.driver.get(f"{url}/admin/import")
        page.all("input[type=file]")[0].send_keys(str(file))
        _press(page, "See what it would change")
        page.wait(lambda _: page.all("table.problems"))
        assert "the user 'zz' is not in users.csv" in page.all("table.problems")[0].text
        _press(page, "Apply")
        page.driver.switch_to.alert.accept()
        page.wait(lambda _: "Applied" in page.all("main")[0].text)
        page.driver.get(f"{url}/admin/import")
        row = page.all("main table tbody tr")[0].text
        assert "register.zip" in row
        assert "Arkady Lvov" in row
        assert "1 row rejected" in row
        assert [one for one in page.driver.get_log("browser") if one["level"] == "SEVERE"] == []


def test_every_page_fits_the_phone_and_has_one_heading_and_labelled_fields(url: str) -> None:
    with chromium(390, 844) as page:
        _come_in(page, url, "Arkady Lvov")
        paths = [one.get_attribute("href") for one in page.all("nav.tabs a")]
        for path in [*paths, f"{url}/admin/account", f"{url}/admin/sessions", f"{url}/admin/canteen/menu"]:
            page.driver.get(path or "")
            assert page.overflow() <= 0, path
            assert len(page.all("h1")) == 1, path
            unlabelled = page.script(
                "return [...document.querySelectorAll('input:not([type=hidden]), select')]"
                ".filter(one => !one.labels.length && !one.ariaLabel).length"
            )
            assert unlabelled == 0, path
