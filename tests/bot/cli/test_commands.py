"""The command line as support and administrators type it."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.__main__ import app, main
from tests.support.registers import swapped, write_folder

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, and nothing of the environment."""
    monkeypatch.chdir(tmp_path)
    for name in list(__import__("os").environ):
        if name.startswith("SCHOOLBELL_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def run(*arguments: str, code: int = 0, answer: str | None = None) -> Result:
    result = RUNNER.invoke(app, arguments, input=answer)
    assert result.exit_code == code, (result.output, result.exception)
    return result


@pytest.fixture
def register(tmp_path: Path) -> Path:
    """The small register, imported."""
    path = write_folder(tmp_path / "register")
    run("import", "oneroster", str(path))
    return path


def rows(statement: str) -> list[tuple[object, ...]]:
    with sqlite3.connect("var/schoolbell.db") as connection:
        return list(connection.execute(statement))


# --- import -----------------------------------------------------------------------------------------------


def test_a_dry_run_shows_and_writes_nothing_then_the_import_writes(tmp_path: Path) -> None:
    path = write_folder(tmp_path / "register")
    said = run("import", "oneroster", str(path), "--dry-run").output
    assert re.search(r"people\s+5", said)
    assert "Nothing was written" in said
    assert rows("select count(*) from person") == [(0,)]
    assert "Imported" in run("import", "oneroster", str(path)).output
    assert rows("select count(*) from person") == [(5,)]
    assert "Nothing to change" in run("import", "oneroster", str(path)).output


def test_rejected_rows_are_told_and_the_exit_code_says_so(tmp_path: Path) -> None:
    path = write_folder(tmp_path / "register", **swapped("enrollments", "alg7,s1,p1", "alg7,s1,zz"))
    said = run("import", "oneroster", str(path), code=1).output
    assert "enrollments.csv, row 3, userSourcedId: the user 'zz' is not in users.csv" in said
    assert "1 rows rejected" in said


def test_an_unusable_file_is_one_line_and_exit_code_two(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"nothing")
    result = run("import", "oneroster", "x.zip", code=2)
    assert "not a zip file" in result.output
    assert "Traceback" not in result.output
    assert "no such file" in run("import", "oneroster", "nowhere.zip", code=2).output


@pytest.mark.parametrize(
    "option", [("--timezone", "Mars/Base"), ("--locale", "xx"), ("--currency", "money"), ("--scale", "stars")]
)
def test_a_bad_option_is_refused_before_anything_is_read(tmp_path: Path, option: tuple[str, str]) -> None:
    assert option[0] in run("import", "oneroster", "nowhere.zip", *option, code=2).output


# --- invite -----------------------------------------------------------------------------------------------


def test_codes_are_shown_once_and_people_with_open_codes_are_skipped(register: Path) -> None:
    first = run("invite", "--all", "--format", "csv")
    lines = list(csv.DictReader(io.StringIO(first.stdout)))
    assert {line["name"] for line in lines} >= {"Ivan Petrov", "Anna Petrova", "Olga Sokolova"}
    assert all(re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}", line["code"]) for line in lines)
    assert f"{len(lines)} issued" in first.stderr
    again = run("invite", "--all", "--format", "csv")
    assert len(list(csv.DictReader(io.StringIO(again.stdout)))) == 0
    assert f"{len(lines)} with an open code" in again.stderr
    renewed = run("invite", "--all", "--format", "csv", "--reissue")
    assert f"{len(lines)} older codes revoked" in renewed.stderr
    kept = str(rows("select * from invitation"))
    assert not any(line["code"].replace("-", "") in kept for line in lines)


def test_one_class_and_one_role(register: Path) -> None:
    names = {
        line["name"]: line
        for line in csv.DictReader(io.StringIO(run("invite", "--class", "7A", "--format", "csv").stdout))
    }
    assert set(names) == {"Ivan Petrov", "Anna Petrova", "Pavel Petrov"}
    assert "guardian" in names["Anna Petrova"]["roles"]
    only = run("invite", "--all", "--role", "teacher", "--format", "csv", "--reissue").stdout
    assert [line["name"] for line in csv.DictReader(io.StringIO(only))] == ["Olga Sokolova"]


def test_slips_are_a_page_to_cut_with_the_code_after_the_hash(register: Path) -> None:
    page = run("invite", "--person", "g1", "--format", "html").stdout
    code = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}", page)
    assert code
    assert "Anna Petrova" in page
    assert "<svg" in page
    assert "<script" not in page


