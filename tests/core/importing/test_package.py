"""Files of every kind of brokenness: one clear line each, and forgiveness where it is safe."""

from __future__ import annotations

import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UnreadableFile
from core.importing.package import Rejected, open_package, read_day, read_number
from tests.support.registers import write_folder, write_zip


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
    ],
)
def test_the_usual_ways_of_saving_are_forgiven(tmp_path: Path, content: bytes) -> None:
    if content.startswith(b"\n\n"):
        content = content.lstrip(b"\n")
    (tmp_path / "users.csv").write_bytes(content)
    (row,) = open_package(tmp_path).rows("users", ("sourcedId",))
    assert row.text("sourcedId").strip('" ') == "1"
    assert row.text("name") == "Иван"
    assert row.number == 2


def _bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("users.csv", b"0" * 50_000_000)


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
    ],
)
def test_an_unusable_table_is_one_clear_line(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "users.csv").write_bytes(content)
    with pytest.raises(UnreadableFile) as caught:
        list(open_package(tmp_path).rows("users", ("sourcedId",)))
    assert says in str(caught.value)
    assert "users.csv" in str(caught.value)


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
