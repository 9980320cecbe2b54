"""Photos, documents, albums and links that teachers send: kept once, attached, and handed only to whom they concern."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.intake import links_in
from core.cards import File
from core.clock import FrozenClock
from core.db.engine import Database
from core.db.models import Attachment, CourseEnrollment, IncomingFile
from core.db.uow import UnitOfWork
from core.errors import FileRefused
from core.files import LARGEST_FILE, FileStore, identify
from tests.cast import TODAY, Cast
from tests.support.conversation import Stage, User

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + b"\0" * 40 + b"\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + b"\0" * 40
PDF = b"%PDF-1.4\n" + b"0" * 50 + b"\n%%EOF"


@pytest.fixture
def stage(database: Database, clock: FrozenClock) -> Stage:
    return Stage(database, clock)


def phone(stage: Stage, cast: Cast, name: str, *, language: str = "en") -> User:
    return stage.user(cast[name].user_id, language=language)


async def attached(stage: Stage) -> list[str]:
    """Names of all files and links that are attached to something."""
    async with UnitOfWork(stage.database, stage.clock) as uow:
        rows = await uow.rows(sa.select(Attachment.name).order_by(Attachment.id))
    return [row.name for row in rows]


# --- homework ---------------------------------------------------------------------------------------------


async def test_a_photo_with_words_is_homework_with_a_photo(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    shown = await teacher.give(teacher.photo(JPEG, caption="/hw 7A algebra tomorrow: the photo"))
    assert shown is not None
    assert ".jpg" in shown.text
    await teacher.tap("Save")
    mother = phone(stage, cast, "mother")
    await mother.send("/homework")
    given = await mother.tap("📎")
    assert isinstance(given.what, File)
    assert given.what.content == JPEG


@pytest.mark.parametrize(
    ("language", "line"), [("en", "/hw 7A algebra tomorrow"), ("ru", "/hw 7А завтра"), ("th", "/hw 7A พรุ่งนี้")]
)
async def test_class_and_day_in_answer_to_a_photo_are_no_words_of_the_homework(
    stage: Stage, cast: Cast, language: str, line: str
) -> None:
    teacher = phone(stage, cast, "teacher", language=language)
    photo = teacher.photo(JPEG)
    await teacher.give(photo)
    await teacher.answer(photo, line)
    assert teacher.last is not None
    await teacher.tap_data(next(data for data in teacher.last.buttons.values() if ":save:" in data))
    assert len(await attached(stage)) == 1
    homework = (await phone(stage, cast, "mother").send("/homework")).text
    assert line.removeprefix("/hw ") not in homework


async def test_all_photos_of_an_album_are_attached_whichever_brings_the_words(
    stage: Stage, cast: Cast
) -> None:
    teacher = phone(stage, cast, "teacher")
    shown = await teacher.give(teacher.photo(JPEG, album="a", caption="/hw 7A algebra tomorrow: these"))
    assert shown is not None
    assert "whole album" in shown.text
    assert await teacher.give(teacher.photo(PNG, album="a")) is None
    assert await teacher.give(teacher.photo(JPEG + b"x", album="a")) is None
    await teacher.tap("Save")
    assert len(await attached(stage)) == 3

    kept = await teacher.give(teacher.photo(JPEG, album="b"))
    assert kept is not None
    assert "kept the file" in kept.text
    await teacher.give(teacher.photo(PNG, album="b", caption="/hw 7A algebra Friday: those"))
    await teacher.tap("Save")
    assert len(await attached(stage)) == 5


async def test_an_album_is_attached_whole_in_answer_to_one_of_it(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    first, second = teacher.photo(JPEG, album="a"), teacher.photo(PNG, album="a")
    await teacher.give(first)
    await teacher.give(second)
    await teacher.answer(second, "/hw 7A algebra tomorrow: these")
    await teacher.tap("Save")
    assert len(await attached(stage)) == 2


async def test_a_link_is_attached_without_the_full_stop_behind_it(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    message = teacher.message("Look here: https://example.com/x. It is short")
    await teacher.answer(message, "/hw 7A algebra tomorrow: read it")
    await teacher.tap("Save")
    assert await attached(stage) == ["https://example.com/x"]
    assert links_in("(see https://en.wikipedia.org/wiki/Sum_(maths)), and https://a.example/b!") == (
        "https://en.wikipedia.org/wiki/Sum_(maths)",
        "https://a.example/b",
    )


async def test_a_file_while_the_words_are_awaited_belongs_to_the_draft(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    await teacher.send("/hw 7A algebra tomorrow")
    shown = await teacher.give(teacher.photo(JPEG))
    assert shown is not None
    assert ".jpg" in shown.text
    assert "Words may follow" in shown.text
    shown = await teacher.send("the photo")
    assert ".jpg" in shown.text
    assert "the photo" in shown.text
    await teacher.tap("Save")
    assert len(await attached(stage)) == 1


# --- announcements ----------------------------------------------------------------------------------------


async def test_a_photo_sent_while_an_announcement_is_asked_for_is_in_it(stage: Stage, cast: Cast) -> None:
    homeroom = phone(stage, cast, "homeroom")
    await homeroom.send("/announce 7A:")
    await homeroom.give(homeroom.photo(JPEG))
    shown = await homeroom.send("with the photo")
    assert ".jpg" in shown.text
    await homeroom.tap("Send")
    mother = phone(stage, cast, "mother")
    assert "with the photo" in (await mother.send("/news")).text
    given = await mother.tap("⬇")
    assert isinstance(given.what, File)
    assert given.what.content == JPEG


async def test_an_audience_in_answer_to_a_document_announces_the_document(stage: Stage, cast: Cast) -> None:
    homeroom = phone(stage, cast, "homeroom")
    plan = homeroom.document(PDF, "plan.pdf")
    await homeroom.give(plan)
    shown = await homeroom.answer(plan, "/announce 7A")
    assert "plan.pdf" in shown.text
    assert "No words, only files" in shown.text
    await homeroom.tap("Send")
    assert await attached(stage) == ["plan.pdf"]


async def test_a_file_is_added_to_what_is_announced_and_undo_takes_it_off(stage: Stage, cast: Cast) -> None:
    homeroom = phone(stage, cast, "homeroom")
    await homeroom.send("/announce 7A: the trip")
    await homeroom.tap("Send")
    await homeroom.tap("Who has read it")
    await homeroom.tap("Edit")
    await homeroom.give(homeroom.document(PDF, "plan.pdf", caption="the trip, with its plan"))
    await homeroom.tap("Save")
    assert await attached(stage) == ["plan.pdf"]
    await homeroom.tap("Undo")
    assert await attached(stage) == []


async def test_who_left_the_course_no_longer_opens_the_files_of_later_homework(
    stage: Stage, cast: Cast
) -> None:
    teacher = phone(stage, cast, "teacher")
    await teacher.give(teacher.document(PDF, "task.pdf", caption="/hw 7A algebra tomorrow: the task"))
    await teacher.tap("Save")
    file = f"hw:file:{cast['alexei'].person_id}:0:1"
    alexei = phone(stage, cast, "alexei")
    assert isinstance((await alexei.tap_data(file)).what, File)
    async with UnitOfWork(stage.database, stage.clock) as uow, uow.writing():
        await uow.write(sa.update(CourseEnrollment).values(ends=TODAY))
    assert "nothing like that" in (await alexei.tap_data(file)).text


async def test_a_file_of_an_announcement_is_for_those_whom_it_concerns(stage: Stage, cast: Cast) -> None:
    homeroom = phone(stage, cast, "homeroom")
    await homeroom.give(homeroom.document(PDF, "plan.pdf", caption="/announce 7A: the plan"))
    await homeroom.tap("Send")
    assert isinstance((await phone(stage, cast, "ivan").tap_data("nw:file:1:0")).what, File)
    for name in ("katya", "cut_father", "other_admin", "canteen"):
        refused = await phone(stage, cast, name).tap_data("nw:file:1:0")
        assert not isinstance(refused.what, File), name


# --- what is not taken ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"MZ" + b"\0" * 200, "game.exe", "of a kind I do not pass on"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "of a kind I do not pass on"),
        (b"<html><script>1</script></html>", "a.html", "of a kind I do not pass on"),
        (b"", "nothing.pdf", "is empty"),
    ],
)
async def test_a_file_that_is_not_taken_has_its_sentence_and_keeps_the_words(
    stage: Stage, cast: Cast, content: bytes, name: str, said: str
) -> None:
    teacher = phone(stage, cast, "teacher")
    alone = await teacher.give(teacher.document(content, name))
    assert alone is not None
    assert said in alone.text
    shown = await teacher.give(teacher.document(content, name, caption="/hw 7A algebra tomorrow: read §12"))
    assert shown is not None
    assert said in shown.text
    assert "read §12" in shown.text
    await teacher.tap("Save")
    assert await attached(stage) == []
    assert "read §12" in (await phone(stage, cast, "mother").send("/homework")).text


async def test_a_file_that_is_too_large_is_not_fetched_and_keeps_the_words(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    sent = teacher.document(PDF, "film.pdf", caption="/hw 7A algebra tomorrow: read §12")
    sent["document"]["file_size"] = LARGEST_FILE + 1
    shown = await teacher.give(sent)
    assert shown is not None
    assert "larger than 20 MB" in shown.text
    assert "read §12" in shown.text
    assert "Save" in shown.buttons


async def test_a_voice_message_has_its_own_sentence_and_leaves_the_draft_open(
    stage: Stage, cast: Cast
) -> None:
    homeroom = phone(stage, cast, "homeroom")
    await homeroom.send("/announce 7A:")
    voice = {"file_id": "v", "file_unique_id": "v", "duration": 3}
    said = await homeroom.give(homeroom.message(None, voice=voice))
    assert said is not None
    assert "voice" in said.text
    assert "7A" in (await homeroom.send("bring skis")).text
    assert homeroom.last is not None
    assert "Send" in homeroom.last.buttons


async def test_families_send_no_files(stage: Stage, cast: Cast) -> None:
    mother = phone(stage, cast, "mother")
    said = await mother.give(mother.photo(JPEG))
    assert said is not None
    assert "only read text" in said.text
    async with UnitOfWork(stage.database, stage.clock) as uow:
        assert await uow.value(sa.select(sa.func.count()).select_from(IncomingFile)) == 0


async def test_the_bytes_are_fetched_once_and_kept_once(stage: Stage, cast: Cast) -> None:
    teacher = phone(stage, cast, "teacher")
    photo = teacher.photo(JPEG)
    await teacher.give(photo)
    stage.channel.files.clear()
    await teacher.answer(photo, "/hw 7A algebra tomorrow: the photo")
    await teacher.tap("Save")
    mother = phone(stage, cast, "mother")
    await mother.send("/homework")
    assert isinstance((await mother.tap("📎")).what, File)


# --- names and kinds --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name", "kept", "media_type"),
    [
        (PNG, "photo-50.jpg", "photo-50.png", "image/png"),
        (JPEG, "photo-50.jpg", "photo-50.jpg", "image/jpeg"),
        (JPEG, "scan.png", "scan.jpg", "image/jpeg"),
        (JPEG, "scan", "scan.jpg", "image/jpeg"),
        (PDF, "plan.pdf", "plan.pdf", "application/pdf"),
        (PDF, "plan.v2", "plan.v2.pdf", "application/pdf"),
        (PDF, "../../etc/plan\u202efdp.pdf", "planfdp.pdf", "application/pdf"),
        ("задание".encode(), "task.txt", "task.txt", "text/plain"),
    ],
)
def test_a_file_is_what_its_bytes_are_and_is_named_so(
    content: bytes, name: str, kept: str, media_type: str
) -> None:
    kind = identify(content, name)
    assert (kind.name, kind.media_type) == (kept, media_type)


@pytest.mark.parametrize(
    "content", [b"<svg/>", b"<!DOCTYPE html><p>", b"MZ\0\0", b"#!/bin/sh\n", b"\x7fELF\0"]
)
@pytest.mark.parametrize("name", ["a.svg", "a.jpg", "a.txt", "a"])
def test_what_runs_or_draws_itself_is_refused_under_any_name(content: bytes, name: str) -> None:
    with pytest.raises(FileRefused):
        identify(content, name)


def test_the_same_bytes_are_kept_once(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    assert store.keep(PDF) == store.keep(PDF)
    assert [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()] == [PDF]
