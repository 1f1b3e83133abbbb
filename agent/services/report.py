"""What a run found and what a teaching brought, as counts, as summary.json and as a page."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.calls.costs import spent
from memory.records import (
    Dataset,
    Document,
    Event,
    Link,
    ModelVersion,
    Nugget,
    Paper,
    PaperStatus,
    Passage,
    Probe,
    Question,
    Relation,
    Run,
    Sighting,
    Verdict,
)

if TYPE_CHECKING:
    from agent.workspace import Workspace
    from memory.store import Store


def counts(space: Workspace, run: Run) -> dict[str, Any]:
    """What the store holds of a run's interest, by the names that summary.json uses."""
    told = found(space.store, run) if run.graph == "discover" else taught(space, run)
    took = spent(space.store, run=run.id)
    if not took["calls"]:
        return told
    asked = {"calls": took["calls"], "tokens": took["tokens_in"] + took["tokens_out"]}
    return {**told, **asked, "cost": "not known" if took["unpriced"] else took["cost"]}


def found(store: Store, run: Run) -> dict[str, Any]:
    """Papers, nuggets and verdicts of an interest."""
    seen = [sighting.paper for sighting in store.all(Sighting, interest=run.interest)]
    papers = store.all(Paper, id=seen)
    nuggets = store.all(Nugget, paper=seen)
    heads = {nugget.cluster or nugget.id for nugget in nuggets}
    members = {nugget.id for nugget in nuggets}
    sources: dict[str, set[str]] = {}
    for nugget in nuggets:
        sources.setdefault(nugget.cluster, set()).add(nugget.paper)
    against = [
        link
        for link in store.all(Link, relation=Relation.CONTRADICTS)
        if link.a in members and link.b in members
    ]
    verdicts = latest_verdicts(store, heads)
    return {
        "papers": len(papers),
        "papers_read": sum(paper.status is PaperStatus.READ for paper in papers),
        "skipped": dict(sorted(Counter(p.reason for p in papers if p.reason).items())),
        "pages": sum(paper.pages for paper in papers),
        "passages": store.count(Passage, paper=seen),
        "nuggets": len(nuggets),
        "quotes_located": located(store, nuggets),
        "merged": len(nuggets) - len(heads),
        "corroborated": sum(len(by) > 1 for by in sources.values()),
        "contradictions": len(against),
        "verdicts": {v.value: sum(verdicts[h] is v for h in heads) for v in Verdict},
        "accepted": sum(nugget.teachable for nugget in nuggets),
    }


def latest_verdicts(store: Store, heads: Iterable[str]) -> dict[str, Verdict]:
    """The verdict of the first version that was asked about each nugget: what was news to it."""
    verdicts = dict.fromkeys(heads, Verdict.UNPROBED)
    for probe in reversed(store.all(Probe, nugget=sorted(verdicts))):
        verdicts[probe.nugget] = probe.verdict
    return verdicts


def located(store: Store, nuggets: Iterable[Nugget]) -> int:
    """How many quotes stand letter for letter at their offsets in the text; looked up anew."""
    texts: dict[str, str] = {}
    right = 0
    for nugget in nuggets:
        if nugget.paper not in texts:
            [document] = store.all(Document, paper=nugget.paper)
            texts[nugget.paper] = document.text
        right += texts[nugget.paper][nugget.start : nugget.end] == nugget.quote
    return right


def candidate(space: Workspace, run: Run) -> ModelVersion | None:
    """The version a teaching run made, if it came so far."""
    logged = space.store.all(Event, run=run.id, stage="gate")
    names = [event.data["version"] for event in logged]
    return space.store.get(ModelVersion, names[-1]) if names else None


def taught(space: Workspace, run: Run) -> dict[str, Any]:
    """Dataset, scores and the gate's decision of a teaching run."""
    version = candidate(space, run)
    if version is None:
        return {}
    dataset = space.store.get(Dataset, version.dataset)
    ids = list(dataset.nuggets)
    questions = space.store.all(Question, nugget=ids)
    scores = {score.metric: score.value for score in version.scores}
    return {
        "taught": len(ids),
        "questions": sum(question.vetted for question in questions),
        "refused_questions": dict(
            sorted(Counter(q.rejected for q in questions if q.rejected).items())
        ),
        "question_set": _set(space.store, run),
        "rows": len(dataset.train) + dataset.replay,
        "dataset": dataset.manifest_sha256[:12],
        "dataset_counts": dataset.counts,
        **scores,
        "gate": f"{version.stage.value}: {version.gate}",
        "version": f"{version.name} v{version.number}",
    }


def _set(store: Store, run: Run) -> dict[str, Any]:
    """The same, as the run logged it; empty where it did not come so far."""
    logged = [event.data for event in store.all(Event, run=run.id, stage="vet") if event.data]
    return logged[-1] if logged else {}


def summary(space: Workspace, discover: Run, teach: Run | None) -> dict[str, Any]:
    """Everything a script wants to know about one pass of the whole job."""
    told = found(space.store, discover)
    if teach:
        told |= taught(space, teach)
    told["seconds"] = {**discover.seconds, **(teach.seconds if teach else {})}
    return told


def write(space: Workspace, folder: Path, discover: Run, teach: Run | None) -> tuple[Path, Path]:
    """report.html and summary.json in a folder; their paths."""
    from agent.services.page import page

    folder.mkdir(parents=True, exist_ok=True)
    told = summary(space, discover, teach)
    paths = folder / "report.html", folder / "summary.json"
    texts = page(space, discover, teach, told), json.dumps(told, indent=2, ensure_ascii=False)
    for path, text in zip(paths, texts, strict=True):
        part = path.with_suffix(".part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    return paths


def exam(store: Store, run: Run) -> list[dict[str, Any]]:
    """Question by question what was answered before and after: rows with the question's text."""
    logged = store.all(Event, run=run.id, stage="examine")
    rows = logged[-1].data["rows"] if logged else []
    questions = {q.id: q for q in store.all(Question, id=[row["question"] for row in rows])}
    return [
        {**row, "text": questions[row["question"]]} for row in rows if row["question"] in questions
    ]
