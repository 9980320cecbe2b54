"""Settings: what is allowed, what is said of what is not, and that no secret is ever said."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from core.settings import (
    Settings,
    SettingsError,
    demo_settings,
    describe,
    load_settings,
    secret_key,
    unknown_variables,
)

TOKEN = "123456789:" + "A" * 35


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SCHOOLBELL_{name.upper()}", raising=False)


def test_everything_has_a_default() -> None:
    settings = load_settings()
    assert settings.database_url == "sqlite+aiosqlite:///var/schoolbell.db"
    assert settings.public_address == "http://127.0.0.1:8080"
    assert settings.bot_token is None


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:///x/y.db", "sqlite+aiosqlite:///x/y.db"),
        ("postgres://u:p@h/n", "postgresql+asyncpg://u:p@h/n"),
        ("postgresql://u:p@h/n", "postgresql+asyncpg://u:p@h/n"),
    ],
)
def test_the_database_may_be_named_in_the_usual_ways(
    monkeypatch: pytest.MonkeyPatch, given: str, used: str
) -> None:
    monkeypatch.setenv("SCHOOLBELL_DATABASE_URL", given)
    assert load_settings().database_url == used


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_PORT", "abc"),
        ("HTTP_PORT", "0"),
        ("HTTP_PORT", "65536"),
        ("DATABASE_URL", "mysql://u:hidden@h/n"),
        ("DATABASE_URL", "sqlite://"),
        ("BOT_TOKEN", "hidden"),
        ("SECRET_KEY", "hidden"),
        ("PUBLIC_URL", "ftp://x"),
        ("TELEGRAM_API_URL", "http://far.example"),
        ("RICH_MESSAGES", "maybe"),
        ("TRUSTED_PROXIES", "10.0.0.1, nonsense"),
        ("LOG_FORMAT", "xml"),
        ("DEFAULT_TIMEZONE", "Mars/Base"),
        ("DEFAULT_CURRENCY", "rub"),
        ("DEMO_NOW", "tomorrow"),
        ("DEMO_NOW", "2026-11-24T09:10+03:00"),
    ],
)
def test_a_bad_setting_is_one_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"SCHOOLBELL_{name}", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    line = str(caught.value)
    assert line.startswith(f"SCHOOLBELL_{name}: must be ") or "Input should be" in line or "must" in line
    assert "\n" not in line
    assert "hidden" not in line


def test_plain_http_to_a_bot_api_server_is_allowed_on_this_machine_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SCHOOLBELL_TELEGRAM_API_URL", "http://127.0.0.1:8081/")
    assert load_settings().telegram_api_url == "http://127.0.0.1:8081"


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHOOLBELL_BOT_TOKEN", "")
    assert load_settings().bot_token is None


def test_the_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    settings = load_settings()
    first = secret_key(settings)
    assert len(first) >= 32
    assert secret_key(settings) == first
    assert stat.S_IMODE((tmp_path / "var" / "secret_key").stat().st_mode) == 0o600


def test_the_demo_ignores_the_token_and_stays_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHOOLBELL_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("SCHOOLBELL_HTTP_HOST", "0.0.0.0")
    demo = demo_settings(port=9000)
    assert demo.bot_token is None
    assert demo.public_address == "http://127.0.0.1:9000"
    assert demo.database_url == "sqlite+aiosqlite:///var/demo.db"


def test_a_database_named_for_the_demo_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHOOLBELL_DATABASE_URL", "sqlite:///mine.db")
    assert demo_settings().database_url == "sqlite+aiosqlite:///mine.db"


def test_what_is_described_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHOOLBELL_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("SCHOOLBELL_SECRET_KEY", "s" * 20)
    monkeypatch.setenv("SCHOOLBELL_DATABASE_URL", "postgresql://u:topsecret@h/n")
    settings = load_settings()
    said = repr(describe(settings)) + repr(settings)
    assert TOKEN not in said
    assert "s" * 20 not in said
    assert "topsecret" not in repr(describe(settings))


def test_a_variable_nobody_reads_is_found_with_what_was_meant() -> None:
    assert unknown_variables({"SCHOOLBELL_BOT_TOKN": "x", "SCHOOLBELL_HTTP_PORT": "1", "PATH": "y"}) == {
        "SCHOOLBELL_BOT_TOKN": "SCHOOLBELL_BOT_TOKEN"
    }
