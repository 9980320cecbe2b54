"""Updates of every shape a messenger can send, and a few that only a forger would; drawn by hypothesis.

Whoever builds a raw update from a ``Drawn`` fills in the sender's number and the stale buttons that it knows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, Literal, get_args, get_origin

from annotated_types import Le
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from bot.capability import Capability, Table, discover
from core.domain.ids import LARGEST_ID
from tests.cast import TODAY

TABLE: Table = discover()
TAPPABLE = [capability for capability in TABLE.capabilities if capability.tap is not None]
COMMANDS = sorted(TABLE.by_command)

JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffdb004300") + b"\x08" * 64 + b"\xff\xd9"
FILES: dict[str, bytes] = {
    "photo": JPEG,
    "pdf": b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF",
    "text": "§12, № 345".encode(),
    "page": b"<html><script>alert(1)</script></html>",
    "drawing": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "program": b"MZ\x90\x00" + bytes(200),
    "empty": b"",
    "noise": bytes(range(256)) * 8,
}
"""What the channel has by file id; "gone" is in nobody's hands."""

# --- words ------------------------------------------------------------------------------------------------

# Every code point there is, half surrogate pairs among them: a messenger's JSON can carry those.
unicode_texts = st.text(st.characters(exclude_categories=[]), max_size=60)
_PIECES = (
    *(
        "Petrov",
        "Smirnov",
        "Петров",
        "Иванову",
        "Sokolova",
        "เปตรอฟ",
        "5",
        "4+",
        "2",
        "н",
        "оп 10",
        "late 10",
    ),
    *(
        "absent",
        "ill",
        "test",
        "кр",
        "quiz",
        '"clean proof',
        '"',
        "«",
        ",",
        ";",
        ":",
        "\n",
        "7A",
        "7А",
        "algebra",
    ),
    *(
        "tomorrow",
        "на пятницу",
        "พรุ่งนี้",
        "25.11",
        "31.02.2026",
        "99.99",
        "§12",
        "(30 min)",
        "https://x.example/a)",
    ),
    *(
        "all",
        "grade 7",
        "K7QM-4XPA-2T",
        "/hw",
        "yes",
        "нет",
        "/",
        "@",
        "\u200d",
        "\u0301",
        "0",
        "9" * 30,
        "－５",
    ),
)
_lines = st.lists(st.sampled_from(_PIECES), min_size=1, max_size=9).map(" ".join)
_commands = st.builds(
    lambda slash, command, rest: f"{slash}{command}{rest}",
    st.sampled_from(["/", "/", "/", "/ ", ".", "//"]),
    st.sampled_from([*COMMANDS, "nothing", ""]),
    st.one_of(st.just(""), st.just("@school_bot"), st.builds(" {}".format, st.one_of(_lines, unicode_texts))),
)
_codes = st.from_regex(r"[0-9A-HJKMNP-TV-Z]{4}-?[0-9A-HJKMNP-TV-Z]{4}-?[0-9A-HJKMNP-TV-Z]{2}", fullmatch=True)
_huge = st.builds(
    lambda piece, times: (piece * times)[:10_000],
    st.one_of(
        _lines, unicode_texts.filter(bool), st.sampled_from([*'"«(', "👨‍👩‍👧", "น้ำ", "\n", " ", "Petrov 5, "])
    ),
    st.integers(50, 2_000),
)
texts = st.one_of(
    unicode_texts, _lines, _lines, _commands, _commands, st.sampled_from(COMMANDS), _codes, _huge
)

# --- taps -------------------------------------------------------------------------------------------------

# Where things stand is left to plain chance, seeded by hypothesis: its own choices love the first of a list so much
# that few taps would be ones that a button could carry. Words are hypothesis' own.
_DAYS = ("d", "day")
_AUDIENCES = [f"{kind}{number}" for kind in ("c", "k", "g", "s") for number in range(4)]
_JUNK = ("", "-1", "x", "0x1", "1.5", str(2**63), str(10**40), "٣", "None", "\x00", "true", " 1")


def _id(chance: Random) -> int:
    """Of the asker's own, of others, of nobody, and beyond all."""
    return chance.choice(
        [chance.randint(1, 8), chance.randint(1, 8), chance.randint(0, 60), 10**15, LARGEST_ID, 0, 1, 1, 1]
    )


