"""Files that come with a message, or with the one it answers: fetched once, kept, and named by their messages."""

from __future__ import annotations

import re

from aiogram.types import Message

from bot.capability import Turn
from core.actions.incoming_files import keep_incoming
from core.errors import FileRefused
from core.files import LARGEST_FILE
from core.queries.incoming_files import is_first_of_album, is_known
from notifier.channels.channel import ChannelError

_LINK = re.compile(r"https?://[^\s<>\"«»]{4,500}")
_MOST_LINKS = 5


def has_file(message: Message) -> bool:
    """Whether it brings something that can be attached."""
    return bool(message.photo or message.document or message.audio or message.video)


def has_voice(message: Message) -> bool:
    """Whether it was spoken, not written."""
    return bool(message.voice or message.video_note)


async def take_in(turn: Turn, message: Message) -> bool:
    """Keep the files of the message and of the one it answers, and note them on the turn.

    False for a further part of an album that brings no words: its first part has been answered. Raises FileRefused.
    """
    is_first = True
    attached = []
    for one in (message.reply_to_message, message):
        if one is None or not isinstance(one, Message) or not has_file(one):
            continue
        if one is message:
            is_first = await is_first_of_album(turn.uow, turn.chat.id, one.media_group_id or "")
        await _keep(turn, one)
        attached.append(one.message_id)
    turn.attached = tuple(attached)
    answered = message.reply_to_message
    if isinstance(answered, Message) and not has_file(answered):
        turn.links = tuple(_LINK.findall(answered.text or ""))[:_MOST_LINKS]
    return is_first or bool(message.caption)


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
