"""Amounts of money as people type them."""

from __future__ import annotations

import re
from decimal import Decimal

from core.domain.names import western_digits

_AMOUNT = re.compile(r"([+\-−]?)(\d{1,9})(?:[.,](\d{1,3}))?")


def read_amount(text: str, places: int) -> int | None:
    """Whole minor units of ``150``, ``1 500,5`` or ``-20.00`` in a currency with so many decimals; None for anything
    else, also for more decimals than the currency has."""
    found = _AMOUNT.fullmatch("".join(western_digits(text).split()))
    if found is None or len(found[3] or "") > places:
        return None
    value = int(Decimal(f"{found[2]}.{found[3] or 0}").scaleb(places))
    return -value if found[1] in ("-", "−") else value
