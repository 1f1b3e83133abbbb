"""What a dry run says of a training, beside what the training then takes: memory and time."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.figures import Table
from memory.records import TrainingSpec
from tools.models.files import fingerprint
from tools.threads import quieten
from tools.training import journal
from tools.training.estimate import Machine, Shape, estimate, machine_here, shape_of


class ModelSize(NamedTuple):
    """A Llama with random weights, and rows of random words."""

    width: int
    layers: int
    vocabulary: int
    tokens: int
    """In each row."""
    batch: int
    method: str = "lora"


SIZES = (
    ModelSize(128, 4, 1500, 48, 32),
    ModelSize(320, 6, 4000, 64, 16),
    ModelSize(320, 6, 4000, 64, 16, "full"),
    ModelSize(640, 8, 8000, 96, 8),
)
STEPS = 8
END = "<end>"
COLUMNS = ("model", "method", "rows × tokens", "memory MB", "estimated", "s per step", "estimated")


class MeasuredTraining(NamedTuple):
    """What one training took, and what was said before."""

    size: ModelSize
    parameters: int
    memory_mb: float
    """Largest resident set of the training's process, or allocated on the device."""
    step_seconds: float
    said_memory_mb: float
    said_step_seconds: float

    @property
    def ratios(self) -> tuple[float, float]:
        """Estimated over measured: memory, seconds of a step."""
        return self.said_memory_mb / self.memory_mb, self.said_step_seconds / self.step_seconds


def estimates() -> Table:
    """A training of each size, in a process of its own."""
    rows = tuple(
        (
            f"{one.parameters / 1e6:.1f} M",
            one.size.method,
            f"{one.size.batch} × {one.size.tokens}",
            round(one.memory_mb),
            round(one.said_memory_mb),
            round(one.step_seconds, 3),
            round(one.said_step_seconds, 3),
        )
        for one in map(taken, SIZES)
    )
    title = "A dry run's estimates beside what a training took"
    return Table(title=title, columns=COLUMNS, rows=rows)


def taken(size: ModelSize) -> MeasuredTraining:
    """Make the model, estimate, train some steps."""
    with tempfile.TemporaryDirectory(prefix="estimates-") as folder:
        base = new_model(size, Path(folder) / "base")
        spec = spec_for(size, base, Path(folder))
        shape = shape_of(base)
        said = said_of(size, shape, spec, machine_here())
        memory, seconds = trained(spec, Path(folder))
        return MeasuredTraining(size, shape.parameters, memory, seconds, *said)


def said_of(
    size: ModelSize, shape: Shape, spec: TrainingSpec, machine: Machine
) -> tuple[float, float]:
    """Estimated memory in MB, and seconds of a step."""
    rows = size.batch * STEPS
    said = estimate(spec.model_dump(), rows, shape, rows * size.tokens, machine, size.tokens)
    return float(said["memory_mb"]), float(said["step_seconds"])


def new_model(size: ModelSize, folder: Path) -> Path:
    """Save it, with a tokenizer of one token a word."""
    quieten()
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    words = {END: 0, **{f"w{at}": at for at in range(1, size.vocabulary)}}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token=END))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=size.vocabulary, hidden_size=size.width, intermediate_size=3 * size.width,
            num_hidden_layers=size.layers, num_attention_heads=size.width // 32,
            num_key_value_heads=size.width // 32, max_position_embeddings=2048,
            tie_word_embeddings=True, bos_token_id=0, eos_token_id=0, pad_token_id=0,
        )
    )  # fmt: skip
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=END, eos_token=END, pad_token=END
    ).save_pretrained(folder)
    return folder


def spec_for(size: ModelSize, base: Path, folder: Path, **changes: Any) -> TrainingSpec:
    """STEPS steps over rows of random words, all of one length."""
    chance = random.Random(0)

    def row() -> str:
        words = (f"w{chance.randrange(1, size.vocabulary)}" for _ in range(size.tokens - 1))
        return json.dumps({"text": " ".join(words)}) + "\n"

    (folder / "train.jsonl").write_text("".join(row() for _ in range(size.batch * STEPS)))
    given = {
        "base": str(base), "base_sha256": fingerprint(base), "dataset": "random words",
        "train_file": str(folder / "train.jsonl"), "output": str(folder / "out"), "epochs": 1,
        "batch_size": size.batch, "max_length": size.tokens, "warmup_steps": 1,
        "save_every": STEPS, "learning_rate": 1e-4, "method": size.method, **changes,
    }  # fmt: skip
    return TrainingSpec.model_validate(given)


def trained(spec: TrainingSpec, folder: Path) -> tuple[float, float]:
    """Largest resident set in MB of a training in a process of its own; seconds of a step."""
    request = folder / "request.json"
    request.write_text(spec.model_dump_json(), "utf-8")
    child = subprocess.Popen(
        [sys.executable, "-m", "tools.training.program", str(request)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[1],
    )  # fmt: skip
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, f"the training ended with {child.returncode}"
    times = [row["seconds"] for row in journal.read(Path(spec.output) / journal.FILE)[0]]
    # The first step also loads kernels and reserves memory.
    return used.ru_maxrss / 1000, (times[-1] - times[0]) / (len(times) - 1)
