"""From a slip of paper to a linked chat, as a person types and taps it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.access import load_actor
from core.actions.invitations import IssuedCode, issue_invitations
from core.clock import FrozenClock
from core.db.conversation import ChatKey
from core.db.engine import Database
from core.db.models import (
    AuditEntry,
    Chat,
    ChatLink,
    CodeTry,
    Delivery,
    Guardianship,
    Invitation,
    RoleAssignment,
)
from core.db.uow import UnitOfWork
from core.domain.codes import looks_like_code, show_code
from core.domain.kinds import DeliveryState, Messenger
from core.domain.rights import Role
from core.queries.invitable import list_invitable
from notifier.dispatcher import NotificationDispatcher
from notifier.notices.notice import discover
from tests.cast import TODAY, Cast
from tests.support.conversation import CODE_KEY, Stage, User

WRONG = "AAAA-1111-22"


@pytest.fixture
def stage(database: Database, clock: FrozenClock) -> Stage:
    return Stage(database, clock)


async def issue(
    database: Database, clock: FrozenClock, person_id: int, *, role: Role | None = None, reissue: bool = True
) -> IssuedCode:
    async with UnitOfWork(database, clock, via="test") as uow:
        invitees = await list_invitable(uow, person_id=person_id, role=role)
        report = await issue_invitations(uow, invitees, code_key=CODE_KEY, reissue=reissue)
    return report.issued[0]


async def test_a_mother_links_with_a_code_and_sees_her_children(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    issued = await issue(stage.database, clock, cast["mother"].person_id)
    phone = stage.user(70_001)
    offer = await phone.send(show_code(issued.code).lower())
    assert "Anna Petrova" in offer.text
    assert "mother of Ivan P. (7A) and Maria P. (3B)" in offer.text
    assert "secret" not in offer.text
    welcome = await phone.tap("Yes")
    assert welcome.kind == "edit"
    assert "Welcome, Anna" in welcome.text
    assert "links" in stage.channel.menus[70_001]


@pytest.mark.parametrize("words", ["/start {}", "/link {}", "/link  {} ", "{}"])
async def test_the_code_works_by_every_door(stage: Stage, cast: Cast, clock: FrozenClock, words: str) -> None:
    issued = await issue(stage.database, clock, cast["mother"].person_id)
    assert "Anna Petrova" in (await stage.user(70_001).send(words.format(issued.code))).text


async def test_link_alone_asks_for_the_code_and_takes_the_next_words(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    issued = await issue(stage.database, clock, cast["mother"].person_id)
    phone = stage.user(70_001)
    await phone.send("/link")
    assert "Anna Petrova" in (await phone.send(issued.code)).text


async def test_no_leaves_the_code_unused(stage: Stage, cast: Cast, clock: FrozenClock) -> None:
    issued = await issue(stage.database, clock, cast["mother"].person_id)
    phone = stage.user(70_001)
    await phone.send(issued.code)
    assert "Nothing was linked" in (await phone.tap("No")).text
    assert "Anna Petrova" in (await phone.send(issued.code)).text


@pytest.mark.parametrize(("language", "yes"), [("en", "yes"), ("ru", "Да"), ("th", "ใช่")])
async def test_yes_may_be_typed_in_the_readers_language(
    stage: Stage, cast: Cast, clock: FrozenClock, language: str, yes: str
) -> None:
    issued = await issue(stage.database, clock, cast["mother"].person_id)
    phone = stage.user(70_001, language=language)
    await phone.send(issued.code)
    await phone.send(yes)
    async with UnitOfWork(stage.database, clock) as uow:
        _, actor = await load_actor(uow, ChatKey(Messenger.TELEGRAM, 4242, 70_001))
    assert not actor.is_stranger


async def test_wrong_used_revoked_and_expired_codes_get_the_same_answer(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    used = await issue(stage.database, clock, cast["mother"].person_id)
    first = stage.user(70_001)
    await first.send(used.code)
    await first.tap("Yes")
    revoked = await issue(stage.database, clock, cast["father"].person_id)
    await issue(stage.database, clock, cast["father"].person_id)
    expired = await issue(stage.database, clock, cast["stranger_mother"].person_id)
    answers = {(await stage.user(70_010).send(WRONG)).text}
    answers.add((await stage.user(70_011).send(used.code)).text)
    answers.add((await stage.user(70_012).send(revoked.code)).text)
    clock.move(timedelta(days=60, seconds=1))
    answers.add((await stage.user(70_013).send(expired.code)).text)
    assert len(answers) == 1


async def test_a_slip_is_spent_by_the_first_of_two_phones(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    issued = await issue(stage.database, clock, cast["mother"].person_id)
    first, second = stage.user(70_001), stage.user(70_002)
    await first.send(issued.code)
    await second.send(issued.code)
    await first.tap("Yes")
    refused = await second.tap("Yes")
    assert "wrong, expired or already used" in refused.text


async def test_a_forged_yes_without_a_shown_code_links_nobody(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    await issue(stage.database, clock, cast["mother"].person_id)
    thief = stage.user(70_001)
    assert (await thief.tap_data("ln:yes")).kind == "toast"
    assert "school" in (await thief.send("/grades")).text
    async with UnitOfWork(stage.database, clock) as uow:
        _, actor = await load_actor(uow, ChatKey(Messenger.TELEGRAM, 4242, 70_001))
    assert actor.is_stranger


async def test_after_five_wrong_codes_even_the_right_one_waits_a_quarter_of_an_hour(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    issued = await issue(stage.database, clock, cast["mother"].person_id)
    phone = stage.user(70_001)
    for _ in range(5):
        assert "wrong, expired" in (await phone.send(WRONG)).text
    assert "15 minutes" in (await phone.send(issued.code)).text
    restarted = Stage(stage.database, clock).user(70_001)
    assert "15 minutes" in (await restarted.send(issued.code)).text
    assert "Anna" in (await stage.user(70_002).send(issued.code)).text
    clock.move(timedelta(minutes=15, seconds=1))
    assert "Anna Petrova" in (await phone.send(issued.code)).text


async def test_an_address_has_its_own_limit_over_many_chats(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    for number in range(20):
        await stage.user(71_000 + number).send(WRONG, address_hash="one address")
    refused = await stage.user(72_000).send(WRONG, address_hash="one address")
    assert "too many" in refused.text
    assert "wrong, expired" in (await stage.user(72_001).send(WRONG, address_hash="another")).text


async def test_the_wait_counts_from_the_tries_of_the_limit_that_was_hit(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    await stage.user(71_900).send(WRONG, address_hash="elsewhere")
    clock.move(timedelta(minutes=10))
    for number in range(20):
        await stage.user(71_000 + number).send(WRONG, address_hash="one address")
    assert "15 minutes" in (await stage.user(72_000).send(WRONG, address_hash="one address")).text
    clock.move(timedelta(minutes=14, seconds=50))
    assert "1 minute" in (await stage.user(72_000).send(WRONG, address_hash="one address")).text
    clock.move(timedelta(seconds=11))
    assert "wrong, expired" in (await stage.user(72_000).send(WRONG, address_hash="one address")).text


async def test_a_code_says_whose_parent_where_the_register_does_not_say_which(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    async with UnitOfWork(stage.database, clock) as uow, uow.writing():
        await uow.write(sa.update(Guardianship).values(relation=""))
    issued = await issue(stage.database, clock, cast["teacher"].person_id)
    offer = await stage.user(70_001).send(issued.code)
    assert "teacher and parent or guardian of Katya S. (5A)" in offer.text


async def test_a_code_of_somebody_who_has_left_is_refused_like_a_wrong_one(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    issued = await issue(stage.database, clock, cast["homeroom"].person_id)
    async with UnitOfWork(stage.database, clock) as uow, uow.writing():
        await uow.write(sa.update(RoleAssignment).values(ends=TODAY - timedelta(days=1)))
    wrong = await stage.user(70_001).send(WRONG)
    assert (await stage.user(70_002).send(issued.code)).text == wrong.text


async def test_codes_are_kept_hashed_and_stand_in_no_row(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    issued = await issue(stage.database, clock, cast["mother"].person_id)
    phone = stage.user(70_001)
    await phone.send(f"/start {issued.code}")
    async with UnitOfWork(stage.database, clock) as uow:
        kept = [
            tuple(row)
            for table in (Invitation, Chat, AuditEntry, CodeTry)
            for row in await uow.rows(sa.select(table.__table__))
        ]
    assert issued.code not in repr(kept)
    assert show_code(issued.code) not in repr(kept)


async def test_a_code_for_the_guardian_gives_no_teachers_rights(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    issued = await issue(stage.database, clock, cast["teacher"].person_id, role=Role.GUARDIAN)
    phone = stage.user(70_001)
    await phone.send(issued.code)
    await phone.tap("Yes")
    async with UnitOfWork(stage.database, clock) as uow:
        _, actor = await load_actor(uow, ChatKey(Messenger.TELEGRAM, 4242, 70_001))
    assert actor.courses == frozenset()
    assert [student.name.given for student in actor.students] == ["Katya"]


async def test_another_device_gets_a_code_of_ten_minutes_with_the_same_roles(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    phone = stage.user(cast["mother"].user_id)
    await phone.send("/links")
    shown = await phone.tap("Connect another device")
    code = next(line.split(": ")[1] for line in shown.text.splitlines() if line.startswith("Code"))
    tablet = stage.user(70_002)
    await tablet.send(code)
    assert "Welcome, Anna" in (await tablet.tap("Yes")).text
    await phone.send("/links")
    again = await phone.tap("Connect another device")
    late = next(line.split(": ")[1] for line in again.text.splitlines() if line.startswith("Code"))
    clock.move(timedelta(minutes=10, seconds=1))
    assert "wrong, expired" in (await stage.user(70_003).send(late)).text


async def test_unlinking_takes_effect_at_once_for_old_buttons_too(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    phone = stage.user(cast["mother"].user_id)
    await phone.send("/links")
    old = dict(phone.last.buttons) if phone.last else {}
    await phone.tap("Unlink")
    assert "not linked to anybody" in (await phone.tap("Yes, unlink")).text
    for data in old.values():
        assert "secret" not in (await phone.tap_data(data)).text
    assert "begin" in (await phone.send("/links")).text
    assert stage.channel.menus[phone.user_id] != []


async def test_nobody_unlinks_the_chat_of_somebody_else(stage: Stage, cast: Cast, clock: FrozenClock) -> None:
    async with UnitOfWork(stage.database, clock) as uow:
        link = await uow.value(sa.select(ChatLink.id).where(ChatLink.person_id == cast["mother"].person_id))
    thief = stage.user(cast["stranger_mother"].user_id)
    for do in ("ask", "unlink", "notme"):
        assert (await thief.tap_data(f"lk:{do}:{link}")).kind == "toast"
    assert (await thief.tap_data(f"lk:device:{cast['mother'].person_id}")).kind == "toast"
    async with UnitOfWork(stage.database, clock) as uow:
        assert await uow.value(sa.select(ChatLink.revoked_at).where(ChatLink.id == link)) is None


async def test_older_links_are_told_and_not_me_unlinks_and_tells_the_office(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    notifier = NotificationDispatcher(
        stage.database, clock, {(Messenger.TELEGRAM, 4242): stage.channel}, discover()
    )
    issued = await issue(stage.database, clock, cast["mother"].person_id)
    thief = stage.user(70_666)
    await thief.send(issued.code)
    await thief.tap("Yes")
    while await notifier.run_once():
        pass
    mother = stage.user(cast["mother"].user_id)
    told = [heard for heard in stage.channel.heard if heard.chat_id == mother.user_id]
    assert len(told) == 1
    assert "A new device was linked to you" in told[0].text
    mother.last = told[0]
    assert "the school is told" in (await mother.tap("Not me")).text
    assert "begin" in (await thief.send("/links")).text
    while await notifier.run_once():
        pass
    alarmed = {heard.chat_id for heard in stage.channel.heard if "disowned" in heard.text}
    assert alarmed == {cast["admin"].user_id, cast["secretary"].user_id}
    async with UnitOfWork(stage.database, clock) as uow:
        states = {row.state for row in await uow.rows(sa.select(Delivery.state))}
    assert states == {DeliveryState.SENT}


async def device_code(user: User) -> str:
    """A code for another device, asked for with /links."""
    await user.send("/links")
    shown = await user.tap("Connect another device")
    return next(line.split(": ")[1] for line in shown.text.splitlines() if line.startswith("Code"))


async def link_with(user: User, code: str) -> None:
    await user.send(code)
    assert "linked now" in (await user.tap("Yes")).text


async def say_not_me(stage: Stage, cast: Cast, to: User) -> None:
    """The mother taps "Not me" about somebody's link."""
    async with UnitOfWork(stage.database, stage.clock) as uow:
        link_id = await uow.value(
            sa.select(ChatLink.id).join(Chat, Chat.id == ChatLink.chat_id).where(Chat.user_id == to.user_id)
        )
    mother = stage.user(cast["mother"].user_id)
    assert "the school is told" in (await mother.tap_data(f"lk:notme:{link_id}")).text


