"""Two entries that may be one person are found, and families, namesakes and twins are left alone."""

from __future__ import annotations

from datetime import date

from core.domain.lookalikes import Described, alike, duplicate_pairs, lookalikes
from core.domain.names import PersonName
from core.domain.personal import PersonalDetails

BORN = date(2013, 5, 2)


def person(
    number: int, family: str, given: str, middle: str = "", *, born: date | None = None, **more: str
) -> Described:
    return Described(number, PersonalDetails(PersonName(family, given, middle), born, **more))


def test_a_name_with_its_birth_date_telephone_or_address_is_one_person() -> None:
    one = person(1, "Petrova", "Anna", born=BORN, phone="+7 900 123-45-67", email="Anna@school.example")
    assert alike(one, person(2, "petrova", "ANNA", born=BORN)) == ("name", "birth_date")
    assert alike(one, person(2, "Petrova", "Anna", phone="8 (900) 1234567")) == ("name", "phone")
    assert alike(one, person(2, "Anna", "Petrova", email="anna@SCHOOL.example")) == ("name", "email")


def test_a_typo_in_the_name_needs_something_else_that_agrees() -> None:
    one = person(1, "Petrova", "Anna", born=BORN)
    assert alike(one, person(2, "Petrovaa", "Anna", born=BORN)) == ("name", "birth_date")
    assert alike(one, person(2, "Petrovaa", "Anna")) == ()


def test_another_birth_date_or_patronymic_makes_two_people_unless_they_share_a_telephone() -> None:
    one = person(1, "Petrov", "Ivan", "Olegovich", born=BORN, phone="+79001234567")
    assert alike(one, person(2, "Petrov", "Ivan", "Olegovich", born=date(2012, 5, 2))) == ()
    assert alike(one, person(2, "Petrov", "Ivan", "Ilyich", born=BORN)) == ()
    assert alike(one, person(2, "Petrov", "Ivan", born=date(2012, 5, 2), phone="+79001234567")) == (
        "name",
        "phone",
    )


def test_twins_namesakes_and_a_father_with_his_sons_name_are_no_pair() -> None:
    twins = [person(1, "Petrova", "Anna", born=BORN), person(2, "Petrova", "Olga", born=BORN)]
    namesakes = [person(3, "Orlov", "Ivan"), person(4, "Orlov", "Ivan")]
    family = [
        person(5, "Smirnov", "Oleg", phone="+79000000001"),
        person(6, "Smirnov", "Oleg", phone="+79000000001"),
    ]
    assert duplicate_pairs([*twins, *namesakes, *family], {5: {6}}, most=10) == []


def test_guardians_of_one_child_with_one_name_are_a_pair_and_the_surest_come_first() -> None:
    people = [
        person(1, "Orlova", "Vera"),
        person(2, "Orlova", "Vera"),
        person(3, "Petrova", "Anna", born=BORN, email="a@b.example"),
        person(4, "Petrova", "Anna", born=BORN, email="a@b.example"),
    ]
    pairs = duplicate_pairs(people, {1: {9}, 2: {9}}, most=10)
    assert [(pair.one.id, pair.other.id, pair.one.because) for pair in pairs] == [
        (3, 4, ("name", "birth_date", "email")),
        (1, 2, ("name", "child")),
    ]
    assert len(duplicate_pairs(people, {1: {9}, 2: {9}}, most=1)) == 1


def test_who_is_about_to_be_written_down_is_looked_for_among_those_known() -> None:
    known = [
        person(7, "Petrova", "Anna", born=BORN),
        person(8, "Petrova", "Anna"),
        person(9, "Orlova", "Vera"),
    ]
    found = lookalikes(person(0, "Petrova", "Anna", born=BORN), known, most=10)
    assert [(one.id, one.because) for one in found] == [(7, ("name", "birth_date")), (8, ("name",))]
