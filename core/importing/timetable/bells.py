"""Which bells a new timetable keeps: its own, where the file has times, else the school's, else usual ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from core.importing.said import Said
from core.importing.timetable.model import Period
from core.importing.timetable.school import Bells

_FIRST = time(8, 30)
_LESSON, _BREAK = timedelta(minutes=45), timedelta(minutes=10)
_LAST = time(23, 59)
Times = Mapping[int, tuple[time, time]]


@dataclass(frozen=True, slots=True)
class ChosenBells:
    """``id`` is a schedule of ours, None for a new one of that ``name``; ``new`` are periods that it lacks."""

    id: int | None
    name: str
    new: Times
    notes: tuple[str, ...] = ()


def choose_bells(
    periods: Sequence[Period], used: Collection[int], known: Sequence[Bells], starts: date
) -> ChosenBells:
    """Times of old schedules are never changed: old timetables keep them."""
    own = {one.number: (one.starts, one.ends) for one in periods if one.starts and one.ends}
    numbers = sorted({one.number for one in periods} | set(used))
    likely = sorted(known, key=lambda one: (-one.uses, -one.id))
    if own and set(used) <= set(own):
        same = next((one for one in likely if all(one.times.get(n) == own[n] for n in own)), None)
        if same is not None:
            return ChosenBells(same.id, same.name, {})
        return ChosenBells(None, _free_name(known, starts), {n: own[n] for n in sorted(own)})
    if likely:
        chosen = likely[0]
        lacking = _usual([n for n in numbers if n not in chosen.times], chosen.times)
        notes = [
            Said(
                "The file has no times; the lessons keep those of the bell schedule “{name}”.",
                name=chosen.name,
            )
        ]
        if lacking:
            listed = ", ".join(f"{n} ({_span(*span)})" for n, span in lacking.items())
            notes.append(
                Said(
                    "The bell schedule had no times for these periods, which were made: {periods}.",
                    periods=listed,
                )
            )
        return ChosenBells(chosen.id, chosen.name, lacking, tuple(notes))
    usual = _usual(numbers, {})
    listed = ", ".join(f"{n} ({_span(*span)})" for n, span in usual.items())
    return ChosenBells(
        None,
        _free_name(known, starts),
        usual,
        (
            Said(
                "The file has no times and the school no bells: usual ones were made, to be changed: {periods}.",
                periods=listed,
            ),
        ),
    )


def _span(starts: time, ends: time) -> str:
    return f"{starts:%H:%M}–{ends:%H:%M}"


def _free_name(known: Sequence[Bells], starts: date) -> str:
    names = {one.name for one in known}
    name, number = starts.isoformat(), 2
    while name in names:
        name, number = f"{starts.isoformat()} ({number})", number + 1
    return name


def _usual(numbers: Sequence[int], known: Times) -> dict[int, tuple[time, time]]:
    """Lessons of 45 minutes and breaks of 10, from 8:30 or after what is known; a period 0 is before the first."""
    found: dict[int, tuple[time, time]] = {}
    for number in sorted(numbers):
        before = [ends for other, (_, ends) in {**known, **found}.items() if other < number]
        after = [starts for other, (starts, _) in known.items() if other > number]
        day = date(2000, 1, 1)
        if before:
            starts = datetime.combine(day, max(before)) + _BREAK
        elif number == 0 and not known:
            starts = datetime.combine(day, _FIRST) - _LESSON - _BREAK
        elif after:
            starts = datetime.combine(day, min(after)) - _LESSON - _BREAK
        else:
            starts = datetime.combine(day, _FIRST)
        ends = starts + _LESSON
        if starts.date() != day or ends.date() != day or starts.time() >= _LAST:
            break
        found[number] = (starts.time(), ends.time())
    return found
