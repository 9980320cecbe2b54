"""/language: English, Russian or Thai."""

from __future__ import annotations

from bot.capability import Capability, Turn, anyone
from bot.views.language import LanguageTap, language_card
from core.cards import Reply
from core.i18n import LANGUAGE_NAMES, N_, match_locale, translator


async def language(turn: Turn, arguments: str) -> Reply:
    """/language, /language ru or /language Русский."""
    wanted = arguments.strip().casefold()
    named = next((locale for locale, name in LANGUAGE_NAMES.items() if name.casefold() == wanted), None)
    locale = named or (match_locale(wanted) if wanted else None)
    if locale is None or not _is_offered(turn, locale):
        return language_card(turn.t, turn.actor.languages)
    return _speak(turn, locale)


async def choose(turn: Turn, tap: LanguageTap) -> Reply:
    """A tap on a language."""
    return _speak(turn, tap.locale) if _is_offered(turn, tap.locale) else await language(turn, "")


def _is_offered(turn: Turn, locale: str) -> bool:
    offered = turn.actor.languages
    return not offered or locale in offered


def _speak(turn: Turn, locale: str) -> Reply:
    turn.chat.speak(locale)
    turn.t = translator(locale)
    turn.menu_changed = True
    return language_card(turn.t, turn.actor.languages, chosen=True)


CAPABILITY = Capability(
    name="language",
    commands=("language",),
    title=N_("Language"),
    menu=N_("Choose the language: English, Русский, ไทย"),
    order=620,
    for_whom=anyone,
    on_command=language,
    tap=LanguageTap,
    on_tap=choose,
)
