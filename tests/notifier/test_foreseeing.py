"""What is foreseen of an announcement before it is out is what becomes of it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import Announcement, Chat, Delivery, OutboxEvent
from core.db.uow import UnitOfWork
from core.domain.announcing import published_key
from core.domain.rights import Role
from core.domain.telling import Choice
from core.queries.announcements_told import announcement_told
from core.queries.offices import list_offices
from notifier.foreseeing import AnnouncementForeseen
from notifier.notices.notice import discover
from tests.cast import Cast, actor_of
from tests.notifier.test_announcements import NIGHT, announce
from tests.notifier.test_telling import School
from tests.support.statements import Statements


@pytest.fixture
def school(database: Database, clock: FrozenClock, cast: Cast) -> School:
    return School(database, clock, cast)


@pytest.mark.parametrize("option", ["", "In the evening digest"])
async def test_foreseen_is_what_fan_out_decides(school: School, option: str) -> None:
    await school.prefer("father", "news", Choice.OFF)
    await school.prefer("ivan", "news", Choice.WEEKLY)
    async with UnitOfWork(school.database, school.clock) as uow, uow.writing():
        blocked = school.cast["stranger_mother"].user_id
        await uow.write(sa.update(Chat).where(Chat.user_id == blocked).values(blocked_since=uow.now))
    school.clock.at = NIGHT - timedelta(minutes=1)
    await announce(school, "head", "/announce school: bring skis", *filter(None, [option]))
    async with UnitOfWork(school.database, school.clock) as uow:
        number = await uow.value(sa.select(Announcement.id))
        told = await announcement_told(uow, number)
        (office,) = await list_offices(uow, await actor_of(uow, school.cast, "head"), [Role.HEAD])
        rows = await uow.rows(
            sa.select(Delivery.why)
            .join(OutboxEvent, OutboxEvent.id == Delivery.event_id)
            .where(OutboxEvent.key == published_key(number))
        )
        assert told is not None
        with Statements(school.database) as statements:
            foreseen = await AnnouncementForeseen(discover()["announcement_published"]).decisions(
                uow, office.school, told, None
            )
        assert len(statements.seen) <= 2
    assert dict(foreseen) == dict(Counter(row.why for row in rows))
    assert len(foreseen) > 2
