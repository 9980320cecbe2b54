"""What a log line shows of tokens and codes: nothing, and of everything else all."""

from __future__ import annotations

import pytest

from core.logging import hide_secrets

TOKEN = "4242424:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


@pytest.mark.parametrize(
    "written",
    [
        "K7QM-4XPA-2T",
        "k7qm-4xpa-2t",
        "K7QM–4XPA–2T",
        "K7QM‑4XPA‑2T",
        "K7QM 4XPA 2T",
        "K7QM4XPA2T",
        "k7qm4xpa2t",
        "К7QМ-4ХРА-2Т",
        "/link K7QM4XPA2T",
        "/link k7qm 4xpa 2t",
        "/start@school_bot K7QM4XPA2T",
        "/link K7QM4XPA2",
        "https://t.me/school_bot?start=K7QM4XPA2T",
        "https://school.example/#K7QM-4XPA-2T",
    ],
)
def test_no_code_gets_into_a_log_however_it_is_written(written: str) -> None:
    shown = hide_secrets(f"handled {written} in chat 1700000000")
    assert shown.startswith("handled ")
    assert shown.endswith(" in chat 1700000000")
    assert "<code>" in shown
    assert not any(part in shown.casefold() for part in ("7qm", "7qм", "4xp", "4хр"))


@pytest.mark.parametrize(
    "written",
    [
        "update_id=1234567890",
        "statistics of 7A on 2026-11-24T09:10",
        "port 8080 in use",
        "550e8400-e29b-41d4-a716-446655440000",
        "/grades algebra",
        "reference=9f3a01bc",
    ],
)
def test_what_is_no_secret_stays_readable(written: str) -> None:
    assert hide_secrets(written) == written


def test_no_token_gets_into_a_log() -> None:
    assert TOKEN not in hide_secrets(f"POST https://api.telegram.org/bot{TOKEN}/getMe {TOKEN}")
