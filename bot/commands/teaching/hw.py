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
    redays_card,
    reword_card,
    rewrite_card,
    withdrawn_card,
)
from bot.views.marking import dropped_card
from core.actions.homework_setting import (
    check_text,
    edit_homework,
    save_homework,
    undo_homework,
    withdraw_homework,
)
from core.actions.postings import change_posting, drop_posting, start_posting
from core.cards import Reply
from core.domain.course_names import courses_meant
from core.domain.drafts import HomeworkDraft
from core.domain.homework_line import read_homework, split_target
from core.domain.ids import CourseId, PostingId
from core.domain.kinds import PostingKind
from core.domain.spoken_dates import find_day
from core.errors import Invalid, NotFound
from core.i18n import N_
from core.queries.homework_setting import OwnHomework, own_homework, preview_homework
from core.queries.lessons import choose_lesson, taught_courses
from core.queries.postings import KeptPosting, open_posting


async def hw(turn: Turn, line: str) -> Reply:
    """A homework to preview; without words or files, what was set before."""
    if not line and not turn.attached and not turn.links:
        return await _own(turn)
    target, text = split_target(line)
    courses = await taught_courses(turn.uow, turn.actor)
    meant = read_homework(target, text, turn.today())
    found, is_sure = (
        courses_meant(meant.courses, [one.name for one in courses]) if meant.courses else ((), False)
    )
    if meant.courses and not found:
        if meant.due is not None or any(letter.isdigit() for letter in meant.courses):
            raise Invalid("course_unknown", words=meant.courses)
        # "Learn: the poem" has no course in front: all of it is the homework.
        meant = read_homework("", line, turn.today())
    if not meant.courses:
        choice = await choose_lesson(turn.uow, turn.actor)
        chosen = [offer.course.id for offer in choice.offers] if len(choice.offers) == 1 else []
    else:
        chosen = [CourseId(one.id) for one in found] if is_sure else []
    draft = HomeworkDraft("", tuple(chosen), meant.due, meant.minutes, turn.attached, turn.links)
    try:
        draft = replace(draft, text=check_text(meant.text))
    except Invalid:
        # Class, day and files are kept; only the words are asked for again.
        posting_id = await start_posting(turn.uow, turn.actor, PostingKind.HOMEWORK, draft.as_json())
        turn.chat.enter("hw", "words", {"posting": int(posting_id)})
        await turn.chat.save(turn.uow)
        raise
    posting_id = await start_posting(turn.uow, turn.actor, PostingKind.HOMEWORK, draft.as_json())
    if meant.courses and not is_sure:
        preview = await preview_homework(turn.uow, turn.actor, turn.chat.id, draft)
        fitting = {one.id for one in found}
        return courses_card(
            turn.t,
            posting_id,
            replace(preview, courses=tuple(one for one in preview.courses if one.id in fitting)),
        )
    return await _preview(turn, posting_id, draft)


async def words(turn: Turn, text: str) -> Reply:
    """The words of an open draft anew; ``Friday: …`` also changes the day."""
    posting = await _open(turn, int(turn.chat.state["draft"]["posting"]))
    draft = HomeworkDraft.from_json(posting.draft)
    target, behind = split_target(text)
    day = find_day(target, turn.today()) if target else None
    is_day = day is not None and not (target[: day.start] + target[day.end :]).strip()
    meant = read_homework(target, behind, turn.today()) if is_day else read_homework("", text, turn.today())
    draft = replace(
        draft,
        text=check_text(meant.text),
        due=meant.due if is_day else draft.due,
        minutes=meant.minutes or draft.minutes,
        messages=draft.messages + turn.attached,
    )
    turn.chat.leave()
    await change_posting(turn.uow, posting, draft.as_json())
    return await _preview(turn, posting.id, draft)


async def reword(turn: Turn, text: str) -> Reply:
    """New words for a homework that is set."""
    homework_id = int(turn.chat.state["draft"]["homework"])
    await edit_homework(turn.uow, turn.chat.key, homework_id, text=text)
    turn.chat.leave()
    return one_homework_card(turn.t, await _one(turn, homework_id), turn.today())


