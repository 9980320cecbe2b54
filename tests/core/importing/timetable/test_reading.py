"""Files of three programs: what they say, and what is said of broken ones."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from core.domain.kinds import WeekParity
from core.domain.name_forms import class_key
from core.errors import UnreadableFile
from core.importing.timetable import IMPORTER
from core.importing.timetable.model import Placement, Timetable, audiences, homerooms
from core.importing.timetable.reading import read_timetable
from core.importing.timetable.words import parity_of, periods_of, weekdays
from tests.support.timetables import DAYS, Lesson, asc, fet, gpu001, gpu002, write, write_zip

SAMPLE = Path(__file__).parents[5] / "shared" / "data" / "IBDP-School-2016.fet"
BOMB = (
    '<?xml version="1.0"?>\n<!DOCTYPE fet [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>\n'
    "<fet><Institution_Name>&b;</Institution_Name></fet>"
)
STEALING = '<?xml version="1.0"?>\n<!DOCTYPE fet [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n<fet>&a;</fet>'


def places(timetable: Timetable) -> dict[tuple[str, tuple[str, ...]], list[Placement]]:
    """Where each subject of each group stands."""
    found: dict[tuple[str, tuple[str, ...]], list[Placement]] = {}
    for one in timetable.activities:
        groups = tuple(timetable.groups[group].name for group in one.groups)
        found.setdefault((timetable.subjects[one.subject].name, groups), []).extend(one.placements)
    return {key: sorted(placed, key=lambda one: (one.weekday, one.period)) for key, placed in found.items()}


def refused(path: Path) -> str:
    """Why a file is not taken."""
    with pytest.raises(UnreadableFile) as fault:
        read_timetable(path)
    return str(fault.value)


def test_the_same_week_comes_from_all_three_programs(tmp_path: Path) -> None:
    read = [
        read_timetable(write(tmp_path / "a.fet", fet())),
        read_timetable(write(tmp_path / "a.xml", asc())),
        read_timetable(write(tmp_path / "GPU001.TXT", gpu001())),
        read_timetable(write_zip(tmp_path / "a.zip", {"x/gpu001.txt": gpu001(), "x/GPU002.TXT": gpu002()})),
    ]
    for one in read:
        assert not one.problems
        assert places(one) == {
            ("Algebra", ("7A",)): [Placement(2, 1, room="101"), Placement(4, 2, room="101")],
            ("Literature", ("7A",)): [Placement(1, 1, room="202"), Placement(2, 2, room="202")],
            ("Maths", ("3B",)): [Placement(2, 3, room="303")],
            ("Maths", ("5A",)): [Placement(2, 4, room="404")],
        }
        assert (one.placed, one.unplaced) == (6, 0)
    assert [one.program for one in read] == ["FET 6.1.0", "aSc Timetables 2012.1.1", "Untis", "Untis"]
    assert read[0].school == "Hill School"


def test_each_is_known_by_its_content_and_nothing_else_is(tmp_path: Path) -> None:
    for content in (fet(), asc(), gpu001(), gpu001(delimiter=";")):
        assert IMPORTER.opens(write(tmp_path / "no.name", content))
    assert IMPORTER.opens(write_zip(tmp_path / "a.zip", {"GPU001.TXT": gpu001()}))
    for content in ("", "a,b,c\n1,2,3\n", "<html></html>", b"\x00\x01\x02"):
        assert not IMPORTER.opens(write(tmp_path / "no.name", content))
    assert not IMPORTER.opens(write_zip(tmp_path / "b.zip", {"orgs.csv": "sourcedId\n"}))
    assert IMPORTER.opens(write_zip(tmp_path / "c.zip", {"plan.fet": fet()}))
    workbook = {"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>"}
    assert not IMPORTER.opens(write_zip(tmp_path / "d.xlsx", workbook))
    assert not IMPORTER.opens(write(tmp_path / "no.name", "1,Petrov,Ivan,7A,2014-01-02,Anna,+66\n"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1251"])
def test_encodings_are_told_by_themselves(tmp_path: Path, encoding: str) -> None:
    lessons = [Lesson("Алгебра", "Соколова Ольга", "7А", ((0, 1),))]
    declared = {"utf-16": "UTF-16", "cp1251": "windows-1251"}.get(encoding, "UTF-8")
    for content in (fet(lessons, encoding=declared), asc(lessons, encoding=declared), gpu001(lessons)):
        read = read_timetable(write(tmp_path / "plan", content, encoding))
        assert [one.name for one in read.teachers.values()] == ["Соколова Ольга"]


def test_untis_writes_the_code_page_of_western_windows(tmp_path: Path) -> None:
    lessons = [Lesson("Übung", "Größl", "7A", ((0, 1),)), Lesson("Français", "MÜL", "7A", ((0, 2),))]
    read = read_timetable(write(tmp_path / "GPU001.TXT", gpu001(lessons), "cp1252"))
    assert list(read.teachers) == ["Größl", "MÜL"]
    assert list(read.subjects) == ["Übung", "Français"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "plan: the file is empty"),
        (fet()[: len(fet()) // 2], "the file ends in the middle; was it copied whole?"),
        (asc()[: len(asc()) // 2], "the file ends in the middle; was it copied whole?"),
        (fet().replace("Sokolova", "Соколова").encode("cp1251"), "line 23: its letters are not in UTF-8"),
        ("<html><body/></html>", "is XML of another kind (<html>); expected a .fet file"),
        (BOMB, "declares entities, which no timetable needs; refused"),
        (STEALING, "declares entities, which no timetable needs; refused"),
        ("<fet>" * 80 + "</fet>" * 80, "holds far more than a timetable does; refused"),
        ("name,class\nIvan,7A\n", "is no timetable that we know; expected a .fet file"),
        (b"%PDF-1.4\n\x00\x01", "not a text file"),
        (fet().replace("Days_List", "Other_List"), "has no Days_List; is this a whole FET file?"),
        (fet([]), "has no activities, so there is no timetable in it"),
        (asc([]), "has no lessons, so there is no timetable in it"),
        (fet(days=[f"Day {n}" for n in range(10)]), "its week has 10 days"),
        ('1,"7A","SOK","ALG,"101",1,1,,\r\n' * 3, "line 1: "),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(
    tmp_path: Path, content: str | bytes, why: str
) -> None:
    said = refused(write(tmp_path / "plan", content))
    assert why in said
    assert "\n" not in said


def test_zips_that_burst_or_are_broken_are_refused(tmp_path: Path) -> None:
    bomb = write_zip(tmp_path / "bomb.zip", {"GPU001.TXT": b"0" * 3_000_000})
    assert "unpacks to far more than a timetable holds; refused" in refused(bomb)
    whole = write_zip(tmp_path / "a.zip", {"GPU001.TXT": gpu001()}).read_bytes()
    assert "damaged, cut off or encrypted" in refused(write(tmp_path / "b.zip", whole[:-30]))
    assert "holds no timetable" in refused(write_zip(tmp_path / "c.zip", {"readme.md": "hello"}))


def test_what_a_fet_file_names_and_does_not_list_is_told_by_line(tmp_path: Path) -> None:
    content = (
        fet()
        .replace("<Teacher><Name>Orlov Boris</Name></Teacher>", "<Teacher><Name></Name></Teacher>")
        .replace("<Students>5A</Students>", "<Students>9Z</Students>")
        .replace("<Preferred_Day>Thursday</Preferred_Day>", "<Preferred_Day>Someday</Preferred_Day>")
        .replace("<Subject>Literature</Subject>", "<Subject></Subject>", 1)
        .replace("<Id>1</Id>", "<Id>2</Id>", 1)
    )
    read = read_timetable(write(tmp_path / "a.fet", content))
    words = [str(one) for one in read.problems]
    assert "a.fet, row 24, Teacher: has no name" in words
    assert any("'9Z' is not in Students_List; the lesson is taken in without" in one for one in words)
    assert any("Subject: activity 3 has no subject" in one for one in words)
    assert any("Activity: '2' is there twice; the first one counts" in one for one in words)
    assert any("'Someday' is not in Days_List; the lesson has no place" in one for one in words)
    assert any("there is no activity '1'" in one for one in words)
    assert all("row " in one for one in words)


def test_what_an_asc_file_names_and_does_not_list_is_told_by_line(tmp_path: Path) -> None:
    content = (
        asc()
        .replace('teacherids="T1"', 'teacherids="T9"', 1)
        .replace('subjectid="S0"', 'subjectid="S9"')
        .replace('lessonid="L3"', 'lessonid="L9"')
        .replace('period="3" days', 'period="x" days')
    )
    words = [str(one) for one in read_timetable(write(tmp_path / "a.xml", content)).problems]
    assert any("there is no teacher 'T9'; the lesson is taken in without" in one for one in words)
    assert any("there is no subject 'S9'" in one for one in words)
    assert any("there is no lesson 'L9'" in one for one in words)
    assert any("'x' is no number of a period" in one for one in words)


def test_rows_of_untis_that_cannot_be_used_are_told_and_the_others_go_on(tmp_path: Path) -> None:
    rows = [
        '"Unterricht","Klasse","Lehrer","Fach","Raum","Tag","Stunde"',
        '"Nr","","","","","",""',
        "",
        '1,"7A","SOK","ALG","101",1,1',
        ",,,,,,",
        '2,"7A","SOK","ALG","101",9,1',
        '3,"7A","SOK","ALG","101",1,x',
        '4,"7A","SOK","","101",1,2',
        '5,"7A","SOK"',
        '6,"7A","SOK","ALG","101",2,1',
        '7,"7A","SOK","ALG","101",3,1',
        '8,"7A","SOK","ALG","101",4,1',
        '9,"7A","SOK","ALG","101",5,1',
    ]
    read = read_timetable(write(tmp_path / "GPU001.TXT", "\n".join(rows)))
    assert [str(one) for one in read.problems] == [
        "GPU001.TXT, row 6, 6: '9' is no day of the week; write 1 (Monday) to 7",
        "GPU001.TXT, row 7, 7: 'x' is no number of a period",
        "GPU001.TXT, row 8, 4: the lesson has no subject",
        "GPU001.TXT, row 9: has only 3 cells; was the file cut off?",
    ]
    assert read.placed == 5


def test_lessons_without_a_place_are_counted(tmp_path: Path) -> None:
    lessons = [Lesson("Algebra", "Sokolova", "7A", ((0, 1),)), Lesson("Art", "Orlov", "7A")]
    in_asc = asc(lessons).replace('periodsperweek="1.0"', 'periodsperweek="3.0"', 1)
    more = gpu002(lessons).replace("1,1,", "1,3,", 1)
    for path, placed, unplaced in (
        (write(tmp_path / "a.fet", fet(lessons)), 1, 1),
        (write(tmp_path / "a.xml", in_asc), 1, 3),
        (write_zip(tmp_path / "a.zip", {"GPU001.TXT": gpu001(lessons), "GPU002.TXT": more}), 1, 3),
    ):
        read = read_timetable(path)
        assert (read.placed, read.unplaced) == (placed, unplaced)


def test_double_lessons_last_two_periods_whichever_way_asc_writes_them(tmp_path: Path) -> None:
    double = [Lesson("Art", "Orlov", "7A", ((0, 2),), length=2)]
    twice = [Lesson("Art", "Orlov", "7A", ((0, 2), (0, 3)), length=2)]
    assert places(read_timetable(write(tmp_path / "a.fet", fet(double)))) == {
        ("Art", ("7A",)): [Placement(1, 2, 2)]
    }
    assert places(read_timetable(write(tmp_path / "a.xml", asc(double)))) == {
        ("Art", ("7A",)): [Placement(1, 2, 2)]
    }
    by_period = asc(twice).replace('periodsperweek="4.0"', 'periodsperweek="2.0"')
    read = read_timetable(write(tmp_path / "b.xml", by_period))
    assert places(read) == {("Art", ("7A",)): [Placement(1, 2), Placement(1, 3)]}
    assert read.unplaced == 0


def test_weeks_are_odd_or_even_or_it_is_told(tmp_path: Path) -> None:
    def lessons(*weeks: str) -> list[Lesson]:
        return [Lesson("Art", f"T{n}", "7A", ((0, n + 1),), weeks=one) for n, one in enumerate(weeks)]

    read = read_timetable(write(tmp_path / "a.xml", asc(lessons("10", "01", "11", "100"))))
    assert [one.placements[0].parity for one in read.activities] == [
        WeekParity.ODD,
        WeekParity.EVEN,
        WeekParity.EVERY,
        WeekParity.EVERY,
    ]
    assert [one.words for one in read.problems] == [
        "the weeks '100' are neither odd nor even; taken as every week"
    ]
    untis = lessons("A-Woche", "B-Woche", "", "Q3")
    path = write_zip(tmp_path / "a.zip", {"GPU001.TXT": gpu001(untis), "GPU002.TXT": gpu002(untis)})
    read = read_timetable(path)
    assert [one.placements[0].parity for one in read.activities] == [
        WeekParity.ODD,
        WeekParity.EVEN,
        WeekParity.EVERY,
        WeekParity.EVERY,
    ]
    assert any("'Q3'" in one for one in read.notes)


def test_classes_and_teachers_that_untis_couples_are_taught_together(tmp_path: Path) -> None:
    rows = '5,"7A","SOK","ART","1",1,1,,\r\n5,"7B","SOK","ART","1",1,1,,\r\n5,"7A","ORL","ART","2",1,1,,\r\n'
    rows += '6,"7A","SOK","PE","H",1,2,,\r\n6,"7A","ORL","PE","H",1,2,,\r\n'
    read = read_timetable(write(tmp_path / "GPU001.TXT", rows))
    assert [(one.teachers, one.groups) for one in read.activities] == [
        (("SOK",), ("7A", "7B")),
        (("ORL",), ("7A",)),
        (("SOK", "ORL"), ("7A",)),
    ]


@pytest.mark.parametrize(
    ("names", "days"),
    [
        (DAYS, (1, 2, 3, 4, 5)),
        (("Sunday", "Monday", "Tuesday"), (7, 1, 2)),
        (("Понедельник", "Вторник", "Среда"), (1, 2, 3)),
        (("Пн", "Вт", "Ср", "Чт", "Пт", "Сб"), (1, 2, 3, 4, 5, 6)),
        (("วันจันทร์", "วันอังคาร", "วันพุธ"), (1, 2, 3)),
        (("Montag", "Dienstag"), (1, 2)),
        (("Mon A", "Tue A"), (1, 2)),
    ],
)
def test_days_are_known_by_name_in_many_languages(names: tuple[str, ...], days: tuple[int, ...]) -> None:
    assert weekdays(names) == (days, True)


def test_days_of_no_language_follow_one_another() -> None:
    assert weekdays(("Day 1", "Day 2")) == ((1, 2), False)
    assert weekdays(("Monday", "Monday")) == ((1, 2), False)


def test_periods_have_the_numbers_and_times_of_their_names() -> None:
    assert [(one.number, one.starts) for one in periods_of(["0 (8:00-8:45)", "1 (8:55-9:40)"])] == [
        (0, time(8)),
        (1, time(8, 55)),
    ]
    assert [(one.number, one.starts) for one in periods_of(["Period 1", "Period 3/Break"])] == [
        (1, None),
        (3, None),
    ]
    assert [(one.number, one.starts) for one in periods_of(["08.00", "09.00"])] == [(1, None), (2, None)]
    assert [(one.number, one.starts) for one in periods_of(["9:00-8:00", "first"])] == [(1, None), (2, None)]


@pytest.mark.parametrize(
    ("name", "parity"),
    [
        ("A-Woche", "odd"),
        ("B", "even"),
        ("нечётная неделя", "odd"),
        ("чётная", "even"),
        ("Week 1", "odd"),
        ("Q3", None),
    ],
)
def test_week_names(name: str, parity: str | None) -> None:
    found = parity_of(name)
    assert (found.value if found else None) == parity


def test_classes_are_years_or_their_groups_as_they_are_called(tmp_path: Path) -> None:
    lessons = [Lesson("Art", "Orlov", "10A", ((0, 1),)), Lesson("Sport", "Orlov", "10", ((0, 2),))]
    lessons += [Lesson("Music", "Orlov", "7A boys", ((0, 3),)), Lesson("Drama", "Orlov", "7A", ((0, 4),))]
    content = fet(lessons, years={"10": ["10A", "10B"], "7A": ["7A boys", "7A girls"], "Choir": []})
    read = read_timetable(write(tmp_path / "a.fet", content))
    classes = homerooms(read, (), class_key)
    assert classes == {"10A", "10B", "7A", "Choir"}
    reached = audiences(read, classes)
    assert {groups: (one.classes, one.is_whole) for groups, one in reached.items()} == {
        ("10A",): (("10A",), True),
        ("10",): (("10A", "10B"), True),
        ("7A boys",): (("7A",), False),
        ("7A",): (("7A",), True),
    }
    # What the school has decides.
    assert "10" in homerooms(read, {class_key("10")}, class_key)


@pytest.mark.skipif(not SAMPLE.exists(), reason="the sample is not here")
def test_the_timetable_of_a_real_school_is_read_whole() -> None:
    read = read_timetable(SAMPLE)
    assert not read.problems
    assert (len(read.teachers), len(read.subjects), read.placed, read.unplaced) == (104, 716, 1585, 0)
    assert len(homerooms(read, (), class_key)) == 37
