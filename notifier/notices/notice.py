"""Notice: how one kind of event is told. One file per kind defines NOTICE; ``discover`` finds it there."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import notifier.notices
from core.access import Actor
from core.cards import Card
from core.db.uow import UnitOfWork
from core.domain.ids import ChatId
from core.i18n import Translator

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """``audience`` names the chats to tell; ``render`` makes one chat's card, or None where that chat may not
    (or need not) know any more. A smaller ``priority`` overtakes."""

    kind: str
    priority: int
    audience: Callable[[UnitOfWork, Payload], Awaitable[Sequence[ChatId]]]
    render: Callable[[UnitOfWork, Translator, Actor, Payload], Awaitable[Card | None]]


def discover() -> dict[str, Notice]:
    """Every notice under ``notifier/notices/``, by kind."""
    found: dict[str, Notice] = {}
    for module in pkgutil.iter_modules(notifier.notices.__path__, "notifier.notices."):
        notice = getattr(importlib.import_module(module.name), "NOTICE", None)
        if isinstance(notice, Notice):
            found[notice.kind] = notice
    return found
