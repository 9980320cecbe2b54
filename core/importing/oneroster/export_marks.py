"""The journal in the package: categories, line items and results."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.db.models import (
    Assessment,
    Course,
    Mark,
    Org,
    Term,
)
from core.domain.grading import scale
from core.importing.oneroster.export_choice import (
    Cells,
    Chosen,
    Table,
    columns_of,
    number_text,
)


def categories(chosen: Chosen) -> Table:
    """What kinds of work weigh."""

    def made(row: Any) -> Cells:
        return (_category(chosen, row.kind, row.weight), "", "", row.kind, number_text(row.weight))

    statement = (
        sa.select(Assessment.kind, Assessment.weight)
        .join(Course, Course.id == Assessment.course_id)
        .where(Assessment.kind != "", chosen.schools(Course.school_id))
        .distinct()
    )
    return Table(
        "categories",
        columns_of("title weight"),
        ((statement.order_by(Assessment.kind, Assessment.weight), made),),
    )


def _category(chosen: Chosen, kind: str, weight: Decimal) -> str:
    if not kind:
        return ""
    return f"{chosen.system}-category-{hashlib.sha256(f'{kind} {weight}'.encode()).hexdigest()[:12]}"


def line_items(chosen: Chosen) -> Table:
    """The works."""

    def made(row: Any) -> Cells:
        day = row.date.isoformat()
        best = row.maximum or scale(row.scale).best
        category = _category(chosen, row.kind, row.weight)
        title = row.title or row.kind or day
        return (
            *(row.own, "", "", title, "", day, day, row.course, category, row.term or row.year),
            *("0", number_text(best), row.school),
            *(row.title, row.kind, number_text(row.weight), number_text(row.maximum)),
        )

    term = (
        sa.select(chosen.id_of("term", Term.id))
        .where(Term.year_id == Course.year_id, Term.starts <= Assessment.date, Term.ends >= Assessment.date)
        .order_by(Term.starts.desc(), Term.id)
        .limit(1)
        .correlate(Course, Assessment)
    )
    statement = (
        sa.select(
            *(Assessment.title, Assessment.kind, Assessment.weight, Assessment.maximum, Assessment.date),
            Org.scale,
            chosen.id_of("assessment", Assessment.id).label("own"),
            chosen.id_of("course", Assessment.course_id).label("course"),
            chosen.id_of("org", Course.school_id).label("school"),
            chosen.id_of("year", Course.year_id).label("year"),
            term.scalar_subquery().label("term"),
        )
        .join(Course, Course.id == Assessment.course_id)
        .join(Org, Org.id == Course.school_id)
        .where(chosen.schools(Course.school_id))
    )
    return Table(
        "lineItems",
        columns_of(
            "title description assignDate dueDate classSourcedId categorySourcedId gradingPeriodSourcedId"
            " resultValueMin resultValueMax schoolSourcedId",
            *("title", "kind", "weight", "maximum"),
        ),
        ((statement.order_by(Assessment.id), made),),
    )


def results(chosen: Chosen) -> Table:
    """Their marks."""

    def made(row: Any) -> Cells:
        day = row.recorded_at.date().isoformat()
        return (
            *(row.own, "", "", row.assessment, row.student, "fully graded", number_text(row.number), day),
            *(row.comment, row.value, row.course, "false", "false", "false", "false"),
            row.recorded_at.isoformat(),
        )

    statement = (
        sa.select(
            *(Mark.value, Mark.number, Mark.comment, Mark.recorded_at),
            chosen.id_of("mark", Mark.id).label("own"),
            chosen.id_of("assessment", Mark.assessment_id).label("assessment"),
            chosen.id_of("person", Mark.student_id).label("student"),
            chosen.id_of("course", Assessment.course_id).label("course"),
        )
        .join(Assessment, Assessment.id == Mark.assessment_id)
        .join(Course, Course.id == Assessment.course_id)
        .where(
            Mark.withdrawn_at.is_(None),
            chosen.schools(Course.school_id),
            chosen.people(Mark.student_id),
        )
    )
    return Table(
        "results",
        columns_of(
            "lineItemSourcedId studentSourcedId scoreStatus score scoreDate comment textScore classSourcedId"
            " inProgress incomplete late missing",
            "recordedAt",
        ),
        ((statement.order_by(Mark.id), made),),
    )
