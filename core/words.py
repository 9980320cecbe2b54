"""Words for the domain's closed lists, marked for the catalogs, and for marks: shared by screens, notices and pages."""

from __future__ import annotations

from datetime import tzinfo
from decimal import Decimal

from core.domain.audience_words import Audience
from core.domain.grading import scale
from core.domain.kinds import (
    AttendanceKind,
    AudienceKind,
    ImportState,
    Messenger,
    TransactionKind,
    Urgency,
)
from core.domain.rights import GuardianRights, Role
from core.domain.telling import Held
from core.i18n import N_, Translator
from core.queries.progress import Wait
from core.queries.reach import Family, Reach, Who

ROLE_NAMES: dict[Role, str] = {
    Role.STUDENT: N_("student"),
    Role.GUARDIAN: N_("parent or guardian"),
    Role.TEACHER: N_("teacher"),
    Role.HEAD: N_("head of school"),
    Role.DEPUTY: N_("deputy head"),
    Role.SECRETARY: N_("secretary"),
    Role.ADMIN: N_("administrator"),
    Role.CANTEEN: N_("canteen"),
    Role.NURSE: N_("nurse"),
    Role.OPERATOR: N_("operator"),
}

RIGHTS_NAMES: dict[GuardianRights, str] = {
    GuardianRights.FULL: N_("may read and act"),
    GuardianRights.READ: N_("may read"),
    GuardianRights.NONE: N_("may nothing"),
}

MESSENGER_NAMES: dict[Messenger, str] = {
    Messenger.TELEGRAM: N_("Telegram"),
    Messenger.WEB: N_("Browser"),
    Messenger.TERMINAL: N_("Support"),
}

TRANSACTION_NAMES: dict[TransactionKind, str] = {
    TransactionKind.TOP_UP: N_("Top-up"),
    TransactionKind.DEBIT: N_("Meal"),
    TransactionKind.REFUND: N_("Refund"),
    TransactionKind.CORRECTION: N_("Correction"),
}

IMPORT_STATES: dict[ImportState, str] = {
    ImportState.LOOKED: N_("Looked at"),
    ImportState.RUNNING: N_("Being applied"),
    ImportState.APPLIED: N_("Applied"),
    ImportState.REFUSED: N_("Refused"),
    ImportState.FAILED: N_("Failed"),
}

MEAL_NAMES: dict[str, str] = {
    "breakfast": N_("Breakfast"),
    "lunch": N_("Lunch"),
    "snack": N_("Snack"),
    "dinner": N_("Dinner"),
}

SCALE_NAMES: dict[str, str] = {
    "five": N_("5 points, with + and −"),
    "ten": N_("10 points"),
    "twelve": N_("12 points"),
    "hundred": N_("100 points"),
    "thai": N_("Thai: 0 to 4 by halves"),
    "letters": N_("Letters A to F"),
    "passfail": N_("Pass or fail"),
    "words": N_("In words"),
}

ATTENDANCE_NAMES: dict[AttendanceKind, str] = {
    AttendanceKind.ABSENT: N_("Absent"),
    AttendanceKind.ILL: N_("Ill"),
    AttendanceKind.EXCUSED: N_("Excused"),
    AttendanceKind.LATE: N_("Late"),
}

MARK_KINDS: dict[str, str] = {
    "test": N_("test"),
    "quiz": N_("quiz"),
    "hw": N_("homework"),
    "homework": N_("homework"),
    "answer": N_("answer"),
    "project": N_("project"),
    "exam": N_("exam"),
    "essay": N_("essay"),
    "lab": N_("lab work"),
}

RINGING_HEADINGS: dict[Urgency, str] = {
    Urgency.URGENT: N_("❗ Urgent · {heading}"),
    Urgency.EMERGENCY: N_("⚠ Emergency · {heading}"),
}
"""How an announcement that rings is headed; ``heading`` is what it would be headed otherwise."""

URGENCY_NAMES: dict[Urgency, tuple[str, str]] = {
    Urgency.AT_ONCE: (N_("At once"), N_("It comes at once; in quiet hours it waits until they end.")),
    Urgency.DIGEST: (
        N_("In the evening digest"),
        N_("It comes with the daily digest, at the hour that each family chose."),
    ),
    Urgency.URGENT: (
        N_("Urgent"),
        N_("It comes at once, from 06:30 to 22:00 also in quiet hours, and nobody can turn it off."),
    ),
    Urgency.EMERGENCY: (
        N_("Emergency"),
        N_("It rings every phone at once, also at night, and nobody can turn it off."),
    ),
}
"""How an announcement is told, in a word and in a sentence."""

READER_NAMES: dict[Who, str] = {
    "reached": N_("Reached"),
    "opened": N_("Read"),
    "acknowledged": N_("Acknowledged"),
    "unread": N_("Not read yet"),
    "waiting": N_("Still waiting"),
    "missing": N_("No link"),
    "blocked": N_("Blocked the bot"),
}
"""The readers behind a number of an announcement's report."""

NEWS_KINDS: dict[str, str] = {
    "emergency": N_("Emergencies"),
    "urgent": N_("Urgent announcements"),
    "absence": N_("Unexplained absences"),
    "change": N_("Changes of lessons"),
    "answer": N_("Questions to be answered"),
    "again": N_("Reminders of unanswered questions"),
    "security": N_("New devices"),
    "poor_mark": N_("Poor marks"),
    "mark": N_("Other marks, lateness"),
    "homework": N_("Homework"),
    "reminder": N_("Reminder of homework for tomorrow"),
    "balance": N_("Canteen balance"),
    "news": N_("News and announcements"),
    "nudge": N_("Lessons left empty"),
    "week": N_("The week in review"),
}


