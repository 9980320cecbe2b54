"""Words for the domain's closed lists, marked for the catalogs: shared by screens, slips and pages."""

from __future__ import annotations

from core.domain.kinds import Messenger, TransactionKind
from core.domain.rights import GuardianRights, Role
from core.i18n import N_

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
    "week": N_("The week in review"),
}
