"""Amounts as tills and spreadsheets write them: with a currency, with thousands apart, in parentheses for below nought."""

from __future__ import annotations

import re

from core.domain.money import read_amount
from core.domain.names import western_digits
from core.importing.tables.reader import Value, text_of

_PLAIN = re.compile(r"-?[0-9]{1,9}(?:[.,]([0-9]+))?")
_CURRENCY = r"[^\W\d_][^\d.,+\-()]{0,9}\.?|[$€£¥₽₸₴₹฿₺₾₼₩=]"
_WRITTEN = re.compile(
    rf"(?P<opened>\()?(?P<sign>[+-])?(?:{_CURRENCY})?(?P<later>[+-])?(?P<number>\d[\d.,'’]*?)(?P<after>-)?"
    rf"(?:{_CURRENCY})?(?P<closed>\))?(?:{_CURRENCY})?"
)
_SPACED = re.compile(r"(?<=\d)\s(?=\d{3}(?!\d))")
_TWO_NUMBERS = re.compile(r"\d\s+\d")
_MINUSES = str.maketrans("−–", "--")
_NUMBER = re.compile(
    r"(?P<whole>\d+|\d{1,3}(?:,\d{3})+|\d{1,3}(?:['’]\d{3})+|\d{1,3}(?:\.\d{3})+)(?:[.,](?P<rest>\d+))?"
)


def amount_of(value: Value, places: int) -> int | None:
    """Whole minor units; None for what is no single amount, or has more decimals than the currency: nothing is rounded
    and no two numbers are taken as one."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        # A spreadsheet's 0.1 + 0.2 is 0.3; its third of a hundred is no amount.
        return (
            read_amount(f"{value:.{places}f}", places) if abs(value - round(value, places)) < 1e-6 else None
        )
    text = text_of(value)
    if (plain := _PLAIN.fullmatch(text)) and len(plain[1] or "") <= places:
        return read_amount(text, places)
    text = _SPACED.sub("", western_digits(text).translate(_MINUSES))
    if _TWO_NUMBERS.search(text):
        return None
    found = _WRITTEN.fullmatch("".join(text.split()))
    if found is None or bool(found["opened"]) != bool(found["closed"]):
        return None
    signs = [one for one in (found["sign"], found["later"], found["after"], found["opened"]) if one]
    number = _NUMBER.fullmatch(found["number"])
    if number is None or len(signs) > 1:
        return None
    whole, rest = number["whole"], number["rest"] or ""
    if len(rest) > places and len(rest) == 3 and whole.isdigit() and len(whole) <= 3:
        # 1,234 and 1.234: no currency that has two decimals is written with three.
        whole, rest = whole + rest, ""
    digits = re.sub(r"\D", "", whole)
    amount = read_amount(f"{digits}.{rest}" if rest else digits, places)
    if amount is None:
        return None
    return -amount if signs and signs[0] != "+" else amount
