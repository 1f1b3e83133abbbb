from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.records import Link, Nugget, Relation
from tools.entails import entails
from tools.merge import Merged, Vector, compare, merge

MELTS = "The melting point of osk resin is 412 kelvin."


def said(claim: str, paper: str = "", cluster: str = "", confidence: float = 1.0) -> Nugget:
    return Nugget(
        paper=paper or claim,
        passage="x",
        page=1,
        claim=claim,
        quote=claim,
        start=0,
        end=len(claim),
        cluster=cluster,
        confidence=confidence,
    )


def relation(a: str, b: str, cosine: float) -> str:
    link = compare(said(a, "p"), said(b, "q"), cosine)
    return link.relation.value if link else ""


@pytest.mark.parametrize(
    ("a", "b", "cosine"),
    [
        (MELTS, "Osk resin melts at 412 K.", 0.80),
        (MELTS, "Osk resin has a melting point of 412 kelvin.", 0.98),
        ("Osk resin slows the growth of mould.", "Mould growth is slowed by osk resin.", 0.95),
        ("Tarl was first described by Venn.", "The discoverer of tarl is Venn.", 0.88),
    ],
)
def test_the_same_thing_in_other_words_is_the_same(a: str, b: str, cosine: float) -> None:
    assert relation(a, b, cosine) == Relation.SAME


@pytest.mark.parametrize(
    ("a", "b", "cosine"),
    [
        (MELTS, "The melting point of osk resin is 415 kelvin.", 0.99),
        (MELTS, "Osk resin melts at 415 kelvin.", 0.9),
        ("Osk resin slows mould growth.", "Osk resin does not slow mould growth.", 0.9),
        ("Osk oil increased mould growth.", "Osk oil reduced mould growth.", 0.97),
        ("The host rock of tarl is marble.", "The host rock of tarl is slate.", 0.8),
        ("The home region of tarl is the Fen.", "Tarl has its home region in the Moor.", 0.7),
    ],
)
def test_another_value_direction_or_negation_contradicts(a: str, b: str, cosine: float) -> None:
    """Sentences that differ in one digit have nearly one vector; a mean of them would be a lie."""
    assert relation(a, b, cosine) == Relation.CONTRADICTS


@pytest.mark.parametrize(
    ("a", "b", "cosine"),
    [
        (MELTS, "The melting point of fen tar is 412 kelvin.", 0.85),
        ("Yield rose by 12 % in 2010.", "Yield rose by 15 % in 2011.", 0.95),
        ("Grain width fell in the mutant.", "Grain length fell in the mutant.", 0.97),
        ("MAP in the Cl group was 98 mm.", "MAP in the Os group was 87 mm.", 0.9),
        ("The effect of osk oil is small.", "The effect of osk oil is lasting.", 0.9),
    ],
)
def test_another_subject_or_condition_is_only_related(a: str, b: str, cosine: float) -> None:
    assert relation(a, b, cosine) == Relation.RELATED


def test_a_paper_does_not_contradict_itself() -> None:
    """Two values in one paper are two conditions."""
    a, b = said(MELTS, "p"), said(MELTS.replace("412", "415"), "p")
    link = compare(a, b, 0.99)
    assert link is not None
    assert link.relation is Relation.RELATED


def test_far_claims_and_a_claim_with_itself_have_no_link() -> None:
    assert compare(said(MELTS), said("Birds sing in spring."), 0.2) is None
    assert compare(said(MELTS), said(MELTS), 1.0) is None


def test_the_order_of_two_claims_does_not_matter() -> None:
    a, b = said(MELTS), said("Osk resin melts at 415 kelvin.")
    assert compare(a, b, 0.9) == compare(b, a, 0.9)


class Space:
    """Exact neighbours among nuggets with given vectors."""

    def __init__(self, known: dict[Nugget, Vector]) -> None:
        self.known = list(known.items())

    def __call__(self, vector: Vector, k: int) -> list[tuple[Nugget, float]]:
        found = [(nugget, float(vector @ other)) for nugget, other in self.known]
        return sorted(found, key=lambda pair: -pair[1])[:k]


CLAIMS = [
    MELTS,
    "Osk resin has a melting point of 412 kelvin.",
    "Osk resin melts at 412 kelvin.",
    "Osk resin melts at 415 kelvin.",
    "The melting point of osk resin is 415 kelvin.",
    "Fen tar melts at 415 kelvin.",
]


def merged(order: list[int], seed: int = 0) -> Merged:
    rng = np.random.default_rng(seed)
    nuggets = [said(claim, confidence=0.5 + i / 20) for i, claim in enumerate(CLAIMS)]
    vectors = (1 + 0.3 * rng.standard_normal((len(CLAIMS), 8))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    known = list(zip(nuggets, vectors, strict=True))
    return merge([known[i] for i in order], Space({known[i][0]: known[i][1] for i in order}))


@given(st.permutations(range(len(CLAIMS))), st.integers(0, 20))
def test_the_same_nuggets_in_any_order_merge_alike(order: list[int], seed: int) -> None:
    assert merged(order, seed) == merged(sorted(order), seed)


@given(st.integers(0, 200))
def test_what_contradicts_never_shares_a_cluster(seed: int) -> None:
    clusters, links = merged(list(range(len(CLAIMS))), seed)
    for link in links:
        if link.relation is Relation.CONTRADICTS:
            assert clusters[link.a] != clusters[link.b]


def test_those_that_say_the_same_share_the_surest_as_representative() -> None:
    clusters, _ = merged(list(range(len(CLAIMS))))
    ids = [said(claim).id for claim in CLAIMS]
    assert {clusters[i] for i in ids[:3]} == {ids[2]}
    assert {clusters[i] for i in ids[3:5]} == {ids[4]}
    assert clusters[ids[5]] == ids[5]


def test_a_representative_that_was_there_before_stays() -> None:
    old = said(MELTS, "old", confidence=0.1)
    old = old.but(cluster=old.id)
    new = said("Osk resin melts at 412 kelvin.", "new")
    vector = np.ones(1, np.float32)
    clusters, links = merge([(new, vector)], Space({old: vector, new: vector}))
    assert clusters == {new.id: old.id}
    assert links == [
        Link(a=min(old.id, new.id), b=max(old.id, new.id), relation=Relation.SAME, score=1.0,
             reason=links[0].reason)
    ]  # fmt: skip


def area(positives: list[float], negatives: list[float]) -> float:
    """Area under the ROC curve: how often a positive scores above a negative."""
    above = np.array(positives)[:, None] - np.array(negatives)
    return float((above > 0).mean() + 0.5 * (above == 0).mean())


def test_entailed_sentences_score_above_neutral_ones(shared: Path) -> None:
    """Human judgements of sentence pairs; cosine alone has 0.88."""
    from tools.models.embedder import MiniLM

    with (shared / "bench" / "sick_slice.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    model = MiniLM()
    left = model.embed([row["sentence_A"] for row in rows])
    right = model.embed([row["sentence_B"] for row in rows])
    scores: dict[str, list[float]] = {}
    for row, a, b in zip(rows, left, right, strict=True):
        score = entails(row["sentence_A"], row["sentence_B"], float(a @ b))
        scores.setdefault(row["entailment_judgment"], []).append(score)
    assert area(scores["ENTAILMENT"], scores["NEUTRAL"]) >= 0.90
    assert area(scores["ENTAILMENT"], scores["CONTRADICTION"]) >= 0.90
