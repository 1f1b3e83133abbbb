"""Checkpoints that are whole or not there: a mark is written last, with each file's size."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from memory import disk

MARK = "whole.json"


def seal(checkpoint: Path) -> None:
    """Write the mark, after all files are on the disk."""
    sizes = {}
    for file in sorted(checkpoint.iterdir()):
        with file.open("rb") as stream:
            os.fsync(stream.fileno())
        sizes[file.name] = file.stat().st_size
    disk.write(checkpoint / MARK, json.dumps(sizes).encode())


def is_whole(checkpoint: Path) -> bool:
    """Whether the mark is there and every file still has the size it names."""
    try:
        sizes = json.loads((checkpoint / MARK).read_text("utf-8"))
        return bool(sizes) and all(
            (checkpoint / name).stat().st_size == size for name, size in sizes.items()
        )
    except (OSError, ValueError, AttributeError):
        return False


def latest(folder: Path) -> Path | None:
    """The whole checkpoint with the highest step; broken ones are removed."""
    best: tuple[int, Path] | None = None
    for checkpoint in sorted(folder.glob("checkpoint-*")):
        step = checkpoint.name.rpartition("-")[2]
        if not step.isdigit() or not is_whole(checkpoint):
            shutil.rmtree(checkpoint, ignore_errors=True)
        elif best is None or int(step) > best[0]:
            best = (int(step), checkpoint)
    return best[1] if best else None
