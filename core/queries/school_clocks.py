"""What the clocks on the walls of all schools show: what jobs look at to know what is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from core.access import School
from core.db.models import Org
from core.db.uow import UnitOfWork
from core.domain.ids import OrgId
from core.domain.kinds import OrgKind
from core.domain.school_settings import read_settings


@dataclass(frozen=True, slots=True)
class SchoolClock:
    """A school and the time there."""

    school: School
    now: datetime

    @property
    def today(self) -> date:
        """The school's date."""
        return self.now.date()

    @property
    def tomorrow(self) -> date:
        """The day after."""
        return self.today + timedelta(days=1)

    def shows(self, since: time, until: time) -> bool:
        """Whether it is ``since`` or later and not yet ``until``."""
        return since <= self.now.time() < until

    def at(self, day: date, wall: time = time(0)) -> datetime:
        """A time on the school's wall as a moment, in UTC; one that a change of the clocks leaves out is as much
        later."""
        return datetime.combine(day, wall, self.school.zone).astimezone(UTC)


async def school_clocks(uow: UnitOfWork) -> list[SchoolClock]:
    """Every school that has not ended. One statement."""
    rows = await uow.rows(
        sa.select(
            Org.id,
            Org.name,
            Org.path,
            Org.timezone,
            Org.locale,
            Org.currency,
            Org.scale,
            sa.cast(Org.settings, sa.Text()).label("settings"),
        )
        .where(Org.kind == OrgKind.SCHOOL, Org.ended_on.is_(None))
        .order_by(Org.id)
    )
    return [
        SchoolClock(
            School(
                OrgId(row.id),
                *(row.name, row.path, row.timezone, row.locale, row.currency, row.scale),
                read_settings(row.settings),
            ),
            uow.now.astimezone(ZoneInfo(row.timezone)),
        )
        for row in rows
    ]
