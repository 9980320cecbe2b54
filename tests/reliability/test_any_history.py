"""Whatever happens in whatever order: who is to be told is told, or the row says truly why not; and nobody else is.

A hypothesis state machine writes events, changes preferences and quiet hours, cuts rights, unlinks, blocks, breaks the
network, kills the dispatcher in the middle and moves the clock, forward and back; a small model of who may know what
looks at every message as it goes out.
"""

from __future__ import annotations

import asyncio
import functools
import shutil
import tempfile
from datetime import time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core.actions.marks import NewEntry, save_marks
from core.actions.postings import start_posting
from core.cards import Card, File
from core.clock import FrozenClock
from core.db.engine import Database
from core.db.migrate import migrate
from core.db.models import Announcement, Chat, ChatLink, Delivery, Guardianship, NoticePreference, OutboxEvent
from core.db.outbox import publish
from core.db.uow import UnitOfWork
from core.domain.drafts import MarkingDraft
from core.domain.grading import SCALES
from core.domain.ids import CourseId, PersonId
from core.domain.kinds import AudienceKind, DeliveryState, PostingKind, Urgency
from core.domain.lessons import LessonKey
from core.domain.marking import GivenMark
from core.domain.rights import GuardianRights
from core.domain.telling import QUIET, TELLINGS, Choice, Hours
from notifier.channels.channel import ChannelError
from notifier.dispatcher import NotificationDispatcher
from notifier.notices.notice import discover
from tests.cast import _GUARDIANS, _PEOPLE, NOW, TODAY, Cast, actor_of, chat_key, make_cast
from tests.support.bulk_school import EMERGENCY
from tests.support.conversation import RecordingChannel

_WATCHED = ("mother", "father", "cut_father", "stranger_mother", "ivan", "alexei", "teacher", "other_admin")
_CHANGING = ("mother", "father", "stranger_mother", "ivan", "alexei")
_PAIRS = [(guardian, child) for guardian, child, _, rights in _GUARDIANS if rights is not GuardianRights.NONE]
_ZONE = ZoneInfo("Europe/Moscow")
_HOURS = (QUIET, Hours(time(22), time(8)), Hours(time(12), time(15)))
_FOLDER = tempfile.TemporaryDirectory()

people = st.sampled_from(_CHANGING)

# To make a found history shorter takes longer than to read it.
_ONCE = settings(phases=[Phase.generate])


class Crash(BaseException):
    """The process is gone."""


class Phones(RecordingChannel):
    """A channel that fails as told, and has everything that goes out looked at."""

    def __init__(self, machine: TellingMachine) -> None:
        super().__init__()
        self.machine = machine
        self.blocked: set[int] = set()
        self.faults = 0
        self.crashes = 0

    async def send(self, chat_id: int, what: Card | File) -> int:
        if self.crashes:
            self.crashes -= 1
            raise Crash
        if chat_id in self.blocked:
            raise ChannelError("Forbidden: bot was blocked by the user", gone=True)
        if self.faults:
            self.faults -= 1
            raise ChannelError("network")
        message_id = await super().send(chat_id, what)
        try:
            await self.machine.look_at(chat_id, self.heard[-1].text)
        except AssertionError as error:  # the lane would take it for a fault of the messenger
            self.machine.wrong.append(str(error).splitlines()[0])
        return message_id


@functools.cache
def _template() -> tuple[Path, Cast]:
    path = Path(_FOLDER.name) / "cast.db"

    async def make() -> Cast:
        database = Database(f"sqlite+aiosqlite:///{path}")
        await migrate(database)
        cast = await make_cast(database, FrozenClock(NOW))
        await database.close()
        return cast

    return path, asyncio.run(make())


