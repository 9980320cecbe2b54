"""The schools that an operator runs, and how each of them fares: counts and moments, nobody's name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.access import Actor, School
from core.db.engine import LONG
from core.db.models import (
    Delivery,
    Guardianship,
    ImportRun,
    Org,
    OrgBot,
    RoleAssignment,
)
from core.db.spans import holds_on
from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID
from core.domain.kinds import DeliveryState, ImportState, Messenger, OrgKind
from core.domain.rights import GuardianRights, Role
from core.errors import NotFound
from core.queries.offices import is_linked
from core.queries.pages import ON_A_PAGE, Cursor, Order, ordered, page_of

LATE = timedelta(minutes=10)
"""What should have gone out so long ago is a problem."""
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_WAITING = (DeliveryState.PENDING, DeliveryState.SENDING)


@dataclass(frozen=True, slots=True)
class SchoolLine:
    """A school. ``reached`` of its pupils' families have joined; ``overdue`` news of its pupils are due and not sent, the
    ``oldest`` since when; ``bot`` is what its own bot is called, empty for none; ``imported_at`` is the last import."""

    id: int
    name: str
    above: str
    timezone: str
    pupils: int
    reached: int
    bot: str
    bot_refused: bool
    imported_at: datetime | None
    import_state: ImportState | None
    overdue: int
    oldest: datetime | None
    now: datetime

    @property
    def share(self) -> int:
        """Per cent of the pupils reached."""
        return round(100 * self.reached / self.pupils) if self.pupils else 0

    @property
    def is_late(self) -> bool:
        """Whether something waits that should have gone out."""
        return self.oldest is not None and self.now - self.oldest > LATE

    @property
    def import_failed(self) -> bool:
        """Whether the last import came to nothing."""
        return self.import_state in (ImportState.FAILED, ImportState.REFUSED)


@dataclass(frozen=True, slots=True)
class SchoolsPage:
    """``after`` is where the next page begins, None on the last."""

    lines: tuple[SchoolLine, ...]
    after: Cursor | None


def run_by(actor: Actor) -> list[School]:
    """The orgs that the asker is an operator of. No statement."""
    return [held.school for held in actor.roles if held.role is Role.OPERATOR]


def below(orgs: Sequence[School]) -> sa.ColumnElement[bool]:
    """Whether an org is one of these or below one."""
    return sa.or_(sa.false(), *(Org.path.startswith(one.path) for one in orgs))


def _schools(actor: Actor) -> sa.Select[Any]:
    """The operator's schools that have not ended, each with what it is below and its own bot."""
    above = sa.orm.aliased(Org)
    columns: list[Any] = [
        *(Org.id, Org.name, Org.timezone, Org.path),
        sa.func.coalesce(above.name, "").label("above"),
        *(OrgBot.username, OrgBot.refused_at),
    ]
    of_school = (
        (OrgBot.org_id == Org.id) & (OrgBot.messenger == Messenger.TELEGRAM) & OrgBot.ended_at.is_(None)
    )
    return (
        sa.select(*columns)
        .outerjoin(above, above.id == Org.parent_id)
        .outerjoin(OrgBot, of_school)
        .where(Org.kind == OrgKind.SCHOOL, Org.ended_on.is_(None), below(run_by(actor)))
    )


_LAST_IMPORT = sa.func.coalesce(
    sa.select(sa.func.max(ImportRun.started_at))
    .where(ImportRun.school_id == Org.id)
    .correlate(Org)
    .scalar_subquery(),
    sa.literal(_NEVER, ImportRun.started_at.type),
    type_=ImportRun.started_at.type,
)
ORDERS = {
    "name": Order(sa.func.lower(Org.name, type_=sa.Text())),
    "import": Order(_LAST_IMPORT, datetime),
}


Bots = Collection[tuple[Messenger, int]]
"""The installation's own bots, beside which those of the schools are looked at: naming them spares reading all that was
ever sent."""


def _running(bots: Bots) -> sa.ColumnElement[bool]:
    """That a delivery is for one of these bots, or for one that a school brought."""
    brought = sa.select(OrgBot.bot).where(OrgBot.messenger == Messenger.TELEGRAM, OrgBot.ended_at.is_(None))
    return sa.or_(
        sa.and_(Delivery.messenger == Messenger.TELEGRAM, Delivery.bot.in_(brought)),
        *(sa.and_(Delivery.messenger == messenger, Delivery.bot == bot) for messenger, bot in bots),
    )


async def list_schools(
    uow: UnitOfWork,
    actor: Actor,
    bots: Bots,
    *,
    search: str = "",
    sort: str = "",
    after: Cursor | None = None,
    most: int = ON_A_PAGE,
) -> SchoolsPage:
    """A page of the operator's schools that have not ended. Four statements, however many there are."""
    statement = _schools(actor)
    for word in search.casefold().split()[:8]:
        statement = statement.where(sa.func.lower(Org.name).contains(word, autoescape=True))
    rows, then = await page_of(uow, statement, Org.id, ordered(ORDERS, sort), after=after, most=most)
    ids = [row.id for row in rows]
    pupils, imports, waiting = (
        await _pupils(uow, ids),
        await _imports(uow, ids),
        await _waiting(uow, ids, bots),
    )
    return SchoolsPage(tuple(_line(row, pupils, imports, waiting, uow.now) for row in rows), then)


async def school_line(uow: UnitOfWork, actor: Actor, school_id: int, bots: Bots) -> SchoolLine:
    """One of the operator's schools. Four statements. Raises NotFound."""
    if not 0 < school_id <= LARGEST_ID:
        raise NotFound("school_not_found")
    row = await uow.row(_schools(actor).where(Org.id == school_id))
    if row is None:
        raise NotFound("school_not_found")
    ids = [row.id]
    return _line(
        row, await _pupils(uow, ids), await _imports(uow, ids), await _waiting(uow, ids, bots), uow.now
    )


