"""What the columns of a canteen's bookings are, and what its words for kinds of bookings mean."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from core.domain.kinds import TransactionKind
from core.domain.names import fold
from core.importing.said import Said
from core.importing.tables.asking import LEFT_OUT

FIELDS: dict[str, str] = {
    "id": Said("number of the booking"),
    "account": Said("pupil: number in the register"),
    "name": Said("pupil: whole name, family name first"),
    "class": Said("class"),
    "day": Said("day, or day and time"),
    "clock": Said("time of day"),
    "kind": Said("kind of booking"),
    "amount": Said("amount"),
    "item": Said("what was bought"),
    LEFT_OUT: Said("not taken in"),
}
_WORDS = [
    (name, re.compile(unicodedata.normalize("NFKC", pattern)))
    for name, pattern in (
        (
            "id",
            r"external|transaction|receipt|booking|^(id|uid|operation|number)$|операци\w* ?(№|номер|id)"
            r"|номер (операц|чека|транз)|чек\b|транзакц|№ ?(операц|чека)|เลขที่(รายการ|ใบเสร็จ)|รหัสรายการ",
        ),
        (
            "account",
            r"account|student.?(id|no|number)|pupil.?(id|no)|sis|лицев|л/с|сч[её]т|код уч|รหัส(นักเรียน)?|เลขประจำตัว|บัญชี",
        ),
        ("clock", r"^(time of day|clock|hour|время)$|^เวลา$"),
        ("day", r"date|time|when|день|дата|วัน"),
        ("kind", r"kind|type|operation|вид|тип|операц|ประเภท"),
        ("amount", r"amount|sum|value|total|price|сумма|цена|стоим|จำนวนเงิน|ราคา|ยอด"),
        ("item", r"item|dish|product|meal|what|description|блюдо|товар|наимен|назнач|รายการ|อาหาร|สินค้า"),
        ("class", r"class|form|homeroom|класс|ชั้น|ห้อง"),
        ("name", r"name|student|pupil|ф\.?и\.?о|ученик|учащ|фамилия|ชื่อ|นักเรียน"),
    )
]
_KINDS = [
    (kind, re.compile(unicodedata.normalize("NFKC", pattern)))
    for kind, pattern in (
        (TransactionKind.REFUND, r"refund|return|возврат|คืน"),
        (TransactionKind.CORRECTION, r"correct|adjust|коррек|исправ|แก้|ปรับ"),
        (
            TransactionKind.TOP_UP,
            r"top.?up|deposit|payment|credit|load|пополн|взнос|приход|зачисл|оплата|เติม|ฝาก",
        ),
        (
            TransactionKind.DEBIT,
            r"debit|purchase|charge|sale|meal|spend|spent|lunch|breakfast"
            r"|списан|покупк|расход|питани|обед|завтрак|ซื้อ|หัก|จ่าย",
        ),
    )
]


def guess_columns(names: Sequence[str]) -> dict[int, str]:
    """By the headings, no thing named twice."""
    found: dict[int, str] = {}
    for column, heading in enumerate(names):
        text = fold(heading)
        name = next(
            (
                name
                for name, pattern in _WORDS
                if text and pattern.search(text) and name not in found.values()
            ),
            "",
        )
        found[column] = name
    if "day" not in found.values():
        # A column of moments may be called by their time alone.
        found.update({column: "day" for column, name in found.items() if name == "clock"})
    return found


def count_columns(names: Sequence[str]) -> int:
    """How many of the headings are known."""
    return sum(bool(name) for name in guess_columns(names).values())


def read_kind(text: str) -> TransactionKind | None:
    """The kind that a word means; None for none of them."""
    folded = fold(text)
    return next((kind for kind, pattern in _KINDS if pattern.search(folded)), None)
