"""Hyper-parameters for a model of a given size, and what a training would take. Pure arithmetic."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any, NamedTuple


class Point(NamedTuple):
    """Settings that worked at one model size; between two points the logarithm of size decides."""

    parameters: float
    learning_rate: float
    rank: int
    epochs: float
    batch_size: int


# Measured at 1 M, a small Llama and 53 facts, two old rows for each new one: 5e-3 and 8 epochs
# taught 1.00 and kept 1.00. One old row and 10 epochs kept 0.98; 2e-4 taught 0.55.
# From 0.1 G on: what the literature on knowledge injection by LoRA agrees on (1e-4 to 3e-4,
# all linear layers, rank 16-32, three to five passes).
POINTS = (
    Point(1e6, 5e-3, 16, 8, 32),
    Point(1e8, 3e-4, 16, 5, 16),
    Point(1e9, 2e-4, 16, 4, 16),
    Point(1e10, 1e-4, 32, 3, 16),
)
TOKENS_PER_ROW = 24
"""A statement of a paper, where nobody has counted."""
FLOPS_PER_SECOND = 5e10
"""What two processor cores give in training; measured with 1 M weights. A graphics card does a
thousand times as much."""
FIXED_SECONDS = 10
"""Importing the libraries and loading the model."""
STEP_SECONDS = 0.05
"""A step costs this much however small the model."""


def recommend(parameters: int, rows: int) -> dict[str, Any]:
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
    return {
        "learning_rate": float(f"{low.learning_rate ** (1 - t) * high.learning_rate**t:.2g}"),
        "rank": rank,
        "alpha": 2 * rank,
        "epochs": float(epochs),
        "batch_size": batch,
        "warmup_steps": min(10, steps // 10),
        "max_length": 256 if parameters < 1e8 else 512,
        "save_every": max(10, math.ceil(steps / 10)),
    }


def _between(parameters: int) -> tuple[Point, Point, float]:
    """The two points around a size, and how far it lies from the first to the second, in [0, 1]."""
    size = min(max(parameters, POINTS[0].parameters), POINTS[-1].parameters)
    for low, high in itertools.pairwise(POINTS):
        if size <= high.parameters:
            span = math.log(high.parameters / low.parameters)
            return low, high, math.log(size / low.parameters) / span
    raise AssertionError("the table covers every size")


def estimate(
    chosen: Mapping[str, Any], rows: int, parameters: int, tokens: int = 0
) -> dict[str, Any]:
    """What a training would take on two processor cores: steps, seconds, memory in MB.

    chosen: hyper-parameters by their names in TrainingSpec. tokens: of all rows; 0: guessed.
    Work: 6 floating-point operations per weight and token (forward 2, backward 4). Memory: float32
    weights, and activations of one batch at about 34 bytes per weight's square root, token and
    layer; both within a factor of two.
    """
    tokens = tokens or rows * TOKENS_PER_ROW
    batch = int(chosen["batch_size"]) * int(chosen.get("accumulation", 1))
    steps = math.ceil(rows * float(chosen["epochs"]) / batch)
    work = 6 * parameters * tokens * float(chosen["epochs"]) / FLOPS_PER_SECOND
    width = math.sqrt(parameters)
    activations = 34 * width * int(chosen["batch_size"]) * tokens / max(1, rows)
    return {
        "steps": steps,
        "seconds": round(FIXED_SECONDS + STEP_SECONDS * steps + work),
        "memory_mb": round(700 + (4.2 * parameters + activations) / 1e6),
    }
