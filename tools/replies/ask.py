"""Ask a model for items until they can be read, or say by name why not. At most one repair."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from memory.errors import BadReply
from prompts import Message, Prompt, load
from prompts.replies import Item, ReplySchema
from tools.endpoints.completion import Completion
from tools.endpoints.connection import Connection
from tools.endpoints.endpoint import Mode
from tools.replies.fit import Fitted, complains, fit

REFUSAL = re.compile(
    r"\b(?:can(?:no|['’])t|(?:un|not )able to|won['’]t|will not|must decline to|not comfortable)\b"
    r"[^.]{0,40}\b(?:help|assist|comply|provide|do that|answer|process|continue|fulfil\w*)\b|"
    r"\bI(?:['’]m| am) (?:very |really )?sorry\b|\bas an AI\b",
    re.IGNORECASE,
)
"""How models decline in words; looked for at the beginning of a reply that could not be read."""
SHOWN = 5
"""Faults told to the model in a repair; more of a kind teach it nothing."""


class Answer(NamedTuple):
    """What a model answered."""

    items: tuple[Item, ...]
    faults: tuple[str, ...]
    """What could not be read even after the repair, one for each item."""
    cut: bool
    """Whether the reply stopped short, mostly at its length limit, so that items may be missing."""
    unmended: str = ""
    """The reason for which its repair did not come, though another time it may."""


class Asker:
    """One model, and the best way it was found to answer in a schema."""

    def __init__(self, line: Connection) -> None:
        self._line = line
        self._modes: Sequence[Mode] = line.terms.modes
        self._repair = load("repair")

    async def ask(self, prompt: Prompt, **fields: str) -> Answer:
        """The items of one reply: one call, and another where that could not be read whole.

        Raises BadReply where there is no answer; it is asked afresh the next time. What makes
        every other call useless passes through.
        """
        messages = prompt.render(**fields)
        heard = await self._call(messages, prompt)
        first = fit(heard.text, prompt.schema_class)
        if heard.cut:
            if not first.items:
                raise BadReply("cut", "The reply reached its length limit before its first item.")
            return Answer(first.items, first.faults, cut=True)
        if not first.faults:
            return Answer(first.items, (), cut=False)
        if complains(heard.text, prompt.schema_class):
            await self._line.spoil(heard, "error_body")
            raise BadReply("error_body", "The endpoint sent an error in place of an answer.")
        # Asked to put its refusal into the schema, a model answers with an empty list.
        if not first.items and REFUSAL.search(heard.text[:400]):
            raise BadReply("refused", "The model refused to answer.")
        return await self._repaired(prompt, messages, heard, first)

    async def _repaired(
        self, prompt: Prompt, messages: Sequence[Message], heard: Completion, first: Fitted
    ) -> Answer:
        """The better of the first reply and of its repair."""
        [request] = self._repair.render(
            fault="; ".join(first.faults[:SHOWN]),
            schema=json.dumps(prompt.schema_class.strict_schema()),
        )
        try:
            again = await self._call([*messages, Message("assistant", heard.text), request], prompt)
        except BadReply as fault:
            if not first.items:
                await self._line.spoil(heard, "unreadable")
                raise
            unmended = fault.reason if fault.passing else ""
            return Answer(first.items, first.faults, False, unmended)
        second = fit(again.text, prompt.schema_class)
        if second.faults and not (first.items or second.items):
            for spoilt in (heard, again):
                await self._line.spoil(spoilt, "unreadable")
            raise BadReply("unreadable", f"The reply could not be read: {second.faults[0]}.")
        better = second if len(second.items) >= len(first.items) else first
        return Answer(better.items, better.faults, cut=again.cut or better.cut)

    async def _call(self, messages: Sequence[Message], prompt: Prompt) -> Completion:
        """A call in the best mode that works; those above it are not tried again."""
        modes, declined = self._modes, ""
        for place, mode in enumerate(modes):
            try:
                options = request(prompt.schema_class, mode)
                heard = await self._line.ask(messages, prompt.made_by, **options)
            except BadReply as fault:
                if fault.reason not in ("declined", "unsupported"):
                    raise
                declined = str(fault)
                continue
            self._modes = modes[place:]
            return heard
        raise BadReply("unsupported", f"The endpoint answers in none of our ways: {declined}"[:300])


@cache
def request(reply: type[ReplySchema], mode: Mode) -> dict[str, Any]:
    """What a request has beside its messages, to be answered in a schema.

    In the form of the protocol: the client's own way there parses each reply a second time, which
    takes longer than all the rest of a call.
    """
    schema: dict[str, Any] = {"name": reply.__name__, "description": "The answer."}
    match mode:
        case Mode.SCHEMA:
            schema |= {"strict": True, "schema": reply.strict_schema()}
            return {
                "extra_body": {"response_format": {"type": "json_schema", "json_schema": schema}}
            }
        case Mode.TOOL:
            schema |= {"parameters": reply.strict_schema()}
            chosen = {"type": "function", "function": {"name": reply.__name__}}
            return {"tools": [{"type": "function", "function": schema}], "tool_choice": chosen}
        case Mode.TEXT:
            return {}
