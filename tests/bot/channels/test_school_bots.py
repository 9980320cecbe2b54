"""Schools with bots of their own: set in the panel, taken up without a restart, replaced, taken away, refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from bot.channels.telegram_bots import run_telegram_bots
from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import AuditEntry, Chat, Delivery, OrgBot
from core.db.uow import UnitOfWork
from core.domain.kinds import Messenger
from core.settings import Settings
from tests.cast import Cast, link
from tests.notifier.test_answers import Office
from tests.support.browser import Site, open_site
from tests.support.panel import PanelBrowser, in_panel
from tests.support.telegram import TOKEN, BotApi, Failure, bot_api

_ONE = "777001:" + "B" * 35
_SAME = "777001:" + "C" * 35
_TWO = "777002:" + "D" * 35
_MOTHER_AT_ONE = 990_001


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.telegram_bots._LOOK_SECONDS", 0.2)
    monkeypatch.setattr("bot.channels.telegram_bots._FIRST_WAIT", 0.3)
    monkeypatch.setattr("bot.channels.telegram._STAND_BY_SECONDS", 0.1)


@asynccontextmanager
async def running(
    database: Database, clock: FrozenClock, tmp_path: Path, *tokens: str
) -> AsyncIterator[tuple[BotApi, Site]]:
    """The site with its Telegram bots and its notifier, on a double that knows these tokens beside the own one."""
    async with bot_api(tokens=(TOKEN, *tokens), longest_poll=0.2) as api:
        settings = Settings(
            _env_file=None,
            database_url=database.url.render_as_string(hide_password=False),
            var_dir=tmp_path,
            bot_token=SecretStr(TOKEN),
            telegram_api_url=api.url,
        )
        async with open_site(settings, clock) as site:
            tasks = [
                asyncio.create_task(site.app.notifier.run()),
                asyncio.create_task(run_telegram_bots(site.app)),
            ]
            try:
                yield api, site
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


async def until(holds: Any, seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.02)


def told(api: BotApi, bot: int, user: int) -> list[str]:
    return [one.text for one in api.accepted if (one.bot_id, one.chat_id) == (bot, user)]


async def rows(site: Site, *columns: Any, where: Any = None) -> list[Any]:
    async with UnitOfWork(site.app.database, site.app.clock) as uow:
        return list(await uow.rows(sa.select(*columns).where(sa.true() if where is None else where)))


async def set_bot(panel: PanelBrowser, token: str, **more: str) -> tuple[int, str]:
    response = await panel.post("/settings/bot", token=token, **more)
    return response.status, await response.text()


async def test_a_bot_set_in_the_panel_answers_is_replaced_and_taken_away_while_running(
    database: Database,
    cast: Cast,
    clock: FrozenClock,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with running(database, clock, tmp_path, _ONE, _SAME, _TWO) as (api, site):
        panel = await in_panel(site, cast, "admin", with_app=True)
        assert await set_bot(panel, f"  {_ONE} ") == (303, "")
        api.say(_MOTHER_AT_ONE, "/start", bot_id=777001)
        await until(lambda: told(api, 777001, _MOTHER_AT_ONE))
        page = await panel.read("/settings")
        assert "@school_777001_bot" in page
        assert "Arkady" in page or "set 24 Nov 2026" in page
        slips = await (await panel.post("/invitations", **{"class": "all"})).text()
        assert "t.me/school_777001_bot" in slips or "No such" in slips or not slips

        # A new token of the same bot: the chats stay, and the older token is used no more.
        assert (await set_bot(panel, _SAME))[0] == 303
        await until(lambda: site.app.bots[777001].token == _SAME if 777001 in site.app.bots else False)
        api.say(_MOTHER_AT_ONE, "/help", bot_id=777001)
        await until(lambda: len(told(api, 777001, _MOTHER_AT_ONE)) == 2)

        # Another bot in its place wants to be confirmed, for the older one's chats fall silent.
        async with UnitOfWork(database, clock) as uow, uow.writing():
            await uow.write(sa.delete(Chat).where(Chat.bot == 777001))
            await link(uow, _MOTHER_AT_ONE, cast["mother"].person_id, bot=777001)
        status, text = await set_bot(panel, _TWO)
        assert status == 400
        assert "This is another bot" in text
        assert "school_777001_bot" in text
        assert (await set_bot(panel, _TWO, replace="yes"))[0] == 303
        api.say(5, "/start", bot_id=777002)
        await until(lambda: told(api, 777002, 5))
        await until(lambda: (Messenger.TELEGRAM, 777001) not in site.app.channels)
        (chat,) = await rows(site, Chat.blocked_since, where=Chat.bot == 777001)
        assert chat.blocked_since is not None

        # The first one comes back, and so do its chats.
        assert (await set_bot(panel, _ONE))[0] == 303
        (chat,) = await rows(site, Chat.blocked_since, where=Chat.bot == 777001)
        assert chat.blocked_since is None

        refused = await panel.post("/settings/bot/remove")
        assert refused.status == 400
        assert "Tick this to take the bot away" in await refused.text()
        assert (await panel.post("/settings/bot/remove", sure="yes")).status == 303
        assert (await panel.post("/settings/bot/remove", sure="yes")).status == 404, "a replay finds nothing"
        await until(lambda: (Messenger.TELEGRAM, 777001) not in site.app.channels)
        api.say(4242_1, "/start")
        await until(lambda: told(api, 4242, 4242_1))
        kept = await rows(site, OrgBot.token)
        entries = await rows(
            site, AuditEntry.before, AuditEntry.after, where=AuditEntry.action.startswith("bot.")
        )
    said = caplog.text + capsys.readouterr().out + str(kept) + str(entries) + text + page
    for token in (_ONE, _SAME, _TWO, TOKEN):
        assert token not in said
        assert token.partition(":")[2] not in said
    assert len(entries) == 5


async def test_what_waits_for_a_bot_that_is_taken_away_is_given_up_and_none_of_the_others(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    async with running(database, clock, tmp_path, _ONE) as (api, site):
        panel = await in_panel(site, cast, "admin", with_app=True)
        assert (await set_bot(panel, _ONE))[0] == 303
        async with UnitOfWork(database, clock) as uow, uow.writing():
            await link(uow, _MOTHER_AT_ONE, cast["mother"].person_id, bot=777001)
        await until(lambda: (Messenger.TELEGRAM, 777001) in site.app.channels)

        await Office(database, clock, cast).announce("No school tomorrow")
        await until(lambda: told(api, 777001, _MOTHER_AT_ONE) and told(api, 4242, cast["mother"].user_id))
        # Telegram revokes the token: the row says so, nothing else stops, a new token heals it.
        api.tokens.discard(_ONE)
        async with asyncio.timeout(20):
            while (await rows(site, OrgBot.refused_at))[0].refused_at is None:
                await asyncio.sleep(0.05)
        assert "Telegram refuses its token" in await panel.read("/settings")
        api.say(1, "/start")
        await until(lambda: told(api, 4242, 1))
        api.tokens.add(_SAME)
        assert (await set_bot(panel, _SAME))[0] == 303
        api.say(_MOTHER_AT_ONE, "/help", bot_id=777001)
        await until(lambda: len(told(api, 777001, _MOTHER_AT_ONE)) == 2)
        assert "Telegram refuses its token" not in await panel.read("/settings")
        assert await rows(site, Delivery.id, where=Delivery.bot == 777001)


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_token_that_will_not_do_is_refused_with_a_reason_and_never_shown(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    async with running(database, clock, tmp_path, _ONE) as (api, site):
        plain = await in_panel(site, cast, "admin")
        asked = await plain.post("/settings/bot", token=_ONE)
        assert asked.headers["Location"].startswith("/admin/account"), "an authenticator app is wanted"
        panel = await in_panel(site, cast, "admin", with_app=True)
        for token, words in (
            ("", "A token looks like"),
            ("12:abc", "A token looks like"),
            ("777001:" + "é" * 35, "A token looks like"),
            ("٧٧٧٠٠١:" + "B" * 35, "A token looks like"),
            ("1:" + "B" * 10_000, "A token looks like"),
            (_ONE.replace("B", "B\n", 1), "A token looks like"),
            (f"{_ONE}/../getMe", "A token looks like"),
            (_TWO, "Telegram does not know this token"),
            (TOKEN, "in use here already"),
            (TOKEN.replace("A", "B"), "in use here already"),
        ):
            status, text = await set_bot(panel, token)
            assert (status, words in text) == (400, True), (token[:40], words)
            assert not token or token.strip()[:30] not in text.replace("1234567890", "")
        assert (await set_bot(panel, _ONE))[0] == 303
        other = await in_panel(site, cast, "other_admin", with_app=True)
        status, text = await set_bot(other, _ONE)
        assert status == 400
        assert "in use here already" in text
        assert "Riverside" not in text
        assert (await other.post(f"/settings/bot?school={cast.school_id}", token=_TWO)).status == 404
        api.tokens.add(_TWO)
        api.always["getMe"] = Failure(502, "Bad Gateway")
        status, text = await set_bot(other, _TWO)
        assert "cannot be asked at the moment" in text
        assert len(await rows(site, OrgBot.id)) == 1


@pytest.mark.parametrize("database_kind", ["postgres"])
async def test_of_two_processes_one_listens_and_the_other_takes_over(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(database, clock, tmp_path, _ONE) as (api, second):
        async with open_site(second.app.settings, clock) as first:
            tasks = [
                asyncio.create_task(first.app.notifier.run()),
                asyncio.create_task(run_telegram_bots(first.app)),
            ]
            panel = await in_panel(first, cast, "admin", with_app=True)
            assert (await set_bot(panel, _ONE))[0] == 303
            api.say(7, "/start", bot_id=777001)
            await until(lambda: told(api, 777001, 7))
            await until(lambda: (Messenger.TELEGRAM, 777001) in second.app.channels)
            await until(lambda: (Messenger.TELEGRAM, 777001) in first.app.channels)
            assert not api.answers["409 getUpdates"], "no two ever asked for the updates of one bot"
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        api.say(8, "/start", bot_id=777001)
        api.say(9, "/start")
        await until(lambda: told(api, 777001, 8) and told(api, 4242, 9))
        assert len(told(api, 777001, 7)) == 1
