"""Class lists: what a secretary's workbook becomes, what is asked first, and that nobody is merged without a word."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import (
    Enrollment,
    ExternalId,
    Guardianship,
    Org,
    Person,
    RoleAssignment,
    SchoolClass,
)
from core.db.uow import UnitOfWork
from core.domain.kinds import OrgKind
from core.domain.rights import GuardianRights
from core.errors import UnreadableFile
from core.importing.importer import Asked, Outcome, Question
from core.importing.people import IMPORTER
from core.importing.people.columns import by_headings
from core.importing.people.names import Parts, is_one_person, order_of, parts_of
from core.importing.tables.days import day_of, look_at_days
from core.importing.tables.headings import is_total
from core.importing.tables.reader import Line
from tests.cast import Cast
from tests.support.registers import rows
from tests.support.tables import write_bomb, write_entities, write_rows, write_trapped_list

TODAY = date(2026, 11, 24)
HEAD = ["Фамилия", "Имя", "Класс", "Дата рождения", "Мать", "Телефон"]


@pytest.fixture
async def school(database: Database, clock: FrozenClock) -> int:
    """An empty one."""
    async with UnitOfWork(database, clock) as uow, uow.writing():
        number = await uow.insert(Org, kind=OrgKind.SCHOOL, name="Harbour School")
        await uow.write(sa.update(Org).values(path=f"/{number}/"))
    return number


async def look(
    database: Database, clock: FrozenClock, path: Path, school: int, answers: Mapping[str, str] | None = None
) -> Outcome:
    async with UnitOfWork(database, clock, via="test") as uow:
        prepared = await IMPORTER.read(uow, path, Asked(school, answers=answers or {}))
        return await prepared.look(uow)


async def take(database: Database, clock: FrozenClock, path: Path, school: int, **answers: str) -> Outcome:
    """Say yes to the columns as they are guessed, answer the rest by how the question begins, and take it in."""
    given: dict[str, str] = {}
    async with UnitOfWork(database, clock, via="test") as uow:
        for _ in range(4):
            prepared = await IMPORTER.read(uow, path, Asked(school, answers=given))
            outcome = await prepared.look(uow)
            for question in unanswered(outcome):
                kind = question.key.split()[0]
                given[question.key] = "yes" if kind == "columns" else answers.get(kind, question.answer)
        return await prepared.apply(uow, lambda *_: None)


def unanswered(outcome: Outcome) -> list[Question]:
    return [one for one in outcome.questions if one.must and not one.answer]


def listed(path: Path, *pupils: Sequence[Any]) -> Path:
    return write_rows(path, [HEAD, *pupils])


async def test_a_workbook_with_every_trap_goes_in_and_what_does_not_is_told_by_cell(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    path = write_trapped_list(tmp_path / "list.xlsx")
    outcome = await take(database, clock, path, school)
    assert [str(one) for one in outcome.problems if one.rejected] == [
        "list.xlsx, Список, row 10, D: '31.02.2013' is no day that is sure; write 2013-09-01",
        "list.xlsx, Список, row 11, D: a formula that was never worked out; open and save the file in a spreadsheet",
    ]
    pupils = (
        sa.select(Person.given, Person.middle, Person.birth_date, SchoolClass.name, Enrollment.roll_number)
        .join(Enrollment, Enrollment.student_id == Person.id)
        .join(SchoolClass, SchoolClass.id == Enrollment.class_id)
    )
    assert await rows(database, clock, pupils.order_by(Person.id)) == [
        ("Иван", "Сергеевич", date(2013, 4, 2), "7А", 1),
        ("Алексей", "Павлович", date(2013, 5, 11), "7А", 2),
        ("Катя", "Олеговна", date(2013, 4, 2), "7Б", 3),
        ("Мария", "Борисовна", date(2013, 5, 9), "7Б", 4),
        ("Яна", "Львовна", date(2012, 4, 3), "8 Б", None),
    ]
    guardian = Person.__table__.alias("guardian")
    links = (
        sa.select(
            guardian.c.given, guardian.c.phone, Guardianship.relation, Guardianship.rights, Person.given
        )
        .select_from(Guardianship)
        .join(guardian, guardian.c.id == Guardianship.guardian_id)
        .join(Person, Person.id == Guardianship.child_id)
    )
    full = GuardianRights.FULL
    assert await rows(database, clock, links.order_by(guardian.c.id)) == [
        ("Анна", "79001234567", "mother", full, "Иван"),
        ("Сергей", "", "father", full, "Иван"),
        ("Елена", "8 900 123-45-68", "mother", full, "Алексей"),
        ("Ольга", "8 (900) 123-45-69", "mother", full, "Катя"),
        ("Борис", "+7 900 123-45-70", "father", full, "Мария"),
    ]
    assert (await take(database, clock, path, school)).is_empty


async def test_nothing_is_written_before_the_columns_are_confirmed(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    path = listed(tmp_path / "list.xlsx", ["Петров", "Иван", "7А", "02.04.2013"])
    outcome = await look(database, clock, path, school)
    assert [one.key.split()[0] for one in unanswered(outcome)] == ["columns"]
    columns = {one.key.split()[-1]: one.answer for one in outcome.questions if one.key.startswith("column ")}
    assert columns == {
        "A": "family",
        "B": "given",
        "C": "class",
        "D": "birth",
        "E": "mother.full",
        "F": "mother.phone",
    }
    async with UnitOfWork(database, clock) as uow:
        prepared = await IMPORTER.read(uow, path, Asked(school))
        with pytest.raises(UnreadableFile, match="must be answered"):
            await prepared.apply(uow, lambda *_: None)
    assert await rows(database, clock, sa.select(Person.id)) == []


async def test_who_may_be_there_already_is_asked_about_and_kept_apart_or_joined_as_answered(
    database: Database, clock: FrozenClock, tmp_path: Path, cast: Cast
) -> None:
    ((school,),) = await rows(
        database,
        clock,
        sa.select(RoleAssignment.org_id).where(
            RoleAssignment.person_id == sa.select(Person.id).where(Person.given == "Ivan").scalar_subquery()
        ),
    )
    people = sa.select(sa.func.count()).select_from(Person)
    ((before,),) = await rows(database, clock, people)
    path = write_rows(tmp_path / "list.xlsx", [["Surname", "First name", "Class"], ["Petrov", "Ivan", "7A"]])
    outcome = await look(database, clock, path, school)
    assert {one.key.split()[0] for one in unanswered(outcome)} == {"columns", "who"}
    (who,) = [one for one in outcome.questions if one.key.startswith("who")]
    ivan = who.candidates[0][0]
    outcome = await take(database, clock, path, school, who=ivan)
    assert await rows(database, clock, people) == [(before,)]
    ties = sa.select(ExternalId.target_id).where(
        ExternalId.source == f"people@{school}", ExternalId.kind == "person"
    )
    assert await rows(database, clock, ties) == [(int(ivan),)]
    # Once it is tied it is not asked again.
    assert [one.key.split()[0] for one in unanswered(await look(database, clock, path, school))] == [
        "columns"
    ]


async def test_somebody_else_of_the_same_name_is_somebody_new(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    first = listed(tmp_path / "a.xlsx", ["Петров", "Иван", "7А", "02.04.2013"])
    await take(database, clock, first, school)
    second = listed(tmp_path / "b.xlsx", ["Петров", "Иван", "7Б", None])
    await take(database, clock, second, school, who="new")
    assert len(await rows(database, clock, sa.select(Person.id))) == 2


async def test_who_stands_there_twice_is_asked_about(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    twice = [["Петров", "Иван", "7А", "02.04.2013"]] * 2
    path = listed(tmp_path / "list.xlsx", *twice)
    outcome = await look(database, clock, path, school)
    assert "twice" in {one.key.split()[0] for one in unanswered(outcome)}
    await take(database, clock, path, school, twice="two")
    assert len(await rows(database, clock, sa.select(Person.id))) == 2


async def test_a_pupil_in_another_class_leaves_the_one_before(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    await take(database, clock, listed(tmp_path / "a.xlsx", ["Петров", "Иван", "7А", "02.04.2013"]), school)
    await take(database, clock, listed(tmp_path / "b.xlsx", ["Петров", "Иван", "7Б", "02.04.2013"]), school)
    spans = sa.select(SchoolClass.name, Enrollment.ends).join(SchoolClass).order_by(SchoolClass.name)
    assert await rows(database, clock, spans) == [("7А", date(2026, 11, 23)), ("7Б", None)]


async def test_a_mother_of_two_is_one_person_and_a_cut_in_rights_stays(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    family = [
        ["Петров", "Иван", "7А", "02.04.2013", "Петрова Анна Ильинична", "8 900 123-45-67"],
        ["Петрова", "Мария", "3Б", "05.06.2017", "Петрова Анна Ильинична", "+7 (900) 123-45-67"],
    ]
    path = listed(tmp_path / "list.xlsx", *family)
    outcome = await take(database, clock, path, school)
    assert any("each is one person" in note for note in outcome.notes)
    assert len(await rows(database, clock, sa.select(Person.id))) == 3
    async with UnitOfWork(database, clock) as uow, uow.writing():
        await uow.write(sa.update(Guardianship).values(rights=GuardianRights.NONE))
    assert (await take(database, clock, path, school)).is_empty
    assert set(await rows(database, clock, sa.select(Guardianship.rights))) == {(GuardianRights.NONE,)}


async def test_twins_whose_mother_has_no_phone_have_one_mother_where_that_is_said(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    twins = [
        ["Петров", "Иван", "7А", "02.04.2013", "Петрова Анна Ильинична"],
        ["Петров", "Пётр", "7А", "02.04.2013", "Петрова Анна Ильинична"],
    ]
    path = listed(tmp_path / "list.xlsx", *twins)
    (asked,) = [
        one for one in (await look(database, clock, path, school)).questions if one.key.startswith("one ")
    ]
    assert str(asked.words) == "Петрова Анна Ильинична is a parent in rows 2, 3. Is that one person?"
    await take(database, clock, path, school, one="one")
    assert len(await rows(database, clock, sa.select(Guardianship.guardian_id).distinct())) == 1
    assert (await take(database, clock, path, school)).is_empty


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_namesakes_among_the_parents_stay_apart_where_that_is_said(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    path = listed(
        tmp_path / "list.xlsx",
        ["Петров", "Иван", "7А", None, "Петрова Анна Ильинична"],
        ["Петрова", "Яна", "3Б", None, "Петрова Анна Ильинична", "8 900 123-45-67"],
    )
    await take(database, clock, path, school, one="each")
    assert len(await rows(database, clock, sa.select(Guardianship.guardian_id).distinct())) == 2
    assert (await take(database, clock, path, school)).is_empty


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_two_phones_of_one_mother_are_told_and_do_not_take_turns(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    path = listed(
        tmp_path / "list.xlsx",
        ["Петров", "Иван", "7А", None, "Петрова Анна Ильинична", "8 900 123-45-67"],
        ["Петрова", "Яна", "3Б", None, "Петрова Анна Ильинична", "8 900 123-45-68"],
    )
    outcome = await take(database, clock, path, school, one="one")
    assert [str(one) for one in outcome.problems] == [
        "list.xlsx, Sheet1, row 3: another phone of Петрова Анна Ильинична than above, 8 900 123-45-67; "
        "this one is taken"
    ]
    assert (await take(database, clock, path, school)).is_empty


@pytest.mark.parametrize(
    ("column", "value"),
    [(0, "Петров-Водкин"), (1, "Ваня"), (3, "12.04.2013"), (4, "Петрова Анна Львовна")],
)
async def test_a_corrected_row_is_asked_about_and_doubles_nobody(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int, column: int, value: str
) -> None:
    row = ["Петров", "Иван", "7А", "02.04.2013", "Петрва Анна Ильинична", "8 900 123-45-67"]
    await take(database, clock, listed(tmp_path / "a.xlsx", row), school)
    row[column] = value
    path = listed(tmp_path / "b.xlsx", row)
    outcome = await look(database, clock, path, school)
    (who,) = [one for one in unanswered(outcome) if one.key.startswith("who ")]
    await take(database, clock, path, school, who=who.candidates[0][0])
    assert len(await rows(database, clock, sa.select(Person.id))) == 2
    assert len(await rows(database, clock, sa.select(Guardianship.id))) == 1
    assert (await take(database, clock, path, school)).is_empty


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_twin_who_comes_later_is_nobody_else_where_both_stand_in_the_list(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    first = ["Петров", "Иван", "7А", "02.04.2013"]
    await take(database, clock, listed(tmp_path / "a.xlsx", first), school)
    path = listed(tmp_path / "b.xlsx", first, ["Петров", "Пётр", "7А", "02.04.2013"])
    outcome = await look(database, clock, path, school)
    assert [one.key.split()[0] for one in unanswered(outcome)] == ["columns"]


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_who_has_one_name_only_goes_in(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    path = listed(tmp_path / "list.xlsx", ["Сухарто", None, "7А", None, "Сити"], [None, "Мадонна", "7А"])
    await take(database, clock, path, school)
    people = sa.select(Person.family, Person.given).order_by(Person.id)
    assert await rows(database, clock, people) == [("Сухарто", ""), ("", "Мадонна"), ("", "Сити")]
    assert (await take(database, clock, path, school)).is_empty


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("Петрова Анна Ильинична", True),
        ("Петрова Анна\nИльинична", True),
        ("Smith, John Paul", True),
        ("De la Cruz, Maria Elena", True),
        ("Петрова Анна Ильинична, Петров Сергей Ильич", False),
        ("Иванова Анна Ильинична\nКотов Сергей Ильич", False),
        ("Anna Petrova, Oleg Petrov", False),
        ("Петрова А.И./Петров С.И.", False),
        ("Анна и Сергей Петровы", False),
        ("мать: Петрова Анна", False),
        ("Петрова Анна 8 900 123-45-67", False),
    ],
)
def test_two_parents_in_one_cell_are_no_parent_of_a_long_name(text: str, is_one: bool) -> None:
    assert is_one_person(text) is is_one


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_what_a_cell_holds_beside_a_name_is_told_and_the_pupil_goes_in(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    path = listed(
        tmp_path / "list.xlsx",
        ["Петров", "Иван", "7А", None, "Петрова Анна Ильинична, Петров Сергей Ильич", None],
        ["Котов", "Лев", "7А", None, "нет", None],
        ["Смирнов", "Лев", "7А", None, "Смирнова Яна Ильинична", "7,91612E+10"],
        ["Орлов", "Лев", "7А", None, "Орлова Яна Ильинична", "7.9161234567E+10"],
        ["15.09.2026", None, None],
    )
    outcome = await take(database, clock, path, school)
    assert [str(one).removeprefix("list.xlsx, Sheet1, ") for one in outcome.problems] == [
        "row 2, E: 'Петрова Анна Ильинична, Петров Сергей Ильич' is more than one name: left out; "
        "give each parent a column, and phones another",
        "row 4, F: '7,91612E+10' has lost its last digits in a spreadsheet; "
        "format the column as text and type it anew: left out",
        "row 6, A: '15.09.2026' is no name",
    ]
    people = sa.select(Person.family, Person.phone).order_by(Person.id)
    assert await rows(database, clock, people) == [
        *(("Петров", ""), ("Котов", ""), ("Смирнов", ""), ("Орлов", "")),
        *(("Смирнова", ""), ("Орлова", "79161234567")),
    ]


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_class_in_a_row_of_its_own_is_that_of_the_rows_below_it(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    path = write_rows(
        tmp_path / "list.xlsx",
        [
            ["№", "ФИО", "Дата рождения"],
            ["7А класс (руководитель Петрова)"],
            [1, "Петров Иван Сергеевич", "02.04.2013"],
            [None, "Классный руководитель: Петрова А.И."],
            [None, "7 «Б»"],
            [1, "Среднев Пётр Ильич", "02.04.2013"],
            [None, "Директор школы", "Львов Л.Л."],
        ],
    )
    await take(database, clock, path, school)
    pupils = sa.select(Person.family, SchoolClass.name).join(Enrollment, Enrollment.student_id == Person.id)
    assert await rows(
        database,
        clock,
        pupils.join(SchoolClass, SchoolClass.id == Enrollment.class_id).order_by(Person.id),
    ) == [("Петров", "7А"), ("Среднев", "7 «Б»")]


@pytest.mark.parametrize(
    ("text", "is_below"),
    [
        ("Итого", True),
        ("Средний балл", True),
        ("Total: 5", True),
        ("Sum 12", True),
        ("จำนวนนักเรียน 25 คน", True),
        ("Подпись секретаря", True),
        ("Среднев Иван", False),
        ("Итогова Анна", False),
        ("Sum Ka Wai", False),
        ("Директоренко Яна", False),
        ("รวมพร ใจดี", False),
    ],
)
def test_a_pupil_whose_name_begins_like_a_total_is_a_pupil(text: str, is_below: bool) -> None:
    assert is_total(Line(1, [None, text])) is is_below


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "an old workbook"),
        ("a.xlsx", b"PK\x03\x04 cut off", "damaged"),
        ("a.xlsx", b"", "empty"),
        ("a.csv", b"\x00\x01\x02\x03 binary", "not a text file"),
        ("a.csv", b"some words\nand others\n", "no row of headings"),
        ("a.csv", b'Name,Class\n"Ivan,7A\n', "never closed"),
    ],
)
async def test_what_is_no_list_is_refused_with_a_sentence(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int, name: str, content: bytes, says: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=says) as caught:
        await look(database, clock, path, school)
    assert name in str(caught.value)


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_bombs_are_refused(database: Database, clock: FrozenClock, tmp_path: Path, school: int) -> None:
    with pytest.raises(UnreadableFile, match="unpacks to far more"):
        await look(database, clock, write_bomb(tmp_path / "bomb.xlsx"), school)
    with pytest.raises(UnreadableFile, match="damaged"):
        await look(database, clock, write_entities(tmp_path / "entities.xlsx"), school)


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_thai_list_in_the_old_code_page_goes_in(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    path = tmp_path / "list.csv"
    text = (
        "เลขที่,ชื่อ-นามสกุล,ชั้น,วันเกิด,ผู้ปกครอง,โทร\n1,ด.ญ.มาลี สุขใจ,ม.1/2,2 เม.ย. 2556,นางสมศรี สุขใจ,081-234-5678\n"
    )
    path.write_bytes(text.encode("cp874"))
    outcome = await take(database, clock, path, school)
    assert any("Windows-874" in note for note in outcome.notes)
    people = sa.select(Person.family, Person.given, Person.birth_date).order_by(Person.id)
    assert await rows(database, clock, people) == [("สุขใจ", "มาลี", date(2013, 4, 2)), ("สุขใจ", "สมศรี", None)]


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2013-04-02", None, "2013-04-02"),
        ("02.04.2013", None, "2013-04-02"),
        ("2.4.13 г.", None, "2013-04-02"),
        ("2 апреля 2013 г.", None, "2013-04-02"),
        ("April 2, 2013", None, "2013-04-02"),
        ("2 เม.ย. 2556", None, "2013-04-02"),
        ("๒ เมษายน ๒๕๕๖", None, "2013-04-02"),
        ("2 เม.ย. 56", None, "2013-04-02"),
        ("02/04/2556", "dmy", "2013-04-02"),
        ("41366", None, "2013-04-02"),
        ("03/04/2013", None, None),
        ("03/04/2013", "mdy", "2013-03-04"),
        ("31.02.2013", None, None),
        ("весной", None, None),
    ],
)
def test_days_in_local_forms_are_read_and_none_is_guessed(text: str, order: Any, day: str | None) -> None:
    found = day_of(text, order, TODAY)
    assert (found.isoformat() if found else None) == day


def test_the_other_rows_tell_which_is_the_month() -> None:
    assert look_at_days(["03/04/2013", "25/04/2013"]).order == "dmy"
    assert look_at_days(["03/04/2013", "04/25/2013"]).order == "mdy"
    assert look_at_days(["03/04/2013", "05/05/2013"]).is_unsure
    assert look_at_days(["25/04/2013", "04/25/2013"]).conflict


@pytest.mark.parametrize(
    ("text", "order", "parts"),
    [
        ("Петров Иван Сергеевич", None, Parts("Петров", "Иван", "Сергеевич")),
        ("Иван Сергеевич Петров", None, Parts("Петров", "Иван", "Сергеевич")),
        ("Мамедов Али Гасан оглы", None, Parts("Мамедов", "Али", "Гасан оглы")),
        ("ด.ช.สมชาย ใจดี", None, Parts("ใจดี", "สมชาย")),
        ("Smith, John Paul", None, Parts("Smith", "John", "Paul")),
        ("Mr. John Smith", "given", Parts("Smith", "John")),
        ("John Smith", None, None),
    ],
)
def test_names_are_taken_apart_where_they_tell(text: str, order: Any, parts: Parts | None) -> None:
    if parts and not order and len(text.split()) >= 4:
        order = order_of([text], "")
    assert parts_of(text, order) == parts


def test_headings_of_three_languages_are_known() -> None:
    for headings, expected in (
        (
            ["No.", "Student name", "Class", "Date of birth", "Mother", "Phone", "Father", "Phone"],
            ["roll", "full", "class", "birth", "mother.full", "mother.phone", "father.full", "father.phone"],
        ),
        (
            ["№", "ФИО", "Класс", "Дата рожд.", "Родитель 1", "Тел.", "Родитель 2", "Тел.", "Кем приходится"],
            [
                "roll",
                "full",
                "class",
                "birth",
                "parent1.full",
                "parent1.phone",
                "parent2.full",
                "parent2.phone",
                "parent2.relation",
            ],
        ),
        (
            ["เลขประจำตัว", "ชื่อ-สกุล", "ชั้น", "วันเกิด", "ชื่อบิดา", "เบอร์โทร"],
            ["id", "full", "class", "birth", "father.full", "father.phone"],
        ),
    ):
        found = by_headings(headings)
        assert [found.by_column[column].name for column in range(len(headings))] == expected


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_rows_that_are_hidden_or_hold_formulas_only_are_told(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    path = listed(tmp_path / "list.xlsx", ["Петров", "Иван", "7А"], ["=A2", None, "7А"], ["=A2"])
    book = load_workbook(path)
    book.active.row_dimensions[2].hidden = True
    book.save(path)
    outcome = await take(database, clock, path, school)
    formula = "a formula that was never worked out; open and save the file in a spreadsheet"
    assert [str(one) for one in outcome.problems] == [
        f"list.xlsx, Sheet1, row 3, A: {formula}",
        f"list.xlsx, Sheet1, row 4, A: {formula}",
    ]
    assert "list.xlsx, Sheet1: rows that are hidden are taken in, too: 2" in outcome.notes
    assert await rows(database, clock, sa.select(Person.family)) == [("Петров",)]


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_class_that_is_not_there_is_named(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    await take(database, clock, listed(tmp_path / "a.xlsx", ["Петров", "Иван", "7А"]), school)
    path = listed(tmp_path / "b.xlsx", ["Котов", "Лев", "7 «a»"], ["Львов", "Лев", "7В"])
    assert "Classes that are not here yet: 7В." in (await take(database, clock, path, school)).notes


async def test_what_is_longer_than_any_name_or_number_is_told_and_the_others_go_in(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    long = "".join(random.Random(1).choices("абвгдежз", k=9_000))
    path = write_rows(
        tmp_path / "list.xlsx",
        [
            ["Student id", "Surname", "First name", "Class"],
            *([1, long, "Иван", "7А"], [long, "Котов", "Лев", "7А"], [2, "Львов", "Лев", long]),
            [3, "Орлов", "Лев", "7А"],
        ],
    )
    outcome = await take(database, clock, path, school)
    assert [one.column for one in outcome.problems] == ["B", "A", "D"]
    assert await rows(database, clock, sa.select(Person.family)) == [("Орлов",)]


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_day_is_no_phone_and_a_house_no_address_of_mail(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    path = write_rows(
        tmp_path / "list.xlsx",
        [
            ["Фамилия", "Имя", "Класс", "Телефон", "E-mail"],
            ["Петров", "Иван", "7А", date(2013, 4, 2), "дом 5"],
            ["Котов", "Лев", "7А", "02.04.2013", "lev@mail.example"],
        ],
    )
    outcome = await take(database, clock, path, school)
    assert [str(one).removeprefix("list.xlsx, Sheet1, ") for one in outcome.problems] == [
        "row 2, D: '2013-04-02' is no phone: left out",
        "row 2, E: 'дом 5' is no e-mail address: left out",
        "row 3, D: '02.04.2013' is no phone: left out",
    ]
    people = sa.select(Person.family, Person.phone, Person.email).order_by(Person.id)
    assert await rows(database, clock, people) == [("Петров", "", ""), ("Котов", "", "lev@mail.example")]


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_dash_is_no_class_no_phone_and_no_wrong_birth_date(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    path = listed(
        tmp_path / "list.xlsx",
        ["Петров", "Иван", "-", "нет", "—", "-"],
        ["Но", "No", "7А", "н/д", "Но Яна Ильинична", "нет, сломан"],
        ["Котов", "Лев", "7А", None, "Котова Яна Ильинична", "8 900 123-45-67"],
        ["-", "-", "7А"],
    )
    outcome = await take(database, clock, path, school)
    assert [str(one).removeprefix("list.xlsx, Sheet1, ") for one in outcome.problems] == [
        "row 3, F: 'нет, сломан' is no phone: left out",
        "row 5: there is no pupil in it: left out",
    ]
    people = sa.select(Person.family, Person.given, Person.birth_date, Person.phone).order_by(Person.id)
    assert await rows(database, clock, people) == [
        *(("Петров", "Иван", None, ""), ("Но", "No", None, ""), ("Котов", "Лев", None, "")),
        *(("Но", "Яна", None, ""), ("Котова", "Яна", None, "8 900 123-45-67")),
    ]
    assert await rows(database, clock, sa.select(SchoolClass.name)) == [("7А",)]


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_class_with_a_raised_number_is_a_class(
    database: Database, clock: FrozenClock, tmp_path: Path, school: int
) -> None:
    path = listed(tmp_path / "list.xlsx", ["Петров", "Иван", "7²"], ["Котов", "Лев", "²"])
    await take(database, clock, path, school)
    classes = sa.select(SchoolClass.name, SchoolClass.grade).order_by(SchoolClass.name)
    assert await rows(database, clock, classes) == [("7²", 7), ("²", None)]
