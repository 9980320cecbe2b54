"""/settings: what is told, how and when."""

from __future__ import annotations

from datetime import time

from bot.capability import Capability, Turn, linked
from bot.views.settings import (
    DIGEST_HOURS,
    QUIET_SPANS,
    SettingsTap,
    digest_card,
    kind_card,
    poor_card,
    poor_marks,
    quiet_card,
    quiet_span,
    settings_card,
    threshold_card,
    thresholds,
)
from core.actions.preferences import (
    choose_emergencies_only,
    choose_hours,
    choose_poor_mark,
    choose_telling,
    choose_threshold,
)
from core.cards import Reply
from core.domain.telling import TELLINGS, Choice
from core.errors import NotFound
from core.i18n import N_
from core.queries.balances import thresholds_for
from core.queries.preferences import preferences_for


async def settings(turn: Turn, _arguments: str) -> Reply:
    """Everything at a glance."""
    return settings_card(turn.t, await preferences_for(turn.uow, turn.actor), turn.actor)


async def on_tap(turn: Turn, tap: SettingsTap) -> Reply:
    """A screen, or a choice made on one, which then is shown as it stands."""
    key, uow = turn.chat.key, turn.uow
    if tap.on == "choose":
        try:
            choice = Choice(tap.choice)
        except ValueError:
            raise NotFound("settings_not_found") from None
        await choose_telling(uow, key, tap.kind, choice, child_id=tap.child)
    elif tap.on == "quiet_at":
        await choose_hours(uow, key, quiet=quiet_span(tap.n % len(QUIET_SPANS)))
    elif tap.on == "digest_at":
        await choose_hours(uow, key, digest_at=time(DIGEST_HOURS[tap.n % len(DIGEST_HOURS)]))
    elif tap.on == "only":
        await choose_emergencies_only(uow, key, only=bool(tap.n))
    elif tap.on == "poor_at":
        marks = poor_marks(_scale(turn))
        if tap.n > len(marks):
            raise NotFound("settings_not_found")
        await choose_poor_mark(uow, key, marks[tap.n - 1][1] if tap.n else None)
    elif tap.on in ("below", "below_at"):
        return await _threshold(turn, tap)
    own = await preferences_for(uow, turn.actor)
    students = turn.actor.students
    if tap.on in ("kind", "choose"):
        telling = TELLINGS.get(tap.kind)
        known = {0, *(student.id for student in students)}
        if telling is None or not telling.can_be_off or tap.child not in known:
            raise NotFound("settings_not_found")
        return kind_card(turn.t, own, tap.kind, tap.child, students, _scale(turn))
    if tap.on in ("quiet", "quiet_at"):
        return quiet_card(turn.t, own)
    if tap.on in ("digest", "digest_at"):
        return digest_card(turn.t, own)
    if tap.on in ("poor", "poor_at"):
        return poor_card(turn.t, own, _scale(turn))
    return settings_card(turn.t, own, turn.actor)


async def _threshold(turn: Turn, tap: SettingsTap) -> Reply:
    """Below which balance of a child's account; 0 is the first child."""
    wards = [ward.student for ward in turn.actor.wards]
    child = next((one for one in wards if tap.child in (0, one.id)), None)
    if child is None:
        raise NotFound("settings_not_found")
    if tap.on == "below_at":
        amounts = thresholds(child.school.currency)
        if tap.n > len(amounts):
            raise NotFound("settings_not_found")
        await choose_threshold(turn.uow, turn.chat.key, child.id, amounts[tap.n - 1] if tap.n else None)
    chosen = (await thresholds_for(turn.uow, turn.actor)).get(child.id)
    return threshold_card(turn.t, child, chosen, wards)


def _scale(turn: Turn) -> str:
    return turn.actor.school.scale if turn.actor.school else ""


CAPABILITY = Capability(
    name="settings",
    commands=("settings",),
    title=N_("Settings"),
    menu=N_("What I tell you, and when"),
    order=610,
    for_whom=linked,
    on_command=settings,
    tap=SettingsTap,
    on_tap=on_tap,
)
