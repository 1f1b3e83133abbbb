"""The discovery graph: search → read → screen → extract → merge → probe → propose → review.

A node reads, calls one thing, saves, returns ids. Every node may run again after a crash: what is
in the store already is not done twice. Teaching is left to the other graph.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send, interrupt

from agent.graphs.retry import RETRY
from agent.graphs.state import Branch, Context, Discovery, by_id, context_of
from agent.steps import review
from agent.steps.extract import mined
from agent.steps.probe import probed
from agent.steps.screen import copies, fits, misfits, profiled, wild
from memory.errors import NothingToDo, Unreadable
from memory.records import (
    Decision,
    Interest,
    Nugget,
    Paper,
    PaperStatus,
    Run,
    Sighting,
    Verdict,
)

if TYPE_CHECKING:
    from tools.models import Vectors


def search(state: Discovery, runtime: Runtime[Context]) -> dict[str, Any]:
    """Ask every source of the interest for papers."""
    from tools.papers.folder import find

    ctx = context_of(runtime)
    interest = ctx.store.get(Interest, state["interest"])
    folders = _folders(interest, ctx.store.get(Run, state["run"]))
    papers: list[Paper] = []
    for folder in folders:
        found = find(Path(folder))
        papers += found.papers
        for path, reason in found.skipped:
            ctx.log(state["run"], "search", f"{path}: {reason}")
    ctx.store.add(*papers)
    ctx.store.put(*_moved(ctx, papers))
    ctx.store.add(
        *(Sighting(interest=interest.id, paper=paper.id, run=state["run"]) for paper in papers)
    )
    ctx.log(state["run"], "search", f"{len(papers)} papers in {', '.join(folders)}")
    return {"papers": [paper.id for paper in papers]}


def _moved(ctx: Context, papers: list[Paper]) -> list[Paper]:
    """Papers that we hold but have not read, and that lie elsewhere by now."""
    now = {paper.id: paper for paper in papers}
    return [
        held.replace(url=now[held.id].url, source=now[held.id].source)
        for held in ctx.store.all(Paper, id=list(now))
        if held.status is not PaperStatus.READ and held.url != now[held.id].url
    ]


def _folders(interest: Interest, run: Run) -> list[str]:
    if given := run.options.get("papers"):
        return [str(given)]
    folders = [s.removeprefix("folder:") for s in interest.sources if s.startswith("folder:")]
    if not folders:
        raise NothingToDo(
            f"Interest {interest.name!r} has no source to search.",
            "Give a folder of papers: goldpan run NAME --papers FOLDER, "
            "or: goldpan interests edit NAME --source folder:/path.",
        )
    return folders


def to_read(state: Discovery) -> list[Send] | str:
    """One branch for each paper."""
    branches = [
        Send("read", Branch(run=state["run"], paper=paper, nuggets=[], total=len(state["papers"])))
        for paper in state["papers"]
    ]
    return branches or "screen"


def read(branch: Branch, runtime: Runtime[Context]) -> dict[str, Any]:
    """Read one paper. One that cannot be read costs only itself."""
    ctx = context_of(runtime)
    with ctx.slots:
        paper = _read(ctx, ctx.store.get(Paper, branch["paper"]))
    if paper.status is not PaperStatus.READ:
        ctx.log(branch["run"], "read", f"{_name(paper)}: {paper.note}")
    ctx.tick("papers opened", branch["total"])
    return {"read": [paper.id] if paper.status is PaperStatus.READ else []}


def _read(ctx: Context, paper: Paper) -> Paper:
    if paper.status in (PaperStatus.READ, PaperStatus.SKIPPED):
        return paper
    try:
        reading = ctx.read(Path(paper.url), paper.id)
    except Unreadable as fault:
        status = PaperStatus.FAILED if fault.transient else PaperStatus.SKIPPED
        paper = paper.replace(
            status=status, reason=fault.reason, note=str(fault), attempts=paper.attempts + 1
        )
        ctx.store.put(paper)
        return paper
    document = reading.document
    paper = paper.replace(
        status=PaperStatus.READ,
        reason="",
        note="",
        attempts=paper.attempts + 1,
        pages=reading.pages,
        title=document.title or paper.title,
        authors=document.authors or paper.authors,
        abstract=document.abstract or paper.abstract,
        doi=document.doi or paper.doi,
    )
    # One transaction: a paper that says it was read has its text.
    ctx.store.put(document, *reading.passages, paper)
    return paper


def _name(paper: Paper) -> str:
    return Path(paper.url).name or paper.title or paper.id


async def screen(state: Discovery, runtime: Runtime[Context]) -> dict[str, Any]:
    """Leave out what the interest's words leave out, second copies, and what does not fit."""
    ctx = context_of(runtime)
    ctx.finish("papers opened", len(state["papers"]))
    interest = ctx.store.get(Interest, state["interest"])
    papers = by_id(ctx.store.all(Paper, id=state.get("read", [])))
    twice = copies(ctx.store, papers)
    kept = []
    for paper in papers:
        if not fits(interest, paper):
            ctx.log(state["run"], "screen", f"{_name(paper)}: outside the interest's words")
        elif paper.id in twice:
            other = _name(twice[paper.id])
            ctx.log(state["run"], "screen", f"{_name(paper)}: the same paper as {other}")
        else:
            kept.append(paper)
    unfit = await misfits(ctx, interest, kept)
    for paper in kept:
        if rate := unfit.get(paper.id):
            told = f"{_name(paper)}: fits by {rate.score} of 10: {rate.reason}"
            explored = " (read all the same, to explore)" if wild(interest, paper) else ""
            ctx.log(state["run"], "screen", f"{told}{explored}")
    screened = [p.id for p in kept if p.id not in unfit or wild(interest, p)]
    if left := len(papers) - len(screened):
        ctx.reporter.say(f"{left} of {len(papers)} papers left out; why: goldpan runs show")
    return {"screened": screened}


