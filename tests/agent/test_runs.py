"""goldpan runs list and show, and what comes after a run, on a workspace with a few records."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.cli import runs as commands
from agent.services import outcomes
from agent.services.outcomes import NextStep
from agent.workspace import Workspace
from memory.lease import FileLease
from memory.records import (
    Document,
    Event,
    Interest,
    Job,
    JobStatus,
    Nugget,
    Paper,
    Run,
    RunStatus,
    Sighting,
    TeachingResult,
)
from memory.store import Store

MINERALS = Interest(name="minerals", topic="t")
PAPER = Paper(canonical="sha256:1", title="On osk", url="/p/osk.pdf")
TEXT = Document(paper=PAPER.id, text="Osk held.", page_starts=(0,))
NUGGET = Nugget(
    paper=PAPER.id, passage="x", page=1, claim=TEXT.text, quote=TEXT.text, start=0, end=9
)
RUN = Run(id="20260501-aaaa", graph="teach", interest=MINERALS.id, seconds={"train": 61.0})
BEGUN, ENDED = "2026-05-01T10:00:00+00:00", "2026-05-01T10:01:01+00:00"
FAILED = Job(
    id="20260501-j1", spec="s", run=RUN.id, handle="41", status=JobStatus.FAILED, exit_code=-9,
    log="/w/[train].log", started=BEGUN, ended=ENDED,
)  # fmt: skip
GOING = Job(
    id="20260501-j2", spec="s", run=RUN.id, handle="42", status=JobStatus.RUNNING,
    log="/w/train.log", started=BEGUN,
)  # fmt: skip
AWAY = GOING.replace(id="20260501-j3", where="hpc", handle="77")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with closing(Store.open(tmp_path / "goldpan.sqlite")) as store:
        store.put(MINERALS, RUN, FAILED, GOING, AWAY)
        store.put(Event(run=RUN.id, stage="train", text="[loss] fell"))
        store.put(Job(spec="s", run="another", handle="99"))
    return tmp_path


def goldpan(home: Path, *args: str) -> str:
    done = CliRunner(env={"COLUMNS": "120"}).invoke(commands.app, [*args, "--home", str(home)])
    assert done.exit_code == 0, done.output
    return done.output


def statuses(home: Path) -> list[str]:
    return [job["status"] for job in json.loads(goldpan(home, "show", RUN.id, "--json"))["jobs"]]


def test_a_run_tells_the_processes_that_trained_for_it(home: Path) -> None:
    words = goldpan(home, "show", RUN.id)
    assert "trained here           failed (-9), process 41, 61 s: /w/[train].log" in words
    assert "trained here           killed, process 42, since 2026-05-01T10:00:00+00:00: " in words
    assert "trained hpc            running, job 77, since" in words
    assert "99" not in words
    assert "[loss] fell" in words


def test_what_runs_here_in_a_workspace_that_nobody_owns_was_killed(home: Path) -> None:
    """A job elsewhere goes on without us, and only its cluster knows how far it is."""
    assert statuses(home) == ["failed", "killed", "running"]
    assert json.loads(goldpan(home, "list", "--json"))[0]["status"] == "interrupted"
    lease = FileLease(home)
    lease.take("teach")
    assert statuses(home) == ["failed", "running", "running"]
    assert json.loads(goldpan(home, "list", "--json"))[0]["status"] == "running"
    lease.release()


@pytest.mark.parametrize(
    ("graph", "status", "step"),
    [
        ("discover", RunStatus.PARTIAL, NextStep.RESUME),
        ("discover", RunStatus.WAITING, NextStep.REVIEW),
        ("discover", RunStatus.DONE, NextStep.TEACH),
        ("teach", RunStatus.DONE, NextStep.ASK),
    ],
)
def test_a_run_says_what_comes_next(
    home: Path, graph: str, status: RunStatus, step: NextStep
) -> None:
    with Workspace.open(home) as space:
        assert outcomes.outcome(space, RUN.replace(graph=graph, status=status)).next is step


def test_a_refusal_counts_once_the_run_is_over(home: Path) -> None:
    """One that is resumed still carries what the gate said before."""
    with Workspace.open(home) as space:
        space.store.put(TeachingResult(run=RUN.id, version="v", passed=False))
        over = RUN.replace(status=RunStatus.DONE)
        assert [outcomes.refused(space, run) for run in (RUN, over)] == [False, True]


def test_nuggets_that_no_model_was_asked_about_are_told(home: Path) -> None:
    found = RUN.replace(graph="discover", status=RunStatus.DONE)
    with Workspace.open(home) as space:
        assert not outcomes.outcome(space, found).unprobed
        space.store.put(PAPER, TEXT, NUGGET, Sighting(interest=MINERALS.id, paper=PAPER.id))
        assert outcomes.outcome(space, found).unprobed
