"""The review: the queue, the decisions, their undoing. No HTML, no terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from memory.errors import BadInput, NothingToDo
from memory.records import (
    Action,
    Decision,
    Link,
    Nugget,
    NuggetStatus,
    Paper,
    Probe,
    Relation,
    Run,
    Sighting,
    Verdict,
    new_id,
)

if TYPE_CHECKING:
    from agent.settings import ReviewSettings
    from memory.store import Store

POLICY = "policy:unknown-and-grounded"
"""Accepts what the target does not know, what no other paper denies, and what the extractor is
sure enough of. Grounding needs no test here: what is not grounded is no nugget."""

_NEWS = [Verdict.UNKNOWN, Verdict.PARTLY, Verdict.CONTRADICTED, Verdict.UNPROBED, Verdict.KNOWN]


class ReviewItem(NamedTuple):
    """A nugget with all that a person needs to decide on it."""

    nugget: Nugget
    paper: Paper
    probe: Probe | None
    sources: int
    """How many papers say it."""
    denied_by: tuple[str, ...]
    """Nugget ids that contradict it."""

    @property
    def verdict(self) -> Verdict:
        """Unprobed where nobody asked."""
        return self.probe.verdict if self.probe else Verdict.UNPROBED

    def as_json(self) -> dict[str, Any]:
        """Plain JSON for listings and for export."""
        return {
            "id": self.nugget.id,
            "revision": self.nugget.revision,
            "status": self.nugget.status.value,
            "verdict": self.verdict.value,
            "p_known": self.probe.p_known if self.probe else None,
            "claim": self.nugget.claim,
            "quote": self.nugget.quote,
            "kind": self.nugget.kind.value,
            "confidence": self.nugget.confidence,
            "paper": self.paper.title or self.paper.url,
            "paper_id": self.paper.id,
            "page": self.nugget.page,
            "said_by": self.sources,
            "denied_by": list(self.denied_by),
        }


def queue(
    store: Store,
    *,
    interest: str = "",
    nuggets: Iterable[str] | None = None,
    status: Sequence[NuggetStatus] = (NuggetStatus.PROPOSED,),
) -> list[ReviewItem]:
    """Nuggets that stand for their cluster, the newest to the target first, the surest first.

    interest: id; only what its papers say. nuggets: ids; only these and those they stand for.
    """
    wanted: dict[str, Any] = {}
    if nuggets is not None:
        wanted["id"] = sorted({n.cluster or n.id for n in store.all(Nugget, id=list(nuggets))})
    elif interest:
        wanted["paper"] = [seen.paper for seen in store.all(Sighting, interest=interest)]
    found = store.all(Nugget, status=list(status), **wanted)
    return sorted(_items(store, [n for n in found if n.cluster in ("", n.id)]), key=_order)


def _order(item: ReviewItem) -> tuple[int, bool, float, str]:
    news = _NEWS.index(item.verdict)
    return news, bool(item.denied_by), -item.nugget.confidence, item.nugget.id


def _items(store: Store, heads: list[Nugget]) -> list[ReviewItem]:
    ids = [nugget.id for nugget in heads]
    papers = {p.id: p for p in store.all(Paper, id=sorted({n.paper for n in heads}))}
    probes = latest_probes(store, ids)
    sources: dict[str, set[str]] = {}
    member_of: dict[str, str] = {}
    for member in store.all(Nugget, cluster=ids):
        sources.setdefault(member.cluster, set()).add(member.paper)
        member_of[member.id] = member.cluster
    denied: dict[str, set[str]] = {}
    for link in store.all(Link, relation=Relation.CONTRADICTS):
        for one, other in ((link.a, link.b), (link.b, link.a)):
            if one in member_of:
                denied.setdefault(member_of[one], set()).add(other)
    return [
        ReviewItem(
            nugget,
            papers[nugget.paper],
            probes.get(nugget.id),
            len(sources.get(nugget.id, {nugget.paper})),
            tuple(sorted(denied.get(nugget.id, ()))),
        )
        for nugget in heads
    ]


def latest_probes(store: Store, nuggets: Iterable[str]) -> dict[str, Probe]:
    """The last probe of each nugget that was probed, by nugget id: what the newest version said."""
    # Ordered by time: what stands last wins.
    return {probe.nugget: probe for probe in store.all(Probe, nugget=sorted(set(nuggets)))}


def proposals(store: Store, nuggets: Sequence[str]) -> list[str]:
    """Ids of what a person should look at: undecided, one for each cluster, not known already."""
    items = queue(store, nuggets=nuggets)
    return [item.nugget.id for item in items if item.verdict is not Verdict.KNOWN]


def by_policy(store: Store, run: str) -> bool:
    """Whether a run (its id) is to ask nobody."""
    return bool(store.get(Run, run).options.get("yes"))


def carry_out(store: Store, nuggets: Sequence[str], limits: ReviewSettings, run: str) -> int:
    """Accept what POLICY accepts of these nuggets (ids); how many now.

    The run is the batch: what was decided before a kill, or before it was resumed, counts.
    """
    return accept_by_policy(store, queue(store, nuggets=nuggets), limits, run)


def decided(store: Store, run: str) -> int:
    """How many decisions were taken as this run's batch."""
    return store.count(Decision, batch=run)


