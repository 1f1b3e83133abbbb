"""Hyper-parameters for a model of a given size. Pure arithmetic."""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

from tools.training.estimate import Machine, Shape, estimate


class Point(NamedTuple):
    """Settings that worked at one model size; between two points the logarithm of size decides."""

    parameters: float
    learning_rate: float
    rank: int
    epochs: float
    batch_size: int


# Measured at 1 M, a small Llama, 60 facts and two old rows for each new one, one setting changed at
# a time: these taught 0.99 and kept 0.98. Rates of 1e-3 and 2e-3 taught 0.81 and 0.93, 2 and 4
# epochs 0.70 and 0.92, rank 2 and 8 0.80 and 0.96; 1e-2, 16 epochs and rank 32 no more than chance
# gives. Query and value layers alone taught 0.68.
# From 0.1 G on: what the literature on knowledge injection by LoRA agrees on (1e-4 to 3e-4,
# all linear layers, rank 16-32, three to five passes), QLoRA's 1e-4 at 33 G and 65 G among it.
POINTS = (
    Point(1e6, 5e-3, 16, 8, 32),
    Point(1e8, 3e-4, 16, 5, 16),
    Point(1e9, 2e-4, 16, 4, 16),
    Point(1e10, 1e-4, 32, 3, 16),
    Point(7e10, 1e-4, 32, 3, 16),
)
FULL_RATE = 0.1
"""Of an adapter's learning rate, where all weights learn: a LoRA's best rate was found to be about
ten times that of full training, over many sizes (Schulman et al. 2025). Not measured here."""


def recommend(parameters: int, rows: int, method: str = "lora") -> dict[str, Any]:
    """Hyper-parameters of a TrainingSpec, by its names.

    parameters: weights of the base. rows: training rows, replay included.
    Learning rate and epochs are interpolated on log size; beyond the table its ends hold.
    """
    low, high, t = _between(max(1, parameters))
    batch = low.batch_size if t < 0.5 else high.batch_size
    # A small set would give so few steps that the warm-up never ends.
    batch = max(1, min(batch, rows // 4))
    epochs = round(low.epochs + t * (high.epochs - low.epochs))
    steps = math.ceil(epochs * max(1, rows) / batch)
    rank = low.rank if t < 0.5 else high.rank
    rate = low.learning_rate ** (1 - t) * high.learning_rate**t
    return {
        "method": method,
        "learning_rate": float(f"{rate * (FULL_RATE if method == 'full' else 1):.2g}"),
        "rank": rank,
        "alpha": 2 * rank,
        "epochs": float(epochs),
        "batch_size": batch,
        "warmup_steps": min(10, steps // 10),
        "max_length": 256 if parameters < 1e8 else 512,
        "save_every": max(10, math.ceil(steps / 10)),
    }


def method_for(model: int | Shape, card_mb: float) -> str:
    """`lora`, or `qlora` on a graphics card whose memory takes the base in 4 bits only.

    card_mb: all of the card's memory, as what is free changes from run to run; 0: there is none.
    Asked for one row in a batch: a larger one is split by itself.
    """
    parameters = model.parameters if isinstance(model, Shape) else model
    card = Machine("cuda", 1e14, card_mb)

    def fits(method: str) -> bool:
        one = {**recommend(parameters, 1000, method), "batch_size": 1}
        return bool(estimate(one, 1000, model, machine=card)["fits"])

    return "qlora" if card_mb and not fits("lora") and fits("qlora") else "lora"


def _between(parameters: int) -> tuple[Point, Point, float]:
    """The two points around a size, and how far it lies from the first to the second, in [0, 1]."""
    size = min(max(parameters, POINTS[0].parameters), POINTS[-1].parameters)
    for low, high in itertools.pairwise(POINTS):
        if size <= high.parameters:
            span = math.log(high.parameters / low.parameters)
            return low, high, math.log(size / low.parameters) / span
    raise AssertionError("the table covers every size")
