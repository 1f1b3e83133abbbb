"""What every room's tests share. The environment is told apart here and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.threads import calm

calm()
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
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of our own on a Unix socket."""
    from tests.postgres import serve

    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not binaries:
        absent("postgres", "no PostgreSQL server is installed")
    yield from serve(binaries[-1], tmp_path_factory.mktemp("postgres"))
