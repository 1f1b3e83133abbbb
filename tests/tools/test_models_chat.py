"""Claims about a Hugging Face model in this process as a chat model."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import AIMessage

from tools.models.chat import HFChat
from tools.models.hf import HFTarget

ASKED = [("system", "Be brief."), ("user", "How long does the reed lamp burn?")]
TEMPLATE = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<end>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}" + TEMPLATE


class Noting(HFTarget):
    """A model that remembers the last text it was given to read."""

    read = ""

    def follow(self, ids: Sequence[int], most: int, stop: str = "") -> list[int]:
        self.read = self.tokenizer.decode(ids)
        return super().follow(ids, most, stop)


@pytest.fixture
def chat(llama: Path) -> HFChat:
    return HFChat(model="toy", target=Noting.load(llama), max_tokens=8)


def ask(chat: HFChat, asked: Any = ASKED, **options: Any) -> AIMessage:
    return asyncio.run(chat.ainvoke(asked, **options))


def read(chat: HFChat) -> str:
    ask(chat)
    assert isinstance(chat.target, Noting)
    return chat.target.read


def test_a_model_without_a_template_reads_question_and_answer(chat: HFChat) -> None:
    assert read(chat).endswith(
        "Be brief.\n\nQuestion: How long does the reed lamp burn?\n\nAnswer:"
    )


def test_a_template_is_filled_in_as_it_stands(chat: HFChat) -> None:
    chat.target.tokenizer.chat_template = TEMPLATE
    assert read(chat) == (
        "<|system|>Be brief.<end><|user|>How long does the reed lamp burn?<end><|assistant|>"
    )


def test_a_template_without_a_system_reads_its_words_first(chat: HFChat) -> None:
    chat.target.tokenizer.chat_template = NO_SYSTEM
    assert read(chat).startswith("<|user|>Be brief.\n\nHow long does the reed lamp burn?<end>")


def test_tokens_are_counted_and_the_length_limit_is_told(chat: HFChat) -> None:
    message = ask(chat)
    used = message.usage_metadata
    assert used is not None
    assert used["input_tokens"] > 10
    cut = message.response_metadata["finish_reason"] == "length"
    assert cut == (used["output_tokens"] == 8)
    assert ask(chat, max_tokens=1).usage_metadata["output_tokens"] <= 1  # type: ignore[index]


def test_the_same_question_gets_the_same_answer_however_many_ask(chat: HFChat) -> None:
    async def main() -> list[Any]:
        return await asyncio.gather(*(chat.ainvoke(ASKED) for _ in range(6)))

    assert {message.text for message in asyncio.run(main())} == {ask(chat).text}


@pytest.mark.parametrize(
    "options", [{"extra_body": {"response_format": {}}}, {"tools": []}, {"logprobs": True}]
)
def test_what_it_cannot_do_it_says(chat: HFChat, options: dict[str, Any]) -> None:
    with pytest.raises(NotImplementedError):
        ask(chat, **options)


def test_what_is_too_long_is_never_cut_silently(chat: HFChat) -> None:
    with pytest.raises(ContextOverflowError):
        ask(chat, [("user", "reed lamp " * 300)])
