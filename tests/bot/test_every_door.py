"""Every command and every button, for everybody: own records appear, nobody else's ever do, nothing stays silent.

And what each of them asks of the database is bounded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

import pytest

from bot.capability import Table
from core.clock import FrozenClock
from core.db.engine import Database
from tests.cast import Cast
from tests.support.conversation import Heard, Stage, User
from tests.support.promises import Promises
from tests.support.statements import Statements

# In every language: the walk taps the languages too.
_APOLOGIES = ("Something went wrong on our side", "у нас что-то сломалось", "ระบบของเราขัดข้อง")
# What these do is tested on its own; here it would end the walk.
_ENDING = ("lk:unlink", "lk:notme", "iv:clean")
_DEEP = 4
# What somebody says before the walk, so that there is something to tap.
_WORDS = {
    "teacher": (
        *("Petrov 5, Smirnov late 10", "/hw 7A algebra: §1", "/announce 7A algebra: tomorrow at nine"),
        *("/announce 7A algebra:", "Petrov 5"),
    ),
    "head": ("/announce grade 7: the library is open",),
}
# Registers and class lists have a button for every pupil, mark and day: of each kind a handful is walked.
_OF_A_KIND = 12
# Statements of one command or tap by the room it lives in, the actor and the chat's state among them, however many
# pupils, marks and messages there are.
_MOST = {"family": 4, "access": 6, "office": 6, "homeroom": 20, "teaching": 30}
_MOST_TO_LOOK = 10


class Walk:
    """Everything one member can reach: commands first, then each new button, as far as it goes."""

    def __init__(self, stage: Stage, user: User, clock: FrozenClock, *, words: tuple[str, ...] = ()) -> None:
        self.stage = stage
        self.words = words
        self.user = user
        self.clock = clock
        self.heard: list[tuple[str, Heard]] = []
        self.data: set[str] = set()
        self.kinds: Counter[str] = Counter()
        self.asked: list[tuple[str, list[str]]] = []
        self._statements = Statements(stage.database)

    async def run(self) -> None:
        with self._statements:
            await self._run()

    async def _run(self) -> None:
        waiting = []
        for text in self.words:
            waiting += self._note(text, await self._send(text))
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
        self.asked.append((how, self._statements.take()))
        fresh = []
        for one in heard.buttons.values():
            kind = ":".join(one.split(":")[:2])
            if one not in self.data and not one.startswith(_ENDING) and self.kinds[kind] < _OF_A_KIND:
                self.kinds[kind] += 1
                self.data.add(one)
                fresh.append(one)
        return fresh


def _room(table: Table, how: str) -> str:
    """The room of the capability behind a command, a tap or a teacher's words."""
    if how.startswith("/"):
        capability = table.by_command[how[1:].split()[0]]
    elif (prefix := how.split(":")[0]) in table.by_prefix:
        capability = table.by_prefix[prefix]
        if capability.name == "help":
            capability = table.by_name.get(how.split(":")[1], capability)
    else:
        return "teaching"
    return capability.on_command.__module__.split(".")[2]


def _check_cost(table: Table, name: str, asked: Iterable[tuple[str, list[str]]]) -> None:
    for how, statements in asked:
        said = "\n".join((f"{name} {how}:", *statements))
        assert 0 < len(statements) <= _MOST[_room(table, how)], said
        if all(one.lstrip().startswith(("SELECT", "WITH")) for one in statements):
            assert len(statements) <= _MOST_TO_LOOK, said


def _check(cast: Cast, name: str, heard: Iterable[tuple[str, Heard]]) -> None:
    for how, one in heard:
        said = f"{name} {how}: {one.text}"
        assert one.text.strip(), said
        assert not any(words in one.text for words in _APOLOGIES), said
        assert not cast[name].leaks(one.text), said


async def test_everybody_reaches_their_own_and_nobody_elses_at_a_bounded_cost(
    database: Database, cast: Cast, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    promises = Promises(monkeypatch)
    stage = Stage(database, clock)
    reached: set[str] = set()
    teacher = stage.user(cast["teacher"].user_id)
    await teacher.send("/announce 7A algebra: bring your rulers")
    await teacher.tap("Send")
    for name in cast.members:
        walk = Walk(stage, stage.user(cast[name].user_id), clock, words=_WORDS.get(name, ()))
        await walk.run()
        _check(cast, name, walk.heard)
        _check_cost(stage.table, name, walk.asked)
        said = " ".join(one.text for _, one in walk.heard)
        for sentinel in cast[name].sentinels:
            assert sentinel in said, f"{name} never sees {sentinel}"
        reached |= {data.split(":", 1)[0] for data in walk.data}
    prefixes = {capability.tap.__prefix__ for capability in stage.table.capabilities if capability.tap}
    # "Is that you?" is only asked of who brings a code.
    assert reached >= prefixes - {"ln"}, "every callback was walked"
    assert promises.broken == {}, "a docstring promises fewer statements than its function takes"
    assert len(promises.kept) > 50


# On one database: what each may see is asked of both in the walk of everybody's own doors.
@pytest.mark.parametrize("database_kind", ["sqlite"])
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
