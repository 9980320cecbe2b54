"""Files that come with a message, or with the one it answers: fetched once, kept, and named by their messages."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aiogram.types import Message

from bot.capability import Turn
from core.actions.incoming_files import keep_incoming
from core.errors import FileRefused
from core.files import LARGEST_FILE
from core.queries.incoming_files import is_first_of_album, is_known
from notifier.channels.channel import ChannelError

_LINK = re.compile(r"https?://[^\s<>\"«»]{4,500}")
_MOST_LINKS = 5
_ENDS_A_SENTENCE = ".,;:!?'…»”]}"


def has_file(message: Message) -> bool:
    """Whether it brings something that can be attached."""
    return bool(message.photo or message.document or message.audio or message.video)


def has_voice(message: Message) -> bool:
    """Whether it was spoken, not written."""
    return bool(message.voice or message.video_note)


@dataclass(frozen=True, slots=True)
class Intake:
    """What became of a message's files. ``follows`` is true for a further part of an album that brings no words: its
    first part has been answered. ``refused`` says why one was not taken; the words count nevertheless."""

    follows: bool = False
    refused: FileRefused | None = None


async def take_in(turn: Turn, message: Message) -> Intake:
    """Keep the files of the message and of the one it answers, and note them on the turn."""
    if has_voice(message):
        return Intake(refused=FileRefused(why="voice"))
    is_first = True
    refused = None
    attached = []
    for one in (message.reply_to_message, message):
        if one is None or not isinstance(one, Message) or not has_file(one):
            continue
        if one is message:
            is_first = await is_first_of_album(turn.uow, turn.chat.id, one.media_group_id or "")
        try:
            await _keep(turn, one)
        except FileRefused as error:
            refused = error
        else:
            attached.append(one.message_id)
    turn.attached = tuple(attached)
    answered = message.reply_to_message
    if isinstance(answered, Message) and not has_file(answered):
        turn.links = links_in(answered.text or "")
    return Intake(refused is None and not is_first and not message.caption, refused)


def links_in(text: str) -> tuple[str, ...]:
    """The first few links of a text, without the full stop or bracket of the sentence that each stands in."""
    found = []
    for link in _LINK.findall(text):
        plain = link.rstrip(_ENDS_A_SENTENCE)
        while plain.endswith(")") and plain.count(")") > plain.count("("):
            plain = plain[:-1].rstrip(_ENDS_A_SENTENCE)
        found.append(plain)
    return tuple(found[:_MOST_LINKS])


async def _keep(turn: Turn, message: Message) -> None:
    if await is_known(turn.uow, turn.chat.id, message.message_id):
        return
    file_id, name, size = _describe(message)
    if (size or 0) > LARGEST_FILE:
        raise FileRefused(why="too_large", name=name)
    try:
        content = await turn.channel.fetch(file_id)
    except ChannelError:
        raise FileRefused(why="gone", name=name) from None
    await keep_incoming(
        turn.uow,
        turn.chat.id,
        message.message_id,
        album=message.media_group_id or "",
        name=name,
        content=content,
        files=turn.services.files,
    )


def _describe(message: Message) -> tuple[str, str, int | None]:
    """File id, name and size; of a photo's sizes the largest."""
    if message.photo:
        photo = message.photo[-1]
        return photo.file_id, f"photo-{message.message_id}.jpg", photo.file_size
    if message.document:
        return message.document.file_id, message.document.file_name or "file", message.document.file_size
    if message.audio:
        return message.audio.file_id, message.audio.file_name or "audio.mp3", message.audio.file_size
    assert message.video is not None
    return message.video.file_id, message.video.file_name or "video.mp4", message.video.file_size
