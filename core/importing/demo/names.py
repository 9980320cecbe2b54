"""Names for made-up people: Latin, Cyrillic and Thai families."""

from __future__ import annotations

import random
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


def given_name(chance: random.Random, locale: str, *, female: bool) -> str:
    """A given name in the family's script."""
    names = {
        "en": (_LATIN_BOYS, _LATIN_GIRLS),
        "ru": (_RUSSIAN_BOYS, _RUSSIAN_GIRLS),
        "th": (_THAI_BOYS, _THAI_GIRLS),
    }[locale]
    return chance.choice(names[female])
