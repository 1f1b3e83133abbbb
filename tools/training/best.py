"""The best weights so far by validation loss, kept so that a killed training finds them again."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from memory import disk

WEIGHTS = "best.safetensors"
STATE = "best.json"


class Best:
    """In a folder: the trained weights of the best pass, its loss, and how many came since.

    Each checkpoint gets a link to them; a training that goes on from one goes on from its best.
    """

    def __init__(self, folder: Path, patience: int) -> None:
        """patience: passes without improvement to end after; 0: nothing is kept, nothing ends."""
        self._folder = folder
        self._patience = patience
        self.loss = float("inf")
        self.step = 0
        self.since = 0

    @property
    def over(self) -> bool:
        """Whether patience is at its end."""
        return 0 < self._patience <= self.since

    def seen(self, model: Any, step: int, loss: float) -> None:
        """A validation loss was measured. A loss that is no number is no improvement."""
        if not self._patience:
            return
        self.since += 1
        if loss < self.loss:
            self.loss, self.step, self.since = loss, step, 0
            self._write(model)
        self._note()

    def _write(self, model: Any) -> None:
        from safetensors.torch import save_file

        trained = {
            name: weight.detach().cpu().contiguous()
            for name, weight in model.named_parameters()
            if weight.requires_grad
        }
        # A new file each time: a checkpoint's link must stay what it was.
        draft = self._folder / (WEIGHTS + ".draft")
        save_file(trained, draft)
        draft.replace(self._folder / WEIGHTS)

    def _note(self) -> None:
        state = {"loss": self.loss, "step": self.step, "since": self.since}
        disk.write(self._folder / STATE, json.dumps(state).encode())

    def copy_to(self, checkpoint: Path) -> None:
        """Give a checkpoint what is the best at this moment."""
        for name in (WEIGHTS, STATE):
            if self._patience and (self._folder / name).exists():
                _link(self._folder / name, checkpoint / name)

    def begin(self, checkpoint: Path | None) -> None:
        """Go on with what a checkpoint has, or from nothing."""
        for name in (WEIGHTS, STATE):
            (self._folder / name).unlink(missing_ok=True)
            if checkpoint and (checkpoint / name).exists():
                _link(checkpoint / name, self._folder / name)
        if self._patience and (self._folder / STATE).exists():
            state = json.loads((self._folder / STATE).read_text("utf-8"))
            self.loss, self.step, self.since = state["loss"], state["step"], state["since"]

    def restore(self, model: Any) -> None:
        """Put the best weights into the model, where there are any."""
        from safetensors.torch import load_file

        if not self._patience or not (self._folder / WEIGHTS).exists():
            return
        best = load_file(self._folder / WEIGHTS)
        for name, weight in model.named_parameters():
            if name in best:
                weight.data.copy_(best[name])


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copy2(source, target)
