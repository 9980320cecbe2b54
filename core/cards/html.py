"""Cards as HTML fragments for the browser, fit for a page whose policy allows no inline style or script."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from html import escape
from itertools import count
from urllib.parse import urlsplit

from core.cards.card import Block, Button, Card, Facts, Item, Listing, Note, Picture, Section, Table, Text
from core.cards.plain import clean, one_line

WEB_SCHEMES = frozenset({"http", "https", "mailto", "tg"})


def render_html(card: Card) -> str:
    """The card without its buttons.

    Pictures are empty figures with their words: ``data-picture`` is the place in ``pictures(card)``, for
    the page to put the image there. Classes: card-heading, facts, table-scroll, align-center, align-right,
    ticks, tick, section, note.
    """
    heading = one_line(card.heading)
    top = f'<h2 class="card-heading">{escape(heading)}</h2>' if heading else ""
    return top + _blocks(card.blocks, count())


def render_buttons_html(card: Card) -> str:
    """The card's buttons, a ``div.row`` each row; an empty string if there are none.

    A button with a page becomes a link if its address is an http, https, mailto or tg one, else its label
    alone.
    """
    rows = ["".join(map(_button, row)) for row in card.buttons if row]
    if not rows:
        return ""
    return '<div class="buttons">' + "".join(f'<div class="row">{row}</div>' for row in rows) + "</div>"


def pictures(card: Card) -> tuple[Picture, ...]:
    """The card's pictures in reading order, those inside sections too."""
    return tuple(_pictures(card.blocks))


def safe_href(url: str, schemes: Collection[str] = WEB_SCHEMES) -> str | None:
    """The address as it may stand in a link, or None if its scheme is another or it makes no sense."""
    address = one_line(url)
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in schemes or (parts.scheme in ("http", "https") and not host):
        return None
    return address


def _pictures(blocks: Iterable[Block]) -> Iterator[Picture]:
    for block in blocks:
        if isinstance(block, Picture):
            yield block
        elif isinstance(block, Section):
            yield from _pictures(block.blocks)


def _blocks(blocks: Iterable[Block], places: Iterator[int]) -> str:
    return "".join(_block(block, places) for block in blocks)


def _block(block: Block, places: Iterator[int]) -> str:
    match block:
        case Text():
            return f"<p>{_words(block.text)}</p>"
        case Note():
            return f'<p class="note">{_words(block.text)}</p>'
        case Facts():
            pairs = "".join(
                f"<dt>{_words(label)}</dt><dd>{_words(value)}</dd>" for label, value in block.rows
            )
            return f'<dl class="facts">{pairs}</dl>' if pairs else ""
        case Table():
            return _table(block)
        case Listing():
            return _listing(block)
        case Section():
            return (
                f'<details class="section"{" open" if block.open else ""}>'
                f"<summary>{_words(block.title)}</summary>{_blocks(block.blocks, places)}</details>"
            )
        case Picture():
            return (
                f'<figure data-picture="{next(places)}">'
                f"<figcaption>{_words(block.words)}</figcaption></figure>"
            )


def _table(table: Table) -> str:
    columns = max((len(row) for row in (table.header, *table.rows)), default=0)
    if not columns:
        return ""
    classes = [f' class="align-{align}"' if align != "left" else "" for align in table.align[:columns]]
    classes += [""] * (columns - len(classes))

    def row(cells: tuple[str, ...], tag: str, scope: str = "") -> str:
        filled = (*cells, *[""] * (columns - len(cells)))
        return (
            "<tr>"
            + "".join(
                f"<{tag}{scope}{classes[place]}>{_cell(cell)}</{tag}>" for place, cell in enumerate(filled)
            )
            + "</tr>"
        )

    caption = f"<caption>{_words(table.caption)}</caption>" if table.caption else ""
    header = row(table.header, "th", ' scope="col"')
    head = f"<thead>{header}</thead>" if any(table.header) else ""
    body = "".join(row(cells, "td") for cells in table.rows)
    return f'<div class="table-scroll"><table>{caption}{head}<tbody>{body}</tbody></table></div>'


def _cell(text: str) -> str:
    main, _, small = clean(text).partition("\n")
    return f"{escape(main)}<small>{_words(small)}</small>" if small else escape(main)


def _listing(listing: Listing) -> str:
    if not listing.items:
        return ""
    tag = "ol" if listing.numbered else "ul"
    ticks = ' class="ticks"' if any(item.checked is not None for item in listing.items) else ""
    return f"<{tag}{ticks}>{''.join(map(_item, listing.items))}</{tag}>"


def _item(item: Item) -> str:
    if item.checked is None:
        return f"<li>{_words(item.text)}</li>"
    # Not hidden from a screen reader: it reads the ballot box aloud, and that is what tells done from undone.
    return f'<li><span class="tick">{"☑" if item.checked else "☐"}</span> {_words(item.text)}</li>'


def _button(button: Button) -> str:
    label = escape(one_line(button.label))
    if button.data:
        return f'<button type="button" data-tap="{escape(button.data)}">{label}</button>'
    href = safe_href(button.url)
    if href is None:
        return label
    return f'<a class="button" href="{escape(href)}" rel="noopener noreferrer" target="_blank">{label}</a>'


def _words(text: str) -> str:
    return escape(clean(text)).replace("\n", "<br>")
