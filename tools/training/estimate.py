"""What a training would take on this machine: steps, seconds, memory. Arithmetic and one product.

The constants are fitted to trainings of 1 to 48 M weights on a processor, where memory comes out
within 1.1 and time mostly within 1.5 of what was measured: a busy machine's speed changes by more.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from memory.errors import BadModel
from memory.records import TrainingSpec
from tools.models.files import locate
from tools.training.preflight import Preflight

TOKENS_PER_ROW = 24
"""A statement of a paper, where nobody has counted."""
FIXED_SECONDS = 10
"""Importing the libraries and loading the model."""
LIBRARIES_MB = 525
"""A training's process without a model."""
LAYER_SECONDS = 0.005
"""A layer costs this much in each step however small it is."""
KEPT = {"lora": (24, 8), "qlora": (24, 8), "full": (18, 4)}
"""Values kept for the backward pass, of each token in each layer: of the model's width, and of its
inner layer's. An adapter has outputs of its own to add."""
LOGITS_KEPT = 3
"""Copies of the logits: themselves, their logarithms, the gradient."""
SHARE_OF_PEAK = {"cpu": 0.9, "cuda": 0.4}
"""Of the speed of a large matrix product. Of a device nobody has measured it yet."""
PER_BYTE = 35
"""A byte kept costs as much time as so many operations: it is written and read some times over."""
NF4_BYTES = 0.52
"""Of a weight in 4 bits, with its scales."""
RECOMPUTED = 1_000_000_000
"""Weights from which activations are computed twice rather than kept."""


