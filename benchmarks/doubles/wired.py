"""A workspace whose models are behind a loopback endpoint, and what the command line left in it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks.doubles.forked import Forked
from benchmarks.doubles.real import PASSING, ended, killed_at
from benchmarks.doubles.recording_model import RecordingModel
from memory.lease import FileLease
from memory.records import Call, Extraction, Nugget, Probe, Question, Record, Run
from memory.store import Store

KINDS: tuple[type[Record], ...] = (Nugget, Extraction, Question, Probe)
"""What models had a hand in."""
HASTY = {"timeout": 2, "patience": 8, "in_flight": 32}
"""An endpoint's section, for tests that cannot wait."""


def bind(
    home: Path, url: str, roles: tuple[str, ...] = ("teacher", "target"), **section: Any
) -> Path:
    """Settings that bind these roles to one endpoint. section: more of it, or other."""
    home.mkdir(parents=True, exist_ok=True)
    told = {"url": url, "model": "mock", **HASTY, **section}
    (home / "goldpan.toml").write_text(
        "[roles]\n"
        + "".join(f'{role} = "mock"\n' for role in roles)
        + "[endpoints.mock]\n"
        + "".join(f"{name} = {json.dumps(value)}\n" for name, value in told.items())
    )
    return home


def rows(home: Path, kind: type[Record]) -> list[Any]:
    """All records of a kind."""
    store = Store.open(home / "goldpan.sqlite")
    try:
        return store.all(kind)
    finally:
        store.close()


def kept(home: Path) -> dict[str, list[str]]:
    """What two runs over the same papers and the same replies must have alike, sorted."""
    return {
        kind.__name__: sorted(row.model_dump_json(exclude=PASSING) for row in rows(home, kind))
        for kind in KINDS
    }


def calls(home: Path) -> list[Call]:
    """The ledger."""
    return rows(home, Call)


def twice(home: Path, recorder: RecordingModel) -> int:
    """Whole replies beyond one for each call; some calls ask the same on purpose."""
    wanted: dict[str, set[str]] = {}
    for call in calls(home):
        wanted.setdefault(call.input_sha256, set()).add(call.key)
    return sum(
        max(0, count - len(wanted.get(asked, {""}))) for asked, count in recorder.paid.items()
    )


def last_run(home: Path) -> Run:
    """The newest run."""
    run: Run = rows(home, Run)[-1]
    return run


def until(true: Callable[[], bool], process: Forked, seconds: float = 60) -> None:
    """Wait for something that a process does."""
    end = time.monotonic() + seconds
    while not true():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)


def owned(home: Path, process: Forked) -> None:
    """Wait until a process owns its workspace."""
    until(lambda: (FileLease(home).holder() or {}).get("pid") == process.pid, process)


def killed(home: Path, first: tuple[str, ...], moments: Iterable[int]) -> int:
    """Begin, kill -9 at a moment of its commits, resume, kill again ..., until it is done.

    moments: one for each process; see `commits`. Returns how many struck.
    """
    args, struck = first, 0
    for fatal in moments:
        if not killed_at(fatal, home, *args):
            return struck
        struck += 1
        args = ("runs", "resume") if rows(home, Run) else first
    # Nothing to do (4): the last kill may come after the last word.
    assert ended(home, *args).returncode in (0, 4)
    return struck
