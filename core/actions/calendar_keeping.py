"""Who keeps a school's calendar, classes, courses and week, one after the other."""

from __future__ import annotations

import sqlalchemy as sa

from core.access import fresh_actor
from core.db.conversation import ChatKey
from core.db.models import Org
from core.db.uow import UnitOfWork
from core.queries.offices import Office, access_office
from core.queries.school_calendar import KEEPERS


async def keeping(uow: UnitOfWork, key: ChatKey, school_id: int) -> Office:
    """The school, if the asker keeps it, until commit for nobody else to keep: names, spans and places that must not
    meet twice are checked against all there is. Needs ``uow.writing()``. Raises NotFound. Three statements.
    """
    office = await access_office(uow, await fresh_actor(uow, key), school_id, KEEPERS)
    await uow.rows(sa.select(Org.id).where(Org.id == school_id).with_for_update(key_share=True))
    return office
