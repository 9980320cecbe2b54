"""Files in the browser: sent by people who post, handed out to be saved, never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from aiohttp import BodyPartReader, MultipartReader, web

from bot.views.invalid import invalid_words
from core.access import load_actor
from core.actions.web_sessions import WEB_BOT, BrowserSession
from core.cards.plain import clean
from core.db.conversation import ChatKey
from core.db.transcript import KeptFile, file_of, note
from core.domain.kinds import Messenger
from core.errors import FileRefused, Forbidden, NotFound
from core.files import LARGEST_FILE, identify
from core.queries.announcements import access_announcement_file
from core.queries.homework import access_attachment

if TYPE_CHECKING:
    from bot.channels.webchat.routes import WebChat

_LONGEST_CAPTION = 4_096
_POSTING = frozenset(("hw", "announce"))


class ChatFiles:
    """The two routes of files."""

    def __init__(self, chat: WebChat) -> None:
        self._chat = chat

    async def download(self, request: web.Request) -> web.StreamResponse:
        """A file of this chat; nothing in it can run here. For an attachment the right to it is asked anew."""
        session, _ = await self._chat.session_of(request)
        try:
            name, content = await self._load(session, int(request.match_info["id"]))
        except (NotFound, Forbidden):
            raise web.HTTPNotFound(text="no such file") from None
        return web.Response(
            body=content,
            content_type="application/octet-stream",
            headers={
                "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
                "X-Content-Type-Options": "nosniff",
            },
        )

    async def _load(self, session: BrowserSession, message_id: int) -> tuple[str, bytes]:
        files = self._chat.channel.files
        async with self._chat.uow() as uow:
            kept = await file_of(uow, session.chat_id, message_id)
            if kept.attachment_id is None:
                return kept.name, kept.content if kept.content is not None else files.read(kept.sha256)
            _, actor = await load_actor(uow, ChatKey(Messenger.WEB, WEB_BOT, session.user_id))
            if kept.attachment_of:
                found = await access_attachment(uow, actor, kept.attachment_id, kept.attachment_of)
            else:
                found = await access_announcement_file(uow, actor, kept.attachment_id)
        return found.name, files.read(found.sha256)

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """One file with a caption, from somebody who may post: said in the chat like any message."""
        session, _ = await self._chat.writing_session(request)
        t = self._chat.translator_for(request, session)
        entries = await self._chat.door.menu(session.user_id, t.locale)
        if not _POSTING & {entry.command for entry in entries}:
            raise web.HTTPForbidden(text="nothing to post")
        try:
            name, content, caption = await _read(request)
            kind = identify(content, name)
        except FileRefused as refused:
            return web.json_response({"error": invalid_words(t, refused)[1]}, status=400)
        sha256 = self._chat.channel.files.keep(content)
        file = KeptFile(kind.name, kind.media_type, sha256=sha256)
        async with self._chat.uow() as uow:
            message_id = await note(uow, session.chat_id, outgoing=False, plain=caption, file=file)
        self._chat.channel.ring(session.user_id)
        document = {
            "file_id": sha256,
            "file_unique_id": sha256[:16],
            "file_name": kind.name,
            "mime_type": kind.media_type,
            "file_size": len(content),
        }
        said = {"document": document, **({"caption": caption} if caption else {})}
        await self._chat.feed_message(request, session, said, message_id=message_id)
        return web.json_response({"id": message_id})


async def _read(request: web.Request) -> tuple[str, bytes, str]:
    """Name, bytes and caption of a form, read no further than the largest file. Raises FileRefused."""
    if not request.content_type.startswith("multipart/"):
        raise web.HTTPBadRequest(text="not a form")
    try:
        name, content, caption = await _parts(await request.multipart())
    except (ValueError, LookupError):
        raise web.HTTPBadRequest(text="not a form") from None
    if not name:
        raise web.HTTPBadRequest(text="no file")
    return name, content, clean(caption)[:_LONGEST_CAPTION].strip()


async def _parts(form: MultipartReader) -> tuple[str, bytes, str]:
    name, content, caption = "", b"", ""
    async for part in form:
        if not isinstance(part, BodyPartReader):
            continue
        if part.name == "caption":
            caption = (await _bytes_of(part, _LONGEST_CAPTION * 4)).decode(errors="replace")
        elif part.name == "file":
            name = part.filename or "file"
            content = await _bytes_of(part, LARGEST_FILE)
    return name, content, caption


async def _bytes_of(part: BodyPartReader, most: int) -> bytes:
    found = bytearray()
    while chunk := await part.read_chunk(64 * 1024):
        found += chunk
        if len(found) > most:
            raise FileRefused(why="too_large", name=part.filename or "")
    return bytes(found)
