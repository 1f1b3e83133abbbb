"""What a reply says, and by name what is none. Reading its text is left to whoever asked."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from langchain_core.messages import AIMessage

from memory.errors import BadReply

_LENGTH = ("length", "max_tokens", "MAX_TOKENS")
_KEPT = (
    "additional_kwargs",
    "response_metadata",
    "tool_calls",
    "invalid_tool_calls",
    "usage_metadata",
)


class Completion(NamedTuple):
    """What a model said."""

    text: str
    cut: bool
    """Whether it stopped at its length limit."""
    message: AIMessage
    key: str = ""
    """Of the call, in the ledger."""
    cached: bool = False
    """Whether it was read in the ledger."""


def completion_of(message: AIMessage, key: str = "", cached: bool = False) -> Completion:
    """What a reply says. Raises BadReply for one that is refused, filtered or empty."""
    if message.additional_kwargs.get("refusal"):
        raise BadReply("refused", "The model refused to answer.")
    told = message.response_metadata
    stopped = told.get("finish_reason") or told.get("stop_reason")
    if stopped == "content_filter":
        raise BadReply("filtered", "The endpoint's content filter stopped the reply.")
    text = _arguments(message) or str(message.text)
    cut = stopped in _LENGTH
    if not text.strip():
        raise BadReply("cut" if cut else "empty", "The model said nothing.")
    return Completion(text, cut, message, key, cached)


def kept(message: AIMessage) -> dict[str, Any]:
    """A reply as plain JSON, to be told again by `AIMessage(**kept)`."""
    more = {name: held for name in _KEPT if (held := getattr(message, name))}
    return {"content": message.content, **more}


def _arguments(message: AIMessage) -> str:
    """The arguments of its tool calls, those that are no JSON as they were written."""
    calls = [json.dumps(call["args"]) for call in message.tool_calls]
    broken = [str(call["args"] or "") for call in message.invalid_tool_calls]
    return f"[{','.join(calls)}]" if len(calls) > 1 and not broken else "\n".join(calls + broken)
