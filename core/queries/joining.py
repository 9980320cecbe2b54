"""How far a school has joined: by class today, and week by week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa

from core.db.engine import LONG
from core.db.models import CAN_BE_TOLD, Chat, ChatLink, Enrollment, Guardianship, RoleAssignment, SchoolClass
from core.db.models.base import UtcDateTime
from core.db.spans import holds_on
from core.db.uow import UnitOfWork
from core.domain.rights import GuardianRights, Role
from core.queries.offices import Office, ever_of_school, is_linked

WEEKS = 12


@dataclass(frozen=True, slots=True)
class ClassJoined:
    """``reached`` of the class's pupils have a linked chat, their own or a guardian's."""

    id: int
    name: str
    pupils: int
    reached: int


@dataclass(frozen=True, slots=True)
class Joining:
    """``weeks`` are the last twelve, oldest first, each with how many of the school's people joined in it."""

    classes: tuple[ClassJoined, ...]
    pupils: int
    reached: int
    weeks: tuple[tuple[date, int], ...]

    @property
    def share(self) -> int:
        """Per cent of the pupils reached."""
        return round(100 * self.reached / self.pupils) if self.pupils else 0


async def joining_of(uow: UnitOfWork, office: Office) -> Joining:
    """Two statements."""
    today = office.school.today(uow.now)
    rows = await uow.rows(_BY_CLASS, {"school_id": office.school.id, "day": today})
    classes = tuple(
        ClassJoined(row.id, row.name, row.pupils, int(row.reached)) for row in rows if row.id is not None
    )
    return Joining(
        classes,
        sum(row.pupils for row in rows),
        sum(int(row.reached) for row in rows),
        await _weeks(uow, office, today),
    )


async def _weeks(uow: UnitOfWork, office: Office, today: date) -> tuple[tuple[date, int], ...]:
    monday = today - timedelta(days=today.weekday())
    begins = [monday - timedelta(weeks=back) for back in range(WEEKS - 1, -1, -1)]
    bounds = [
        datetime.combine(day, time(), office.school.zone) for day in (*begins, monday + timedelta(weeks=1))
    ]
    joined = await uow.row(
        _BY_WEEK,
        {"school_id": office.school.id, **{f"week_{number}": at for number, at in enumerate(bounds)}},
    )
    assert joined is not None
    return tuple((week, int(number or 0)) for week, number in zip(begins, joined, strict=True))


_SCHOOL_ID = sa.bindparam("school_id", type_=sa.BigInteger())
_DAY = sa.bindparam("day", type_=sa.Date())
_PUPILS = (
    sa.select(RoleAssignment.person_id)
    .where(
        RoleAssignment.org_id == _SCHOOL_ID,
        RoleAssignment.role == Role.STUDENT,
        holds_on(RoleAssignment, _DAY),
    )
    .distinct()
    .cte("pupils")
)
_PUPIL = _PUPILS.c.person_id
# Gathered from the school's pupils: asked of each pupil, PostgreSQL goes through the guardians of a whole region.
_REACHED = sa.union_all(
    sa.select(_PUPIL).where(is_linked(_PUPIL)),
    sa.select(Guardianship.child_id)
    .join(_PUPILS, Guardianship.child_id == _PUPIL)
    .where(
        Guardianship.rights != GuardianRights.NONE,
        sa.or_(Guardianship.ends.is_(None), Guardianship.ends >= _DAY),
        is_linked(Guardianship.guardian_id),
    ),
).cte("reached")
_BY_CLASS = (
    sa.select(
        *(SchoolClass.id, SchoolClass.name, SchoolClass.grade),
        sa.func.count(_PUPIL.distinct()).label("pupils"),
        sa.func.sum(sa.case((_PUPIL.in_(sa.select(_REACHED.c.person_id)), 1), else_=0)).label("reached"),
    )
    .select_from(_PUPILS)
    # Only classes of this school: whoever is in one of another, too, would be counted twice.
    .outerjoin(
        Enrollment,
        (Enrollment.student_id == _PUPIL)
        & holds_on(Enrollment, _DAY)
        & Enrollment.class_id.in_(sa.select(SchoolClass.id).where(SchoolClass.school_id == _SCHOOL_ID)),
    )
    .outerjoin(SchoolClass, SchoolClass.id == Enrollment.class_id)
    .group_by(SchoolClass.id, SchoolClass.name, SchoolClass.grade)
    .order_by(SchoolClass.grade, SchoolClass.name)
    .execution_options(**LONG)
)
_FIRST_LINKS = (
    sa.select(sa.func.min(ChatLink.linked_at).label("at"))
    .join(Chat, Chat.id == ChatLink.chat_id)
    .where(CAN_BE_TOLD, ever_of_school(ChatLink.person_id, _SCHOOL_ID))
    .group_by(ChatLink.person_id)
    .subquery()
)
_BOUNDS = [sa.bindparam(f"week_{number}", type_=UtcDateTime()) for number in range(WEEKS + 1)]
_BY_WEEK = sa.select(
    *(
        sa.func.sum(
            sa.case(
                ((_FIRST_LINKS.c.at >= _BOUNDS[week]) & (_FIRST_LINKS.c.at < _BOUNDS[week + 1]), 1), else_=0
            )
        ).label(f"week_{week}")
        for week in range(WEEKS)
    )
).execution_options(**LONG)
