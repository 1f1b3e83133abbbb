"""The real thing in small: the command line in its own processes, sample papers, a real model.

The processes are forked from one that has loaded everything, which saves each of them its imports.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.doubles.forked import Forked, server
from memory.records import (
    Dataset,
    Decision,
    Document,
    Link,
    ModelVersion,
    Nugget,
    Paper,
    Passage,
    Probe,
    Question,
    Record,
    Run,
    Sighting,
    TrainingSpec,
)
from memory.store import Store

KINDS: tuple[type[Record], ...] = (
    Paper, Sighting, Document, Passage, Nugget, Link, Question, Probe, Decision, Dataset,
    TrainingSpec, ModelVersion,
)  # fmt: skip
PASSING = {"time", "created", "run", "batch", "started"}
"""Fields that tell when or by which run, and so differ between two equal runs."""


def command(home: Path, *args: str) -> list[str]:
    """The command line of a workspace, for those who want a fresh interpreter."""
    return [sys.executable, "-m", "agent.cli", *args, "--home", str(home)]


def start(
    home: Path,
    *args: str,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
    program: Sequence[str] = ("agent.cli",),
) -> Forked:
    """Start a command; its output is piped.

    env: more variables, of the kind that is read by those who need it; what libraries read while
    they are imported was read before. program: a module, and what comes before the arguments.
    """
    variables = {**os.environ, "COLUMNS": "200", **(env or {})}
    return server().start(*program, *args, "--home", str(home), env=variables, stdin=stdin)


def ended(
    home: Path, *args: str, env: Mapping[str, str] | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """A command, run to whatever end it comes to."""
    return start(home, *args, env=env, stdin=stdin).completed(timeout=300)


def goldpan(home: Path, *args: str, code: int = 0, stdin: str = "") -> str:
    """Run a command, expect its exit code, and give what it printed."""
    done = ended(home, *args, stdin=stdin)
    assert done.returncode == code, f"{args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def killed_at(fatal: int, home: Path, *args: str) -> bool:
    """Run a command that is killed (-9) at this moment of its commits; whether it came so far."""
    log = home.parent / f"{home.name}-moments"
    program = ("benchmarks.doubles.killed", str(fatal), str(log))
    done = start(home, *args, program=program).completed(timeout=300)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode == -signal.SIGKILL


def furnish(home: Path, target: Path) -> Path:
    """A workspace whose settings bind the model in `target`."""
    home.mkdir(parents=True)
    (home / "goldpan.toml").write_text(
        '[roles]\ntarget = "small"\n'
        f'[models.small]\npath = "{target}"\nretention = "{target / "retention.jsonl"}"\n'
        f'replay = "{target / "replay.txt"}"\n'
        "[training]\nepochs = 3\nsave_every = 5\n"
        "[gate]\nretention = 0.1\nperplexity = 100\n"
    )
    return home


def clone(home: Path, to: Path) -> Path:
    """A copy of a workspace in its state of now."""
    shutil.copytree(home, to)
    return to


def snapshot(home: Path, url: str = "") -> dict[str, list[str]]:
    """Everything a workspace holds that two equal runs must have alike, sorted.

    url: of its store; empty: the file in it.
    """
    store = Store.open(url or home / "goldpan.sqlite")
    try:
        held = {kind.__name__: sorted(_plain(r, home) for r in store.all(kind)) for kind in KINDS}
        runs = [f"{run.graph} {run.status}" for run in store.all(Run)]
        return {**held, "Run": sorted(runs)}
    finally:
        store.close()


def _plain(record: Record, home: Path) -> str:
    row: dict[str, Any] = record.model_dump(mode="json", exclude=PASSING)
    if isinstance(record, Decision):  # Ids of events are their own.
        del row["id"]
        row["undoes"] = bool(row["undoes"])
    return json.dumps(row, sort_keys=True).replace(str(home), "HOME")