def telling_failure(t: Translator, why: str) -> str:
    """Why messages did not arrive: our own words for what we know, else those of the messenger."""
    if why == Held.BLOCKED:
        return t("the bot was blocked in this chat")
    if why in ("", *Held):
        return t("could not be delivered within a day")
    return t("the messenger said: {words}", words=why[:200])


def average_words(t: Translator, scale_key: str, average: Decimal | None, *, in_percent: bool) -> str:
    """An average as printed; empty where there is none."""
    if average is None:
        return ""
    if in_percent:
        return t.percent(average, 1)
    printed = scale(scale_key).print_average(average)
    return printed.replace(".", ",", 1) if t.locale == "ru" else printed


def mark_value(t: Translator, value: str, maximum: Decimal | None) -> str:
    """``4``, ``18/20``; of 100 points only the points."""
    if maximum is None or maximum == 100:
        return value
    return f"{value}/{t.number(maximum)}"


def audience_words(t: Translator, audience: Audience) -> str:
    """``7A · Algebra``, ``7A``, ``grade 7`` or the school's name."""
    if audience.kind is AudienceKind.SCHOOL:
        return audience.school_name
    if audience.kind is AudienceKind.GRADE:
        return t("grade {number}", number=audience.number)
    if audience.kind is AudienceKind.CLASS:
        return audience.class_name
    subject = f"{audience.subject} ({audience.group})" if audience.group else audience.subject
    return f"{audience.class_name} · {subject}" if audience.class_name else subject


def count_words(t: Translator, reach: Reach) -> str:
    """``24 families: 18 linked, 6 not linked``, for the school also ``12 members of staff: …``."""
    return "; ".join(
        t(
            "{families}: {linked} linked, {missing} not linked",
            families=readers,
            linked=sum(one.linked for one in group),
            missing=sum(not one.linked for one in group),
        )
        for readers, group in _groups(t, reach)
    )


def size_words(t: Translator, reach: Reach) -> str:
    """``24 families; 12 members of staff``."""
    return "; ".join(readers for readers, _ in _groups(t, reach))


def _groups(t: Translator, reach: Reach) -> list[tuple[str, tuple[Family, ...]]]:
    groups = [(t.plural("{n} family", "{n} families", len(reach.families)), reach.families)]
    if reach.staff:
        staff = t.plural("{n} member of staff", "{n} members of staff", len(reach.staff))
        groups.append((staff, reach.staff))
    return groups


def how_words(t: Translator, urgency: Urgency, *, silent: bool, asks: bool) -> str:
    """``urgent · asks to be acknowledged``; empty where it is told as usual."""
    told = {
        Urgency.DIGEST: t("in the evening digest"),
        Urgency.URGENT: t("urgent"),
        Urgency.EMERGENCY: t("emergency"),
    }
    parts = [
        told.get(urgency, ""),
        t("without a sound") if silent else "",
        t("asks to be acknowledged") if asks else "",
    ]
    return " · ".join(part for part in parts if part)


def family_words(family: Family) -> str:
    """``Petrov Ivan, Petrova Maria (Anna Petrova, Pavel Petrov)``; of staff the name alone."""
    pupils = ", ".join(f"{one.name.family} {one.name.given}".strip() for one in family.pupils)
    adults = ", ".join(one.name.full_name for one in family.guardians)
    return f"{pupils} ({adults})" if pupils and adults else pupils or adults


def reader_words(t: Translator, who: Who, *, asks: bool) -> str:
    """What a number of an announcement's report counts."""
    return t("Not acknowledged yet") if who == "unread" and asks else t(READER_NAMES[who])


def wait_words(t: Translator, wait: Wait, zone: tzinfo | None) -> str:
    """``waits until 25 Nov 2026, 07:00, quiet hours``."""
    time = t.datetime(wait.until, zone)
    return {
        Held.NONE: t("goes out in a moment"),
        Held.QUIET_HOURS: t("waits until {time}, quiet hours", time=time),
        Held.DIGEST: t("in their digest at {time}", time=time),
        Held.WEEKLY: t("in their weekly digest, {time}", time=time),
        Held.RETRY_AFTER: t("the messenger asked to wait until {time}", time=time),
    }.get(wait.held, t("did not go out, tried again at {time}", time=time))


def progress_words(t: Translator, family: Family, who: Who, zone: tzinfo | None) -> str:
    """When each of a family read or acknowledged it, or what they wait for; often empty."""
    said = []
    for one in family.everybody:
        at = one.acknowledged_at if who == "acknowledged" else one.opened_at
        if at is not None and who in ("opened", "acknowledged", "unread"):
            said.append(f"{one.name.full_name} {t.datetime(at, zone)}")
    if who == "unread" and said:
        said = [t("opened: {names}", names=", ".join(said))]
    if who in ("waiting", "unread") and family.wait is not None:
        said.append(wait_words(t, family.wait, zone))
    elif who == "unread" and not family.reached and any(one.off for one in family.everybody):
        said.append(t("off in their settings"))
    return ", ".join(said)
