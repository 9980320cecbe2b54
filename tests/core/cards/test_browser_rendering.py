"""Cards as HTML for the browser."""

from __future__ import annotations

import string

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.cards.card import Align, Button, Card, Facts, Item, Listing, Note, Picture, Section, Table, Text
from core.cards.html import pictures, render_buttons_html, render_html, safe_href
from tests.support.cards import cards
from tests.support.markup import Markup


def html(*blocks: object) -> str:
    return render_html(Card("", blocks))  # type: ignore[arg-type]


def test_heading_text_and_note() -> None:
    assert render_html(Card("Diary", (Text("one\ntwo"), Note("small")))) == (
        '<h2 class="card-heading">Diary</h2><p>one<br>two</p><p class="note">small</p>'
    )


def test_facts_are_a_description_list() -> None:
    assert html(Facts((("Class", "7A"),))) == '<dl class="facts"><dt>Class</dt><dd>7A</dd></dl>'


def test_a_table_scrolls_and_fills_short_rows() -> None:
    table = Table(("Day", "Mark"), (("Mon", "5"), ("Tue",)), (Align.LEFT, Align.RIGHT), caption="Term")
    assert html(table) == (
        '<div class="table-scroll"><table><caption>Term</caption>'
        '<thead><tr><th scope="col">Day</th><th scope="col" class="align-right">Mark</th></tr></thead>'
        '<tbody><tr><td>Mon</td><td class="align-right">5</td></tr>'
        '<tr><td>Tue</td><td class="align-right"></td></tr></tbody></table></div>'
    )


def test_the_small_print_of_a_cell_stands_below_its_main_words() -> None:
    assert "<td>Algebra<small>room 204<br>&lt;b&gt;</small></td>" in html(
        Table((), (("Algebra\nroom 204\n<b>",),))
    )


def test_lists_tick_and_number() -> None:
    assert html(Listing((Item("a", True), Item("b", False)))) == (
        '<ul class="ticks"><li><span class="tick">☑</span> a</li><li><span class="tick">☐</span> b</li></ul>'
    )
    assert html(Listing((Item("a"),), numbered=True)) == "<ol><li>a</li></ol>"


def test_a_section_unfolds() -> None:
    assert html(Section("More", (Text("x"),))) == (
        '<details class="section"><summary>More</summary><p>x</p></details>'
    )
    assert '<details class="section" open>' in html(Section("More", (), open=True))


def test_pictures_are_numbered_in_reading_order_through_sections() -> None:
    first, second = Picture(b"1", "image/png", "one"), Picture(b"2", "image/png", "two")
    card = Card("", (Section("More", (first,)), second))
    assert render_html(card).endswith(
        '<figure data-picture="0"><figcaption>one</figcaption></figure></details>'
        '<figure data-picture="1"><figcaption>two</figcaption></figure>'
    )
    assert pictures(card) == (first, second)


def test_buttons_tap_or_open_a_page() -> None:
    row = (Button("Go", "g:1"), Button("Site", url="https://school.example/?a=1&b=2"))
    assert render_buttons_html(Card("", (), (row,))) == (
        '<div class="buttons"><div class="row"><button type="button" data-tap="g:1">Go</button>'
        '<a class="button" href="https://school.example/?a=1&amp;b=2" rel="noopener noreferrer"'
        ' target="_blank">Site</a></div></div>'
    )


def test_a_card_without_buttons_has_no_empty_row() -> None:
    assert render_buttons_html(Card("", (), ((),))) == ""


def test_only_harmless_addresses_become_links() -> None:
    bad = ["javascript:alert(1)", "java\nscript:alert(1)", " JavaScript:x", "data:text/html,x", "http://", "/x",
           "http://[", "vbscript:x", "\x01javascript:x"]  # fmt: skip
    assert [safe_href(url) for url in bad] == [None] * len(bad)
    good = ["http://a.example/", "https://a.example/?q=é", "mailto:a@a.example", "tg://resolve?domain=x"]
    assert [safe_href(url) for url in good] == good
    assert render_buttons_html(Card("", (), ((Button("<x>", url=bad[0]),),))) == (
        '<div class="buttons"><div class="row">&lt;x&gt;</div></div>'
    )


@given(st.text(string.ascii_letters + string.punctuation + " éЖ漢", min_size=1, max_size=20))
def test_escaped_names_come_back_when_the_page_is_read(name: str) -> None:
    assert Markup(html(Text(name), Facts(((name, name),)))).text == name * 3
    (_, _, (_, attributes)) = Markup(render_buttons_html(Card("", (), ((Button("x", data=name),),)))).tags
    assert attributes["data-tap"] == name


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(cards())
def test_no_card_breaks_the_page_or_brings_style_script_or_a_strange_link(card: Card) -> None:
    parsed = Markup(render_html(card) + render_buttons_html(card))
    allowed = {
        "h2",
        "p",
        "br",
        "dl",
        "dt",
        "dd",
        "div",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "small",
        "ul",
        "ol",
        "li",
        "span",
        "details",
        "summary",
        "figure",
        "figcaption",
        "button",
        "a",
    }
    assert set(parsed.names()) <= allowed
    attributes = {name for _, attrs in parsed.tags for name in attrs}
    assert attributes <= {
        "class",
        "scope",
        "open",
        "data-picture",
        "type",
        "data-tap",
        "href",
        "rel",
        "target",
    }
    links = [attrs["href"] or "" for tag, attrs in parsed.tags if tag == "a"]
    assert all(link.lower().startswith(("http:", "https:", "mailto:", "tg:")) for link in links)
