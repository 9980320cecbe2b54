"""/admin/people/N: one person, what is written down of them, and what the office does for them."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from core.actions.office_links import end_links, invite_from_office
from core.actions.people import edit_person
from core.actions.person_roles import end_role, give_role, move_to_class
from core.domain.rights import GuardianRights, Role
from core.errors import Invalid, NotFound
from core.queries.merging import merged_into
from core.queries.office_people import changeable_person
from core.queries.person_card import person_card, person_details
from core.web.page import AUDITORS, OFFICE_WORK, Page, Visit
from core.web.pages.invitations import codes_answer, lacks_code_for_table
from core.web.pages.person_forms import (
    classes_of,
    day_of,
    details_of,
    grantable_roles,
    languages,
    number_of,
    refuse,
)
from core.words import telling_failure


async def show(visit: Visit) -> web.StreamResponse:
    """The person's page; an address from before a merge leads to who is left."""
    try:
        return await person_page(visit)
    except NotFound:
        left = await merged_into(visit.uow, visit.office, visit.number())
        if left is None:
            raise
        return visit.go(f"/people/{left}")


async def person_page(visit: Visit, *, status: int = 200) -> web.StreamResponse:
    """The person with everything, and what is wrong with what was sent."""
    one = await person_card(visit.uow, visit.office, visit.number())
    return visit.render(
        "person.html",
        one=one,
        rights=tuple(GuardianRights),
        audits=visit.office.may(AUDITORS),
        roles=grantable_roles(visit) if one.in_charge else (),
        classes=await classes_of(visit) if one.in_charge and one.is_pupil else (),
        yesterday=one.today - timedelta(days=1),
        failure=telling_failure,
        status=status,
    )


async def invite(visit: Visit) -> web.StreamResponse:
    """A new code; the older ones die. The slip is the answer: it is shown this once."""
    if lacks_code_for_table(visit):
        return visit.go("/account", needed=1)
    report = await invite_from_office(
        visit.uow,
        visit.session.key,
        visit.school.id,
        person_id=visit.number(),
        code_key=visit.panel.services.code_key,
        reissue=True,
    )
    return await codes_answer(visit, report)


async def ask_unlink(visit: Visit) -> web.StreamResponse:
    """Which chats speak for the person, before all of them are unlinked."""
    one = await person_card(visit.uow, visit.office, visit.number())
    links = [link for link in one.links if link.revoked_at is None]
    return visit.render("unlink.html", one=one, links=links, back=visit.query("back", 10))


async def unlink(visit: Visit) -> web.StreamResponse:
    """End one link, or all."""
    link_id = number_of(visit, "link")
    if visit.form.get("link") and link_id is None:
        raise NotFound("link_not_found")
    await end_links(visit.uow, visit.session.key, visit.school.id, visit.number(), link_id=link_id)
    if visit.form.get("back") == "links":
        return visit.go("/links", done="unlinked")
    return visit.go(f"/people/{visit.number()}", done="unlinked")


async def edit(visit: Visit) -> web.StreamResponse:
    """What is written down, to be changed."""
    return await _edit(visit)


async def _edit(visit: Visit, *, status: int = 200) -> web.StreamResponse:
    await changeable_person(visit.uow, visit.office, visit.number())
    known = await person_details(visit.uow, visit.office, visit.number())
    return visit.render(
        "edit_person.html", known=known, number=visit.number(), languages=languages(), status=status
    )


async def keep(visit: Visit) -> web.StreamResponse:
    """Write the changes."""
    details = details_of(visit)
    if details is None:
        return await _edit(visit, status=400)
    await edit_person(visit.uow, visit.session.key, visit.school.id, visit.number(), details)
    return visit.go(f"/people/{visit.number()}", done="saved")


def _role(visit: Visit) -> Role:
    try:
        return Role(visit.form.get("role", ""))
    except ValueError:
        raise Invalid("role_not_yours") from None


async def give(visit: Visit) -> web.StreamResponse:
    """Give a role, or other dates to one; also how one that ended is resumed."""
    starts, ends = day_of(visit, "starts"), day_of(visit, "ends")
    try:
        if not visit.faults:
            await give_role(
                visit.uow,
                visit.session.key,
                visit.school.id,
                visit.number(),
                _role(visit),
                starts=starts,
                ends=ends,
            )
            return visit.go(f"/people/{visit.number()}", done="role")
    except Invalid as error:
        refuse(visit, error)
    return await person_page(visit, status=400)


async def end(visit: Visit) -> web.StreamResponse:
    """End a role after a day."""
    last_day = day_of(visit, "last_day")
    try:
        if last_day is None:
            visit.faults.setdefault("", visit.t("Write the last day."))
        else:
            await end_role(
                visit.uow,
                visit.session.key,
                visit.school.id,
                visit.number(),
                _role(visit),
                last_day=last_day,
            )
            return visit.go(f"/people/{visit.number()}", done="role_ended")
    except Invalid as error:
        refuse(visit, error)
    return await person_page(visit, status=400)


async def move(visit: Visit) -> web.StreamResponse:
    """Put a pupil into another class from a day on."""
    class_id = number_of(visit, "class")
    first_day = day_of(visit, "from") or visit.school.today(visit.uow.now)
    if class_id is None:
        visit.faults["class"] = visit.t("Choose one of the list.")
    try:
        if not visit.faults and class_id is not None:
            await move_to_class(
                visit.uow,
                visit.session.key,
                visit.school.id,
                visit.number(),
                class_id,
                first_day=first_day,
            )
            return visit.go(f"/people/{visit.number()}", done="moved")
    except Invalid as error:
        refuse(visit, error)
    return await person_page(visit, status=400)


_PERSON = r"/people/{id:\d{1,18}}"
PAGES = (
    Page("GET", _PERSON, show, OFFICE_WORK),
    Page("POST", _PERSON + "/invite", invite, OFFICE_WORK),
    Page("GET", _PERSON + "/unlink", ask_unlink, OFFICE_WORK),
    Page("POST", _PERSON + "/unlink", unlink, OFFICE_WORK),
    Page("GET", _PERSON + "/edit", edit, OFFICE_WORK),
    Page("POST", _PERSON + "/edit", keep, OFFICE_WORK),
    Page("POST", _PERSON + "/roles", give, OFFICE_WORK),
    Page("POST", _PERSON + "/roles/end", end, OFFICE_WORK),
    Page("POST", _PERSON + "/class", move, OFFICE_WORK),
)
