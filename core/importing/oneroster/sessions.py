"""academicSessions.csv: years and their terms.

OneRoster's sessions belong to no school. Schools that share their terms get one year at the org above them; where
schools of one year keep different terms, each has a year of its own.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from core.domain.kinds import TermKind
from core.importing.cells import Rejected, Row
from core.importing.oneroster.reading import Reading
from core.importing.register import Ref
from core.importing.said import Said

_KINDS = {
    "semester": TermKind.SEMESTER,
    "term": TermKind.TERM,
    "trimester": TermKind.TRIMESTER,
    "quarter": TermKind.QUARTER,
    "gradingperiod": TermKind.QUARTER,
}


@dataclass(frozen=True, slots=True)
class Session:
    """One row; ``kind`` is None for a school year."""

    id: str
    title: str
    kind: TermKind | None
    starts: date
    ends: date
    parent: str
    school_year: str
    ended: bool

    @property
    def span(self) -> tuple[TermKind | None, date, date]:
        return self.kind, self.starts, self.ends


@dataclass(slots=True)
class Sessions:
    """All sessions, and which year record a class of a school that names some of them belongs to."""

    by_id: dict[str, Session] = field(default_factory=dict)
    year_of: dict[str, str] = field(default_factory=dict)
    split: set[str] = field(default_factory=set)

    def year_record(self, session_id: str, school: str) -> Ref | None:
        """The year that a session falls in, for a school; None for an unknown session."""
        year = self.year_of.get(session_id)
        if year is None:
            return None
        return Ref("year", f"{year}@{school}" if year in self.split else year)


def parse_sessions(reading: Reading) -> Sessions:
    """Years and terms as records, and the look-up for classes."""
    sessions = Sessions()

    def take(row: Row, ended: bool) -> None:
        session = _session(row, ended)
        sessions.by_id[session.id] = session

    reading.walk("academicSessions", take, ("title", "type"))
    by_year: defaultdict[str, list[Session]] = defaultdict(list)
    for session in sessions.by_id.values():
        year = _year_of(session, sessions.by_id)
        sessions.year_of[session.id] = year
        by_year[year].append(session)
    users = _schools_of_sessions(reading, sessions)
    roots = [record.id for record in reading.register.of("org") if record.values["parent_id"] is None]
    for year, members in by_year.items():
        _add_year(reading, sessions, year, members, users, roots)
    return sessions


def _session(row: Row, ended: bool) -> Session:
    word = row.required("type").casefold().replace(" ", "")
    if word != "schoolyear" and word not in _KINDS:
        raise Rejected(
            "type",
            Said(
                "'{word}' is no type of session; one of schoolYear, semester, term, gradingPeriod",
                word=word[:40],
            ),
        )
    starts, ends = row.required_day("startDate"), row.required_day("endDate")
    if starts > ends:
        raise Rejected("endDate", Said("ends before it starts"))
    return Session(
        row.required("sourcedId"),
        row.required("title"),
        _KINDS.get(word),
        starts,
        ends,
        row.text("parentSourcedId"),
        row.text("schoolYear"),
        ended,
    )


def _year_of(session: Session, by_id: dict[str, Session]) -> str:
    """The school year's own id, or one made of its number where the register has no such session."""
    seen = set()
    top = session
    while top.kind is not None and top.parent in by_id and top.id not in seen:
        seen.add(top.id)
        top = by_id[top.parent]
    if top.kind is None:
        return top.id
    return f"year-{top.school_year or top.ends.year}"


def _schools_of_sessions(reading: Reading, sessions: Sessions) -> dict[str, set[str]]:
    users: defaultdict[str, set[str]] = defaultdict(set)
    for row in reading.package.rows("classes"):
        school = row.text("schoolSourcedId")
        school = reading.departments.get(school, school)
        if row.is_rejected or not reading.register.has("org", school):
            continue
        for session_id in row.many("termSourcedIds"):
            while session_id in sessions.by_id and school not in users[session_id]:
                users[session_id].add(school)
                session_id = sessions.by_id[session_id].parent
    return users


def _add_year(
    reading: Reading,
    sessions: Sessions,
    year: str,
    members: list[Session],
    users: dict[str, set[str]],
    roots: list[str],
) -> None:
    schools = sorted({school for session in members for school in users.get(session.id, ())})
    shared = _shared_terms(members)
    if len(roots) == 1 and shared is not None:
        _add_year_at(reading, year, roots[0], members, shared)
        return
    if len(schools) == 1:
        _add_year_at(reading, year, schools[0], members, shared or members)
        return
    # Nobody's session is everybody's.
    sessions.split.add(year)
    for school in schools or roots:
        own = [one for one in members if not users.get(one.id) or school in users[one.id]]
        _add_year_at(reading, f"{year}@{school}", school, own, own, suffix=f"@{school}")


def _shared_terms(members: list[Session]) -> list[Session] | None:
    """One session for each span, or None where sessions of a kind overlap: those are different schools' own."""
    spans: dict[tuple[TermKind | None, date, date], Session] = {}
    for session in members:
        kept = spans.get(session.span)
        if kept is None or (kept.ended and not session.ended):
            spans[session.span] = session
    found = sorted(spans.values(), key=lambda one: (one.kind or "", one.starts))
    for one, following in itertools.pairwise(found):
        if one.kind == following.kind and one.kind is not None and following.starts <= one.ends:
            return None
    return found


def _add_year_at(
    reading: Reading,
    year_id: str,
    org: str,
    members: list[Session],
    terms: list[Session],
    *,
    suffix: str = "",
) -> None:
    if not members:
        return
    own = next((one for one in members if one.kind is None), None)
    starts, ends = min(one.starts for one in members), max(one.ends for one in members)
    year = reading.register.add(
        "year",
        year_id,
        {
            "org_id": Ref("org", org),
            "name": own.title if own else f"{starts.year}–{ends.year}",
            "starts": own.starts if own else starts,
            "ends": own.ends if own else ends,
        },
        ended=own.ended if own else all(one.ended for one in members),
    )
    for term in terms:
        if term.kind is not None:
            reading.register.add(
                "term",
                term.id + suffix,
                {
                    "year_id": year,
                    "kind": term.kind,
                    "name": term.title,
                    "starts": term.starts,
                    "ends": term.ends,
                },
                ended=term.ended,
            )
