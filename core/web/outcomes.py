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
    "announced": N_("It is on its way to everybody it is for."),
    "planned": N_("It is scheduled. Nobody sees it before."),
    "rescheduled": N_("It is scheduled anew."),
    "reworded": N_("The new words stand. Who has it already sees that it was edited."),
    "withdrawn": N_("It is withdrawn: nobody sees it in Schoolbell any more."),
    "nudged": N_("They are reminded now; in quiet hours, when those end."),
    "sent_once": N_("It was sent already, once: this is it."),
    "draft_dropped": N_("The draft is given up."),
    "draft_over": N_("That draft was sent or given up before."),
    "booked": N_("Booked."),
    "week": N_("The week before is on the menu again."),
    "week_nothing": N_("There was nothing to copy, or every day has its menu already."),
    "dish": N_("It is on the menu."),
    "dish_removed": N_("It is off the menu."),
    "settled": N_("The settings are saved."),
    "bot_set": N_("The bot is set: it answers within seconds."),
    "bot_removed": N_("The bot is taken away."),
    "school_added": N_("The school is there. Next: import its register."),
    "totp": N_("The app is set. From now on its code is asked for at every sign-in."),
    "removed": N_("Removed."),
    "over": N_("It has ended. What was written in it stays."),
    "again": N_("It is back."),
    "holiday_gone": N_("Removed: those days have lessons again. Save puts it back."),
    "placed": N_("The week is changed."),
    "lesson_changed": N_("Saved. Whoever has to know is told."),
    "as_usual": N_("As usual again. Whoever knew of the change is told."),
}
