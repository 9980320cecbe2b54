"""/hw: homework in one line, or in answer to a photo, document, album or link; and what was set before."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.capability import Capability, Turn, teaching
from bot.views.homework_setting import (
    SetHomeworkTap,
    ask_withdraw_card,
    courses_card,
    days_card,
    homework_preview_card,
    homework_saved_card,
    homework_undone_card,
    one_homework_card,
    own_homework_card,
    rewrite_card,
    withdrawn_card,
)
from bot.views.marking import dropped_card
from core.actions.homework_setting import save_homework, undo_homework, withdraw_homework
from core.actions.postings import change_posting, check_text, drop_posting, start_posting
from core.cards import Reply
from core.domain.drafts import HomeworkDraft
from core.domain.homework_line import read_homework, read_words
from core.domain.ids import CourseId, PostingId
from core.domain.kinds import PostingKind
from core.errors import Invalid
from core.i18n import N_
from core.queries.homework_setting import access_homework, own_homework, preview_homework
from core.queries.lessons import choose_lesson, taught_courses
from core.queries.postings import KeptPosting, open_posting


async def hw(turn: Turn, line: str) -> Reply:
    """A homework to preview; without words or files, what was set before."""
    if not line and not turn.attached and not turn.links:
        return await _own(turn)
    courses = await taught_courses(turn.uow, turn.actor)
    said = read_homework(line, [one.name for one in courses], turn.today())
    if said.courses or said.unknown:
        chosen = [CourseId(one.id) for one in said.courses] if said.is_sure else []
    else:
        choice = await choose_lesson(turn.uow, turn.actor)
        chosen = [offer.course.id for offer in choice.offers] if len(choice.offers) == 1 else []
    draft = HomeworkDraft("", tuple(chosen), said.due, said.minutes, turn.attached, turn.links)
    posting_id = await start_posting(turn.uow, turn.actor, PostingKind.HOMEWORK, draft.as_json())
    posting = await _open(turn, posting_id)
    draft = await _with_text(turn, posting, draft, said.text)
    if chosen or not (said.courses or said.unknown):
        return await _preview(turn, posting, draft)
    preview = await preview_homework(turn.uow, turn.actor, turn.chat.id, draft)
    await change_posting(turn.uow, posting, preview.draft.as_json())
    fitting = {one.id for one in said.courses} or {one.id for one in courses}
    offered = tuple(one for one in preview.courses if one.id in fitting)
    return courses_card(turn.t, posting_id, replace(preview, courses=offered), said.unknown)


async def _with_text(turn: Turn, posting: KeptPosting, draft: HomeworkDraft, text: str) -> HomeworkDraft:
    """The draft with these words. Where they are too many, they are asked for again; the rest is kept."""
    try:
        return replace(draft, text=check_text(text))
    except Invalid:
        await change_posting(turn.uow, posting, draft.as_json())
        turn.chat.enter("hw", "words", {"posting": int(posting.id)})
        raise


async def words(turn: Turn, text: str) -> Reply:
    """The words of an open draft anew; ``Friday: …`` also changes the day. A file alone leaves the words as they are,
    and still to be written."""
    posting = await _open(turn, int(turn.chat.state["draft"]["posting"]))
    draft = HomeworkDraft.from_json(posting.draft)
    draft = replace(draft, messages=draft.messages + turn.attached, links=draft.links + turn.links)
    if not text:
        return await _preview(turn, posting, draft, asks=True)
    said = read_words(text, turn.today())
    draft = replace(draft, minutes=said.minutes or draft.minutes)
    if said.names_day:
        draft = replace(draft, due=said.due, places=())
    draft = await _with_text(turn, posting, draft, said.text)
    turn.chat.leave()
    return await _preview(turn, posting, draft)


async def on_tap(turn: Turn, tap: SetHomeworkTap) -> Reply:
    """A choice for a draft, or something for what is set. Whatever waited for words no longer does."""
    turn.chat.leave()
    if tap.do == "undo":
        return await undo(turn, PostingId(tap.posting))
    if tap.do == "own":
        return await _own(turn)
    if not tap.posting:
        return await _of_set(turn, tap)
    posting = await _open(turn, tap.posting)
    draft = HomeworkDraft.from_json(posting.draft)
    if tap.do == "cancel":
        await drop_posting(turn.uow, posting)
        return dropped_card(turn.t)
    if tap.do == "edit":
        return _rewrite(turn, posting.id, draft)
    if tap.do == "save":
        return await _save(turn, posting, draft)
    if tap.do == "day":
        draft = replace(draft, due=date.fromordinal(tap.day) if tap.day else None, places=())
    if tap.do == "course" and not draft.edits:
        draft = replace(draft, courses=_toggled(draft.courses, CourseId(tap.id)))
        preview = await preview_homework(turn.uow, turn.actor, turn.chat.id, draft)
        await change_posting(turn.uow, posting, preview.draft.as_json())
        return courses_card(turn.t, posting.id, preview)
    if tap.do == "days" or (tap.do == "courses" and not draft.edits):
        preview = await preview_homework(turn.uow, turn.actor, turn.chat.id, draft)
        return (days_card if tap.do == "days" else courses_card)(turn.t, posting.id, preview)
    return await _preview(turn, posting, draft)


def _toggled(courses: tuple[CourseId, ...], one: CourseId) -> tuple[CourseId, ...]:
    return tuple(course for course in courses if course != one) if one in courses else (*courses, one)


async def _save(turn: Turn, posting: KeptPosting, draft: HomeworkDraft) -> Reply:
    preview = await preview_homework(turn.uow, turn.actor, turn.chat.id, draft)
    if preview.problem or preview.changed:
        return await _preview(turn, posting, draft)
    saved = await save_homework(turn.uow, turn.chat.key, turn.chat.id, posting.id)
    return homework_saved_card(turn.t, posting.id, saved, preview.today)


async def _of_set(turn: Turn, tap: SetHomeworkTap) -> Reply:
    own = await access_homework(turn.uow, turn.actor, tap.id)
    if tap.do in ("reword", "redays"):
        draft = HomeworkDraft(
            own.text,
            (own.course.id,),
            own.due_on,
            own.minutes,
            edits=int(own.id),
            over=(own.text, own.due_on),
        )
        posting_id = await start_posting(turn.uow, turn.actor, PostingKind.HOMEWORK, draft.as_json())
        if tap.do == "reword":
            return _rewrite(turn, posting_id, draft)
        preview = await preview_homework(turn.uow, turn.actor, turn.chat.id, draft)
        return days_card(turn.t, posting_id, preview)
    if tap.do == "ask":
        return ask_withdraw_card(turn.t, own)
    if tap.do == "drop":
        await withdraw_homework(turn.uow, turn.chat.key, own.id)
        return withdrawn_card(turn.t)
    return one_homework_card(turn.t, own, turn.today())


def _rewrite(turn: Turn, posting_id: PostingId, draft: HomeworkDraft) -> Reply:
    turn.chat.enter("hw", "words", {"posting": int(posting_id)})
    return rewrite_card(turn.t, posting_id, draft)


async def _own(turn: Turn) -> Reply:
    return own_homework_card(turn.t, await own_homework(turn.uow, turn.actor), turn.today())


async def undo(turn: Turn, posting_id: PostingId) -> Reply:
    """Withdraw all that one posting set."""
    return homework_undone_card(turn.t, await undo_homework(turn.uow, turn.chat.key, posting_id))


async def _open(turn: Turn, posting_id: int) -> KeptPosting:
    return await open_posting(turn.uow, turn.actor, posting_id, PostingKind.HOMEWORK)


async def _preview(turn: Turn, posting: KeptPosting, draft: HomeworkDraft, *, asks: bool = False) -> Reply:
    """The draft as it is understood, and from now on as it is kept: the days that are shown are those that are meant.
    Where the words are missing, they are asked for."""
    preview = await preview_homework(turn.uow, turn.actor, turn.chat.id, draft)
    await change_posting(turn.uow, posting, preview.draft.as_json())
    if preview.problem == "no_text":
        turn.chat.enter("hw", "words", {"posting": int(posting.id)})
    return homework_preview_card(turn.t, posting.id, preview, asks=asks)


CAPABILITY = Capability(
    name="hw",
    commands=("hw",),
    title=N_("Set homework"),
    menu=N_("Set homework, also in answer to a photo or file"),
    order=220,
    for_whom=teaching,
    on_command=hw,
    tap=SetHomeworkTap,
    on_tap=on_tap,
    steps={"words": words},
    file_steps=frozenset(("words",)),
    posts=PostingKind.HOMEWORK,
    undo=undo,
)
