"""users.csv, with roles.csv and demographics.csv: people, what they are, and who is whose guardian.

``enabledUser`` false says, in OneRoster's words, that the record is active but system access is curtailed as the local
administration rules. Ours: the person stays on record, and so does a pupil, on whose role the parents' diary hangs;
but what opens other people's records is not given, and ends where it was: roles of staff, courses and homerooms
taught, children. It comes back when access does.
"""

from __future__ import annotations

from datetime import date

from core.domain.names import fold
from core.domain.rights import Role
from core.importing.cells import Rejected, Row
from core.importing.oneroster.reading import Reading
from core.importing.register import Ref
from core.importing.said import Said

_ROLES = {
    "student": Role.STUDENT,
    "teacher": Role.TEACHER,
    "administrator": Role.ADMIN,
    "systemadministrator": Role.ADMIN,
    "siteadministrator": Role.ADMIN,
    "districtadministrator": Role.ADMIN,
    "principal": Role.HEAD,
}
_GUARDIANS = frozenset({"guardian", "parent", "relative"})
_WITHOUT_RIGHTS = frozenset({"aide", "proctor", "counselor"})
_ENABLED = {"": True, "true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def parse_people(reading: Reading) -> None:
    """People, roles and guardians."""
    born = _birth_dates(reading)
    agents: list[tuple[Row, str, list[str]]] = []

    def take(row: Row, ended: bool) -> None:
        user_id = row.required("sourcedId")
        enabled = _ENABLED.get(row.text("enabledUser").casefold())
        if enabled is None:
            raise Rejected(
                "enabledUser", Said("'{value}' is neither true nor false", value=row.text("enabledUser")[:40])
            )
        _add_person(reading, row, user_id, born.get(user_id), ended)
        if ended:
            reading.ended_users.add(user_id)
        elif not enabled:
            reading.locked_users.add(user_id)
        reading.user_roles.setdefault(user_id, set())
        if row.text("role"):
            orgs = row.many("orgSourcedIds")
            for word in row.many("role"):
                for org_id in orgs or [""]:
                    _add_role(reading, row, user_id, word, ("orgSourcedIds", org_id), ended)
        if row.text("agentSourcedIds"):
            agents.append((row, user_id, row.many("agentSourcedIds")))

    reading.walk("users", take, ("givenName", "familyName"))
    _parse_roles(reading)
    for row, user_id, others in agents:
        for other in others:
            _add_guardianship(reading, row, user_id, other)


def _birth_dates(reading: Reading) -> dict[str, date]:
    found: dict[str, date] = {}

    def take(row: Row, ended: bool) -> None:
        born = row.day("birthDate")
        if born is not None and not ended:
            found[row.required("sourcedId")] = born

    reading.walk("demographics", take)
    return found


def _add_person(reading: Reading, row: Row, user_id: str, born: date | None, ended: bool) -> None:
    family, given = row.text("familyName"), row.text("givenName")
    if not family and not given:
        raise Rejected("familyName", Said("the person has no name"))
    values: dict[str, object] = {"family": family, "given": given, "name_key": fold(f"{family} {given}")}
    for column, name in (("middleName", "middle"), ("preferredGivenName", "nickname"), ("email", "email")):
        if row.has(column):
            values[name] = row.text(column)
    if row.has("phone") or row.has("sms"):
        values["phone"] = row.text("sms") or row.text("phone")
    if born is not None:
        values["birth_date"] = born
    reading.register.add("person", user_id, values, ended=ended)


def _parse_roles(reading: Reading) -> None:
    def take(row: Row, ended: bool) -> None:
        user_id = row.required("userSourcedId")
        if not reading.register.has("person", user_id):
            raise Rejected("userSourcedId", Said("the user '{user}' is not in users.csv", user=user_id))
        org = ("orgSourcedId", row.required("orgSourcedId"))
        dates = (row.day("beginDate"), row.day("endDate"))
        if dates[0] and dates[1] and dates[0] > dates[1]:
            raise Rejected("endDate", Said("ends before it begins"))
        _add_role(
            reading, row, user_id, row.required("role"), org, ended or user_id in reading.ended_users, dates
        )

    reading.walk("roles", take, ("userSourcedId", "role", "orgSourcedId"))


def _add_role(
    reading: Reading,
    row: Row,
    user_id: str,
    word: str,
    org: tuple[str, str],
    ended: bool,
    dates: tuple[date | None, date | None] | None = None,
) -> None:
    plain = word.casefold().replace(" ", "")
    reading.user_roles.setdefault(user_id, set()).add(plain)
    if plain in _GUARDIANS:
        return
    if plain in _WITHOUT_RIGHTS:
        reading.remark(
            row, "role", Said("'{word}' has no rights here: the person is kept without a role", word=word)
        )
        return
    role = _ROLES.get(plain)
    if role is None:
        raise Rejected("role", Said("'{word}' is no role we know", word=word[:40]))
    if user_id in reading.locked_users and role is not Role.STUDENT:
        reading.remark(row, "role", Said("'{word}' is not given: enabledUser is false", word=word))
        ended = True
    column, org_id = org
    if not org_id:
        raise Rejected(column, Said("is empty: the role is at no org"))
    org_id = reading.org(row, column, org_id)
    values: dict[str, object] = {
        "person_id": Ref("person", user_id),
        "org_id": Ref("org", org_id),
        "role": role,
    }
    if dates is not None and any(dates):
        values |= {"starts": dates[0], "ends": dates[1]}
    reading.register.add("role", f"{user_id}|{org_id}|{role}", values, ended=ended)


def _add_guardianship(reading: Reading, row: Row, user_id: str, other: str) -> None:
    """Agents are named on both sides: a pupil's are the guardians, a parent's the children."""
    if not reading.register.has("person", other):
        reading.register.tell(
            row.problem("agentSourcedIds", Said("the user '{other}' is not in users.csv", other=other))
        )
        return
    own, theirs = reading.user_roles.get(user_id, set()), reading.user_roles.get(other, set())
    if user_id == other:
        reading.remark(row, "agentSourcedIds", Said("nobody is their own guardian"))
        return
    if "student" in own and "student" not in theirs:
        guardian, child = other, user_id
    elif "student" in theirs and own & _GUARDIANS:
        guardian, child = user_id, other
    else:
        reading.remark(
            row,
            "agentSourcedIds",
            Said("no guardian's link is made with '{other}': neither is a pupil of the other", other=other),
        )
        return
    if guardian in reading.locked_users:
        reading.remark(
            row,
            "agentSourcedIds",
            Said("no guardian's link is made: enabledUser of '{guardian}' is false", guardian=guardian),
        )
    key = f"{guardian}|{child}"
    reading.register.add(
        "guardianship",
        key,
        {"guardian_id": Ref("person", guardian), "child_id": Ref("person", child)},
        ended=bool({guardian, child} & reading.ended_users) or guardian in reading.locked_users,
    )
