"""What the audit's keys are called: every action that is recorded anywhere, and the names of what an entry holds.

A test reads the code for actions and fails for one without words here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.domain.kinds import AudienceKind
from core.i18n import N_, Translator
from core.queries.audit_trail import PEOPLE_FIELDS
from core.words import MEAL_NAMES, RIGHTS_NAMES, ROLE_NAMES, URGENCY_NAMES

ACTION_NAMES: Mapping[str, str] = {
    "announcement.edit": N_("Announcement: reworded"),
    "announcement.move": N_("Announcement: moved to another time"),
    "announcement.nudge": N_("Announcement: sent again to who had not read it"),
    "announcement.publish": N_("Announcement: published"),
    "announcement.send_now": N_("Announcement: sent before its time"),
    "announcement.undo": N_("Announcement: rewording undone"),
    "announcement.withdraw": N_("Announcement: withdrawn"),
    "announcement_readers.export": N_("Announcement: readers saved as a table"),
    "announcements.export": N_("Announcements: list saved as a table"),
    "attendance.export": N_("Attendance: saved as a table"),
    "audit.export": N_("Audit: saved as a table"),
    "bot.remove": N_("Bot: taken away from the school"),
    "bot.set": N_("Bot: set for the school"),
    "calendar.bells": N_("Calendar: bells changed"),
    "calendar.bells_removed": N_("Calendar: bells removed"),
    "calendar.holiday": N_("Calendar: holiday entered"),
    "calendar.holiday_removed": N_("Calendar: holiday removed"),
    "calendar.term": N_("Calendar: term entered"),
    "calendar.term_again": N_("Calendar: term brought back"),
    "calendar.term_ended": N_("Calendar: term ended"),
    "calendar.year": N_("Calendar: school year entered"),
    "calendar.year_again": N_("Calendar: school year brought back"),
    "calendar.year_ended": N_("Calendar: school year ended"),
    "canteen.correction": N_("Canteen: balance corrected"),
    "canteen.dish": N_("Canteen: dish put on the menu"),
    "canteen.dish_removed": N_("Canteen: dish taken off the menu"),
    "canteen.export": N_("Canteen: saved as a table"),
    "canteen.top_up": N_("Canteen: account topped up"),
    "canteen.week_copied": N_("Canteen: week's menu copied"),
    "class.again": N_("Class: brought back"),
    "class.ended": N_("Class: ended"),
    "class.move": N_("Class: pupil moved"),
    "class.saved": N_("Class: changed"),
    "classes.export": N_("Classes: list saved as a table"),
    "code.refused": N_("Code: wrong one typed"),
    "course.added": N_("Course: added"),
    "course.again": N_("Course: brought back"),
    "course.changed": N_("Course: changed"),
    "course.ended": N_("Course: ended"),
    "course.pupils": N_("Course: pupils chosen"),
    "courses.export": N_("Courses: list saved as a table"),
    "demo.enter": N_("Demo: entered"),
    "guardian.add": N_("Guardian: tied to a child"),
    "guardian.end": N_("Guardian: tie ended"),
    "guardian.restrict": N_("Guardian: rights changed"),
    "homework.edit": N_("Homework: changed"),
    "homework.set": N_("Homework: set"),
    "homework.tick": N_("Homework: ticked off"),
    "homework.undo": N_("Homework: undone"),
    "homework.untick": N_("Homework: tick removed"),
    "homework.withdraw": N_("Homework: withdrawn"),
    "import.export": N_("Imports: history saved as a table"),
    "import.looked": N_("Import: file looked at"),
    "invitation.device": N_("Code: made for another device"),
    "invitation.posted": N_("Code: ended, it was posted in a group"),
    "invitation.revoke": N_("Code: revoked"),
    "invitations.export": N_("Codes: list saved as a table"),
    "invitations.issue": N_("Code: slips issued"),
    "invitations.revoke": N_("Codes: those of a class revoked"),
    "journal.export": N_("Journal: saved as a table"),
    "lesson.as_usual": N_("Lesson: change taken back"),
    "lesson.change": N_("Lesson: changed"),
    "lesson.topic": N_("Lesson: topic written"),
    "lesson.topic_undo": N_("Lesson: topic undone"),
    "link.disown": N_("Link: “not me”"),
    "link.end": N_("Link: ended by the office"),
    "link.make": N_("Link: made"),
    "link.revoke": N_("Link: ended by the person"),
    "link.sign_out": N_("Link: browser signed out"),
    "links.export": N_("Links: list saved as a table"),
    "look.class": N_("Look: a class's diary"),
    "look.diary": N_("Look: a pupil's diary"),
    "look.meals": N_("Look: a pupil's meals"),
    "mark.correct": N_("Mark: corrected"),
    "mark.withdraw": N_("Mark: withdrawn"),
    "marks.save": N_("Marks: saved"),
    "marks.undo": N_("Marks: undone"),
    "meals.imported": N_("Import: canteen bookings taken in"),
    "panel.account": N_("Panel: account set up"),
    "panel.enter": N_("Panel: signed in"),
    "panel.leave": N_("Panel: session ended"),
    "panel.link": N_("Panel: sign-in link asked for"),
    "panel.refused": N_("Panel: sign-in refused"),
    "panel.totp_end": N_("Panel: authenticator app removed"),
    "panel.totp_set": N_("Panel: authenticator app set"),
    "people.export": N_("People: list saved as a table"),
    "person.add": N_("Person: written down"),
    "person.edit": N_("Person: changed"),
    "person.merge": N_("Person: two entries made one"),
    "presence.note": N_("Attendance: noted"),
    "queue.dropped": N_("Queue: messages dropped"),
    "queue.events_retried": N_("Queue: events tried again"),
    "queue.retried": N_("Queue: messages tried again"),
    "register.exported": N_("Export: all given out as OneRoster"),
    "register.imported": N_("Import: applied"),
    "register.take": N_("Attendance: register taken"),
    "role.end": N_("Role: ended"),
    "role.give": N_("Role: given"),
    "school.add": N_("School: added"),
    "school.settle": N_("Settings: changed for the school"),
    "schools.export": N_("Schools: list saved as a table"),
    "settings.change": N_("Settings: changed by the person"),
    "slot.added": N_("Timetable: lesson put into the week"),
    "slot.until": N_("Timetable: last day of a lesson set"),
    "subject.removed": N_("Subject: removed"),
    "subject.saved": N_("Subject: changed"),
    "support.talk": N_("Support: looked in as this person"),
}

FIELD_NAMES: Mapping[str, str] = {
    "address": N_("Network address"),
    "amount": N_("Amount"),
    "asks": N_("Asks to acknowledge"),
    "at": N_("Time"),
    "audience": N_("For"),
    "balance": N_("Balance"),
    "browser": N_("Browser"),
    "change": N_("Change"),
    "chat": N_("Chat"),
    "child": N_("Child"),
    "codes": N_("Codes"),
    "count": N_("Number"),
    "courses": N_("Courses"),
    "due": N_("Due"),
    "entries": N_("Entries"),
    "files": N_("Files"),
    "homework": N_("Homework"),
    "invitation": N_("Code"),
    "kind": N_("Kind"),
    "lesson": N_("Lesson"),
    "link": N_("Link"),
    "links": N_("Linked chats"),
    "marks": N_("Marks"),
    "meal": N_("Meal"),
    "minutes": N_("Minutes"),
    "name": N_("Name"),
    "on": N_("Day"),
    "people": N_("People"),
    "period": N_("Period"),
    "person": N_("Person"),
    "persons": N_("People"),
    "posting": N_("Entry"),
    "presence": N_("Attendance"),
    "price": N_("Price"),
    "register_taken": N_("Register taken"),
    "revoked": N_("Revoked"),
    "rights": N_("Rights"),
    "role": N_("Role"),
    "roles": N_("Roles"),
    "school": N_("School"),
    "session": N_("Session"),
    "silent": N_("Without a sound"),
    "source": N_("Source"),
    "state": N_("State"),
    "states": N_("State"),
    "student": N_("Pupil"),
    "text": N_("Text"),
    "threshold": N_("Threshold"),
    "topic": N_("Topic"),
    "unlinked": N_("Unlinked"),
    "urgency": N_("How"),
    "value": N_("Mark"),
    "who": N_("Who"),
}
"""A field without words here keeps its key."""

VIA_NAMES: Mapping[str, str] = {
    "telegram": N_("Telegram"),
    "web": N_("Browser"),
    "panel": N_("Panel"),
    "import": N_("Import"),
    "schedule": N_("by itself"),
    "notifier": N_("by itself"),
    "demo": N_("Demo"),
}
_VALUES: Mapping[str, Mapping[Any, str]] = {
    "rights": RIGHTS_NAMES,
    "role": ROLE_NAMES,
    "roles": ROLE_NAMES,
    "meal": MEAL_NAMES,
    "urgency": {urgency: words for urgency, (words, _) in URGENCY_NAMES.items()},
}


def action_words(t: Translator, action: str) -> str:
    """What was done; the key itself where it has no words."""
    return t(ACTION_NAMES[action]) if action in ACTION_NAMES else action


def via_words(t: Translator, via: str) -> str:
    """Where it was done: ``Panel``, ``Support: root``."""
    place, _, who = via.partition(":")
    if who:
        return t("Support: {name}", name=who) if place == "terminal" else t("Server: {name}", name=who)
    return t(VIA_NAMES[place]) if place in VIA_NAMES else via


def field_lines(
    t: Translator, fields: Mapping[str, Any], people: Mapping[int, str], zone: Any
) -> list[tuple[str, str]]:
    """What an entry holds, a pair of words a field; nothing, and what is no news, is left out."""
    return [
        (t(FIELD_NAMES[name]) if name in FIELD_NAMES else name, words)
        for name, value in fields.items()
        if (words := _words(t, name, value, people, zone))
    ]


def _words(t: Translator, name: str, value: Any, people: Mapping[int, str], zone: Any) -> str:
    if value is None or value == "" or value == [] or value == {}:
        return ""
    if isinstance(value, bool):
        return t("yes") if value else t("no")
    if isinstance(value, dict):
        return ", ".join(
            f"{_key(t, name, key, people)}: {words}"
            for key, one in value.items()
            if (words := _words(t, str(key), one, people, zone))
        )
    if isinstance(value, list):
        return ", ".join(words for one in value if (words := _words(t, name, one, people, zone)))
    if name in PEOPLE_FIELDS and isinstance(value, int):
        return people.get(value, f"№ {value}")
    if name == "at" and isinstance(value, str):
        return t.datetime(datetime.fromisoformat(value), zone)
    if name == "audience" and isinstance(value, str):
        return _audience_words(t, value)
    if name in _VALUES and value in _VALUES[name]:
        return t(_VALUES[name][value])
    return str(value)


def _audience_words(t: Translator, code: str) -> str:
    """An announcement's audience, of which an entry keeps the code."""
    kind, _, number = code.partition(".")
    if kind == AudienceKind.GRADE:
        return t("grade {number}", number=number.rpartition(".")[2])
    return {
        AudienceKind.SCHOOL.value: t("the whole school"),
        AudienceKind.CLASS.value: t("a class"),
        AudienceKind.COURSE.value: t("a course"),
    }.get(kind, code)


def _key(t: Translator, name: str, key: str, people: Mapping[int, str]) -> str:
    if name == "presence" and key.isdigit():
        return people.get(int(key), f"№ {key}")
    return t(FIELD_NAMES[key]) if key in FIELD_NAMES else key
