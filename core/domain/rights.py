"""The permission matrix: which relation to a pupil allows what. What has no cell is forbidden."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Role(StrEnum):
    """What a person is at an org; *guardian* and *homeroom* follow from other rows, not from this one.

    A role can also be what an invitation grants to a chat; only there GUARDIAN stands beside the others.
    """

    STUDENT = "student"
    GUARDIAN = "guardian"
    TEACHER = "teacher"
    HEAD = "head"
    DEPUTY = "deputy"
    SECRETARY = "secretary"
    ADMIN = "admin"
    CANTEEN = "canteen"
    NURSE = "nurse"
    OPERATOR = "operator"


PANEL_ROLES = (Role.ADMIN, Role.SECRETARY, Role.HEAD, Role.DEPUTY, Role.CANTEEN, Role.OPERATOR)
"""Whose work is in the panel; each page says which of them it is for."""


_FAMILIES = frozenset({Role.STUDENT, Role.GUARDIAN})
_GRANTS: Mapping[Role, frozenset[Role]] = {
    Role.SECRETARY: _FAMILIES | {Role.TEACHER, Role.CANTEEN, Role.NURSE},
    Role.ADMIN: frozenset(Role) - {Role.OPERATOR},
}


def may_grant(roles: Iterable[Role]) -> frozenset[Role]:
    """The roles that whoever works in an office with these may hand out: nobody's gift opens more than the giver stands
    for. Whose roles go beyond it the office does not change either."""
    return frozenset[Role]().union(*(_GRANTS.get(role, frozenset()) for role in roles))


class GuardianRights(StrEnum):
    """What a guardian may do for one child."""

    FULL = "full"
    READ = "read"
    NONE = "none"


def narrower(*rights: GuardianRights) -> GuardianRights:
    """The least of several."""
    return max(rights, key=list(GuardianRights).index)


class Relation(StrEnum):
    """How somebody stands to one pupil."""

    SELF = "self"
    GUARDIAN_FULL = "guardian_full"
    GUARDIAN_READ = "guardian_read"
    GUARDIAN_NONE = "guardian_none"
    TEACHER = "teacher"
    HOMEROOM = "homeroom"
    HEAD = "head"
    DEPUTY = "deputy"
    SECRETARY = "secretary"
    ADMIN = "admin"
    CANTEEN = "canteen"
    NURSE = "nurse"
    OPERATOR = "operator"


class Right(StrEnum):
    """What may be seen of, or done for, one pupil."""

    KNOW = "know"
    """That the pupil exists: name and class."""
    TIMETABLE = "timetable"
    DIARY = "diary"
    """Marks, homework, lesson topics and attendance with reasons, of every course or, for a teacher, of the own."""
    MEALS = "meals"
    TICK_HOMEWORK = "tick_homework"
    REPORT_ABSENCE = "report_absence"
    INVITE_RELATIVE = "invite_relative"
    CONTACTS = "contacts"
    """Guardians, their contacts and their chat links."""


MATRIX: Mapping[Relation, frozenset[Right]] = {
    Relation.SELF: frozenset({Right.KNOW, Right.TIMETABLE, Right.DIARY, Right.MEALS, Right.TICK_HOMEWORK}),
    Relation.GUARDIAN_FULL: frozenset(
        {
            Right.KNOW,
            Right.TIMETABLE,
            Right.DIARY,
            Right.MEALS,
            Right.REPORT_ABSENCE,
            Right.INVITE_RELATIVE,
        }
    ),
    Relation.GUARDIAN_READ: frozenset({Right.KNOW, Right.TIMETABLE, Right.DIARY, Right.MEALS}),
    Relation.GUARDIAN_NONE: frozenset(),
    Relation.TEACHER: frozenset({Right.KNOW, Right.DIARY}),
    Relation.HOMEROOM: frozenset({Right.KNOW, Right.TIMETABLE, Right.DIARY}),
    Relation.HEAD: frozenset({Right.KNOW, Right.TIMETABLE, Right.DIARY, Right.MEALS}),
    Relation.DEPUTY: frozenset({Right.KNOW, Right.TIMETABLE, Right.DIARY, Right.MEALS}),
    Relation.SECRETARY: frozenset({Right.KNOW, Right.CONTACTS}),
    Relation.ADMIN: frozenset({Right.KNOW, Right.TIMETABLE, Right.DIARY, Right.MEALS, Right.CONTACTS}),
    Relation.CANTEEN: frozenset({Right.KNOW, Right.MEALS}),
    Relation.NURSE: frozenset(),
    Relation.OPERATOR: frozenset(),
}

AUDITED_LOOKS: Mapping[Relation, frozenset[Right]] = {
    Relation.HEAD: frozenset({Right.DIARY, Right.MEALS}),
    Relation.DEPUTY: frozenset({Right.DIARY, Right.MEALS}),
    Relation.ADMIN: frozenset({Right.DIARY, Right.MEALS}),
}
"""Looks that leave an audit entry, unless another of the looker's relations allows the same unaudited."""


def allowed(relations: Iterable[Relation], right: Right) -> bool:
    """Whether any of the relations gives the right."""
    return any(right in MATRIX[relation] for relation in relations)


def needs_audit(relations: Iterable[Relation], right: Right) -> bool:
    """Whether every relation that gives the right is one whose look is audited."""
    giving = [relation for relation in relations if right in MATRIX[relation]]
    return bool(giving) and all(right in AUDITED_LOOKS.get(relation, frozenset()) for relation in giving)
