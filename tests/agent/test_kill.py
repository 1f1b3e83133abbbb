"""kill -9, Ctrl-C, and two processes at once, on the real command line with a real model.

Every commit is killed at in `test_kill_commits`, in a small world.
"""

from __future__ import annotations

import json
import signal
from pathlib import Path

import psutil
import pytest

from benchmarks.doubles.real import clone, furnish, goldpan, killed_at, snapshot, start
from benchmarks.doubles.wired import killed, owned, rows, until
from memory.records import Document
from tools.training.checkpoints import is_whole

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("unmeasured")]
DISCOVERY, BEFORE_TRAINING, AFTER_TRAINING = (4, 15, 22, 9), 12, (7, 10)
"""Moments at which one process after the other is killed; see `benchmarks.doubles.commits`."""


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


def test_a_discovery_killed_often_finds_what_an_undisturbed_one_finds(
    tmp_path: Path, found: Path, small_target: Path, few_papers: Path
) -> None:
    home = furnish(tmp_path / "home", small_target)
    goldpan(home, "interests", "add", "minerals", "--papers", str(few_papers))
    assert killed(home, ("run", "minerals", "--yes"), DISCOVERY) == len(DISCOVERY)
    assert snapshot(home) == snapshot(found)


def test_a_teaching_killed_often_makes_the_version_an_undisturbed_one_makes(
    tmp_path: Path, found: Path, taught: Path
) -> None:
    """The same adapter to the byte: its hash is in the snapshot."""
    home = clone(found, tmp_path / "home")
    assert killed_at(BEFORE_TRAINING, home, "teach", "minerals", "--yes")
    process = start(home, "runs", "resume")
    until(lambda: any(map(is_whole, home.glob("training/*/checkpoints/*"))), process)
    for victim in (psutil.Process(process.pid), *psutil.Process(process.pid).children()):
        victim.kill()
    process.communicate()
    assert killed(home, ("runs", "resume"), AFTER_TRAINING) == len(AFTER_TRAINING)
    assert snapshot(home) == snapshot(taught)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_a_run_within_two_seconds_and_it_can_be_resumed(
    tmp_path: Path, found: Path, small_target: Path, few_papers: Path, number: signal.Signals
) -> None:
    home = furnish(tmp_path / "home", small_target)
    goldpan(home, "interests", "add", "minerals", "--papers", str(few_papers))
    process = start(home, "run", "minerals", "--yes")
    until(lambda: bool(rows(home, Document)), process)
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
    owned(home, owner)
    said = goldpan(home, "run", "minerals", "--yes", code=6)
    assert str(owner.pid) in said
    assert "--wait" in said
    waited = goldpan(home, "memory", "stats", "--json", "--wait", "120")
    assert owner.poll() == 0 or owner.wait(5) == 0
    stats = json.loads(waited)
    assert stats["healthy"]
    owner.communicate()
