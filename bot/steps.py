"""Open conversations: which step takes what is said next, and when it had better not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.capability import Capability, OnCommand, Turn
from core.domain.drafts import DRAFT_LIFE


@dataclass(frozen=True, slots=True)
class OpenStep:
    """What waits for words, and maybe files, of the person."""

    capability: Capability
    take: OnCommand
    takes_files: bool


def open_step(turn: Turn) -> OpenStep | None:
    """The step that the chat is in; one left for a day is over, as drafts are."""
    state = turn.chat.state
    since = state.get("since")
    if since is not None and turn.now - datetime.fromisoformat(since) > DRAFT_LIFE:
        turn.chat.leave()
        return None
    name = str(state.get("step", ""))
    capability = turn.table.by_name.get(str(state.get("capability", "")))
    if capability is None or name not in capability.steps or not capability.for_whom(turn.actor):
        return None
    return OpenStep(capability, capability.steps[name], name in capability.file_steps)


async def meant_for_another(turn: Turn, step: OpenStep, text: str) -> Capability | None:
    """The capability that the words are as surely meant for as for the step that is open: a line of marks while the
    words of an announcement are waited for."""
    for capability in turn.table.capabilities:
        claims, insists = capability.claims, capability.insists
        if capability is step.capability or claims is None or insists is None:
            continue
        if capability.for_whom(turn.actor) and claims(turn, text) and await insists(turn, text):
            return capability
    return None
