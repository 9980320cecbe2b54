"""The doctor: every finding with its mend, and nothing changed by looking."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import core.i18n
from bot.__main__ import app

RUNNER = CliRunner()
CATALOG = Path("ru/LC_MESSAGES/schoolbell.po")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and nothing of the environment."""
    folder = tmp_path / "school"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in [one for one in os.environ if one.startswith("SCHOOLBELL_")]:
        monkeypatch.delenv(name)
    return folder


@pytest.fixture
def catalogs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the catalogs, to be damaged."""
    folder = tmp_path / "locales"
    shutil.copytree(core.i18n.FOLDER, folder)
    monkeypatch.setattr(core.i18n, "FOLDER", folder)
    return folder


def doctor(*, code: int = 0) -> str:
    result = RUNNER.invoke(app, ["doctor"])
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def test_a_fresh_folder_is_well_and_stays_empty(own_folder: Path) -> None:
    said = doctor()
    assert "✓ Settings: in order" in said
    assert "✓ Database: sqlite+aiosqlite:///var/schoolbell.db will be made at the first start" in said
    assert "✓ Secret key: var/secret_key will be made at the first start" in said
    assert list(own_folder.iterdir()) == []


def test_a_database_in_use_is_looked_at_and_left_as_it_is(own_folder: Path) -> None:
    RUNNER.invoke(app, ["migrate"])
    before = [(one.name, one.stat().st_mtime_ns) for one in Path("var").iterdir()]
    said = doctor()
    assert "✓ Database: sqlite+aiosqlite:///var/schoolbell.db answers" in said
    assert "✓ Migrations: at" in said
    assert [(one.name, one.stat().st_mtime_ns) for one in Path("var").iterdir()] == before


def test_a_database_that_is_none_and_a_folder_that_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("file").write_text("This is no database. " * 100)
    monkeypatch.setenv("SCHOOLBELL_DATABASE_URL", "sqlite:///file")
    said = doctor(code=1)
    assert "✗ Database: sqlite+aiosqlite:///file does not answer (file is not a database)" in said
    assert "Check SCHOOLBELL_DATABASE_URL" in said
    monkeypatch.delenv("SCHOOLBELL_DATABASE_URL")
    monkeypatch.setenv("SCHOOLBELL_VAR_DIR", "file/var")
    said = doctor(code=1)
    assert "✗ Database: sqlite+aiosqlite:///file/var/schoolbell.db cannot be made" in said
    assert "✗ Secret key: file/var/secret_key cannot be made" in said


def test_every_misspelt_variable_of_the_env_file_is_found() -> None:
    Path(".env").write_text("SCHOOLBELL_BOT_TOKN=1\nSCHOOLBELL_HTTP_PROT=1\n")
    said = doctor(code=1)
    assert "✗ Settings: SCHOOLBELL_BOT_TOKN is read by nothing" in said
    assert "Did you mean SCHOOLBELL_BOT_TOKEN?" in said
    assert "✗ Settings: SCHOOLBELL_HTTP_PROT is read by nothing" in said


def test_an_empty_key_is_found() -> None:
    Path("var").mkdir()
    Path("var/secret_key").touch(0o600)
    assert "✗ Secret key: var/secret_key holds no key" in doctor(code=1)


def test_an_address_that_only_this_machine_opens_is_pointed_out_before_codes_are_printed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "! Web address: http://127.0.0.1:8080 opens on this machine only" in doctor()
    monkeypatch.setenv("SCHOOLBELL_PUBLIC_URL", "https://school.example")
    said = doctor()
    assert "✓ Web address: https://school.example" in said
    assert "! Proxy: no proxy is trusted" in said
    monkeypatch.setenv("SCHOOLBELL_TRUSTED_PROXIES", "172.16.0.0/12")
    assert "Proxy:" not in doctor()
    monkeypatch.setenv("SCHOOLBELL_PUBLIC_URL", "http://school.example")
    assert "without TLS" in doctor()


def test_empty_plurals_and_guesses_count_as_not_translated(catalogs: Path) -> None:
    path = catalogs / CATALOG
    text = path.read_text(encoding="utf-8")
    first = text.index("msgstr[1]")
    text = text[:first] + 'msgstr[1] ""' + text[text.index("\n", first) :]
    entry = text.index("\n\n#", text.index("\n\n#") + 1) + 2
    path.write_text(f"{text[:entry]}#, fuzzy\n{text[entry:]}", encoding="utf-8")
    said = doctor(code=1)
    assert "✗ Русский: 2 texts are not translated" in said
    assert "✓ English: complete" in said
    assert "✓ ไทย: complete" in said


def test_a_bad_catalog_does_not_hide_the_next(catalogs: Path) -> None:
    (catalogs / CATALOG).unlink()
    (catalogs / "th/LC_MESSAGES/schoolbell.po").write_bytes(b'msgid "a"\nmsgstr "\xff"\n')
    said = doctor(code=1)
    assert "✗ Русский: its catalog cannot be read" in said
    assert "✗ ไทย: its catalog cannot be read" in said
