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
    "settled": N_("The settings are saved."),
    "bot_set": N_("The bot is set: it answers within seconds."),
    "bot_removed": N_("The bot is taken away."),
    "school_added": N_("The school is there. Next: import its register."),
    "totp": N_("The app is set. From now on its code is asked for at every sign-in."),
}
