"""The taps of the conversation that notices offer, as the callback data that its capabilities read.

The notifier knows nothing of the floor above; ``tests/bot/test_notice_buttons.py`` holds each of these against it.
"""

from __future__ import annotations

from datetime import date

from core.domain.lessons import LessonKey


def grades(child_id: int) -> str:
    """The child's marks of the term."""
    return f"g:all:{child_id}:0:0:0"


def attendance(child_id: int) -> str:
    """The child's attendance of the term."""
    return f"att:term:{child_id}:0:0"


def homework(child_id: int) -> str:
    """What the child has to do next."""
    return f"hw:next:{child_id}:0:0"


def tick(child_id: int, day: date, homework_id: int) -> str:
    """Tick a homework of the pupil's own off; the screen of the day that it is due on follows."""
    return f"hw:tick:{child_id}:{day.toordinal()}:{homework_id}"


def timetable(child_id: int, day: date) -> str:
    """The child's lessons of a day; 0 is the teacher oneself."""
    return f"sch:day:{child_id}:{day.toordinal()}"


def register(lesson: LessonKey) -> str:
    """The register of a teacher's lesson."""
    return f"rg:list:{int(lesson.course_id)}:{lesson.on.toordinal()}:{lesson.period}:0::0:0"


def meals(child_id: int) -> str:
    """The child's canteen account."""
    return f"ml:{child_id}:0"


def announcement(announcement_id: int) -> str:
    """One announcement, opened: the receipt of it."""
    return f"nw:open:{announcement_id}:0"


def acknowledge(announcement_id: int) -> str:
    """That one has read an announcement which asks for that."""
    return f"nw:ack:{announcement_id}:0"


def report(announcement_id: int) -> str:
    """Whom an announcement of one's own has reached, and who has read it."""
    return f"am:open:{announcement_id}:0:opened"


def not_me(link_id: int) -> str:
    """Unlink a device and tell the school."""
    return f"lk:notme:{link_id}"
