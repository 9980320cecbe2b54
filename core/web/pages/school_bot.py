"""A school's own bot, as its settings and the operator's page of the school show and change it."""

from __future__ import annotations

from core.actions.org_bots import remove_bot, set_bot
from core.errors import Invalid
from core.i18n import Translator
from core.web.page import Visit


async def put_bot(visit: Visit, school_id: int) -> bool:
    """Set the bot of the token that was sent; whether it was. Else ``visit.faults`` says why not. The token is taken out
    of the form: no page ever shows one again."""
    t = visit.t
    token = visit.form.get("token", "")
    visit.form = {name: value for name, value in visit.form.items() if name != "token"}
    services = visit.panel.services
    if services.ask_bot is None:
        visit.faults["token"] = t("This site speaks to no messenger: bots cannot be set here.")
        return False
    try:
        await set_bot(
            visit.uow,
            visit.session.key,
            school_id,
            token,
            ask=services.ask_bot,
            sealing_key=visit.panel.key,
            own_bot=services.own_bot,
            sure=visit.form.get("replace") == "yes",
        )
    except Invalid as error:
        visit.faults["replace" if error.key == "bot_has_chats" else "token"] = _why(t, error)
        return False
    services.bots_changed()
    return True


async def drop_bot(visit: Visit, school_id: int) -> bool:
    """Take the school's bot away, once it is confirmed; whether it was."""
    if visit.form.get("sure") != "yes":
        visit.faults["sure"] = visit.t("Tick this to take the bot away.")
        return False
    await remove_bot(visit.uow, visit.session.key, school_id)
    visit.panel.services.bots_changed()
    return True


def _why(t: Translator, error: Invalid) -> str:
    match error.key:
        case "token_unknown":
            return t("Telegram does not know this token. Copy it again from @BotFather.")
        case "messenger_unreachable":
            return t("Telegram cannot be asked at the moment. Try again in a minute.")
        case "bot_taken":
            return t("This bot is in use here already. Make one of your own at @BotFather.")
        case "bot_has_chats":
            return t("This is another bot. Tick this if it is to take the place of the older one.")
        case _:
            return t("A token looks like 1234567890:ABC…: digits, a colon, letters.")