async def on_tap(turn: Turn, tap: SetHomeworkTap) -> Reply:
    """A choice for a draft, or something for what is set."""
    if tap.do == "undo":
        return await undo(turn, PostingId(tap.posting))
    if tap.do == "own":
        return await _own(turn)
    if not tap.posting:
        return await _of_set(turn, tap)
    posting = await _open(turn, tap.posting)
    draft = HomeworkDraft.from_json(posting.draft)
    if tap.do == "cancel":
        turn.chat.leave()
        await drop_posting(turn.uow, posting)
        return dropped_card(turn.t)
    if tap.do == "edit":
        turn.chat.enter("hw", "words", {"posting": int(posting.id)})
        return rewrite_card(turn.t, posting.id, draft.text)
    if tap.do == "save":
        return await _save(turn, posting, draft)
    if tap.do == "day":
        draft = replace(draft, due=date.fromordinal(tap.day) if tap.day else None)
        await change_posting(turn.uow, posting, draft.as_json())
    if tap.do == "course":
        draft = replace(draft, courses=_toggled(draft.courses, CourseId(tap.id)))
        preview = await preview_homework(turn.uow, turn.actor, turn.chat.id, draft)
        await change_posting(turn.uow, posting, draft.as_json())
        return courses_card(turn.t, posting.id, preview)
    if tap.do in ("days", "courses"):
        preview = await preview_homework(turn.uow, turn.actor, turn.chat.id, draft)
        return (days_card if tap.do == "days" else courses_card)(turn.t, posting.id, preview)
    return await _preview(turn, posting.id, draft)


def _toggled(courses: tuple[CourseId, ...], one: CourseId) -> tuple[CourseId, ...]:
    return tuple(course for course in courses if course != one) if one in courses else (*courses, one)


async def _save(turn: Turn, posting: KeptPosting, draft: HomeworkDraft) -> Reply:
    preview = await preview_homework(turn.uow, turn.actor, turn.chat.id, draft)
    if preview.problem:
        return homework_preview_card(turn.t, posting.id, preview)
    saved = await save_homework(turn.uow, turn.chat.key, turn.chat.id, posting.id)
    return homework_saved_card(turn.t, posting.id, saved, preview.today)


async def _of_set(turn: Turn, tap: SetHomeworkTap) -> Reply:
    own = await _one(turn, tap.id)
    if tap.do == "reword":
        turn.chat.enter("hw", "reword", {"homework": int(own.id)})
        return reword_card(turn.t, own)
    if tap.do == "redays":
        draft = HomeworkDraft(own.text, (own.course.id,))
        preview = await preview_homework(turn.uow, turn.actor, turn.chat.id, draft)
        return redays_card(turn.t, own, preview.days, preview.today)
    if tap.do == "reday":
        await edit_homework(turn.uow, turn.chat.key, own.id, due_on=date.fromordinal(max(1, tap.day)))
        own = await _one(turn, tap.id)
    if tap.do == "ask":
        return ask_withdraw_card(turn.t, own)
    if tap.do == "drop":
        await withdraw_homework(turn.uow, turn.chat.key, own.id)
        return withdrawn_card(turn.t)
    return one_homework_card(turn.t, own, turn.today())


async def _one(turn: Turn, homework_id: int) -> OwnHomework:
    found = await own_homework(turn.uow, turn.actor, homework_id=homework_id)
    if not found:
        raise NotFound("homework_not_found")
    return found[0]


async def _own(turn: Turn) -> Reply:
    return own_homework_card(turn.t, await own_homework(turn.uow, turn.actor), turn.today())


async def undo(turn: Turn, posting_id: PostingId) -> Reply:
    """Withdraw all that one posting set."""
    return homework_undone_card(turn.t, await undo_homework(turn.uow, turn.chat.key, posting_id))


async def _open(turn: Turn, posting_id: int) -> KeptPosting:
    return await open_posting(turn.uow, turn.actor, posting_id, PostingKind.HOMEWORK)


async def _preview(turn: Turn, posting_id: PostingId, draft: HomeworkDraft) -> Reply:
    preview = await preview_homework(turn.uow, turn.actor, turn.chat.id, draft)
    return homework_preview_card(turn.t, posting_id, preview)


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
    steps={"words": words, "reword": reword},
    posts=PostingKind.HOMEWORK,
    undo=undo,
)