class Shape(NamedTuple):
    """What of a model decides its cost."""

    parameters: int
    layers: int
    width: int
    inner: int
    vocabulary: int
    tied: bool = True
    """Whether one table serves for reading and for writing words."""

    @classmethod
    def guess(cls, parameters: int) -> Shape:
        """Of a decoder of that size, where nobody can look: 80 times as wide as deep."""
        layers = max(2, round((max(1, parameters) / (12 * 80**2)) ** (1 / 3)))
        width = max(8, round(math.sqrt(max(1, parameters) / (12 * layers))))
        vocabulary = min(150_000, max(1_500, parameters // (10 * width)))
        return cls(parameters, layers, width, 3 * width, vocabulary)

    @property
    def multiplied(self) -> int:
        """Weights that each token is multiplied with: a table that is only looked up costs none."""
        return max(1, self.parameters - (0 if self.tied else self.vocabulary * self.width))

    def adapter(self, rank: int) -> int:
        """Weights of an adapter on all linear layers."""
        return self.layers * rank * (8 * self.width + 3 * (self.width + self.inner))


class Machine(NamedTuple):
    """Where it would be trained."""

    device: str
    flops: float
    """Operations a second in a large matrix product."""
    free_mb: float
    """Memory that can still be had; 0: unknown."""


TWO_CORES = Machine("cpu", 5e10, 0)


def machine_here() -> Machine:
    """The machine we are on, its speed measured for a third of a second as it is loaded now."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    size, kind = (4096, torch.bfloat16) if device == "cuda" else (1024, torch.float32)
    one = torch.ones(size, size, device=device, dtype=kind)

    def product() -> None:
        _ = one @ one
        if device == "cuda":
            torch.cuda.synchronize()

    product()
    began, times = time.perf_counter(), 0
    while (spent := time.perf_counter() - began) < 0.3 or not times:
        product()
        times += 1
    free = torch.cuda.mem_get_info()[0] / 1e6 if device == "cuda" else _free_mb()
    return Machine(device, times * 2 * size**3 / spent, free)


def card_mb() -> float:
    """All memory of the graphics card that torch would use; 0 without one."""
    import torch

    return torch.cuda.mem_get_info()[1] / 1e6 if torch.cuda.is_available() else 0.0


def _free_mb() -> float:
    """Memory that Linux says it could give; 0 elsewhere."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        found = next(line for line in lines if line.startswith("MemAvailable:"))
        return int(found.split()[1]) * 1024 / 1e6
    except (OSError, StopIteration, ValueError):
        return 0.0


def shape_of(folder: Path, parameters: int = 0) -> Shape:
    """The shape of a model directory, from its configuration and the sizes in its weights' headers.

    parameters: where somebody has counted already. What it does not name is guessed.
    """
    config: dict[str, Any] = json.loads((folder / "config.json").read_text("utf-8"))
    config = config.get("text_config", config)
    counted = parameters or _counted(folder)
    usual = Shape.guess(counted)

    def named(usual: int, *names: str) -> int:
        return next((int(config[name]) for name in names if config.get(name)), usual)

    width = named(usual.width, "hidden_size", "n_embd", "d_model")
    return Shape(
        parameters=counted,
        layers=named(usual.layers, "num_hidden_layers", "n_layer", "num_layers"),
        width=width,
        inner=named(4 * width, "intermediate_size", "n_inner", "ffn_dim"),
        vocabulary=named(usual.vocabulary, "vocab_size"),
        tied=bool(config.get("tie_word_embeddings", True)),
    )


def _counted(folder: Path) -> int:
    """Numbers in all weights, from the headers alone."""
    total = 0
    for file in folder.glob("*.safetensors"):
        with file.open("rb") as stream:
            size = int.from_bytes(stream.read(8), "little")
            header: dict[str, Any] = json.loads(stream.read(size))
        total += sum(math.prod(one["shape"]) for name, one in header.items() if "shape" in one)
    return total


def estimate(
    chosen: Mapping[str, Any],
    rows: int,
    model: int | Shape,
    tokens: int = 0,
    machine: Machine = TWO_CORES,
    longest: int = 0,
) -> dict[str, Any]:
    """Steps, seconds, memory in MB, by name; and whether that memory is there (None: unknown).

    chosen: hyper-parameters by their names in TrainingSpec. model: its shape, or its weights.
    tokens: of all rows; longest: of one row; 0: guessed. Work: forward 2 operations for each weight
    and token, backward 2 for what is passed on and 2 for each weight that learns; attention 12 for
    each pair of tokens and unit of width. Memory: weights, what learns with its gradient and two
    moments (4 bytes each), what is kept for the backward pass, and copies of the logits.
    """
    shape = model if isinstance(model, Shape) else Shape.guess(model)
    tokens = tokens or rows * TOKENS_PER_ROW
    epochs, batch = float(chosen["epochs"]), int(chosen["batch_size"])
    steps = math.ceil(rows * epochs / (batch * int(chosen.get("accumulation", 1))))
    mean = tokens / max(1, rows)
    longest = longest or min(int(chosen.get("max_length", 512)), round(3 * mean))
    kept = _kept(chosen, shape, machine)
    work = _work(chosen, shape, mean) + PER_BYTE * kept
    speed = machine.flops * SHARE_OF_PEAK.get(machine.device, 0.4)
    training = steps * LAYER_SECONDS * shape.layers + epochs * tokens * work / speed
    memory = _weights(chosen, shape, machine) + batch * longest * kept
    memory_mb = round(memory / 1e6 + (LIBRARIES_MB if machine.device == "cpu" else 0))
    return {
        "steps": steps,
        "seconds": round(FIXED_SECONDS + training),
        "step_seconds": round(training / max(1, steps), 4),
        "memory_mb": memory_mb,
        "fits": memory_mb <= machine.free_mb if machine.free_mb else None,
    }


def expected(
    spec: TrainingSpec, checked: Preflight, parameters: int, machine: Machine | None = None
) -> dict[str, Any]:
    """The estimate for a spec whose rows were looked at; machine: this one unless given.

    A base whose directory cannot be opened is taken for a usual one of so many parameters.
    """
    try:
        shape = shape_of(locate(spec.base), parameters)
    except (BadModel, OSError, ValueError):
        shape = Shape.guess(parameters)
    where = machine or machine_here()
    return estimate(spec.model_dump(), checked.rows, shape, checked.tokens, where, checked.longest)


def _method(chosen: Mapping[str, Any]) -> str:
    return str(chosen.get("method", "lora"))


def _learnt(chosen: Mapping[str, Any], shape: Shape) -> int:
    whole = _method(chosen) == "full"
    return shape.parameters if whole else shape.adapter(int(chosen.get("rank", 16)))


def _weights(chosen: Mapping[str, Any], shape: Shape, machine: Machine) -> float:
    """Bytes of weights, gradients and moments, whatever the batch."""
    learnt = _learnt(chosen, shape)
    if _method(chosen) == "full":
        return 16 * learnt
    tables = shape.vocabulary * shape.width * (1 if shape.tied else 2)
    if _method(chosen) == "qlora":
        return NF4_BYTES * max(0, shape.parameters - tables) + 4 * tables + 16 * learnt
    return (4 if machine.device == "cpu" else 2) * shape.parameters + 16 * learnt


def _kept(chosen: Mapping[str, Any], shape: Shape, machine: Machine) -> float:
    """Bytes kept for each token of a batch."""
    outer, inner = KEPT[_method(chosen)]
    size = 4 if machine.device == "cpu" else 2
    layer = size * (outer * shape.width + inner * shape.inner)
    logits = 4 * LOGITS_KEPT * shape.vocabulary
    if shape.parameters > RECOMPUTED:
        return size * shape.layers * shape.width + layer + logits
    return shape.layers * layer + logits


def _work(chosen: Mapping[str, Any], shape: Shape, length: float) -> float:
    """Operations for each token."""
    again = 2 if shape.parameters > RECOMPUTED else 0
    frozen = 0 if _method(chosen) == "full" else 4 * shape.multiplied
    learnt = 6 * (shape.multiplied if not frozen else _learnt(chosen, shape))
    return frozen + learnt + again * shape.multiplied + 12 * shape.layers * shape.width * length