def _day(chance: Random) -> int:
    """The ends of the calendar have a test of their own."""
    days = chance.choice(
        [0, 1, chance.randint(-30, 30), chance.randint(-30, 30), chance.randint(-300_000, 300_000)]
    )
    return (TODAY + timedelta(days=days)).toordinal()


def _value(draw: st.DrawFn, chance: Random, name: str, info: FieldInfo) -> str:
    """A value that the field takes, as it stands in callback data."""
    if get_origin(info.annotation) is Literal:
        return str(chance.choice(get_args(info.annotation)))
    if info.annotation is bool:
        return chance.choice("01")
    if info.annotation is str:
        return (
            draw(st.text(max_size=28))
            if chance.random() < 0.2
            else chance.choice([*_AUDIENCES, *TABLE.by_name])
        )
    assert info.annotation is int, f"a field of a kind that is not drawn yet: {name} {info}"
    most = next((int(str(one.le)) for one in info.metadata if isinstance(one, Le)), LARGEST_ID)
    if name in _DAYS:
        return str(_day(chance) if info.is_required() or chance.random() < 0.7 else 0)
    return str(_id(chance) if most == LARGEST_ID else chance.choice([0, 0, 0, 1, 2, most]))


def _forged(draw: st.DrawFn, chance: Random, capability: Capability) -> str:
    """Data as a button of the capability could carry it; one in ten is spoilt."""
    assert capability.tap is not None
    fields = capability.tap.model_fields
    parts = [
        capability.tap.__prefix__,
        *(_value(draw, chance, name, info) for name, info in fields.items()),
    ]
    if chance.random() < 0.1:
        how = chance.randrange(3)
        if how == 0:
            parts[chance.randrange(len(parts))] = chance.choice(_JUNK)
        elif how == 1:
            parts.pop()
        else:
            parts.append(chance.choice(_JUNK))
    return ":".join(parts)[:64]


# --- updates ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drawn:
    """One update without its sender's number. ``shape`` is the update's field; ``asked`` is the capability whose
    button is forged, for a sender it is offered to; ``known`` points at a button that was really shown."""

    shape: str
    who: int
    message: dict[str, Any] = field(default_factory=dict)
    chat: str = "private"
    more: dict[str, Any] = field(default_factory=dict)
    data: str = ""
    asked: Capability | None = None
    known: int | None = None
    where: str = "message"


_names = st.one_of(
    st.sampled_from(["a.pdf", "photo.jpg", "x.txt", "../../etc/passwd", "a.html", ""]), unicode_texts
)
_KINDS = ("photo", "photo", "document", "document", "audio", "video", "voice", "video_note", "animation")
_OTHERS: tuple[dict[str, Any], ...] = (
    {"location": {"latitude": 1.0, "longitude": 2.0}},
    {"contact": {"phone_number": "1", "first_name": "C"}},
    {"dice": {"emoji": "🎲", "value": 3}},
    {"new_chat_title": "x"},
    {"pinned_message": {"message_id": 1, "date": 0, "chat": {"id": 1, "type": "private"}}},
    {
        "sticker": {
            "file_id": "s", "file_unique_id": "s", "type": "regular", "width": 1, "height": 1, "is_animated": False,
            "is_video": False,
        }
    },
    {},
)  # fmt: skip
_ODD = (
    *("edited_message", "edited_message", "channel_post", "edited_channel_post", "my_chat_member", "poll"),
    *("inline_query", "nobody", "message_reaction"),
)


def _file(draw: st.DrawFn, chance: Random) -> dict[str, Any]:
    kind = chance.choice(_KINDS)
    file_id = chance.choice([*FILES, "gone"])
    one: dict[str, Any] = {"file_id": file_id, "file_unique_id": file_id}
    size = chance.choice([None, None, 0, 100, 50 * 1024 * 1024])
    if size is not None:
        one["file_size"] = size
    if kind in ("document", "audio", "video") and chance.random() < 0.5:
        one["file_name"] = draw(_names)
    if kind in ("photo", "video", "animation"):
        one |= {"width": 9, "height": 9}
    if kind in ("audio", "video", "voice", "video_note", "animation"):
        one["duration"] = 1
    if kind == "video_note":
        one["length"] = 1
    content: dict[str, Any] = {kind: [one] if kind == "photo" else one}
    if chance.random() < 0.5:
        content["caption"] = draw(texts)[:1024]
    if chance.random() < 0.25:
        content["media_group_id"] = chance.choice("12")
    return content


