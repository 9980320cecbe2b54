"""Whose homework it is: that of the pupils whom the course teaches when it is due, in every way to reach it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from core.actions.homework_ticks import tick_homework
from core.db.models import Attachment, CourseEnrollment
from core.db.uow import UnitOfWork
from core.errors import NotFound
from core.queries.homework import access_attachment, homework_for
from tests.cast import TODAY, Cast, actor_of

DUE = TODAY + timedelta(days=1)


@pytest.fixture
async def attachment(uow: UnitOfWork, cast: Cast) -> int:
    """A file of the algebra homework that is due tomorrow."""
    async with uow.writing():
        return await uow.insert(
            Attachment,
            homework_id=cast.homework["algebra_7a"],
            name="sheet.pdf",
            media_type="application/pdf",
            sha256="a" * 64,
        )


async def _ivan_is_taught(uow: UnitOfWork, cast: Cast, *, starts: date | None, ends: date | None) -> None:
    async with uow.writing():
        await uow.write(
            sa.update(CourseEnrollment)
            .where(
                CourseEnrollment.student_id == cast["ivan"].person_id,
                CourseEnrollment.course_id == cast.courses["algebra_7a"],
            )
            .values(starts=starts, ends=ends)
        )


async def _opens(uow: UnitOfWork, cast: Cast, attachment: int, who: str, of: str) -> bool:
    try:
        found = await access_attachment(uow, await actor_of(uow, cast, who), attachment, cast[of].person_id)
    except NotFound:
        return False
    return found.name == "sheet.pdf"


@pytest.mark.parametrize(
    ("starts", "ends", "is_his"),
    [
        (None, None, True),
        (None, DUE, True),
        (DUE, None, True),
        (None, DUE - timedelta(days=1), False),
        (DUE + timedelta(days=1), None, False),
    ],
)
async def test_files_ticks_and_lists_end_together_when_a_pupil_leaves_the_course(
    uow: UnitOfWork, cast: Cast, attachment: int, starts: date | None, ends: date | None, is_his: bool
) -> None:
    await _ivan_is_taught(uow, cast, starts=starts, ends=ends)
    ivan = cast["ivan"].person_id
    work = await homework_for(uow, await actor_of(uow, cast, "ivan"), ivan)
    assert (cast.homework["algebra_7a"] in {line.id for line in work.lines}) is is_his
    for who in ("ivan", "mother"):
        assert await _opens(uow, cast, attachment, who, "ivan") is is_his
    try:
        await tick_homework(
            uow, await actor_of(uow, cast, "ivan"), ivan, cast.homework["algebra_7a"], done=True
        )
    except NotFound:
        assert not is_his
    else:
        assert is_his


async def test_a_file_is_nobody_elses(uow: UnitOfWork, cast: Cast, attachment: int) -> None:
    assert await _opens(uow, cast, attachment, "stranger_mother", "alexei")
    for who in ("stranger_mother", "katya", "canteen", "other_admin"):
        assert not await _opens(uow, cast, attachment, who, "ivan")
    assert not await _opens(uow, cast, attachment, "mother", "maria")
