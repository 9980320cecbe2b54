"""Grading scales: what a mark may be, which is better, which is poor, how marks average and print."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType

from core.errors import MarkOutOfScale, PointsOutOfRange

_MINUS = str.maketrans("−–—‒﹣－＋", "-----" + "-+")
_POINTS = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(?:/(\d{1,6}(?:\.\d{1,3})?))?", re.ASCII)
_LATIN = str.maketrans("АВСЕЕ", "ABCEE")


@dataclass(frozen=True, slots=True)
class MarkValue:
    """A mark as stored: ``text`` as it is printed, ``number`` for order and average (None: it has neither)."""

    text: str
    number: Decimal | None


@dataclass(frozen=True, slots=True)
class Scale:
    """A closed list of marks from worst to best, a span of numbers, or free words.

    ``values`` maps each mark to its number, None for marks that do not average; marks on a numeric span have
    ``span`` and ``decimals``. ``poor`` is the highest number that calls for attention.
    """

    key: str
    values: Mapping[str, Decimal | None] = field(default_factory=dict)
    span: tuple[Decimal, Decimal] | None = None
    decimals: int = 0
    poor: Decimal | None = None
    average_places: int = 2
    longest: int = 500

    @property
    def averages(self) -> bool:
        """Whether marks of this scale have an average."""
        return self.span is not None or any(number is not None for number in self.values.values())

    @property
    def is_words(self) -> bool:
        """Whether any words are a mark."""
        return self.span is None and not self.values

    @property
    def best(self) -> Decimal | None:
        """The number of the best mark."""
        if self.span is not None:
            return self.span[1]
        return max((number for number in self.values.values() if number is not None), default=None)

    def choices(self) -> tuple[str, ...]:
        """The marks from best to worst, for buttons and hints; empty where they cannot be listed."""
        if self.span is not None and not self.decimals and self.span[1] - self.span[0] <= 12:
            return tuple(str(n) for n in range(int(self.span[1]), int(self.span[0]) - 1, -1))
        return tuple(reversed(list(self.values)))

    def parse(self, text: str) -> MarkValue:
        """The mark that was written; spaces, case, comma decimals, dash and letter look-alikes are forgiven.

        Raises MarkOutOfScale.
        """
        plain = unicodedata.normalize("NFC", text).strip()
        if self.is_words:
            if not plain or len(plain) > self.longest:
                raise MarkOutOfScale(value=text[:50], scale=self.key)
            return MarkValue(plain, None)
        symbol = "".join(unicodedata.normalize("NFKC", plain).split()).translate(_MINUS)
        if self.span is not None:
            return self._number(symbol, text)
        folded = symbol.replace(",", ".").upper()
        for candidate in (folded, folded.translate(_LATIN)):
            for value, number in self.values.items():
                if value.upper() == candidate or (number is not None and _same_number(value, candidate)):
                    return MarkValue(value, number)
        raise MarkOutOfScale(value=text[:50], scale=self.key)

    def _number(self, symbol: str, text: str) -> MarkValue:
        assert self.span is not None
        if not re.fullmatch(r"\d{1,6}(?:[.,]\d{1,6})?", symbol, re.ASCII):
            raise MarkOutOfScale(value=text[:50], scale=self.key)
        number = Decimal(symbol.replace(",", "."))
        if not self.span[0] <= number <= self.span[1] or number != round(number, self.decimals):
            raise MarkOutOfScale(value=text[:50], scale=self.key)
        return MarkValue(_trim(number), Decimal(_trim(number)))

    def print(self, value: MarkValue) -> str:
        """The mark as people read it; ``parse`` of it is the mark again."""
        return value.text

    def number(self, text: str) -> Decimal | None:
        """The number of a printed mark."""
        return self.parse(text).number

    def order(self, value: MarkValue) -> tuple[int, Decimal, str]:
        """A sort key, worst first; marks without a number stand before all others, in their scale's order."""
        if value.number is not None:
            return 1, value.number, value.text
        place = list(self.values).index(value.text) if value.text in self.values else 0
        return 0, Decimal(place), value.text

    def is_poor(self, value: MarkValue) -> bool:
        """Whether the mark calls for attention."""
        return value.text in POOR_WORDS or (
            self.poor is not None and value.number is not None and value.number <= self.poor
        )

    def is_poor_average(self, average: Decimal) -> bool:
        """Whether an average calls for attention: on scales of whole steps as it would be rounded, half up."""
        steps = self.key in ("five", "ten", "twelve")
        number = average.quantize(Decimal(1), ROUND_HALF_UP) if steps else average
        return self.poor is not None and number <= self.poor

    def print_average(self, average: Decimal) -> str:
        """Rounded half up to the scale's places, with a point; letters name the nearest one beside."""
        places = Decimal(1).scaleb(-self.average_places)
        printed = str(average.quantize(places, ROUND_HALF_UP))
        if self.key == "letters":
            nearest = min(
                (v for v in self.values.items() if v[1] is not None),
                key=lambda v: abs(v[1] - average),  # type: ignore[operator]
            )
            return f"{printed} ({nearest[0]})"
        return printed


