"""All that is known of who is asking, in one statement: the chat, its persons, their roles, pupils and courses.

SQL by hand: a union of unlike rows, which both databases plan well and which is read on every single update.
Columns are ``kind``, four numbers, eighteen texts and what the school has settled; ``core.access`` gives them their
names.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from core.db.models.base import UtcDateTime
from core.db.uow import UnitOfWork
from core.domain.lessons import DAYS_TO_FINISH

_NUMBERS = 4
_TEXTS = 18


def _columns(kind: str, numbers: Sequence[str], texts: Sequence[str], settled: Sequence[str] = ()) -> str:
    """A select list padded to the union's width; the first member's casts give the columns their types."""
    padded_numbers = [*numbers, *["NULL"] * (_NUMBERS - len(numbers))]
    padded_texts = [*texts, *["NULL"] * (_TEXTS - len(texts))]
    return ", ".join(
        [
            f"CAST('{kind}' AS TEXT) AS kind",
            *(f"CAST({value} AS BIGINT) AS n{i}" for i, value in enumerate(padded_numbers)),
            *(f"CAST({value} AS TEXT) AS t{i}" for i, value in enumerate(padded_texts)),
            *(
                f"CAST({value} AS TEXT) AS s{i}"
                for i, value in enumerate(settled or ["NULL"] * len(_SETTLED))
            ),
        ]
    )


_SCHOOL = ["o.name", "o.path", "o.timezone", "o.locale", "o.currency", "o.scale", "o.kind"]
_SETTLED = ["o.settings", "o.quiet_from", "o.quiet_to"]
_NAME = ["p.family", "p.given", "p.middle", "p.nickname"]


def _employed_at(school_id: str) -> str:
    """Joins that leave only those who teach at the school ``o``, or at an org above it, by an assignment ``a``."""
    return f"""JOIN org o ON o.id = {school_id}
JOIN role_assignment a ON a.person_id = link.person_id AND a.role = link.role
JOIN org above ON above.id = a.org_id AND o.path LIKE above.path || '%'"""


_STATEMENT = sa.text(
    f"""
WITH me AS (
  SELECT * FROM chat WHERE messenger = :messenger AND bot = :bot AND user_id = :user_id
), link AS (
  SELECT l.id, l.person_id, r.role
  FROM me JOIN chat_link l ON l.chat_id = me.id AND l.revoked_at IS NULL
  LEFT JOIN chat_link_role r ON r.link_id = l.id
), pupil AS (
  SELECT g.child_id AS id, link.person_id AS through, g.rights AS rights, g.ends AS ends
  FROM link JOIN guardianship g ON g.guardian_id = link.person_id AND g.rights <> 'none'
  WHERE link.role = 'guardian'
  UNION ALL
  SELECT person_id, person_id, 'self', NULL FROM link WHERE role = 'student'
)
SELECT {
        _columns(
            "chat",
            [
                "id",
                "last_child_id",
                "CASE WHEN simple_view THEN 1 ELSE 0 END",
                "CASE WHEN seen_at > :an_hour_ago THEN 1 ELSE 0 END",
            ],
            ["locale", "timezone", "state", "blocked_since"],
        )
    } FROM me
UNION ALL
SELECT {_columns("identity", ["p.id", "link.id"], [*_NAME, "link.role"])}
FROM link JOIN person p ON p.id = link.person_id
UNION ALL
SELECT {
        _columns(
            "role",
            ["link.person_id", "o.id"],
            [*_SCHOOL, "link.role", "a.starts", "a.ends"],
            _SETTLED,
        )
    }
FROM link JOIN role_assignment a ON a.person_id = link.person_id AND a.role = link.role
JOIN org o ON o.id = a.org_id
UNION ALL
SELECT {
        _columns(
            "pupil",
            ["p.id", "pupil.through", "o.id", "c.id"],
            [
                *_SCHOOL,
                *_NAME,
                "pupil.rights",
                "c.name",
                "a.starts",
                "a.ends",
                "e.starts",
                "e.ends",
                "pupil.ends",
            ],
            _SETTLED,
        )
    }
FROM pupil JOIN person p ON p.id = pupil.id
JOIN role_assignment a ON a.person_id = pupil.id AND a.role = 'student'
JOIN org o ON o.id = a.org_id
LEFT JOIN enrollment e ON e.student_id = pupil.id
  AND (e.ends IS NULL OR e.ends >= :yesterday) AND (e.starts IS NULL OR e.starts <= :tomorrow)
LEFT JOIN school_class c ON c.id = e.class_id AND c.school_id = o.id
UNION ALL
SELECT {_columns("course", ["t.course_id", "o.id"], [*_SCHOOL, "t.starts", "t.ends", "a.starts", "a.ends"])}
FROM link JOIN course_teacher t ON t.teacher_id = link.person_id AND link.role = 'teacher'
JOIN course ON course.id = t.course_id AND course.ended_on IS NULL
{_employed_at("course.school_id")}
UNION ALL
SELECT {_columns("course", ["s.course_id", "o.id"], [*_SCHOOL, "NULL", "NULL", "a.starts", "a.ends"])}
FROM link JOIN lesson_change s ON s.teacher_id = link.person_id AND link.role = 'teacher'
JOIN course ON course.id = s.course_id AND course.ended_on IS NULL
{_employed_at("course.school_id")}
WHERE (s.date BETWEEN :substituted_since AND :tomorrow) OR (s.new_date BETWEEN :substituted_since AND :tomorrow)
UNION ALL
SELECT {_columns("homeroom", ["c.id", "o.id"], [*_SCHOOL, "NULL", "NULL", "a.starts", "a.ends"])}
FROM link JOIN school_class c ON c.homeroom_teacher_id = link.person_id AND link.role = 'teacher'
{_employed_at("c.school_id")}
WHERE c.ended_on IS NULL
"""  # noqa: S608 - only our own column names are put together
).bindparams(
    sa.bindparam("bot", type_=sa.BigInteger()),
    sa.bindparam("user_id", type_=sa.BigInteger()),
    sa.bindparam("an_hour_ago", type_=UtcDateTime()),
    sa.bindparam("yesterday", type_=sa.Date()),
    sa.bindparam("tomorrow", type_=sa.Date()),
    sa.bindparam("substituted_since", type_=sa.Date()),
)


async def asker_rows(uow: UnitOfWork, messenger: str, bot: int, user_id: int) -> Sequence[sa.Row[Any]]:
    """The rows of one chat, dates loosened by a day either way for the schools' time zones. One statement."""
    today = uow.now.date()
    return await uow.rows(
        _STATEMENT,
        {
            "messenger": messenger,
            "bot": bot,
            "user_id": user_id,
            "an_hour_ago": uow.now - timedelta(hours=1),
            "yesterday": today - timedelta(days=1),
            "tomorrow": today + timedelta(days=1),
            "substituted_since": today - timedelta(days=DAYS_TO_FINISH + 1),
        },
    )
