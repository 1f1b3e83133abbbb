"""The items of one kind that a model gives to one question, and what was lost, counted."""

from __future__ import annotations

from typing import TypeVar

from memory.errors import BadReply
from prompts import Prompt
from prompts.replies import ReplyItem
from tools.replies.ask import ReplyItems, SchemaAsker
from tools.replies.losses import Losses

T = TypeVar("T", bound=ReplyItem)


async def items_of(
    asker: SchemaAsker, prompt: Prompt, kind: type[T], losses: Losses, **fields: str
) -> list[T] | None:
    """The items of the reply; None where there was no answer."""
    try:
        answer = await asker.ask(prompt, **fields)
    except BadReply as fault:
        losses.fail(fault)
        return None
    count_faults(answer, losses)
    return [item for item in answer.items if isinstance(item, kind)]


def count_faults(answer: ReplyItems, losses: Losses) -> None:
    """What an answer does not hold."""
    for fault in answer.faults:
        losses.add("schema", fault)
    if answer.cut:
        losses.add("cut", "The reply stopped at its length limit.")
