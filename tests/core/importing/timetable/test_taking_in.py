"""A timetable taken in: into nothing, and over what a school has; what ends, what is asked, and what is never touched."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import (
    AuditEntry,
    BellPeriod,
    BellSchedule,
    Course,
    CourseEnrollment,
    CourseTeacher,
    Mark,
    Org,
    Person,
    RoleAssignment,
    SchoolClass,
    Subject,
    TimetableSlot,
)
from core.db.models import Lesson as GivenLesson
from core.db.uow import UnitOfWork
from core.domain.kinds import WeekParity
from core.domain.rights import Role
from core.errors import UnreadableFile
from core.importing.importer import Asked
from core.importing.timetable import IMPORTER
from core.queries.schedule import own_lessons
from tests.cast import Cast, actor_of
from tests.support.registers import rows
from tests.support.statements import Statements
from tests.support.timetables import (
    LESSONS,
    Lesson,
    asc,
    fet,
    figures,
    gpu001,
    gpu002,
    look,
    take_in,
    write,
    write_zip,
)

YESTERDAY = date(2026, 11, 23)
TODAY = date(2026, 11, 24)
one_database = pytest.mark.parametrize("database_kind", ["sqlite"])

_SLOTS = (
    sa.select(
        Subject.name,
        SchoolClass.name,
        TimetableSlot.weekday,
        TimetableSlot.period,
        TimetableSlot.room,
        TimetableSlot.valid_from,
        TimetableSlot.valid_to,
    )
    .join(Course, Course.id == TimetableSlot.course_id)
    .join(Subject, Subject.id == Course.subject_id)
    .outerjoin(SchoolClass, SchoolClass.id == Course.class_id)
    .order_by(Subject.name, SchoolClass.name, TimetableSlot.weekday, TimetableSlot.period, TimetableSlot.id)
)


async def counted(database: Database, clock: FrozenClock, *tables: Any) -> list[int]:
    """How many rows each table has."""
    async with UnitOfWork(database, clock) as uow:
        return [int(await uow.value(sa.select(sa.func.count()).select_from(table))) for table in tables]


def named(outcome: Any, *words: str) -> bool:
    """Whether a note holds all of these words."""
    return any(all(word in note for word in words) for note in outcome.notes)


@pytest.mark.parametrize("write_it", ["fet", "asc", "untis"])
async def test_an_empty_database_gets_the_school_of_the_file(
    database: Database, clock: FrozenClock, tmp_path: Path, write_it: str
) -> None:
    paths = {
        "fet": lambda: write(tmp_path / "a.fet", fet()),
        "asc": lambda: write(tmp_path / "Hill School.xml", asc()),
        "untis": lambda: write_zip(
            tmp_path / "Hill School.zip", {"GPU001.TXT": gpu001(), "GPU002.TXT": gpu002()}
        ),
    }
    path = paths[write_it]()
    first = await look(database, clock, path, timezone="Asia/Bangkok")
    assert await counted(database, clock, Org, Person, TimetableSlot) == [0, 0, 0]
    done = await take_in(database, clock, path, timezone="Asia/Bangkok")
    assert figures(first) == figures(done)
    assert {kind: one[0] for kind, one in figures(done).items()} == {
        "schools and districts": 1,
        "bell schedules": 1,
        "periods of bell schedules": 4 if write_it != "asc" else 7,
        "people": 2,
        "roles": 2,
        "homeroom classes": 3,
        "subjects": 3,
        "courses": 4,
        "teachers of courses": 4,
        "lessons of the week": 6,
    }
    assert await rows(database, clock, sa.select(Org.name, Org.timezone)) == [("Hill School", "Asia/Bangkok")]
    assert [one[:5] for one in await rows(database, clock, _SLOTS)] == [
        ("Algebra", "7A", 2, 1, "101"),
        ("Algebra", "7A", 4, 2, "101"),
        ("Literature", "7A", 1, 1, "202"),
        ("Literature", "7A", 2, 2, "202"),
        ("Maths", "3B", 2, 3, "303"),
        ("Maths", "5A", 2, 4, "404"),
    ]
    again = await take_in(database, clock, path)
    assert again.is_empty
    assert figures(again) == {"lessons of the week": (0, 0, 0, 6)}
    assert await counted(database, clock, AuditEntry) == [1]


async def test_a_school_keeps_its_people_courses_and_bells_and_gets_what_is_new(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    before = await counted(database, clock, Person, SchoolClass, Subject, Course, CourseTeacher, BellSchedule)
    done = await take_in(database, clock, write(tmp_path / "a.fet", fet()), school=cast.school_id)
    assert not done.questions
    assert figures(done) == {"lessons of the week": (2, 0, 0, 4)}
    assert (
        await counted(database, clock, Person, SchoolClass, Subject, Course, CourseTeacher, BellSchedule)
        == before
    )
    async with UnitOfWork(database, clock) as uow:
        plan = await own_lessons(
            uow, await actor_of(uow, cast, "teacher"), since=TODAY, until=date(2026, 11, 26)
        )
        lessons = [one for day in (24, 25, 26) for one in plan.on(date(2026, 11, day)).lessons]
        assert [(one.on.day, one.period, one.subject, one.room) for one in lessons] == [
            (24, 1, "Algebra", "101"),
            (26, 2, "Algebra", "101"),
        ]


async def test_a_new_timetable_ends_the_old_one_at_its_first_day_and_given_lessons_stay(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    given = await counted(database, clock, GivenLesson, Mark)
    lessons = [Lesson("Algebra", "Sokolova Olga", "7A", ((1, 1), (2, 1)), "999")]
    path = write(tmp_path / "a.fet", fet(lessons))
    done = await take_in(database, clock, path, school=cast.school_id, starts="2026-12-01")
    assert figures(done) == {"lessons of the week": (2, 0, 4, 0)}
    assert named(done, "These classes have lessons now and none in the file", "3B, 5A")
    assert await counted(database, clock, GivenLesson, Mark) == given
    last, first = date(2026, 11, 30), date(2026, 12, 1)
    assert [one[:4] + one[5:] for one in await rows(database, clock, _SLOTS)] == [
        ("Algebra", "7A", 2, 1, None, last),
        ("Algebra", "7A", 2, 1, first, None),
        ("Algebra", "7A", 3, 1, first, None),
        ("Literature", "7A", 2, 2, None, last),
        ("Maths", "3B", 2, 3, None, last),
        ("Maths", "5A", 2, 4, None, last),
    ]
    assert (await take_in(database, clock, path, school=cast.school_id, starts="2026-12-01")).is_empty
    # A better one for the same day: what was only to begin goes without a trace, a room changes in its place.
    better = [Lesson("Algebra", "Sokolova Olga", "7A", ((1, 1),), "101"), *LESSONS[2:]]
    path = write(tmp_path / "b.fet", fet(better))
    done = await take_in(database, clock, path, school=cast.school_id, starts="2026-12-01")
    assert figures(done) == {"lessons of the week": (2, 1, 1, 0)}
    # Without a day the one to come is meant.
    assert (await take_in(database, clock, path, school=cast.school_id)).is_empty
    # And earlier than was thought.
    done = await take_in(database, clock, path, school=cast.school_id, starts="2026-11-25")
    assert figures(done) == {"lessons of the week": (0, 3, 4, 0)}


@one_database
async def test_without_a_day_it_holds_from_today_and_in_the_holidays_from_the_next_term(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.fet", fet())
    assert named(await look(database, clock, path, school=cast.school_id), "holds from 2026-11-24")
    clock.move(timedelta(days=-27))
    assert named(await look(database, clock, path, school=cast.school_id), "holds from 2026-11-02")
    with pytest.raises(UnreadableFile, match="'soon' is no date; write 2026-09-01"):
        await look(database, clock, path, school=cast.school_id, starts="soon")


async def test_what_has_no_sure_match_is_asked_about_and_nothing_is_written_before(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    lessons = [
        Lesson("Algebra", "Sokoleva O.", "7 а", ((1, 1),)),
        Lesson("Algebr", "Orlova", "7B", ((1, 2),)),
        Lesson("Chemistry", "Zimin", "7B", ((1, 3),)),
    ]
    path = write(tmp_path / "a.fet", fet(lessons))
    seen = await look(database, clock, path, school=cast.school_id)
    asked = {one.key: one for one in seen.questions}
    olga, boris = (f"#{cast[name].person_id}" for name in ("teacher", "homeroom"))
    # 7 а is 7A, whatever its alphabet, and Chemistry and 7B are like nothing here; Zimin may be any.
    assert {key: (one.answer, one.must) for key, one in asked.items()} == {
        "teacher:Sokoleva O.": ("", True),
        "teacher:Orlova": ("", True),
        "teacher:Zimin": ("", True),
        "class:7B": ("new", False),
        "subject:Algebr": ("", True),
        "subject:Chemistry": ("new", False),
    }
    assert [value for value, _ in asked["teacher:Sokoleva O."].candidates][:3] == [olga, "new", "none"]
    assert (boris, "Boris Orlov") in asked["teacher:Orlova"].candidates
    with pytest.raises(UnreadableFile, match="4 questions must be answered first"):
        await take_in(database, clock, path, school=cast.school_id)
    assert await counted(database, clock, AuditEntry) == [0]
    answers = "teacher:Sokoleva O.=teacher\nteacher:Orlova=new\nsubject:Algebr=Algebra\nteacher:Zimin=none"
    done = await take_in(database, clock, path, school=cast.school_id, answers=answers)
    assert {kind: one[0] for kind, one in figures(done).items() if one[0]} == {
        "people": 1,
        "roles": 1,
        "homeroom classes": 1,
        "subjects": 1,
        "courses": 2,
        "teachers of courses": 1,
        "lessons of the week": 2,
    }
    assert await rows(
        database,
        clock,
        sa.select(CourseTeacher.teacher_id).where(CourseTeacher.course_id == cast.courses["algebra_7a"]),
    ) == [(cast["teacher"].person_id,)]


@one_database
async def test_answers_that_mean_nothing_are_told_and_asked_again(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.fet", fet([Lesson("Algebra", "Orlova", "7A", ((1, 1),))]))
    seen = await look(database, clock, path, school=cast.school_id, answers="teacher:Orlova=#999999")
    assert [(one.key, one.answer) for one in seen.questions] == [("teacher:Orlova", "")]
    assert named(seen, "'#999999' is no answer to 'teacher:Orlova'")
    # Not even by number is somebody of another school, or a pupil, a teacher here.
    for name in ("other_admin", "ivan"):
        answers = f"teacher:Orlova=#{cast[name].person_id}"
        seen = await look(database, clock, path, school=cast.school_id, answers=answers)
        assert [one.answer for one in seen.questions] == [""]
    assert (await look(database, clock, path, school=cast.school_id, new="1")).questions[0].answer == "new"


@one_database
async def test_two_of_the_file_are_never_both_one_of_ours(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    lessons = [
        Lesson("Algebra", "Sokolova Olga", "7A", ((1, 1),)),
        Lesson("Maths", "Sokolova", "5A", ((1, 2),)),
    ]
    seen = await look(database, clock, write(tmp_path / "a.fet", fet(lessons)), school=cast.school_id)
    assert [one.key for one in seen.questions if one.must] == ["teacher:Sokolova Olga", "teacher:Sokolova"]


@one_database
async def test_a_name_in_the_other_alphabet_or_with_initials_is_sure(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    lessons = [
        Lesson("Algebra", "Соколова О.", "7A", ((1, 1),)),
        Lesson("Literature", "Orlov B.", "7A", ((1, 2),)),
    ]
    seen = await look(database, clock, write(tmp_path / "a.fet", fet(lessons)), school=cast.school_id)
    assert not seen.questions


@one_database
async def test_a_register_s_id_or_an_address_is_sure(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    async with UnitOfWork(database, clock) as uow, uow.writing():
        of_boris = Person.id == cast["homeroom"].person_id
        await uow.write(sa.update(Person).where(of_boris).values(email="boris@mail.example"))
    lessons = [Lesson("Algebra", "Somebody", "7A", ((1, 1),)), Lesson("Maths", "Else", "5A", ((1, 2),))]
    more = {"Somebody": 'partner_id="teacher"', "Else": 'email="Boris@mail.example"'}
    path = write(tmp_path / "a.xml", asc(lessons, teachers=more))
    assert not (await look(database, clock, path, school=cast.school_id)).questions


@one_database
async def test_only_the_school_that_is_meant_is_touched(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.fet", fet([Lesson("Algebra", "Sokolova Olga", "7A", ((1, 1),))]))
    with pytest.raises(UnreadableFile, match="Which school is this timetable for"):
        await look(database, clock, path)
    with pytest.raises(UnreadableFile, match="There is no school with the number 999"):
        await look(database, clock, path, school=999)
    before = await rows(database, clock, _SLOTS)
    done = await take_in(database, clock, path, school=cast.other_school_id)
    # Nobody of the one school is anybody in the other.
    assert figures(done)["people"] == (1, 0, 0, 0)
    assert figures(done)["courses"] == (1, 0, 0, 0)
    assert [one for one in await rows(database, clock, _SLOTS) if one[5] is None] == before
    named_so = write(tmp_path / "b.fet", fet(school="riverside school"))
    assert not (await look(database, clock, named_so)).questions


@one_database
async def test_a_new_course_of_a_whole_class_has_its_pupils_and_one_of_a_part_has_none(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    lessons = [
        Lesson("Physics", "Sokolova Olga", "7A", ((1, 1),)),
        Lesson("Sport", "Sokolova Olga", "boys", ((1, 2),)),
    ]
    path = write(tmp_path / "a.xml", asc(lessons, groups=[("boys", "7A")]))
    done = await take_in(database, clock, path, school=cast.school_id)
    assert named(done, "New courses for parts of classes: 1")
    taught = await rows(
        database,
        clock,
        sa.select(Subject.name, Course.name, CourseEnrollment.student_id, CourseEnrollment.starts)
        .join(Course, Course.subject_id == Subject.id)
        .outerjoin(CourseEnrollment, CourseEnrollment.course_id == Course.id)
        .where(Subject.name.in_(("Physics", "Sport")))
        .order_by(Subject.name, CourseEnrollment.student_id),
    )
    assert taught == [
        ("Physics", "", cast["ivan"].person_id, TODAY),
        ("Physics", "", cast["alexei"].person_id, TODAY),
        ("Sport", "boys", None, None),
    ]
    assert (await take_in(database, clock, path, school=cast.school_id)).is_empty


@one_database
async def test_another_teacher_gets_the_course_and_who_had_it_by_a_timetable_gives_it_up(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    async def teachers() -> Sequence[Any]:
        return await rows(
            database,
            clock,
            sa.select(Person.family, CourseTeacher.ends)
            .join(Person, Person.id == CourseTeacher.teacher_id)
            .where(CourseTeacher.course_id == cast.courses["algebra_7a"])
            .order_by(CourseTeacher.id),
        )

    first = write(tmp_path / "a.fet", fet([Lesson("Algebra", "Orlov Boris", "7A", ((1, 1),))]))
    done = await take_in(database, clock, first, school=cast.school_id)
    assert named(done, "Olga Sokolova teaches Algebra · 7A at the school, but not in the file")
    assert await teachers() == [("Sokolova", None), ("Orlov", None)]
    assert (await take_in(database, clock, first, school=cast.school_id)).is_empty
    second = write(tmp_path / "b.fet", fet([Lesson("Algebra", "Sokolova Olga", "7A", ((1, 1),))]))
    await take_in(database, clock, second, school=cast.school_id)
    assert await teachers() == [("Sokolova", None), ("Orlov", YESTERDAY)]
    assert (await take_in(database, clock, second, school=cast.school_id)).is_empty
    await take_in(database, clock, first, school=cast.school_id)
    assert await teachers() == [("Sokolova", None), ("Orlov", None)]


@one_database
async def test_several_courses_that_fit_are_asked_about(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    async with UnitOfWork(database, clock) as uow, uow.writing():
        values = (await uow.rows(sa.select(Course.__table__).where(Course.id == cast.courses["algebra_7a"])))[
            0
        ]._mapping
        twin = await uow.insert(Course, **{name: value for name, value in values.items() if name != "id"})
        await uow.insert(CourseTeacher, course_id=twin, teacher_id=cast["teacher"].person_id)
    path = write(tmp_path / "a.fet", fet(LESSONS[:1]))
    seen = await look(database, clock, path, school=cast.school_id)
    assert [(one.key, one.must, one.answer) for one in seen.questions] == [("course:Algebra|7A", True, "")]
    answers = f"course:Algebra|7A=#{twin}"
    done = await take_in(database, clock, path, school=cast.school_id, answers=answers)
    assert figures(done)["lessons of the week"] == (2, 0, 4, 0)


@one_database
async def test_a_course_that_a_register_brought_is_known_by_its_pupils(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    async with UnitOfWork(database, clock) as uow, uow.writing():
        # OneRoster ties no course to a class.
        await uow.write(
            sa.update(Course)
            .where(Course.id == cast.courses["algebra_7a"])
            .values(class_id=None, name="ALG-7")
        )
    done = await take_in(database, clock, write(tmp_path / "a.fet", fet(LESSONS)), school=cast.school_id)
    assert figures(done) == {"lessons of the week": (2, 0, 0, 4)}


@one_database
async def test_bells_are_the_file_s_else_the_school_s_else_usual_ones(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    plain = write(tmp_path / "a.fet", fet(hours=[f"Lesson {n}" for n in range(1, 9)]))
    seen = await take_in(database, clock, plain, school=cast.school_id)
    assert named(seen, "keep those of the bell schedule “Usual”")
    assert named(seen, "had no times for these periods", "7 (14:00–14:45), 8 (14:55–15:40)")
    assert await counted(database, clock, BellSchedule, BellPeriod) == [1, 8]
    timed = write(tmp_path / "a.xml", asc())
    await take_in(database, clock, timed, school=cast.school_id)
    assert await rows(database, clock, sa.select(BellSchedule.name).order_by(BellSchedule.id)) == [
        ("Usual",),
        ("2026-11-24",),
    ]
    other = await look(database, clock, plain, school=cast.other_school_id)
    assert named(other, "usual ones were made, to be changed: 1 (08:30–09:15)")


@one_database
async def test_what_is_odd_is_remarked_and_taken_in(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    lessons = [
        *LESSONS,
        Lesson("Algebra", "Sokolova Olga", "5A", ((1, 1),)),
        Lesson("Algebra", "Sokolova Olga", "3B"),
        Lesson("Literature", "Orlov Boris", "3B", ((4, 4),), length=2),
    ]
    done = await take_in(database, clock, write(tmp_path / "a.fet", fet(lessons)), school=cast.school_id)
    assert named(
        done, "Sokolova Olga has several lessons at once (day 2, period 1): Algebra · 7A; Algebra · 5A."
    )
    assert named(done, "8 of 9 lessons have a place in the week; without one: 1")
    assert named(done, "Not in the timetable, for they have no place: Algebra · 3B (1)")
    assert any("the lesson lasts longer than the day" in str(one) for one in done.problems)


@one_database
async def test_odd_and_even_weeks_are_kept(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    lessons = [
        Lesson("Algebra", "Sokolova Olga", "7A", ((1, 1),), weeks="10"),
        Lesson("Literature", "Orlov Boris", "7A", ((1, 1),), weeks="01"),
    ]
    done = await take_in(database, clock, write(tmp_path / "a.xml", asc(lessons)), school=cast.school_id)
    assert named(done, "Week A of the file is taken as the odd weeks")
    held = sa.select(TimetableSlot.parity).where(TimetableSlot.valid_to.is_(None)).order_by(TimetableSlot.id)
    assert await rows(database, clock, held) == [(WeekParity.ODD,), (WeekParity.EVEN,)]


@one_database
async def test_who_is_made_by_a_timetable_can_be_invited_as_a_teacher(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    await take_in(database, clock, write(tmp_path / "a.fet", fet()))
    assert await rows(
        database,
        clock,
        sa.select(Person.family, RoleAssignment.role)
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .order_by(Person.family),
    ) == [("Orlov Boris", Role.TEACHER), ("Sokolova Olga", Role.TEACHER)]


@one_database
async def test_the_statements_do_not_grow_with_the_timetable(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    many = [Lesson(f"Subject {n}", f"Teacher{n}", f"{n % 9 + 1}C", ((n % 5, n % 4 + 1),)) for n in range(150)]
    counts = []
    for lessons in (LESSONS, many):
        path = write(tmp_path / "a.fet", fet(lessons))
        with Statements(database) as statements:
            await look(database, clock, path, school=cast.school_id)
        counts.append(len(statements.seen))
    assert counts[1] <= counts[0] + 20
    assert counts[0] <= 60


async def test_who_was_made_once_is_known_again_and_who_has_left_is_asked_about(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.fet", fet([*LESSONS, Lesson("Maths", "Orlova", "7A", ((2, 2),))]))
    answers = "teacher:Orlova=new"
    await take_in(database, clock, path, school=cast.school_id, answers=answers)
    again = await take_in(database, clock, path, school=cast.school_id, answers=answers)
    assert again.is_empty
    assert not (await look(database, clock, path, school=cast.school_id)).questions
    (made,) = (await rows(database, clock, sa.select(Person.id).where(Person.family == "Orlova")))[0]
    async with UnitOfWork(database, clock) as uow, uow.writing():
        of_her = RoleAssignment.person_id == made
        await uow.write(sa.update(RoleAssignment).where(of_her).values(ends=YESTERDAY))
    seen = await look(database, clock, path, school=cast.school_id)
    assert [(one.key, one.answer, one.must) for one in seen.questions] == [("teacher:Orlova", "", True)]
    assert seen.questions[0].candidates[0] == (f"#{made}", "Orlova")
    with pytest.raises(UnreadableFile, match="1 questions must be answered first"):
        await take_in(database, clock, path, school=cast.school_id)


@one_database
async def test_a_file_that_places_nothing_ends_nothing_and_one_of_little_must_be_meant(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    unplaced = [Lesson(one.subject, one.teacher, one.group) for one in LESSONS]
    done = await take_in(database, clock, write(tmp_path / "a.fet", fet(unplaced)), school=cast.school_id)
    assert done.is_empty
    assert named(done, "No lesson of the file has a place in the week", "stays as it is")
    week = [(day, period) for day in range(5) for period in range(1, 5)]
    full = [Lesson("Algebra", "Sokolova Olga", "7A", tuple(week))]
    await take_in(database, clock, write(tmp_path / "b.fet", fet(full)), school=cast.school_id)
    one_class = write(tmp_path / "c.fet", fet(LESSONS[1:]))
    before = await rows(database, clock, _SLOTS)
    seen = await look(database, clock, one_class, school=cast.school_id)
    assert seen.refused == "20 of 20 lessons of the week would end for being absent. Is the export whole?"
    assert seen.overrule == "end-most"
    with pytest.raises(UnreadableFile, match="Is the export whole"):
        await take_in(database, clock, one_class, school=cast.school_id)
    assert await rows(database, clock, _SLOTS) == before
    meant = {"end-most": "1"}
    done = await take_in(database, clock, one_class, school=cast.school_id, **meant)
    assert figures(done)["lessons of the week"] == (4, 0, 20, 0)


async def test_what_breaks_off_leaves_nothing_behind(
    database: Database, clock: FrozenClock, tmp_path: Path
) -> None:
    def on_step(what: str, _done: int, _total: int) -> None:
        if what == "lessons of the week":
            raise RuntimeError("the disk is full")

    path = write(tmp_path / "a.fet", fet())
    async with UnitOfWork(database, clock, via="test") as uow:
        prepared = await IMPORTER.read(uow, path, Asked())
        with pytest.raises(RuntimeError, match="the disk is full"):
            await prepared.apply(uow, on_step)
    assert await counted(database, clock, Org, Person, Course, BellSchedule, TimetableSlot) == [0] * 5


@one_database
async def test_short_names_that_say_nothing_may_be_anybody_whom_the_file_does_not_name(
    database: Database, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    path = write(tmp_path / "GPU001.TXT", gpu001([Lesson("ALG", "SO", "7A", ((1, 1),))]))
    seen = await look(database, clock, path, school=cast.school_id)
    asked = {one.key: one for one in seen.questions}
    assert {key: (one.answer, one.must) for key, one in asked.items()} == {
        "teacher:SO": ("", True),
        "subject:ALG": ("", True),
    }
    everybody = {value for value, _ in asked["teacher:SO"].candidates}
    assert {f"#{cast[name].person_id}" for name in ("teacher", "homeroom")} <= everybody
    assert f"#{cast['other_admin'].person_id}" not in everybody
    answers = f"teacher:SO=#{cast['teacher'].person_id}\nsubject:ALG=algebra"
    given = {"end-most": "1"}
    done = await take_in(database, clock, path, school=cast.school_id, answers=answers, **given)
    assert figures(done) == {"lessons of the week": (0, 0, 3, 1)}
