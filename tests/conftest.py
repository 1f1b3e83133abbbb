"""What every room's tests share. The environment is told apart here and nowhere else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from tools.threads import quieten

quieten()
REQUIRED = set(filter(None, os.environ.get("GOLDPAN_REQUIRE", "").split(",")))
ROOT = Path(__file__).parents[1]


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
