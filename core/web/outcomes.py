"""What a page says after something was done there; the address carries the key."""

from __future__ import annotations

from collections.abc import Mapping

from core.i18n import N_

OUTCOMES: Mapping[str, str] = {
    "unlinked": N_("Unlinked. That chat sees nothing any more."),
    "person_added": N_("Written down."),
    "saved": N_("Saved."),
    "role": N_("The role is given."),
    "role_ended": N_("The role is ended."),
    "moved": N_("The class is set."),
    "guardian": N_("Now a guardian, with full rights."),
    "guardian_cut": N_("Now a guardian. The rights stay cut, as they were for this child."),
    "guardian_ended": N_("The tie is ended. What they see of this child ends at once."),
    "merged": N_("The two are one now."),
    "rights": N_("The rights are set, with effect at once."),
    "revoked": N_("The code is revoked."),
    "class_revoked": N_("The open codes of the class are revoked."),
    "nobody": N_("There is nobody to invite: all are linked or hold an open code."),
    "ended": N_("That browser is signed out."),
    "booked": N_("Booked."),
    "week": N_("The week before is on the menu again."),
    "week_nothing": N_("There was nothing to copy, or every day has its menu already."),
    "dish": N_("It is on the menu."),
    "dish_removed": N_("It is off the menu."),
    "totp": N_("The app is set. From now on its code is asked for at every sign-in."),
}
