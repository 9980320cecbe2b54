"""/topic: what a lesson was, or will be, about."""

from __future__ import annotations

from dataclasses import replace

from bot.capability import Capability, Turn, teaching
from bot.views.invalid import lesson_problem_words, unknown_course_words
from bot.views.marking import dropped_card
from bot.views.teaching_day import (
    TopicTap,
    ask_topic_card,
    no_lesson_words,
    topic_lessons_card,
    topic_preview_card,
    topic_saved_card,
    topic_undone_card,
    which_lesson_card,
)
from core.actions.postings import change_posting, drop_posting, start_posting
from core.actions.topics import check_topic, save_topic, undo_topic
from core.cards import Reply
from core.domain.course_names import are_course_words, begins_with_class
from core.domain.drafts import TopicDraft
from core.domain.homework_line import split_leading, split_target
from core.domain.ids import PostingId
from core.domain.kinds import PostingKind
from core.domain.lessons import read_target
from core.errors import Invalid
from core.i18n import N_
from core.queries.lessons import LessonChoice, access_lesson, choose_lesson, lesson_offers, taught_courses
from core.queries.postings import KeptPosting, open_posting

_TOO_FAR = 60
"""Days: further away than this a date before the colon is part of the topic (``9 May 1945: the victory``)."""


async def topic(turn: Turn, line: str) -> Reply:
    """``/topic Fractions`` for the lesson that is on, ``/topic 7A algebra yesterday: Fractions`` for another."""
    if not line:
        return which_lesson_card(turn.t, await lesson_offers(turn.uow, turn.actor))
    choice, words, problem = await _understood(turn, line)
    lesson = choice.offers[0].key if len(choice.offers) == 1 and not problem else None
    draft = TopicDraft(" ".join(words.split()), lesson)
    posting_id = await start_posting(turn.uow, turn.actor, PostingKind.TOPIC, draft.as_json())
    if lesson is not None:
        return await _settle(turn, await _open(turn, posting_id), draft)
    return topic_lessons_card(turn.t, posting_id, choice, draft.text, problem)


async def _understood(turn: Turn, line: str) -> tuple[LessonChoice, str, str]:
    """The lessons that may be meant, the topic, and why they are not those that the words in front name."""
    courses = [one.name for one in await taught_courses(turn.uow, turn.actor)]
    target, words = split_target(line)
    meant = read_target(target, turn.today())
    is_far = meant.day is not None and abs((meant.day - turn.today()).days) > _TOO_FAR
    before, after = split_leading(line, courses, turn.today(), class_first=True)
    if target and not is_far:
        try:
            choice = await choose_lesson(turn.uow, turn.actor, target)
        except Invalid:
            names_course = are_course_words(meant.words, courses)
            if names_course or meant.day or meant.period or begins_with_class(target):
                # "3D shapes: cubes" only looks like a class: its words are kept, too.
                kept = words if names_course else after
                problem = unknown_course_words(turn.t, meant.words)
                return await lesson_offers(turn.uow, turn.actor), kept, problem
        else:
            if choice.offers:
                return choice, words, ""
            problem = (
                lesson_problem_words(turn.t, choice.problem) if choice.problem else no_lesson_words(turn.t)
            )
            return await lesson_offers(turn.uow, turn.actor), words, problem
    # "Rome: the republic" has no lesson in front: all of it is the topic.
    return await choose_lesson(turn.uow, turn.actor, before), after, ""


async def words(turn: Turn, text: str) -> Reply:
    """The words that were asked for."""
    posting = await _open(turn, int(turn.chat.state["draft"]["posting"]))
    draft = replace(TopicDraft.from_json(posting.draft), text=" ".join(text.split()))
    turn.chat.leave()
    return await _settle(turn, posting, draft)


