"""An announcement before it is out: what it will look like in a chat, and when the chats would be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from core.access import School
from core.cards import Card
from core.clock import FrozenClock
from core.db.uow import UnitOfWork
from core.domain.kinds import Urgency
from core.domain.telling import Held
from core.i18n import Translator
from core.queries.announcements_told import AnnouncementTold
from core.queries.audiences import Audience, readers_of
from notifier.fanout import foresee
from notifier.notices.notice import Notice, Reader


@dataclass(frozen=True, slots=True)
class AnnouncementForeseen:
    """Asks the very notice that tells announcements, and the very decisions of the fan-out."""

    notice: Notice

    def card(self, t: Translator, zone: tzinfo, told: AnnouncementTold) -> Card:
        """The message of its own, or its part of a day's digest where it waits for that."""
        reader = Reader(t, zone)
        if told.urgency is Urgency.DIGEST and self.notice.lines:
            return Card(t("Your day at school"), tuple(self.notice.lines(reader, [told])))
        return self.notice.card(reader, [told])

    async def decisions(
        self, uow: UnitOfWork, school: School, told: AnnouncementTold, at: datetime | None
    ) -> Mapping[Held, int]:
        """How many chats would be told at once (``Held.NONE``), wait for what, or are never told, if it were sent now or
        at a moment to come, to whom the audience is then. At most two statements."""
        then = UnitOfWork(uow.database, FrozenClock(at or uow.now), via=uow.via)
        audience = Audience(
            readers_of(then, told.readers),
            school.timezone,
            school.locale,
            told.author_id,
            told.telling,
            quiet=school.quiet,
        )
        return await foresee(then, audience, self.notice)
