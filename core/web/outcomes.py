"""What a page says after something was done there; the address carries the key."""

from __future__ import annotations

from collections.abc import Mapping

from core.i18n import N_

OUTCOMES: Mapping[str, str] = {
    "unlinked": N_("Unlinked. That chat sees nothing any more."),
    "rights": N_("The rights are set, with effect at once."),
    "revoked": N_("The code is revoked."),
    "nobody": N_("There is nobody to invite: all are linked or hold an open code."),
    "ended": N_("That browser is signed out."),
    "booked": N_("Booked."),
    "dish": N_("It is on the menu."),
    "dish_removed": N_("It is off the menu."),
    "totp": N_("The app is set. From now on its code is asked for at every sign-in."),
    "saved": N_("Saved."),
    "removed": N_("Removed."),
    "over": N_("It has ended. What was written in it stays."),
    "again": N_("It is back."),
    "holiday_gone": N_("Removed: those days have lessons again. Save puts it back."),
    "placed": N_("The week is changed."),
    "lesson_changed": N_("Saved. Whoever has to know is told."),
    "as_usual": N_("As usual again. Whoever knew of the change is told."),
}
