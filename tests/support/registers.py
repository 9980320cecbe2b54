"""A small OneRoster package, with the traps of real ones, that tests change as they like and take in."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.uow import UnitOfWork
from core.importing.apply import apply_register
from core.importing.compare import known_scales
from core.importing.oneroster import Defaults, parse_oneroster
from core.importing.own_ids import recognise
from core.importing.package import open_package
from core.importing.plan import Plan
from core.importing.register import Register

DEFAULTS = Defaults("Europe/Moscow", "en", "RUB")

SMALL: dict[str, str] = {
    "manifest": """propertyName,value
oneroster.version,1.1
file.orgs,bulk
file.academicSessions,bulk
file.users,bulk
file.classes,bulk
file.enrollments,bulk
file.lineItems,bulk
file.results,bulk
""",
    "orgs": """sourcedId,status,name,type,parentSourcedId
d,active,Coast District,district,
s1,active,Harbour School,school,d
s2,active,Hill School,school,d
""",
    "academicSessions": """sourcedId,status,title,type,startDate,endDate,parentSourcedId,schoolYear
y,active,2026/27,schoolYear,2026-09-01,2027-05-31,,2027
q1,active,Quarter 1,gradingPeriod,2026-09-01,2026-10-25,y,2027
q2,active,Quarter 2,gradingPeriod,2026-11-02,2026-12-27,y,2027
""",
    "users": """sourcedId,status,enabledUser,orgSourcedIds,role,givenName,familyName,email,agentSourcedIds
p1,active,true,s1,student,Ivan,Petrov,,"g1,g2"
p2,active,true,d,student,Mali,Suk,,t1
g1,active,true,s1,parent,Anna,Petrova,anna@mail.example,
g2,active,true,s1,parent,Pavel,Petrov,,p1
t1,active,true,"s1,s2",teacher,Olga,Sokolova,,
""",
    "courses": """sourcedId,status,title,orgSourcedId
c-alg,active,Algebra,s1
""",
    "classes": """sourcedId,status,title,grades,courseSourcedId,classCode,classType,schoolSourcedId,termSourcedIds
7a,active,7A,7,,7A,homeroom,s1,q1
alg7,active,Algebra,7,c-alg,ALG,scheduled,s1,"q1,q2"
""",
    "enrollments": """sourcedId,status,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate
e1,active,7a,s1,p1,student,,,
e2,active,alg7,s1,p1,student,,2026-09-01,
e3,active,alg7,s1,t1,teacher,true,,
e4,active,7a,s1,t1,teacher,true,,
""",
    "categories": """sourcedId,status,title
test,active,Test
""",
    "lineItems": """sourcedId,status,title,assignDate,dueDate,classSourcedId,categorySourcedId,gradingPeriodSourcedId,resultValueMin,resultValueMax
l1,active,Fractions,2026-11-09,2026-11-10,alg7,test,q2,0,20
l2,active,Powers,2026-11-16,2026-11-17,alg7,test,q2,0,50
""",
    "results": """sourcedId,status,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,comment
r1,active,l1,p1,fully graded,15,2026-11-11,clean work
r2,active,l2,p1,fully graded,40.5,2026-11-18,
""",
}


def write_folder(folder: Path, **changed: str | None) -> Path:
    """The small register as a folder, with some files changed or left out."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {**SMALL, **changed}.items():
        path = folder / f"{name}.csv"
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text, encoding="utf-8")
    return folder


def write_zip(path: Path, prefix: str = "", **changed: str) -> Path:
    """The same as a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**SMALL, **changed}.items():
            archive.writestr(f"{prefix}{name}.csv", text)
    path.write_bytes(buffer.getvalue())
    return path


def swapped(table: str, old: str, new: str) -> dict[str, str]:
    """One file with one text in it exchanged."""
    assert old in SMALL[table], old
    return {table: SMALL[table].replace(old, new)}


async def parsed(database: Database, clock: FrozenClock, path: Path, source: str = "oneroster") -> Register:
    """What a package says, on the scales that the database has."""
    async with UnitOfWork(database, clock) as uow:
        scales = await known_scales(uow, source)
        register = parse_oneroster(open_package(path), source=source, defaults=DEFAULTS, scales=scales)
        await recognise(uow, register)
    return register


async def take_in(
    database: Database,
    clock: FrozenClock,
    path: Path,
    *,
    end_missing: bool = False,
    end_most: bool = False,
    source: str = "oneroster",
) -> Plan:
    """Import it, and say what that did."""
    register = await parsed(database, clock, path, source)
    async with UnitOfWork(database, clock, via="test") as uow:
        return await apply_register(uow, register, end_missing=end_missing, end_most=end_most)


def figures(plan: Plan) -> dict[str, tuple[int, int, int, int, int]]:
    """New, changed, ended, missing, unchanged by kind."""
    return {
        one.kind.name: (len(one.new), len(one.changed), len(one.ended), len(one.missing), one.unchanged)
        for one in plan.kinds
    }


async def rows(database: Database, clock: FrozenClock, statement: sa.Executable) -> list[tuple[Any, ...]]:
    """The rows of a read as plain tuples."""
    async with UnitOfWork(database, clock) as uow:
        return [tuple(row) for row in await uow.rows(statement)]


def without(table: str, *ids: str) -> dict[str, str]:
    """One file without the rows of some ids."""
    kept = [line for line in SMALL[table].splitlines(True) if line.split(",")[0] not in ids]
    assert len(kept) == len(SMALL[table].splitlines()) - len(ids)
    return {table: "".join(kept)}


def header(table: str) -> dict[str, str]:
    """One file with its header only."""
    return {table: SMALL[table].splitlines(True)[0]}
