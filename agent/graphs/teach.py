"""The teaching graph: approve → write → vet → freeze → train → examine → promote or refuse.

Each cycle trains one adapter from the base on all accepted nuggets: edits stacked one upon the
other decay. A node reads, calls one thing, saves, returns ids.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send
from rich.markup import escape

from agent.graphs.retry import RETRY
from agent.graphs.state import Branch, Context, Teaching, by_paper, context_of
from agent.steps import examine as examining
from agent.steps.train import (
    control_of,
    demand_method,
    environment,
    frozen,
    question_set,
    recipe,
    taught_by,
    teachable,
    trained,
    unjudged,
    vetted,
    written,
)
from memory.errors import NothingToDo
from memory.records import (
    Dataset,
    Interest,
    ModelVersion,
    Nugget,
    Question,
    Run,
    TeachingResult,
    TrainingSpec,
)


def approve(state: Teaching, runtime: Runtime[Context]) -> dict[str, Any]:
    """All nuggets a person accepted for this interest; NothingToDo where none is new.

    A training that this machine cannot do is refused before a question is written for it.
    """
    ctx = context_of(runtime)
    demand_method(ctx)
    interest = ctx.store.get(Interest, state["interest"])
    nuggets = teachable(ctx, interest)
    if bound := interest.target or ctx.settings.roles.target:
        ctx.settings.model(bound)
    version = ctx.current(interest.target)
    if version is None:
        raise NothingToDo(
            "No target model is bound, so there is nothing to teach.",
            "Name one in goldpan.toml: [roles] target, and its [models.NAME] path.",
        )
    if not nuggets:
        raise NothingToDo(
            f"No nugget of {interest.name!r} is accepted.", "Decide on some first: goldpan review."
        )
    if {n.id for n in nuggets} <= taught_by(ctx.store, version):
        raise NothingToDo(
            f"All {len(nuggets)} accepted nuggets are taught already: "
            f"{version.name} v{version.number} knows them.",
            "Find new ones first: goldpan run.",
        )
    groups = by_paper((n.paper, n.id) for n in nuggets)
    control = [nugget.id for nugget in control_of(ctx, nuggets)]
    return {
        "nuggets": sorted(n.id for n in nuggets),
        "papers": sorted(groups),
        "control": sorted(control),
    }


def to_write(state: Teaching, runtime: Runtime[Context]) -> list[Send]:
    """One branch for each paper, those of the control among them."""
    ctx = context_of(runtime)
    nuggets = ctx.store.all(Nugget, id=[*state["nuggets"], *state["control"]])
    groups = by_paper((n.paper, n.id) for n in nuggets)
    return [
        Send("write", Branch(run=state["run"], paper=paper, nuggets=ids, total=len(groups)))
        for paper, ids in groups.items()
    ]


async def write(branch: Branch, runtime: Runtime[Context]) -> dict[str, Any]:
    """Statements and questions about one paper's nuggets; about the control, only the exam's."""
    ctx = context_of(runtime)
    pool = ctx.pool(ctx.store.get(Run, branch["run"]).interest)
    made = await written(ctx, ctx.store.all(Nugget, id=branch["nuggets"]), pool)
    ctx.store.add(*made.questions)
    made.demand()
    ctx.tick("papers questioned", branch["total"])
    return {"written": [question.id for question in made.questions]}


async def check(state: Teaching, runtime: Runtime[Context]) -> dict[str, Any]:
    """Vet what was written, by code; what fails is kept with its reason and never used."""
    ctx = context_of(runtime)
    taught, control = (ctx.store.all(Nugget, id=state[which]) for which in ("nuggets", "control"))
    ctx.finish("papers questioned", len({nugget.paper for nugget in (*taught, *control)}))
    found = await vetted(ctx, ctx.store.all(Question, id=state["written"]), taught, control)
    ctx.store.put(*found.questions)
    for reason, count in sorted(found.report.refused.items()):
        ctx.log(state["run"], "vet", f"{count} questions refused: {reason}")
    ctx.store.put(question_set(state["run"], found.report))
    return {"lost": {"questions not judged": unjudged(ctx, found.questions)}}


def freeze(state: Teaching, runtime: Runtime[Context]) -> dict[str, Any]:
    """The dataset: files that no longer change, named by their manifest's hash."""
    ctx = context_of(runtime)
    interest = ctx.store.get(Interest, state["interest"])
    nuggets = ctx.store.all(Nugget, id=state["nuggets"])
    untaught = ctx.store.all(Nugget, id=state["control"])
    about = [*state["nuggets"], *state["control"]]
    questions = [question for question in ctx.store.all(Question, nugget=about) if question.vetted]
    folder = ctx.settings.home / "datasets"
    dataset = frozen(ctx, interest, nuggets, untaught, questions, folder)
    ctx.store.put(dataset)
    ctx.log(state["run"], "freeze", f"dataset {dataset.id}: {len(dataset.train)} rows")
    return {"dataset": dataset.id}


