"""A quick double in a process of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.telegram.process import BotApiProcess, bot_api_process

RATE = 200.0


@pytest.fixture
def api() -> Iterator[BotApiProcess]:
    """The double: its pace is never what a test waits for, but a storm it refuses."""
    with bot_api_process(rate=RATE * 1.5, chat_rate=100.0) as opened:
        yield opened
