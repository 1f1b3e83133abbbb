"""A chat model that says what it is told to, and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field

Line = str | AIMessage | Exception
Script = Sequence[Line] | Callable[[str], Line]


class Scripted(BaseChatModel):
    """Knows no schemas and no tools, like a small model at home.

    script: its replies in order, or what it replies to a prompt.
    """

    script: Any
    asked: list[list[BaseMessage]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        self.asked.append(messages)
        if callable(self.script):
            line = self.script(str(messages[-1].content))
        else:
            line = self.script[len(self.asked) - 1]
        if isinstance(line, Exception):
            raise line
        said = line if isinstance(line, AIMessage) else AIMessage(line)
        return ChatResult(generations=[ChatGeneration(message=said)])


def draft(claim: str, quote: str = "", **more: Any) -> dict[str, Any]:
    """One nugget as a model writes it; its quote is its claim unless told."""
    plain = {"kind": "finding", "entities": [], "keywords": ["resin"], "sure": 9}
    return {"claim": claim, "quote": quote or claim, **plain, **more}


def listed(*drafts: dict[str, Any]) -> str:
    """A whole reply."""
    return json.dumps({"nuggets": drafts}, ensure_ascii=False)


def stopped(text: str, reason: str) -> AIMessage:
    """A reply that ended for a reason."""
    return AIMessage(text, response_metadata={"finish_reason": reason})
