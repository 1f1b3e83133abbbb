"""When memory runs out: how that looks, and how a step is split so that less of it is needed.

The split that was found is kept beside the training, whoever found it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from memory import disk
from memory.records import TrainingSpec

SPLIT = "split.json"
SIGNS = ("out of memory", "can't allocate memory", "cannot allocate memory", "alloc_failed")
"""In the text of a RuntimeError: of a graphics card, of the processor, of the system, of cuBLAS."""


def out_of_memory(fault: BaseException) -> bool:
    """Whether memory was short, by type or by words; torch.OutOfMemoryError has them."""
    words = str(fault).lower()
    return isinstance(fault, MemoryError) or (
        isinstance(fault, RuntimeError | OSError) and any(sign in words for sign in SIGNS)
    )


class BatchSplit(NamedTuple):
    """How the rows of one optimiser step are computed."""

    batch_size: int
    accumulation: int


def kernel_kills(file: Path = Path("/proc/vmstat")) -> int:
    """How many processes Linux has killed for want of memory since it started; 0 elsewhere."""
    try:
        counts = dict(line.split() for line in file.read_text("ascii").splitlines())
        return int(counts.get("oom_kill", 0))
    except (OSError, ValueError):
        return 0


def split_of(spec: TrainingSpec) -> BatchSplit:
    """The spec's own, or the smaller one that was found to fit."""
    try:
        found = json.loads((Path(spec.output) / SPLIT).read_text("utf-8"))
        return BatchSplit(int(found["batch_size"]), int(found["accumulation"]))
    except (OSError, ValueError, KeyError):
        return BatchSplit(spec.batch_size, spec.accumulation)


def halve(spec: TrainingSpec) -> BatchSplit | None:
    """The next smaller split, from now on the one of this training; None where there is none."""
    less = BatchSplit(*smaller(*split_of(spec)))
    if not less.batch_size:
        return None
    disk.write(Path(spec.output) / SPLIT, json.dumps(less._asdict()).encode())
    return less


def smaller(batch: int, accumulation: int) -> tuple[int, int]:
    """Half the batch or less, and as many more of them: a step keeps its rows.

    Returns (0, 0) where a batch is one row already.
    """
    step = batch * accumulation
    half = next((size for size in range(batch // 2, 0, -1) if step % size == 0), 0)
    return (half, step // half) if half else (0, 0)
