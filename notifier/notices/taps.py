"""The taps of the conversation that notices offer, as the callback data that its capabilities read.

The notifier knows nothing of the floor above; ``tests/bot/test_notice_buttons.py`` holds each of these against it.
"""

from __future__ import annotations


def grades(child_id: int) -> str:
    """The child's marks of the term."""
    return f"g:all:{child_id}:0:0:0"


def attendance(child_id: int) -> str:
    """The child's attendance of the term."""
    return f"att:term:{child_id}:0:0"


def homework(child_id: int) -> str:
    """What the child has to do next."""
    return f"hw:next:{child_id}:0:0"


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