async def profile(state: Discovery, runtime: Runtime[Context]) -> dict[str, Any]:
    """Say what each paper is about, so that it is found again. Nothing else waits for it."""
    lost = await profiled(context_of(runtime), state["screened"])
    return {"lost": {"profiles": lost}}


async def extract(state: Discovery, runtime: Runtime[Context]) -> dict[str, Any]:
    """Nuggets of every paper, each grounded by code, whoever the teacher is.

    One node, not a branch for each paper: whatever is mined is saved at once, and what waits for a
    model should not grow the graph's state.
    """
    ctx = context_of(runtime)
    harvests = await mined(ctx, state["run"], state["screened"])
    ctx.finish("papers mined", len(harvests))
    nuggets = sorted({nugget for harvest in harvests for nugget in harvest.nuggets})
    return {"nuggets": nuggets, "lost": {"passages": sum(one.lost for one in harvests)}}


async def merge(state: Discovery, runtime: Runtime[Context]) -> dict[str, Any]:
    """Embed what is new and tie together what says the same or the opposite."""
    from tools.merge import compared

    ctx = context_of(runtime)
    nuggets = by_id(ctx.store.all(Nugget, id=state.get("nuggets", [])))
    new = [nugget for nugget in nuggets if not nugget.cluster]
    if not new:
        return {}
    vectors = await asyncio.to_thread(_embedded, ctx, new)

    def neighbours(vectors: Any, k: int) -> list[list[tuple[Nugget, float]]]:
        near = ctx.vectors.nearest(vectors, k)
        names = {name for some in near for name, _ in some}
        held = {nugget.id: nugget for nugget in ctx.store.all(Nugget, id=names)}
        return [[(held[name], cosine) for name, cosine in some if name in held] for some in near]

    plan = await asyncio.to_thread(compared, list(zip(new, vectors, strict=True)), neighbours)
    if (judge := ctx.crew.pairs) and (doubtful := plan.doubtful):
        plan = plan.judged(await judge.judge(doubtful), judge.made_by)
    result = plan.merged()
    changed = ctx.store.all(Nugget, id=list(result.clusters))
    ctx.store.put(*(n.replace(cluster=result.clusters[n.id]) for n in changed), *result.links)
    ctx.finish("nuggets merged", len(new))
    return {}