def _content(draw: st.DrawFn, chance: Random) -> dict[str, Any]:
    kind = chance.choice(["text", "text", "text", "file", "file", "other"])
    if kind == "text":
        return {"text": draw(texts)}
    return _file(draw, chance) if kind == "file" else dict(chance.choice(_OTHERS))


def _message(draw: st.DrawFn, chance: Random) -> dict[str, Any]:
    message = {"message_id": chance.randint(1, 300), "date": 1, **_content(draw, chance)}
    if chance.random() < 0.15:
        message["reply_to_message"] = {
            "message_id": chance.randint(1, 300), "date": 1, **_content(draw, chance)
        }  # fmt: skip
    return message


@st.composite
def updates(draw: st.DrawFn) -> Drawn:
    """Taps and messages, and now and then what else there is."""
    chance = draw(st.randoms(use_true_random=True))
    who = chance.randrange(10**6)
    chat = "private" if chance.random() < 0.9 else chance.choice(["group", "supergroup", "channel"])
    shape = chance.choice(["message"] * 6 + ["tap"] * 13 + ["odd"])
    if shape == "message":
        anonymous = (
            {"sender_chat": {"id": -5, "type": "channel", "title": "x"}} if chance.random() < 0.03 else {}
        )
        return Drawn("message", who, _message(draw, chance), chat, anonymous)
    if shape == "tap":
        message = {"message_id": chance.randint(1, 300), "date": 1, "text": "older"}
        where = "message" if chance.random() < 0.9 else chance.choice(["nowhere", "inaccessible"])
        how = chance.random()
        if how < 0.75:
            asked = chance.choice(TAPPABLE)
            data = _forged(draw, chance, asked)
            offered = asked if chance.random() < 0.85 else None
            return Drawn("callback_query", who, message, chat, {}, data, offered, where=where)
        known = chance.randrange(10**6) if how < 0.9 else None
        return Drawn("callback_query", who, message, chat, {}, draw(unicode_texts), known=known, where=where)
    more = {"status": chance.choice(["member", "left", "kicked"])}
    return Drawn(chance.choice(_ODD), who, _message(draw, chance), chat, more, draw(unicode_texts))


def raw_update(drawn: Drawn, sender_id: int, data: str) -> dict[str, Any]:
    """The update as a messenger's JSON says it, without its number."""
    sender = {"id": sender_id, "is_bot": False, "first_name": "F\x00\ud800", "language_code": "en"}
    bot = {"id": 4242, "is_bot": True, "first_name": "B"}
    chat = {"id": sender_id if drawn.chat == "private" else -100, "type": drawn.chat, "title": "T"}
    message = {**drawn.message, "chat": chat, "from": sender, **drawn.more}
    message.pop("status", None)
    if "reply_to_message" in message:
        message["reply_to_message"] = {**message["reply_to_message"], "chat": chat, "from": bot}
    match drawn.shape:
        case "callback_query":
            query: dict[str, Any] = {"id": "1", "from": sender, "chat_instance": "1", "data": data}
            if drawn.where != "nowhere":
                query["message"] = {**message, "from": bot}
            if drawn.where == "inaccessible":
                query["message"] = {"message_id": message["message_id"], "date": 0, "chat": chat}
            return {"callback_query": query}
        case "my_chat_member":
            until = {"until_date": 0} if drawn.more["status"] == "kicked" else {}
            member = {"user": bot, "status": drawn.more["status"], **until}
            known = {"user": bot, "status": "member"}
            return {
                "my_chat_member": {
                    "chat": chat, "from": sender, "date": 1, "old_chat_member": known, "new_chat_member": member
                }
            }  # fmt: skip
        case "poll":
            flags = (
                "is_closed",
                "is_anonymous",
                "allows_multiple_answers",
                "allows_revoting",
                "members_only",
            )
            poll = {
                "id": "1",
                "question": drawn.data,
                "options": [],
                "total_voter_count": 0,
                "type": "regular",
            }
            return {"poll": {**poll, **dict.fromkeys(flags, False)}}
        case "inline_query":
            return {"inline_query": {"id": "1", "from": sender, "query": drawn.data, "offset": ""}}
        case "message_reaction":
            reaction = {"chat": chat, "message_id": 1, "user": sender, "date": 1}
            return {"message_reaction": {**reaction, "old_reaction": [], "new_reaction": []}}
        case "nobody":
            message.pop("from")
            return {"message": message}
        case _:
            return {drawn.shape: message}
