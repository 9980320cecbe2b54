"""The command line as support and administrators type it."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import re
import shutil
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.__main__ import app, main
from core.db.engine import Database
from core.db.migrate import migrate
from tests.support.registers import SMALL, header, swapped, write_folder
from tests.support.telegram import TOKEN, bot_api_in_a_thread

RUNNER = CliRunner()


def stand_in(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """In a folder, with nothing of the environment."""
    patch.chdir(folder)
    for name in list(os.environ):
        if name.startswith("SCHOOLBELL_"):
            patch.delenv(name)
    patch.setenv("COLUMNS", "200")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, where every command is run."""
    stand_in(tmp_path, monkeypatch)
    return tmp_path


def run(*arguments: str, code: int = 0, answer: str | None = None) -> Result:
    result = RUNNER.invoke(app, arguments, input=answer)
    assert result.exit_code == code, (result.output, result.exception)
    return result


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where the small register was imported."""
    folder = tmp_path_factory.mktemp("imported")
    path = write_folder(folder / "register")
    with pytest.MonkeyPatch.context() as patch:
        stand_in(folder, patch)
        run("import", "oneroster", str(path))
    return folder


@pytest.fixture
def register(imported: Path, own_folder: Path) -> Path:
    """The small register, imported."""
    shutil.copytree(imported, own_folder, dirs_exist_ok=True)
    return own_folder / "register"


def rows(statement: str) -> list[tuple[object, ...]]:
    with sqlite3.connect("var/schoolbell.db") as connection:
        return list(connection.execute(statement))


# --- import -----------------------------------------------------------------------------------------------


def test_a_dry_run_shows_and_writes_nothing_then_the_import_writes(tmp_path: Path) -> None:
    path = write_folder(tmp_path / "register")
    said = run("import", "oneroster", str(path), "--dry-run").output
    assert re.search(r"people\s+5", said)
    assert "Nothing was written" in said
    assert not Path("var").exists()
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
    write_folder(tmp_path / "register", users="sourcedId,name\n1,x\n")
    assert "givenName is missing" in run("import", "oneroster", "register", code=2).output
    assert not Path("var").exists(), "what cannot be read makes no database"


def test_a_dry_run_leaves_an_older_database_as_it_is(register: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.db.migrate.newest_revision", lambda: "9999")
    before = Path("var/schoolbell.db").read_bytes()
    said = run("import", "oneroster", str(register), "--dry-run", code=2).output
    assert "`schoolbell migrate`" in said
    assert said.count("\n") == 1
    assert Path("var/schoolbell.db").read_bytes() == before


def test_an_import_brings_an_older_database_to_the_newest_shape(tmp_path: Path) -> None:
    path = write_folder(tmp_path / "register")
    asyncio.run(_make_database("0001"))
    assert rows("select version_num from alembic_version") == [("0001",)]
    assert (
        "givenName is missing"
        in run(
            "import", "oneroster", str(write_folder(tmp_path / "bad", users="sourcedId\n1\n")), code=2
        ).output
    )
    assert rows("select version_num from alembic_version") == [("0001",)]
    assert "Imported" in run("import", "oneroster", str(path)).output
    assert rows("select version_num from alembic_version") != [("0001",)]
    assert rows("select count(*) from person") == [(5,)]


async def _make_database(revision: str) -> None:
    database = Database("sqlite+aiosqlite:///var/schoolbell.db")
    await migrate(database, revision)
    await database.close()


def test_ending_most_of_a_kind_is_refused_and_says_how_to_go_on(register: Path) -> None:
    write_folder(register, **header("users"), enrollments=None, results=None)
    arguments = ("import", "oneroster", str(register), "--end-missing")
    said = run(*arguments, "--dry-run").output
    assert "would be refused: 5 of 5 people" in said
    refused = run(*arguments, code=2).output
    assert "5 of 5 people" in refused
    assert "--end-most" in refused
    assert rows("select count(*) from role_assignment where ends is not null") == [(0,)]
    assert "Imported" in run(*arguments, "--end-most").output
    assert rows("select count(*) from role_assignment where ends is null") == [(0,)]


def test_of_many_problems_the_first_are_told_and_the_others_counted(tmp_path: Path) -> None:
    bad = "".join(f"x{number},active,true,s1,wizard,Ann,Lee,,\n" for number in range(120))
    path = write_folder(tmp_path / "register", users=SMALL["users"] + bad)
    said = run("import", "oneroster", str(path), code=1).output
    assert said.count("no role we know") == 50
    assert "… and 70 more of users.csv" in said
    assert "120 rows rejected" in said


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
    assert "no person 'zz'" in run("invite", "--person", "zz", code=1).output
    run("invite", code=2)


def test_a_school_or_class_that_fits_several_is_named_with_what_to_choose_from(tmp_path: Path) -> None:
    path = write_folder(tmp_path / "register")
    run("import", "oneroster", str(path), "--source", "north")
    run("import", "oneroster", str(path), "--source", "south")
    for arguments in (("--all",), ("--person", "g1"), ("--class", "7A")):
        said = run("invite", *arguments, "--school", "Harbour School", code=1).output
        assert "Harbour School fits several schools; say --school NUMBER" in said
    said = run("talk", "--person", "g1", "--school", "Harbour School", "/grades", code=1).output
    assert "fits several schools" in said
    said = run("invite", "--class", "7A", code=1).output
    assert "Several schools have a class 7A" in said
    number = re.search(r"(\d+): Harbour School", said)
    assert number
    assert "3 issued" in run("invite", "--class", "7A", "--school", number[1]).stderr


def test_what_is_not_there_is_named(register: Path) -> None:
    assert "no class '9Z'" in run("invite", "--class", "9Z", code=1).output
    said = run("invite", "--person", "g1", "--school", "Nowhere", code=1).output
    assert "no school 'Nowhere'" in said
    assert "no school 'Nowhere'" in run("talk", "--person", "g1", "--school", "Nowhere", "/x", code=1).output


def test_a_class_may_be_typed_with_a_cyrillic_letter(register: Path) -> None:
    assert "3 issued" in run("invite", "--class", "7А").stderr


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--person", "g1", "--role", "teacher"), "g1 has no such role: teacher"),
        (("--all", "--role", "canteen"), "Nobody here has the role canteen"),
        (("--class", "7A", "--role", "teacher"), "Nobody in 7A has the role teacher"),
    ],
)
def test_codes_for_nobody_are_an_error_that_says_why(
    register: Path, arguments: tuple[str, ...], why: str
) -> None:
    assert why in run("invite", *arguments, code=1).output


def test_nobody_left_to_invite_is_no_error(register: Path) -> None:
    run("invite", "--all")
    assert "0 issued; 5 with an open code" in run("invite", "--all").stderr


def test_an_empty_cell_stays_empty_and_a_formula_is_disarmed(tmp_path: Path) -> None:
    run("import", "oneroster", str(write_folder(tmp_path / "x", **swapped("users", "Anna", "=Anna"))))
    lines = {
        line["name"]: line
        for line in csv.DictReader(io.StringIO(run("invite", "--all", "--format", "csv").stdout))
    }
    assert "'=Anna Petrova" in lines
    teacher = run("invite", "--all", "--role", "teacher", "--format", "csv", "--reissue").stdout
    assert [line["class or children"] for line in csv.DictReader(io.StringIO(teacher))] == [""]


def test_a_refused_token_stops_before_a_code_is_issued_and_lost(
    register: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with bot_api_in_a_thread() as url:
        monkeypatch.setenv("SCHOOLBELL_TELEGRAM_API_URL", url)
        monkeypatch.setenv("SCHOOLBELL_BOT_TOKEN", "4242:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB")
        monkeypatch.setattr("sys.argv", ["schoolbell", "invite", "--all", "--format", "html"])
        with pytest.raises(SystemExit) as stopped:
            main()
        assert stopped.value.code == 2
        said = capsys.readouterr()
        assert "SCHOOLBELL_BOT_TOKEN" in said.err
        assert said.out == ""
        assert rows("select count(*) from invitation") == [(0,)]
        monkeypatch.setenv("SCHOOLBELL_BOT_TOKEN", TOKEN)
        assert "t.me/school_bot" in run("invite", "--all", "--format", "html").stdout


def test_slips_are_printed_without_telegram_while_it_does_not_answer(
    register: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHOOLBELL_TELEGRAM_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("SCHOOLBELL_BOT_TOKEN", TOKEN)
    result = run("invite", "--person", "g1", "--format", "html")
    assert "did not answer" in result.stderr
    assert "Anna Petrova" in result.stdout
    assert "t.me" not in result.stdout


def test_slips_that_lead_to_this_machine_only_are_warned_of(
    register: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "SCHOOLBELL_PUBLIC_URL" in run("invite", "--person", "g1", "--format", "html").stderr
    assert "SCHOOLBELL_PUBLIC_URL" not in run("invite", "--person", "g2").stderr
    monkeypatch.setenv("SCHOOLBELL_PUBLIC_URL", "https://school.example")
    result = run("invite", "--person", "g1", "--format", "html", "--reissue", "--no-unlink")
    assert "SCHOOLBELL_PUBLIC_URL" not in result.stderr
    assert "https://school.example" in result.stdout


def test_codes_issued_anew_for_one_role_leave_the_codes_of_others(register: Path) -> None:
    run("invite", "--person", "t1")
    assert (
        "1 older codes revoked" in run("invite", "--person", "t1", "--role", "guardian", "--reissue").stderr
    )
    kept = (
        "select role from invitation_role join invitation i on i.id = invitation_id where revoked_at is null"
    )
    assert sorted(rows(kept)) == [("guardian",), ("teacher",)]


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


@pytest.mark.parametrize(
    "arguments",
    [
        ("run",),
        ("migrate",),
        ("demo", "--no-serve"),
        ("import", "oneroster", "register.zip"),
        ("invite", "--all"),
        ("talk", "--person", "g1", "/grades"),
    ],
)
def test_every_command_says_in_one_line_that_the_database_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    Path("file").write_text("This is no database. " * 100)
    write_folder(Path("register.zip"))
    monkeypatch.setenv("SCHOOLBELL_DATABASE_URL", "sqlite:///file")
    monkeypatch.setattr("sys.argv", ["schoolbell", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert (
        "SCHOOLBELL_DATABASE_URL: sqlite+aiosqlite:///file cannot be opened (file is not a database)" in line
    )


def test_migrate_tells_the_revision() -> None:
    assert re.search(r"revision \d{4}", run("migrate").output)


# --- admin ------------------------------------------------------------------------------------------------


def test_an_account_is_made_for_whoever_works_in_the_panel(register: Path) -> None:
    made = ("admin", "create", "--email", "Boss@school.example", "--person")
    assert "no work in the panel" in run(*made, "p1", code=1, answer="a long password\n").output
    assert "no person 'zz'" in run(*made, "zz", code=1, answer="a long password\n").output
    assert "at least 12" in run(*made, "p1", code=2, answer="short\n").output
    with sqlite3.connect("var/schoolbell.db") as connection:
        connection.execute(
            "insert into role_assignment (person_id, org_id, role) select target_id,"
            " (select min(id) from org where kind = 'school'), 'admin' from external_id"
            " where kind = 'person' and external_id = 'p1'"
        )
    said = run(*made, "p1", answer="a long password\n").output
    assert "boss@school.example signs in at http://127.0.0.1:8080/admin/sign-in" in said
    ((email, kept),) = rows("select email, password_hash from panel_account")
    assert email == "boss@school.example"
    assert "a long password" not in str(kept)


def test_an_app_that_was_lost_is_forgotten_so_that_its_owner_comes_in_again(register: Path) -> None:
    assert "no person 'zz'" in run("admin", "forget-app", "--person", "zz", code=1).output
    assert "no authenticator app" in run("admin", "forget-app", "--person", "p1", code=1).output
    with sqlite3.connect("var/schoolbell.db") as connection:
        connection.execute(
            "insert into panel_account (person_id, password_hash, totp, totp_step, created_at) select target_id,"
            " '', 'sealed', 7, '2026-11-24' from external_id where kind = 'person' and external_id = 'p1'"
        )
    assert "is forgotten" in run("admin", "forget-app", "--person", "p1").output
    assert rows("select totp, totp_step from panel_account") == [("", 0)]
    assert rows("select count(*) from audit_entry where action = 'panel.totp_end'") == [(1,)]


@pytest.fixture
def class_list(register: Path, tmp_path: Path) -> Path:
    """A list of Harbour School with a question that must be answered."""
    path = tmp_path / "7A.csv"
    path.write_text("Surname,First name,Class\nIvanova,Yana,7A\n")
    return path


def test_what_must_be_answered_is_listed_with_the_lines_to_answer_in(class_list: Path) -> None:
    arguments = ("import", "people", "7A.csv", "--school", "s1")
    refused = run(*arguments, code=2).output
    assert "nothing can be written before 1 question is answered" in refused
    line = re.search(r"^    (columns \w+,yes)$", refused, re.MULTILINE)
    assert line is not None
    looked = run(*arguments, "--dry-run").output
    assert "(taken as 'family')" in looked
    assert "mother.phone: mother: phone" in looked, "what a column may be, all of it"
    assert looked.count("mother.phone: ") == 1
    # As a spreadsheet of many countries writes it.
    Path("map.csv").write_text(line[1].replace(",", ";") + "\n")
    assert "Imported" in run(*arguments, "--map", "map.csv").output
    assert "Nothing to change" in run(*arguments).output, "what was answered is kept"


def test_a_mapping_that_does_not_fit_is_told_and_nothing_is_guessed_in_its_place(class_list: Path) -> None:
    arguments = ("import", "people", "7A.csv", "--school", "s1")
    (line,) = re.findall(r"^    columns (\w+),yes$", run(*arguments, code=2).output, re.MULTILINE)
    Path("map.csv").write_text(f"columns {line},yes\ncolumn {line} A,surname\ncolumn 00000000 A,full\n")
    refused = run(*arguments, "--map", "map.csv", code=2).output
    assert "7A.csv, row 1, A: 'surname' was answered, which no column can be: guessed anew" in refused
    looked = run(*arguments, "--map", "map.csv", "--dry-run").output
    assert "map.csv: not asked for by this file: column 00000000 A" in looked


@pytest.mark.parametrize("more", [(), ("--school", "1"), ("--dry-run",)])
def test_a_list_of_one_school_makes_no_database_where_there_is_no_school(
    tmp_path: Path, more: tuple[str, ...]
) -> None:
    (tmp_path / "7A.csv").write_text("Surname,First name,Class\nIvanova,Yana,7A\n")
    said = run("import", "people", "7A.csv", *more, code=2).output
    assert "there is no school here yet" in said
    assert "timetable" in said
    assert not Path("var").exists()


def test_a_school_of_the_register_that_is_called_otherwise_can_be_said(register: Path) -> None:
    with sqlite3.connect("var/schoolbell.db") as connection:
        connection.execute("delete from external_id")
        connection.execute("update org set name = 'Quay School' where name = 'Harbour School'")
        ((school,),) = connection.execute("select id from org where name = 'Quay School'").fetchall()
    arguments = ("import", "oneroster", str(register), "--school", str(school))
    assert "    school,…" in run(*arguments, code=2).output
    Path("map.csv").write_text("school,s1\n")
    assert "Imported" in run(*arguments, "--map", "map.csv").output
