"""Rows that hold for a span of days: the one condition that says whether they hold on one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa


def holds_on(table: Any, day: Any) -> sa.ColumnElement[bool]:
    """Whether a row with ``starts`` and ``ends`` holds on the day, a date or a column of dates; both are included, and
    none is open on that side."""
    return sa.and_(
        sa.or_(table.starts.is_(None), table.starts <= day),
        sa.or_(table.ends.is_(None), table.ends >= day),
    )
