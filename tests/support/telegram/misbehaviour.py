"""How the double fails on cue: which requests, how often, and in what way."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.support.telegram.failure import Failure, too_many


class How(StrEnum):
    """The ways to fail. Before ``CUT`` nothing was accepted; from it on the message was, and nobody hears of it."""

    REFUSE = "refuse"
    """Answers ``failure``."""
    HANG = "hang"
    """Says nothing for ``seconds``, then resets the connection."""
    RESET = "reset"
    """Resets the connection."""
    SLOW = "slow"
    """Waits ``seconds``, then does as it should."""
    CUT = "cut"
    """Accepts, and closes in mid-answer."""
    ACCEPT_AND_RESET = "accept_and_reset"
    """Accepts, and resets the connection instead of an answer."""
    MIXED = "mixed"
    """One of ``MIXTURE``, by chance."""


@dataclass
class Misbehaviour:
    """Requests that match fail ``how``; empty conditions match all. ``share`` of them, at most ``times``."""

    how: How
    failure: Failure = field(default_factory=lambda: Failure(500, "Internal Server Error"))
    seconds: float = 3_600.0
    method: str = ""
    chat: int | None = None
    bot: int | None = None
    share: float = 1.0
    times: int | None = None

    def takes(self, method: str, chat_id: int, bot_id: int, chance: random.Random) -> bool:
        """Whether this request is to fail; counts it."""
        if (
            self.times == 0
            or (self.method and not method.startswith(self.method))
            or self.chat not in (None, chat_id)
            or self.bot not in (None, bot_id)
            or (self.share < 1 and chance.random() >= self.share)
        ):
            return False
        if self.times is not None:
            self.times -= 1
        return True


MIXTURE = (
    Misbehaviour(How.REFUSE, too_many(1)),
    Misbehaviour(How.REFUSE, Failure(500, "Internal Server Error")),
    Misbehaviour(How.REFUSE, Failure(502, "Bad Gateway")),
    Misbehaviour(How.RESET),
    Misbehaviour(How.SLOW, seconds=0.2),
    Misbehaviour(How.HANG, seconds=0.5),
    Misbehaviour(How.CUT),
    Misbehaviour(How.ACCEPT_AND_RESET),
)


@dataclass
class Mood:
    """The misbehaviours in force, the first that takes a request decides. ``seed`` makes them the same each run."""

    seed: int = 7
    rules: list[Misbehaviour] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def towards(self, method: str, chat_id: int, bot_id: int) -> Misbehaviour | None:
        """How this request is to fail, None where it is not."""
        for rule in self.rules:
            if rule.takes(method, chat_id, bot_id, self._chance):
                return self._chance.choice(MIXTURE) if rule.how is How.MIXED else rule
        return None


def read_misbehaviour(raw: Mapping[str, Any]) -> Misbehaviour:
    """From JSON: the fields of Misbehaviour, ``failure`` as an object."""
    values = dict(raw)
    if "failure" in values:
        values["failure"] = Failure(**values["failure"])
    return Misbehaviour(How(values.pop("how")), **values)
