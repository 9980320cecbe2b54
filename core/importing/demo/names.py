"""Names for made-up people: Latin, Cyrillic and Thai families."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass

_LATIN = [
    ("Ivanov", "Ivanova"), ("Kuznetsov", "Kuznetsova"), ("Sidorov", "Sidorova"), ("Kozlov", "Kozlova"),
    ("Volkov", "Volkova"), ("Morozov", "Morozova"), ("Novikov", "Novikova"), ("Fedorov", "Fedorova"),
    ("Miller", "Miller"), ("Brown", "Brown"), ("Taylor", "Taylor"), ("Martin", "Martin"), ("Popov", "Popova"),
    ("Lebedev", "Lebedeva"), ("Baker", "Baker"), ("Reed", "Reed"), ("Hughes", "Hughes"), ("Egorov", "Egorova"),
]  # fmt: skip
_LATIN_BOYS = [
    "Anton",
    "Boris",
    "Daniel",
    "Egor",
    "Fedor",
    "George",
    "Igor",
    "Kirill",
    "Leo",
    "Mark",
    "Nikita",
    "Oleg",
    "Roman",
    "Timur",
    "Victor",
    "Yuri",
]
_LATIN_GIRLS = [
    "Alina",
    "Bella",
    "Daria",
    "Elena",
    "Galina",
    "Irina",
    "Kira",
    "Lily",
    "Marina",
    "Nina",
    "Olga",
    "Polina",
    "Sofia",
    "Tanya",
    "Vera",
    "Zoe",
]
_RUSSIAN = [
    ("Алексеев", "Алексеева"), ("Борисов", "Борисова"), ("Васильев", "Васильева"), ("Григорьев", "Григорьева"),
    ("Дмитриев", "Дмитриева"), ("Ершов", "Ершова"), ("Жуков", "Жукова"), ("Зайцев", "Зайцева"),
    ("Киселёв", "Киселёва"), ("Макаров", "Макарова"), ("Никитин", "Никитина"), ("Соловьёв", "Соловьёва"),
]  # fmt: skip
_RUSSIAN_BOYS = [
    "Артём",
    "Богдан",
    "Глеб",
    "Денис",
    "Егор",
    "Илья",
    "Кирилл",
    "Матвей",
    "Пётр",
    "Семён",
    "Тимофей",
    "Фёдор",
]
_RUSSIAN_GIRLS = [
    "Алиса",
    "Варвара",
    "Вера",
    "Дарья",
    "Ева",
    "Злата",
    "Ксения",
    "Мила",
    "Полина",
    "София",
    "Ульяна",
    "Яна",
]
_THAI = ["สุขใจ", "ศรีสวัสดิ์", "ทองดี", "วงศ์ไทย", "แก้วมณี", "บุญมา", "รัตนกุล", "จันทร์เพ็ญ"]
_THAI_BOYS = ["กิตติ", "ชัยวัฒน์", "ธนา", "นที", "ปกรณ์", "ภูมิ", "วิชัย", "อาทิตย์"]
_THAI_GIRLS = ["กานดา", "จิรา", "ดวงใจ", "นภา", "ปิยะ", "มาลี", "สุดา", "อรุณี"]


# Patronymics of the fathers' names above, for sons and daughters.
_PATRONYMICS = {
    "Артём": ("Артёмович", "Артёмовна"), "Богдан": ("Богданович", "Богдановна"), "Глеб": ("Глебович", "Глебовна"),
    "Денис": ("Денисович", "Денисовна"), "Егор": ("Егорович", "Егоровна"), "Илья": ("Ильич", "Ильинична"),
    "Кирилл": ("Кириллович", "Кирилловна"), "Матвей": ("Матвеевич", "Матвеевна"), "Пётр": ("Петрович", "Петровна"),
    "Семён": ("Семёнович", "Семёновна"), "Тимофей": ("Тимофеевич", "Тимофеевна"), "Фёдор": ("Фёдорович", "Фёдоровна"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Family:
    """A surname for men and for women, and the language spoken at home."""

    him: str
    her: str
    locale: str


def make_family(chance: random.Random) -> Family:
    """Six in ten families write Latin, three Cyrillic, one Thai."""
    kind = chance.random()
    if kind < 0.6:
        return Family(*chance.choice(_LATIN), "en")
    if kind < 0.9:
        return Family(*chance.choice(_RUSSIAN), "ru")
    name = chance.choice(_THAI)
    return Family(name, name, "th")


def given_name(
    chance: random.Random, locale: str, *, female: bool, taken: Collection[str] = frozenset()
) -> str:
    """A given name in the family's script, another one than those ``taken`` as far as there are any."""
    names = {
        "en": (_LATIN_BOYS, _LATIN_GIRLS),
        "ru": (_RUSSIAN_BOYS, _RUSSIAN_GIRLS),
        "th": (_THAI_BOYS, _THAI_GIRLS),
    }[locale][female]
    return chance.choice([name for name in names if name not in taken] or names)


def patronymic(chance: random.Random, locale: str, *, female: bool, father: str = "") -> str:
    """After the father, or somebody's where he is unknown; empty in families that have none."""
    if locale != "ru":
        return ""
    return _PATRONYMICS[father or chance.choice(_RUSSIAN_BOYS)][female]
