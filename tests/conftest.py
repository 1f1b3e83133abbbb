"""What every room's tests share. The environment is told apart here and nowhere else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from benchmarks.imports import ROOT
from tools.threads import quieten

quieten()
# On a busy machine a single example may wait a second for the disk; that is no fault of the code.
# CI draws the same examples each time: a change is not held up by a find in what it did not touch.
settings.register_profile("patient", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("patient")
REQUIRED = set(filter(None, os.environ.get("GOLDPAN_REQUIRE", "").split(",")))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files first, for processes that share the files out end together if small ones are left.

    The first of all trains the target, meanwhile others do what needs none.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    trained = sorted({item.path for item in items if "small_target" in fixtures(item)})

    def turn(item: pytest.Item) -> int:
        if item.path in trained:
            return 2 if trained.index(item.path) else 0
        return 1 if item.path in slow else 3

    items.sort(key=turn)


def fixtures(item: pytest.Item) -> Sequence[str]:
    """All that a test asks for, by itself or through others."""
    return getattr(item, "fixturenames", ())


def absent(what: str, why: str) -> None:
    """Skip a test that lacks something, or fail it where that thing is required."""
    if what in REQUIRED:
        pytest.fail(f"{what} is required here (GOLDPAN_REQUIRE) but missing: {why}")
    pytest.skip(why)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real papers with ground truth, beside the checkout where there are any."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        absent("shared", "no folder of shared data beside the checkout")
    return folder


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of our own on a Unix socket."""
    from tests.postgres import serve

    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not binaries:
        absent("postgres", "no PostgreSQL server is installed")
    yield from serve(binaries[-1])


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers of this test run share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "common"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def unmeasured() -> Iterator[None]:
    """Commands run without counting lines, which takes half as long again and a kill discards."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("COVERAGE_PROCESS_CONFIG", "")
        yield


@pytest.fixture(scope="session")
def sample_papers(common: Path) -> Path:
    """The demo's papers, typeset."""
    from agent.demo import papers

    with FileLock(common / "papers.lock"):
        if not (common / "papers").exists():
            papers.build(common / "papers")
    return common / "papers"


@pytest.fixture(scope="session")
def small_target(common: Path) -> Path:
    """The demo's target, trained from scratch: about a minute, once for all workers."""
    from agent.demo import target

    with FileLock(common / "target.lock"):
        if not (common / "target" / "config.json").exists():
            target.build(common / "target")
    return common / "target"


@pytest.fixture(scope="session")
def few_papers(common: Path, sample_papers: Path) -> Path:
    """Three of the demo's papers."""
    folder = common / "few"
    with FileLock(common / "few.lock"):
        folder.mkdir(exist_ok=True)
        for path in sorted(sample_papers.glob("*.pdf"))[:3]:
            shutil.copy(path, folder)
    return folder
