"""Constraints that keep the journal true.

What an older version let in is mended first, and what cannot be is refused with the rows named:

- of two open marks of a pupil for one assessment the older is withdrawn ("given twice"); of two year's, exam or final
  marks in a course, and of two rows for one place in the timetable, the older is deleted;
- a class without a year that has another's name gets its number behind the name;
- who left before the first day came and went on the last; a timetable row that was over before it began is deleted; an
  absence reported backwards is turned round;
- minutes of anything but "late", and minutes, prices and homework's periods below zero, are dropped;
- a moved lesson without a new day or period keeps its own, as the timetable has shown it so far;
- a period below zero is refused: nobody but the school knows which lesson is meant.

An audit entry tells what was mended, deleted rows whole. On SQLite the checks are written into the tables' definitions
as https://www.sqlite.org/lang_altertable.html (section 7) describes for changes that touch no row: copying a table would
take its children along while foreign keys are on.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from core.db.migrate import MigrationRefused

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

CHECKS = {
    'role_assignment': {'in_order': 'starts <= ends'},
    'enrollment': {'in_order': 'starts <= ends'},
    'course_teacher': {'in_order': 'starts <= ends'},
    'course_enrollment': {'in_order': 'starts <= ends'},
    'absence_notice': {'in_order': 'starts <= ends'},
    'bell_period': {'number': 'number >= 0'},
    'timetable_slot': {'in_order': 'valid_from <= valid_to', 'period': 'period >= 0'},
    'lesson': {'period': 'period >= 0'},
    'lesson_change': {
        'period': 'period >= 0',
        'new_period': 'new_period >= 0',
        'moved_to_somewhere': "kind <> 'moved' OR (new_date IS NOT NULL AND new_period IS NOT NULL)",
    },
    'attendance': {'minutes': "minutes IS NULL OR (kind = 'late' AND minutes >= 0)"},
    'homework': {'minutes': 'minutes >= 0', 'due_period': 'due_period >= 0'},
    'menu_item': {'price': 'price >= 0'},
}
UNIQUE = {
    'mark': [('uq_mark_open', ['student_id', 'assessment_id'], 'withdrawn_at IS NULL')],
    'term_mark': [('uq_term_mark_without_term', ['student_id', 'course_id', 'kind'], 'term_id IS NULL')],
    'school_class': [('uq_school_class_without_year', ['school_id', 'name'], 'year_id IS NULL')],
    'timetable_slot': [
        ('uq_timetable_slot_from', ['course_id', 'weekday', 'period', 'parity', 'valid_from'], 'valid_from IS NOT NULL'),
        ('uq_timetable_slot_always', ['course_id', 'weekday', 'period', 'parity'], 'valid_from IS NULL'),
    ],
}
REFUSED = (
    ('bell_period', 'number < 0'),
    ('timetable_slot', 'period < 0'),
    ('lesson', 'period < 0'),
    ('lesson_change', 'period < 0 OR new_period < 0'),
)
MENDED = (
    ('mark', "withdrawn_at = CURRENT_TIMESTAMP, withdrawn_why = 'given twice'",
     'withdrawn_at IS NULL AND EXISTS (SELECT 1 FROM mark AS newer WHERE newer.withdrawn_at IS NULL'
     ' AND newer.student_id = mark.student_id AND newer.assessment_id = mark.assessment_id'
     ' AND (newer.recorded_at > mark.recorded_at OR (newer.recorded_at = mark.recorded_at AND newer.id > mark.id)))'),
    ('school_class', "name = name || ' (' || id || ')'",
     'year_id IS NULL AND EXISTS (SELECT 1 FROM school_class AS older WHERE older.year_id IS NULL'
     ' AND older.school_id = school_class.school_id AND older.name = school_class.name AND older.id < school_class.id)'),
    *((table, 'starts = ends', 'starts > ends')
      for table in ('role_assignment', 'enrollment', 'course_teacher', 'course_enrollment')),
    ('absence_notice', 'starts = ends, ends = starts', 'starts > ends'),
    ('attendance', 'minutes = NULL', "minutes IS NOT NULL AND (kind <> 'late' OR minutes < 0)"),
    ('homework', 'minutes = NULL', 'minutes < 0'),
    ('homework', 'due_period = NULL', 'due_period < 0'),
    ('menu_item', 'price = NULL', 'price < 0'),
    ('lesson_change', 'new_date = COALESCE(new_date, date), new_period = COALESCE(new_period, period)',
     "kind = 'moved' AND (new_date IS NULL OR new_period IS NULL)"),
)
DELETED = (
    ('term_mark', 'term_id IS NULL AND EXISTS (SELECT 1 FROM term_mark AS newer WHERE newer.term_id IS NULL'
     ' AND newer.student_id = term_mark.student_id AND newer.course_id = term_mark.course_id'
     ' AND newer.kind = term_mark.kind AND (newer.recorded_at > term_mark.recorded_at'
     ' OR (newer.recorded_at = term_mark.recorded_at AND newer.id > term_mark.id)))'),
    ('timetable_slot', 'valid_from > valid_to'),
    ('timetable_slot', 'EXISTS (SELECT 1 FROM timetable_slot AS newer WHERE newer.id > timetable_slot.id'
     ' AND newer.course_id = timetable_slot.course_id AND newer.weekday = timetable_slot.weekday'
     ' AND newer.period = timetable_slot.period AND newer.parity = timetable_slot.parity'
     ' AND (newer.valid_from = timetable_slot.valid_from'
     ' OR (newer.valid_from IS NULL AND timetable_slot.valid_from IS NULL)))'),
)


def upgrade() -> None:
    _refuse()
    _mend()
    for table, indexes in UNIQUE.items():
        for name, columns, where in indexes:
            op.create_index(
                name, table, columns, unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
            )
    for table, checks in CHECKS.items():
        if op.get_bind().dialect.name == 'sqlite':
            _rewrite(table, lambda sql: sql[: sql.rindex(')')].rstrip() + ''.join(_clauses(table, checks)) + '\n)')
        else:
            for name, condition in checks.items():
                op.create_check_constraint(op.f(f'ck_{table}_{name}'), table, condition)


def downgrade() -> None:
    for table, checks in CHECKS.items():
        if op.get_bind().dialect.name == 'sqlite':
            _rewrite(table, lambda sql: _without(sql, _clauses(table, checks)))
        else:
            for name in checks:
                op.drop_constraint(op.f(f'ck_{table}_{name}'), table, type_='check')
    for table, indexes in UNIQUE.items():
        for name, _columns, _where in indexes:
            op.drop_index(name, table)


def _refuse() -> None:
    for table, offence in REFUSED:
        ids = op.get_bind().execute(sa.text(f'SELECT id FROM {table} WHERE {offence} ORDER BY id')).scalars().all()
        if ids:
            named = ', '.join(str(number) for number in ids[:20])
            raise MigrationRefused(f'rows {named} of the table {table} have {offence}; mend or delete them, then start again')


def _mend() -> None:
    bind = op.get_bind()
    mended: dict[str, int] = {}
    deleted: dict[str, list[Any]] = {}
    for table, offence in DELETED:
        rows = bind.execute(sa.text(f'SELECT * FROM {table} WHERE {offence}')).mappings().all()
        if rows:
            deleted.setdefault(table, []).extend({name: _plain(value) for name, value in row.items()} for row in rows)
            bind.execute(sa.text(f'DELETE FROM {table} WHERE {offence}'))
    for table, change, offence in MENDED:
        count = bind.execute(sa.text(f'SELECT count(*) FROM {table} WHERE {offence}')).scalar_one()
        if count:
            mended[table] = mended.get(table, 0) + count
            bind.execute(sa.text(f'UPDATE {table} SET {change} WHERE {offence}'))
    if mended or deleted:
        bind.execute(
            sa.text(
                'INSERT INTO audit_entry (at, via, action, subject_kind, before, after)'
                " VALUES (CURRENT_TIMESTAMP, 'migration 0003', 'journal.mended', '', :before, :after)"
            ).bindparams(sa.bindparam('before', type_=sa.JSON()), sa.bindparam('after', type_=sa.JSON())),
            {'before': deleted, 'after': mended},
        )


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (int, str)) else str(value)


def _clauses(table: str, checks: dict[str, str]) -> list[str]:
    return [f', \n\tCONSTRAINT ck_{table}_{name} CHECK ({condition})' for name, condition in checks.items()]


def _without(sql: str, clauses: list[str]) -> str:
    for clause in clauses:
        sql = sql.replace(clause, '')
    return sql


def _rewrite(table: str, change: Any) -> None:
    bind = op.get_bind()
    before = bind.execute(sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :table"), {'table': table})
    version = bind.exec_driver_sql('PRAGMA schema_version').scalar_one()
    after = change(before.scalar_one())
    bind.exec_driver_sql('PRAGMA writable_schema = ON')
    bind.execute(
        sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :table"),
        {'sql': after, 'table': table},
    )
    bind.exec_driver_sql(f'PRAGMA schema_version = {version + 1}')
    bind.exec_driver_sql('PRAGMA writable_schema = OFF')
