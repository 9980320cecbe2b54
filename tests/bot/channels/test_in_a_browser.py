"""The page in a real browser: skipped where there is no Chromium; CI installs one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support import expected_conditions

from tests.support.chromium import CHROMIUM, DRIVER, Page, chromium, demo_site

pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no Chromium with its driver here")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo site."""
    with demo_site(tmp_path_factory.mktemp("browser")) as address:
        yield address


@pytest.fixture
def page(request: pytest.FixtureRequest) -> Iterator[Page]:
    """A fresh Chromium; ``indirect`` parameter: width and height."""
    with chromium(*getattr(request, "param", ())) as opened:
        yield opened


@pytest.mark.parametrize("page", [(390, 844), (1280, 800)], indirect=True)
def test_a_mother_reads_her_sons_marks(page: Page, url: str) -> None:
    page.enter(url, "Anna Petrova")
    answer = page.say("/grades")
    assert answer.find_elements(By.CSS_SELECTOR, "table")
    assert "Algebra" in answer.text
    next(one for one in page.all("[data-tap]")[::-1] if one.text == "Algebra").click()
    page.wait(
        lambda _: (
            "Average" in page.all("#messages .from-school")[-1].text
            and not page.all("#messages .from-school:last-child table")
        )
    )
    assert page.overflow() <= 0, "nothing hangs over the edge"
    assert [one for one in page.driver.get_log("browser") if one["level"] == "SEVERE"] == []


def test_what_arrives_elsewhere_appears_without_reload(page: Page, url: str) -> None:
    page.enter(url, "Ivan Petrov")
    first = page.driver.current_window_handle
    page.driver.switch_to.new_window("tab")
    page.driver.get(f"{url}/chat")
    page.wait(lambda _: page.all("#messages .from-school"))
    page.say("/meals")
    page.driver.switch_to.window(first)
    page.wait(lambda _: "Balance" in page.all("#messages .from-school")[-1].text)


def test_the_keyboard_is_enough(page: Page, url: str) -> None:
    page.enter(url, "Anna Petrova")
    field = page.driver.find_element(By.ID, "text")
    field.send_keys("/")
    page.wait(lambda _: page.all("#suggestions li"))
    field.send_keys(Keys.ARROW_DOWN, Keys.ARROW_UP, "gr")
    page.wait(lambda _: [one.text for one in page.all("#suggestions strong")] == ["/grades"])
    before = len(page.all("#messages .from-school"))
    field.send_keys(Keys.ENTER)
    page.wait(lambda _: len(page.all("#messages .from-school")) > before)
    assert not page.driver.find_element(By.ID, "suggestions").is_displayed()


@pytest.mark.parametrize(("language", "word"), [("ru", "Средний балл"), ("th", "ค่าเฉลี่ย")])
def test_the_page_speaks_the_chosen_language(page: Page, url: str, language: str, word: str) -> None:
    page.enter(url, "Anna Petrova", language)
    assert word in page.say("/grades").text
    assert page.driver.find_element(By.TAG_NAME, "html").get_attribute("lang") == language


def test_a_slips_link_fills_the_code_in_and_leaves_no_trace_in_the_address(page: Page, url: str) -> None:
    page.driver.get(f"{url}/#K7QM-4XPA-2T")
    code = page.driver.find_element(By.ID, "code")
    page.wait(lambda _: code.get_attribute("value") == "K7QM-4XPA-2T")
    assert "#" not in page.driver.current_url
    code.send_keys(Keys.ENTER)
    page.wait(lambda _: "wrong, expired or already used" in page.driver.page_source)


def test_signing_out_leads_back_to_the_door(page: Page, url: str) -> None:
    page.enter(url, "Ivan Petrov")
    page.driver.find_element(By.ID, "sign-out").click()
    page.wait(lambda _: page.all(".door-card"))
    page.driver.get(f"{url}/chat")
    assert page.all(".door-card")


@pytest.mark.parametrize("page", [(390, 844)], indirect=True)
@pytest.mark.parametrize("command", ["/grades", "/homework", "/meals"])
def test_a_long_answer_is_seen_from_its_heading(page: Page, url: str, command: str) -> None:
    page.enter(url, "Anna Petrova")
    page.say(command)
    assert page.newest_heading().startswith("Ivan")
    assert page.is_seen_from_its_heading()
    page.driver.refresh()
    page.wait(lambda _: page.all("#messages .from-school"))
    assert page.is_seen_from_its_heading()


@pytest.mark.parametrize("page", [(390, 844)], indirect=True)
def test_a_tapped_card_shows_its_new_screen_from_the_heading(page: Page, url: str) -> None:
    page.enter(url, "Anna Petrova")
    page.say("/schedule")
    page.tap("Week")
    assert "The week" in page.newest_heading()
    assert page.is_seen_from_its_heading()


