from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx

from benchmarks.doubles.real import goldpan
from benchmarks.doubles.recording_model import RecordingModel
from benchmarks.imports import ROOMS
from tests.agent.fakes import World
from tools.endpoints.mock import MockEndpoint


@pytest.fixture
def prompt_loop() -> Iterator[None]:
    """Nothing of ours may block an event loop: no SQL, no files, no sleep. Else it raises there."""
    with blockbuster_ctx(scanned_modules=list(ROOMS)):
        yield


@pytest.fixture
def world(tmp_path: Path, prompt_loop: None) -> Iterator[World]:
    made = World(tmp_path / "home", known="the point of alphium is 100 kelvin. ")
    yield made
    made.space.close()


@pytest.fixture(scope="session")
def discovered(tmp_path_factory: pytest.TempPathFactory, few_papers: Path) -> Path:
    """A workspace after `run`, its proposals undecided. Tests that change it take a copy."""
    home = tmp_path_factory.mktemp("discovered") / "home"
    goldpan(home, "interests", "add", "minerals", "--papers", str(few_papers))
    goldpan(home, "run", "minerals")
    return home


@pytest.fixture(scope="module")
def recorder() -> RecordingModel:
    """Answers prompts by rule, the same to the same, and counts what it is asked."""
    return RecordingModel()


@pytest.fixture(scope="module")
def endpoint(recorder: RecordingModel) -> Iterator[MockEndpoint]:
    """The server behind which it is."""
    with MockEndpoint(recorder.answer, keep=False) as serving:
        yield serving
