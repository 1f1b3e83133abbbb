"""kill -9 at random moments, Ctrl-C, and two processes at once, on the real command line."""

from __future__ import annotations

import json
import random
import signal
import time
from pathlib import Path

import pytest

from benchmarks.doubles.real import clone, furnish, goldpan, snapshot, start
from memory.lease import FileLease

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("unmeasured")]
KILLS = 6
"""Of each graph with a model on this machine; test_wire_kill.py has twenty more."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, small_target: Path, few_papers: Path) -> Path:
    """A workspace after an undisturbed `run`."""
    home = furnish(tmp_path_factory.mktemp("found") / "home", small_target)
    goldpan(home, "interests", "add", "minerals", "--papers", str(few_papers))
    goldpan(home, "run", "minerals", "--yes")
    return home


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory, found: Path) -> Path:
    """The same after an undisturbed `teach`."""
    home = clone(found, tmp_path_factory.mktemp("taught") / "home")
    goldpan(home, "teach", "minerals", "--yes")
    return home


def owned(home: Path, process_id: int, seconds: float = 60) -> None:
    """Wait until a process owns the workspace: before that there is nothing to lose."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        holder = FileLease(home).holder()
        if holder and holder["pid"] == process_id:
            return
        time.sleep(0.02)


def kill_often(home: Path, first: tuple[str, ...], seed: int, span: float, kills: int) -> int:
    """Start, kill -9 after a random while, resume, kill again ...; how many kills struck."""
    dice = random.Random(seed)
    struck, args = 0, first
    while struck < kills:
        process = start(home, *args)
        owned(home, process.pid)
        time.sleep(dice.uniform(0, span))
        running = process.poll() is None
        process.kill()
        process.communicate()
        if not running:
            break
        struck += 1
        runs = json.loads(goldpan(home, "runs", "list", "--json"))
        args = ("runs", "resume") if runs and runs[-1]["graph"] == graph_of(first) else first
    return struck


def graph_of(args: tuple[str, ...]) -> str:
    return "teach" if args[0] == "teach" else "discover"


def finish(home: Path, first: tuple[str, ...]) -> None:
    runs = json.loads(goldpan(home, "runs", "list", "--json"))
    mine = [r for r in runs if r["graph"] == graph_of(first)]
    if not mine:
        goldpan(home, *first)
    elif mine[-1]["status"] != "done":
        goldpan(home, "runs", "resume")


def test_a_discovery_killed_often_finds_what_an_undisturbed_one_finds(
    tmp_path: Path, found: Path, small_target: Path, few_papers: Path
) -> None:
    expected, struck, round_ = snapshot(found), 0, 0
    while struck < KILLS:
        home = furnish(tmp_path / str(round_) / "home", small_target)
        goldpan(home, "interests", "add", "minerals", "--papers", str(few_papers))
        first = ("run", "minerals", "--yes")
        struck += kill_often(home, first, seed=100 + round_, span=9, kills=KILLS - struck)
        finish(home, first)
        assert snapshot(home) == expected
        round_ += 1


def test_a_teaching_killed_often_makes_the_version_an_undisturbed_one_makes(
    tmp_path: Path, found: Path, taught: Path
) -> None:
    """The same adapter to the byte: its hash is in the snapshot."""
    expected, struck, round_ = snapshot(taught), 0, 0
    while struck < KILLS:
        home = clone(found, tmp_path / str(round_) / "home")
        first = ("teach", "minerals", "--yes")
        struck += kill_often(home, first, seed=200 + round_, span=25, kills=KILLS - struck)
        finish(home, first)
        assert snapshot(home) == expected
        round_ += 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_a_run_within_two_seconds_and_it_can_be_resumed(
    tmp_path: Path, found: Path, small_target: Path, few_papers: Path, number: signal.Signals
) -> None:
    home = furnish(tmp_path / "home", small_target)
    goldpan(home, "interests", "add", "minerals", "--papers", str(few_papers))
    process = start(home, "run", "minerals", "--yes")
    owned(home, process.pid)
    time.sleep(4)
    process.send_signal(number)
    _, errors = process.communicate(timeout=2)
    assert process.returncode == 128 + number
    assert "goldpan runs resume" in errors
    goldpan(home, "runs", "resume")
    assert snapshot(home) == snapshot(found)


def test_of_two_processes_one_owns_the_workspace_and_the_other_says_who(
    tmp_path: Path, small_target: Path, few_papers: Path
) -> None:
    home = furnish(tmp_path / "home", small_target)
    goldpan(home, "interests", "add", "minerals", "--papers", str(few_papers))
    owner = start(home, "run", "minerals", "--yes")
    owned(home, owner.pid)
    said = goldpan(home, "run", "minerals", "--yes", code=6)
    assert str(owner.pid) in said
    assert "--wait" in said
    waited = goldpan(home, "memory", "stats", "--json", "--wait", "120")
    assert owner.poll() == 0 or owner.wait(5) == 0
    stats = json.loads(waited)
    assert stats["healthy"]
    owner.communicate()
