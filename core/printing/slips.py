"""Slips of paper with invitation codes: an HTML page to print and cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.actions.invitations import IssuedCode
from core.domain.codes import show_code
from core.i18n import match_locale, translator
from core.words import ROLE_NAMES

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Slip:
    """One slip as it is printed."""

    name: str
    roles: str
    about: str
    class_name: str
    school: str
    code: str
    steps: tuple[tuple[str, str, str], ...]
    expires: str
    web_url: str
    web_content: str
    telegram_url: str
    telegram_content: str
    """What the squares hold; empty where there is none."""

    @property
    def web_qr(self) -> str:
        """The square for the browser, an SVG drawing."""
        return _qr(self.web_content)

    @property
    def telegram_qr(self) -> str:
        """The square for Telegram; empty without a bot there."""
        return _qr(self.telegram_content) if self.telegram_content else ""


def print_slips(
    codes: Sequence[IssuedCode],
    *,
    web_url: str,
    telegram_username: str = "",
    school_bots: Mapping[int, str] = MappingProxyType({}),
) -> str:
    """The page, eight slips to a sheet of A4, in each school's language and English.

    ``school_bots`` are the Telegram bots that schools have of their own, by school; the slips of others name
    ``telegram_username``. In a browser link the code stands after ``#``, so that no server or log sees it.
    """
    return _PAGES.get_template("slips.html").render(
        slips=slips_of(codes, web_url, telegram_username, school_bots)
    )


def slips_of(
    codes: Sequence[IssuedCode],
    web_url: str,
    telegram_username: str,
    school_bots: Mapping[int, str] = MappingProxyType({}),
) -> list[Slip]:
    """What stands on each slip."""
    return [_slip(one, web_url, school_bots.get(one.invitee.school_id) or telegram_username) for one in codes]


def _slip(issued: IssuedCode, web_url: str, telegram_username: str) -> Slip:
    invitee = issued.invitee
    t = translator(match_locale(invitee.school_locale) or "en")
    languages = dict.fromkeys((t.locale, "en"))
    shown = show_code(issued.code)
    telegram_url = f"https://t.me/{telegram_username}?start={issued.code}" if telegram_username else ""
    browser_url = f"{web_url}/#{shown}"
    return Slip(
        name=invitee.name.full_name,
        roles=t.list([t(ROLE_NAMES[role]) for role in invitee.roles]),
        about=t.list(list(invitee.about)) if invitee.about else "",
        class_name=invitee.class_name,
        school=invitee.school_name,
        code=shown,
        steps=tuple(_steps(locale, telegram=bool(telegram_url)) for locale in languages),
        expires=t("Valid until {day}", day=t.date(issued.expires_at.date(), "medium")),
        web_url=web_url,
        web_content=browser_url,
        telegram_url=f"t.me/{telegram_username}" if telegram_username else "",
        telegram_content=telegram_url,
    )


def _steps(locale: str, *, telegram: bool) -> tuple[str, str, str]:
    t = translator(locale)
    first = (
        t("Scan a square with the phone's camera, or open the address below it.")
        if telegram
        else t("Scan the square with the phone's camera, or open the address below it.")
    )
    return first, t("Type the code, if it is not there already."), t("Check the name and answer Yes.")


def _qr(text: str) -> str:
    return str(segno.make(text, error="m", micro=False).svg_inline(scale=2, border=1))
