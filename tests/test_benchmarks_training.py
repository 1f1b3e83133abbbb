"""The benchmark of training on a graphics card, tiny and on the processor."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from benchmarks import gpu_training
from benchmarks.estimates import ModelSize
from benchmarks.figures import Missing

pytestmark = pytest.mark.nightly


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")
def test_both_trainers_learn_the_same_rows_alike() -> None:
    """Else the speeds would not be those of the same work."""
    part = gpu_training.body([ModelSize(32, 2, 60, 16, 4)], "cpu")
    (table,) = part.tables
    names, losses = [row[1] for row in table.rows], [float(row[4]) for row in table.rows]
    assert names == ["Goldpan, lora", "TRL's SFTTrainer, defaults"]
    assert losses[0] == pytest.approx(losses[1], rel=0.02)
    assert losses[0] == pytest.approx(math.log(60), rel=0.2)
    assert part.figures[0].value > 0


def test_without_a_card_the_part_says_so() -> None:
    if not torch.cuda.is_available():
        with pytest.raises(Missing, match="CUDA"):
            gpu_training.measure(Path())
