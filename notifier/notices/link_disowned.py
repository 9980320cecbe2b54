"""Somebody said "Not me" to a new link: told to the school's office."""

from __future__ import annotations

from collections.abc import Sequence

from core.access import Actor
from core.cards import Card, Facts, Text
from core.db.uow import UnitOfWork
from core.domain.ids import ChatId
from core.domain.rights import Role
from core.i18n import Translator
from core.queries.audiences import name_of, office_chats
from notifier.notices.notice import Notice, Payload


async def audience(uow: UnitOfWork, payload: Payload) -> Sequence[ChatId]:
    """Administrators and secretaries of the person's schools, and of the orgs above."""
    return await office_chats(uow, payload["person"])


async def render(uow: UnitOfWork, t: Translator, actor: Actor, payload: Payload) -> Card | None:
    """Nothing for somebody who left the office meanwhile."""
    if not actor.has_role(Role.ADMIN, Role.SECRETARY):
        return None
    return Card(
        t("A link was disowned"),
        (
            Text(t("This person says that a newly linked device was not theirs. It was unlinked at once.")),
            Facts(((t("Person"), await name_of(uow, payload["person"])),)),
            Text(t("Please ask how the code got into other hands, and issue a new one.")),
        ),
    )


NOTICE = Notice(kind="link_disowned", priority=1, audience=audience, render=render)
