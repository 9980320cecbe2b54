"""/admin/people/N: one person, and what the office does for them."""

from __future__ import annotations

from aiohttp import web

from core.actions.guardians import restrict_guardian
from core.actions.office_links import end_links, invite_from_office
from core.domain.rights import GuardianRights, Role
from core.errors import NotFound
from core.queries.school_people import person_card
from core.web.page import AUDITORS, OFFICE_WORK, Page, Visit
from core.web.pages.invitations import slips_answer


async def show(visit: Visit) -> web.StreamResponse:
    """The person's page."""
    one = await person_card(visit.uow, visit.office, visit.number())
    return visit.render(
        "person.html",
        one=one,
        rights=tuple(GuardianRights),
        audits=visit.office.may(AUDITORS),
        is_pupil=any(held.role is Role.STUDENT for held in one.roles),
    )


async def invite(visit: Visit) -> web.StreamResponse:
    """A new code; the older ones die. The slip is the answer: it is shown this once."""
    report = await invite_from_office(
        visit.uow,
        visit.session.key,
        visit.school.id,
        person_id=visit.number(),
        code_key=visit.panel.services.code_key,
        reissue=True,
    )
    return slips_answer(visit, report)


async def unlink(visit: Visit) -> web.StreamResponse:
    """End one link, or all."""
    number = visit.form.get("link", "")
    link_id = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None
    if number and link_id is None:
        raise NotFound("link_not_found")
    await end_links(visit.uow, visit.session.key, visit.school.id, visit.number(), link_id=link_id)
    return visit.go(f"/people/{visit.number()}", done="unlinked")


async def restrict(visit: Visit) -> web.StreamResponse:
    """What a guardian may do for one child."""
    child, rights = visit.form.get("child", ""), visit.form.get("rights", "")
    if not (child.isascii() and child.isdigit() and len(child) < 19) or rights not in list(GuardianRights):
        raise NotFound("guardian_not_found")
    await restrict_guardian(
        visit.uow,
        visit.actor,
        guardian_id=visit.number(),
        child_id=int(child),
        rights=GuardianRights(rights),
    )
    back = visit.form.get("back", "")
    number = int(child) if back == "child" else visit.number()
    return visit.go(f"/people/{number}", done="rights")


_PERSON = r"/people/{id:\d{1,18}}"
PAGES = (
    Page("GET", _PERSON, show, OFFICE_WORK),
    Page("POST", _PERSON + "/invite", invite, OFFICE_WORK),
    Page("POST", _PERSON + "/unlink", unlink, OFFICE_WORK),
    Page("POST", _PERSON + "/rights", restrict, OFFICE_WORK, needs_code=True),
)
