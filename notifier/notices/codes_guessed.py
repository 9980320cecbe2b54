"""A flood of wrong codes: an alarm to every administrator, at most one an hour."""

from __future__ import annotations

from collections.abc import Sequence

from core.access import Actor
from core.cards import Card, Text
from core.db.uow import UnitOfWork
from core.domain.ids import ChatId
from core.domain.rights import Role
from core.i18n import Translator
from core.queries.audiences import office_chats
from notifier.notices.notice import Notice, Payload


async def audience(uow: UnitOfWork, _payload: Payload) -> Sequence[ChatId]:
    """Every office."""
    return await office_chats(uow)


async def render(_uow: UnitOfWork, t: Translator, actor: Actor, payload: Payload) -> Card | None:
    """Only to administrators."""
    if not actor.has_role(Role.ADMIN):
        return None
    return Card(
        t("Somebody may be guessing codes"),
        (
            Text(
                t.plural(
                    "{n} wrong invitation code was tried in the last quarter of an hour.",
                    "{n} wrong invitation codes were tried in the last quarter of an hour.",
                    payload["tries"],
                )
            ),
            Text(t("New tries are slowed down by themselves. No code was given away.")),
        ),
    )


NOTICE = Notice(kind="codes_guessed", priority=1, audience=audience, render=render)
