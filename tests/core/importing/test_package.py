"""Files of every kind of brokenness: one clear line each, and forgiveness where it is safe."""

from __future__ import annotations

import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UnreadableFile
from core.importing.cells import Rejected, Row, read_day, read_number
from core.importing.package import open_package
from core.importing.timetable.reading import read_timetable
from tests.support.registers import write_folder, write_zip


def read(folder: Path, content: str | bytes, table: str = "users") -> list[Row]:
    """The rows of a file of that content."""
    raw = content if isinstance(content, bytes) else content.encode()
    (folder / f"{table}.csv").write_bytes(raw)
    return list(open_package(folder).rows(table, ("sourcedId",)))


def faults(rows: list[Row]) -> list[str]:
    """What is told of the rows."""
    return [f"{'rejected' if one.rejected else 'remark'} {one}" for row in rows for one in row.problems]


def opened(path: Path) -> list[dict[str, str]]:
    return [dict(row.cells) for row in open_package(path).rows("users", ("sourcedId",))]


def test_a_folder_and_a_zip_say_the_same(tmp_path: Path) -> None:
    folder = opened(write_folder(tmp_path / "folder"))
    assert folder == opened(write_zip(tmp_path / "a.zip"))
    assert folder == opened(write_zip(tmp_path / "b.zip", prefix="export/"))
    assert len(folder) == 5


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfsourcedId,name\n1,\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd\n",
        "sourcedId;name\n1;Иван\n".encode("cp1251"),
        "sourcedId\tname\n1\tИван\n".encode("utf-16"),
        ' SourcedID , NAME \n "1" , Иван \n'.encode(),
        "sourcedId,name\r\n1,Иван\r\n\r\n\r\n".encode(),
        b"\n\nsourcedId,name" + "\n1,Иван".encode(),
        " Sourced Id ,\u00a0Na me\n1,Иван".encode(),
        "sourcedId,name,,\n1,Иван,,,,".encode(),
        "sourcedId,name\r1,Иван\r".encode(),
    ],
)
def test_the_usual_ways_of_saving_are_forgiven(tmp_path: Path, content: bytes) -> None:
    (row,) = read(tmp_path, content)
    assert row.text("sourcedId").strip('" ') == "1"
    assert row.text("name") == "Иван"
    assert row.number == (4 if content.startswith(b"\n\n") else 2)
    assert not row.problems


def _bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("users.csv", b"0" * 50_000_000)


def _packed_oddly(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("users.csv", b"sourcedId\n1\n")


def _lying(path: Path) -> None:
    """The sizes that the zip states are smaller than what is in it."""
    write_zip(path)
    content = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("users.csv").file_size
    path.write_bytes(content.replace(size.to_bytes(4, "little"), (size - 90).to_bytes(4, "little")))


def _truncated(path: Path) -> None:
    write_zip(path)
    path.write_bytes(path.read_bytes()[:-200])


def _cut_inside(path: Path) -> None:
    write_zip(path)
    content = bytearray(path.read_bytes())
    place = content.find(b"users.csv") + 60
    content[place : place + 40] = b"\0" * 40
    path.write_bytes(bytes(content))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_bytes(b""), "empty"),
        (lambda path: path.write_bytes(b"GIF89a nothing"), "not a zip"),
        (_truncated, "damaged"),
        (_cut_inside, "damaged"),
        (_bomb, "refused"),
        (_packed_oddly, "few programs"),
        (_lying, "damaged"),
        (lambda path: zipfile.ZipFile(path, "w").close(), "no .csv"),
        (lambda path: None, "no such file"),
    ],
)
def test_an_unusable_file_is_one_clear_line(tmp_path: Path, make: object, says: str) -> None:
    path = tmp_path / "register.zip"
    assert callable(make)
    make(path)
    with pytest.raises(UnreadableFile) as caught:
        opened(path)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"\0\1\2\3 binary", "not a text file"),
        (b"name,age\nx,1\n", "sourcedId is missing"),
        (b'sourcedId,name\n1,"' + b"x" * 200_000 + b'"\n', "line"),
        (b'sourcedId,name\n1,"Ivan\n2,Anna\n3,Olga\n', "line 2: a quote is opened in it and never closed"),
        (b'sourcedId,name\n1,"Ivan\n2,"Anna",\n3,Olga\n', "line 2: ',' expected after '\"'"),
        (b'sourcedId,"na"me\n1,x\n', "line 1"),
        ("sourcedId,name\n1,José\n2,André\n".encode("latin-1"), "'Josй'"),
        ("sourcedId,name\n1,Peña\n".encode("latin-1"), "save it as UTF-8"),
        ("sourcedId\tname\n1\tИван\n".encode("utf-16-le"), "not a text file"),
        ("sourcedId,name\n1,Иван\n".encode("utf-16") + b"\0", "no encoding we know"),
    ],
)
def test_an_unusable_table_is_one_clear_line(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "users.csv").write_bytes(content)
    with pytest.raises(UnreadableFile) as caught:
        list(open_package(tmp_path).rows("users", ("sourcedId",)))
    assert says in str(caught.value)
    assert "users.csv" in str(caught.value)


