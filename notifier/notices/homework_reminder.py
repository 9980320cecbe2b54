"""The homework reminder: the evening before, a pupil's checklist of what is not ticked off yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from core.cards import Block, Button, Card, Item, Listing, Note
from core.cards.cut import shorten
from core.db.uow import UnitOfWork
from core.domain.telling import TELLINGS, Held
from core.i18n import Translator
from core.queries.audiences import Audience, place_of_school, pupils_alone
from core.queries.homework_due import DueTold, HomeworkDue, open_homework, pupils_with_open_homework
from notifier.notices import taps
from notifier.notices.notice import Event, Notice, Reader

_MOST_BUTTONS = 12


def _day(event: Event) -> date:
    return date.fromisoformat(event.payload["day"])


async def _audience(uow: UnitOfWork, event: Event) -> Audience | None:
    place = await place_of_school(uow, event.payload["school"])
    if place is None:
        return None
    links = pupils_alone(pupils_with_open_homework(place.school_id, _day(event)))
    return Audience(links, place.timezone, place.locale, quiet=place.quiet)


async def _load(uow: UnitOfWork, event: Event, children: Sequence[int]) -> Mapping[int, DueTold]:
    return await open_homework(uow, event.payload["school"], _day(event), children)


def _card(reader: Reader, told: Sequence[DueTold]) -> Card:
    """A box for each; a tap ticks it off and leads to the day's screen."""
    t, due = reader.t, told[-1]
    heading = t("Homework for tomorrow, {day}", day=t.date(due.on, "short"))
    buttons = [
        Button("☐ " + name, taps.tick(due.child_id, due.on, line.id))
        for line, name in zip(due.lines, _names(due.lines), strict=True)
    ][:_MOST_BUTTONS]
    rows = tuple(tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2))
    return Card(
        heading,
        tuple(_lines(reader, told)),
        (*rows, (Button(t("Homework"), taps.homework(due.child_id)),)),
    )


def _lines(reader: Reader, told: Sequence[DueTold]) -> Sequence[Block]:
    t, due = reader.t, told[-1]
    blocks: list[Block] = [Listing(tuple(Item(_words(t, line), checked=False) for line in due.lines))]
    minutes = sum(line.minutes or 0 for line in due.lines)
    if minutes:
        blocks.append(Note(t.plural("About {n} minute in all.", "About {n} minutes in all.", minutes)))
    return blocks


def _words(t: Translator, line: HomeworkDue) -> str:
    parts = [f"{line.subject}: {shorten(line.text, 300) or t('see the files')}"]
    if line.minutes:
        parts.append(t("{n} min", n=line.minutes))
    if line.files:
        parts.append(f"📎 {line.files}")
    return " · ".join(parts)


def _names(lines: Sequence[HomeworkDue]) -> list[str]:
    """The subjects, numbered where one stands twice."""
    names: list[str] = []
    for line in lines:
        before = sum(1 for name in names if name.split(" (")[0] == line.subject)
        names.append(f"{line.subject} ({before + 1})" if before else line.subject)
    return names


NOTICE = Notice(
    kind="homework_reminder",
    plain=TELLINGS["reminder"],
    urgent=TELLINGS["reminder"],
    audience=_audience,
    load=_load,
    card=_card,
    lines=_lines,
    empty=Held.NOTHING,
)