def _line(row: Any, pupils: Any, imports: Any, waiting: Any, now: datetime) -> SchoolLine:
    counted, imported, waits = pupils.get(row.id), imports.get(row.id), waiting.get(row.id)
    return SchoolLine(
        row.id,
        row.name,
        row.above,
        row.timezone,
        counted.pupils if counted else 0,
        int(counted.reached or 0) if counted else 0,
        row.username or "",
        row.refused_at is not None,
        imported.started_at if imported else None,
        imported.state if imported else None,
        waits.overdue if waits else 0,
        waits.oldest if waits else None,
        now,
    )


async def _pupils(uow: UnitOfWork, schools: Sequence[int]) -> dict[int, Any]:
    today = uow.now.date()
    pupil = RoleAssignment.person_id
    by_guardian = sa.exists().where(
        Guardianship.child_id == pupil,
        Guardianship.rights != GuardianRights.NONE,
        sa.or_(Guardianship.ends.is_(None), Guardianship.ends >= today),
        is_linked(Guardianship.guardian_id),
    )
    rows = await uow.rows(
        sa.select(
            RoleAssignment.org_id,
            sa.func.count().label("pupils"),
            sa.func.sum(sa.case((sa.or_(is_linked(pupil), by_guardian), 1), else_=0)).label("reached"),
        )
        .where(
            RoleAssignment.org_id.in_(schools),
            RoleAssignment.role == Role.STUDENT,
            holds_on(RoleAssignment, today),
        )
        .group_by(RoleAssignment.org_id)
        .execution_options(**LONG)
    )
    return {row.org_id: row for row in rows}


async def _imports(uow: UnitOfWork, schools: Sequence[int]) -> dict[int, Any]:
    newest = (
        sa.select(ImportRun.school_id, sa.func.max(ImportRun.id).label("id"))
        .where(ImportRun.school_id.in_(schools), ImportRun.state != ImportState.LOOKED)
        .group_by(ImportRun.school_id)
        .subquery()
    )
    rows = await uow.rows(
        sa.select(ImportRun.school_id, ImportRun.started_at, ImportRun.state).join(
            newest, newest.c.id == ImportRun.id
        )
    )
    return {row.school_id: row for row in rows}


async def _waiting(uow: UnitOfWork, schools: Sequence[int], bots: Bots) -> dict[int, Any]:
    """News of the schools' pupils that are due and not sent."""
    rows = await uow.rows(
        sa.select(
            RoleAssignment.org_id,
            sa.func.count().label("overdue"),
            sa.func.min(Delivery.not_before, type_=Delivery.not_before.type).label("oldest"),
        )
        .join(Delivery, Delivery.child_id == RoleAssignment.person_id)
        .where(
            RoleAssignment.org_id.in_(schools),
            RoleAssignment.role == Role.STUDENT,
            _running(bots),
            Delivery.state.in_(_WAITING),
            Delivery.not_before <= uow.now,
        )
        .group_by(RoleAssignment.org_id)
        .execution_options(**LONG)
    )
    return {row.org_id: row for row in rows}


@dataclass(frozen=True, slots=True)
class Place:
    """A district or region that a school can be put below."""

    id: int
    name: str


async def places_for(uow: UnitOfWork, actor: Actor) -> list[Place]:
    """The districts and regions that the asker runs, by name. One statement."""
    rows = await uow.rows(
        sa.select(Org.id, Org.name)
        .where(Org.kind != OrgKind.SCHOOL, Org.ended_on.is_(None), below(run_by(actor)))
        .order_by(Org.path)
        .limit(500)
    )
    return [Place(row.id, row.name) for row in rows]


@dataclass(frozen=True, slots=True)
class BotQueue:
    """What waits at one bot. ``school`` is whose own it is, empty for the installation's and the browser's."""

    messenger: Messenger
    bot: int
    username: str
    school: str
    overdue: int
    oldest: datetime | None
    held: int


async def bot_queues(uow: UnitOfWork, actor: Actor, bots: Bots) -> list[BotQueue]:
    """What waits at each bot, the longest wait first; of schools that are not the asker's no bot is named. One
    statement."""
    is_due = Delivery.not_before <= uow.now
    oldest = sa.func.min(sa.case((is_due, Delivery.not_before)), type_=Delivery.not_before.type)
    rows = await uow.rows(
        sa.select(
            *(Delivery.messenger, Delivery.bot, OrgBot.username, Org.name),
            sa.func.sum(sa.case((is_due, 1), else_=0)).label("overdue"),
            sa.func.sum(sa.case((is_due, 0), else_=1)).label("held"),
            oldest.label("oldest"),
        )
        .outerjoin(
            OrgBot,
            (OrgBot.messenger == Delivery.messenger)
            & (OrgBot.bot == Delivery.bot)
            & OrgBot.ended_at.is_(None),
        )
        .outerjoin(Org, Org.id == OrgBot.org_id)
        .where(
            _running(bots),
            Delivery.state.in_(_WAITING),
            sa.or_(Org.id.is_(None), below(run_by(actor))),
        )
        .group_by(Delivery.messenger, Delivery.bot, OrgBot.username, Org.name)
        .order_by(sa.nulls_last(oldest.asc()), Delivery.messenger, Delivery.bot)
        .limit(50)
        .execution_options(**LONG)
    )
    return [
        BotQueue(
            row.messenger,
            row.bot,
            row.username or "",
            row.name or "",
            int(row.overdue or 0),
            row.oldest,
            int(row.held or 0),
        )
        for row in rows
    ]
