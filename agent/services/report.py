"""What a run found and what a teaching brought, as counts and answers; `page` writes them down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from agent.calls.costs import spent
from agent.steps import review
from memory.records import (
    Dataset,
    Document,
    ExamAnswer,
    Link,
    ModelVersion,
    Nugget,
    Paper,
    PaperStatus,
    Passage,
    Question,
    QuestionSet,
    Relation,
    Run,
    Sighting,
    TeachingResult,
    Verdict,
)

if TYPE_CHECKING:
    from agent.workspace import Workspace
    from memory.store import Store


def counts(space: Workspace, run: Run) -> dict[str, Any]:
    """What the store holds of a run's interest, by the names that summary.json uses."""
    told = found(space.store, run) if run.graph == "discover" else taught(space, run)
    took = spent(space.store, run=run.id)
    if not took.calls:
        return told
    asked = {"calls": took.calls, "tokens": took.tokens}
    return {**told, **asked, "cost": "not known" if took.unpriced else took.cost}


def found(store: Store, run: Run) -> dict[str, Any]:
    """Papers, nuggets and verdicts of an interest."""
    papers = papers_of(store, run)
    seen = [paper.id for paper in papers]
    nuggets = store.all(Nugget, paper=seen)
    heads = {nugget.cluster or nugget.id for nugget in nuggets}
    sources: dict[str, set[str]] = {}
    for nugget in nuggets:
        sources.setdefault(nugget.cluster, set()).add(nugget.paper)
    probes = review.latest_probes(store, heads)
    verdicts = Counter(probe.verdict for probe in probes.values())
    verdicts[Verdict.UNPROBED] += len(heads) - len(probes)
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
        "contradictions": len(contradictions(store, nuggets)),
        "verdicts": {verdict.value: verdicts[verdict] for verdict in Verdict},
        "accepted": sum(nugget.teachable for nugget in nuggets),
    }


def papers_of(store: Store, run: Run) -> list[Paper]:
    """The papers that were seen for a run's interest, in the order in which they came."""
    seen = store.all(Sighting, interest=run.interest)
    return store.all(Paper, id=[sighting.paper for sighting in seen])


def contradictions(store: Store, nuggets: Iterable[Nugget]) -> list[tuple[Nugget, Nugget]]:
    """Which of these contradict each other."""
    known = {nugget.id: nugget for nugget in nuggets}
    links = store.all(Link, relation=Relation.CONTRADICTS)
    return [(known[x.a], known[x.b]) for x in links if x.a in known and x.b in known]


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


def result(space: Workspace, run: Run) -> TeachingResult | None:
    """How a teaching run ended; None where it did not come to the gate."""
    ended = space.store.all(TeachingResult, run=run.id)
    return ended[-1] if ended else None


def candidate(space: Workspace, run: Run) -> ModelVersion | None:
    """The version a teaching run made, if it came so far."""
    ended = result(space, run)
    return space.store.get(ModelVersion, ended.version) if ended else None


def taught(space: Workspace, run: Run) -> dict[str, Any]:
    """Dataset, scores and the gate's decision of a teaching run."""
    version = candidate(space, run)
    if version is None:
        return {}
    dataset = space.store.get(Dataset, version.dataset)
    ids = list(dataset.nuggets)
    questions = space.store.all(Question, nugget=ids)
    sets = space.store.all(QuestionSet, run=run.id)
    scores = {score.metric: score.value for score in version.scores}
    return {
        "taught": len(ids),
        "questions": sum(question.vetted for question in questions),
        "refused_questions": dict(
            sorted(Counter(q.rejected for q in questions if q.rejected).items())
        ),
        "question_set": sets[-1].model_dump(exclude={"id", "run"}) if sets else {},
        "rows": len(dataset.train) + dataset.replay,
        "dataset": dataset.manifest_sha256[:12],
        "dataset_counts": dataset.counts,
        **scores,
        "gate": f"{version.stage.value}: {version.gate}",
        "version": f"{version.name} v{version.number}",
    }


def summary(space: Workspace, discover: Run, teach: Run | None) -> dict[str, Any]:
    """Everything a script wants to know about one pass of the whole job."""
    told = found(space.store, discover)
    if teach:
        told |= taught(space, teach)
    told["seconds"] = {**discover.seconds, **(teach.seconds if teach else {})}
    return told


def exam(store: Store, version: ModelVersion) -> list[tuple[ExamAnswer, Question]]:
    """Question by question what was answered before and after, by what is asked about."""
    answers = store.all(ExamAnswer, version=version.id)
    asked = {q.id: q for q in store.all(Question, id=[one.question for one in answers])}
    rows = [(one, asked[one.question]) for one in answers if one.question in asked]
    return sorted(rows, key=lambda row: (row[0].what, row[1].stem))
