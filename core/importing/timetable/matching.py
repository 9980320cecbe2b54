"""Which teachers, classes and subjects of the school those of a file are: sure, or to be asked about; never guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from core.domain.matching import Named as Person
from core.domain.matching import are_alike, match_name, match_surely, search_names
from core.domain.name_forms import class_key
from core.domain.names import fold
from core.importing.importer import Question
from core.importing.said import Said
from core.importing.timetable.model import Group, Named, Teacher
from core.importing.timetable.school import Teacher as Staff
from core.importing.timetable.school import Thing

NEW: Final = "new"
NONE: Final = "none"
"""Answers: somebody or something that the school has not yet; nobody, nothing."""
_MOST_CANDIDATES = 8
_MOST_OPTIONS = 5_000
"""Of all questions of a kind together: so long all of the school's are there to choose from, the likely ones first."""
_LONGEST_CODE = 4
"""Letters of what may be a short name for anything."""
Choice = int | Literal["new", "none"]


@dataclass(slots=True)
class Matches:
    """``chosen`` by the file's id: a row of ours, ``new`` or ``none``; what is in ``questions`` without an answer is not
    chosen. ``wrong`` are answers that mean nothing, by the question's key."""

    chosen: dict[str, Choice] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    wrong: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One thing of the file, what it is surely, and what it may be; ``tied``: an earlier timetable made it."""

    id: str
    words: str
    sure: int | None
    by_name: bool
    may_be: tuple[int, ...]
    tied: bool = False


def match_teachers(
    teachers: Iterable[Teacher],
    staff: Sequence[Staff],
    ties: Mapping[str, int],
    answers: Mapping[str, str],
    *,
    new: bool,
) -> Matches:
    """By tie, register id, e-mail, short name (ours is the nickname) and name: family name with given ones or
    initials, in either alphabet. Typing errors and cases only make candidates."""
    here = {one.id for one in staff if not one.has_left}
    people = [Person(one.id, one.name) for one in staff if not one.has_left]
    by_id = {one.id: one for one in staff}
    teaching = frozenset(one.id for one in staff if one.teaches)

    def ask(one: Teacher) -> _Asked:
        tied = ties.get(one.id)
        if tied in by_id:
            # Who has left is not brought back without a word.
            is_here = tied in here
            return _Asked(one.id, one.name, tied if is_here else None, False, (tied,), tied=is_here)
        known = {
            person.id
            for person in staff
            if person.id in here and _names(one.register_id, one.id) & person.register_ids
        }
        if not known and one.email:
            known = {person.id for person in staff if person.email and fold(person.email) == fold(one.email)}
        if len(known) == 1:
            return _Asked(one.id, one.name, known.pop(), False, ())
        short = {
            person.id
            for person in staff
            if person.name.nickname and fold(person.name.nickname) == fold(one.short)
        }
        named = match_surely(f"{one.family} {one.given}".strip() or one.name, people)
        sure = {person.id for person in named} or short
        likely = [person.id for person in (*named, *match_name(one.name, people))]
        likely += [person.id for person in search_names(one.family or one.name, people, _MOST_CANDIDATES)]
        return _Asked(
            one.id,
            one.name,
            next(iter(sure)) if len(sure) == 1 else None,
            True,
            tuple(dict.fromkeys((*known, *sure, *likely)))[:_MOST_CANDIDATES],
        )

    return _settled(
        "teacher",
        [ask(one) for one in teachers],
        {one.id: one.name.full_name for one in staff},
        {one.id: one.register_ids for one in staff},
        answers,
        lambda name: Said("Which teacher is {name}?", name=name),
        new=new,
        # A teacher whom we do not know, and one whom the file does not: they may be one.
        likely_known=lambda _, left: bool(left & teaching),
    )


def match_classes(
    groups: Iterable[Group],
    classes: Sequence[Thing],
    ties: Mapping[str, int],
    answers: Mapping[str, str],
    *,
    new: bool,
) -> Matches:
    """By tie, register id and name: 7А, 7 a and 7-A are one."""

    def likely(one: Group) -> Iterable[int]:
        key = class_key(one.name)
        for other in classes:
            theirs = class_key(other.name)
            if key and theirs and (key.startswith(theirs) or theirs.startswith(key)):
                yield other.id

    by_key = _keys(classes, class_key)
    return _settled(
        "class",
        [
            _by_key(
                one.id,
                one.name,
                (one.name, one.short),
                one.register_id,
                classes,
                ties,
                by_key,
                class_key,
                likely(one),
            )
            for one in groups
        ],
        {one.id: one.name for one in classes},
        {one.id: one.register_ids for one in classes},
        answers,
        lambda name: Said("Which class is {name}?", name=name),
        new=new,
    )


def match_subjects(
    subjects: Iterable[Named],
    known: Sequence[Thing],
    ties: Mapping[str, int],
    answers: Mapping[str, str],
    *,
    new: bool,
) -> Matches:
    """By tie, register id, name and short name."""

    def likely(one: Named) -> Iterable[int]:
        name = fold(one.name)
        for other in known:
            theirs = fold(other.name)
            if are_alike(name, theirs) or (
                one.short and len(one.short) > 1 and theirs.startswith(fold(one.short))
            ):
                yield other.id

    by_key = _keys(known, fold)
    return _settled(
        "subject",
        [
            _by_key(
                one.id,
                one.name,
                (one.name, one.short),
                one.register_id,
                known,
                ties,
                by_key,
                fold,
                likely(one),
            )
            for one in subjects
        ],
        {one.id: one.name for one in known},
        {one.id: one.register_ids for one in known},
        answers,
        lambda name: Said("Which subject is {name}?", name=name),
        new=new,
        likely_known=lambda one, left: bool(left) and len(one.words) <= _LONGEST_CODE,
        may_be_none=False,
    )


def _names(register_id: str, file_id: str) -> frozenset[str]:
    """What a register may call it: what the file says; the file's own id only where it is more than a number."""
    own = (file_id,) if len(file_id) > 2 and not file_id.isdecimal() else ()
    return frozenset(one for one in (register_id, *own) if one)


