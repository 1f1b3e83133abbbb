"""Train by a spec: `python -m tools.training.program spec.json`, here or on a cluster.

Resumes from its last whole checkpoint; a training that is finished is left as it is. Writes
`adapter/` (or `model/`), `done.json` and `progress.jsonl` under the spec's output folder. What to
train on and with which settings is decided elsewhere.

Exit codes: 0 finished, 1 the spec, the base or the data cannot be used, 75 another process trains
in that folder, 85 stopped by a signal with the state saved.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import signal
import sys
from pathlib import Path

from memory import disk
from memory.errors import BadInput, Trouble
from memory.records import TrainingSpec
from tools.threads import quieten
from tools.training import ADAPTER, BUSY, DONE, STOPPED, WHOLE

WAIT = 60
"""Seconds to wait for a training of the same folder that is just saving its state."""


class Stop:
    """Remembers that somebody asked for an end."""

    def __init__(self) -> None:
        self._asked = False

    def ask(self, *_: object) -> None:
        """As a signal handler."""
        self._asked = True

    def __call__(self) -> bool:
        """Whether somebody did."""
        return self._asked


def main(arguments: list[str] | None = None) -> int:
    """Read the spec, train, return the exit code."""
    parser = argparse.ArgumentParser(prog="tools.training.program", description=__doc__)
    parser.add_argument("spec", type=Path, help="a TrainingSpec as JSON")
    parser.add_argument("--with-parent", type=int, metavar="PID", help="stop when PID ends")
    given = parser.parse_args(arguments)
    # Until training begins there is nothing to save.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(STOPPED))
    if given.with_parent:
        follow(given.with_parent)
    quieten()
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

    from tools.training.session import train

    output = Path(spec.output)
    output.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(output / "lock", timeout=WAIT):
            if finished(spec):
                return 0
            claim(spec)
            stop = Stop()
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, stop.ask)
            return train(spec, stop)
    except Timeout:
        print(f"another process trains in {output}", file=sys.stderr)
        return BUSY


def finished(spec: TrainingSpec) -> bool:
    """Whether the result of this very spec is there."""
    output = Path(spec.output)
    try:
        done = json.loads((output / DONE).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return bool(done.get("spec") == spec.id) and result_of(spec).is_dir()


def result_of(spec: TrainingSpec) -> Path:
    """The folder that a training leaves: an adapter, or a whole model."""
    return Path(spec.output) / (WHOLE if spec.method == "full" else ADAPTER)


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
    disk.write(file, spec.model_dump_json(indent=1).encode())


if __name__ == "__main__":
    sys.exit(main())
