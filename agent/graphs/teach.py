"""The teaching graph: approve → write → vet → freeze → train → examine → promote or refuse.

Each cycle trains one adapter from the base on all accepted nuggets: edits stacked one upon the
other decay. A node reads, calls one thing, saves, returns ids.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from langgraph.graph import END, START, StateGraph

from agent.context import RunContext
from agent.graphs import nodes
from agent.graphs.state import Place, Teaching, TeachingInput, TeachingOutput
from agent.steps import examine as examination
from agent.steps import questions
from agent.steps import train as training
from agent.steps.approve import approved


def approve(state: Teaching, ctx: RunContext) -> dict[str, Any]:
    """All nuggets a person accepted for this interest; NothingToDo where none is new."""
    return approved(ctx, state["interest"])._asdict()


async def write(state: Teaching, ctx: RunContext) -> dict[str, Any]:
    """Statements and questions about the nuggets; about the control, only the exam's."""
    made = await questions.lesson(ctx, state["interest"], state["nuggets"], state["control"])
    return {"written": made}


async def check(state: Teaching, ctx: RunContext) -> dict[str, Any]:
    """Vet what was written, by code and by a judge; what fails is kept with its reason."""
    found = await questions.checked(ctx, state["written"], state["nuggets"], state["control"])
    return {"lost": {"questions not judged": questions.unjudged(ctx, found.questions)}}


def freeze(state: Teaching, ctx: RunContext) -> dict[str, Any]:
    """The dataset: files that no longer change, named by their manifest's hash."""
    made = training.dataset(ctx, state["interest"], state["nuggets"], state["control"])
    return {"dataset": made.id}


def plan(state: Teaching, ctx: RunContext) -> dict[str, Any]:
    """The training spec; what would be learnt is shown before a second is spent on it."""
    return {"spec": training.planned(ctx, state["interest"], state["dataset"]).id}


def train(state: Teaching, ctx: RunContext) -> dict[str, Any]:
    """LoRA in a process of its own; it resumes from its checkpoints."""
    return {"adapter": str(training.trained(ctx, state["spec"]))}


def keep(state: Teaching, ctx: RunContext) -> dict[str, Any]:
    """The adapter, immutable and named by its hash, as a candidate in the lineage."""
    parts = (state[name] for name in ("interest", "dataset", "spec", "adapter"))
    return {"version": training.kept(ctx, *parts).id}


def examine(state: Teaching, ctx: RunContext) -> dict[str, Any]:
    """New facts, old facts and perplexity, before and after, in wordings nobody trained on."""
    examination.scored(ctx, state["version"])
    return {}


def gate(state: Teaching, ctx: RunContext) -> dict[str, Any]:
    """Promote the candidate, or refuse it and say why."""
    return {"passed": examination.settled(ctx, state["version"])}


def build(opener: nodes.Opener) -> StateGraph[Teaching, Place, TeachingInput, TeachingOutput]:
    """The graph, not yet compiled: whoever compiles it chooses the checkpointer.

    opener: gives the context of the workspace in which it works.
    """
    graph = StateGraph(
        Teaching, context_schema=Place, input_schema=TeachingInput, output_schema=TeachingOutput
    )
    graph.add_node("begin", nodes.beginning(opener, "teach"))
    works = (approve, write, check, freeze, plan, train, keep, examine, gate, nodes.close)
    nodes.add(graph, opener, works)
    for before, after in pairwise([START, "begin", *(work.__name__ for work in works), END]):
        graph.add_edge(before, after)
    return graph