def test_what_cannot_be_a_text_is_told_wherever_it_stands(tmp_path: Path) -> None:
    filler = "".join(f"{number},Ann\n" for number in range(1_000))
    rows = read(tmp_path, f"sourcedId,name\n{filler}x,An\0na\n")
    assert len(filler) > 4_096
    assert faults(rows) == ["rejected users.csv, row 1002, name: holds a character that no text has (NUL)"]


def test_a_quote_left_open_rejects_what_it_swallows(tmp_path: Path) -> None:
    rows = read(tmp_path, 'sourcedId,name,role\n1,"Ivan,student\n2,Anna",parent\n3,Olga,teacher\n')
    assert faults(rows) == [
        "rejected users.csv, row 2, name: goes over several lines; is a quote left open?",
    ]
    assert [row.text("name") for row in rows if not row.is_rejected] == ["Olga"]


def test_a_quote_inside_a_cell_costs_that_row_only(tmp_path: Path) -> None:
    rows = read(tmp_path, 'sourcedId,name\n1,"Ivan "Vanya" Petrov"\n2,"Ivan ""Vanya"" Petrov"\n')
    assert faults(rows) == ["rejected users.csv, row 2: a quote stands inside a quoted cell; write it twice"]
    assert rows[1].text("name") == 'Ivan "Vanya" Petrov'


def test_only_comments_may_go_over_lines_and_not_over_rows(tmp_path: Path) -> None:
    rows = read(tmp_path, 'sourcedId,score,comment\n1,5,"good,\nreally"\n2,4,"good\n3,4,fine"\n', "results")
    assert faults(rows) == [
        "rejected results.csv, row 3, comment: goes over several lines; is a quote left open?"
    ]
    assert rows[0].text("comment") == "good,\nreally"


def test_cells_that_have_no_column_reject_the_row(tmp_path: Path) -> None:
    rows = read(tmp_path, "sourcedId,family,given\n1,Petrov, Jr,Ivan\n2,Lee\n3,Ivanov,Ivan,,\n")
    assert faults(rows) == [
        "rejected users.csv, row 2: has 4 cells, the header 3; is one with a separator not quoted?",
        "remark users.csv, row 3: has only 2 of 3 cells; the last ones are taken as empty",
    ]
    assert [row.text("given") for row in rows if not row.is_rejected] == ["", "Ivan"]


def test_a_file_that_is_not_utf_8_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_bytes("sourcedId,name\n1,Иван Пeтров\n2,Анна\n".encode("cp1251"))
    package = open_package(tmp_path)
    for _ in range(2):
        assert [row.text("name") for row in package.rows("users")][1:] == ["Анна"]
    assert [str(one) for one in package.remarks()] == ["users.csv, row 1: is not UTF-8: read as Windows-1251"]


