"""One call of a chat model, and what became of it by name. What its text says is left to `fit`.

An error's body, a refusal or a filter's note never comes back as text. Faults of the network and
of keys or quotas pass through as the client raises them: they are no replies.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import openai
from langchain_core.exceptions import ContextOverflowError
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from memory.errors import BadReply
from prompts import Message
from prompts.replies import Reply

_KINDS: dict[str, type[BaseMessage]] = {
    "system": SystemMessage,
    "user": HumanMessage,
    "assistant": AIMessage,
}
_FILTERED = ("content_filter", "content management policy", "content_policy_violation")
_TOO_LONG = ("context_length_exceeded", "maximum context length", "context window")
_LENGTH = ("length", "max_tokens", "MAX_TOKENS")


class Mode(StrEnum):
    """How an endpoint is made to answer in a schema, the best first."""

    SCHEMA = "json_schema"
    TOOL = "function_calling"
    TEXT = "text"
    """Asked for in words only, read by our own code."""


class Unsupported(Exception):
    """The endpoint knows no such mode, or says so of this request."""


class Said(NamedTuple):
    """What a model said."""

    text: str
    cut: bool
    """Whether it stopped at its length limit."""


def call(model: BaseChatModel, messages: Sequence[Message], reply: type[Reply], mode: Mode) -> Said:
    """One call. Raises BadReply for what is no answer, Unsupported to be asked in another mode."""
    try:
        message = _invoke(model, turns(messages), reply, mode)
    except openai.LengthFinishReasonError as fault:
        return Said(fault.completion.choices[0].message.content or "", cut=True)
    except openai.ContentFilterFinishReasonError as fault:
        raise BadReply("filtered", "The endpoint's content filter stopped the reply.") from fault
    except ContextOverflowError as fault:
        raise BadReply("too_long", "What was asked is longer than the model can read.") from fault
    except (openai.BadRequestError, openai.UnprocessableEntityError) as fault:
        return _declined(fault, mode)
    except NotImplementedError as fault:
        raise Unsupported(str(fault)) from fault
    except (ValueError, LookupError, TypeError) as fault:
        # How langchain-openai tells of a body without choices, or with an error in a 200.
        raise BadReply("error_body", f"The endpoint sent no reply: {fault}"[:300]) from fault
    return said(message)


def turns(messages: Sequence[Message]) -> list[BaseMessage]:
    """Our messages as langchain's."""
    return [_KINDS[message.role](content=message.text) for message in messages]


def _invoke(
    model: BaseChatModel, asked: list[BaseMessage], reply: type[Reply], mode: Mode
) -> object:
    if mode is Mode.TEXT:
        return model.invoke(asked)
    schema = {"title": reply.__name__, "description": "The answer.", **reply.strict_schema()}
    options = {"strict": True} if mode is Mode.SCHEMA else {}
    bound = model.with_structured_output(schema, method=mode.value, include_raw=True, **options)
    answer: Any = bound.invoke(asked)
    # Its own reading of the message stands beside it, and is stricter than ours.
    return answer["raw"]


def _declined(fault: openai.APIStatusError, mode: Mode) -> Said:
    """A request that was turned down: by a filter, for its mode, or after a failed generation."""
    refused(fault)
    if isinstance(fault.body, dict) and isinstance(fault.body.get("failed_generation"), str):
        return Said(fault.body["failed_generation"], cut=False)
    if mode is Mode.TEXT:
        raise fault
    raise Unsupported(f"{fault.code} {fault.message}") from fault


def refused(fault: openai.APIStatusError) -> None:
    """Raises BadReply where a request was turned down for its text, by a filter or as too long."""
    told = f"{fault.code} {fault.message}"
    if any(sign in told for sign in _FILTERED):
        raise BadReply("filtered", "The endpoint's content filter refused the text.") from fault
    # langchain-openai 1.7 looks for the code in the message, where it does not stand.
    if any(sign in told for sign in _TOO_LONG):
        raise BadReply("too_long", "What was asked is longer than the model can read.") from fault


def said(message: object) -> Said:
    """What a reply says. Raises BadReply for one that is refused, filtered or empty."""
    if not isinstance(message, AIMessage):
        raise BadReply("error_body", f"The endpoint sent a {type(message).__name__}.")
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
    return Said(text, cut)


def _arguments(message: AIMessage) -> str:
    """The arguments of its tool calls, those that are no JSON as they were written."""
    calls = [json.dumps(call["args"]) for call in message.tool_calls]
    broken = [str(call["args"] or "") for call in message.invalid_tool_calls]
    return f"[{','.join(calls)}]" if len(calls) > 1 and not broken else "\n".join(calls + broken)
