"""Runs whose models are behind a failing endpoint, on the real command line and over HTTP."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks.doubles.real import ended, goldpan
from benchmarks.doubles.recording_model import RecordingModel
from benchmarks.doubles.wired import bind, calls, kept, last_run, rows, twice
from memory.records import Document, Extraction, Nugget, Probe, Question, RunStatus
from tools.endpoints.mock import Fault, MockEndpoint, MockReply
from tools.endpoints.mock.replies import Body

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("unmeasured")]
FIRST = ("run", "minerals", "--yes")
MIXTURE = {"429": 0.06, "500": 0.06, "malformed": 0.06, "truncated": 0.06, "garbled": 0.06,
           "hang": 0.1}  # fmt: skip
RIGHT, WRONG = "sk-loopback-right-key", "sk-loopback-wrong-key"


@pytest.fixture
def home(
    tmp_path: Path, endpoint: MockEndpoint, recorder: RecordingModel, few_papers: Path
) -> Path:
    """A workspace before its first run, at a healthy endpoint."""
    recorder.forget()
    recorder.strike({})
    place = bind(tmp_path / "home", endpoint.url)
    goldpan(place, "interests", "add", "minerals", "--papers", str(few_papers))
    return place


@pytest.fixture(scope="module")
def whole(
    tmp_path_factory: pytest.TempPathFactory, endpoint: MockEndpoint, few_papers: Path
) -> dict[str, list[str]]:
    """What an undisturbed run finds."""
    place = bind(tmp_path_factory.mktemp("whole") / "home", endpoint.url)
    goldpan(place, "interests", "add", "minerals", "--papers", str(few_papers))
    goldpan(place, *FIRST)
    return kept(place)


def test_real_papers_go_the_whole_way_and_no_call_is_made_twice(
    tmp_path: Path, shared: Path, endpoint: MockEndpoint, recorder: RecordingModel
) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    for name in ("jose.00259", "PMC6313609"):
        shutil.copy(shared / "papers" / "pairs" / name / "paper.pdf", folder / f"{name}.pdf")
    recorder.forget()
    home = bind(tmp_path / "home", endpoint.url, timeout=60)
    goldpan(home, "interests", "add", "minerals", "--papers", str(folder))
    goldpan(home, *FIRST)
    texts = {document.paper: document.text for document in rows(home, Document)}
    nuggets = rows(home, Nugget)
    assert nuggets
    assert all(texts[n.paper][n.start : n.end] == n.quote for n in nuggets)
    assert rows(home, Probe)
    asked = recorder.asked.total()
    assert asked == len(calls(home))
    assert not twice(home, recorder)
    goldpan(home, *FIRST)
    assert recorder.asked.total() == asked


def test_under_faults_what_is_missing_is_named_and_a_resumption_brings_it(
    home: Path, recorder: RecordingModel, whole: dict[str, list[str]]
) -> None:
    recorder.strike(MIXTURE, seed=3)
    code = ended(home, *FIRST).returncode
    run = last_run(home)
    assert run.status is (RunStatus.PARTIAL if run.lost else RunStatus.DONE)
    assert code == (9 if run.lost else 0)
    lost = [one for one in rows(home, Extraction) if one.lost]
    assert all(one.reason for one in lost)
    assert run.lost.get("passages", 0) == sum(one.lost for one in lost)
    recorder.strike({})
    if run.lost:
        goldpan(home, "runs", "resume")
    assert len(rows(home, Nugget)) == len(whole["Nugget"])
    assert kept(home)["Extraction"] == whole["Extraction"]
    assert not twice(home, recorder)


@pytest.mark.parametrize(
    ("shares", "part"),
    [({"500": 1.0}, "Extraction"), ({"error_body": 1.0}, "Exercises"), ({"quota": 1.0}, "")],
)
def test_a_step_that_fails_altogether_leaves_no_record_and_a_resumption_completes(
    home: Path,
    recorder: RecordingModel,
    whole: dict[str, list[str]],
    shares: dict[str, float],
    part: str,
) -> None:
    text = (home / "goldpan.toml").read_text()
    (home / "goldpan.toml").write_text(text.replace("patience = 8", "patience = 1"))
    recorder.strike(shares, only=part)
    goldpan(home, *FIRST, code=7)
    assert last_run(home).status is RunStatus.FAILED
    assert bool(rows(home, Nugget)) is (part == "Exercises")
    assert not rows(home, Question) + rows(home, Probe)
    recorder.strike({})
    goldpan(home, "runs", "resume")
    assert kept(home) == whole


def test_a_refused_key_stops_the_run_within_the_calls_in_flight_and_its_work_is_kept(
    tmp_path: Path, few_papers: Path, recorder: RecordingModel, whole: dict[str, list[str]]
) -> None:
    """It is good for the first calls only."""
    most = 4

    async def answer(body: Body) -> MockReply | Fault:
        said = await recorder.answer(body)
        if recorder.paid.total() >= 3 * most:
            endpoint.key = RIGHT
        return said

    recorder.forget()
    recorder.strike({})
    with MockEndpoint(answer, keep=False) as endpoint:
        home = bind(tmp_path / "home", endpoint.url, in_flight=most, key_env="LOOPBACK_KEY")
        goldpan(home, "interests", "add", "minerals", "--papers", str(few_papers))
        done = ended(home, *FIRST, env={"LOOPBACK_KEY": WRONG})
        assert done.returncode == 7, done.stderr
        assert "does not accept the key" in done.stderr
        assert WRONG not in done.stdout + done.stderr
        refused = endpoint.stats.requests - recorder.asked.total()
        assert 1 <= refused <= most
        assert sum(call.outcome == "ok" for call in calls(home)) == recorder.paid.total()
        done = ended(home, "runs", "resume", env={"LOOPBACK_KEY": RIGHT})
        assert done.returncode == 0, done.stderr
        assert kept(home) == whole
        assert not twice(home, recorder)


def test_a_model_behind_an_endpoint_cannot_be_taught_and_that_is_said(
    home: Path, endpoint: MockEndpoint
) -> None:
    said = goldpan(home, "teach", "minerals", "--yes", code=3)
    assert "its weights are not here" in said
    assert "[models.mock]" in said
    assert not endpoint.stats.in_flight
