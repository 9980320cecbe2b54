"""Linking: "Is that you?", what it gives, and what comes after."""

from __future__ import annotations

from typing import Literal

from aiogram.filters.callback_data import CallbackData

from core.actions.linking import LinkOffer, OfferedChild
from core.cards import Button, Card, Facts, Note, Text
from core.domain.rights import Role
from core.i18n import N_, Translator
from core.words import ROLE_NAMES

_KIN: dict[str, str] = {
    "mother": N_("mother of {children}"),
    "father": N_("father of {children}"),
    "guardian": N_("guardian of {children}"),
    "grandmother": N_("grandmother of {children}"),
    "grandfather": N_("grandfather of {children}"),
}
_SOME_KIN = N_("parent or guardian of {children}")


class LinkTap(CallbackData, prefix="ln"):
    """The answer to "Is that you?"; whom it is about stands in the chat's own state, never in the button."""

    answer: Literal["yes", "no"]


def offer_card(t: Translator, offer: LinkOffer) -> Card:
    """The question before a code is spent; surnames of children are cut to a letter until it is answered."""
    roles = [t(ROLE_NAMES[role]) for role in offer.roles if role is not Role.GUARDIAN]
    facts = [(t("You"), offer.name.full_name), (t("As"), t.list([*roles, *_kin(t, offer)]))]
    if offer.class_name:
        facts.append((t("Class"), offer.class_name))
    if offer.school_name:
        facts.append((t("School"), offer.school_name))
    return Card(
        t("Is that you?"),
        (
            Text(t("You are about to link this chat.")),
            Facts(tuple(facts)),
            Note(t("If you are somebody else, answer No: the code stays unused.")),
        ),
        (
            (Button(t("Yes, that is me"), LinkTap(answer="yes").pack()),),
            (Button(t("No"), LinkTap(answer="no").pack()),),
        ),
    )


def _kin(t: Translator, offer: LinkOffer) -> list[str]:
    """``mother of Ivan P. (7A) and Maria P. (3B)``, for each relation that there is."""
    by_words: dict[str, list[str]] = {}
    for child in offer.children:
        by_words.setdefault(_KIN.get(child.relation, _SOME_KIN), []).append(_child(child))
    return [t(words, children=t.list(children)) for words, children in by_words.items()]


def _child(child: OfferedChild) -> str:
    name = child.name.short_name
    return f"{name} ({child.class_name})" if child.class_name else name


def declined_card(t: Translator) -> Card:
    """They said No: nothing happened."""
    return Card(
        t("Nothing was linked"),
        (Text(t("Please give the code to the person it is for, or bring it back to the school.")),),
    )


def ask_code_card(t: Translator) -> Card:
    """/link without a code."""
    return Card(
        t("Please type the code"),
        (
            Text(
                t(
                    "It is on the slip from the school and looks like K7QM-4XPA-2T. Capitals and dashes do not matter."
                )
            ),
            Note(t("/cancel leaves this.")),
        ),
    )


def ask_yes_or_no(t: Translator) -> str:
    """Said when the answer to "Is that you?" is neither."""
    return t("Please answer Yes or No with the buttons, or type another code.")


def linked_words(t: Translator, offer: LinkOffer) -> tuple[Text, Note]:
    """Above the first screen: that it worked, and what we shall tell without being asked."""
    welcome = Text(t("Welcome, {name}! This chat is linked now.", name=offer.name.given))
    if Role.GUARDIAN in offer.roles or Role.STUDENT in offer.roles:
        promise = t(
            "What is new (marks, absences, homework, changes) is kept here for you to ask. "
            "/help shows everything, /links who else is linked."
        )
    else:
        promise = t("/help shows what you can do here, /links who else is linked.")
    return welcome, Note(promise)
