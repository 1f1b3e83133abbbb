"""The guided tour, run as a user runs it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from benchmarks.doubles.real import start


def furnished(folder: Path, target: Path) -> Path:
    """A demo folder whose target went to school already."""
    root = folder / "goldpan-demo"
    shutil.copytree(target, root / "target")
    return root


def demo(root: Path, *args: str) -> str:
    """What it prints."""
    done = start(root, "demo", *args).completed(timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def summary(said: str) -> dict[str, Any]:
    """From the file that the last line names."""
    last = said.strip().splitlines()[-1]
    assert "report.html" in last
    told: dict[str, Any] = json.loads(Path(last.rpartition("Summary: ")[2]).read_text())
    return told
