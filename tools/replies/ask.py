"""Ask a model for items until they can be read, or say by name why not. At most one repair."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache, partial
from typing import Any, NamedTuple

from memory.errors import BadReply
from prompts import Message, Prompt, load
from prompts.replies import ReplyItem, ReplySchema
from tools.endpoints.completion import Completion
from tools.endpoints.connection import Connection
from tools.endpoints.endpoint import Mode
from tools.replies.faults import is_turned_down, refuses
from tools.replies.validate import Validated, is_error_body, validated
from tools.replies.ways import Ways

SHOWN = 5
"""Faults told to the model in a repair; more of a kind teach it nothing."""


class ReplyItems(NamedTuple):
    """What a reply gave."""

    items: tuple[ReplyItem, ...]
    faults: tuple[str, ...]
    """What could not be read even after the repair, one for each item."""
    cut: bool
    """Whether the reply stopped short, mostly at its length limit, so that items may be missing."""
    unmended: str = ""
    """The reason for which its repair did not come, though another time it may."""


class SchemaAsker:
    """One model, and the best way it was found to answer in a schema."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._ways = Ways(connection.terms.modes)
        self._repair = load("repair")

    async def ask(self, prompt: Prompt, **fields: str) -> ReplyItems:
        """The items of one reply: one call, and another where that could not be read whole.

        Raises BadReply where there is no answer; it is asked afresh the next time. What makes
        every other call useless passes through.
        """
        messages = prompt.render(**fields)
        completion = await self._call(messages, prompt)
        first = validated(completion.text, prompt.schema_class)
        if completion.cut:
            if not first.items:
                raise BadReply("cut", "The reply reached its length limit before its first item.")
            return ReplyItems(first.items, first.faults, cut=True)
        if not first.faults:
            return ReplyItems(first.items, (), cut=False)
        if is_error_body(completion.text, prompt.schema_class):
            await self._connection.spoil(completion, "error_body")
            raise BadReply("error_body", "The endpoint sent an error in place of an answer.")
        # Asked to put its refusal into the schema, a model answers with an empty list.
        if not first.items and refuses(completion.text):
            raise BadReply("refused", "The model refused to answer.")
        return await self._repaired(prompt, messages, completion, first)

    async def _repaired(
        self, prompt: Prompt, messages: Sequence[Message], completion: Completion, first: Validated
    ) -> ReplyItems:
        """The better of the first reply and of its repair."""
        [request] = self._repair.render(
            fault="; ".join(first.faults[:SHOWN]),
            schema=json.dumps(prompt.schema_class.strict_schema()),
        )
        try:
            again = await self._call(
                [*messages, Message("assistant", completion.text), request], prompt
            )
        except BadReply as fault:
            if not first.items:
                await self._connection.spoil(completion, "unreadable")
                raise
            unmended = fault.reason if fault.passing else ""
            return ReplyItems(first.items, first.faults, False, unmended)
        second = validated(again.text, prompt.schema_class)
        if second.faults and not (first.items or second.items):
            for spoilt in (completion, again):
                await self._connection.spoil(spoilt, "unreadable")
            raise BadReply("unreadable", f"The reply could not be read: {second.faults[0]}.")
        better = second if len(second.items) >= len(first.items) else first
        return ReplyItems(better.items, better.faults, cut=again.cut or better.cut)

    async def _call(self, messages: Sequence[Message], prompt: Prompt) -> Completion:
        """A call in the best mode that works."""
        try:
            return await self._ways.ask(partial(self._in_mode, messages, prompt))
        except BadReply as fault:
            if not is_turned_down(fault):
                raise
            told = f"The endpoint answers in none of our ways: {fault}"[:300]
            raise BadReply("unsupported", told) from fault

    async def _in_mode(self, messages: Sequence[Message], prompt: Prompt, mode: Mode) -> Completion:
        options = request(prompt.schema_class, mode)
        return await self._connection.ask(messages, prompt.made_by, **options)


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
