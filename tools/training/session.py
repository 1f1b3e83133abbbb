"""One training: load, check, train in smaller batches where memory is short, write the result."""

from __future__ import annotations

import ctypes
import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from memory import disk
from memory.errors import BadModel, TrainingFailed
from memory.records import TrainingSpec
from tools.training import ADAPTER, DONE, STOPPED, WHOLE, journal
from tools.training.best import Best
from tools.training.checkpoints import latest
from tools.training.preflight import Preflight, preflight, render
from tools.training.rows import Row, read_rows, tokenise
from tools.training.shortage import BatchSplit, halve, out_of_memory, split_of
from tools.training.trainer import make_trainer


class Ended(NamedTuple):
    """How a training came to its end."""

    trainer: Any
    best: Best
    loss: float
    stopped: bool
    """Whether somebody asked for the end; else it is finished."""


def train(spec: TrainingSpec, stop: Callable[[], bool]) -> int:
    """From the base, or from the last checkpoint, to the adapter or the new model.

    Returns an exit code. Raises BadInput, BadModel, TrainingFailed.
    """
    from tools.models.files import fingerprint, locate
    from tools.training.methods import demand, device_here, loaded

    device = device_here()
    demand(spec.method, device)
    base = locate(spec.base)
    if fingerprint(base) != spec.base_sha256:
        raise BadModel(f"{base} is not the base that the spec names.", "Put the old files back.")

    def parts() -> tuple[Any, Any]:
        return loaded(spec, base, device)

    began = time.monotonic()
    rows, watched, checked = prepared(spec, base)
    print(render(checked), flush=True)
    ended = attempts(spec, parts, rows, watched, stop)
    if ended.stopped:
        return STOPPED
    finish(spec, ended, base, checked, time.monotonic() - began)
    return 0


def prepared(spec: TrainingSpec, base: Path) -> tuple[list[Row], list[Row], Preflight]:
    """Rows to train on, rows to watch, and what was found about the former. Raises BadInput."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base, trust_remote_code=False, local_files_only=True)

    def rows_of(file: str) -> list[Row]:
        written = read_rows(Path(file))
        return tokenise(tokenizer, written, spec.max_length, spec.loss, spec.chat)

    rows = rows_of(spec.train_file)
    watched = rows_of(spec.validation_file) if spec.validation_file else []
    return rows, watched, preflight(tokenizer, rows)


def attempts(
    spec: TrainingSpec,
    parts: Callable[[], tuple[Any, Any]],
    rows: list[Row],
    watched: list[Row],
    stop: Callable[[], bool],
) -> Ended:
    """Train; where memory runs out, again from the last checkpoint in smaller batches.

    The rows of each step, and so the result within rounding, stay the same. A split that was found
    is used by a training that resumes, too. Raises TrainingFailed where one row is too much.
    """
    while True:
        split = split_of(spec)
        try:
            return attempt(spec, split, parts, rows, watched, stop)
        except (RuntimeError, MemoryError, OSError) as fault:
            if not out_of_memory(fault):
                raise
            told = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
        # Here, and not above: the fault held on to all tensors of its stack.
        less = halve(spec)
        if less is None:
            raise TrainingFailed(
                f"Memory does not suffice for one row in a batch: {told}.",
                'Set a smaller [training] max_length in goldpan.toml, or method = "qlora".',
            )
        note = f"memory ran out; from here {less.accumulation} batches of {less.batch_size} a step"
        print(f"{note} ({told})", flush=True)
        _note(Path(spec.output), note)
        release()


def attempt(
    spec: TrainingSpec,
    split: BatchSplit,
    parts: Callable[[], tuple[Any, Any]],
    rows: list[Row],
    watched: list[Row],
    stop: Callable[[], bool],
) -> Ended:
    """Train with this split, from the last checkpoint if there is one."""
    from tools.training.batches import keeps_rows_apart
    from tools.training.callback import TrainingCallback

    output = Path(spec.output)
    model, tokenizer = parts()
    if spec.packing and not keeps_rows_apart(model):
        print("this model would mix rows that are packed together; they are padded", flush=True)
        spec = spec.replace(packing=False)
    checkpoint = latest(output / "checkpoints")
    best = Best(output, spec.patience if watched else 0)
    best.begin(checkpoint)
    callback = TrainingCallback(output, stop, best)
    trainer = make_trainer(spec, split, model, tokenizer, rows, watched, callback)
    result = trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    early = trainer.state.global_step < trainer.state.max_steps
    best.restore(model)
    return Ended(trainer, best, result.training_loss, early and stop() and not best.over)


def release() -> None:
    """Give back what a failed attempt held."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    # What was freed in smaller blocks stays with the process otherwise: a training that was limited
    # to 1 GB beside its libraries could not even load its model again.
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)


def finish(
    spec: TrainingSpec, ended: Ended, base: Path, checked: Preflight, seconds: float
) -> None:
    """The result and then `done.json`, each appearing at once."""
    from tools.training.adapter import save_adapter, save_model

    output = Path(spec.output)
    if spec.method == "full":
        save_model(ended.trainer.model, base, spec, output / WHOLE)
    else:
        save_adapter(ended.trainer.model, spec, output / ADAPTER)
    rows, _ = journal.read(output / journal.FILE)
    validation = [row["validation_loss"] for row in rows if "validation_loss" in row]
    step = ended.trainer.state.global_step
    done = {
        "spec": spec.id,
        "result": WHOLE if spec.method == "full" else ADAPTER,
        "steps": step,
        "best_step": ended.best.step or step,
        "loss": ended.loss,
        "validation_loss": validation[-1] if validation else None,
        "seconds": round(seconds, 1),
        "split": split_of(spec)._asdict(),
        "preflight": checked._asdict(),
    }
    disk.write(output / DONE, json.dumps(done, indent=1).encode())


def _note(output: Path, note: str) -> None:
    """A word in the journal, at the step that the training goes on from: it forgets later ones."""
    file = output / journal.FILE
    checkpoint = latest(output / "checkpoints")
    step = int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0
    rows = [row for row in journal.read(file)[0] if row["step"] <= step]
    last = rows[-1] if rows else {"steps": 0, "seconds": 0.0, "eta": 0.0}
    kept = {name: last[name] for name in ("steps", "seconds", "eta")}
    journal.append(file, {"step": step, **kept, "note": note})
