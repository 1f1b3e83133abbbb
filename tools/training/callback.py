"""Watches the trainer: journal, whole checkpoints, the best weights, and an end when asked."""

# ruff: noqa: ARG002  the methods' arguments are the trainer's to choose

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from tools.training import journal
from tools.training.best import Best
from tools.training.checkpoints import seal


class TrainingCallback(TrainerCallback):  # type: ignore[misc]  # transformers has no types
    """output: the spec's output folder; stop: asked after each step; best: told of each loss."""

    def __init__(self, output: Path, stop: Callable[[], bool], best: Best) -> None:
        self._output = output
        self._journal = output / journal.FILE
        self._stop = stop
        self._best = best
        self._began = self._before = 0.0
        self._first = 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Rows beyond the checkpoint will be written again."""
        self._first = state.global_step
        self._before = journal.rewind(self._journal, state.global_step)
        self._began = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Stop where it gets no better; save and stop, if somebody asked."""
        if self._best.over:
            control.should_training_stop = True
        if self._stop():
            control.should_save = control.should_training_stop = True

    def on_evaluate(
        self, args: Any, state: Any, control: Any, metrics: dict[str, float], model: Any, **_: Any
    ) -> None:
        """A pass is over; the trainer evaluates before it saves."""
        self._best.seen(model, state.global_step, float(metrics.get("eval_loss", "nan")))
        if self._best.over:
            control.should_training_stop = True

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The trainer calls this when all files of a checkpoint are written."""
        checkpoint = self._output / "checkpoints" / f"checkpoint-{state.global_step}"
        self._best.copy_to(checkpoint)
        seal(checkpoint)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float], **_: Any) -> None:
        """One row of the journal for a training or a validation loss; both in nats per token."""
        name = {"loss": "loss", "eval_loss": "validation_loss"}
        if not (key := next((key for key in name if key in logs), "")):
            return
        spent = time.monotonic() - self._began
        rate = spent / max(1, state.global_step - self._first)
        journal.append(
            self._journal,
            {
                "step": state.global_step,
                "steps": state.max_steps,
                name[key]: float(logs[key]),
                "seconds": round(self._before + spent, 3),
                "eta": round(rate * (state.max_steps - state.global_step), 1),
            },
        )
