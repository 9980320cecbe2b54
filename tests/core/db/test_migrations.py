"""Migrations go up and down on both databases, and end where the models are."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.migrate import (
    MigrationRefused,
    altering,
    configuration,
    current_revision,
    migrate,
    newest_revision,
    revision_at,
)
from core.db.models import (
    AbsenceNotice,
    Attendance,
    AuditEntry,
    Base,
    BellSchedule,
    ChatLink,
    Enrollment,
    Homework,
    Lesson,
    LessonChange,
    Mark,
    MenuItem,
    SchoolClass,
    TermMark,
    TimetableSlot,
)
from core.db.uow import UnitOfWork
from core.domain.kinds import AttendanceKind, ChangeKind, TermMarkKind, WeekParity
from tests.cast import TODAY, Cast


def revisions() -> list[str]:
    """All of them, oldest first."""
    scripts = ScriptDirectory.from_config(configuration())
    return [script.revision for script in reversed(list(scripts.walk_revisions()))]


async def counts(database: Database) -> dict[str, int]:
    """How many rows each table has."""

    def count(connection: Connection) -> dict[str, int]:
        return {
            table: connection.execute(sa.select(sa.func.count()).select_from(sa.table(table))).scalar_one()
            for table in inspect(connection).get_table_names()
        }

    async with database.writer.connect() as connection:
        return await connection.run_sync(count)


async def test_each_migration_goes_up_and_down_and_up_again(database: Database) -> None:
    steps = revisions()
    await migrate(database, "base")
    assert await current_revision(database) is None
    before = "base"
    for step in steps:
        await migrate(database, step)
        await migrate(database, before)
        await migrate(database, step)
        assert await current_revision(database) == step
        before = step
    assert before == newest_revision()


async def test_going_all_the_way_down_leaves_no_table_behind(database: Database) -> None:
    await migrate(database, "base")
    async with database.writer.connect() as connection:
        left = await connection.run_sync(lambda c: inspect(c).get_table_names())
    assert set(left) <= {"alembic_version"}


async def test_the_newest_shape_is_that_of_the_models(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))

    async with database.writer.connect() as connection:
        assert await connection.run_sync(differences) == []


async def _counts(database: Database) -> dict[str, int]:
    """How many rows each table has that has any; older shapes lack some."""
    async with database.writer.connect() as connection:
        there = set(await connection.run_sync(lambda c: inspect(c).get_table_names()))
        counts = {
            table.name: (await connection.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()
            for table in Base.metadata.sorted_tables
            if table.name in there
        }
    return {name: count for name, count in counts.items() if count}


async def test_the_constraints_come_and_go_without_the_loss_of_a_row(database: Database, cast: Cast) -> None:
    before = await _counts(database)
    assert before["attendance"]
    await migrate(database, "0002")
    assert await _counts(database) == before
    await migrate(database)
    assert await _counts(database) == before


async def test_what_an_older_version_let_in_is_mended(
    database: Database, cast: Cast, clock: FrozenClock
) -> None:
    await migrate(database, "0002")
    later = TODAY + timedelta(days=1)
    course = {"course_id": cast.courses["algebra_7a"]}
    async with UnitOfWork(database, clock) as uow, uow.writing():
        of_mark = await uow.row(sa.select(Mark.id, Mark.student_id, Mark.assessment_id).order_by(Mark.id))
        assert of_mark is not None
        newer_mark = await uow.insert(
            Mark,
            student_id=of_mark.student_id,
            assessment_id=of_mark.assessment_id,
            value="5",
            recorded_at=uow.now,
        )
        years = [
            await uow.insert(
                TermMark,
                student_id=of_mark.student_id,
                kind=TermMarkKind.YEAR,
                value=value,
                recorded_at=uow.now,
                **course,
            )
            for value in ("3", "4")
        ]
        classes = [await uow.insert(SchoolClass, school_id=cast.school_id, name="9B") for _ in range(2)]
        bells = {"schedule_id": await uow.value(sa.select(BellSchedule.id)), "parity": WeekParity.EVERY}
        slots = [
            await uow.insert(TimetableSlot, weekday=5, period=1, room=room, **bells, **course)
            for room in ("old", "new")
        ]
        backwards = await uow.insert(
            TimetableSlot, weekday=5, period=2, valid_from=later, valid_to=TODAY, **bells, **course
        )
        left = await uow.insert(
            Enrollment,
            student_id=cast["maria"].person_id,
            class_id=cast.classes["7A"],
            starts=later,
            ends=TODAY,
        )
        notice = await uow.insert(
            AbsenceNotice,
            child_id=cast["ivan"].person_id,
            guardian_id=cast["mother"].person_id,
            starts=later,
            ends=TODAY,
            reported_at=uow.now,
        )
        lesson = await uow.insert(Lesson, date=TODAY, period=0, **course)
        absent = await uow.insert(
            Attendance,
            student_id=cast["ivan"].person_id,
            lesson_id=lesson,
            kind=AttendanceKind.ABSENT,
            minutes=10,
            recorded_at=uow.now,
        )
        work = await uow.insert(
            Homework, due_on=later, text="§1", minutes=-5, due_period=-1, recorded_at=uow.now, **course
        )
        dish = await uow.insert(
            MenuItem, school_id=cast.school_id, date=TODAY, meal="lunch", name="Tea", price=-1
        )
        moved = await uow.insert(
            LessonChange, date=TODAY, period=3, kind=ChangeKind.MOVED, new_date=later, **course
        )
    before = await _counts(database)
    await migrate(database)
    after = await _counts(database)
    assert {
        name: count - before.get(name, 0) for name, count in after.items() if before.get(name, 0) != count
    } == {
        "term_mark": -1,
        "timetable_slot": -2,
        "audit_entry": 1,
    }

    async with UnitOfWork(database, clock) as uow:

        async def of(table: type[Any], row_id: int, *columns: str) -> tuple[Any, ...]:
            row = await uow.row(
                sa.select(*(table.__table__.c[name] for name in columns)).where(table.id == row_id)
            )
            return tuple(row) if row is not None else ()

        withdrawn_at, why = await of(Mark, of_mark.id, "withdrawn_at", "withdrawn_why")
        assert withdrawn_at is not None
        assert why == "given twice"
        assert await of(Mark, newer_mark, "withdrawn_at") == (None,)
        assert [await of(TermMark, one, "value") for one in years] == [(), ("4",)]
        assert [await of(SchoolClass, one, "name") for one in classes] == [("9B",), (f"9B ({classes[1]})",)]
        assert [await of(TimetableSlot, one, "room") for one in (*slots, backwards)] == [(), ("new",), ()]
        assert await of(Enrollment, left, "starts", "ends") == (TODAY, TODAY)
        assert await of(AbsenceNotice, notice, "starts", "ends") == (TODAY, later)
        assert await of(Attendance, absent, "minutes") == (None,)
        assert await of(Homework, work, "minutes", "due_period") == (None, None)
        assert await of(MenuItem, dish, "price") == (None,)
        assert await of(LessonChange, moved, "new_date", "new_period") == (later, 3)
        told = await uow.row(
            sa.select(AuditEntry.before, AuditEntry.after).where(AuditEntry.action == "journal.mended")
        )
    assert told is not None
    assert {one["value"] for one in told.before["term_mark"]} == {"3"}
    assert {one["id"] for one in told.before["timetable_slot"]} == {slots[0], backwards}
    assert told.after == {
        **dict.fromkeys(("mark", "school_class", "enrollment", "absence_notice", "attendance"), 1),
        "homework": 2,
        "menu_item": 1,
        "lesson_change": 1,
    }


async def test_a_lesson_that_only_the_school_can_place_is_refused_and_named(
    database: Database, cast: Cast, clock: FrozenClock
) -> None:
    await migrate(database, "0002")
    async with UnitOfWork(database, clock) as uow, uow.writing():
        lesson = await uow.insert(Lesson, course_id=cast.courses["algebra_7a"], date=TODAY, period=-1)
    with pytest.raises(MigrationRefused, match=f"rows {lesson} of the table lesson"):
        await migrate(database)
    assert await current_revision(database) == "0002"
    async with UnitOfWork(database, clock) as uow, uow.writing():
        await uow.write(sa.delete(Lesson).where(Lesson.id == lesson))
    await migrate(database)


async def test_the_stairs_keep_everybody_and_all_they_have(database: Database, cast: Cast) -> None:
    before = await counts(database)
    assert before["person"] == len(cast.members)
    kept = before
    for step in reversed(revisions()[:-1]):
        await migrate(database, step)
        now = await counts(database)
        kept = {table: rows for table, rows in kept.items() if table in now}
        assert now == kept, step
    assert kept["mark"]
    assert kept["chat_link"]
    await migrate(database)
    assert {table: rows for table, rows in (await counts(database)).items() if table in kept} == kept


async def test_making_a_table_anew_keeps_the_rows_that_point_at_it(database: Database, cast: Cast) -> None:
    before = await counts(database)
    assert before["guardianship"]

    def make_anew(connection: Connection) -> None:
        context = MigrationContext.configure(connection)
        # On PostgreSQL columns are altered in place; SQLite has no other way than this.
        recreate: Literal["always", "never"] = "always" if database.is_sqlite else "never"
        with Operations(context).batch_alter_table("person", recreate=recreate) as table:
            table.add_column(sa.Column("shoe_size", sa.Integer(), nullable=True))

    async with altering(database) as connection:
        await connection.run_sync(make_anew)
    assert await counts(database) == before


async def test_a_migration_that_leaves_orphans_is_undone(tmp_path: Path, clock: FrozenClock) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'orphans.db'}")
    await migrate(database)
    with pytest.raises(RuntimeError, match="point at nothing: 2, in chat_link"):
        async with altering(database) as connection:
            await connection.execute(
                sa.insert(ChatLink).values(chat_id=77, person_id=77, linked_at=clock.now())
            )
    assert (await counts(database))["chat_link"] == 0
    async with database.writer.connect() as connection:
        assert (await connection.exec_driver_sql("PRAGMA foreign_keys")).scalar_one() == 1
    await database.close()


async def test_asking_for_the_shape_of_a_database_that_is_not_there_makes_none(tmp_path: Path) -> None:
    path = tmp_path / "var" / "none.db"
    assert await revision_at(f"sqlite+aiosqlite:///{path}") is None
    assert not path.parent.exists()


async def test_the_shape_of_a_database_is_told(database: Database) -> None:
    url = database.url.render_as_string(hide_password=False)
    assert await revision_at(url) == newest_revision()
