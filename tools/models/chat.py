"""A Hugging Face model in this process as a chat model: greedy, one call at a time.

It knows no schemas and no tools: whoever asks for them is told so, and asks in words.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.exceptions import ContextOverflowError
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, convert_to_openai_messages
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field, PrivateAttr, SkipValidation

from tools.models.hf import HFTarget

MOST = 1024
"""Tokens of a reply where nobody says otherwise."""
_NAMES = {"system": "", "user": "Question: ", "assistant": "Answer: "}
"""How turns are written for a model that was never taught a chat."""
_NEXT = "\nQuestion:"
"""Where such a model begins to make up the next turn."""


class HFChat(BaseChatModel):
    """Asynchronous calls run in a thread, and wait for each other: a model has one cache."""

    model: str
    """What stands in records."""
    max_tokens: int = MOST
    target: SkipValidation[HFTarget] = Field(exclude=True, repr=False)
    _turn: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    @classmethod
    def load(
        cls, base: str | Path, adapter: str | Path | None = None, max_tokens: int = MOST
    ) -> Self:
        """A model's directory or hub id, as HFTarget.load takes it. Raises BadModel."""
        target = HFTarget.load(base, adapter)
        return cls(model=f"hf:{target.sha256[:12]}", target=target, max_tokens=max_tokens)

    @property
    def _llm_type(self) -> str:
        return "hf"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        max_tokens: int | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        """One call. Raises NotImplementedError for other options than the length."""
        if unknown := sorted({*kwargs, *kwargs.get("extra_body", {})} - {"extra_body"}):
            raise NotImplementedError(f"a model in this process knows no {', '.join(unknown)}")
        ids, end = self._read(messages)
        ends = [*(stop or []), *([end] if end else [])]
        most = min(max_tokens or self.max_tokens, self.target.window - len(ids))
        if most < 1:
            raise ContextOverflowError(f"{len(ids)} tokens for a model of {self.target.window}")
        with self._turn:
            said = self.target.follow(ids, most, ends[0] if ends else "")
        whole = text = str(self.target.tokenizer.decode(said, skip_special_tokens=True))
        for one in ends:
            text = text.split(one, 1)[0]
        cut = len(said) == most and text == whole
        message = AIMessage(
            text.strip(),
            response_metadata={"finish_reason": "length" if cut else "stop"},
            usage_metadata={
                "input_tokens": len(ids), "output_tokens": len(said),
                "total_tokens": len(ids) + len(said),
            },
        )  # fmt: skip
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _read(self, messages: Sequence[BaseMessage]) -> tuple[list[int], str]:
        """The turns as tokens, in the tokenizer's own template if it has one, and where to stop."""
        turns: Any = convert_to_openai_messages(messages)
        tokenizer = self.target.tokenizer
        if not isinstance(tokenizer.chat_template, str):
            asked = "\n\n".join(f"{_NAMES[turn['role']]}{turn['content']}" for turn in turns)
            return self.target.encode([f"{asked}\n\nAnswer:"])[0], _NEXT
        from jinja2 import TemplateError

        try:
            return self._filled(turns), ""
        except TemplateError:
            # Some templates know no system: its words then open the first turn.
            head, first, *rest = turns
            joined = {**first, "content": f"{head['content']}\n\n{first['content']}"}
            return self._filled([joined, *rest]), ""

    def _filled(self, turns: Sequence[dict[str, str]]) -> list[int]:
        filled = self.target.tokenizer.apply_chat_template(
            turns, tokenize=True, return_dict=True, add_generation_prompt=True
        )
        return list(filled["input_ids"])
