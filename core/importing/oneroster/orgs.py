"""orgs.csv: the tree of authorities and schools; departments are part of their school."""

from __future__ import annotations

from core.domain.kinds import OrgKind
from core.importing.cells import Rejected, Row
from core.importing.oneroster.reading import Reading
from core.importing.register import Ref
from core.importing.said import Said

_KINDS = {
    "school": OrgKind.SCHOOL,
    "district": OrgKind.DISTRICT,
    "local": OrgKind.DISTRICT,
    "state": OrgKind.REGION,
    "national": OrgKind.REGION,
}


def parse_orgs(reading: Reading) -> None:
    """Orgs, parents first."""
    rows: dict[str, tuple[Row, bool]] = {}

    def take(row: Row, ended: bool) -> None:
        row.required("name")
        rows[row.required("sourcedId")] = (row, ended)

    reading.walk("orgs", take, ("name", "type"))
    for org_id, (row, _) in rows.items():
        parent = row.text("parentSourcedId")
        if row.text("type").casefold() == "department" and parent in rows:
            reading.departments[org_id] = parent
    placed: set[str] = set()
    for org_id in rows:
        _place(reading, rows, org_id, placed, ())


def _place(
    reading: Reading,
    rows: dict[str, tuple[Row, bool]],
    org_id: str,
    placed: set[str],
    below: tuple[str, ...],
) -> None:
    if org_id in placed or org_id in reading.departments:
        return
    row, ended = rows[org_id]
    parent = row.text("parentSourcedId")
    try:
        if org_id in below:
            raise Rejected("parentSourcedId", Said("the org stands above itself"))
        if parent and parent in rows and parent not in reading.departments:
            _place(reading, rows, parent, placed, (*below, org_id))
        kind = _kind(reading, row)
    except Rejected as fault:
        placed.add(org_id)
        reading.register.tell(row.problem(fault.column, fault.words))
        return
    if org_id in placed:
        return
    placed.add(org_id)
    has_parent = reading.register.has("org", parent)
    if parent and not has_parent:
        reading.remark(
            row, "parentSourcedId", Said("the org '{parent}' above it is not in orgs.csv", parent=parent)
        )
    defaults = reading.defaults
    reading.register.add(
        "org",
        org_id,
        {"name": row.text("name"), "kind": kind, "parent_id": Ref("org", parent) if has_parent else None},
        ended=ended,
        once={
            "timezone": defaults.timezone,
            "locale": defaults.locale,
            "currency": defaults.currency,
            "scale": defaults.scale,
        },
    )


def _kind(reading: Reading, row: Row) -> OrgKind:
    word = row.required("type").casefold()
    if word == "department":
        reading.remark(row, "type", Said("a department without a known school is taken in as a school"))
        return OrgKind.SCHOOL
    if word not in _KINDS:
        raise Rejected(
            "type",
            Said(
                "'{word}' is no type of org; one of {kinds}",
                word=word[:40],
                kinds=", ".join((*_KINDS, "department")),
            ),
        )
    return _KINDS[word]
