"""How a chat is told, and the choices: kinds of news, quiet hours, the digest, emergencies only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from decimal import Decimal
from typing import Annotated, Literal

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from core.access import Actor, Student
from core.cards import Button, Card, Facts, Note, Text
from core.domain.grading import scale
from core.domain.ids import LARGEST_ID
from core.domain.telling import TELLINGS, Choice, Hours
from core.i18n import N_, Translator, minor_units
from core.queries.preferences import Preferences
from core.words import NEWS_KINDS

FAMILY_KINDS = (
    *("emergency", "urgent", "absence", "change", "answer", "again"),
    *("poor_mark", "mark", "homework", "reminder", "balance", "news", "week", "security"),
)
STAFF_KINDS = ("emergency", "urgent", "change", "answer", "again", "nudge", "news", "security")
PUPIL_KINDS = frozenset({"reminder"})
"""What only a pupil is told."""
GUARDIAN_KINDS = frozenset({"balance"})
"""What only a guardian is told."""
CHOICES: dict[Choice, str] = {
    Choice.AT_ONCE: N_("at once"),
    Choice.DAILY: N_("in the daily digest"),
    Choice.WEEKLY: N_("in the weekly digest"),
    Choice.OFF: N_("off"),
}
QUIET_SPANS = ((21, 7), (22, 7), (22, 8), (20, 7), (23, 6), (0, 0))
DIGEST_HOURS = (7, 13, 16, 18, 19, 20, 21)


class SettingsTap(CallbackData, prefix="st"):
    """``on`` is the screen or what to do; ``kind`` a kind of news, ``choice`` how to tell it, ``child`` 0 for all
    children; ``n`` an index into the hours, spans or marks offered."""

    on: Literal[
        "all",
        "kind",
        "choose",
        "quiet",
        "quiet_at",
        "digest",
        "digest_at",
        "only",
        "poor",
        "poor_at",
        "below",
        "below_at",
    ]
    kind: Annotated[str, Field(max_length=16)] = ""
    choice: Annotated[str, Field(max_length=8)] = ""
    child: Annotated[int, Field(ge=0, le=LARGEST_ID)] = 0
    n: Annotated[int, Field(ge=0, le=99)] = 0


def kinds_told(actor: Actor) -> tuple[str, ...]:
    """The kinds of news that this chat may be told, a family's first."""
    unheard = (frozenset() if actor.selves else PUPIL_KINDS) | (
        frozenset() if any(ward.student.school.settings.meals for ward in actor.wards) else GUARDIAN_KINDS
    )
    kinds = [kind for kind in FAMILY_KINDS if kind not in unheard] if actor.students else []
    if actor.courses or not actor.students:
        kinds += [kind for kind in STAFF_KINDS if kind not in kinds and (kind != "nudge" or actor.courses)]
    return tuple(kinds)


def settings_card(t: Translator, own: Preferences, actor: Actor) -> Card:
    """Everything at a glance; a button for each thing that can be chosen."""
    kinds, students = kinds_told(actor), actor.students
    rows = [(t(NEWS_KINDS[kind]), _told(t, own, kind, students)) for kind in kinds]
    rows += [(t("Quiet hours"), span_words(t, own.quiet)), (t("Daily digest"), t.time(own.digest_at))]
    notes = [Note(t("What is held in quiet hours comes when they end; nothing is lost."))]
    if own.emergencies_only:
        notes.insert(0, Note(t("Only emergencies and what cannot be turned off are told now.")))
    buttons: list[tuple[Button, ...]] = [
        (Button(t(NEWS_KINDS[kind]), SettingsTap(on="kind", kind=kind).pack()),)
        for kind in kinds
        if TELLINGS[kind].can_be_off
    ]
    buttons.append(
        (
            Button(t("Quiet hours"), SettingsTap(on="quiet").pack()),
            Button(t("Daily digest"), SettingsTap(on="digest").pack()),
        )
    )
    only = t("Tell me everything again") if own.emergencies_only else t("Emergencies only")
    buttons.append((Button(only, SettingsTap(on="only", n=int(not own.emergencies_only)).pack()),))
    return Card(t("What I tell you"), (Facts(tuple(rows)), *notes), tuple(buttons))


def _told(t: Translator, own: Preferences, kind: str, students: Sequence[Student]) -> str:
    if not TELLINGS[kind].can_be_off:
        return t("always, at once")
    if own.emergencies_only:
        return t("off")
    choices = {own.choice(kind, student.id) for student in students} or {own.choice(kind)}
    return t(CHOICES[choices.pop()]) if len(choices) == 1 else t("differs by child")


def kind_card(
    t: Translator, own: Preferences, kind: str, child_id: int, students: Sequence[Student], scale_key: str
) -> Card:
    """One kind of news: at once, in a digest, or off; for all children or for one."""
    chosen = own.choice(kind, child_id)
    rows: list[tuple[Button, ...]] = [
        (
            Button(
                ("• " if choice is chosen else "") + t(words),
                SettingsTap(on="choose", kind=kind, choice=choice.value, child=child_id).pack(),
            ),
        )
        for choice, words in CHOICES.items()
        if choice in TELLINGS[kind].choices
    ]
    if kind == "balance":
        rows.append((Button(t("Below which balance?"), SettingsTap(on="below", child=child_id).pack()),))
    if kind == "poor_mark" and poor_marks(scale_key):
        rows.append((Button(t("Up to which mark?"), SettingsTap(on="poor").pack()),))
    if len(students) > 1:
        everybody = Button(
            ("• " if not child_id else "") + t("All children"), SettingsTap(on="kind", kind=kind).pack()
        )
        rows.append(
            (
                everybody,
                *(
                    Button(
                        ("• " if student.id == child_id else "") + student.name.called,
                        SettingsTap(on="kind", kind=kind, child=student.id).pack(),
                    )
                    for student in students[:4]
                ),
            )
        )
    rows.append((Button(t("All settings"), SettingsTap(on="all").pack()),))
    child = next((student.name.called for student in students if student.id == child_id), "")
    title = t(NEWS_KINDS[kind])
    return Card(f"{child} — {title}" if child else title, (Text(t("How shall I tell you?")),), tuple(rows))