async def on_tap(turn: Turn, tap: TopicTap) -> Reply:
    """A lesson whose topic is to be written, or a choice for a draft."""
    turn.chat.leave()
    if tap.do == "undo":
        return await undo(turn, PostingId(tap.posting))
    if tap.do == "ask":
        draft = TopicDraft("", tap.key)
        await access_lesson(turn.uow, turn.actor, tap.key)
        posting_id = await start_posting(turn.uow, turn.actor, PostingKind.TOPIC, draft.as_json())
        return await _settle(turn, await _open(turn, posting_id), draft)
    posting = await _open(turn, tap.posting)
    draft = TopicDraft.from_json(posting.draft)
    if tap.do == "cancel":
        await drop_posting(turn.uow, posting)
        return dropped_card(turn.t)
    if tap.do == "lessons":
        return topic_lessons_card(turn.t, posting.id, await lesson_offers(turn.uow, turn.actor), draft.text)
    if tap.do == "set":
        draft = replace(draft, lesson=tap.key)
    if tap.do == "edit" and draft.lesson is not None:
        return await _ask(turn, posting.id, draft)
    if tap.do == "save":
        return await _save(turn, posting, draft)
    return await _settle(turn, posting, draft)


async def _settle(turn: Turn, posting: KeptPosting, draft: TopicDraft) -> Reply:
    """What is still to be asked; both topics where there is one already; else the draft is saved at once."""
    if draft.lesson is None:
        await change_posting(turn.uow, posting, draft.as_json())
        return topic_lessons_card(turn.t, posting.id, await lesson_offers(turn.uow, turn.actor), draft.text)
    lesson = await access_lesson(turn.uow, turn.actor, draft.lesson)
    draft = replace(draft, over=lesson.topic)
    await change_posting(turn.uow, posting, draft.as_json())
    if not draft.text:
        return await _ask(turn, posting.id, draft)
    try:
        check_topic(draft.text)
    except Invalid:
        turn.chat.enter("topic", "words", {"posting": int(posting.id)})
        raise
    if lesson.topic in ("", draft.text):
        return await _save(turn, posting, draft)
    return topic_preview_card(turn.t, posting.id, lesson, draft.text, turn.today())


async def _ask(turn: Turn, posting_id: PostingId, draft: TopicDraft) -> Reply:
    assert draft.lesson is not None
    lesson = await access_lesson(turn.uow, turn.actor, draft.lesson)
    turn.chat.enter("topic", "words", {"posting": int(posting_id)})
    return ask_topic_card(turn.t, posting_id, lesson, draft.text, turn.today())


async def _save(turn: Turn, posting: KeptPosting, draft: TopicDraft) -> Reply:
    try:
        lesson = await save_topic(turn.uow, turn.chat.key, posting.id)
    except Invalid as error:
        if error.key == "changed_since":
            return await _settle(turn, posting, draft)
        if "on" not in error.params:
            raise
        problem = lesson_problem_words(turn.t, error)
        choice = await lesson_offers(turn.uow, turn.actor)
        return topic_lessons_card(turn.t, posting.id, choice, draft.text, problem)
    return topic_saved_card(turn.t, posting.id, lesson, draft.text, turn.today())


async def undo(turn: Turn, posting_id: PostingId) -> Reply:
    """Bring back what stood there before."""
    lesson, topic_now = await undo_topic(turn.uow, turn.chat.key, posting_id)
    return topic_undone_card(turn.t, lesson, topic_now, turn.today())


async def _open(turn: Turn, posting_id: int) -> KeptPosting:
    return await open_posting(turn.uow, turn.actor, posting_id, PostingKind.TOPIC)


CAPABILITY = Capability(
    name="topic",
    commands=("topic",),
    title=N_("Topic"),
    menu=N_("Write what a lesson is about"),
    order=225,
    for_whom=teaching,
    on_command=topic,
    tap=TopicTap,
    on_tap=on_tap,
    steps={"words": words},
    posts=PostingKind.TOPIC,
    undo=undo,
)
