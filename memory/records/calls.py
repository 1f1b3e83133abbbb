"""Calls of language models, and what was answered."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from memory.records.base import Record, new_id, now


class Call(Record):
    """One call of a language model that reached its end, whatever came of it."""

    id: str = Field(default_factory=new_id)
    key: str
    """Content address of model, prompt, input and parameters: asked again, it is the same."""
    role: str = ""
    """What the model was bound as: `teacher`, `judge`, `target`, ..."""
    model: str
    """Kind of endpoint and model, e.g. `openai:gpt-5`."""
    prompt: str
    """Name and version of the prompt."""
    input_sha256: str
    parameters: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    priced: bool = True
    """Whether the price is known; where not, `cost` is 0 and says nothing."""
    latency: float = 0.0
    """Seconds of the last attempt."""
    attempts: int = 1
    outcome: str = "ok"
    """`ok`, or a reason of BadReply or of EndpointTrouble."""
    run: str = ""
    interest: str = ""
    time: str = Field(default_factory=now)


class Reply(Record):
    """What a model answered to a call, to be read again in place of another call."""

    identity = ("key",)
    key: str
    """`Call.key` of what was asked."""
    message: dict[str, Any]
    """The reply as plain JSON."""
