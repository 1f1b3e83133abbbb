"""The progress of a training as JSON lines: one writer, any number of readers, killed at will."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from memory import disk

FILE = "progress.jsonl"


def read(file: Path, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """Whole rows from a byte offset on, and the offset after them.

    A row still being written has no line end yet and waits for the next call.
    """
    try:
        with file.open("rb") as stream:
            stream.seek(offset)
            data = stream.read()
    except FileNotFoundError:
        return [], offset
    data = data[: data.rfind(b"\n") + 1]
    return [json.loads(line) for line in data.splitlines()], offset + len(data)


def append(file: Path, row: dict[str, Any]) -> None:
    """One more row, in one write."""
    with file.open("ab") as stream:
        stream.write((json.dumps(row) + "\n").encode())


def rewind(file: Path, step: int) -> float:
    """Forget rows after a step: they will be trained again. Returns the seconds spent up to it."""
    rows = [row for row in read(file)[0] if row["step"] <= step]
    disk.write(file, "".join(json.dumps(row) + "\n" for row in rows).encode())
    return max((float(row["seconds"]) for row in rows), default=0.0)
