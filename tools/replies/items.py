"""The items of one kind that a model gives to one question, and what was lost, counted."""

from __future__ import annotations

from typing import TypeVar

from memory.errors import BadReply
from prompts import Prompt
from prompts.replies import Item
from tools.replies.ask import Answer, Asker
from tools.replies.losses import Losses

T = TypeVar("T", bound=Item)


async def heard(
    asker: Asker, prompt: Prompt, kind: type[T], losses: Losses, **fields: str
) -> list[T] | None:
    """The items of the reply; None where there was no answer."""
    try:
        answer = await asker.ask(prompt, **fields)
    except BadReply as fault:
        losses.fail(fault)
        return None
    count(answer, losses)
    return [item for item in answer.items if isinstance(item, kind)]


def count(answer: Answer, losses: Losses) -> None:
    """What an answer does not hold."""
    for fault in answer.faults:
        losses.add("schema", fault)
    if answer.cut:
        losses.add("cut", "The reply stopped at its length limit.")