def test_one_odd_word_among_many_does_not_make_it_another_encoding(tmp_path: Path) -> None:
    names = "".join(f"{number},Анна Петрова\n" for number in range(20))
    assert len(read(tmp_path, f"sourcedId,name\n{names}99,Ivanов\n".encode("cp1251"))) == 21


def test_what_unpacks_to_too_much_is_refused_though_it_is_packed_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_zip(tmp_path / "register.zip")
    assert len(opened(path)) == 5
    monkeypatch.setattr("core.importing.package._LARGEST_FILE", 200)
    with pytest.raises(UnreadableFile, match=r"users\.csv unpacks to far more than a register holds"):
        opened(path)
    monkeypatch.setattr("core.importing.package._LARGEST_PACKAGE", 500)
    with pytest.raises(UnreadableFile, match="refused"):
        open_package(path)
    with pytest.raises(UnreadableFile, match="larger than"):
        opened(write_folder(tmp_path / "folder"))


def test_a_file_of_more_rows_than_a_register_has_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.importing.package._MOST_ROWS", 3)
    assert len(read(tmp_path, "sourcedId\n1\n2\n")) == 2
    with pytest.raises(UnreadableFile, match="more than 3 rows"):
        read(tmp_path, "sourcedId\n1\n2\n3\n")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-09-01", date(2026, 9, 1)),
        ("2026-09-01T00:00:00.000Z", date(2026, 9, 1)),
        ("2026/9/1", date(2026, 9, 1)),
        ("20260901", date(2026, 9, 1)),
        ("01.09.2026", date(2026, 9, 1)),
        ("9/1/2026", date(2026, 9, 1)),
        ("25/12/2026", date(2026, 12, 25)),
        ("12/25/2026", date(2026, 12, 25)),
        ("2026-02-30", None),
        ("tomorrow", None),
        ("2026-13-01", None),
        ("٢٠٢٦-٠٩-٠١", None),
        ("0001-01-01", None),
    ],
)
def test_dates_of_many_forms(text: str, day: date | None) -> None:
    assert read_day(text) == day


@given(st.dates(date(1900, 1, 1), date(2200, 12, 31)))
def test_a_date_is_read_as_it_was_written(day: date) -> None:
    assert read_day(day.isoformat()) == day
    assert read_day(day.strftime("%d.%m.%Y")) == day


@given(st.text(max_size=30))
def test_nothing_makes_the_readers_fall_over(text: str) -> None:
    read_day(text)
    number = read_number(text)
    assert number is None or number.is_finite()


def test_numbers_and_lists(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text('sourcedId,score,list,bad\n1,"12,5","a, b;a ",x\n', encoding="utf-8")
    (row,) = open_package(tmp_path).rows("users")
    assert row.number_in("score") == Decimal("12.5")
    assert row.many("list") == ["a", "b"]
    with pytest.raises(Rejected):
        row.number_in("bad")
    with pytest.raises(Rejected):
        row.required("nothing")


@pytest.mark.parametrize("opening", [open_package, read_timetable])
def test_a_path_that_the_system_does_not_take_is_a_sentence(opening: Any) -> None:
    with pytest.raises(UnreadableFile, match="cannot be read"):
        opening(Path("x" * 300))


@pytest.mark.parametrize("opening", [open_package, read_timetable])
def test_a_folder_that_may_not_be_listed_is_a_sentence(
    opening: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(UnreadableFile, match="Permission denied"):
        opening(tmp_path)


def test_a_cell_that_is_longer_than_any_name_rejects_its_row_and_a_list_of_ids_may_be_long(
    tmp_path: Path,
) -> None:
    ids = ",".join(f"g{number}" for number in range(500))
    found = read(
        tmp_path, f'sourcedId,givenName,agentSourcedIds,comment\n1,{"x" * 600},,\n2,Ann,"{ids}",{"y" * 600}\n'
    )
    assert [[str(problem) for problem in row.problems] for row in found] == [
        ["users.csv, row 2, givenname: holds 600 letters, more than any name or id"],
        [],
    ]
