"""A question and its answer in a tokenizer's chat template, and which of its tokens are learnt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from memory.errors import BadInput
from tools.models.forest import common

MARKED = re.compile(r"{%-?\s*generation\b")
"""A template that says itself which part is the assistant's."""


class Turns(NamedTuple):
    """A row of tokens, the last of them its end mark."""

    ids: list[int]
    trained: list[bool]
    start: int
    """Where the answer begins; 0 for a statement."""


def has_template(tokenizer: Any) -> bool:
    """Whether the tokenizer has one chat template, not several by name."""
    return isinstance(getattr(tokenizer, "chat_template", None), str)


def in_template(tokenizer: Any, prompt: str, answer: str, loss: str) -> Turns:
    """The two turns as the template writes them, up to the mark that ends the answer.

    loss: `all` learns the words of the prompt too; the template's own words never. Raises BadInput
    for a template that cannot be filled in.
    """
    from jinja2 import TemplateError

    said = {"role": "user", "content": prompt.strip()}
    replied = {"role": "assistant", "content": answer.strip()}
    try:
        ids, first, last = _answer(tokenizer, [said, replied])
        ids, last = _ended(tokenizer, ids, first, last)
        trained = [first <= at <= last for at in range(len(ids))]
        if loss == "all":
            bare, upto, _ = _answer(tokenizer, [{**said, "content": ""}, replied])
            for at in _words(ids[:first], bare[:upto]):
                trained[at] = True
    except (TemplateError, ValueError, TypeError) as fault:
        raise BadInput(
            f"The chat template of the model's tokenizer cannot be filled in: {fault}.",
            'Set [training] chat = "never" in goldpan.toml.',
        ) from fault
    return Turns(ids, trained, first)


def _filled(tokenizer: Any, turns: Sequence[dict[str, str]], **options: Any) -> Any:
    return tokenizer.apply_chat_template(turns, tokenize=True, return_dict=True, **options)


def _answer(tokenizer: Any, turns: Sequence[dict[str, str]]) -> tuple[list[int], int, int]:
    """All tokens, and the first and last of the answer.

    By the template's own marks; without them, what is not there yet when the assistant is about to
    speak.
    """
    if MARKED.search(tokenizer.chat_template):
        filled = _filled(tokenizer, turns, return_assistant_tokens_mask=True)
        marked = [at for at, mark in enumerate(filled["assistant_masks"]) if mark]
        if not marked:
            raise ValueError("it marks nothing as the assistant's")
        return list(filled["input_ids"]), marked[0], marked[-1]
    ids = list(_filled(tokenizer, turns)["input_ids"])
    before = list(_filled(tokenizer, turns[:1], add_generation_prompt=True)["input_ids"])
    first = common(ids, before)
    if first == len(ids):
        raise ValueError("it leaves the assistant's words out")
    return ids, first, len(ids) - 1


def _ended(tokenizer: Any, ids: list[int], first: int, last: int) -> tuple[list[int], int]:
    """The row up to the first mark in or right behind the answer, or with the usual end mark.

    A model stops at what stands right behind its answer, not at a line end after that.
    """
    marks = {*tokenizer.all_special_ids, tokenizer.eos_token_id}
    for at in range(first, min(last + 2, len(ids))):
        if ids[at] in marks:
            return ids[: at + 1], at
    while last > first and not tokenizer.decode(ids[last]).strip():
        last -= 1
    return [*ids[: last + 1], tokenizer.eos_token_id], last + 1


def _words(whole: list[int], empty: list[int]) -> range:
    """Where the prompt's words stand before the answer: what the same without them has not."""
    begin = common(whole, empty)
    behind = common(whole[begin:][::-1], empty[begin:][::-1])
    return range(begin, len(whole) - behind)
