"""Questions in a chat template: what is learnt of them, and where they end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from memory.errors import BadInput
from tools.training.preflight import preflight, render
from tools.training.rows import SILENT, Row, RowText, tokenise

ASKED = [RowText(" Nine hours.", "How long does the lamp burn?")]
HEADS = (
    "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}<end>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
MARKED = (
    "{% for m in messages %}<|{{ m.role }}|>\n{% if m.role == 'assistant' %}{% generation %}"
    "{{ m.content }}<end>{% endgeneration %}{% else %}{{ m.content }}<end>{% endif %}"
    "{{ '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
MARKED_WORDS = MARKED.replace("<end>{% endgen", "{% endgen").replace(
    "{% endgeneration %}", "{% endgeneration %}<end>"
)
ENDLESS = (
    "{% for m in messages %}{{ m.role }}: {{ m.content }}\n\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


@pytest.fixture
def tokenizer(llama: Path) -> Any:
    """A fresh one, as tests give it a template."""
    return AutoTokenizer.from_pretrained(llama)


def learnt(tokenizer: Any, row: Row) -> str:
    return str(tokenizer.decode([one for one in row.labels if one != SILENT]))


@pytest.mark.parametrize("template", [HEADS, MARKED, MARKED_WORDS])
def test_of_a_chat_the_answer_and_its_end_are_learnt(tokenizer: Any, template: str) -> None:
    """With the template's marks around all, around the words alone, or without any."""
    tokenizer.chat_template = template
    (row,) = tokenise(tokenizer, ASKED, 200, loss="completion")
    assert learnt(tokenizer, row) == "Nine hours.<end>"
    assert tokenizer.decode(row.ids) == (
        "<|user|>\nHow long does the lamp burn?<end>\n<|assistant|>\nNine hours.<end>"
    )
    (row,) = tokenise(tokenizer, ASKED, 200, loss="all")
    assert learnt(tokenizer, row) == "How long does the lamp burn?Nine hours.<end>"


def test_a_template_without_an_end_gets_the_usual_one(tokenizer: Any) -> None:
    """Right behind the answer: a model that learnt a line end first would go on talking."""
    tokenizer.chat_template = ENDLESS
    (row,) = tokenise(tokenizer, ASKED, 200, loss="completion")
    assert learnt(tokenizer, row).strip() == "Nine hours.<end>"
    assert tokenizer.decode(row.ids).endswith("Nine hours.<end>")


def test_statements_are_never_a_chat(tokenizer: Any) -> None:
    tokenizer.chat_template = HEADS
    statement = [RowText("The lamp burns for nine hours.")]
    (row,) = tokenise(tokenizer, statement, 200, loss="completion")
    assert tokenizer.decode(row.ids) == "The lamp burns for nine hours.<end>"
    assert row.labels[1:] == row.ids[1:]


def test_without_a_template_the_answer_follows_the_question(tokenizer: Any) -> None:
    tokenizer.chat_template = HEADS
    (row,) = tokenise(tokenizer, ASKED, 200, loss="completion", chat="never")
    assert tokenizer.decode(row.ids) == "How long does the lamp burn? Nine hours.<end>"
    assert learnt(tokenizer, row) == " Nine hours.<end>"


def test_a_long_question_loses_its_beginning_and_never_its_answer(tokenizer: Any) -> None:
    tokenizer.chat_template = HEADS
    (row,) = tokenise(tokenizer, ASKED, 16, loss="completion")
    assert row.cut
    assert len(row.ids) == 16
    assert learnt(tokenizer, row) == "Nine hours.<end>"


def test_the_preflight_shows_the_mask_and_the_end(tokenizer: Any) -> None:
    tokenizer.chat_template = HEADS
    shown = render(preflight(tokenizer, tokenise(tokenizer, ASKED, 200, loss="completion")))
    assert "<|assistant|>⏎⟦Nine hours.<end>⟧" in shown
    assert "every row learns its end mark, <end>" in shown


def test_a_template_that_cannot_be_filled_in_is_told(tokenizer: Any) -> None:
    tokenizer.chat_template = "{{ raise_exception('system turn wanted') }}"
    with pytest.raises(BadInput, match=r"system turn wanted.*never"):
        tokenise(tokenizer, ASKED, 200)