@pytest.mark.parametrize("page", [(390, 844)], indirect=True)
def test_what_is_ticked_stays_under_the_finger(page: Page, url: str) -> None:
    page.enter(url, "Ivan Petrov")
    page.say("/homework")
    box = next(one for one in page.all("#messages li:last-child [data-tap]") if one.text[0] in "☐☑")
    name = box.text[2:]
    page.script("arguments[0].scrollIntoView({block: 'center'})", box)
    before = box.rect["y"] - page.script("return document.getElementById('stage').scrollTop")
    page.script("arguments[0].focus({preventScroll: true})", box)
    box.send_keys(Keys.ENTER)
    page.wait(expected_conditions.staleness_of(box))
    assert page.focused()[2:] == name, "the keyboard stays on the box"
    after = page.driver.switch_to.active_element.rect["y"]
    assert abs(after - page.script("return document.getElementById('stage').scrollTop") - before) < 3


def test_the_keyboard_stays_in_the_card_that_it_tapped(page: Page, url: str) -> None:
    page.enter(url, "Anna Petrova")
    page.say("/grades")
    page.tap("Maria")
    assert page.focused() == "• Maria"
    page.tap("By day")
    assert page.focused() == page.all("#messages li:last-child [data-tap]")[0].text, (
        "a new screen begins anew"
    )


def test_tab_completes_a_command_and_sends_nothing(page: Page, url: str) -> None:
    page.enter(url, "Anna Petrova")
    before = len(page.all("#messages > li"))
    field = page.driver.find_element(By.ID, "text")
    field.send_keys("/gr")
    page.wait(lambda _: page.all("#suggestions li"))
    field.send_keys(Keys.TAB)
    assert field.get_attribute("value") == "/grades "
    assert page.driver.switch_to.active_element == field
    assert len(page.all("#messages > li")) == before


def test_the_composer_tells_a_screen_reader_of_its_list(page: Page, url: str) -> None:
    page.enter(url, "Anna Petrova")
    field = page.driver.find_element(By.ID, "text")

    def told(name: str) -> str | None:
        return field.get_dom_attribute(name)

    assert (told("role"), told("aria-controls"), told("aria-expanded")) == (
        "combobox",
        "suggestions",
        "false",
    )
    field.send_keys("/")
    page.wait(lambda _: told("aria-expanded") == "true")
    active = page.driver.find_element(By.ID, str(told("aria-activedescendant")))
    assert active.get_dom_attribute("aria-selected") == "true"
    field.send_keys(Keys.ESCAPE)
    assert (told("aria-expanded"), told("aria-activedescendant")) == ("false", None)


def test_choosing_a_language_turns_the_whole_page_and_keeps_what_was_typed(page: Page, url: str) -> None:
    page.enter(url, "Pavel Petrov")
    page.say("/language")
    page.driver.find_element(By.ID, "text").send_keys("half a line")
    page.button("Русский").click()
    page.wait(lambda _: page.driver.find_element(By.TAG_NAME, "html").get_attribute("lang") == "ru")
    field = page.wait(lambda _: page.driver.find_element(By.ID, "text"))
    assert field.get_attribute("placeholder") == "Сообщение"
    page.wait(lambda _: field.get_attribute("value") == "half a line")
    assert "Pavel Petrov" in page.driver.find_element(By.CLASS_NAME, "who").text


def test_a_stray_percent_sign_in_the_address_breaks_neither_page(page: Page, url: str) -> None:
    page.driver.get(f"{url}/#%")
    page.enter(url, "Ivan Petrov")
    page.driver.get(f"{url}/chat#%")
    page.driver.refresh()
    page.wait(lambda _: page.driver.find_element(By.ID, "status").text == "online")
    assert [one for one in page.driver.get_log("browser") if one["level"] == "SEVERE"] == []


@pytest.mark.parametrize("page", [(320, 640), (360, 740), (390, 844), (1280, 800)], indirect=True)
@pytest.mark.parametrize("language", ["en", "ru", "th"])
def test_nothing_in_the_head_runs_into_another(page: Page, url: str, language: str) -> None:
    page.enter(url, "Boris Orlov", language)
    boxes = page.script(
        "return [...document.querySelectorAll('.bar > *')].map((one) => one.getBoundingClientRect())"
        ".filter((box) => box.width > 1).map((box) => [box.left, box.right])"
    )
    assert all(left[1] <= right[0] + 0.5 for left, right in itertools.pairwise(boxes)), boxes
    assert page.overflow() <= 0
    name = page.driver.find_element(By.CSS_SELECTOR, ".who strong")
    assert name.text == "Boris Orlov"
    title = page.driver.find_element(By.CSS_SELECTOR, ".bar h1")
    assert not title.is_displayed() or title.rect["x"] + title.rect["width"] <= name.rect["x"]


def test_a_file_of_the_homework_is_handed_out(page: Page, url: str) -> None:
    page.enter(url, "Anna Petrova")
    page.say("/homework")
    sheet = next(one for one in page.all("[data-tap]")[::-1] if "Worksheet" in one.text)
    sheet.click()
    link = page.wait(lambda _: page.all("a.file"))[-1]
    status, kind = page.driver.execute_async_script(
        "const done = arguments[1]; fetch(arguments[0].href)"
        ".then((one) => done([one.status, one.headers.get('Content-Disposition')]))",
        link,
    )
    assert status == 200
    assert kind.startswith("attachment")
