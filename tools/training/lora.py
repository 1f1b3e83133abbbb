"""Train a LoRA adapter: `python -m tools.training.lora spec.json`, here or on a cluster.

Resumes from its last whole checkpoint; an adapter that is finished is left as it is. Writes
`adapter/`, `done.json` and `progress.jsonl` under the spec's output folder. What to train on and
with which settings is decided elsewhere.

Exit codes: 0 finished, 1 the spec, the base or the data cannot be used, 75 another process trains
in that folder, 85 stopped by a signal with the state saved.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import math
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from memory.errors import BadInput, BadModel, Trouble
from memory.records import TrainingSpec
from tools.threads import calm
from tools.training import BUSY, STOPPED, journal
from tools.training.checkpoints import latest
from tools.training.rows import Preflight, preflight, read_texts, running_order, tokenise

DONE = "done.json"
ADAPTER = "adapter"
WAIT = 60
"""Seconds to wait for a training of the same folder that is just saving its state."""
LINES = 120
"""Progress rows written in a whole training, about."""
LARGE = 1_000_000_000
"""Weights from which activations are computed twice rather than kept."""


class Stop:
    """Remembers that somebody asked for an end."""

    asked = False

    def __call__(self, *_: object) -> None:
        """As a signal handler."""
        self.asked = True


def main(arguments: list[str] | None = None) -> int:
    """Read the spec, train, return the exit code."""
    parser = argparse.ArgumentParser(prog="tools.training.lora", description=__doc__)
    parser.add_argument("spec", type=Path, help="a TrainingSpec as JSON")
    parser.add_argument("--with-parent", type=int, metavar="PID", help="stop when PID ends")
    given = parser.parse_args(arguments)
    # Until training begins there is nothing to save.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(STOPPED))
    if given.with_parent:
        follow(given.with_parent)
    calm()
    try:
        spec = TrainingSpec.model_validate_json(given.spec.read_text("utf-8"))
        return run(spec)
    except (Trouble, OSError, ValueError) as fault:
        print(f"{type(fault).__name__}: {fault}", file=sys.stderr, flush=True)
        return 1


def follow(parent: int) -> None:
    """Ask Linux for a SIGTERM when the parent ends; elsewhere a parent must tell us itself."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(STOPPED)


def run(spec: TrainingSpec) -> int:
    """Train unless it has been done. One process at a time works in the output folder."""
    from filelock import FileLock, Timeout

    output = Path(spec.output)
    output.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(output / "lock", timeout=WAIT):
            return 0 if finished(spec) else train(spec)
    except Timeout:
        print(f"another process trains in {output}", file=sys.stderr)
        return BUSY


