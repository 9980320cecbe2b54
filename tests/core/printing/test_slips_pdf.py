"""Slips as a PDF: every name in its own letters, eight to a sheet, cut where they are too long."""

from __future__ import annotations

from datetime import UTC, datetime

import pypdfium2

from core.actions.invitations import IssuedCode
from core.domain.ids import InvitationId, PersonId
from core.domain.names import PersonName
from core.domain.rights import Role
from core.printing.slips_pdf import slips_pdf
from core.queries.invitable import Invitable


def _issued(number: int, family: str, given: str, locale: str) -> IssuedCode:
    invitee = Invitable(
        PersonId(number), PersonName(family, given), (Role.GUARDIAN,), "7A", (), 1, "School", locale
    )
    return IssuedCode(InvitationId(number), invitee, "ABCD2345XY", datetime(2027, 1, 20, tzinfo=UTC))


def test_slips_of_three_alphabets_stand_eight_to_a_sheet() -> None:
    names = [("Łukaszéwicz", "Zoë", "en"), ("Ёлкина", "Александра", "ru"), ("ศรีสุวรรณ", "ปัณณวิชญ์", "th")]
    codes = [_issued(number, *names[number % 3]) for number in range(9)]
    content = slips_pdf(codes, web_url="https://bell.example", telegram_username="bell_bot")
    document = pypdfium2.PdfDocument(content)
    assert len(document) == 2
    text = document[0].get_textpage().get_text_range()
    for words in ("Zoë Łukaszéwicz", "Александра Ёлкина", "ABCD-2345-XY", "Valid until", "t.me/bell_bot"):
        assert words in text, words
    assert text.count("ABCD-2345-XY") == 8
    assert "วรรณ" in text, "marks above and below are told in an order of their own"
    picture = document[0].render(scale=1).to_pil().convert("L")
    assert picture.getextrema()[0] < 60, "something is drawn"
    document.close()


def test_a_name_of_any_length_and_odd_letters_breaks_no_sheet() -> None:
    codes = [_issued(1, "x" * 10_000, "<b>\U0001f600", "en"), _issued(2, "", "\u202e", "th")]
    assert slips_pdf(codes, web_url="https://bell.example").startswith(b"%PDF")
