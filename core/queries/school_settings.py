"""What a school has settled, for the page that changes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

import sqlalchemy as sa

from core.db.models import Assessment, Course, Mark, MealTransaction, Org
from core.db.models.canteen import MealAccount
from core.db.uow import UnitOfWork
from core.domain.school_settings import SchoolSettings, read_settings


@dataclass(frozen=True, slots=True)
class SettledSchool:
    """``quiet_from`` and ``quiet_to`` are empty where the school has the usual quiet hours."""

    name: str
    timezone: str
    locale: str
    currency: str
    scale: str
    quiet_from: time | None
    quiet_to: time | None
    settings: SchoolSettings


async def settled_school(uow: UnitOfWork, school_id: int) -> SettledSchool:
    """A school that the asker's office is for. One statement."""
    row = await uow.row(
        sa.select(
            *(Org.name, Org.timezone, Org.locale, Org.currency, Org.scale, Org.quiet_from, Org.quiet_to),
            sa.cast(Org.settings, sa.Text()).label("settings"),
        ).where(Org.id == school_id)
    )
    assert row is not None
    place = row.name, row.timezone, row.locale, row.currency, row.scale
    return SettledSchool(*place, row.quiet_from, row.quiet_to, read_settings(row.settings))


async def count_marks(uow: UnitOfWork, school_id: int) -> int:
    """How many marks on the school's scale stand, whatever the scale was when they were given. One statement."""
    return int(
        await uow.value(
            sa.select(sa.func.count(Mark.id))
            .join(Assessment, Assessment.id == Mark.assessment_id)
            .join(Course, Course.id == Assessment.course_id)
            .where(
                Course.school_id == school_id,
                Mark.withdrawn_at.is_(None),
                Assessment.maximum.is_(None),
            )
        )
        or 0
    )


async def has_money(uow: UnitOfWork, school_id: int) -> bool:
    """Whether any amount was booked at the school's canteen. One statement."""
    booked = sa.exists().where(
        MealTransaction.account_id == MealAccount.id, MealAccount.school_id == school_id
    )
    return bool(await uow.value(sa.select(booked)))
