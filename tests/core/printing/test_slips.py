"""Slips: everything a family needs on one piece of paper, in the school's language and English."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.actions.invitations import IssuedCode
from core.domain.ids import InvitationId, PersonId
from core.domain.names import PersonName
from core.domain.rights import Role
from core.printing.slips import print_slips
from core.queries.invitable import Invitable
from tests.support.markup import Markup


def issued(locale: str = "en", given: str = "Anna") -> IssuedCode:
    invitee = Invitable(
        PersonId(1),
        PersonName("Petrova", given),
        (Role.GUARDIAN,),
        "",
        ("Ivan P. (7A)",),
        1,
        "Riverside",
        locale,
    )
    return IssuedCode(InvitationId(1), invitee, "K7QM4XPA2T", datetime(2027, 1, 23, tzinfo=UTC))


def test_a_slip_names_the_person_the_code_and_both_ways_in() -> None:
    page = print_slips([issued()], web_url="https://school.example", telegram_username="school_bot")
    for said in (
        "Anna Petrova",
        "K7QM-4XPA-2T",
        "Ivan P. (7A)",
        "Riverside",
        "t.me/school_bot",
        "23 Jan 2027",
    ):
        assert said in page
    assert page.count("<svg") == 2
    assert print_slips([issued()], web_url="https://school.example").count("<svg") == 1


def test_the_code_stands_in_no_address_that_a_server_sees() -> None:
    page = print_slips([issued()], web_url="https://school.example")
    assert "?start=" not in page
    assert "school.example/K7QM" not in page


@pytest.mark.parametrize(("locale", "word"), [("ru", "Проверьте имя"), ("th", "ตรวจสอบชื่อ")])
def test_the_steps_come_in_the_schools_language_and_english(locale: str, word: str) -> None:
    page = print_slips([issued(locale)], web_url="https://school.example")
    assert word in page
    assert "Check the name" in page


def test_a_name_cannot_break_the_page() -> None:
    page = print_slips([issued(given="<script>alert(1)</script>")], web_url="https://school.example")
    assert "<script" not in page
    Markup(page[page.index("<main>") : page.index("</main>") + 7])
