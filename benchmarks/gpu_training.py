"""LoRA's speed beside a plain trainer of the same library family, and memory beside its estimate.

For a CUDA device; a processor takes the same code with a smaller model (`body`).
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.estimates import ModelSize, new_model, said_of, spec_for
from benchmarks.figures import Figure, Missing, Part, Table
from memory.errors import BadInput
from memory.records import TrainingSpec
from tools.training.estimate import machine_here, shape_of
from tools.training.methods import demand, loaded
from tools.training.session import prepared
from tools.training.shortage import BatchSplit
from tools.training.trainer import make_trainer

SIZES = (ModelSize(768, 12, 32000, 128, 16), ModelSize(2048, 22, 32000, 256, 16))
"""0.1 G and 1.3 G weights."""
ABOUT = """
The same model, rows, batch and adapter, trained by Goldpan (TRL's trainer, too, told what batches
to make: rows of like length together) and by TRL's `SFTTrainer` with its own defaults for
everything else. Rows of 16 to 256 tokens, as written questions and statements are. Tokens are those
that are not padding. Memory is the largest that torch allocated on the device, beside what the dry
run says.
"""


class TimedTraining(NamedTuple):
    """One training."""

    who: str
    tokens_per_second: float
    peak_mb: float
    """Allocated on the device; 0 on a processor."""
    loss: float


def measure(data: Path) -> Part:
    """The figures, on the CUDA device."""
    import torch

    del data  # everything is made here
    if not torch.cuda.is_available():
        raise Missing("This part needs a CUDA device, and torch finds none here.")
    return body(SIZES, "cuda")


def body(sizes: Sequence[ModelSize], device: str) -> Part:
    """The same on any device."""
    figures: list[Figure] = []
    rows: list[tuple[str | int | float, ...]] = []
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="gpu-training-") as folder:
            found, said = compared(size, Path(folder), device)
        name = f"{found['parameters'] / 1e6:.1f} M"
        rows += [
            (name, run.who, round(run.tokens_per_second), round(run.peak_mb), run.loss)
            for run in found["runs"]
        ]
        figures += _figures(name, found["runs"], said, size)
    return Part.of(
        "gpu_training",
        "Training on a graphics card",
        ABOUT,
        ("torch", "transformers", "peft", "trl"),
        figures=tuple(figures),
        tables=(
            Table(
                title="LoRA, the same model and rows",
                columns=("model", "trainer", "tokens/s", "peak MB", "loss at the end"),
                rows=tuple(rows),
            ),
        ),
    )


def compared(size: ModelSize, folder: Path, device: str) -> tuple[dict[str, Any], float]:
    """Both trainers' runs on one model, and the estimated memory in MB."""
    base = new_model(size, folder / "base")
    epochs = 5 if device == "cuda" else 1
    spec = uneven(spec_for(size, base, folder, epochs=epochs, save_every=10**6), size)
    shape = shape_of(base)
    machine = machine_here()._replace(device=device)
    said, _ = said_of(size, shape, spec, machine)
    methods = ["lora"]
    with suppress(BadInput):  # this machine has no 4 bits
        demand("qlora", device)
        methods.append("qlora")
    runs = [ours(spec.replace(method=method), base, device) for method in methods]
    return {"parameters": shape.parameters, "runs": [*runs, theirs(spec, base, device)]}, said


def uneven(spec: TrainingSpec, size: ModelSize) -> TrainingSpec:
    """Rows of other lengths in the spec's file: every other cut to a part, from an eighth on."""
    file = Path(spec.train_file)
    lines = file.read_text("utf-8").splitlines()

    def cut(number: int, line: str) -> str:
        words = line.removeprefix('{"text": "').removesuffix('"}').split()
        keep = max(size.tokens // 8, size.tokens * (1 + 5 * number % 8) // 8)
        return f'{{"text": "{" ".join(words[:keep])}"}}\n'

    file.write_text("".join(cut(n, line) for n, line in enumerate(lines)), "utf-8")
    return spec


def ours(spec: TrainingSpec, base: Path, device: str) -> TimedTraining:
    """As the training program does it."""
    from transformers import TrainerCallback

    model, tokenizer = loaded(spec, base, device)
    rows, _, _ = prepared(spec, base)
    split = BatchSplit(spec.batch_size, spec.accumulation)
    trainer = make_trainer(spec, split, model, tokenizer, rows, [], TrainerCallback())
    tokens = round(spec.epochs * sum(len(row.ids) for row in rows))
    return timed(f"Goldpan, {spec.method}", trainer, tokens)


def theirs(spec: TrainingSpec, base: Path, device: str) -> TimedTraining:
    """TRL's trainer, told the model, the rows, the batch and the adapter; the rest is its own."""
    from datasets import load_dataset
    from peft import LoraConfig
    from trl import SFTConfig, SFTTrainer

    from tools.models.hf import load_parts

    model, tokenizer = load_parts(base, device)
    given = SFTConfig(
        output_dir=str(Path(spec.output) / "trl"),
        num_train_epochs=spec.epochs,
        per_device_train_batch_size=spec.batch_size,
        learning_rate=spec.learning_rate,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        use_cpu=device == "cpu",
        bf16=device == "cuda",
        seed=spec.seed,
    )
    adapter = LoraConfig(
        r=spec.rank, lora_alpha=spec.alpha, target_modules="all-linear", task_type="CAUSAL_LM"
    )
    data = load_dataset(
        "json", data_files=spec.train_file, split="train", cache_dir=str(Path(spec.output) / "data")
    )
    trainer = SFTTrainer(
        model=model, args=given, train_dataset=data, processing_class=tokenizer, peft_config=adapter
    )
    tokens = round(spec.epochs * sum(len(row["input_ids"]) for row in trainer.train_dataset))
    return timed("TRL's SFTTrainer, defaults", trainer, tokens)


def timed(who: str, trainer: Any, tokens: int) -> TimedTraining:
    """Train, with the largest memory and the speed over all of it."""
    import torch

    cuda = torch.cuda.is_available()
    gc.collect()
    if cuda:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    began = time.perf_counter()
    result = trainer.train()
    if cuda:
        torch.cuda.synchronize()
    spent = time.perf_counter() - began
    peak = torch.cuda.max_memory_allocated() / 1e6 if cuda else 0.0
    return TimedTraining(who, tokens / spent, peak, round(float(result.training_loss), 3))


def _figures(
    name: str, runs: Sequence[TimedTraining], said: float, size: ModelSize
) -> Iterator[Figure]:
    speed = runs[0].tokens_per_second / runs[-1].tokens_per_second
    yield Figure(
        name=f"{name}: tokens a second over plain TRL", value=speed, aim=1.0, n=size.batch,
        note="the same model, rows, batch and adapter",
    )  # fmt: skip
    if runs[0].peak_mb:
        off = max(said / runs[0].peak_mb, runs[0].peak_mb / said)
        yield Figure(
            name=f"{name}: memory estimate, off by a factor of", value=off, aim=1.5,
            better="lower", note=f"{said:.0f} MB said, {runs[0].peak_mb:.0f} MB taken",
        )  # fmt: skip
