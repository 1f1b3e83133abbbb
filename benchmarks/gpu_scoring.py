"""Questions a second by log-likelihood on a graphics card, and the share of its peak."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from benchmarks import bound, quiz
from benchmarks.bound import ModelShape
from benchmarks.figures import Figure, Missing, Part, Table
from tools.models import Choice
from tools.models.forest import Sequel
from tools.models.hf import HFTarget
from tools.models.scoring import score_plainly, scorer

SHAPE = ModelShape(width=1024, layers=24, inner=4096, heads=16, key_heads=16, words=32000)
"""436 million weights: about the layers of Pythia-410M."""
COUNTS = 512, 1024
"""Questions with a passage of their own, and behind shared examples."""
ABOUT = """
The questions of *Scoring* on a CUDA device, in bfloat16, by a Llama of 436 million random weights
made there. The peak is that of an 8192 × 8192 matrix product in the same run; the operations are
those of distinct tokens. Tokens are made before the clock starts: a processor does that meanwhile.
"""


def measure(data: Path) -> Part:
    """The figures. Raises Missing where there is no CUDA device."""
    import torch

    if not torch.cuda.is_available():
        raise Missing("There is no CUDA device here: run this part on a machine that has one.")
    return measured(data, "cuda", "bfloat16", SHAPE, COUNTS, 8192)


def measured(
    data: Path, device: str, precision: str, shape: ModelShape, counts: tuple[int, int], square: int
) -> Part:
    """The body, at any size and on any device. square: side of the matrix product of the peak."""
    read = quiz.read(data)
    tokenizer = quiz.learnt(read.texts, shape.words)
    model = quiz.llama(shape, 2048, device, precision)
    target = HFTarget(model, tokenizer, "", model.num_parameters())
    settings = {
        "own passage": quiz.long(read, tokenizer, 346, counts[0]),
        "shared examples": quiz.few_shot(read, tokenizer, 600, 55, counts[1]),
    }
    clock = _clock(device)
    figures, rows = [], []
    for name, choices in settings.items():
        sequels = list(itertools.chain.from_iterable(target.sequels(choices)))
        peak = bound.peak(clock, device, precision, square)
        took = [_timed(target, sequels, clock) for _ in range(4)][1:]
        share = bound.unique(shape, sequels) / peak / median(took)
        figures += _figures(name, choices, median(took), share, _apart(target, sequels))
        rows.append((name, len(choices), len(choices) / median(took), 100 * share, peak / 1e12))
    columns = ("setting", "questions", "a second", "% of the peak", "peak, TFLOP/s")
    return Part.of(
        "gpu_scoring", f"Scoring on {_device(device)}", ABOUT, ("torch", "transformers"),
        figures=tuple(figures),
        tables=(Table(title=f"{precision}, {model.num_parameters() / 1e6:.0f} million weights",
                      columns=columns, rows=tuple(rows)),),
    )  # fmt: skip


def _figures(
    name: str, choices: Sequence[Choice], took: float, share: float, apart: float
) -> list[Figure]:
    count = len(choices)
    note = f"largest difference from one at a time {apart:.1e} nats a token"
    return [
        Figure(name=f"questions a second, {name}", value=count / took, n=count, note=note),
        Figure(name=f"share of the peak, {name}", value=share, n=count),
    ]


def _apart(target: HFTarget, sequels: Sequence[Sequel]) -> float:
    """Largest difference from plain scoring among the first sequels, in nats per token."""
    some = [s for s in sequels[:32] if s.start < len(s.ids)]
    ours = scorer(target.model)(target.model, some)
    pairs = zip(ours, score_plainly(target.model, some), some, strict=True)
    return max(abs(a - b) / (len(s.ids) - s.start) for a, b, s in pairs)


def _timed(target: HFTarget, sequels: Sequence[Sequel], clock: Callable[[], float]) -> float:
    score = scorer(target.model)
    began = clock()
    score(target.model, sequels)
    return clock() - began


def _clock(device: str) -> Callable[[], float]:
    """Seconds, once the device has done what it was given."""
    import torch

    def seconds() -> float:
        if device != "cpu":
            torch.cuda.synchronize()
        return time.perf_counter()

    return seconds


def _device(device: str) -> str:
    import torch

    return "a processor" if device == "cpu" else torch.cuda.get_device_name()