def _embedded(ctx: Context, nuggets: list[Nugget]) -> Vectors:
    """Their vectors, in the index by now."""
    vectors = ctx.embedder.embed([nugget.claim for nugget in nuggets])
    ctx.vectors.add([nugget.id for nugget in nuggets], vectors)
    return vectors


async def probe(state: Discovery, runtime: Runtime[Context]) -> dict[str, Any]:
    """Ask the target about one nugget of each cluster, unless this version was asked before."""
    ctx = context_of(runtime)
    nuggets = ctx.store.all(Nugget, id=state.get("nuggets", []))
    heads = sorted({nugget.cluster for nugget in nuggets})
    interest = ctx.store.get(Interest, state["interest"])
    version = ctx.current(interest.target)
    if version is None or not heads:
        return {"asked": []}
    lost = await probed(ctx, heads, by_id(nuggets), version)
    return {"asked": heads, "lost": {"nuggets not probed": lost}}


def propose(state: Discovery, runtime: Runtime[Context]) -> dict[str, Any]:
    """What a person should look at: undecided, one for each cluster, not known already."""
    ctx = context_of(runtime)
    items = review.queue(ctx.store, nuggets=state.get("nuggets", []))
    proposed = [item.nugget.id for item in items if item.verdict is not Verdict.KNOWN]
    ctx.log(state["run"], "propose", f"{len(proposed)} nuggets proposed for review")
    return {"proposed": proposed}


def ask_person(state: Discovery) -> dict[str, Any]:
    """One interrupt for the whole batch. Alone in its node: a node re-runs from its top."""
    if not state["proposed"]:
        return {"answer": {}}
    return {"answer": interrupt({"action": "review", "proposed": state["proposed"]})}


def decide(state: Discovery, runtime: Runtime[Context]) -> dict[str, Any]:
    """Carry out what the review answered; decisions already in the store need nothing here."""
    ctx = context_of(runtime)
    answer = state.get("answer") or {}
    if answer.get("policy") == review.POLICY:
        items = review.queue(ctx.store, nuggets=state["proposed"])
        # The run is the batch: what was decided before a kill, or before it was resumed, counts.
        accepted = review.accept_by_policy(ctx.store, items, ctx.settings.review, state["run"])
        ctx.log(state["run"], "review", f"{accepted} nuggets accepted by {review.POLICY}")
    return {"decided": ctx.store.count(Decision, batch=state["run"])}


def build() -> StateGraph[Discovery, Context, Discovery, Discovery]:
    """The graph, not yet compiled: whoever compiles it chooses the checkpointer."""
    graph = StateGraph(Discovery, context_schema=Context)
    for name, node in {
        "search": search,
        "read": read,
        "screen": screen,
        "profile": profile,
        "extract": extract,
        "merge": merge,
        "probe": probe,
        "propose": propose,
        "review": ask_person,
        "decide": decide,
    }.items():
        graph.add_node(name, node, retry_policy=RETRY)  # type: ignore[call-overload]
    graph.add_edge(START, "search")
    graph.add_conditional_edges("search", to_read, ["read", "screen"])
    graph.add_edge("read", "screen")
    edges: list[tuple[str | list[str], str]] = [
        ("screen", "extract"),
        ("screen", "profile"),
        (["extract", "profile"], "merge"),
        ("merge", "probe"),
        ("probe", "propose"),
        ("propose", "review"),
        ("review", "decide"),
        ("decide", END),
    ]
    for before, after in edges:
        graph.add_edge(before, after)
    return graph


graph = build().compile()
"""For servers that bring their own checkpointer (`langgraph.json`)."""
