"""The messages of one bot that were claimed and are not sent yet: the most urgent first, in each chat one after another."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from core.db.deliveries import DueDelivery
from notifier.rendering import Message

_LINE = 3
"""So many messages of one chat are kept waiting for it in hand; the others go back to where they were."""
_STALE_SECONDS = 60.0
"""After so long a message in hand goes back: its lease is not to run out under it."""

_Entry = tuple[int, int, Message, float]
"""Priority, number, message, and when it was claimed by the loop's clock: the order in which messages go out."""


class InHand:
    """Its length is the number of messages that wait for no chat. ``more`` is set when one has come; ``give_back`` takes
    deliveries that are to be claimed again later. Chats are named by the messenger's id."""

    def __init__(self, give_back: Callable[[Iterable[DueDelivery]], None]) -> None:
        self.more = asyncio.Event()
        self._give_back = give_back
        self._ready: list[_Entry] = []
        self._lines: defaultdict[int, list[_Entry]] = defaultdict(list)
        """What waits for its own chat: one at a time, and at the chat's pace."""
        self._busy: set[int] = set()
        self._numbers = itertools.count()

    def __len__(self) -> int:
        return len(self._ready)

    @property
    def least_urgent(self) -> int:
        """The priority of the last to go; there must be one."""
        return max(entry[0] for entry in self._ready)

    def add(self, messages: Iterable[Message]) -> None:
        """What was just claimed."""
        now = asyncio.get_running_loop().time()
        for message in messages:
            heapq.heappush(self._ready, (message.priority, next(self._numbers), message, now))
        self.more.set()

    def take(
        self,
        must_wait: Callable[[Sequence[DueDelivery]], bool],
        wait_in: Callable[[int], float] | None = None,
    ) -> Message | None:
        """The most urgent message that may go now, None where none may. What ``must_wait``, or is here for too long, is
        given back; what ``wait_in`` its chat some seconds stands in the chat's line; without it no chat is waited for."""
        loop = asyncio.get_running_loop()
        while self._ready:
            entry = heapq.heappop(self._ready)
            message = entry[2]
            chat = chat_of(message)
            if must_wait(message.deliveries) or loop.time() - entry[3] > _STALE_SECONDS:
                self._give_back(message.deliveries)
            elif wait_in is None:
                return message
            elif chat in self._busy:
                self._stand_in_line(chat, entry)
            elif (seconds := wait_in(chat)) > 0:
                self._busy.add(chat)
                self._stand_in_line(chat, entry)
                loop.call_later(seconds, self.free, chat)
            else:
                return message
        return None

    def _stand_in_line(self, chat: int, entry: _Entry) -> None:
        """Behind what the chat is being sent; the last of a long line goes back, and is claimed again after the others."""
        line = self._lines[chat]
        line.append(entry)
        line.sort()
        for last in line[_LINE:]:
            self._give_back(last[2].deliveries)
        del line[_LINE:]

    def occupy(self, chat: int) -> None:
        """The chat is being sent something."""
        self._busy.add(chat)

    def free(self, chat: int) -> None:
        """The chat may be written to again."""
        self._busy.discard(chat)
        for entry in self._lines.pop(chat, ()):
            heapq.heappush(self._ready, entry)
            self.more.set()

    def long_lines(self) -> dict[int, int]:
        """Chats, by our own id, of which enough is in hand, with the urgency of the least urgent of it."""
        return {
            line[0][2].deliveries[0].chat_id: max(entry[0] for entry in line)
            for line in self._lines.values()
            if len(line) >= _LINE
        }

    def take_out(self, chat: int) -> list[DueDelivery]:
        """All that is in hand for one chat, which is here no more."""
        entries = self._lines.pop(chat, [])
        entries += [entry for entry in self._ready if chat_of(entry[2]) == chat]
        self._ready = [entry for entry in self._ready if chat_of(entry[2]) != chat]
        heapq.heapify(self._ready)
        return [one for entry in entries for one in entry[2].deliveries]

    def give_all_back(self) -> None:
        """What was claimed and not sent is due again as it was."""
        entries = [*self._ready, *(entry for line in self._lines.values() for entry in line)]
        self.forget()
        self._give_back(one for entry in entries for one in entry[2].deliveries)

    def forget(self) -> None:
        """What is here is another's now."""
        self._ready.clear()
        self._lines.clear()


def chat_of(message: Message) -> int:
    """The messenger's id of the chat that a message goes to."""
    return message.deliveries[0].key.user_id
