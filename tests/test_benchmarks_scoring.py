"""The scoring benchmarks measure what they say, tiny and on a processor."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import gpu_scoring, quiz
from benchmarks.bound import ModelShape, repeated, unique
from tools.models.forest import Sequel

pytestmark = pytest.mark.nightly

SHAPE = ModelShape(width=32, layers=2, inner=48, heads=4, key_heads=2, words=900)


def test_shared_tokens_cost_once_and_the_head_only_where_it_is_read() -> None:
    """By hand: 5 tokens, 1 + 2 + 3 + 4 + 4 pairs, 3 predictions (one node is read twice)."""
    sequels = [Sequel([1, 2, 3, 4, 9], 3), Sequel([1, 2, 3, 5, 9], 3)]
    assert unique(SHAPE, sequels) == SHAPE.flops(5, 14, 3)
    assert repeated(SHAPE, sequels) == 2 * SHAPE.flops(4, 10, 4)
    # q and o: 32 × 32; k and v: 32 × 16; three of 32 × 48.
    assert SHAPE.flops(1, 0, 0) == 2 * 2 * (2 * 1024 + 2 * 512 + 3 * 1536)


def test_the_script_for_a_graphics_card_runs_tiny_on_a_processor(shared: Path) -> None:
    part = gpu_scoring.measured(shared, "cpu", "float32", SHAPE, (2, 3), 64)
    assert all(figure.value > 0 for figure in part.figures)
    assert part.tables[0].rows[1][1] == 3


def test_questions_have_the_length_that_was_asked_for(shared: Path) -> None:
    read = quiz.read(shared)
    tokenizer = quiz.learnt(read.texts, 2000)
    own = quiz.long(read, tokenizer, 346, 6)
    assert quiz.sized(own, tokenizer) == pytest.approx(346, abs=3)
    behind = quiz.few_shot(read, tokenizer, 600, 55, 6)
    start = len(tokenizer(behind[0].context.rpartition("\n\n")[0])["input_ids"])
    assert 590 < start < 800
    assert len({choice.context.rpartition("\n\n")[0] for choice in behind}) == 1
