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
from agent.graphs.retry import RETRY, worth_retrying
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


def always(context: Context) -> Opener:
    """Gives that one, whatever folder is named."""

    async def opened(_: str) -> Context:
        return context

    return opened


def add(graph: StateGraph[Any, Any, Any, Any], opener: Opener, works: Sequence[Work]) -> None:
    """Add a node for each work, under its name."""
    for work in works:
        graph.add_node(work.__name__, node(opener, work), retry_policy=RETRY)


def node(opener: Opener, work: Work) -> Callable[..., Awaitable[dict[str, Any]]]:
    """The work as a node of a graph."""

    async def at_work(state: Any, runtime: Runtime[Place]) -> dict[str, Any]:
        context = await _opened(opener, runtime)
        attempt = runtime.execution_info.node_attempt if runtime.execution_info else 1
        async with _at_work(context, state["run"], work.__name__, attempt) as ctx:
            if inspect.iscoroutinefunction(work):
                return dict(await work(state, ctx))
            return dict(await ctx.in_thread(work, state, ctx))

    return at_work


def beginning(opener: Opener, graph: str) -> Callable[..., Awaitable[dict[str, Any]]]:
    """The first node: the run's record, made where there is none yet."""

    async def at_work(state: Any, runtime: Runtime[Place]) -> dict[str, Any]:
        context = await _opened(opener, runtime)
        try:
            run = await asyncio.to_thread(begin.begun, context, graph, state)
            context.run(run.id)
        except BaseException:
            await context.leave("")  # What was taken for a run that is not to be.
            raise
        context.rest(run.id)
        return {"run": run.id, "interest": run.interest}

    return at_work


async def _opened(opener: Opener, runtime: Runtime[Place]) -> Context:
    return await opener((runtime.context or {}).get("home", ""))


async def close(state: Any, ctx: RunContext) -> dict[str, Any]:
    """The last node: the run is done, or partial where something got no answer."""
    lost = state.get("lost", {})
    ctx.end(begin.ended(lost), lost)
    # On the same thread another run may follow, which says for itself what it is to do.
    return {"folder": "", "yes": False} if "yes" in state else {}


@asynccontextmanager
async def _at_work(
    context: Context, name: str, stage: str, attempt: int
) -> AsyncIterator[RunContext]:
    """The run's context while one of its nodes works; what came of it is in its record after.

    The last of its nodes to end closes what the run worked with: another one that works at the same
    time would lose its calls, and its trouble would hide the first one's.
    """
    ctx = context.run(name)
    ctx.working += 1
    over = False
    try:
        if not ctx.interest:
            ctx.interest = await asyncio.to_thread(_running, context, name)
        account.set(Account(name, ctx.interest))
        started = time.monotonic()
        yield ctx
        await asyncio.to_thread(_went, ctx, stage, time.monotonic() - started)
        over = ctx.outcome is not None
    except BaseException as fault:
        if not (worth_retrying(fault) and attempt < RETRY.max_attempts):
            over = True
            await asyncio.to_thread(_failed, ctx, fault)
            # Begun again, it is marked as running again.
            ctx.interest = ""
        raise
    finally:
        ctx.working -= 1
        if (over or not ctx.interest) and not ctx.working:
            # What is in flight is paid for: it is heard and noted.
            await context.leave(name, GRACE)
        context.rest(name)


def _running(context: Context, name: str) -> str:
    """Own the workspace, and mark a run as running; returns its interest's id."""
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


def _failed(ctx: RunContext, fault: BaseException) -> None:
    """Save what a node logged; for trouble, how the run ended: with nothing to do, or failed.

    Where the run was not begun here, as somebody else owns the workspace, its record is not ours.
    """
    with ctx.store.transaction() as rows:
        rows.add(*ctx.logged())
        if isinstance(fault, Trouble) and ctx.interest:
            status = RunStatus.DONE if isinstance(fault, NothingToDo) else RunStatus.FAILED
            run = rows.get(Run, ctx.run)
            rows.put(run.replace(status=status, note=str(fault), ended=now()))
