"""kill -9 at every commit of a run, of the store's and of the checkpoints', in a small world."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.doubles.forked import server
from benchmarks.doubles.real import snapshot
from benchmarks.doubles.wired import rows
from memory.records import Interest, Run, RunStatus
from tests.agent.fakes import World, facts

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("unmeasured")]
PAPERS, LAST = 2, 6
"""Papers, all read at once; moments by which two undisturbed runs may differ."""


def run(home: Path, graph: str, logs: Path, fatal: int = 0) -> int:
    """One process: begins the graph's run, or goes on with it. Its exit code."""
    logs.mkdir(exist_ok=True)
    args = (str(home), graph, str(fatal), str(logs))
    done = server().start("tests.agent.killed_world", *args).completed(timeout=60)
    assert done.returncode in (0, -9), done.stderr
    return done.returncode


def moments(logs: Path) -> list[str]:
    return (logs / "moments").read_text().splitlines()


def done_twice(logs: Path) -> Counter[str]:
    """What was done to its end more than once."""
    work = logs / "work"
    done = Counter(work.read_text().splitlines() if work.exists() else [])
    return Counter({name: count - 1 for name, count in done.items() if count > 1})


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world before its first run."""
    home = tmp_path_factory.mktemp("fresh") / "home"
    world = World(home)
    first, *others = facts(0, 3)
    folder = world.papers(a=first, b="\n".join(others))
    interest = Interest(name="points", topic="points", sources=(f"folder:{folder}",))
    world.space.store.add(interest)
    world.space.close()
    return home


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, fresh: Path) -> Path:
    """The same after an undisturbed discovery."""
    folder = tmp_path_factory.mktemp("found")
    shutil.copytree(fresh, folder / "home")
    assert not run(folder / "home", "discover", folder / "discover")
    return folder / "home"


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory, found: Path) -> Path:
    """The same after an undisturbed teaching."""
    folder = tmp_path_factory.mktemp("taught")
    shutil.copytree(found.parent, folder, dirs_exist_ok=True)
    assert not run(folder / "home", "teach", folder / "teach")
    return folder / "home"


def ended(home: Path) -> bool:
    """Whether every run that there is came to its end."""
    return all(one.status is RunStatus.DONE for one in rows(home, Run))


def killed_at_each(graph: str, before: Path, after: Path, folder: Path) -> None:
    """Kill right before each commit of an undisturbed run, go on, and compare."""
    expected = snapshot(after)
    all_moments = moments(after.parent / graph)
    commits = [n for n, name in enumerate(all_moments, 1) if "before" in name]
    assert len(commits) > 30
    for fatal in commits:
        home, logs = folder / str(fatal) / "home", folder / str(fatal) / "logs"
        shutil.copytree(before, home)
        killed = run(home, graph, logs, fatal) == -9
        # Branches side by side may share a commit or not: the very last may not come.
        assert killed or fatal > len(all_moments) - LAST
        assert run(home, graph, logs) == 0
        assert ended(home)
        assert snapshot(home) == expected, all_moments[fatal - 1]
        # Only what was in flight: it had ended, but was not saved.
        assert done_twice(logs).total() <= PAPERS, all_moments[fatal - 1]
        shutil.rmtree(home.parent)


def test_a_discovery_killed_at_any_commit_finds_what_an_undisturbed_one_finds(
    tmp_path: Path, fresh: Path, found: Path
) -> None:
    killed_at_each("discover", fresh, found, tmp_path)


def test_a_teaching_killed_at_any_commit_makes_the_version_an_undisturbed_one_makes(
    tmp_path: Path, found: Path, taught: Path
) -> None:
    killed_at_each("teach", found, taught, tmp_path)