def quiet_card(t: Translator, own: Preferences) -> Card:
    """The choice of quiet hours."""
    rows = [
        (
            Button(
                ("• " if quiet_span(n) == own.quiet else "") + span_words(t, quiet_span(n)),
                SettingsTap(on="quiet_at", n=n).pack(),
            ),
        )
        for n in range(len(QUIET_SPANS))
    ]
    rows.append((Button(t("All settings"), SettingsTap(on="all").pack()),))
    words = t("When shall I be silent? What cannot wait, such as an emergency, comes all the same.")
    return Card(t("Quiet hours"), (Text(words),), tuple(rows))


def digest_card(t: Translator, own: Preferences) -> Card:
    """The choice of the digest's hour."""
    buttons = [
        Button(
            ("• " if time(hour) == own.digest_at else "") + t.time(time(hour)),
            SettingsTap(on="digest_at", n=n).pack(),
        )
        for n, hour in enumerate(DIGEST_HOURS)
    ]
    rows = [tuple(buttons[start : start + 4]) for start in range(0, len(buttons), 4)]
    rows.append((Button(t("All settings"), SettingsTap(on="all").pack()),))
    words = t(
        "At what hour shall the day's digest come? One message for the family, nothing when there is nothing."
    )
    return Card(t("Daily digest"), (Text(words),), tuple(rows))


def poor_card(t: Translator, own: Preferences, scale_key: str) -> Card:
    """Up to which mark it is told at once."""
    rows = [
        (
            Button(
                ("• " if number == own.poor_up_to else "") + t("{mark} and worse", mark=mark),
                SettingsTap(on="poor_at", n=n).pack(),
            ),
        )
        for n, (mark, number) in enumerate(poor_marks(scale_key), 1)
    ]
    usual = Button(
        ("• " if own.poor_up_to is None else "") + t("As the school has it"), SettingsTap(on="poor_at").pack()
    )
    rows = [(usual,), *rows, (Button(t("All settings"), SettingsTap(on="all").pack()),)]
    title = NEWS_KINDS["poor_mark"]
    return Card(t(title), (Text(t("Up to which mark shall I tell you at once?")),), tuple(rows))


def threshold_card(t: Translator, child: Student, chosen: int | None, students: Sequence[Student]) -> Card:
    """Below which balance of one child's account one is told; the other children's are a tap away."""
    currency = child.school.currency
    usual = Button(
        ("• " if chosen is None else "") + t("When it is not enough for the next day"),
        SettingsTap(on="below_at", child=child.id).pack(),
    )
    amounts = [
        Button(
            ("• " if amount == chosen else "") + t.money(amount, currency),
            SettingsTap(on="below_at", child=child.id, n=n).pack(),
        )
        for n, amount in enumerate(thresholds(currency), 1)
    ]
    rows = [(usual,), *(tuple(amounts[start : start + 2]) for start in range(0, len(amounts), 2))]
    if len(students) > 1:
        rows.append(
            tuple(
                Button(
                    ("• " if one.id == child.id else "") + one.name.called,
                    SettingsTap(on="below", child=one.id).pack(),
                )
                for one in students[:4]
            )
        )
    rows.append((Button(t("All settings"), SettingsTap(on="all").pack()),))
    title = NEWS_KINDS["balance"]
    words = t(
        "Below which balance shall I tell you? I say it again every day until the account is topped up."
    )
    return Card(f"{child.name.called} — {t(title)}", (Text(words),), tuple(rows))


def thresholds(currency: str) -> tuple[int, ...]:
    """The balances offered, in minor units: about a day's meals, two, a week's and two weeks'."""
    day = _MEALS_OF_A_DAY.get(currency, 5)
    return tuple(times * day * minor_units(currency) for times in (1, 2, 5, 10))


_MEALS_OF_A_DAY = {"RUB": 100, "THB": 50, "KZT": 1_000, "UAH": 100, "INR": 100, "JPY": 500}
"""In whole units; what is not named costs about as much in dollars, euros or pounds."""


def poor_marks(scale_key: str) -> tuple[tuple[str, Decimal], ...]:
    """The marks that may be a threshold, worst first: a scale's whole marks; of a hundred points, every tenth."""
    rules = scale(scale_key)
    if rules.span is not None and not rules.choices():
        return tuple((str(number), Decimal(number)) for number in range(30, 100, 10))
    marks = [mark for mark in reversed(rules.choices()) if mark[-1] not in "+-"]
    return tuple((mark, number) for mark in marks if (number := rules.number(mark)) is not None)[:9]


def quiet_span(n: int) -> Hours:
    """The n-th span offered."""
    starts, ends = QUIET_SPANS[n]
    return Hours(time(starts), time(ends))


def span_words(t: Translator, span: Hours) -> str:
    """``21:00–07:00``, or that there are none."""
    if span.starts == span.ends:
        return t("no quiet hours")
    return f"{t.time(span.starts)}–{t.time(span.ends)}"
