"""Every command and every button, for everybody: own records appear, nobody else's ever do, nothing stays silent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest

from core.clock import FrozenClock
from core.db.engine import Database
from tests.cast import ALL_SENTINELS, Cast
from tests.support.conversation import Heard, Stage, User

# In every language: the walk taps the languages too.
_APOLOGIES = ("Something went wrong on our side", "у нас что-то сломалось", "ระบบของเราขัดข้อง")
# What these do is tested on its own; here it would end the walk.
_ENDING = ("lk:unlink", "lk:notme")
_DEEP = 4


class Walk:
    """Everything one member can reach: commands first, then each new button, as far as it goes."""

    def __init__(self, stage: Stage, user: User, clock: FrozenClock) -> None:
        self.stage = stage
        self.user = user
        self.clock = clock
        self.heard: list[tuple[str, Heard]] = []
        self.data: set[str] = set()

    async def run(self) -> None:
        waiting = []
        for capability in self.stage.table.capabilities:
            for command in capability.commands:
                waiting += self._note(f"/{command}", await self._send(f"/{command}"))
        for _ in range(_DEEP):
            following: list[str] = []
            for data in waiting:
                following += self._note(data, await self._tap(data))
            waiting = following

    async def _send(self, text: str) -> Heard:
        self.clock.move(timedelta(seconds=1))
        return await self.user.send(text)

    async def _tap(self, data: str) -> Heard:
        self.clock.move(timedelta(seconds=1))
        return await self.user.tap_data(data)

    def _note(self, how: str, heard: Heard) -> list[str]:
        self.heard.append((how, heard))
        fresh = [
            one for one in heard.buttons.values() if one not in self.data and not one.startswith(_ENDING)
        ]
        self.data.update(fresh)
        return fresh


def _foreign(cast: Cast, name: str) -> frozenset[str]:
    return ALL_SENTINELS - cast[name].sentinels


def _check(cast: Cast, name: str, heard: Iterable[tuple[str, Heard]]) -> None:
    for how, one in heard:
        said = f"{name} {how}: {one.text}"
        assert one.text.strip(), said
        assert not any(words in one.text for words in _APOLOGIES), said
        for sentinel in _foreign(cast, name):
            assert sentinel not in one.text, said


async def test_everybody_reaches_their_own_and_nobody_elses(
    database: Database, cast: Cast, clock: FrozenClock
) -> None:
    stage = Stage(database, clock)
    reached: set[str] = set()
    for name in cast.members:
        walk = Walk(stage, stage.user(cast[name].user_id), clock)
        await walk.run()
        _check(cast, name, walk.heard)
        said = " ".join(one.text for _, one in walk.heard)
        for sentinel in cast[name].sentinels:
            assert sentinel in said, f"{name} never sees {sentinel}"
        reached |= {data.split(":", 1)[0] for data in walk.data}
    prefixes = {capability.tap.__prefix__ for capability in stage.table.capabilities if capability.tap}
    # "Is that you?" is only asked of who brings a code.
    assert reached >= prefixes - {"ln"}, "every callback was walked"


async def test_every_button_of_the_others_shows_a_foreigner_nothing(
    database: Database, cast: Cast, clock: FrozenClock
) -> None:
    stage = Stage(database, clock)
    data: set[str] = set()
    for name in ("mother", "stranger_mother", "ivan", "teacher"):
        walk = Walk(stage, stage.user(cast[name].user_id), clock)
        await walk.run()
        data |= walk.data
    for name in cast.members:
        user = stage.user(cast[name].user_id)
        heard = []
        for one in sorted(data):
            clock.move(timedelta(seconds=1))
            heard.append((one, await user.tap_data(one)))
        _check(cast, name, heard)


@pytest.mark.parametrize("language", ["ru", "th"])
async def test_the_walk_holds_in_every_language(
    database: Database, cast: Cast, clock: FrozenClock, language: str
) -> None:
    stage = Stage(database, clock)
    walk = Walk(stage, stage.user(cast["mother"].user_id, language=language), clock)
    await walk.run()
    _check(cast, "mother", walk.heard)
    assert "secret-ivan" in " ".join(one.text for _, one in walk.heard)


async def test_a_stranger_reaches_no_records_and_is_told_how_to_begin(
    database: Database, cast: Cast, clock: FrozenClock
) -> None:
    stage = Stage(database, clock)
    walk = Walk(stage, stage.user(999_999), clock)
    await walk.run()
    for how, one in walk.heard:
        assert "secret" not in one.text, how
        assert not any(words in one.text for words in _APOLOGIES), how
    assert "K7QM-4XPA-2T" in (await walk.user.send("hello")).text
