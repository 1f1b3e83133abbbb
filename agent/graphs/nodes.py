"""What every node has around it: the run begun, owned while it works, and told how it ended.

So a graph is whole by itself: whoever invokes it, a run leaves the same records, keeps its budgets,
and gives the workspace back when it ends, fails, or waits for a person.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from langgraph.graph import StateGraph
from langgraph.runtime import Runtime

from agent.calls.connections import GRACE
from agent.context import Context, RunContext
from agent.graphs.retry import RETRY
from agent.graphs.state import Place
from agent.steps import begin
from memory.errors import NothingToDo, Trouble
from memory.records import Run, RunStatus, now
from tools.endpoints.ledger import Account, account

Opener = Callable[[str], Awaitable[Context]]
"""The context of the workspace in that folder; empty: the default one."""
Work = Callable[[Any, RunContext], Any]
"""What a node does, from a state and a context to what changes in the state. One that is no
coroutine runs in a thread: nothing waits for a disk or a database on the event loop."""


def add(graph: StateGraph[Any, Any, Any, Any], opener: Opener, works: Sequence[Work]) -> None:
    """Add a node for each work, under its name."""
    for work in works:
        graph.add_node(work.__name__, node(opener, work), retry_policy=RETRY)


def node(opener: Opener, work: Work) -> Callable[..., Awaitable[dict[str, Any]]]:
    """The work as a node of a graph."""

    async def at_work(state: Any, runtime: Runtime[Place]) -> dict[str, Any]:
        context = await opener((runtime.context or {}).get("home", ""))
        async with _at_work(context, state["run"], work.__name__) as ctx:
            if inspect.iscoroutinefunction(work):
                return dict(await work(state, ctx))
            return dict(await asyncio.to_thread(work, state, ctx))

    return at_work


def beginning(opener: Opener, graph: str) -> Callable[..., Awaitable[dict[str, Any]]]:
    """The first node: the run's record, made where there is none yet."""

    async def at_work(state: Any, runtime: Runtime[Place]) -> dict[str, Any]:
        context = await opener((runtime.context or {}).get("home", ""))
        run = await asyncio.to_thread(begin.adopted, context.store, graph, state.get("run", ""))
        if run is None:
            run = await asyncio.to_thread(begin.begun, context, graph, state)
        return {"run": run.id, "interest": run.interest}

    return at_work


async def close(state: Any, ctx: RunContext) -> dict[str, Any]:
    """The last node: the run is done, or partial where something got no answer."""
    lost = state.get("lost", {})
    ctx.end(RunStatus.PARTIAL if any(lost.values()) else RunStatus.DONE, lost)
    return {}


@asynccontextmanager
async def _at_work(context: Context, name: str, stage: str) -> AsyncIterator[RunContext]:
    """The run's context while one of its nodes works; what came of it is in its record after.

    The last of its nodes to end closes what the run worked with: another one that works at the same
    time would lose its calls, and its trouble would hide the first one's.
    """
    ctx = context.run(name)
    ctx.working += 1
    try:
        if not ctx.interest:
            ctx.interest = await asyncio.to_thread(_running, context, name)
        account.set(Account(name, ctx.interest))
        started = time.monotonic()
        yield ctx
        await asyncio.to_thread(_went, ctx, stage, time.monotonic() - started)
    except BaseException as fault:
        # Tried again, the node marks the run as running again.
        ctx.interest = ""
        if isinstance(fault, Trouble):
            await asyncio.to_thread(_failed, ctx, fault)
        raise
    finally:
        ctx.working -= 1
        if not ctx.working and (ctx.outcome or not ctx.interest):
            # What is in flight is paid for: it is heard and noted.
            await context.leave(name, GRACE)


def _running(context: Context, name: str) -> str:
    """Mark a run as running; returns its interest's id."""
    context.hold()
    with context.store.transaction() as rows:
        run = rows.get(Run, name).replace(status=RunStatus.RUNNING, note="", ended="")
        rows.put(run)
    return run.interest


def _went(ctx: RunContext, stage: str, seconds: float) -> None:
    """Save what a node logged and how long it took, and how the run stands now."""
    with ctx.store.transaction() as rows:
        rows.add(*ctx.logged())
        run = rows.get(Run, ctx.run)
        took = round(run.seconds.get(stage, 0.0) + seconds, 3)
        run = run.replace(seconds={**run.seconds, stage: took})
        if ctx.outcome:
            over = ctx.outcome is not RunStatus.WAITING
            run = run.replace(status=ctx.outcome, lost=ctx.lost, ended=now() if over else "")
        rows.put(run)


def _failed(ctx: RunContext, fault: Trouble) -> None:
    """Save what a node logged, and why it ended: with nothing to do, or failed."""
    status = RunStatus.DONE if isinstance(fault, NothingToDo) else RunStatus.FAILED
    with ctx.store.transaction() as rows:
        rows.add(*ctx.logged())
        run = rows.get(Run, ctx.run)
        rows.put(run.replace(status=status, note=str(fault), ended=now()))
