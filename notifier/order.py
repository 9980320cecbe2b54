"""Which chats of a bot may not be written to just now, so that nobody reads news in the wrong order.

A message that is to be tried again keeps the later ones of its chat waiting, unless they are more urgent; where the
messenger asked to wait, the chat waits as a whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from core.db.deliveries import DueDelivery, Settlement, Waiting
from core.domain.kinds import DeliveryState

_HOLDS_UP = 8
"""After so many attempts a message no longer keeps others waiting."""


class ChatOrder:
    """What is to be tried again, by chat; chats are our own ids."""

    def __init__(self) -> None:
        self._retried: dict[int, dict[int, int]] = {}
        """The rows by chat: id to priority."""
        self._held: dict[int, datetime] = {}

    @property
    def held_until(self) -> Iterable[datetime]:
        """When the chats that the messenger asked to wait in are free again."""
        return self._held.values()

    @property
    def retried(self) -> list[int]:
        """The rows that keep others waiting."""
        return [one for rows in self._retried.values() for one in rows]

    def hold(self, chat_id: int, until: datetime) -> None:
        """Nothing goes to the chat until then."""
        self._held[chat_id] = until

    def try_again(self, one: DueDelivery) -> None:
        """The row will be tried again, and others wait behind it; not for ever."""
        if one.attempts < _HOLDS_UP:
            self._retried.setdefault(one.chat_id, {})[one.id] = one.priority
        else:
            self._let_pass(one.chat_id, one.id)

    def load(self, rows: Mapping[int, tuple[int, int, int]]) -> None:
        """What the database knows: id to chat, priority and attempts."""
        self._retried = {}
        for delivery_id, (chat_id, priority, attempts) in rows.items():
            if attempts < _HOLDS_UP:
                self._retried.setdefault(chat_id, {})[delivery_id] = priority

    def keep(self, rows: Collection[int]) -> None:
        """Only these still wait to be tried again."""
        for chat_id, waiting in list(self._retried.items()):
            for one in [one for one in waiting if one not in rows]:
                self._let_pass(chat_id, one)

    def ended(self, settlements: Iterable[Settlement]) -> None:
        """What has come to an end keeps nobody waiting."""
        if not self._retried:
            return
        ended = {one.delivery_id for one in settlements if one.state is not DeliveryState.PENDING}
        for chat_id, rows in list(self._retried.items()):
            for one in ended.intersection(rows):
                self._let_pass(chat_id, one)

    def _let_pass(self, chat_id: int, delivery_id: int) -> None:
        rows = self._retried.get(chat_id, {})
        rows.pop(delivery_id, None)
        if not rows:
            self._retried.pop(chat_id, None)

    def waits(self, deliveries: Sequence[DueDelivery], now: datetime) -> bool:
        """Whether the chat may not be written to, or something of at least this urgency is to be tried again first."""
        chat_id = deliveries[0].chat_id
        until = self._held.get(chat_id)
        if until is not None and until > now:
            return True
        rows = self._retried.get(chat_id)
        if not rows or any(one.id in rows for one in deliveries):
            return False
        urgency = min(one.priority for one in deliveries)
        return any(priority <= urgency for priority in rows.values())

    def waiting(self, now: datetime, lines: Mapping[int, int]) -> Waiting:
        """What may not be claimed now; ``lines`` are the chats of which enough is in hand, with the urgency of that."""
        self._held = {chat: until for chat, until in self._held.items() if until > now}
        behind: defaultdict[int, set[int]] = defaultdict(set)
        behind[0].update(self._held)
        first: list[int] = []
        for chat_id, rows in self._retried.items():
            behind[min(rows.values())].add(chat_id)
            if chat_id not in self._held:
                first += rows
        for chat_id, priority in lines.items():
            behind[priority].add(chat_id)
        return Waiting(behind, first)
