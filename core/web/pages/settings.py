"""/admin/settings: what the school has settled, and its own bot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from zoneinfo import available_timezones

from aiohttp import web

from core.actions.school_settings import Consequences, NotSure, change_settings
from core.domain.school_settings import (
    LANGUAGES,
    LONGEST_KEPT,
    SHORTEST_KEPT,
    SWITCHES,
    SchoolSettings,
)
from core.domain.telling import QUIET
from core.errors import Invalid
from core.i18n import LANGUAGE_NAMES, N_, Translator
from core.queries.org_bots import bot_of
from core.queries.school_settings import SettledSchool, settled_school
from core.web.page import AUDITORS, Page, Visit
from core.web.pages.school_bot import drop_bot, put_bot
from core.words import SCALE_NAMES

SETTLERS = AUDITORS
CURRENCIES = (
    *("RUB", "THB", "USD", "EUR", "KZT", "BYN", "KGS", "UZS", "TJS", "AMD", "AZN", "GEL", "MDL"),
    *("UAH", "INR", "CNY", "JPY", "VND", "LAK", "MYR", "IDR", "GBP", "PLN", "TRY"),
)
ZONES = tuple(
    sorted(
        one
        for one in available_timezones()
        if one.split("/")[0]
        in ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
    )
)
SWITCH_WORDS: Mapping[str, tuple[str, str]] = {
    "averages": (
        N_("Families see averages"),
        N_("Averages of the term in /grades and in the week's review, and what it takes for the next mark."),
    ),
    "meals": (
        N_("Families see the canteen"),
        N_("Balance, spending and menu in /meals, and the news of them."),
    ),
    "homeroom_codes": (
        N_("Homeroom teachers issue codes"),
        N_("For pupils and parents of their own class, with /invite. The office always can."),
    ),
    "own_devices": (
        N_("People connect more devices themselves"),
        N_("With /links, for ten minutes. Otherwise the office gives them a new code."),
    ),
    "nudges": (
        N_("Teachers are reminded of empty lessons"),
        N_("Once a day, when their last lesson is over. Each teacher can turn it off."),
    ),
}
assert set(SWITCH_WORDS) == set(SWITCHES)


async def show(visit: Visit) -> web.StreamResponse:
    """Everything as it stands."""
    return await _page(visit)


async def _page(
    visit: Visit, *, consequences: Consequences | None = None, status: int = 200
) -> web.StreamResponse:
    school = await settled_school(visit.uow, visit.school.id)
    return visit.render(
        "settings.html",
        settled=school,
        consequences=consequences,
        bot=await bot_of(visit.uow, visit.school.id),
        names_setter=True,
        has_messenger=visit.panel.services.ask_bot is not None,
        **choices(visit.t, school),
        switches=SWITCH_WORDS,
        languages=[(one, LANGUAGE_NAMES[one]) for one in LANGUAGES],
        usual_quiet=f"{QUIET.starts:%H:%M}–{QUIET.ends:%H:%M}",
        status=status,
    )


def choices(t: Translator, school: SettledSchool | None = None) -> dict[str, list[tuple[str, str]]]:
    """What a school's place may be, for the ``choice`` macro; what it is now is always among it."""
    zones = [*ZONES, *([school.timezone] if school and school.timezone not in ZONES else [])]
    currencies = [*CURRENCIES, *([school.currency] if school and school.currency not in CURRENCIES else [])]
    return {
        "zones": [(one, one.replace("_", " ")) for one in zones],
        "currencies": [(one, one) for one in currencies],
        "scales": [(key, t(words)) for key, words in SCALE_NAMES.items()],
        "locales": [(one, LANGUAGE_NAMES[one]) for one in LANGUAGES],
    }


async def change(visit: Visit) -> web.StreamResponse:
    """Settle it all as it was sent; what is grave is asked back once."""
    wanted = _wanted(visit)
    if visit.faults:
        return await _page(visit, status=400)
    try:
        await change_settings(
            visit.uow, visit.session.key, visit.school.id, wanted, sure=visit.form.get("sure") == "yes"
        )
    except NotSure as error:
        visit.faults["sure"] = visit.t("Read what changes, and tick this if you mean it.")
        return await _page(visit, consequences=error.consequences, status=400)
    except Invalid as error:
        words = faults_of(visit.t)
        visit.faults |= {name: words[name] for name in error.params["fields"]}
        return await _page(visit, status=400)
    return visit.go("/settings", done="settled")


def _wanted(visit: Visit) -> SettledSchool:
    """The form as a school; what cannot be read is a fault."""
    t, form = visit.t, visit.form
    hours: dict[str, time | None] = {}
    for name in ("quiet_from", "quiet_to"):
        try:
            text = form.get(name, "").strip()
            hours[name] = _clock_time(text) if text else None
        except ValueError:
            hours[name] = None
            visit.faults[name] = t("Write a time like 21:00.")
    days = form.get("told_days", "").strip()
    if not (days.isascii() and days.isdigit() and len(days) < 6):
        visit.faults["told_days"] = faults_of(t)["told_days"]
    languages = tuple(one for one in LANGUAGES if form.get(f"speaks_{one}") == "yes")
    return SettledSchool(
        " ".join(form.get("name", "").split()),
        form.get("timezone", ""),
        form.get("locale", ""),
        form.get("currency", "").strip().upper(),
        form.get("scale", ""),
        hours["quiet_from"],
        hours["quiet_to"],
        SchoolSettings(
            languages=() if len(languages) in (0, len(LANGUAGES)) else languages,
            **{name: form.get(name) == "yes" for name in SWITCHES},
            told_days=int(days) if "told_days" not in visit.faults else SHORTEST_KEPT,
        ),
    )


def _clock_time(text: str) -> time:
    """Hours and minutes, as a field of times sends them. Raises ValueError."""
    if len(text) != len("21:00"):
        raise ValueError(text[:20])
    return time.fromisoformat(text).replace(tzinfo=None)


def faults_of(t: Translator) -> dict[str, str]:
    """What is said beside each field that makes no sense."""
    one_of_these = t("Choose one of the list.")
    return {
        "name": t("A school needs a name of at most 200 characters."),
        "timezone": one_of_these,
        "locale": one_of_these,
        "currency": one_of_these,
        "scale": one_of_these,
        "quiet_to": t("Give both hours, and two that differ; or leave both empty."),
        "languages": t("The school's own language is always offered: tick it, too."),
        "told_days": t("A number of days from {least} to {most}.", least=SHORTEST_KEPT, most=LONGEST_KEPT),
    }


async def put(visit: Visit) -> web.StreamResponse:
    """Set the school's bot."""
    if await put_bot(visit, visit.school.id):
        return visit.go("/settings", done="bot_set")
    return await _page(visit, status=400)


async def drop(visit: Visit) -> web.StreamResponse:
    """Take the school's bot away."""
    if await drop_bot(visit, visit.school.id):
        return visit.go("/settings", done="bot_removed")
    return await _page(visit, status=400)


PAGES = (
    Page("GET", "/settings", show, SETTLERS, entry=(N_("Settings"), 80)),
    Page("POST", "/settings", change, SETTLERS),
    Page("POST", "/settings/bot", put, SETTLERS, needs_code=True),
    Page("POST", "/settings/bot/remove", drop, SETTLERS, needs_code=True),
)
