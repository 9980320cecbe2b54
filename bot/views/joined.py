"""Who of a class has joined, and inviting those who have not."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Annotated, Literal

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from core.actions.invitations import IssueReport
from core.cards import Block, Button, Card, Note, Table, Text
from core.domain.codes import show_code
from core.domain.ids import LARGEST_ID
from core.i18n import N_, Translator
from core.queries.classes import ClassRoom
from core.queries.joined import JoinedClass, JoinedPupil
from core.words import ROLE_NAMES

ON_A_PAGE = 15
Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]

RELATIONS: dict[str, str] = {
    "mother": N_("mother"),
    "father": N_("father"),
    "guardian": N_("guardian"),
    "grandmother": N_("grandmother"),
    "grandfather": N_("grandfather"),
}


class JoinedTap(CallbackData, prefix="jn"):
    """A page of the class; ``only`` those with somebody not linked."""

    room: Id
    page: Annotated[int, Field(ge=0, le=100)] = 0
    only: bool = False


class InviteTap(CallbackData, prefix="iv"):
    """Whom to invite: the start, all who are not linked, the list at ``page``, a pupil's people, one person, for sure."""

    do: Literal["start", "all", "list", "family", "ask", "code", "clean"]
    room: Id
    who: Id = 0
    page: Annotated[int, Field(ge=0, le=100)] = 0


def joined_card(t: Translator, joined: JoinedClass, tap: JoinedTap, zone: tzinfo | None) -> Card:
    """A line a pupil: the own chat, and each guardian's."""
    reached = sum(one.is_reached for one in joined.pupils)
    blocks: list[Block] = [
        Text(
            t(
                "{reached} of {all} pupils have a linked guardian; linked themselves: {own}.",
                reached=reached,
                all=len(joined.pupils),
                own=sum(one.since is not None for one in joined.pupils),
            )
        )
    ]
    pupils = [one for one in joined.pupils if one.not_linked or not tap.only]
    shown = pupils[tap.page * ON_A_PAGE : (tap.page + 1) * ON_A_PAGE]
    if shown:
        rows = tuple(_row(t, one, zone) for one in shown)
        blocks.append(Table((t("Pupil"), t("Own chat"), t("Guardians")), rows))
    elif tap.only:
        blocks.append(Text(t("Everybody is linked.")))

    def at(page: int, *, only: bool = tap.only) -> str:
        return JoinedTap(room=tap.room, page=page, only=only).pack()

    turning = []
    if tap.page:
        turning.append(Button("◀", at(tap.page - 1)))
    if len(pupils) > (tap.page + 1) * ON_A_PAGE:
        turning.append(Button("▶", at(tap.page + 1)))
    toggle = Button(t("Show all") if tap.only else t("Only those not linked"), at(0, only=not tap.only))
    invite = Button(t("Invite"), InviteTap(do="start", room=tap.room).pack())
    heading = t("{class_name}: who has joined", class_name=joined.room.name)
    return Card(
        heading, tuple(blocks), (tuple(turning), (toggle, invite)) if turning else ((toggle, invite),)
    )


def _row(t: Translator, one: JoinedPupil, zone: tzinfo | None) -> tuple[str, str, str]:
    guardians = ", ".join(
        f"{guardian.name.full_name}"
        + (f" ({t(RELATIONS[guardian.relation])})" if guardian.relation in RELATIONS else "")
        + f" {_since(t, guardian.since, zone)}"
        for guardian in one.guardians
    )
    return one.pupil.list_name, _since(t, one.since, zone), guardians or t("none known")


def _since(t: Translator, since: datetime | None, zone: tzinfo | None) -> str:
    return t.date(since.astimezone(zone).date(), "short") if since is not None else "—"


def invite_card(t: Translator, joined: JoinedClass) -> Card:
    """All who are not linked at once, or one family."""
    count = len({person for one in joined.pupils for person in one.not_linked})
    room = joined.room.id
    rows = [(Button(t("One family …"), InviteTap(do="list", room=room).pack()),)]
    if count:
        rows.insert(
            0, (Button(t("Print slips for all who are not linked"), InviteTap(do="all", room=room).pack()),)
        )
    return Card(
        t("{class_name}: invite", class_name=joined.room.name),
        (
            Text(
                t.plural("{n} person has no chat linked yet.", "{n} people have no chat linked yet.", count)
            ),
            Note(
                t(
                    "Whoever holds an open code keeps it and gets no second one; a new code for one person ends the older."
                )
            ),
        ),
        tuple(rows),
    )


