"""What people read when something cannot be done: one sentence an error, and no blame."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot.views.invalid import invalid_words
from core.access import NOT_AT_THIS_SCHOOL
from core.cards import Card, Item, Listing, Note, Reply, Text, Toast
from core.errors import CodeRefused, FileRefused, Forbidden, Invalid, NotFound, SchoolbellError, TooManyTries
from core.i18n import Translator


def error_reply(t: Translator, error: SchoolbellError, *, tapped: bool, now: datetime | None) -> Reply:
    """The answer to one of our errors: a toast on a tap, a card on words."""
    heading, text = _sentence(t, error, now)
    return Toast(text, alert=True) if tapped else Card(heading, (Text(text),))


def _sentence(t: Translator, error: SchoolbellError, now: datetime | None) -> tuple[str, str]:
    if isinstance(error, CodeRefused):
        return (
            t("This code does not work"),
            t("The code is wrong, expired or already used. Please ask the school for a new one."),
        )
    if isinstance(error, TooManyTries):
        wait = max(1, round((error.until - (now or datetime.now(UTC))).total_seconds() / 60))
        return (
            t("A short pause"),
            t.plural(
                "There were too many wrong codes. Please try again in {n} minute.",
                "There were too many wrong codes. Please try again in {n} minutes.",
                wait,
            ),
        )
    if isinstance(error, Invalid):
        return invalid_words(t, error)
    if isinstance(error, NotFound):
        return t("Not found"), t("There is nothing like that here. It may have changed since.")
    if isinstance(error, Forbidden) and error.key == NOT_AT_THIS_SCHOOL:
        return t("Not at this school"), t("Your school does not offer this here. Please ask the office.")
    if isinstance(error, Forbidden):
        return t("Not allowed"), t("You may look at this, but not change it.")
    return t("That did not work"), t("This cannot be done as it stands. Please check it and try again.")


def refusal_words(t: Translator, error: CodeRefused | TooManyTries, now: datetime) -> str:
    """Why a code opens nothing, in one sentence."""
    return _sentence(t, error, now)[1]


def fault_words(t: Translator, reference: str) -> str:
    """The sentence on a fault of ours; the reference id stands in the log."""
    return t(
        "Something went wrong on our side, sorry. If it happens again, tell the school this number: {reference}",
        reference=reference,
    )


def apology(t: Translator, reference: str, *, tapped: bool) -> Reply:
    """The answer to a fault of ours."""
    text = fault_words(t, reference)
    return Toast(text, alert=True) if tapped else Card(t("Sorry"), (Text(text),))


def slow_down(t: Translator) -> Toast | Card:
    """Told once to somebody who sends faster than anybody types."""
    return Card(t("One moment"), (Text(t("That was a lot at once. Please wait a few seconds.")),))


def gone_toast(t: Translator) -> Toast:
    """A button that leads nowhere any more, or never did."""
    return Toast(
        t("This button does not lead anywhere any more. Type /help to see what is possible."), alert=True
    )


def nothing_open(t: Translator) -> Toast:
    """A button tapped by somebody who is not linked (any more)."""
    return Toast(t("This chat is not linked to anybody. Type the code from the school to begin."), alert=True)


def only_text(t: Translator) -> Card:
    """A sticker, voice or file where only words help."""
    return Card(
        t("I can only read text here"),
        (Text(t("Please write what you need in words, or type /help to see what is possible.")),),
    )


def file_kept(t: Translator) -> Card:
    """A file without words from somebody who may post it."""
    return Card(
        t("I have kept the file"),
        (
            Text(t("Answer it with what it is for:")),
            Listing(
                (
                    Item(t("/hw 7A algebra tomorrow: exercise on the photo")),
                    Item(t("/announce 7A: the plan of the trip")),
                )
            ),
        ),
    )


def with_refusal(t: Translator, reply: Reply, refused: FileRefused) -> Reply:
    """The answer to a message's words, which count, with why its file does not."""
    if not isinstance(reply, Card):
        return reply
    return replace(reply, blocks=(Text(invalid_words(t, refused)[1]), *reply.blocks))


def not_understood(t: Translator, commands: list[str]) -> Card:
    """Plain words that nothing here understands; names a few commands that would work."""
    examples = t.list([f"/{command}" for command in commands[:4]])
    return Card(
        t("I did not understand that"),
        (Text(t("Try {examples}.", examples=examples)), Note(t("/help shows everything you can do here."))),
    )
