"""Notice: how one kind of event is told. One file per kind defines NOTICE; ``discover`` finds it there."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

import notifier.notices
from core.cards import Block, Card
from core.db.uow import UnitOfWork
from core.domain.telling import Held, Telling
from core.i18n import Translator
from core.queries.audiences import Audience

Payload = Mapping[str, Any]
News = Any
"""What ``load`` found for one child; each notice has its own frozen dataclass."""


@dataclass(frozen=True, slots=True)
class Event:
    """A fact of the outbox that is to be told."""

    id: int
    kind: str
    payload: Payload
    actor_id: int | None
    created_at: datetime

    @property
    def until(self) -> datetime | None:
        """After which nobody is told any more; None for what stays of use."""
        said = self.payload.get("until")
        return datetime.fromisoformat(said) if said else None


@dataclass(frozen=True, slots=True)
class Reader:
    """In whose language and at whose clock a card is written."""

    t: Translator
    zone: tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """How one kind of event is told.

    ``audience`` is asked at fan-out and again before sending: who is no longer in it gets nothing. None tells nobody.
    ``load`` finds the facts for the children named (0 where the event is about none); a child without facts is not
    told. ``card`` makes one message of the facts of one or more events of this kind about one child, ``lines`` its
    part of a digest. ``urgent`` is the kind of news for the links that the audience calls urgent. Events with the same
    ``bundle`` go to a chat as one message for each child; an empty one stands for a message of its own. ``empty`` is
    what it means that a child has no facts.
    """

    kind: str
    plain: Telling
    urgent: Telling
    audience: Callable[[UnitOfWork, Event], Awaitable[Audience | None]]
    load: Callable[[UnitOfWork, Event, Sequence[int]], Awaitable[Mapping[int, News]]]
    card: Callable[[Reader, Sequence[News]], Card]
    lines: Callable[[Reader, Sequence[News]], Sequence[Block]] | None = None
    bundle: str = ""
    empty: Held = Held.SUPERSEDED


def discover() -> dict[str, Notice]:
    """Every notice under ``notifier/notices/``, by the kind of its event."""
    found: dict[str, Notice] = {}
    for module in pkgutil.iter_modules(notifier.notices.__path__, "notifier.notices."):
        loaded = importlib.import_module(module.name)
        for notice in getattr(loaded, "NOTICES", None) or [getattr(loaded, "NOTICE", None)]:
            if isinstance(notice, Notice):
                if notice.kind in found:
                    raise ValueError(f"two notices tell {notice.kind}")
                found[notice.kind] = notice
    return found