def _keys(known: Sequence[Thing], key_of: Callable[[str], str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for one in known:
        if key := key_of(one.name):
            found.setdefault(key, []).append(one.id)
    return found


def _by_key(
    file_id: str,
    words: str,
    names: Iterable[str],
    register_id: str,
    known: Sequence[Thing],
    ties: Mapping[str, int],
    by_key: Mapping[str, list[int]],
    key_of: Callable[[str], str],
    likely: Iterable[int],
) -> _Asked:
    ids = {one.id for one in known}
    tied = ties.get(file_id)
    if tied in ids:
        return _Asked(file_id, words, tied, False, (), tied=True)
    called = {one.id for one in known if register_id and register_id in one.register_ids}
    if len(called) == 1:
        return _Asked(file_id, words, called.pop(), False, ())
    for name in names:
        found = by_key.get(key_of(name), []) if name else []
        if found:
            exactly = [one.id for one in known if one.id in found and one.name == name]
            sure = exactly or found
            return _Asked(file_id, words, sure[0] if len(sure) == 1 else None, True, tuple(found))
    return _Asked(file_id, words, None, True, tuple(dict.fromkeys((*called, *likely)))[:_MOST_CANDIDATES])


def _settled(
    kind: str,
    asked: Sequence[_Asked],
    names: Mapping[int, str],
    register_ids: Mapping[int, frozenset[str]],
    answers: Mapping[str, str],
    words: Callable[[str], Said],
    *,
    new: bool,
    may_be_none: bool = True,
    likely_known: Callable[[_Asked, frozenset[int]], bool] = lambda _asked, _left: False,
) -> Matches:
    """Answers first. Two of the file that would be one of ours by their names are both asked about; and so is what is
    like nothing here where ``likely_known`` says, of it and of the rows that nothing else is, that it may be one of
    these. Other things that are like nothing here are new, unless somebody says otherwise."""
    found = Matches()
    how_often = Counter(one.sure for one in asked if one.sure is not None and one.by_name)
    settled = {one.sure for one in asked if one.sure is not None and not one.by_name}
    left: list[tuple[_Asked, str, Choice | None]] = []
    for one in asked:
        key = f"{kind}:{one.id}"
        answer = answers.get(key, "")
        meant = _meant(answer, names, register_ids, may_be_none=may_be_none) if answer else None
        if answer and meant is None:
            found.wrong[key] = answer
        if one.tied and meant == NEW:
            # It was new then.
            meant = None
        is_doubtful = one.by_name and (one.sure in settled or how_often.get(one.sure or 0, 0) > 1)
        if meant is not None:
            found.chosen[one.id] = meant
        elif one.sure is not None and not is_doubtful:
            found.chosen[one.id] = one.sure
            continue
        left.append((one, key, meant))
    unclaimed = frozenset(names) - {row for row in found.chosen.values() if isinstance(row, int)}
    others = (
        sorted(names, key=lambda row: fold(names[row])) if len(left) * len(names) <= _MOST_OPTIONS else []
    )
    for one, key, meant in left:
        must = bool(one.may_be) or likely_known(one, unclaimed)
        if meant is None and (new or not must):
            meant = NEW
        rows = list(dict.fromkeys((*one.may_be, *([meant] if isinstance(meant, int) else ()), *others)))
        candidates = [(f"#{row}", names[row]) for row in rows]
        new_and_none = [(NEW, Said("new: not at the school yet"))]
        new_and_none += [(NONE, Said("leave out"))] if may_be_none else []
        place = len(one.may_be)
        candidates = [*candidates[:place], *new_and_none, *candidates[place:]]
        if meant is not None:
            found.chosen[one.id] = meant
        shown = "" if meant is None else f"#{meant}" if isinstance(meant, int) else meant
        if names or key in answers:
            found.questions.append(Question(key, words(one.words), tuple(candidates), shown, must=must))
    return found


def _meant(
    answer: str, names: Mapping[int, str], register_ids: Mapping[int, frozenset[str]], *, may_be_none: bool
) -> Choice | None:
    """``#12`` is our number; else a register's id or the name, where it is the only one of it."""
    plain = answer.strip()
    if fold(plain) == NEW:
        return NEW
    if fold(plain) == NONE:
        return NONE if may_be_none else None
    if plain.startswith("#") and plain[1:].isdecimal() and int(plain[1:]) in names:
        return int(plain[1:])
    for found in (
        [row for row, ids in register_ids.items() if plain in ids],
        [row for row, name in names.items() if fold(name) == fold(plain)],
    ):
        if len(found) == 1:
            return found[0]
    return None
