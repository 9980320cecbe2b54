"""A double in another process, and how to steer it from here."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.telegram.api import Accepted
from tests.support.telegram.failure import Failure
from tests.support.telegram.misbehaviour import Misbehaviour

_ROOT = Path(__file__).parents[3]


class BotApiProcess:
    """Asks and steers the double at ``url``; every call blocks, and is quick."""

    def __init__(self, url: str) -> None:
        self.url = url

    def log(self, *, since: int = 0, text: bool = True) -> list[Accepted]:
        """What was accepted, in order; without its text where that is not asked for."""
        lines = self._ask(f"/log?since={since}" + ("" if text else "&text=0")).splitlines()
        return [Accepted(*json.loads(line)) for line in lines]

    def state(self) -> dict[str, Any]:
        """``accepted`` (how many), ``answers`` by status and method, ``most_in_hand`` by bot."""
        return dict(json.loads(self._ask("/state")))

    def answers(self, status: int) -> int:
        """How often a status was answered; 0 is for no answer at all."""
        told: dict[str, int] = self.state()["answers"]
        return sum(count for name, count in told.items() if name.startswith(f"{status} "))

    def misbehave(self, *rules: Misbehaviour) -> None:
        """Fail so from now on, and no other way."""
        self._ask("/misbehave", [dataclasses.asdict(rule) for rule in rules])

    def fail_chats(self, chats: Mapping[int, Failure]) -> None:
        """Answer so to whoever writes to these chats."""
        self._ask("/chats", {chat: dataclasses.asdict(failure) for chat, failure in chats.items()})

    def clear(self) -> None:
        """Forget what was accepted and counted."""
        self._ask("/clear", None, method="POST")

    def _ask(self, path: str, body: Any = None, *, method: str | None = None) -> str:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return str(answer.read().decode())


@contextmanager
def bot_api_process(*, rate: float = 30.0, chat_rate: float = 1.0, seed: int = 7) -> Iterator[BotApiProcess]:
    """The double as a process of its own, ended afterwards; ``rate`` 0 enforces no pace."""
    command = [sys.executable, "-m", "tests.support.telegram", f"--rate={rate}", f"--chat-rate={chat_rate}"]
    process = subprocess.Popen([*command, f"--seed={seed}"], stdout=subprocess.PIPE, text=True, cwd=_ROOT)
    try:
        assert process.stdout is not None
        yield BotApiProcess(process.stdout.readline().strip())
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()
