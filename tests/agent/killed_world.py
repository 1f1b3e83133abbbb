"""A program: one run of a world's graph, killed at a chosen moment.

Arguments: the workspace, `discover` or `teach`, the fatal moment, and a folder for logs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from agent.services import runs
from agent.steps import review
from benchmarks.doubles.commits import Commits
from memory.records import Interest, Run
from tests.agent.fakes import World


def noting(log: Path, done: Callable[..., Any], name: Callable[..., str]) -> Callable[..., Any]:
    """Note what was done once it is done."""

    def noted(*args: Any) -> Any:
        result = done(*args)
        with log.open("a") as file:
            file.write(name(*args) + "\n")
        return result

    return noted


def main() -> None:
    """Go on with the latest run of that graph, or begin one."""
    home, graph, fatal, logs = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
    world = World(home, known="the point of alphium is 100 kelvin. ")
    work = logs / "work"
    context = world.context()
    context.read = noting(work, context.read, lambda path, _: f"read {path.name}")
    context.train = noting(work, context.train, lambda *_: "train")
    commits = Commits(fatal, logs / "moments")
    saver = partial(runs.checkpoints, connection=commits.connection())
    commits.watch_stores()
    [interest] = world.space.store.all(Interest)
    run: Run | None = runs.latest(world.space, graph, interest)
    run = run or runs.start(world.space, graph, interest)
    runs.drive(world.space, context, run, {"policy": review.POLICY}, saver=saver)
    # An index that was left open is examined at its next opening, by a process of its own.
    context.close()
    world.space.close()


if __name__ == "__main__":
    main()
