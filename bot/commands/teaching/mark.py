"""Plain words, /mark and /m: marks and absences in one line, shown before they are saved."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.capability import Capability, Turn, teaching
from bot.views.marking import (
    MarkTap,
    again_card,
    dropped_card,
    lesson_choice_card,
    marking_help_card,
    preview_card,
    saved_card,
    undone_card,
)
from core.actions.marks import NewEntry, save_marks, undo_marks
from core.actions.postings import change_posting, drop_posting, start_posting
from core.cards import Reply
from core.domain.codes import looks_like_code
from core.domain.drafts import MarkingDraft
from core.domain.grading import scale
from core.domain.ids import CourseId, PostingId
from core.domain.kinds import PostingKind
from core.domain.lessons import LessonKey
from core.domain.marking import parse_line
from core.errors import Invalid, NotFound
from core.i18n import N_
from core.queries.lessons import lesson_offers
from core.queries.marking import Marking, Standing, read_marking
from core.queries.postings import KeptPosting, open_posting


async def mark(turn: Turn, text: str) -> Reply:
    """A line to preview; without one, how to write it."""
    scale_key = turn.actor.school.scale if turn.actor.school else ""
    if not text.strip():
        return marking_help_card(turn.t, scale_key)
    marking = await read_marking(turn.uow, turn.actor, MarkingDraft(text))
    posting_id = await start_posting(turn.uow, turn.actor, PostingKind.MARKS, marking.draft.as_json())
    return _preview(turn, posting_id, marking)


async def again(turn: Turn, text: str) -> Reply:
    """The line once more, for the same posting; the lesson stays unless the line now names another."""
    posting = await _open(turn, int(turn.chat.state["draft"]["posting"]))
    before = MarkingDraft.from_json(posting.draft)
    of_school = scale(turn.actor.school.scale if turn.actor.school else "")
    target = parse_line(text, of_school).target
    stays = target in ("", parse_line(before.text, of_school).target)
    draft = MarkingDraft(text, before.lesson if stays else None)
    turn.chat.leave()
    return await _show(turn, posting, await read_marking(turn.uow, turn.actor, draft))


async def on_tap(turn: Turn, tap: MarkTap) -> Reply:
    """A choice, Save, Undo, or a way out."""
    if tap.do == "undo":
        return await undo(turn, PostingId(tap.posting))
    _leave_again(turn, tap.posting)
    posting = await _open(turn, tap.posting)
    draft = MarkingDraft.from_json(posting.draft)
    if tap.do == "cancel":
        await drop_posting(turn.uow, posting)
        return dropped_card(turn.t)
    if tap.do == "edit":
        turn.chat.enter("mark", "again", {"posting": int(posting.id)})
        return again_card(turn.t, posting.id, draft.text)
    if tap.do == "lessons":
        return lesson_choice_card(turn.t, posting.id, await lesson_offers(turn.uow, turn.actor))
    if tap.do == "lesson":
        chosen = LessonKey(date.fromordinal(max(1, tap.day)), tap.n, CourseId(tap.id))
        draft = MarkingDraft(draft.text, chosen)
    if tap.do == "pick":
        draft = replace(draft, picks={**draft.picks, tap.n: tap.id})
    marking = await read_marking(turn.uow, turn.actor, draft)
    if tap.do == "save" and marking.can_be_saved and marking.is_as_shown(draft):
        try:
            return await _save(turn, posting, marking)
        except Invalid as error:
            if error.key != "changed_meanwhile":
                raise
        marking = await read_marking(turn.uow, turn.actor, draft)
    return await _show(turn, posting, marking)


def _leave_again(turn: Turn, posting_id: int) -> None:
    """Who taps at a posting's card is not about to send its line again."""
    state = turn.chat.state
    if state.get("capability") == "mark" and state["draft"].get("posting") == posting_id:
        turn.chat.leave()


async def undo(turn: Turn, posting_id: PostingId) -> Reply:
    """Take a whole entry back."""
    return undone_card(turn.t, await undo_marks(turn.uow, turn.chat.key, posting_id))


async def _open(turn: Turn, posting_id: int) -> KeptPosting:
    return await open_posting(turn.uow, turn.actor, posting_id, PostingKind.MARKS)


async def _show(turn: Turn, posting: KeptPosting, marking: Marking) -> Reply:
    """Keep the draft as it is shown from now on."""
    kept = marking.draft.as_json()
    if kept != posting.draft:
        await change_posting(turn.uow, posting, kept)
    return _preview(turn, posting.id, marking)


def _preview(turn: Turn, posting_id: PostingId, marking: Marking) -> Reply:
    if marking.register is None:
        assert marking.choice is not None
        return lesson_choice_card(turn.t, posting_id, marking.choice)
    return preview_card(turn.t, posting_id, marking, turn.today())


async def _save(turn: Turn, posting: KeptPosting, marking: Marking) -> Reply:
    assert marking.register is not None
    entries = []
    names: dict[int, str] = {}
    for one in marking.sure:
        assert one.pupil is not None
        said = one.entry
        names[one.pupil.student_id] = one.pupil.list_name
        entries.append(
            NewEntry(one.pupil.student_id, said.marks, said.presence, said.minutes, said.kind, said.comment)
        )
    saved = await save_marks(
        turn.uow,
        turn.chat.key,
        posting.id,
        marking.register.lesson.key,
        entries,
        rest_present=marking.line.rest_present,
        seen=marking.draft.seen,
    )
    return saved_card(turn.t, posting.id, saved, names, turn.today())


def _is_marking(turn: Turn, text: str) -> bool:
    """Words that mark somebody; an invitation code is a code also in a teacher's chat."""
    if looks_like_code(text):
        return False
    return parse_line(text, scale(turn.actor.school.scale if turn.actor.school else "")).is_marking


async def _names_a_pupil(turn: Turn, text: str) -> bool:
    """Whether the words mark somebody who is in the lesson: ``Exercise 5`` marks nobody."""
    try:
        marking = await read_marking(turn.uow, turn.actor, MarkingDraft(text))
    except (Invalid, NotFound):
        return False
    if marking.register is None:
        return marking.choice is not None and len(marking.choice.offers) > 1
    return any(one.standing is not Standing.NOBODY for one in marking.pupils)


CAPABILITY = Capability(
    name="mark",
    commands=("mark", "m"),
    title=N_("Give marks"),
    menu=N_("Marks and absences in one line"),
    order=200,
    for_whom=teaching,
    on_command=mark,
    tap=MarkTap,
    on_tap=on_tap,
    steps={"again": again},
    claims=_is_marking,
    insists=_names_a_pupil,
    posts=PostingKind.MARKS,
    undo=undo,
)