class TellingMachine(RuleBasedStateMachine):
    """The world, and the model: who is linked, who may see whom, what each wishes, who ever was without."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        template, self.cast = _template()
        self.folder = Path(tempfile.mkdtemp(dir=_FOLDER.name))
        shutil.copy(template, self.folder / "school.db")
        self.clock = FrozenClock(NOW)
        self.database = Database(f"sqlite+aiosqlite:///{self.folder / 'school.db'}")
        self.phones = Phones(self)
        self.names = {member.user_id: name for name, member in self.cast.members.items()}
        self.events: dict[str, tuple[str, str]] = {}
        """Key of an event to what it is of (news, class, mark, emergency) and whom."""
        self.entitled: dict[str, set[str]] = {}
        """Who of the watched was to know of an event from its beginning without a break."""
        self.seeing = set(_PAIRS)
        self.linked = dict.fromkeys(self.cast.members, True)
        self.quiet = dict.fromkeys(self.cast.members, QUIET)
        self.was_off: set[tuple[str, str]] = set()
        self.was_blocked: set[str] = set()
        self.was_faulty = False
        self.wrong: list[str] = []
        self.start()

    def start(self) -> None:
        """A new process."""
        channels = {(self.phones.messenger, self.phones.bot_id): self.phones}
        notices = {**discover(), EMERGENCY.kind: EMERGENCY}
        self.dispatcher = NotificationDispatcher(self.database, self.clock, channels, notices)

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    def uow(self) -> UnitOfWork:
        return UnitOfWork(self.database, self.clock, via="test")

    # The model.

    def may_know(self, key: str, name: str) -> bool:
        """Whether somebody may know of an event now."""
        kind, whom = self.events[key]
        children = {child for guardian, child in self.seeing if guardian == name}
        return (
            self.linked[name]
            and {
                "emergency": name == whom,
                "mark": name == whom or whom in children,
                "class": name in ("ivan", "alexei") or bool(children & {"ivan", "alexei"}),
                "news": (bool(_PEOPLE[name][2]) and name != "other_admin") or bool(children),
            }[kind]
        )

    def note(self, key: str, kind: str, whom: str = "") -> None:
        self.events[key] = (kind, whom)
        self.entitled[key] = {name for name in _WATCHED if self.may_know(key, name)}

    def narrow(self) -> None:
        for key, names in self.entitled.items():
            names -= {name for name in names if not self.may_know(key, name)}

    async def look_at(self, chat_id: int, text: str) -> None:
        """At every message as it goes out: may they know, and is it an hour for it?"""
        name = self.names[chat_id]
        async with self.uow() as uow:
            rows = await uow.rows(
                sa.select(OutboxEvent.key, Delivery.kind)
                .join(Delivery, Delivery.event_id == OutboxEvent.id)
                .join(Chat, Chat.id == Delivery.chat_id)
                .where(Chat.user_id == chat_id, Delivery.state == DeliveryState.SENDING)
            )
        said = [row for row in rows if row.key in text or self.events[row.key][0] == "mark"]
        assert said, f"{name} hears what no row speaks of: {text}"
        assert any(self.may_know(row.key, name) for row in said), f"{name} must not know: {text}"
        assert not self.cast[name].leaks(text)
        at = self.clock.now().astimezone(_ZONE).time()
        if self.quiet[name].hold(at):
            breaks = [TELLINGS[row.kind].breaks_quiet for row in said]
            assert any(one is not None and one.hold(at) for one in breaks), f"{name} hears at {at}: {text}"

    # What happens.

    @initialize()
    def begin(self) -> None:
        self.publish_news("news")

    def publish_news(self, kind: str) -> None:
        key = f"event-{len(self.events)}."
        self.run(self._announce(kind, key))
        self.note(key, kind)

    async def _announce(self, kind: str, key: str) -> None:
        async with self.uow() as uow, uow.writing():
            number = await uow.insert(
                Announcement,
                school_id=self.cast.school_id,
                audience=AudienceKind.CLASS if kind == "class" else AudienceKind.SCHOOL,
                class_id=self.cast.classes["7A"] if kind == "class" else None,
                text=key,
                urgency=Urgency.AT_ONCE,
                published_at=uow.now,
            )
            await publish(uow, "announcement_published", key, payload={"announcement": number})

    @rule(kind=st.sampled_from(["news", "class"]))
    def news(self, kind: str) -> None:
        self.publish_news(kind)

    @rule(name=people)
    def emergency(self, name: str) -> None:
        key = f"event-{len(self.events)}."

        async def write() -> None:
            async with self.uow() as uow, uow.writing():
                payload = {"person": self.cast[name].person_id, "words": key}
                await publish(uow, EMERGENCY.kind, key, payload=payload)

        self.run(write())
        self.note(key, "emergency", name)

    @precondition(lambda self: self.clock.now().astimezone(_ZONE).date() >= TODAY)
    @rule(name=st.sampled_from(["ivan", "alexei"]), value=st.sampled_from(["2", "5"]))
    def mark(self, name: str, value: str) -> None:
        async def save() -> str:
            async with self.uow() as uow:
                actor = await actor_of(uow, self.cast, "teacher")
                posting = await start_posting(uow, actor, PostingKind.MARKS, MarkingDraft("").as_json())
                entry = NewEntry(
                    PersonId(self.cast[name].person_id), (GivenMark(SCALES["five"].parse(value)),)
                )
                lesson = LessonKey(TODAY, 1, CourseId(self.cast.courses["algebra_7a"]))
                await save_marks(uow, chat_key(self.cast, "teacher"), posting, lesson, [entry])
                return f"marks_posted:{posting}"

        self.note(self.run(save()), "mark", name)

    @rule(
        name=people,
        kind=st.sampled_from(["news", "mark", "poor_mark"]),
        choice=st.sampled_from([Choice.OFF, Choice.AT_ONCE, Choice.DAILY]),
    )
    def prefer(self, name: str, kind: str, choice: Choice) -> None:
        async def write() -> None:
            async with self.uow() as uow, uow.writing():
                link = await uow.value(
                    sa.select(ChatLink.id).where(ChatLink.person_id == self.cast[name].person_id)
                )
                known = (NoticePreference.link_id == link, NoticePreference.kind == kind)
                await uow.write(sa.delete(NoticePreference).where(*known))
                await uow.insert(NoticePreference, link_id=link, kind=kind, choice=choice)

        self.run(write())
        if choice is Choice.OFF:
            self.was_off.add((name, kind))

    @rule(name=people, hours=st.sampled_from(_HOURS))
    def choose_quiet_hours(self, name: str, hours: Hours) -> None:
        self.run(self._update_chat(name, quiet_from=hours.starts, quiet_to=hours.ends))
        self.quiet[name] = hours

    @rule(name=people, on=st.booleans())
    def want_emergencies_only(self, name: str, on: bool) -> None:
        self.run(self._update_chat(name, emergencies_only=on))
        if on:
            self.was_off |= {(name, kind) for kind in TELLINGS}

    @rule(pair=st.sampled_from(_PAIRS), sees=st.booleans())
    def change_rights(self, pair: tuple[str, str], sees: bool) -> None:
        guardian, child = (self.cast[name].person_id for name in pair)
        rights = GuardianRights.FULL if sees else GuardianRights.NONE
        self.run(
            self._write(
                sa.update(Guardianship)
                .where(Guardianship.guardian_id == guardian, Guardianship.child_id == child)
                .values(rights=rights)
            )
        )
        (self.seeing.add if sees else self.seeing.discard)(pair)
        self.narrow()

    @rule(name=people, linked=st.booleans())
    def unlink_or_link_again(self, name: str, linked: bool) -> None:
        revoked = None if linked else self.clock.now()
        link = sa.update(ChatLink).where(ChatLink.person_id == self.cast[name].person_id)
        self.run(self._write(link.values(revoked_at=revoked)))
        self.linked[name] = linked
        self.narrow()

    @rule(name=people, blocks=st.booleans())
    def block_or_write_again(self, name: str, blocks: bool) -> None:
        if blocks:
            self.phones.blocked.add(self.cast[name].user_id)
            self.was_blocked.add(name)
        else:
            self.phones.blocked.discard(self.cast[name].user_id)
            self.run(self._update_chat(name, blocked_since=None))

    @rule(times=st.integers(1, 4))
    def break_the_network(self, times: int) -> None:
        self.phones.faults = times
        self.was_faulty = True

    @rule(minutes=st.sampled_from([0, 1, 6, 45, 240, 700]))
    def go_on(self, minutes: int) -> None:
        self.clock.move(timedelta(minutes=minutes))
        self.run(self._tell())

    @rule(minutes=st.sampled_from([2, 40]))
    def set_the_clock_back(self, minutes: int) -> None:
        self.clock.move(-timedelta(minutes=minutes))

    @rule()
    def kill(self) -> None:
        self.phones.crashes = 1
        try:
            self.run(self._tell())
        except Crash:
            self.start()
        self.phones.crashes = 0

    # What must be true in the end.

    def teardown(self) -> None:
        try:
            self.phones.faults = 0
            for _ in range(10):
                self.clock.move(timedelta(hours=5))
                self.run(self._tell())
            assert not self.wrong
            self.run(self._check())
        finally:
            self.run(self.database.close())
            self.runner.close()
            shutil.rmtree(self.folder)

    async def _check(self) -> None:
        async with self.uow() as uow:
            rows = await uow.rows(
                sa.select(OutboxEvent.key, Chat.user_id, Delivery.state, Delivery.why, Delivery.kind)
                .join(Delivery, Delivery.event_id == OutboxEvent.id)
                .join(Chat, Chat.id == Delivery.chat_id)
            )
        found = set()
        for row in rows:
            name = self.names[row.user_id]
            found.add((row.key, name))
            assert self._is_true(row, name), (row, name)
        for key, names in self.entitled.items():
            for name in names:
                assert (key, name) in found, (
                    f"{name} was not told of {self.events[key]}, and nothing says why"
                )

    def _is_true(self, row: Any, name: str) -> bool:
        match DeliveryState(row.state), row.why:
            case DeliveryState.SENT, _:
                return True
            case DeliveryState.SUPPRESSED, "preference":
                return (name, row.kind) in self.was_off
            case DeliveryState.SUPPRESSED, "blocked":
                return name in self.was_blocked
            case DeliveryState.SUPPRESSED, "unlinked":
                return name not in self.entitled[row.key]
            case DeliveryState.FAILED, "network":
                return self.was_faulty
        return False

    async def _tell(self) -> None:
        while await self.dispatcher.run_once():
            pass

    async def _write(self, statement: Any) -> None:
        async with self.uow() as uow, uow.writing():
            await uow.write(statement)

    async def _update_chat(self, name: str, **values: Any) -> None:
        await self._write(sa.update(Chat).where(Chat.user_id == self.cast[name].user_id).values(**values))


def test_any_short_history_tells_whom_it_should() -> None:
    run_state_machine_as_test(
        TellingMachine, settings=settings(_ONCE, max_examples=12, stateful_step_count=15)
    )


@pytest.mark.soak
def test_any_history_tells_whom_it_should() -> None:
    run_state_machine_as_test(
        TellingMachine, settings=settings(_ONCE, max_examples=300, stateful_step_count=40)
    )
