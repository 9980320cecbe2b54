"""The panel in a real browser: skipped where there is no Chromium; CI installs one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from tests.support.chromium import CHROMIUM, DRIVER, Page, chromium, demo_site, tell_now
from tests.support.office import come_in
from tests.support.registers import SMALL, write_zip

pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no Chromium with its driver here")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo site keeps what it has."""
    return tmp_path_factory.mktemp("panel")


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """The demo site."""
    with demo_site(folder, telling=True) as address:
        yield address


def _press(page: Page, label: str) -> None:
    next(one for one in page.all("main button") if one.text == label).click()


def test_the_office_finds_a_mother_unlinks_her_and_her_old_button_dies(url: str) -> None:
    with chromium() as chat, chromium(390, 844) as page:
        chat.enter(url, "Anna Petrova")
        chat.say("/grades")
        come_in(page, url, "Arkady Lvov")
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
        come_in(page, url, "Svetlana Zueva")
        page.driver.get(f"{url}/admin/invitations")
        page.all(".ticks input")[0].click()
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


def test_the_head_enters_a_substitution_that_clashes_and_the_mother_is_told(url: str, folder: Path) -> None:
    with chromium() as page, chromium(390, 844) as phone:
        phone.enter(url, "Anna Petrova")
        come_in(page, url, "Galina Belova")
        page.driver.get(f"{url}/admin/timetable")
        room = next(one for one in page.all("select[name=who] option") if one.text == "7A")
        room.click()
        page.wait(lambda _: "7A" in page.all("h1")[0].text)
        next(one for one in page.all("table.week td.today a.lesson") if "Algebra" in one.text).click()
        page.wait(lambda _: page.all(".change-form"))
        assert not page.all("#f-teacher")[0].is_displayed(), (
            "it is asked for where somebody else gives the lesson"
        )
        page.all("input[value=substituted]")[0].click()
        busy = page.all("#f-teacher optgroup:last-child option")[0]
        name = busy.text.split()[0]
        busy.click()
        _press(page, "Show what would follow")
        page.wait(lambda _: page.all(".clashes"))
        assert name in page.all(".clashes")[0].text
        assert "already teaches" in page.all(".clashes")[0].text
        _press(page, "Save although it clashes")
        page.wait(lambda _: page.all(".done"))
        assert name in page.all(".change-now")[0].text
        assert [one for one in page.driver.get_log("browser") if one["level"] == "SEVERE"] == []
        tell_now(folder)
        phone.driver.refresh()
        phone.wait(lambda _: phone.all("#messages .from-school"))
        said = phone.all("#messages .from-school")[-1].text
        assert "a lesson is changed" in said
        assert name in said
        _press(page, "Withdraw: as usual again")
        page.wait(lambda _: page.all(".done") and not page.all(".change-now"))


def test_the_head_announces_after_a_look_reads_the_names_and_sends_it_again(url: str) -> None:
    with chromium(390, 844) as chat, chromium(390, 844) as page:
        chat.enter(url, "Anna Petrova")
        come_in(page, url, "Galina Belova")
        page.driver.get(f"{url}/admin/announcements")
        page.all("main a.primary")[0].click()
        Select(page.driver.find_element(By.ID, "f-audience")).select_by_index(1)
        page.driver.find_element(By.ID, "f-text").send_keys("Skis on <b>Friday</b> & warm clothes")
        page.driver.find_element(By.ID, "f-asks").click()
        _press(page, "See it as a chat will show it")
        page.wait(lambda _: page.all(".bubble"))
        shown = page.all(".bubble")[0].text
        assert "Skis on <b>Friday</b> & warm clothes" in shown
        assert page.overflow() <= 0, "nothing hangs over the edge"
        _press(page, "Send it now")
        page.wait(lambda _: page.all(".done"))
        chat.wait(lambda _: "Skis" in chat.all("#messages .from-school")[-1].text)
        assert shown in chat.all("#messages .from-school")[-1].text
        page.driver.refresh()
        next(one for one in page.all(".numbers a") if one.text == "Not acknowledged yet").click()
        page.wait(lambda _: "Petrov" in page.all("table")[0].text)
        page.driver.back()
        page.wait(lambda _: page.all(".numbers"))
        _press(page, "Send again to who has not acknowledged it")
        page.wait(lambda _: "They are reminded now" in page.all(".done")[0].text)
        chat.wait(lambda _: "please say that you have read it" in chat.all("#messages .from-school")[-1].text)
        assert [one for one in page.driver.get_log("browser") if one["level"] == "SEVERE"] == []


def test_an_import_with_a_bad_row_is_looked_at_applied_and_remembered(url: str, tmp_path: Path) -> None:
    with chromium() as page:
        come_in(page, url, "Arkady Lvov")
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
        come_in(page, url, "Arkady Lvov")
        paths = [one.get_attribute("href") for one in page.all("nav.tabs a")]
        page.driver.get(f"{url}/admin/people?search=anna+petrova")
        person = page.all("table.people tbody a")[0].get_attribute("href")
        paths += [person, f"{person}/edit"]
        paths += [
            f"{url}/admin/{one}" for one in ("account", "sessions", "canteen/menu", "announcements/new")
        ]
        paths += [f"{url}/admin/people/{one}" for one in ("new", "duplicates")]
        paths += [
            f"{url}/admin/calendar/{one}"
            for one in (
                *("years/1", "terms/1", "days-off/1", "bells", "bells/1", "classes", "classes/1"),
                *("courses", "courses/1", "courses/new", "subjects", "subjects/1"),
            )
        ]
        for path in paths:
            page.driver.get(path or "")
            assert page.overflow() <= 0, path
            assert len(page.all("h1")) == 1, path
            unlabelled = page.script(
                "return [...document.querySelectorAll('input:not([type=hidden]), select')]"
                ".filter(one => !one.labels.length && !one.ariaLabel).length"
            )
            assert unlabelled == 0, path
