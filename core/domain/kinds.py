"""The closed lists of words that rows, rules and screens share."""

from __future__ import annotations

from enum import StrEnum


class OrgKind(StrEnum):
    """The levels of the tree of orgs."""

    REGION = "region"
    DISTRICT = "district"
    SCHOOL = "school"


class TermKind(StrEnum):
    """How a year is divided."""

    QUARTER = "quarter"
    TRIMESTER = "trimester"
    SEMESTER = "semester"
    TERM = "term"


class WeekParity(StrEnum):
    """Which weeks a slot meets in; the year's first week is odd."""

    EVERY = "every"
    ODD = "odd"
    EVEN = "even"


class ChangeKind(StrEnum):
    """What became of one planned lesson."""

    CANCELLED = "cancelled"
    MOVED = "moved"
    SUBSTITUTED = "substituted"
    ROOM = "room"


class AttendanceKind(StrEnum):
    """Why a student was not simply present."""

    ABSENT = "absent"
    LATE = "late"
    EXCUSED = "excused"
    ILL = "ill"


class Presence(StrEnum):
    """Where a student was, as a teacher says it: PRESENT, which leaves no row, or one of AttendanceKind."""

    PRESENT = "present"
    ABSENT = "absent"
    LATE = "late"
    EXCUSED = "excused"
    ILL = "ill"


class TermMarkKind(StrEnum):
    """What a closing mark closes."""

    TERM = "term"
    YEAR = "year"
    EXAM = "exam"
    FINAL = "final"


class TransactionKind(StrEnum):
    """Why money moved."""

    TOP_UP = "top_up"
    DEBIT = "debit"
    REFUND = "refund"
    CORRECTION = "correction"


class Messenger(StrEnum):
    """Where a chat is held. TERMINAL is what is typed at support's terminal and done with an account of
    the panel: never a place to deliver to."""

    TELEGRAM = "telegram"
    WEB = "web"
    TERMINAL = "terminal"


class InvitationKind(StrEnum):
    """SLIP is the school's (60 days); DEVICE is a person's own for another phone or browser (10 minutes)."""

    SLIP = "slip"
    DEVICE = "device"


class PostingKind(StrEnum):
    """What a teacher posts in one go."""

    MARKS = "marks"
    HOMEWORK = "homework"
    ANNOUNCEMENT = "announcement"
    TOPIC = "topic"


class AudienceKind(StrEnum):
    """Whom an announcement is for."""

    COURSE = "course"
    CLASS = "class"
    GRADE = "grade"
    SCHOOL = "school"


class Urgency(StrEnum):
    """How an announcement is told, as its author says."""

    DIGEST = "digest"
    AT_ONCE = "at_once"
    URGENT = "urgent"
    EMERGENCY = "emergency"


class DeliveryState(StrEnum):
    """Where a delivery stands; SENT only on the messenger's answer."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


class ImportState(StrEnum):
    """What became of a file that was given to an importer."""

    LOOKED = "looked"
    RUNNING = "running"
    APPLIED = "applied"
    REFUSED = "refused"
    FAILED = "failed"
