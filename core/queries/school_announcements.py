"""What a school has announced, for those who speak for it: a list, and one of them, withdrawn ones too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import sqlalchemy as sa

from core.access import Actor
from core.db.models import Announcement, Person, RoleAssignment
from core.db.spans import holds_on
from core.db.uow import UnitOfWork
from core.domain.ids import LARGEST_ID
from core.domain.kinds import AudienceKind
from core.domain.rights import Role
from core.errors import NotFound
from core.queries.announcements import Announced, announced_of, announcement_files, announcement_rows
from core.queries.offices import Office
from core.queries.pages import Cursor, Order, ordered, page_of

AnnouncementState = Literal["out", "scheduled", "withdrawn"]
ON_A_PAGE = 20


@dataclass(frozen=True, slots=True)
class SchoolAnnouncement:
    """One of a school's. ``author_left`` says that its author works at the school no more: what is scheduled goes out
    all the same, in the school's name."""

    said: Announced
    author_left: bool

    @property
    def id(self) -> int:
        return self.said.id

    def state(self, now: datetime) -> AnnouncementState:
        """Whether it is withdrawn, still to come, or out."""
        if self.said.withdrawn:
            return "withdrawn"
        return "scheduled" if self.said.is_scheduled(now) else "out"


@dataclass(frozen=True, slots=True)
class AnnouncementsPage:
    """A page; ``after`` is where the next begins, None on the last."""

    lines: tuple[SchoolAnnouncement, ...]
    after: Cursor | None


_NOBODY = Actor()
"""Whoever looks for the school is no reader of what is announced: nothing is asked of receipts or children."""


def _author_left(office: Office, today: date) -> sa.ColumnElement[bool]:
    here_or_above = [int(part) for part in office.school.path.strip("/").split("/") if part]
    works = sa.exists().where(
        RoleAssignment.person_id == Announcement.author_id,
        RoleAssignment.org_id.in_(here_or_above),
        RoleAssignment.role != Role.STUDENT,
        holds_on(RoleAssignment, today),
    )
    return sa.not_(works)


def _of_school(uow: UnitOfWork, office: Office) -> sa.Select[Any]:
    today = office.school.today(uow.now)
    return (
        announcement_rows(_NOBODY, today)
        .add_columns(_author_left(office, today).label("author_left"))
        .where(Announcement.school_id == office.school.id)
    )


def _in_state(state: AnnouncementState, now: datetime) -> sa.ColumnElement[bool]:
    kept = Announcement.withdrawn_at.is_(None)
    found: Mapping[AnnouncementState, sa.ColumnElement[bool]] = {
        "withdrawn": Announcement.withdrawn_at.is_not(None),
        "scheduled": kept & (Announcement.published_at > now),
        "out": kept & (Announcement.published_at <= now),
    }
    return found[state]


async def list_school_announcements(
    uow: UnitOfWork,
    office: Office,
    *,
    state: AnnouncementState | None = None,
    kind: AudienceKind | None = None,
    search: str = "",
    sort: str = "",
    after: Cursor | None = None,
    most: int = ON_A_PAGE,
) -> AnnouncementsPage:
    """The school's announcements, whoever wrote them, newest first unless ``sort`` is when or author (reversed with a
    ``-``). ``search`` is a part of the words. One statement. The caller has checked that the asker speaks for the school.
    """
    orders = {
        "when": Order(Announcement.published_at, datetime),
        "author": Order(sa.func.coalesce(Person.name_key, "")),
    }
    which = []
    if state is not None:
        which.append(_in_state(state, uow.now))
    if kind is not None:
        which.append(Announcement.audience == kind)
    if search:
        # SQLite folds the case of ASCII alone.
        ways = {search, search.lower(), search.upper(), search.capitalize()}
        which.append(sa.or_(*(Announcement.text.icontains(one, autoescape=True) for one in sorted(ways))))
    rows, following = await page_of(
        uow,
        _of_school(uow, office).where(*which),
        Announcement.id,
        ordered(orders, sort or "-when"),
        after=after,
        most=most,
    )
    lines = tuple(SchoolAnnouncement(announced_of(row, _NOBODY), bool(row.author_left)) for row in rows)
    return AnnouncementsPage(lines, following)


async def school_announcement(uow: UnitOfWork, office: Office, announcement_id: int) -> SchoolAnnouncement:
    """One of the school's, withdrawn or not, with its files. Two statements. Raises NotFound."""
    row = None
    if 0 < announcement_id <= LARGEST_ID:
        row = await uow.row(_of_school(uow, office).where(Announcement.id == announcement_id))
    if row is None:
        raise NotFound("announcement_not_found")
    files = await announcement_files(uow, [row.id])
    return SchoolAnnouncement(announced_of(row, _NOBODY, files[row.id]), bool(row.author_left))


async def scheduled_by_leavers(uow: UnitOfWork, office: Office) -> int:
    """How many are still to come whose author works at the school no more. One statement."""
    return int(
        await uow.value(
            sa.select(sa.func.count()).where(
                Announcement.school_id == office.school.id,
                _in_state("scheduled", uow.now),
                _author_left(office, office.school.today(uow.now)),
            )
        )
        or 0
    )
