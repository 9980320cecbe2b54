"""Academic years and their terms: added, changed, ended and brought back."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from core.actions.calendar_keeping import keeping
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import AcademicYear, Term
from core.db.uow import UnitOfWork
from core.domain.kinds import TermKind
from core.domain.names import fold
from core.domain.school_calendar import check_apart, check_inside, checked_name, checked_span
from core.errors import Invalid, NotFound
from core.queries.school_calendar import YearLine, list_years, own_term, own_year


async def save_year(
    uow: UnitOfWork,
    key: ChatKey,
    school_id: int,
    year_id: int,
    *,
    name: str,
    starts: date | None,
    ends: date | None,
) -> int:
    """Add a year (``year_id`` 0) or change one of the school's own; its id. At most seven statements.

    Raises NotFound and the Invalids of ``core.domain.school_calendar``, and ("name_taken"), ("terms_outside").
    """
    words, span = checked_name(name), checked_span(starts, ends)
    async with uow.writing():
        office = await keeping(uow, key, school_id)
        own = [one for one in await list_years(uow, office) if not one.kept_by]
        known = next((one for one in own if one.id == year_id), None)
        if year_id and known is None:
            raise NotFound("year_not_found")
        own = [one for one in own if one is not known]
        if any(fold(one.name) == fold(words) for one in own):
            raise Invalid("name_taken", field="name")
        check_apart(span, [(one.name, one.starts, one.ends) for one in own if not one.ended])
        for term in known.terms if known else ():
            if not term.ended and not (span[0] <= term.starts and term.ends <= span[1]):
                raise Invalid(
                    "terms_outside", field="starts" if term.starts < span[0] else "ends", name=term.name
                )
        values = {"name": words, "starts": span[0], "ends": span[1]}
        if known is None:
            number = await uow.insert(AcademicYear, org_id=school_id, **values)
        else:
            number = known.id
            await uow.write(sa.update(AcademicYear).where(AcademicYear.id == number).values(**values))
        await record(
            uow,
            "calendar.year",
            actor_id=office.officer_id,
            subject=("year", number),
            before=_as_json(known.name, known.starts, known.ends) if known else None,
            after=_as_json(words, *span),
        )
    return number


async def end_year(uow: UnitOfWork, key: ChatKey, school_id: int, year_id: int, *, ends: bool) -> None:
    """A year counts no more, or again; its terms, courses and marks stay. Raises NotFound, Invalid("overlaps")."""
    async with uow.writing():
        office = await keeping(uow, key, school_id)
        year = await own_year(uow, office, year_id)
        if not ends:
            own = [one for one in await list_years(uow, office) if not one.kept_by and not one.ended]
            check_apart(
                (year.starts, year.ends),
                [(one.name, one.starts, one.ends) for one in own if one.id != year_id],
            )
        await uow.write(
            sa.update(AcademicYear)
            .where(AcademicYear.id == year_id)
            .values(ended_on=office.school.today(uow.now) if ends else None)
        )
        await record(
            uow,
            "calendar.year_ended" if ends else "calendar.year_again",
            actor_id=office.officer_id,
            subject=("year", year_id),
        )


async def save_term(
    uow: UnitOfWork,
    key: ChatKey,
    school_id: int,
    year_id: int,
    term_id: int,
    *,
    kind: TermKind,
    name: str,
    starts: date | None,
    ends: date | None,
) -> int:
    """Add a term (``term_id`` 0) to a year, or change one; its id. Terms of one kind share no day; those of others may.

    At most seven statements. Raises NotFound and the Invalids of ``core.domain.school_calendar``, and ("name_taken").
    """
    words, span = checked_name(name), checked_span(starts, ends)
    async with uow.writing():
        office = await keeping(uow, key, school_id)
        known = None
        if term_id:
            year, known = await own_term(uow, office, term_id)
        else:
            year = await own_year(uow, office, year_id)
        _check_term(year, term_id, kind, words, span)
        values = {"kind": kind, "name": words, "starts": span[0], "ends": span[1]}
        if known is None:
            number = await uow.insert(Term, year_id=year.id, **values)
        else:
            number = known.id
            await uow.write(sa.update(Term).where(Term.id == number).values(**values))
        await record(
            uow,
            "calendar.term",
            actor_id=office.officer_id,
            subject=("term", number),
            before=_as_json(known.name, known.starts, known.ends) if known else None,
            after=_as_json(words, *span),
        )
    return number


def _check_term(year: YearLine, term_id: int, kind: TermKind, name: str, span: tuple[date, date]) -> None:
    check_inside(span, (year.starts, year.ends))
    others = [one for one in year.terms if one.id != term_id and not one.ended and one.kind is kind]
    if any(fold(one.name) == fold(name) for one in others):
        raise Invalid("name_taken", field="name")
    check_apart(span, [(one.name, one.starts, one.ends) for one in others])


async def end_term(uow: UnitOfWork, key: ChatKey, school_id: int, term_id: int, *, ends: bool) -> None:
    """A term counts no more, or again; its marks stay. Raises NotFound, and the Invalids of ``save_term``."""
    async with uow.writing():
        office = await keeping(uow, key, school_id)
        year, term = await own_term(uow, office, term_id)
        if not ends:
            _check_term(year, term_id, term.kind, term.name, (term.starts, term.ends))
        await uow.write(
            sa.update(Term)
            .where(Term.id == term_id)
            .values(ended_on=office.school.today(uow.now) if ends else None)
        )
        await record(
            uow,
            "calendar.term_ended" if ends else "calendar.term_again",
            actor_id=office.officer_id,
            subject=("term", term_id),
        )


def _as_json(name: str, starts: date, ends: date) -> dict[str, str]:
    return {"name": name, "starts": starts.isoformat(), "ends": ends.isoformat()}
