"""First words: to strangers, in groups, and to commands that are not there."""

from __future__ import annotations

from collections.abc import Sequence

from core.cards import Button, Card, Note, Text
from core.i18n import Translator


def stranger_card(t: Translator) -> Card:
    """Who we are and how to begin."""
    return Card(
        t("Hello, this is your school"),
        (
            Text(
                t(
                    "Here you can see grades, homework, the timetable, attendance and the canteen balance, "
                    "and hear what is new."
                )
            ),
            Text(t("To begin, type the code that the school gave you, like K7QM-4XPA-2T.")),
            Note(t("No code? Ask the class teacher or the school office. /language changes the language.")),
        ),
    )


def unknown_command_card(t: Translator, command: str, offered: Sequence[str]) -> Card:
    """There is no such command (for you)."""
    examples = t.list([f"/{one}" for one in offered[:4]])
    return Card(
        t("There is no command /{command} here", command=command[:40]),
        (Text(t("Try {examples}.", examples=examples)), Note(t("/help shows everything you can do here."))),
    )


def group_card(t: Translator, url: str) -> Card:
    """In a group: come to the private chat."""
    return Card(
        t("Let us talk in private"),
        (Text(t("What concerns a child is nobody else's business. Please write to me in our own chat.")),),
        ((Button(t("Open the private chat"), url=url),),),
    )


def posted_code_card(t: Translator) -> Card:
    """Somebody posted an invitation code where everybody reads it."""
    return Card(
        t("That was an invitation code"),
        (
            Text(
                t(
                    "Everybody here could read it, so I made it invalid. "
                    "Please ask the school for a new one and send it to me in private."
                )
            ),
        ),
    )