def accept_by_policy(
    store: Store, items: Sequence[ReviewItem], limits: ReviewSettings, batch: str
) -> int:
    """Accept what POLICY accepts, at most `limits.max_accept` a batch; how many now."""
    fit = [item for item in items if _acceptable(item, limits.min_confidence)]
    room = max(0, limits.max_accept - store.count(Decision, batch=batch))
    chosen = [item.nugget for item in fit[:room]]
    decide(store, chosen, Action.ACCEPT, actor=POLICY, batch=batch)
    return len(chosen)


def _acceptable(item: ReviewItem, min_confidence: float) -> bool:
    return (
        item.verdict is Verdict.UNKNOWN
        and not item.denied_by
        and item.nugget.confidence >= min_confidence
    )


def decide(
    store: Store,
    nuggets: Sequence[Nugget],
    action: Action,
    *,
    claim: str = "",
    actor: str = "person",
    reason: str = "",
    batch: str = "",
) -> list[Nugget]:
    """Accept, reject or edit nuggets as one batch, which is undone as one.

    claim: the new wording of an edit; BadInput where it changes the numbers of the quote.
    """
    batch = batch or new_id()
    rows = [
        Decision(
            nugget=nugget.id,
            revision=nugget.revision,
            actor=actor,
            action=action,
            before={"status": nugget.status.value, "claim": nugget.claim},
            after=_after(nugget, action, claim),
            reason=reason,
            batch=batch,
        )
        for nugget in nuggets
    ]
    return store.decide(rows) if rows else []


def _after(nugget: Nugget, action: Action, claim: str) -> dict[str, Any]:
    from tools.nuggets import faithful

    if action is Action.ACCEPT:
        return {"status": NuggetStatus.ACCEPTED.value}
    if action is Action.REJECT:
        return {"status": NuggetStatus.REJECTED.value}
    if not claim.strip():
        raise BadInput("An edited claim cannot be empty.", "Reject the nugget instead.")
    if not faithful(claim, nugget.quote):
        raise BadInput(
            f"The edited claim's numbers, units or negations are not those of the quote: "
            f"“{nugget.quote}”.",
            "Keep them as the paper has them, or reject the nugget.",
        )
    return {"status": NuggetStatus.EDITED.value, "claim": claim.strip()}


def undo(store: Store) -> list[Nugget]:
    """Take back the last batch of decisions; NothingToDo where there is none left."""
    if not (changed := store.undo()):
        raise NothingToDo("There is no decision to undo.")
    return changed


def export(items: Sequence[ReviewItem], path: Path) -> int:
    """Write the queue as JSON lines; fill in `decision` (accept, reject, or edit with `claim`)."""
    lines = [json.dumps({"decision": "", **item.as_json()}, ensure_ascii=False) for item in items]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return len(lines)


def load(store: Store, path: Path) -> list[Nugget]:
    """Carry out the decisions of an exported file; all of them or, at the first fault, none."""
    rows = [
        _row(store, line, f"{path}, line {number}")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if line.strip()
    ]
    batch = new_id()
    decisions = [row.replace(batch=batch) for row in rows if row]
    if not decisions:
        raise NothingToDo(
            f"{path} decides nothing.", 'Set "decision" to accept, reject or edit in some lines.'
        )
    return store.decide(decisions)


def _row(store: Store, line: str, where: str) -> Decision | None:
    try:
        row = json.loads(line)
        if not row["decision"]:
            return None
        nugget = store.get(Nugget, row["id"])
        action = Action(row["decision"])
        return Decision(
            nugget=nugget.id,
            revision=row["revision"],
            actor="person",
            action=action,
            before={"status": nugget.status.value, "claim": nugget.claim},
            after=_after(nugget, action, str(row.get("claim", ""))),
            reason=str(row.get("reason", "")),
        )
    except (ValueError, KeyError, TypeError, ValidationError) as fault:
        raise BadInput(
            f"{where} is not a decision: {fault}.",
            "Each line needs id, revision and decision (accept, reject, edit).",
        ) from fault
