"""Changing what a school has settled. What cannot be taken back by setting it back asks to be confirmed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import time
from typing import Any
from zoneinfo import available_timezones

import sqlalchemy as sa

from core.access import fresh_actor
from core.db.audit import record
from core.db.conversation import ChatKey
from core.db.models import Org
from core.db.uow import UnitOfWork
from core.domain.grading import SCALES
from core.domain.rights import Role
from core.domain.school_settings import (
    LANGUAGES,
    LONGEST_KEPT,
    SHORTEST_KEPT,
    SchoolSettings,
    stored_settings,
)
from core.errors import Invalid
from core.queries.offices import access_office
from core.queries.school_settings import SettledSchool, count_marks, has_money, settled_school

SETTLERS = (Role.ADMIN,)
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Consequences:
    """What changes for what is there already: ``marks`` is how many marks of the older scale stand, None where the scale
    stays; the others whether the clock, or the money of booked amounts, changes."""

    marks: int | None = None
    clock: bool = False
    money: bool = False

    @property
    def are_grave(self) -> bool:
        """Whether they want to be confirmed."""
        return bool(self.marks) or self.clock or self.money


class NotSure(Invalid):
    """A change with grave ``consequences`` that nobody has confirmed."""

    key = "not_sure"

    def __init__(self, consequences: Consequences) -> None:
        super().__init__()
        self.consequences = consequences


async def change_settings(
    uow: UnitOfWork,
    key: ChatKey,
    school_id: int,
    wanted: SettledSchool,
    *,
    sure: bool = False,
) -> bool:
    """Settle everything as wanted; whether anything changed. Audited with before and after.

    No mark and no amount is ever converted. Raises NotFound; Invalid("settings_wrong") with the names of the ``fields``;
    NotSure.
    """
    if fields := wrong_fields(wanted):
        raise Invalid("settings_wrong", fields=fields)
    async with uow.writing():
        office = await access_office(uow, await fresh_actor(uow, key), school_id, SETTLERS)
        before = await settled_school(uow, school_id)
        if before == wanted:
            return False
        consequences = Consequences(
            await count_marks(uow, school_id) if before.scale != wanted.scale else None,
            before.timezone != wanted.timezone,
            before.currency != wanted.currency and await has_money(uow, school_id),
        )
        if consequences.are_grave and not sure:
            raise NotSure(consequences)
        stored = await uow.value(sa.select(sa.cast(Org.settings, sa.Text())).where(Org.id == school_id))
        await uow.write(
            sa.update(Org)
            .where(Org.id == school_id)
            .values(
                name=wanted.name,
                timezone=wanted.timezone,
                locale=wanted.locale,
                currency=wanted.currency,
                scale=wanted.scale,
                quiet_from=wanted.quiet_from,
                quiet_to=wanted.quiet_to,
                settings=wanted.settings.kept(stored_settings(stored)),
            )
        )
        was, now = _flat(before), _flat(wanted)
        changed = [name for name in now if was[name] != now[name]]
        await record(
            uow,
            "school.settle",
            actor_id=office.officer_id,
            subject=("org", school_id),
            before={name: was[name] for name in changed},
            after={name: now[name] for name in changed}
            | ({"marks_of_older_scale": consequences.marks} if consequences.marks else {}),
        )
    return True


def wrong_fields(wanted: SettledSchool) -> tuple[str, ...]:
    """The names of the fields that make no sense."""
    settings: SchoolSettings = wanted.settings
    hours = (wanted.quiet_from, wanted.quiet_to)
    holds = {
        "name": 0 < len(wanted.name.strip()) <= _LONGEST_NAME and wanted.name.isprintable(),
        "timezone": wanted.timezone in available_timezones(),
        "locale": wanted.locale in LANGUAGES,
        "currency": len(wanted.currency) == 3 and wanted.currency.isascii() and wanted.currency.isupper(),
        "scale": wanted.scale in SCALES,
        "quiet_to": (hours[0] is None) == (hours[1] is None) and (hours[0] is None or hours[0] != hours[1]),
        "languages": not settings.languages or wanted.locale in settings.languages,
        "told_days": SHORTEST_KEPT <= settings.told_days <= LONGEST_KEPT,
    }
    return tuple(name for name, is_good in holds.items() if not is_good)


def _flat(school: SettledSchool) -> dict[str, Any]:
    """As the audit keeps it."""
    flat = asdict(school)
    return {
        name: f"{value:%H:%M}" if isinstance(value, time) else value
        for name, value in (flat | flat.pop("settings")).items()
        if name != "settings"
    }