def _trim(number: Decimal) -> str:
    return str(number.normalize()) if number != number.to_integral_value() else str(int(number))


def _same_number(value: str, candidate: str) -> bool:
    try:
        return Decimal(value) == Decimal(candidate)
    except ArithmeticError:
        return False


POOR_WORDS = frozenset({"ร", "มส", "มผ", "fail", "F"})


def _signed(low: int, high: int) -> dict[str, Decimal | None]:
    """Whole marks with minus and plus; a sign counts a quarter... of a step, so that 4- stays above 3+."""
    marks: dict[str, Decimal | None] = {}
    for whole in range(low, high + 1):
        marks[f"{whole}-"] = Decimal(whole) - Decimal("0.25")
        marks[str(whole)] = Decimal(whole)
        marks[f"{whole}+"] = Decimal(whole) + Decimal("0.25")
    return marks


# Grade points as most North American registers count them (A+ is not above A in the average).
_LETTERS: dict[str, Decimal | None] = {
    name: Decimal(points)
    for name, points in (
        ("F", "0"), ("D-", "0.7"), ("D", "1"), ("D+", "1.3"), ("C-", "1.7"), ("C", "2"), ("C+", "2.3"),
        ("B-", "2.7"), ("B", "3"), ("B+", "3.3"), ("A-", "3.7"), ("A", "4"), ("A+", "4"),
    )
}  # fmt: skip
# Thai Basic Education Core Curriculum: 0 to 4 by halves; ร waiting, มส no right to the exam, ผ/มผ passed or not.
_THAI: dict[str, Decimal | None] = {
    "มส": None, "ร": None, "มผ": None, "ผ": None,
    **{_trim(Decimal(n) / 2): Decimal(n) / 2 for n in range(9)},
}  # fmt: skip

SCALES: Mapping[str, Scale] = MappingProxyType(
    {
        scale.key: scale
        for scale in (
            Scale("five", values=MappingProxyType(_signed(1, 5)), poor=Decimal("2.25")),
            Scale("ten", span=(Decimal(1), Decimal(10)), poor=Decimal(3)),
            Scale("twelve", span=(Decimal(1), Decimal(12)), poor=Decimal(3)),
            Scale("hundred", span=(Decimal(0), Decimal(100)), decimals=2, poor=Decimal(49), average_places=1),
            Scale("thai", values=MappingProxyType(_THAI), poor=Decimal(0)),
            Scale("letters", values=MappingProxyType(_LETTERS), poor=Decimal("1.3")),
            Scale("passfail", values=MappingProxyType({"fail": None, "pass": None})),
            Scale("words"),
        )
    }
)


def scale(key: str) -> Scale:
    """The scale of a school; an unknown key (from a newer version) counts as words, which takes anything."""
    return SCALES.get(key, SCALES["words"])


def average(marks: Iterable[tuple[Decimal | None, Decimal]]) -> Decimal | None:
    """The weighted mean of (number, weight); marks without a number and weights of 0 do not count.

    None where nothing counts. Exact: round only for printing.
    """
    total = weights = Decimal(0)
    for number, weight in marks:
        if number is not None and weight > 0:
            total += number * weight
            weights += weight
    return total / weights if weights else None


def share(points: Decimal, maximum: Decimal) -> Decimal:
    """Points of a maximum in percent."""
    return points * 100 / maximum


def parse_points(text: str, maximum: Decimal) -> MarkValue:
    """``8`` or ``8/10`` as points of a maximum. Raises PointsOutOfRange."""
    found = _POINTS.fullmatch("".join(unicodedata.normalize("NFKC", text).split()).replace(",", "."))
    points = Decimal(found[1]) if found else None
    if found is None or points is None or points > maximum or (found[2] and Decimal(found[2]) != maximum):
        raise PointsOutOfRange(value=text[:50], maximum=maximum)
    return MarkValue(_trim(points), Decimal(_trim(points)))


def needed(
    marks: Iterable[tuple[Decimal | None, Decimal]],
    target: Decimal,
    best: Decimal,
    *,
    weight: Decimal = Decimal(1),
    most: int = 10,
) -> int | None:
    """How many marks of ``best`` and this weight lift the average to ``target``; None where ``most`` do not.

    0 where it is there already.
    """
    counted = [(n, w) for n, w in marks if n is not None and w > 0]
    for count in range(most + 1):
        reached = average([*counted, *[(best, weight)] * count])
        if reached is not None and reached >= target:
            return count
    return None
