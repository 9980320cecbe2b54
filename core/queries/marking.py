"""What a drafted line of marks means at its lesson: which pupil each item is, and what cannot be saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from core.access import Actor
from core.db.uow import UnitOfWork
from core.domain.drafts import MarkingDraft, SeenPupil
from core.domain.grading import scale
from core.domain.lessons import LessonKey
from core.domain.marking import Entry, Line, parse_line
from core.domain.matching import Named, match_name
from core.errors import Invalid
from core.queries.lessons import LessonChoice, check_writable, choose_lesson, lesson_offers
from core.queries.register import LessonMark, LessonRegister, RegisterLine, pupils_elsewhere, register_for


class Standing(StrEnum):
    """How an item stands: only SURE ones are saved."""

    SURE = "sure"
    SEVERAL = "several"
    ELSEWHERE = "elsewhere"
    NOBODY = "nobody"
    LEFT_OUT = "left_out"
    SAID_TWICE = "said_twice"


@dataclass(frozen=True, slots=True)
class MarkedPupil:
    """One item of the line at ``place``. ``candidates`` are to be chosen from where ``standing`` is SEVERAL;
    ``elsewhere`` is the class of a pupil of another course of the teacher's."""

    place: int
    entry: Entry
    standing: Standing
    pupil: RegisterLine | None = None
    candidates: tuple[RegisterLine, ...] = ()
    elsewhere: str = ""


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What somebody has written of a pupil since the draft was shown last."""

    pupil: RegisterLine
    marks: tuple[LessonMark, ...]
    presence_changed: bool


@dataclass(frozen=True, slots=True)
class Marking:
    """A drafted line, understood, and the ``draft`` to keep when it is shown: with its lesson and what was seen there.

    ``register`` is None while the lesson is still to be chosen from ``choice``. ``problem`` says why nothing can be
    written in this lesson; ``choice`` then holds others.
    """

    draft: MarkingDraft
    line: Line
    choice: LessonChoice | None
    register: LessonRegister | None = None
    pupils: tuple[MarkedPupil, ...] = ()
    problem: Invalid | None = None
    meanwhile: tuple[Meanwhile, ...] = ()

    @property
    def sure(self) -> tuple[MarkedPupil, ...]:
        """What Save would save."""
        return tuple(one for one in self.pupils if one.standing is Standing.SURE)

    @property
    def to_choose(self) -> MarkedPupil | None:
        """The first item that fits several pupils."""
        return next((one for one in self.pupils if one.standing is Standing.SEVERAL), None)

    @property
    def can_be_saved(self) -> bool:
        """Whether there is something to save and nothing left to ask."""
        anything = bool(self.sure) or self.line.rest_present
        return self.problem is None and anything and self.to_choose is None

    def is_as_shown(self, shown: MarkingDraft) -> bool:
        """Whether Save would save just what a preview of the draft showed, in the state of things it showed."""
        return shown.lesson is not None and shown.seen == self.draft.seen


async def read_marking(uow: UnitOfWork, actor: Actor, draft: MarkingDraft) -> Marking:
    """The draft at its lesson. At most eleven statements.

    Raises NotFound.
    """
    line = parse_line(draft.text, scale(actor.school.scale if actor.school else ""))
    choice = None
    key = draft.lesson
    if key is None:
        choice = await _choice(uow, actor, line.target)
        if len(choice.offers) != 1:
            return Marking(draft, line, choice)
        key = choice.offers[0].key
    register = await register_for(uow, actor, key)
    line = parse_line(draft.text, scale(register.lesson.course.school.scale))
    pupils = await _marked_pupils(uow, actor, key, register, line, draft)
    seen = {
        int(one.pupil.student_id): one.pupil.seen
        for one in pupils
        if one.pupil is not None and one.standing is Standing.SURE
    }
    problem = None
    try:
        await check_writable(uow, register.lesson)
    except Invalid as error:
        problem = error
        choice = await lesson_offers(uow, actor)
    meanwhile = _meanwhile(register, draft.seen)
    draft = replace(draft, lesson=key, seen=seen)
    return Marking(draft, line, choice, register, pupils, problem, meanwhile)


async def _choice(uow: UnitOfWork, actor: Actor, target: str) -> LessonChoice:
    try:
        return await choose_lesson(uow, actor, target, ahead=False)
    except Invalid as problem:
        choice = await lesson_offers(uow, actor)
        return replace(choice, offers=(), problem=problem, others=choice.offers)


def _meanwhile(register: LessonRegister, seen: Mapping[int, SeenPupil]) -> tuple[Meanwhile, ...]:
    found = []
    for pupil in register.lines:
        before = seen.get(pupil.student_id)
        if before is not None and before != pupil.seen:
            marks = tuple(mark for mark in pupil.marks if (mark.id, mark.value) not in before.marks)
            found.append(Meanwhile(pupil, marks, before.presence != pupil.seen.presence))
    return tuple(found)


async def _marked_pupils(
    uow: UnitOfWork, actor: Actor, key: LessonKey, register: LessonRegister, line: Line, draft: MarkingDraft
) -> tuple[MarkedPupil, ...]:
    by_id: dict[int, RegisterLine] = {pupil.student_id: pupil for pupil in register.lines}
    named = [pupil.named for pupil in register.lines]
    others: tuple[tuple[Named, str], ...] | None = None
    found: list[MarkedPupil] = []
    with_presence: set[int] = set()
    for place, item in enumerate(line.items):
        if not isinstance(item, Entry):
            continue
        picked = draft.picks.get(place)
        if picked == 0:
            found.append(MarkedPupil(place, item, Standing.LEFT_OUT))
            continue
        fitting = [by_id[picked]] if picked in by_id else _lines(by_id, match_name(item.name, named))
        if len(fitting) == 1:
            pupil = fitting[0]
            twice = item.presence is not None and pupil.student_id in with_presence
            if item.presence is not None:
                with_presence.add(pupil.student_id)
            found.append(MarkedPupil(place, item, Standing.SAID_TWICE if twice else Standing.SURE, pupil))
        elif fitting:
            found.append(MarkedPupil(place, item, Standing.SEVERAL, candidates=tuple(fitting)))
        else:
            if others is None:
                others = await pupils_elsewhere(uow, actor, key.course_id)
            where = _class_of(item.name, others)
            found.append(
                MarkedPupil(place, item, Standing.ELSEWHERE if where else Standing.NOBODY, elsewhere=where)
            )
    return tuple(found)


def _lines(by_id: dict[int, RegisterLine], named: Sequence[Named]) -> list[RegisterLine]:
    return [by_id[one.id] for one in named]


def _class_of(name: str, others: Sequence[tuple[Named, str]]) -> str:
    """The classes of the pupils of that name elsewhere, for telling where somebody is."""
    fitting = {one.id for one in match_name(name, [named for named, _ in others])}
    return ", ".join(sorted({place for named, place in others if named.id in fitting and place}))