def plan(state: Teaching, runtime: Runtime[Context]) -> dict[str, Any]:
    """The training spec: the recipe for a model of this size, and what the settings override.

    What would be learnt is shown before a second is spent on it.
    """
    from tools.training.preflight import render

    ctx = context_of(runtime)
    interest = ctx.store.get(Interest, state["interest"])
    spec = recipe(ctx, interest, ctx.store.get(Dataset, state["dataset"]))
    told = render(ctx.preflight(spec))
    ctx.store.put(spec)
    ctx.log(state["run"], "plan", told)
    ctx.reporter.say(escape(told.replace("\n", "\n  ")))
    return {"spec": spec.id}


def train(state: Teaching, runtime: Runtime[Context]) -> dict[str, Any]:
    """LoRA in a process of its own; it resumes from its checkpoints."""
    ctx = context_of(runtime)
    spec = ctx.store.get(TrainingSpec, state["spec"])

    def heard(row: dict[str, Any]) -> None:
        if told := row.get("note"):
            ctx.reporter.say(escape(told))
        if row.get("loss") is not None:
            at = int(row["step"]), int(row["steps"])
            ctx.reporter.progress("training steps", *at, f"loss {row['loss']:.3f}")

    return {"adapter": str(trained(ctx, state["run"], spec, heard))}


def keep(state: Teaching, runtime: Runtime[Context]) -> dict[str, Any]:
    """The adapter, immutable and named by its hash, as a candidate in the lineage."""
    ctx = context_of(runtime)
    interest = ctx.store.get(Interest, state["interest"])
    current = ctx.current(interest.target)
    assert current is not None  # noqa: S101  approve() saw one
    spec = ctx.store.get(TrainingSpec, state["spec"])
    folder, sha256 = ctx.lineage.keep(Path(state["adapter"]))
    version = ctx.lineage.add(
        ModelVersion(
            name=current.name,
            base=current.base,
            base_sha256=current.base_sha256,
            parent=current.id,
            adapter=str(folder),
            adapter_sha256=sha256,
            dataset=state["dataset"],
            spec=spec.id,
            environment=environment(),
        )
    )
    return {"version": version.id}


def examine(state: Teaching, runtime: Runtime[Context]) -> dict[str, Any]:
    """New facts, old facts and perplexity, before and after, in wordings nobody trained on."""
    ctx = context_of(runtime)
    version = ctx.store.get(ModelVersion, state["version"])
    if version.scores:
        return {}
    before = ctx.store.get(ModelVersion, version.parent)
    asked = examining.papers(ctx, before, ctx.store.get(Dataset, version.dataset))
    scores, answers = examining.examined(ctx, state["run"], before, version, asked)
    # Before the scores: a version that has them is not examined again.
    ctx.store.put(*answers)
    ctx.lineage.score(version.id, scores)
    return {}


def gate(state: Teaching, runtime: Runtime[Context]) -> dict[str, Any]:
    """Promote the candidate, or refuse it and say why."""
    ctx = context_of(runtime)
    version = ctx.store.get(ModelVersion, state["version"])
    verdict = examining.gated(ctx, version)
    reason = "; ".join(verdict.reasons)
    if verdict.passed:
        ctx.lineage.promote(version.id, reason)
    else:
        ctx.lineage.refuse(version.id, reason)
    word = "passed" if verdict.passed else "refused"
    ctx.store.put(TeachingResult(run=state["run"], version=version.id, passed=verdict.passed))
    ctx.log(state["run"], "gate", f"v{version.number} {word}: {reason}")
    return {"passed": verdict.passed}


def build() -> StateGraph[Teaching, Context, Teaching, Teaching]:
    """The graph, not yet compiled: whoever compiles it chooses the checkpointer."""
    graph = StateGraph(Teaching, context_schema=Context)
    line = {
        "check": check,
        "freeze": freeze,
        "plan": plan,
        "train": train,
        "keep": keep,
        "examine": examine,
        "gate": gate,
    }
    for name, node in {"approve": approve, "write": write, **line}.items():
        graph.add_node(name, node, retry_policy=RETRY)  # type: ignore[call-overload]
    graph.add_edge(START, "approve")
    graph.add_conditional_edges("approve", to_write, ["write"])
    graph.add_edge("write", "check")
    names = [*line, END]
    for before, after in pairwise(names):
        graph.add_edge(before, after)
    return graph


graph = build().compile()
"""For servers that bring their own checkpointer (`langgraph.json`)."""
