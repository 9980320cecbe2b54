"""What is written down of a person: read from what somebody typed, or refused field by field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from core.domain.names import PersonName, fold, western_digits
from core.errors import Invalid

LONGEST_NAME = 80
_LONGEST_ADDRESS = 200
_OLDEST = 120
_EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;.]+")
_PHONE = re.compile(r"\+?[\d ()./-]+")
_LOCALE = re.compile(r"[a-z]{2}")


@dataclass(frozen=True, slots=True)
class PersonalDetails:
    """A person's names and how to reach them; an unknown one is empty."""

    name: PersonName
    birth_date: date | None = None
    email: str = ""
    phone: str = ""
    locale: str | None = None

    @property
    def name_key(self) -> str:
        """As ``Person.name_key``."""
        return fold(f"{self.name.family} {self.name.given}")


def read_details(said: Mapping[str, str], today: date) -> PersonalDetails:
    """What was typed into ``family``, ``given``, ``middle``, ``nickname``, ``birth_date`` (ISO), ``email``, ``phone`` and
    ``locale``. Raises Invalid("details_wrong") whose ``faults`` say of each field: missing, too_long, wrong, future or
    too_long_ago."""
    faults: dict[str, str] = {}
    names = {part: _clean(said.get(part, "")) for part in ("family", "given", "middle", "nickname")}
    faults |= {part: "too_long" for part, words in names.items() if len(words) > LONGEST_NAME}
    if not names["family"] and not names["given"]:
        faults["family"] = "missing"
    birth_date = None
    if said.get("birth_date", "").strip():
        try:
            birth_date = date.fromisoformat(said["birth_date"].strip())
        except ValueError:
            faults["birth_date"] = "wrong"
        else:
            if birth_date > today:
                faults["birth_date"] = "future"
            elif birth_date.year < today.year - _OLDEST:
                faults["birth_date"] = "too_long_ago"
    email = _clean(said.get("email", ""))
    if email and (len(email) > _LONGEST_ADDRESS or not _EMAIL.fullmatch(email)):
        faults["email"] = "wrong"
    phone = western_digits(_clean(said.get("phone", "")))
    if phone and not (_PHONE.fullmatch(phone) and 3 <= sum(one.isdigit() for one in phone) <= 15):
        faults["phone"] = "wrong"
    locale = said.get("locale", "").strip() or None
    if locale is not None and not _LOCALE.fullmatch(locale):
        faults["locale"] = "wrong"
    if faults:
        raise Invalid("details_wrong", faults=faults)
    return PersonalDetails(PersonName(**names), birth_date, email, phone, locale)


def phone_key(phone: str) -> str:
    """What the ways of writing one number have in common, its last nine digits; empty for what is too short to tell."""
    digits = "".join(one for one in western_digits(phone) if one.isdigit())
    return digits[-9:] if len(digits) >= 6 else ""


def _clean(text: str) -> str:
    """Single spaces, and no characters that are only there to mislead."""
    kept = (one for one in text if one.isspace() or unicodedata.category(one)[0] != "C")
    return " ".join("".join(kept).split())
