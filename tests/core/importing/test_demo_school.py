"""The demo school: the same every time, lively around today, with the cast that scripts rely on."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.migrate import migrate
from core.db.models import (
    Attachment,
    Attendance,
    Course,
    Enrollment,
    ExternalId,
    Guardianship,
    Homework,
    Mark,
    MealAccount,
    MealTransaction,
    Org,
    Person,
    SchoolClass,
)
from core.db.uow import UnitOfWork
from core.domain.rights import GuardianRights
from core.files import FileStore, identify
from core.importing.demo import is_demo, make_demo_school
from tests.cast import NOW
from tests.support.conversation import Stage


async def test_the_same_seed_makes_the_same_school(tmp_path: Path) -> None:
    fingerprints = []
    for number in range(2):
        database = Database(f"sqlite+aiosqlite:///{tmp_path / f'{number}.db'}")
        await migrate(database)
        await make_demo_school(database, around=NOW, pupils_in_class=5)
        async with UnitOfWork(database, FrozenClock(NOW)) as uow:
            people = await uow.rows(sa.select(Person.given, Person.family).order_by(Person.id))
            marks = await uow.rows(sa.select(Mark.student_id, Mark.value).order_by(Mark.id))
        fingerprints.append((people, marks))
        await database.close()
    assert fingerprints[0] == fingerprints[1]


async def test_the_school_is_whole_and_its_cast_is_there(database: Database, clock: FrozenClock) -> None:
    assert await is_demo(database) is False, "an empty school may be a real one"
    assert await is_demo(database) is False, "an empty school may be a real one"
    await make_demo_school(database, around=NOW)
    assert await is_demo(database) is True
    async with UnitOfWork(database, clock) as uow:

        async def count(table: type) -> int:
            return int(await uow.value(sa.select(sa.func.count()).select_from(table)))

        assert await count(SchoolClass) == 12
        pupils = await count(MealAccount)
        assert 280 <= pupils <= 320
        assert await count(Mark) > 5_000
        assert await count(Attendance) > 200
        assert await count(Homework) > 200
        rows = await uow.rows(
            sa.select(ExternalId.external_id, Person.given, Person.family).join(
                Person, Person.id == ExternalId.target_id
            )
        )
        named = {row.external_id: f"{row.given} {row.family}" for row in rows}
        assert named["mother"] == "Anna Petrova"
        assert named["student"] == "Ivan Petrov"
        assert {
            "father",
            "teacher",
            "homeroom",
            "head",
            "admin",
            "secretary",
            "canteen",
            "stranger-mother",
        } <= set(named)
        assert {"Alexei Smirnov", "Dmitri Smirnov"} <= set(named.values())
        locales = {row[0] for row in await uow.rows(sa.select(Person.locale).distinct())}
        assert {None, "ru", "th"} <= locales
        assert (
            await uow.value(
                sa.select(sa.func.count())
                .select_from(Guardianship)
                .where(Guardianship.rights == GuardianRights.READ)
            )
        ) == 2
        balances = await uow.rows(
            sa.select(MealAccount.balance, sa.func.coalesce(sa.func.sum(MealTransaction.amount), 0))
            .outerjoin(MealTransaction, MealTransaction.account_id == MealAccount.id)
            .group_by(MealAccount.id, MealAccount.balance)
        )
        assert all(balance == total for balance, total in balances), (
            "a balance is the sum of its transactions"
        )


async def test_no_two_in_a_class_are_called_alike_and_russian_families_have_patronymics(
    tmp_path: Path,
) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'demo.db'}")
    await migrate(database)
    await make_demo_school(database, around=NOW)
    async with UnitOfWork(database, FrozenClock(NOW)) as uow:
        pupils = await uow.rows(
            sa.select(Enrollment.class_id, Person.family, Person.given, Person.middle, Person.locale).join(
                Person, Person.id == Enrollment.student_id
            )
        )
    names = Counter((row.class_id, row.family, row.given) for row in pupils)
    assert [name for name, count in names.items() if count > 1] == []
    russian = [row.middle for row in pupils if row.locale == "ru"]
    assert russian
    assert all(middle.endswith(("вич", "вна", "чна", "ьич")) for middle in russian), set(russian)
    await database.close()


async def test_7a_has_files_to_open_in_its_homework(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'demo.db'}")
    await migrate(database)
    files = FileStore(tmp_path / "files")
    await make_demo_school(database, around=NOW, pupils_in_class=3, files=files)
    async with UnitOfWork(database, FrozenClock(NOW)) as uow:
        rows = await uow.rows(
            sa.select(Attachment.name, Attachment.media_type, Attachment.sha256, SchoolClass.name.label("of"))
            .join(Homework, Homework.id == Attachment.homework_id)
            .join(Course, Course.id == Homework.course_id)
            .join(SchoolClass, SchoolClass.id == Course.class_id)
            .where(Attachment.sha256 != "")
        )
    assert {row.of for row in rows} == {"7A"}
    assert {row.media_type for row in rows} == {"application/pdf", "text/plain"}
    for row in rows:
        assert identify(files.read(row.sha256), row.name).media_type == row.media_type
    await database.close()


@pytest.mark.parametrize(
    "around",
    [
        datetime(2026, 11, 24, 6, 10, tzinfo=UTC),
        datetime(2027, 1, 3, 9, 0, tzinfo=UTC),
        datetime(2027, 7, 15, 9, 0, tzinfo=UTC),
        datetime(2026, 9, 1, 5, 0, tzinfo=UTC),
        datetime(2028, 2, 29, 20, 59, tzinfo=UTC),
    ],
)
async def test_it_answers_on_any_day_of_the_year(tmp_path: Path, around: datetime) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'demo.db'}")
    await migrate(database)
    clock = FrozenClock(around)
    await make_demo_school(database, around=around, pupils_in_class=3)
    stage = Stage(database, clock)
    from core.actions.web_sessions import enter_as
    from core.domain.kinds import Messenger
    from core.queries.invitable import person_by_external_id

    stage.channel.messenger, stage.channel.bot_id = Messenger.WEB, 1
    async with UnitOfWork(database, clock) as uow:
        mother = await person_by_external_id(uow, "mother")
        await enter_as(uow, mother, "test")
    user = stage.user(int(mother))
    for command in ("/grades", "/homework", "/schedule", "/attendance", "/meals", "/children"):
        answer = await user.send(command)
        clock.move(timedelta(seconds=1))
        assert "Something went wrong" not in answer.text
        assert len(answer.text) > 20
    await database.close()


async def test_at_the_set_moment_the_teachers_algebra_with_7a_is_on(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'demo.db'}")
    await migrate(database)
    await make_demo_school(database, around=NOW, pupils_in_class=3)
    from core.access import load_actor
    from core.actions.web_sessions import WEB_BOT, enter_as
    from core.db.conversation import ChatKey
    from core.domain.kinds import Messenger
    from core.queries.invitable import person_by_external_id
    from core.queries.schedule import own_lessons

    async with UnitOfWork(database, FrozenClock(NOW)) as uow:
        teacher = await person_by_external_id(uow, "teacher")
        await enter_as(uow, teacher, "test")
        _, actor = await load_actor(uow, ChatKey(Messenger.WEB, WEB_BOT, int(teacher)))
        today = NOW.date()
        plan = await own_lessons(uow, actor, since=today, until=today)
        now = NOW.astimezone(plan.school.zone).time()
        (on,) = [
            one for one in plan.on(today).lessons if one.starts and one.ends and one.starts <= now < one.ends
        ]
        assert (on.subject, on.class_name) == ("Algebra", "7A")
        assert await uow.value(sa.select(sa.func.count()).select_from(Org)) == 1
    await database.close()
