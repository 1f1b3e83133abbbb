"""The discovery graph: search → read → screen → extract → merge → probe → propose → review.

A node reads, calls one thing, saves, returns ids. Every node may run again after a crash: what is
in the store already is not done twice. Teaching is left to the other graph.
"""

from __future__ import annotations

from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt

from agent.context import RunContext
from agent.graphs import nodes
from agent.graphs.state import Discovery, DiscoveryInput, DiscoveryOutput, Place
from agent.steps import review
from agent.steps.extract import extracted
from agent.steps.merge import merged
from agent.steps.probe import probed
from agent.steps.read import papers_read
from agent.steps.screen import profiled, screened
from agent.steps.search import found
from memory.records import RunStatus


def search(state: Discovery, ctx: RunContext) -> dict[str, Any]:
    """Ask every source of the interest for papers."""
    return {"papers": found(ctx, state["interest"])}


async def read(state: Discovery, ctx: RunContext) -> dict[str, Any]:
    """Read each paper; one that cannot be read costs only itself."""
    return {"read": await papers_read(ctx, state["papers"])}


async def screen(state: Discovery, ctx: RunContext) -> dict[str, Any]:
    """Leave out what the interest's words leave out, second copies, and what does not fit."""
    return {"screened": await screened(ctx, state["interest"], state["read"])}


async def profile(state: Discovery, ctx: RunContext) -> dict[str, Any]:
    """Say what each paper is about, so that it is found again. Nothing else waits for it."""
    return {"lost": {"profiles": await profiled(ctx, state["screened"])}}


async def extract(state: Discovery, ctx: RunContext) -> dict[str, Any]:
    """Nuggets of every paper, each grounded by code, whoever the teacher is."""
    extractions = await extracted(ctx, state["screened"])
    nuggets = sorted({nugget for one in extractions for nugget in one.nuggets})
    return {"nuggets": nuggets, "lost": {"passages": sum(one.lost for one in extractions)}}


async def merge(state: Discovery, ctx: RunContext) -> dict[str, Any]:
    """Embed what is new and tie together what says the same or the opposite."""
    await merged(ctx, state["nuggets"])
    return {}


async def probe(state: Discovery, ctx: RunContext) -> dict[str, Any]:
    """Ask the target about one nugget of each cluster, unless this version was asked before."""
    asked, lost = await probed(ctx, state["interest"], state["nuggets"])
    return {"asked": asked, "lost": {"nuggets not probed": lost}}


def propose(state: Discovery, ctx: RunContext) -> dict[str, Any]:
    """What a person should look at; where one is to look, the run waits from here on."""
    proposed = review.proposals(ctx.store, state["nuggets"])
    ctx.log("propose", f"{len(proposed)} nuggets proposed for review")
    yes = review.by_policy(ctx.store, ctx.run)
    if proposed and not yes:
        ctx.end(RunStatus.WAITING, state["lost"])
    return {"proposed": proposed, "yes": yes}


def ask(state: Discovery) -> dict[str, Any]:
    """One interrupt for the whole batch. Alone in its node: a node re-runs from its top."""
    if not state["proposed"]:
        return {"answer": {}}
    if state["yes"]:
        return {"answer": {"policy": review.POLICY}}
    answer = interrupt({"action": "review", "proposed": state["proposed"]})
    return {"answer": answer if isinstance(answer, dict) else {}}


def decide(state: Discovery, ctx: RunContext) -> dict[str, Any]:
    """Carry out what the review answered; decisions already in the store need nothing here."""
    if state["answer"].get("policy") == review.POLICY:
        accepted = review.carry_out(ctx.store, state["proposed"], ctx.settings.review, ctx.run)
        ctx.log("review", f"{accepted} nuggets accepted by {review.POLICY}")
    return {"decided": review.decided(ctx.store, ctx.run)}


def build(opener: nodes.Opener) -> StateGraph[Discovery, Place, DiscoveryInput, DiscoveryOutput]:
    """The graph, not yet compiled: whoever compiles it chooses the checkpointer.

    opener: gives the context of the workspace in which it works.
    """
    graph = StateGraph(
        Discovery,
        context_schema=Place,
        input_schema=DiscoveryInput,
        output_schema=DiscoveryOutput,
    )
    graph.add_node("begin", nodes.beginning(opener, "discover"))
    graph.add_node("review", ask)
    works = (search, read, screen, profile, extract, merge, probe, propose, decide, nodes.close)
    nodes.add(graph, opener, works)
    edges: list[tuple[str | list[str], str]] = [
        (START, "begin"),
        ("begin", "search"),
        ("search", "read"),
        ("read", "screen"),
        ("screen", "extract"),
        ("screen", "profile"),
        (["extract", "profile"], "merge"),
        ("merge", "probe"),
        ("probe", "propose"),
        ("propose", "review"),
        ("review", "decide"),
        ("decide", "close"),
        ("close", END),
    ]
    for before, after in edges:
        graph.add_edge(before, after)
    return graph