def finished(spec: TrainingSpec) -> bool:
    """Whether the adapter of this very spec is there."""
    output = Path(spec.output)
    try:
        done = json.loads((output / DONE).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return bool(done.get("spec") == spec.id) and (output / ADAPTER).is_dir()


def train(spec: TrainingSpec) -> int:
    """From the base, or from the last checkpoint, to the adapter."""
    from tools.models.files import fingerprint, locate
    from tools.models.hf import load_parts

    if spec.method != "lora":
        raise BadInput(f"There is no training method {spec.method!r} here.", "Use lora.")
    base = locate(spec.base)
    if fingerprint(base) != spec.base_sha256:
        raise BadModel(f"{base} is not the base that the spec names.", "Put the old files back.")
    claim(spec)
    model, tokenizer = load_parts(base)
    texts = read_texts(Path(spec.train_file))
    rows = tokenise(tokenizer, texts, spec.max_length)
    checked = preflight(tokenizer, texts, rows)
    print("preflight:", json.dumps(checked._asdict()), flush=True)
    held = read_texts(Path(spec.validation_file)) if spec.validation_file else []
    watched = tokenise(tokenizer, held, spec.max_length) if held else []

    stop = Stop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    trainer = make_trainer(spec, model, tokenizer, rows, watched, stop)
    checkpoint = latest(Path(spec.output) / "checkpoints")
    began = time.monotonic()
    result = trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if stop.asked and trainer.state.global_step < trainer.state.max_steps:
        return STOPPED
    finish(spec, trainer, checked, time.monotonic() - began, result.training_loss)
    return 0


def claim(spec: TrainingSpec) -> None:
    """Say in the output folder whose it is; BadInput when it is another training's."""
    file = Path(spec.output) / "spec.json"
    if file.is_file():
        there = TrainingSpec.model_validate_json(file.read_text("utf-8"))
        if there.id != spec.id:
            raise BadInput(
                f"{spec.output} holds the training {there.id}, not {spec.id}.",
                "Give this one a folder of its own.",
            )
    draft = file.with_suffix(".draft")
    draft.write_text(spec.model_dump_json(indent=1), "utf-8")
    draft.replace(file)


def make_trainer(
    spec: TrainingSpec,
    model: Any,
    tokenizer: Any,
    rows: list[dict[str, list[int]]],
    watched: list[dict[str, list[int]]],
    stop: Stop,
) -> Any:
    """TRL's trainer, told everything it would otherwise guess."""
    from datasets import Dataset
    from peft import LoraConfig
    from trl import SFTConfig, SFTTrainer

    from tools.training.keeper import Keeper

    on_device = model.device.type == "cuda"
    order = running_order(
        [len(row["input_ids"]) for row in rows], spec.epochs, spec.batch_size, spec.seed
    )
    steps = math.ceil(len(order) / (spec.batch_size * spec.accumulation))
    settings = SFTConfig(
        output_dir=str(Path(spec.output) / "checkpoints"),
        num_train_epochs=1,
        per_device_train_batch_size=spec.batch_size,
        gradient_accumulation_steps=spec.accumulation,
        learning_rate=spec.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=spec.warmup_steps,
        weight_decay=0.0,
        max_length=spec.max_length,
        dataset_kwargs={"skip_prepare_dataset": True},
        # The order is ours: drawn from the seed alone, a resumed training finds it again.
        train_sampling_strategy="sequential",
        gradient_checkpointing=model.num_parameters() > LARGE,
        use_cpu=not on_device,
        bf16=on_device,
        seed=spec.seed,
        data_seed=spec.seed,
        save_strategy="steps",
        save_steps=spec.save_every,
        save_total_limit=2,
        eval_strategy="steps" if watched else "no",
        eval_steps=max(1, round(steps / spec.epochs)),
        per_device_eval_batch_size=spec.batch_size,
        logging_steps=max(1, steps // LINES),
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
    targets = spec.targets if spec.targets == "all-linear" else spec.targets.split(",")
    return SFTTrainer(
        model=model,
        args=settings,
        train_dataset=Dataset.from_list(rows).select(order),
        eval_dataset=Dataset.from_list(watched) if watched else None,
        processing_class=tokenizer,
        peft_config=LoraConfig(
            r=spec.rank,
            lora_alpha=spec.alpha,
            lora_dropout=spec.dropout,
            target_modules=targets,
            task_type="CAUSAL_LM",
        ),
        callbacks=[Keeper(Path(spec.output), lambda: stop.asked)],
    )


def finish(
    spec: TrainingSpec, trainer: Any, checked: Preflight, seconds: float, loss: float
) -> None:
    """The adapter and then `done.json`, each appearing at once."""
    from tools.training.adapter import save_adapter

    output = Path(spec.output)
    save_adapter(trainer.model, spec, output / ADAPTER)
    rows, _ = journal.read(output / journal.FILE)
    validation = [row["validation_loss"] for row in rows if "validation_loss" in row]
    done = {
        "spec": spec.id,
        "adapter": ADAPTER,
        "steps": trainer.state.global_step,
        "loss": loss,
        "validation_loss": validation[-1] if validation else None,
        "seconds": round(seconds, 1),
        "preflight": checked._asdict(),
    }
    draft = output / (DONE + ".draft")
    draft.write_text(json.dumps(done, indent=1), "utf-8")
    draft.replace(output / DONE)


if __name__ == "__main__":
    sys.exit(main())
