"""Words for the domain's closed lists, marked for the catalogs, and for marks: shared by screens, notices and pages."""

from __future__ import annotations

from decimal import Decimal

from core.domain.grading import scale
from core.domain.kinds import ImportState, Messenger, TransactionKind, Urgency
from core.domain.rights import GuardianRights, Role
from core.i18n import N_, Translator

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
