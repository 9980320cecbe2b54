"""/topic: what a lesson was, or will be, about."""

from __future__ import annotations

from bot.capability import Capability, Turn, teaching
from bot.views.teaching_day import TopicTap, ask_topic_card, topic_lessons_card, topic_saved_card
from core.actions.topics import set_topic
from core.cards import Reply
from core.domain.drafts import lesson_as_json, lesson_from_json
from core.domain.homework_line import split_target
from core.domain.lessons import LessonKey
from core.errors import Invalid
from core.i18n import N_
from core.queries.lessons import access_lesson, choose_lesson, lesson_offers


async def topic(turn: Turn, line: str) -> Reply:
    """``/topic Fractions`` for the lesson that is on, ``/topic 7A algebra yesterday: Fractions`` for another."""
    if not line:
        offers = await lesson_offers(turn.uow, turn.actor)
        return topic_lessons_card(turn.t, offers, offers.offers, "")
    target, words = split_target(line)
    try:
        choice = await choose_lesson(turn.uow, turn.actor, target)
    except Invalid:
        # "Rome: the republic" has no lesson in front: all of it is the topic.
        target, words = "", line
        choice = await choose_lesson(turn.uow, turn.actor)
    if len(choice.offers) == 1:
        return await _write(turn, choice.offers[0].key, words)
    turn.chat.enter("topic", "which", {"topic": words})
    return topic_lessons_card(turn.t, choice, choice.offers or choice.others, words)


async def words(turn: Turn, text: str) -> Reply:
    """The words that were asked for."""
    key = lesson_from_json(turn.chat.state["draft"]["lesson"])
    assert key is not None
    reply = await _write(turn, key, text)
    turn.chat.leave()
    return reply


async def which(turn: Turn, text: str) -> Reply:
    """Words while a lesson is to be chosen are another try."""
    turn.chat.leave()
    return await topic(turn, text)


async def on_tap(turn: Turn, tap: TopicTap) -> Reply:
    """A lesson for the topic typed before, or one whose topic is to be written."""
    if tap.do == "ask":
        lesson = await access_lesson(turn.uow, turn.actor, tap.key)
        turn.chat.enter("topic", "words", {"lesson": lesson_as_json(tap.key)})
        return ask_topic_card(turn.t, lesson, turn.today())
    state = turn.chat.state
    if state.get("capability") != "topic" or state.get("step") != "which":
        raise Invalid("draft_over")
    reply = await _write(turn, tap.key, str(state["draft"]["topic"]))
    turn.chat.leave()
    return reply


async def _write(turn: Turn, key: LessonKey, text: str) -> Reply:
    lesson = await set_topic(turn.uow, turn.chat.key, key, text)
    return topic_saved_card(turn.t, lesson, " ".join(text.split()), turn.today())


CAPABILITY = Capability(
    name="topic",
    commands=("topic",),
    title=N_("Topic"),
    menu=N_("What a lesson was about"),
    order=225,
    for_whom=teaching,
    on_command=topic,
    tap=TopicTap,
    on_tap=on_tap,
    steps={"words": words, "which": which},
)
