"""Settings: what is allowed, what is said of what is not, and that no secret is ever said."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from pathlib import Path

import pytest

from core.settings import (
    SettingsError,
    demo_settings,
    describe,
    given_variables,
    load_settings,
    secret_key,
    unknown_variables,
)

TOKEN = "123456789:" + "A" * 35


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [one for one in os.environ if one.startswith("SCHOOLBELL_")]:
        monkeypatch.delenv(name)


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
        ("PUBLIC_URL", "https://me:hidden@school.example"),
        ("PUBLIC_URL", "https://school.example/diary"),
        ("PUBLIC_URL", "https://school.example?from=slip"),
        ("PUBLIC_URL", "https://school.example:99999"),
        ("PUBLIC_URL", "https://[half"),
        ("TELEGRAM_API_URL", "https://me:hidden@bots.example"),
        ("TELEGRAM_API_URL", "http://far.example"),
        ("RICH_MESSAGES", "maybe"),
        ("TRUSTED_PROXIES", "10.0.0.1, nonsense"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
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


def test_proxies_may_be_addresses_and_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHOOLBELL_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8,fd00::/8")
    assert load_settings().trusted_proxies == tuple(
        ip_network(one) for one in ("127.0.0.1/32", "10.0.0.0/8", "fd00::/8")
    )
    assert describe(load_settings())["SCHOOLBELL_TRUSTED_PROXIES"] == "127.0.0.1/32, 10.0.0.0/8, fd00::/8"


def test_a_slash_behind_the_public_address_is_forgiven(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHOOLBELL_PUBLIC_URL", "https://school.example:8443/")
    assert load_settings().public_address == "https://school.example:8443"


def test_the_folder_moves_the_database_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHOOLBELL_VAR_DIR", "/srv/school")
    settings = load_settings()
    assert settings.database_url == "sqlite+aiosqlite:////srv/school/schoolbell.db"
    assert settings.database_setting == "SCHOOLBELL_VAR_DIR"
    assert demo_settings().database_url == "sqlite+aiosqlite:////srv/school/demo.db"
    assert demo_settings().database_setting == "SCHOOLBELL_VAR_DIR"
    monkeypatch.setenv("SCHOOLBELL_DATABASE_URL", "sqlite:///mine.db")
    assert load_settings().database_url == "sqlite+aiosqlite:///mine.db"
    assert load_settings().database_setting == "SCHOOLBELL_DATABASE_URL"


def test_an_env_file_that_is_no_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("SCHOOLBELL_LOG_LEVEL=debug # отладка".encode("cp1251"))
    with pytest.raises(SettingsError, match=r"^\.env: this file is not UTF-8 text; save it as UTF-8$"):
        load_settings()


def test_a_byte_order_mark_hides_no_variable(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SCHOOLBELL_LOG_LEVEL=debug\n", encoding="utf-8-sig")
    assert load_settings().log_level == "debug"


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHOOLBELL_BOT_TOKEN", "")
    assert load_settings().bot_token is None


def test_the_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    settings = load_settings()
    first = secret_key(settings)
    assert len(first) >= 32
    assert secret_key(settings) == first
    assert stat.S_IMODE((tmp_path / "var" / "secret_key").stat().st_mode) == 0o600


@pytest.mark.parametrize("kept", [b"", b"\n", b"short"])
def test_what_is_too_short_is_no_key(tmp_path: Path, kept: bytes) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secret_key").write_bytes(kept)
    with pytest.raises(SettingsError, match=r"^SCHOOLBELL_SECRET_KEY: .*backup") as caught:
        secret_key(load_settings())
    assert "\n" not in str(caught.value)
    assert (tmp_path / "var" / "secret_key").read_bytes() == kept


def test_starts_at_once_agree_on_one_key(tmp_path: Path) -> None:
    settings = load_settings()
    with ThreadPoolExecutor(8) as starts:
        keys = set(starts.map(lambda _: secret_key(settings), range(16)))
    assert keys == {(tmp_path / "var" / "secret_key").read_bytes()}
    assert [one.name for one in (tmp_path / "var").iterdir()] == ["secret_key"]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SCHOOLBELL_VAR_DIR", str(tmp_path / "file" / "var"))
    with pytest.raises(SettingsError, match=r"^SCHOOLBELL_VAR_DIR: .*secret_key"):
        secret_key(load_settings())


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
    assert unknown_variables({"SCHOOLBELL_BOT_TOKN", "SCHOOLBELL_HTTP_PORT", "PATH"}) == {
        "SCHOOLBELL_BOT_TOKN": "SCHOOLBELL_BOT_TOKEN"
    }


def test_variables_are_found_in_the_environment_and_in_the_env_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("SCHOOLBELL_BOT_TOKN=1\nEDITOR=vi\n")
    monkeypatch.setenv("schoolbell_http_prot", "1")
    assert given_variables() == {"SCHOOLBELL_BOT_TOKN", "SCHOOLBELL_HTTP_PROT"}


def test_a_password_among_the_addresss_options_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHOOLBELL_DATABASE_URL", "postgresql://h/n?user=u&password=topsecret")
    assert "topsecret" not in str(describe(load_settings()))
