"""Money: whole minor units of a currency. Printing is the locale's business, elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from core.errors import Invalid

# ISO 4217: currencies whose minor unit is not a hundredth.
_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND"), 0),
    **dict.fromkeys(("VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
_AMOUNT = re.compile(r"[+-]?\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Money:
    """``minor`` may be negative: a debt or a debit."""

    minor: int
    currency: str


def minor_digits(currency: str) -> int:
    """How many decimals the currency has."""
    return _DIGITS.get(currency.upper(), 2)


def as_decimal(money: Money) -> Decimal:
    """In major units, exact."""
    return Decimal(money.minor).scaleb(-minor_digits(money.currency))


def parse_amount(text: str, currency: str) -> int:
    """Minor units of an amount as people write it: ``1 234,50``, ``1,234.50``, ``−12``.

    Of a comma and a point the last one is the decimal sign; a lone one before three digits groups thousands only
    where the currency has no such decimals. Raises Invalid("amount_unclear").
    """
    digits = minor_digits(currency)
    plain = "".join(text.split()).replace("−", "-").replace("'", "")
    last = max(plain.rfind(","), plain.rfind("."))
    if last >= 0:
        decimals = len(plain) - last - 1
        whole = plain[:last].replace(",", "").replace(".", "")
        is_group = decimals == 3 and digits != 3
        plain = whole + plain[last + 1 :] if is_group else f"{whole}.{plain[last + 1 :]}"
    if not _AMOUNT.fullmatch(plain):
        raise Invalid("amount_unclear", text=text)
    try:
        minor = Decimal(plain).scaleb(digits)
    except InvalidOperation:
        raise Invalid("amount_unclear", text=text) from None
    if minor != minor.to_integral_value() or abs(minor) >= 2**53:
        raise Invalid("amount_unclear", text=text)
    return int(minor)
