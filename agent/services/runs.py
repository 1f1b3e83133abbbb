"""Starts and resumes runs: one graph, one checkpointed thread, one record of how it went."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from agent.calls.connections import GRACE
from agent.progress import Reporter
from agent.steps import begin
from agent.workspace import Workspace
from memory.disk import no_space
from memory.errors import NothingToDo
from memory.records import Interest, Run, RunStatus, now

if TYPE_CHECKING:
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    from agent.context import Context

    Saver = Callable[[Workspace], AbstractAsyncContextManager[AsyncSqliteSaver]]

UNFINISHED = (RunStatus.RUNNING, RunStatus.WAITING, RunStatus.PARTIAL, RunStatus.FAILED)
SHAPE = 2
"""Counted up when a graph changes so that it cannot go on from an earlier one's checkpoint: a run
then begins anew, and finds in the store what was done."""


class ListedRun(NamedTuple):
    """A run, and for which interest it was."""

    run: Run
    """As it is in truth: one that was killed is `interrupted`."""
    name: str
    """The interest's; its id where it was removed."""

    def as_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {**self.run.model_dump(mode="json"), "name": self.name}


def options_of(papers: Path | None = None) -> dict[str, str]:
    """Options of a discovery. papers: a folder to look in, and nowhere else."""
    return begin.options_of(papers)


def start(space: Workspace, graph: str, interest: Interest, **options: Any) -> Run:
    """A new run, not yet under way. options: plain JSON; a resume reads them again.

    Raises BadInput for a discovery of an interest that is paused.
    """
    return begin.record(space.store, space.settings, graph, interest, options)


def unfinished(space: Workspace, name: str = "") -> Run:
    """The run of that id, or the latest that did not finish; NothingToDo where there is none."""
    if name:
        return find_run(space, name)
    if not (runs := space.store.all(Run, status=list(UNFINISHED))):
        raise NothingToDo("Every run is finished; there is nothing to resume.")
    return runs[-1]


def find_run(space: Workspace, name: str) -> Run:
    """The run of that id, or of its first characters. Raises NoSuch."""
    return space.store.by_prefix(Run, name)


def latest(space: Workspace, graph: str, interest: Interest) -> Run | None:
    """The newest run of a graph for an interest."""
    runs = space.store.all(Run, graph=graph, interest=interest.id)
    return runs[-1] if runs else None


def listed(space: Workspace) -> list[ListedRun]:
    """All runs, in the order in which they began."""
    names = {interest.id: interest.name for interest in space.store.all(Interest)}
    runs = seen(space, *space.store.all(Run))
    return [ListedRun(run, names.get(run.interest, run.interest)) for run in runs]


def seen(space: Workspace, *runs: Run) -> list[Run]:
    """The runs as they are: one that says it runs, where nobody owns the workspace, was killed."""
    if space.owner is not None:
        return list(runs)
    return [
        run.replace(status=RunStatus.INTERRUPTED) if run.status is RunStatus.RUNNING else run
        for run in runs
    ]


@asynccontextmanager
async def checkpoints(
    space: Workspace, connection: type[sqlite3.Connection] = sqlite3.Connection
) -> AsyncIterator[AsyncSqliteSaver]:
    """The checkpointer, in a file of its own beside the store."""
    import aiosqlite
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    place = space.home / "checkpoints.sqlite"
    async with aiosqlite.connect(place, timeout=10, factory=connection) as opened:
        await opened.execute("PRAGMA journal_mode=WAL")
        yield AsyncSqliteSaver(opened)


def drive(
    space: Workspace,
    context: Context,
    run: Run,
    answer: dict[str, Any] | None = None,
    reporter: Reporter | None = None,
    saver: Saver = checkpoints,
) -> Run:
    """`driven` in an event loop of its own."""
    try:
        return asyncio.run(driven(space, context, run, answer, reporter, saver))
    except sqlite3.OperationalError as fault:
        # The checkpointer's: the store tells its own troubles in words.
        if "full" not in str(fault):
            raise
        raise no_space(space.home) from fault


async def driven(
    space: Workspace,
    context: Context,
    run: Run,
    answer: dict[str, Any] | None = None,
    reporter: Reporter | None = None,
    saver: Saver = checkpoints,
) -> Run:
    """Take a run as far as it goes: to its end, or to the review when `answer` is None.

    A run that was killed goes on where its last finished step left it. Trouble marks it failed
    (it can be resumed) and goes on up.
    """
    if run.status is RunStatus.DONE:
        return run
    build = await asyncio.to_thread(_build, run.graph)
    context.run(run.id, reporter)
    try:
        async with saver(space) as kept:
            await _drive(context, build, run, answer, kept)
    finally:
        # What is in flight is paid for: however the run ended, it is heard and noted.
        await context.leave(run.id, GRACE)
    return await asyncio.to_thread(space.store.get, Run, run.id)


async def _drive(
    context: Context, build: Any, run: Run, answer: dict[str, Any] | None, saver: AsyncSqliteSaver
) -> None:
    from langgraph.types import Command

    from agent.graphs.nodes import always

    graph = build(always(context)).compile(checkpointer=saver)
    thread = f"{run.id}/{SHAPE}"
    config: Any = {"configurable": {"thread_id": thread}, "recursion_limit": 100}
    entry: Any = {"run": run.id, "interest": run.interest}
    if (state := await graph.aget_state(config)).values:
        entry = None
    # Not `next`: it leaves out a task that is finished and was killed before the step was closed.
    while state.tasks or not state.values:
        if state.interrupts:
            if not answer:
                return
            entry = Command(resume=answer)
        # Sync: the default writes checkpoints behind our back, and a kill loses finished steps.
        await graph.ainvoke(entry, config, durability="sync")
        state = await graph.aget_state(config)
    await _forget(saver, run)


async def _forget(saver: AsyncSqliteSaver, run: Run) -> None:
    """Where a run stands: a copy of ids that the store holds. Kept, each would leave its states."""
    for thread in (run.id, f"{run.id}/{SHAPE}"):
        await saver.adelete_thread(thread)


def finish(space: Workspace, *runs: Run) -> None:
    """Let runs end whose review is over: all that was left to do is decided."""

    async def forgotten() -> None:
        async with checkpoints(space) as saver:
            for run in runs:
                await _forget(saver, run)

    if runs:
        space.store.put(*(run.replace(status=begin.ended(run.lost), ended=now()) for run in runs))
        asyncio.run(forgotten())


def _build(name: str) -> Any:
    """What builds a graph. Loading it takes a second: not on an event loop."""
    if name == "discover":
        from agent.graphs.discover import build
    else:
        from agent.graphs.teach import build  # type: ignore[assignment]
    return build
