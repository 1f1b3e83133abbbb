"""Starts and resumes runs: one graph, one checkpointed thread, one record of how it went."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from agent.calls.connections import GRACE
from agent.workspace import Workspace, no_space
from memory.errors import NoSuch, NothingToDo, Trouble
from memory.records import Interest, Run, RunStatus, now
from tools.endpoints.ledger import Account, account

if TYPE_CHECKING:
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    from agent.graphs.state import Context

UNFINISHED = (RunStatus.RUNNING, RunStatus.WAITING, RunStatus.PARTIAL, RunStatus.FAILED)


def start(space: Workspace, graph: str, interest: Interest, **options: Any) -> Run:
    """A new run, not yet under way. options: plain JSON; a resume reads them again."""
    run = Run(graph=graph, interest=interest.id, settings=space.settings.digest, options=options)
    space.store.put(run)
    return run


def unfinished(space: Workspace, name: str = "") -> Run:
    """The run of that id, or the latest that did not finish; NothingToDo where there is none."""
    if name:
        return space.store.by_prefix(Run, name)
    if not (runs := space.store.all(Run, status=list(UNFINISHED))):
        raise NothingToDo("Every run is finished; there is nothing to resume.")
    return runs[-1]


def latest(space: Workspace, graph: str, interest: Interest) -> Run | None:
    """The newest run of a graph for an interest."""
    runs = space.store.all(Run, graph=graph, interest=interest.id)
    return runs[-1] if runs else None


def find_interest(space: Workspace, name: str) -> Interest:
    """An interest by its name, or by the start of it where that is unique."""
    interests = space.store.all(Interest)
    hits = [i for i in interests if i.name == name] or [
        i for i in interests if i.name.startswith(name)
    ]
    if len(hits) != 1:
        names = ", ".join(sorted(i.name for i in hits or interests)) or "none yet"
        raise NoSuch(
            f"No interest is called {name!r}." if not hits else f"{name!r} is not one interest.",
            f"There is: {names}. Add one: goldpan interests add NAME --topic …",
        )
    return hits[0]


def drive(space: Workspace, context: Context, run: Run, answer: Any = None) -> Run:
    """Take a run as far as it goes: to its end, or to the review when `answer` is None.

    A run that was killed goes on where its last finished step left it. Trouble marks it failed
    (it can be resumed) and goes on up.
    """
    if run.status is RunStatus.DONE:
        return run
    run = run.replace(status=RunStatus.RUNNING, note="", ended="")
    space.store.put(run)
    try:
        return asyncio.run(_driven(space, context, run, answer))
    except sqlite3.OperationalError as fault:
        if "full" not in str(fault):
            raise
        raise no_space(space.home) from fault
    except Trouble as fault:
        status = RunStatus.DONE if isinstance(fault, NothingToDo) else RunStatus.FAILED
        space.store.put(
            space.store.get(Run, run.id).replace(status=status, note=str(fault), ended=now())
        )
        raise


async def _driven(space: Workspace, context: Context, run: Run, answer: Any) -> Run:
    account.set(Account(run.id, run.interest))
    try:
        async with _saver(space) as saver:
            return await _drive(space, context, run, answer, saver)
    finally:
        # What is in flight is paid for: however the run ended, it is heard and noted.
        await context.hang_up(GRACE)


async def _drive(
    space: Workspace, context: Context, run: Run, answer: Any, saver: AsyncSqliteSaver
) -> Run:
    from langgraph.types import Command

    graph = _build(run.graph).compile(checkpointer=saver)
    config: Any = {"configurable": {"thread_id": run.id}, "recursion_limit": 100}
    entry: Any = {"run": run.id, "interest": run.interest}
    if (state := await graph.aget_state(config)).values:
        entry = None
    # Not `next`: it leaves out a task that is finished and was killed before the step was closed.
    while state.tasks or not state.values:
        if state.interrupts:
            if answer is None:
                return _pause(space, run)
            entry = Command(resume=answer)
        # Sync: the default writes checkpoints behind our back, and a kill loses finished steps.
        updates = graph.astream(
            entry, config, context=context, stream_mode="updates", durability="sync"
        )
        run = await _stream(space, run, updates)
        state = await graph.aget_state(config)
        lost = {what: count for what, count in state.values.get("lost", {}).items() if count}
        run = run.replace(lost=lost)
    # Partial, where something got no answer: resumed, the run asks for that again.
    run = run.replace(
        status=RunStatus.PARTIAL if run.lost else RunStatus.DONE,
        ended=now(),
    )
    space.store.put(run)
    # The thread is a copy of ids that the store holds; kept, each run would leave its states.
    await saver.adelete_thread(run.id)
    return run


async def _stream(space: Workspace, run: Run, updates: AsyncIterator[Any]) -> Run:
    """Follow a graph; wall seconds between two updates belong to the node that ended."""
    seconds = dict(run.seconds)
    last = time.monotonic()
    async for update in updates:
        moment = time.monotonic()
        for node in update:
            if not node.startswith("__"):
                seconds[node] = round(seconds.get(node, 0.0) + moment - last, 3)
                last = moment
        run = run.replace(seconds=seconds)
        space.store.put(run)
    return run


def _pause(space: Workspace, run: Run) -> Run:
    run = run.replace(status=RunStatus.WAITING)
    space.store.put(run)
    return run


def _build(name: str) -> Any:
    if name == "discover":
        from agent.graphs.discover import build
    else:
        from agent.graphs.teach import build  # type: ignore[assignment]
    return build()


@asynccontextmanager
async def _saver(space: Workspace) -> AsyncIterator[AsyncSqliteSaver]:
    """The checkpointer, in a file of its own beside the store."""
    import aiosqlite
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    async with aiosqlite.connect(space.home / "checkpoints.sqlite", timeout=10) as connection:
        await connection.execute("PRAGMA journal_mode=WAL")
        yield AsyncSqliteSaver(connection)