async def is_stranger(stage: Stage, user: User) -> bool:
    async with UnitOfWork(stage.database, stage.clock) as uow:
        _, actor = await load_actor(uow, ChatKey(Messenger.TELEGRAM, 4242, user.user_id))
    return actor.is_stranger


async def test_not_me_ends_the_device_code_that_the_thief_has_asked_for(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    thief, hideout = stage.user(70_666), stage.user(70_667)
    await link_with(thief, (await issue(stage.database, clock, cast["mother"].person_id)).code)
    code = await device_code(thief)
    await say_not_me(stage, cast, thief)
    assert "wrong, expired" in (await hideout.send(code)).text
    assert await is_stranger(stage, thief)


async def test_not_me_also_unlinks_every_device_that_came_from_the_thiefs(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    thief, tablet, laptop = stage.user(70_666), stage.user(70_667), stage.user(70_668)
    mother, own_tablet = stage.user(cast["mother"].user_id), stage.user(70_001)
    await link_with(own_tablet, await device_code(mother))
    await link_with(thief, (await issue(stage.database, clock, cast["mother"].person_id)).code)
    await link_with(tablet, await device_code(thief))
    await link_with(laptop, await device_code(tablet))
    await say_not_me(stage, cast, thief)
    assert [await is_stranger(stage, user) for user in (thief, tablet, laptop)] == [True] * 3
    assert [await is_stranger(stage, user) for user in (mother, own_tablet)] == [False] * 2


async def test_not_me_still_works_when_the_thief_has_unlinked_the_first_device(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    thief, tablet = stage.user(70_666), stage.user(70_667)
    await link_with(thief, (await issue(stage.database, clock, cast["mother"].person_id)).code)
    await link_with(tablet, await device_code(thief))
    async with UnitOfWork(stage.database, clock) as uow, uow.writing():
        chat = sa.select(Chat.id).where(Chat.user_id == thief.user_id).scalar_subquery()
        await uow.write(sa.update(ChatLink).where(ChatLink.chat_id == chat).values(revoked_at=uow.now))
    await say_not_me(stage, cast, thief)
    assert await is_stranger(stage, tablet)


async def test_not_me_takes_back_the_slips_that_a_thief_issued_as_homeroom_teacher(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    thief, accomplice = stage.user(70_666), stage.user(70_667)
    homeroom = stage.user(cast["homeroom"].user_id)
    await link_with(thief, (await issue(stage.database, clock, cast["homeroom"].person_id)).code)
    for user in (thief, homeroom):
        pupil = cast["ivan" if user is thief else "alexei"].person_id
        shown = await user.tap_data(f"iv:code:{cast.classes['7A']}:{pupil}:0")
        code = next(word for word in shown.text.split() if looks_like_code(word))
        await link_with(accomplice if user is thief else stage.user(70_001), code)
    async with UnitOfWork(stage.database, clock) as uow:
        link_id = await uow.value(
            sa.select(sa.func.max(ChatLink.id)).where(ChatLink.person_id == cast["homeroom"].person_id)
        )
    await homeroom.tap_data(f"lk:notme:{link_id}")
    assert await is_stranger(stage, accomplice)
    assert not await is_stranger(stage, stage.user(70_001))


async def test_unlinking_a_chat_ends_open_device_codes(stage: Stage, cast: Cast, clock: FrozenClock) -> None:
    tablet, mother = stage.user(70_001), stage.user(cast["mother"].user_id)
    await link_with(tablet, await device_code(mother))
    code = await device_code(tablet)
    async with UnitOfWork(stage.database, clock) as uow:
        link_id = await uow.value(sa.select(sa.func.max(ChatLink.id)))
    await mother.tap_data(f"lk:unlink:{link_id}")
    assert "wrong, expired" in (await stage.user(70_002).send(code)).text
    assert await is_stranger(stage, tablet)


async def test_a_code_posted_in_a_group_dies_and_the_group_is_told(
    stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    issued = await issue(stage.database, clock, cast["mother"].person_id)
    phone = stage.user(70_001)
    posted = phone.message(
        f"here is mine {show_code(issued.code)} !", chat={"id": -100, "type": "group", "title": "7A"}
    )
    heard = await stage.feed({"message": posted})
    assert "invalid" in heard[0].text
    assert "wrong, expired" in (await phone.send(issued.code)).text


async def test_in_a_group_the_bot_points_to_the_private_chat_and_else_keeps_silent(
    stage: Stage, cast: Cast
) -> None:
    mother = stage.user(cast["mother"].user_id)
    group = {"id": -100, "type": "supergroup", "title": "7A"}
    heard = await stage.feed({"message": mother.message("/grades", chat=group)})
    assert "private" in heard[0].text
    assert "secret" not in heard[0].text
    assert await stage.feed({"message": mother.message("good morning", chat=group)}) == []
