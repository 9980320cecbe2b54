"""categories.csv, lineItems.csv and results.csv: assessments and marks."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import overload

from core.domain.grading import scale
from core.errors import MarkOutOfScale
from core.importing.cells import Rejected, Row
from core.importing.oneroster.reading import LineItem, Reading
from core.importing.register import Ref
from core.importing.said import Said

# https://www.imsglobal.org/spec/oneroster/v1p2: only these say that the score is one.
_GRADED = frozenset({"fully graded", "partially graded", "fullygraded", "partiallygraded", ""})
_NOT_GRADED = frozenset(
    {"exempt", "not submitted", "notsubmitted", "submitted", "late", "missing", "incomplete", "withdrawn"}
)
_CENT = Decimal("0.01")
_THOUSANDTH = Decimal("0.001")
"""The finest step that the tables hold: anything finer would differ from them on every run."""


def parse_results(reading: Reading) -> None:
    """Assessments and marks."""
    categories = _categories(reading)
    reading.walk(
        "lineItems", lambda row, ended: _take_line_item(reading, categories, row, ended), ("classSourcedId",)
    )
    reading.walk(
        "results",
        lambda row, ended: _take_result(reading, row, ended),
        ("lineItemSourcedId", "studentSourcedId"),
    )


def _categories(reading: Reading) -> dict[str, tuple[str, Decimal | None]]:
    found: dict[str, tuple[str, Decimal | None]] = {}

    def take(row: Row, _ended: bool) -> None:
        weight = row.number_in("weight")
        if weight is not None and weight < 0:
            raise Rejected("weight", Said("is below zero"))
        found[row.required("sourcedId")] = (row.required("title"), _stored(weight))

    reading.walk("categories", take, ("title",))
    return found


def _take_line_item(
    reading: Reading, categories: dict[str, tuple[str, Decimal | None]], row: Row, ended: bool
) -> None:
    item_id, class_id = row.required("sourcedId"), row.required("classSourcedId")
    if not reading.register.has("course", class_id):
        raise Rejected(
            "classSourcedId", Said("the class '{id}' is not in classes.csv, or is a homeroom", id=class_id)
        )
    kind, weight = categories.get(row.text("categorySourcedId"), ("", None))
    day = row.day("dueDate") or row.day("assignDate")
    if day is None:
        raise Rejected("dueDate", Said("neither a due date nor a date of assignment is given"))
    lowest, highest = row.number_in("resultValueMin"), row.number_in("resultValueMax")
    if lowest is not None and highest is not None and lowest >= highest:
        raise Rejected("resultValueMax", Said("is not above resultValueMin"))
    school = reading.class_school[class_id]
    item = LineItem(class_id, school, str(lowest or 0), "" if highest is None else str(highest))
    reading.line_items[item_id] = item
    values: dict[str, object] = {
        "course_id": Ref("course", class_id),
        "title": row.text("title"),
        "kind": kind.casefold(),
        "date": day,
        "maximum": _points(reading, item),
        "weight": weight if weight is not None else Decimal(1),
    }
    reading.register.add("assessment", item_id, values, ended=ended or class_id in reading.ended_classes)


def _points(reading: Reading, item: LineItem) -> Decimal | None:
    """The maximum where marks stay points, None where they are put on the school's scale of a hundred."""
    if not item.highest or _scale_of(reading, item.school) == "hundred":
        return None
    return _stored(Decimal(item.highest) - Decimal(item.lowest))


def _scale_of(reading: Reading, school: str) -> str:
    return reading.scales.get(school, reading.defaults.scale)


def _take_result(reading: Reading, row: Row, ended: bool) -> None:
    item_id, user_id = row.required("lineItemSourcedId"), row.required("studentSourcedId")
    if not reading.register.has("assessment", item_id):
        raise Rejected(
            "lineItemSourcedId", Said("the line item '{item}' is not in lineItems.csv", item=item_id)
        )
    if not reading.register.has("person", user_id):
        raise Rejected("studentSourcedId", Said("the user '{user}' is not in users.csv", user=user_id))
    status = " ".join(row.text("scoreStatus").casefold().split())
    if status not in _GRADED | _NOT_GRADED:
        raise Rejected("scoreStatus", Said("'{status}' is no status of a score", status=status[:40]))
    score = row.text("score") or row.text("textScore")
    over = ended or status in _NOT_GRADED or reading.register.records["assessment"][item_id].ended
    if not score and not over:
        if status:
            raise Rejected("score", Said("is empty, yet the status says graded"))
        over = True
    values: dict[str, object] = {
        "student_id": Ref("person", user_id),
        "assessment_id": Ref("assessment", item_id),
    }
    if not over:
        result_id = row.required("sourcedId")
        other = reading.graded.setdefault((item_id, user_id), result_id)
        if other != result_id:
            raise Rejected(
                "sourcedId", Said("the pupil has a result for this line item already, '{other}'", other=other)
            )
        value, number = _value(reading, reading.line_items[item_id], row, score)
        values |= {"value": value, "number": number, "comment": row.text("comment")}
        day = row.day("scoreDate")
        if day is not None:
            values["recorded_at"] = datetime.combine(day, time(12), UTC)
    reading.register.add("mark", row.required("sourcedId"), values, ended=over)


def _value(reading: Reading, item: LineItem, row: Row, score: str) -> tuple[str, Decimal | None]:
    """The mark on the school's scale, or points of the maximum."""
    known = scale(_scale_of(reading, item.school))
    points = (
        row.number_in("score")
        if row.text("score") and score.replace(",", ".").lstrip("+-")[:1].isdigit()
        else None
    )
    if points is not None and item.highest:
        lowest, highest = Decimal(item.lowest), Decimal(item.highest)
        if not lowest <= points <= highest + (highest - lowest):
            raise Rejected(
                "score",
                Said(
                    "{score} lies outside of {lowest} to {highest}",
                    score=score,
                    lowest=lowest,
                    highest=highest,
                ),
            )
        if points > highest:
            reading.remark(
                row,
                "score",
                Said(
                    "{score} is above the most, {highest}: kept as extra credit", score=score, highest=highest
                ),
            )
        share = _stored(points - lowest)
        if known.key == "hundred":
            share = ((points - lowest) / (highest - lowest) * 100).quantize(_CENT, ROUND_HALF_UP)
        return _plain(share), share
    try:
        mark = known.parse(score)
    except MarkOutOfScale:
        raise Rejected(
            "score",
            Said("'{score}' is no mark of the school's scale ({scale})", score=score[:40], scale=known.key),
        ) from None
    return mark.text, mark.number


@overload
def _stored(number: Decimal) -> Decimal: ...
@overload
def _stored(number: None) -> None: ...
def _stored(number: Decimal | None) -> Decimal | None:
    return None if number is None else number.quantize(_THOUSANDTH, ROUND_HALF_UP)


def _plain(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
