"""RegisterImport: what every format that is parsed into a Register hands on; it looks, applies, and says both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from core.db.uow import UnitOfWork
from core.domain.rights import Role
from core.errors import UnreadableFile
from core.importing.apply import apply_register, refusal_of
from core.importing.compare import make_plan
from core.importing.importer import Asked, Line, OnStep, Outcome, Question
from core.importing.plan import KindPlan, Plan, Values
from core.importing.register import Ref, Register
from core.importing.said import Said
from core.importing.scope import Scoped, scope_to_school

_SAMPLES = 5
"""Rows of a kind that are shown as they were and as they become."""
_LONGEST_SAMPLE = 200


@dataclass(frozen=True, slots=True)
class RegisterImport:
    """A register that was parsed from a file, with what the format itself asks and remarks.

    With ``asked.school_id`` it is cut to that school whenever it is compared. ``questions`` that must be answered and
    are not keep it from being applied.
    """

    register: Register
    asked: Asked
    end_missing: bool = False
    end_most: bool = False
    questions: tuple[Question, ...] = ()
    notes: tuple[str, ...] = ()

    async def look(self, uow: UnitOfWork) -> Outcome:
        """What applying would do; nothing is written."""
        scoped = await self._scoped(uow)
        open_questions = _unanswered((*self.questions, *scoped.questions))
        if open_questions and scoped.register is None:
            return self._outcome(None, scoped)
        assert scoped.register is not None
        plan = await make_plan(uow, scoped.register, end_missing=self.end_missing)
        return self._outcome(plan, scoped, refused=not self.end_most)

    async def apply(self, uow: UnitOfWork, on_step: OnStep) -> Outcome:
        """Write it. Raises UnreadableFile where a question is open, or most of a kind would end unmeant."""
        async with uow.writing():
            scoped = await self._scoped(uow)
            unanswered = _unanswered((*self.questions, *scoped.questions))
            if unanswered or scoped.register is None:
                raise UnreadableFile(Said("{count} questions must be answered first.", count=len(unanswered)))
            plan = await apply_register(
                uow,
                scoped.register,
                end_missing=self.end_missing,
                end_most=self.end_most,
                person_id=self.asked.person_id,
                on_step=on_step,
            )
            return self._outcome(plan, scoped)

    async def _scoped(self, uow: UnitOfWork) -> Scoped:
        if self.asked.school_id is None:
            return Scoped(self.register)
        return await scope_to_school(uow, self.register, self.asked)

    def _outcome(self, plan: Plan | None, scoped: Scoped, *, refused: bool = False) -> Outcome:
        register = scoped.register or self.register
        told = Outcome(
            register.title,
            problems=tuple(register.problems),
            untold=dict(register.untold),
            questions=(*self.questions, *scoped.questions),
            rejected=register.rejected,
            remarks=register.remarks,
            skipped=sum(one.count for one in scoped.left_out),
            left_out=scoped.left_out,
            notes=(*self.notes, *scoped.notes),
        )
        if plan is None:
            return told
        remarks = tuple(plan.remarks)
        refusal = refusal_of(plan) if refused and plan.alarming else None
        return replace(
            told,
            lines=tuple(_line(one) for one in plan.kinds if _speaks(one)),
            notes=(*told.notes, *remarks, *_hints(plan)),
            remarks=register.remarks + len(remarks),
            samples=tuple(sample for one in plan.kinds for sample in _samples(one)),
            refused="" if refusal is None else refusal.reason,
            overrule="" if refusal is None else refusal.overrule,
            unchanged_at_all=plan.is_empty,
        )


def _unanswered(questions: tuple[Question, ...]) -> list[Question]:
    return [one for one in questions if one.must and not one.answer]


def _line(plan: KindPlan) -> Line:
    return Line(
        plan.kind.plural,
        len(plan.new),
        len(plan.changed),
        len(plan.ended),
        len(plan.missing),
        plan.unchanged,
    )


def _speaks(plan: KindPlan) -> bool:
    return bool(plan.new or plan.changed or plan.ended or plan.missing or plan.unchanged)


def _hints(plan: Plan) -> Iterator[str]:
    office = [
        values["role"]
        for one in plan.kinds
        if one.kind.name == "role"
        for values in one.new.values()
        if values["role"] not in (Role.STUDENT, Role.TEACHER)
    ]
    if office:
        yield Said(
            "Look well: {count} people get a role in the school's office ({roles}).",
            count=len(office),
            roles=", ".join(sorted(set(office))),
        )
    if any(one.missing for one in plan.kinds) and not plan.end_missing:
        yield Said(
            "Missing: known from this register, absent from a bulk file. They stay unless “end missing” is chosen."
        )
    held = [one.kind.plural for one in plan.kinds if one.missing and one.kind.name in plan.register.unsure]
    if held and plan.end_missing:
        yield Said("Not ended, for their file has rejected rows: {kinds}.", kinds=", ".join(held))


def _samples(plan: KindPlan) -> Iterator[tuple[str, str, str]]:
    for row_id, values in list(plan.changed.items())[:_SAMPLES]:
        before = plan.before.get(row_id, {})
        shown = [name for name in values if name in before and _is_shown(name, values[name])]
        if shown:
            yield _named(plan, {**before, **values}), _words(before, shown), _words(values, shown)
    for values in list(plan.new.values())[:_SAMPLES]:
        shown = [name for name in values if _is_shown(name, values[name])]
        if shown:
            yield _named(plan, values), "", _words(values, shown)


def _named(plan: KindPlan, values: Values) -> str:
    name = " ".join(str(values[one]) for one in ("given", "family") if values.get(one))
    name = name or str(values.get("name") or values.get("title") or "")
    return f"{plan.kind.plural}: {name}"[:_LONGEST_SAMPLE].removesuffix(": ")


def _is_shown(name: str, value: Any) -> bool:
    """Ids say nothing to people."""
    return (
        value not in (None, "")
        and name != "name_key"
        and not name.endswith("_id")
        and not isinstance(value, Ref)
    )


def _words(values: Mapping[str, Any], names: list[str]) -> str:
    shown = (
        f"{name.replace('_', ' ')}: {value.value if isinstance(value := values[name], Enum) else value}"
        for name in names
        if values[name] is not None
    )
    return "; ".join(shown)[:_LONGEST_SAMPLE]