def families_card(t: Translator, joined: JoinedClass, page: int) -> Card:
    """The pupils as buttons; those with somebody not linked are marked."""
    room = joined.room.id
    shown = joined.pupils[page * ON_A_PAGE : (page + 1) * ON_A_PAGE]
    rows: list[tuple[Button, ...]] = [
        (
            Button(
                ("○ " if one.not_linked else "✓ ") + one.pupil.list_name,
                InviteTap(do="family", room=room, who=one.pupil.id).pack(),
            ),
        )
        for one in shown
    ]
    turning = []
    if page:
        turning.append(Button("◀", InviteTap(do="list", room=room, page=page - 1).pack()))
    if len(joined.pupils) > (page + 1) * ON_A_PAGE:
        turning.append(Button("▶", InviteTap(do="list", room=room, page=page + 1).pack()))
    if turning:
        rows.append(tuple(turning))
    rows.append((Button(t("Back"), InviteTap(do="start", room=room).pack()),))
    return Card(t("Whose family?"), (Text(t("○ somebody is not linked, ✓ all are linked.")),), tuple(rows))


def family_card(t: Translator, joined: JoinedClass, one: JoinedPupil, zone: tzinfo | None) -> Card:
    """The pupil and the guardians, each to be invited."""
    room = joined.room.id
    people = [(one.pupil.id, one.pupil.name, one.since), *((g.id, g.name, g.since) for g in one.guardians)]
    rows = [
        (
            Button(
                f"{name.full_name} {_since(t, since, zone)}",
                InviteTap(do="ask", room=room, who=number).pack(),
            ),
        )
        for number, name, since in people
    ]
    rows.append((Button(t("Back"), InviteTap(do="list", room=room).pack()),))
    return Card(one.pupil.list_name, (Text(t("For whom is the new code?")),), tuple(rows))


def ask_invite_card(t: Translator, room: ClassRoom, person_id: int, name: str, *, linked: bool) -> Card:
    """Older codes die with a new one: ask first."""
    rows = [(Button(t("New code"), InviteTap(do="code", room=room.id, who=person_id).pack()),)]
    words = t("Codes given to {name} before stop working.", name=name)
    if linked:
        rows.append(
            (
                Button(
                    t("New code, and unlink the older chat"),
                    InviteTap(do="clean", room=room.id, who=person_id).pack(),
                ),
            )
        )
        words += " " + t("A chat that is linked stays linked, unless you unlink it, for a lost phone.")
    rows.append((Button(t("Back"), InviteTap(do="list", room=room.id).pack()),))
    return Card(t("A new code for {name}?", name=name), (Text(words),), tuple(rows))


def code_card(
    t: Translator, report: IssueReport, room: ClassRoom, url: str, zone: tzinfo | None, *, unlink: bool
) -> Card:
    """The code, shown this once, and whether the older chat is unlinked where that was asked for."""
    issued = report.issued[0]
    invitee = issued.invitee
    roles = t.list([t(ROLE_NAMES[role]) for role in invitee.roles])
    blocks: list[Block] = [
        Text(f"{invitee.name.full_name}, {roles}"),
        Text(show_code(issued.code)),
        Note(
            t(
                "Shown this once. Valid until {day}. To be typed to the school's bot, or at {url}.",
                day=t.date(issued.expires_at.astimezone(zone).date()),
                url=url,
            )
        ),
    ]
    if report.unlinked:
        blocks.append(Note(t("The older chat is unlinked.")))
    elif unlink:
        blocks.append(
            Note(
                t(
                    "No chat was unlinked. One that serves this person's work too, the school office can unlink."
                )
            )
        )
    return Card(
        t("The new code"), tuple(blocks), ((Button(t("Back"), InviteTap(do="list", room=room.id).pack()),),)
    )


def nobody_to_invite_card(t: Translator, report: IssueReport) -> Card:
    """That there is nobody to issue a code for."""
    return Card(
        t("No new codes"),
        (
            Text(
                t(
                    "{linked} are linked, {invited} hold an open code.",
                    linked=report.already_linked,
                    invited=report.already_invited,
                )
            ),
        ),
    )


def slips_words(t: Translator, report: IssueReport, room: ClassRoom) -> str:
    """The line above the file of slips."""
    return t.plural(
        "{n} slip for {class_name}. Print it and cut; each code works once.",
        "{n} slips for {class_name}. Print them and cut; each code works once.",
        len(report.issued),
        class_name=room.name,
    )
