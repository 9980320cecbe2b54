"""The same slips as a PDF: eight to a sheet of A4, with fonts that have the letters of all our languages."""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import cast

import pymupdf_fonts
import segno
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont
from fpdf import FPDF

from core.actions.invitations import IssuedCode
from core.printing.slips import Slip, slips_of

# A table of hints that no reader needs is left out of the letters kept: not worth a line in our log each time.
logging.getLogger("fontTools.subset").setLevel(logging.ERROR)
_WIDTH, _HEIGHT = 97.0, 70.0
_LEFT, _TOP = 8.0, 8.0
_QR = 26.0
_PAD = 4.0
_POINT = 0.3528
"""In millimetres."""
_STYLES = {"": ("notos", 400), "B": ("notosbo", 700)}
"""Noto Sans has Latin and Cyrillic letters, Noto Sans Thai its own; both under the SIL Open Font License. A PDF holds
only the letters that it uses."""
_Wrapped = dict[tuple[str, float, float, str, int], list[str]]
"""Lines by the words, width, size, style and most lines that they were wrapped for: most slips say the same."""


def slips_pdf(
    codes: Sequence[IssuedCode],
    *,
    web_url: str,
    telegram_username: str = "",
    school_bots: Mapping[int, str] = MappingProxyType({}),
) -> bytes:
    """The file, of the same slips as ``print_slips``. Slow for a whole school: not for the event loop."""
    slips = slips_of(codes, web_url, telegram_username, school_bots)
    with TemporaryDirectory(prefix="schoolbell-fonts-") as folder:
        pdf = FPDF(format="A4")
        for style, (name, weight) in _STYLES.items():
            for family, content in (("school", _font(name)), ("thai", _thai_font(weight))):
                path = Path(folder) / f"{family}{style}.ttf"
                path.write_bytes(content)
                pdf.add_font(family, style, path)
        pdf.set_fallback_fonts(["thai"], exact_match=False)
        pdf.set_auto_page_break(False)
        pdf.set_text_shaping(True)
        pdf.set_title("Schoolbell")
        wrapped: _Wrapped = {}
        for number, slip in enumerate(slips):
            if number % 8 == 0:
                pdf.add_page()
            column, row = number % 2, number % 8 // 2
            _draw(pdf, wrapped, slip, _LEFT + column * _WIDTH, _TOP + row * _HEIGHT)
        return bytes(pdf.output())


@lru_cache(maxsize=4)
def _font(name: str) -> bytes:
    return bytes(pymupdf_fonts.myfont(name))


@lru_cache(maxsize=4)
def _thai_font(weight: int) -> bytes:
    """One weight of a font that comes with all of them."""
    source = resources.files("fontpkg_noto_sans_thai") / "files" / "NotoSansThai[wdth,wght].ttf"
    with resources.as_file(source) as path:
        font = instantiateVariableFont(TTFont(path), {"wght": weight, "wdth": 100})
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


def _draw(pdf: FPDF, wrapped: _Wrapped, slip: Slip, left: float, top: float) -> None:
    pdf.set_draw_color(150)
    pdf.set_dash_pattern(dash=1, gap=1)
    pdf.rect(left, top, _WIDTH, _HEIGHT)
    pdf.set_dash_pattern()
    text_width = _WIDTH - _QR - 3 * _PAD
    pdf.set_xy(left + _PAD, top + _PAD)
    _line(pdf, wrapped, slip.name, text_width, size=12, style="B", most=2)
    about = slip.about or slip.class_name
    _line(
        pdf,
        wrapped,
        f"{slip.roles} · {about}" if about else slip.roles,
        text_width,
        size=8.5,
        grey=70,
        most=2,
    )
    _line(pdf, wrapped, slip.code, text_width, size=16, style="B", leading=1.5)
    for number, steps in enumerate(slip.steps):
        for step, words in enumerate(steps, start=1):
            _line(
                pdf,
                wrapped,
                f"{step}. {words}",
                text_width,
                size=7.5 - 0.5 * number,
                grey=20 + 60 * number,
                most=3,
            )
    y = top + _PAD
    x = left + _WIDTH - _PAD - _QR
    for content, address in ((slip.telegram_content, slip.telegram_url), (slip.web_content, slip.web_url)):
        if content:
            pdf.image(io.BytesIO(_square(content)), x, y, _QR, _QR)
            pdf.set_xy(x - _PAD / 2, y + _QR)
            _line(pdf, wrapped, address, _QR + _PAD, size=6, grey=70, align="C", most=2)
            y = pdf.get_y() + 0.5
    pdf.set_xy(left + _PAD, top + _HEIGHT - 6)
    pdf.set_font("school", size=7)
    pdf.set_text_color(80)
    inside = _WIDTH - 2 * _PAD
    room = inside - pdf.get_string_width(slip.expires) - _PAD
    pdf.cell(room, 4, _cut(pdf, slip.school, room), align="L")
    pdf.set_x(left + _PAD)
    pdf.cell(inside, 4, slip.expires, align="R")


def _line(
    pdf: FPDF,
    wrapped: _Wrapped,
    words: str,
    width: float,
    *,
    size: float,
    style: str = "",
    grey: int = 0,
    leading: float = 1.25,
    align: str = "L",
    most: int = 1,
) -> None:
    """Words below what was written last, wrapped, and cut after so many lines."""
    x = pdf.get_x()
    pdf.set_font("school", style, size)
    pdf.set_text_color(grey)
    key = (words, width, size, style, most)
    if key not in wrapped:
        wrapped[key] = _wrap(pdf, words, width, most)
    for one in wrapped[key]:
        pdf.cell(width, size * _POINT * leading, one, align=align, new_x="LEFT", new_y="NEXT")
    pdf.set_x(x)


def _wrap(pdf: FPDF, words: str, width: float, most: int) -> list[str]:
    lines = cast(list[str], pdf.multi_cell(width, 1, words, dry_run=True, output="LINES"))
    return lines if len(lines) <= most else [*lines[: most - 1], _cut(pdf, lines[most - 1] + "…", width)]


def _cut(pdf: FPDF, words: str, width: float) -> str:
    if pdf.get_string_width(words) <= width:
        return words
    while words and pdf.get_string_width(words + "…") > width:
        words = words[:-1]
    return words.rstrip() + "…"


def _square(content: str) -> bytes:
    out = io.BytesIO()
    # A fixed mask: trying all eight takes most of the time, and any reader takes any.
    segno.make(content, error="m", micro=False, mask=0).save(out, kind="png", scale=6, border=1)
    return out.getvalue()