def test_an_id_that_fits_two_people_lists_them_and_asks(tmp_path: Path) -> None:
    path = write_folder(tmp_path / "register")
    run("import", "oneroster", str(path), "--source", "north")
    run("import", "oneroster", str(path), "--source", "south")
    said = run("invite", "--person", "g1", code=1).output
    assert "north: Anna Petrova" in said
    assert "south: Anna Petrova" in said
    assert "1 issued" in run("invite", "--person", "g1", "--source", "north").output
    assert "no person" in run("invite", "--person", "zz", code=1).output
    assert "no class" in run("invite", "--class", "9Z", code=1).output
    run("invite", code=2)


# --- talk -------------------------------------------------------------------------------------------------


def test_support_talks_as_a_parent_in_one_conversation_that_is_kept(register: Path) -> None:
    said = run("talk", "--person", "g1", "/grades").output
    assert "Algebra" in said
    assert "78.0" in said
    opened = run("talk", "--person", "g1", "tap:algebra").output
    assert "clean work" in opened
    lines = [
        json.loads(line)
        for line in run(
            "talk", "--person", "g1", "--json", "/grades", "tap:Algebra", "/language", "tap:Рус"
        ).output.splitlines()
    ]
    assert [line["kind"] for line in lines] == ["message", "edit", "message", "edit"]
    assert set(lines[0]) == {"kind", "text", "buttons"}
    assert "Algebra" in lines[0]["buttons"]
    assert "Средний" in run("talk", "--person", "g1", "/grades").output


def test_every_call_is_audited_with_the_systems_user_and_is_no_place_to_deliver_to(register: Path) -> None:
    run("talk", "--person", "g1", "/grades")
    run("talk", "--person", "g1", "/meals")
    audits = rows("select via, action from audit_entry where via like 'terminal:%'")
    assert len(audits) >= 2
    run("talk", "--person", "g2", "/links")
    assert rows("select count(*) from delivery") == [(0,)]
    assert "Support" not in run("talk", "--person", "g1", "/links").output


def test_a_button_that_is_not_there_names_those_that_are(register: Path) -> None:
    run("talk", "--person", "g1", "/grades")
    said = run("talk", "--person", "g1", "tap:Nothing", code=1).output
    assert "No button" in said
    assert "Algebra" in said
    assert "no person" in run("talk", "--person", "zz", "/grades", code=1).output


# --- demo -------------------------------------------------------------------------------------------------


def test_the_demo_is_made_kept_and_refuses_a_school_that_it_did_not_make(
    register: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHOOLBELL_DEMO_NOW", "2026-11-24T09:10")
    monkeypatch.setenv("SCHOOLBELL_BOT_TOKEN", "4242:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
    assert "Made the demo school" in run("demo", "--no-serve").output
    assert Path("var/demo.db").exists()
    assert "there already" in run("demo", "--no-serve").output
    assert "now" in run("talk", "--demo", "--person", "student", "/schedule").output
    assert "Made the demo school" in run("demo", "--no-serve", "--reset").output
    monkeypatch.setenv("SCHOOLBELL_DATABASE_URL", "sqlite+aiosqlite:///var/schoolbell.db")
    for arguments in (("demo", "--no-serve"), ("demo", "--no-serve", "--reset")):
        assert "real school" in run(*arguments, code=2).output
    assert rows("select count(*) from person") == [(5,)]


def test_talking_to_a_demo_that_was_never_made_says_so_and_makes_nothing(own_folder: Path) -> None:
    said = run("talk", "--demo", "--person", "mother", "/grades", code=2).output
    assert "make demo" in said
    assert not list(own_folder.iterdir())


def test_the_terminal_names_the_port_that_the_demo_is_open_at(monkeypatch: pytest.MonkeyPatch) -> None:
    run("demo", "--no-serve")
    said = run(
        *("talk", "--demo", "--port", "9123", "--person", "mother"), "/links", "tap:Connect another"
    ).output
    assert "127.0.0.1:9123" in said


# --- doctor and settings ----------------------------------------------------------------------------------


def test_the_doctor_finds_nothing_wrong_and_shows_no_secret(
    register: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHOOLBELL_SECRET_KEY", "s3cret-s3cret-s3cret-s3cret-s3cret")
    said = run("doctor").output
    assert "✗" not in said
    assert "s3cret" not in said


def test_the_doctor_says_what_is_wrong_and_how_to_mend_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHOOLBELL_HTTP_PROT", "80")
    monkeypatch.setenv("SCHOOLBELL_DATABASE_URL", "postgresql://nobody:hidden@127.0.0.1:9/none")
    said = run("doctor", code=1).output
    assert "Did you mean SCHOOLBELL_HTTP_PORT" in said
    assert "does not answer" in said
    assert "hidden" not in said


def test_a_bad_setting_stops_with_one_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SCHOOLBELL_HTTP_PORT", "many")
    monkeypatch.setattr("sys.argv", ["schoolbell", "doctor"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "SCHOOLBELL_HTTP_PORT" in line


def test_migrate_tells_the_revision() -> None:
    assert re.search(r"revision \d{4}", run("migrate").output)
