"""/invite: slips for all of the class who are not linked, or a new code for one person."""

from __future__ import annotations

from bot.capability import Capability, Turn
from bot.classes import chosen_class
from bot.views.joined import (
    InviteTap,
    ask_invite_card,
    code_card,
    families_card,
    family_card,
    invite_card,
    nobody_to_invite_card,
    slips_words,
)
from core.access import Actor
from core.actions.class_invitations import invite_class, invite_person
from core.cards import File, Reply
from core.domain.rights import Role
from core.errors import NotFound
from core.i18n import N_
from core.printing.slips import print_slips
from core.queries.classes import OFFICE, ClassRoom, access_issuing
from core.queries.joined import JoinedClass, joined_of
from core.queries.org_bots import bot_names


async def invite(turn: Turn, arguments: str) -> Reply:
    """The own class, or the one that is named or chosen."""
    room = await chosen_class(turn, arguments, OFFICE, lambda one: InviteTap(do="start", room=one.id).pack())
    return await on_tap(turn, InviteTap(do="start", room=room.id)) if isinstance(room, ClassRoom) else room


async def on_tap(turn: Turn, tap: InviteTap) -> Reply:
    """A step towards a code, or all slips at once."""
    if tap.do == "all":
        return await _slips(turn, tap.room)
    room = await access_issuing(turn.uow, turn.actor, tap.room)
    if tap.do in ("code", "clean"):
        unlink = tap.do == "clean"
        report = await invite_person(
            turn.uow, turn.chat.key, tap.room, tap.who, code_key=turn.services.code_key, unlink=unlink
        )
        return code_card(turn.t, report, room, turn.services.public_url, turn.zone, unlink=unlink)
    joined = await joined_of(turn.uow, room)
    if tap.do == "list":
        return families_card(turn.t, joined, tap.page)
    if tap.do == "family":
        one = next((one for one in joined.pupils if one.pupil.id == tap.who), None)
        if one is None:
            raise NotFound("student_not_found")
        return family_card(turn.t, joined, one, turn.zone)
    if tap.do == "ask":
        return _ask(turn, joined, tap)
    return invite_card(turn.t, joined)


def _ask(turn: Turn, joined: JoinedClass, tap: InviteTap) -> Reply:
    people = {one.pupil.id: (one.pupil.name, one.since) for one in joined.pupils}
    people |= {
        guardian.id: (guardian.name, guardian.since) for one in joined.pupils for guardian in one.guardians
    }
    found = next((named for number, named in people.items() if number == tap.who), None)
    if found is None:
        raise NotFound("person_not_found")
    name, since = found
    return ask_invite_card(turn.t, joined.room, tap.who, name.full_name, linked=since is not None)


async def _slips(turn: Turn, class_id: int) -> Reply:
    report = await invite_class(turn.uow, turn.chat.key, class_id, code_key=turn.services.code_key)
    if not report.issued:
        return nobody_to_invite_card(turn.t, report)
    room = await access_issuing(turn.uow, turn.actor, class_id)
    page = print_slips(
        report.issued,
        web_url=turn.services.public_url,
        telegram_username=turn.services.own_username,
        school_bots=await bot_names(turn.uow, [room.school.id]),
    )
    return File(f"slips-{room.name}.html", "text/html", page.encode(), slips_words(turn.t, report, room))


def may_issue(actor: Actor) -> bool:
    """The office, and whoever leads a class where the school leaves codes to homeroom teachers, too."""
    if actor.has_role(*OFFICE):
        return True
    taught = [held.school for held in actor.roles if held.role is Role.TEACHER]
    return bool(actor.homerooms) and any(one.settings.homeroom_codes for one in taught)


CAPABILITY = Capability(
    name="invite",
    commands=("invite",),
    title=N_("Invite"),
    menu=N_("Codes for those of the class who are not linked"),
    order=266,
    for_whom=may_issue,
    on_command=invite,
    tap=InviteTap,
    on_tap=on_tap,
)
