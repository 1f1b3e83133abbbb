"""kill -9, Ctrl-C and SIGTERM while models are asked, on the real command line."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from benchmarks.doubles.forked import Forked
from benchmarks.doubles.real import clone, ended, furnish, goldpan, start
from benchmarks.doubles.recording_model import RecordingModel
from benchmarks.doubles.wired import bind, kept, killed, last_run, rows, twice, until
from memory.records import Nugget, Question, RunStatus
from tools.endpoints.mock import MockEndpoint

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("unmeasured")]
FIRST = ("run", "minerals", "--yes")
KILLS, IN_FLIGHT = 10, 8
MOST = 64
"""Calls in flight when Ctrl-C comes."""


@pytest.fixture(scope="module")
def discovered(
    tmp_path_factory: pytest.TempPathFactory, endpoint: MockEndpoint, sample_papers: Path
) -> Path:
    """A workspace with more nuggets than calls may be in flight, about which nothing was asked."""
    home = bind(tmp_path_factory.mktemp("discovered") / "home", endpoint.url, ("teacher",))
    goldpan(home, "interests", "add", "minerals", "--papers", str(sample_papers))
    goldpan(home, "run", "minerals")
    return bind(home, endpoint.url, in_flight=MOST, timeout=30, patience=60)


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory, discovered: Path) -> dict[str, list[str]]:
    """What an undisturbed run makes of it."""
    home = clone(discovered, tmp_path_factory.mktemp("probed") / "home")
    goldpan(home, "run", "minerals")
    return kept(home)


def test_a_run_killed_at_many_commits_ends_as_an_undisturbed_one_and_pays_once(
    tmp_path: Path, endpoint: MockEndpoint, recorder: RecordingModel, few_papers: Path
) -> None:
    """Only what was in flight may be paid for again."""

    def place(name: str) -> Path:
        home = bind(tmp_path / name, endpoint.url, in_flight=IN_FLIGHT)
        goldpan(home, "interests", "add", "minerals", "--papers", str(few_papers))
        return home

    undisturbed = place("undisturbed")
    goldpan(undisturbed, *FIRST)
    recorder.latency, struck, beginning = 0.05, 0, 1
    # Each process comes two moments further than the one before: before and after in turn.
    while struck < KILLS:
        recorder.forget()
        home = place(f"from-{beginning}")
        strikes = killed(home, FIRST, range(beginning, beginning + 2 * (KILLS - struck), 2))
        assert kept(home) == kept(undisturbed)
        assert last_run(home).status is RunStatus.DONE
        assert twice(home, recorder) <= IN_FLIGHT * strikes
        struck, beginning = struck + strikes, beginning + 1


def stopped(process: Forked, number: signal.Signals) -> None:
    """Send a signal; see that it ends the process soon, and says how to go on."""
    sent = time.monotonic()
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    # 0.1 s on a quiet machine; a call would take much longer.
    assert time.monotonic() - sent < 10
    assert process.returncode == 128 + number
    assert "goldpan runs resume" in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("part", ["Exercises", ""])
def test_a_signal_ends_a_run_with_64_calls_in_flight_and_nothing_is_lost(
    tmp_path: Path,
    recorder: RecordingModel,
    discovered: Path,
    probed: dict[str, list[str]],
    part: str,
    number: signal.Signals,
) -> None:
    """While questions are written, and while the target is asked, which has no schema."""
    home = clone(discovered, tmp_path / "home")
    recorder.forget()
    recorder.latency, recorder.slow = 0.0, {part: 20.0}
    process = start(home, "run", "minerals")
    until(lambda: recorder.in_flight >= MOST, process)
    stopped(process, number)
    recorder.slow = {}
    assert last_run(home).status is RunStatus.RUNNING
    goldpan(home, "runs", "resume")
    assert kept(home) == probed
    assert not twice(home, recorder)


def test_a_signal_while_a_lesson_is_written_loses_no_question_of_it(
    tmp_path: Path,
    endpoint: MockEndpoint,
    recorder: RecordingModel,
    few_papers: Path,
    small_target: Path,
) -> None:
    home = furnish(tmp_path / "home", small_target)
    settings = home / "goldpan.toml"
    _, *small = settings.read_text().partition("[models.small]")
    bind(home, endpoint.url, ("teacher",), timeout=30, patience=60)
    goldpan(home, "interests", "add", "minerals", "--papers", str(few_papers))
    goldpan(home, "run", "minerals")
    accepted = [nugget.id for nugget in rows(home, Nugget)]
    goldpan(home, "review", "accept", *accepted)
    roles = '[roles]\ntarget = "small"\n'
    text = settings.read_text().replace("[roles]\n", roles) + "".join(small)
    settings.write_text(text.replace("epochs = 3", "epochs = 1"))
    recorder.forget()
    recorder.slow = {"Exercises": 20.0}
    process = start(home, "teach", "minerals", "--yes")
    until(lambda: recorder.in_flight >= len(accepted) // 2, process)
    stopped(process, signal.SIGINT)
    recorder.slow = {}
    # The gate may refuse (8) so short a training.
    assert ended(home, "runs", "resume").returncode in (0, 8)
    assert last_run(home).status is RunStatus.DONE
    assert {question.nugget for question in rows(home, Question)} == set(accepted)
    assert not twice(home, recorder)
