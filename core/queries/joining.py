"""How far a school has joined: by class today, and week by week."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from core.db.engine import LONG
from core.db.models import Chat, ChatLink, Enrollment, Guardianship, RoleAssignment, SchoolClass
from core.db.spans import holds_on
from core.db.uow import UnitOfWork
from core.domain.kinds import Messenger
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
    pupil = RoleAssignment.person_id
    by_guardian = sa.exists().where(
        Guardianship.child_id == pupil,
        Guardianship.rights != GuardianRights.NONE,
        sa.or_(Guardianship.ends.is_(None), Guardianship.ends >= today),
        is_linked(Guardianship.guardian_id),
    )
    reached = sa.case((sa.or_(is_linked(pupil), by_guardian), 1), else_=0)
    rows = await uow.rows(
        sa.select(
            *(SchoolClass.id, SchoolClass.name, SchoolClass.grade),
            sa.func.count(pupil.distinct()).label("pupils"),
            sa.func.sum(reached).label("reached"),
        )
        .select_from(RoleAssignment)
        # Only classes of this school: whoever is in one of another, too, would be counted twice.
        .outerjoin(
            Enrollment,
            (Enrollment.student_id == pupil)
            & holds_on(Enrollment, today)
            & Enrollment.class_id.in_(
                sa.select(SchoolClass.id).where(SchoolClass.school_id == office.school.id)
            ),
        )
        .outerjoin(SchoolClass, SchoolClass.id == Enrollment.class_id)
        .where(
            RoleAssignment.org_id == office.school.id,
            RoleAssignment.role == Role.STUDENT,
            holds_on(RoleAssignment, today),
        )
        .group_by(SchoolClass.id, SchoolClass.name, SchoolClass.grade)
        .order_by(SchoolClass.grade, SchoolClass.name)
        .execution_options(**LONG)
    )
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
    first = (
        sa.select(sa.func.min(ChatLink.linked_at).label("at"))
        .join(Chat, Chat.id == ChatLink.chat_id)
        .where(
            Chat.messenger != Messenger.TERMINAL,
            ever_of_school(ChatLink.person_id, office.school.id),
        )
        .group_by(ChatLink.person_id)
        .subquery()
    )
    since = uow.now - timedelta(weeks=WEEKS + 1)
    rows = await uow.rows(sa.select(first.c.at).where(first.c.at >= since).execution_options(**LONG))
    joined: Counter[date] = Counter()
    for row in rows:
        day = row.at.astimezone(office.school.zone).date()
        joined[day - timedelta(days=day.weekday())] += 1
    return tuple((week, joined[week]) for week in begins)
