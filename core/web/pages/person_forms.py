"""What the forms about a person have in common: reading them, and the sentences for what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from core.domain.personal import PersonalDetails, read_details
from core.domain.rights import Role, may_grant
from core.errors import Invalid
from core.i18n import LANGUAGE_NAMES, LOCALES, N_
from core.queries.classes import OFFICE, ClassRoom, list_classes
from core.queries.school_people import PersonLine, list_people
from core.web.page import Visit

_WRONG = {
    "email": N_("Write an e-mail address like name@school.org."),
    "phone": N_("Write digits, with + before them if you like."),
    "birth_date": N_("This is no day."),
    "locale": N_("Choose one of the list."),
}
_FAULTS = {
    "missing": N_("Write a family name or a given name."),
    "too_long": N_("This is too long."),
    "future": N_("This day is still to come."),
    "too_long_ago": N_("This is too long ago."),
}
REFUSALS = {
    "role_not_yours": ("role", N_("This role is not yours to give or to end.")),
    "own_role": ("", N_("Nobody changes their own roles: ask somebody else of the office.")),
    "own_family": ("", N_("Nobody makes themselves a guardian: ask somebody else of the office.")),
    "own_rights": ("", N_("Nobody changes their own rights: ask somebody else of the office.")),
    "own_guardian": ("", N_("Nobody is their own guardian.")),
    "not_a_pupil": ("class", N_("Only a pupil has a class: give the role first.")),
    "dates_wrong": ("ends", N_("The last day comes before the first, or the dates are too far away.")),
    "relation_too_long": ("relation", N_("This is too long.")),
    "child_missing": ("child", N_("Whose guardian? Write the child's name.")),
}
"""What an action refuses: the field that it is said beside, and the sentence."""


def refuse(visit: Visit, error: Invalid) -> None:
    """Say beside its field what an action refused. Raises the error itself where there is no sentence for it."""
    if error.key not in REFUSALS:
        raise error
    name, words = REFUSALS[error.key]
    visit.faults[name] = visit.t(words)


def details_of(visit: Visit) -> PersonalDetails | None:
    """The details that were typed; None with the faults noted."""
    try:
        details = read_details(visit.form, visit.school.today(visit.uow.now))
    except Invalid as error:
        for name, why in error.params["faults"].items():
            words = _WRONG[name] if why == "wrong" else _FAULTS[why]
            visit.faults[name] = visit.t(words)
        return None
    if details.locale is not None and details.locale not in LOCALES:
        visit.faults["locale"] = visit.t("Choose one of the list.")
        return None
    return details


def day_of(visit: Visit, name: str) -> date | None:
    """A day that was chosen, None for an empty field; what is no day is noted as a fault."""
    text = visit.form.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        visit.faults[name] = visit.t("This is no day.")
        return None


def number_of(visit: Visit, name: str) -> int | None:
    """An id that a form carries; None for anything else."""
    text = visit.form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def grantable_roles(visit: Visit) -> tuple[Role, ...]:
    """The roles that the visitor may give, in their usual order."""
    granted = may_grant(visit.office.roles) - {Role.GUARDIAN}
    return tuple(role for role in Role if role in granted)


async def classes_of(visit: Visit) -> Sequence[ClassRoom]:
    """The school's classes. One statement."""
    rooms = await list_classes(visit.uow, visit.actor, OFFICE)
    return [room for room in rooms if room.school.id == visit.school.id]


async def found_people(visit: Visit, said: str, *, role: Role | None = None) -> Sequence[PersonLine]:
    """The school's people whom a name means, eight at most."""
    if not said.strip():
        return ()
    page = await list_people(visit.uow, visit.office, search=said.strip()[:100], role=role, most=8)
    return page.lines


def languages() -> list[tuple[str, str]]:
    """The languages to choose from, each in its own."""
    return list(LANGUAGE_NAMES.items())
