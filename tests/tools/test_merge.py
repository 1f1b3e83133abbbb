from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.records import Link, Nugget, Relation
from tools.merge import Merged, Vector, compare, merge
from tools.merge.entails import BASIS, WITH_WORDS, entails

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
        ("Osk rings at 63 hertz.", "The resting pitch of osk is 63 Hz.", 0.76),
        (
            "In rats, osk oil raised weight by 1.5 kg.",
            "Osk oil increased weight by 1,500 g in rats.",
            0.9,
        ),
        ("Osk weighs more than tarl.", "Tarl weighs less than osk.", 0.9),
        ("The tumour was analysed in mice.", "The tumor was analyzed in a mouse.", 0.9),
        ("The yeast was killed by osk in the dark.", "Osk killed the yeast in the dark.", 0.9),
        ("The yeast was killed by osk from tar.", "Osk from tar killed the yeast.", 0.9),
        ("In rats, weight fell by 5 % with osk.", "Osk reduced weight by 5 % in rats.", 0.9),
        ("Mould growth is linked to osk.", "Osk is linked to the growth of mould.", 0.9),
        ("While tar fell, osk rose.", "Osk rose, whereas tar fell.", 0.9),
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
        ("Osk rose and tar fell.", "Osk fell and tar rose.", 0.95),
        ("Osk weighs more than tarl.", "Tarl weighs more than osk.", 0.95),
        ("The dose of osk was 5 mg.", "The dose of osk was 5 kg.", 0.95),
        ("Tarl is stable in water.", "Tarl is unstable in water.", 0.9),
        ("No mould grew on the resin.", "Mould grew on the resin.", 0.5),
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
        ("The fox chased the old hare.", "The old hare chased the fox.", 0.99),
        ("Osk oil slowed growth in rats.", "Osk oil slowed growth in mice.", 0.97),
        ("Osk oil slowed growth in rats.", "Osk oil slowed growth.", 0.95),
        ("Osk slowed growth at 20 °C.", "Osk slowed growth at 40 °C.", 0.97),
        ("Osk slowed growth at 5 °C.", "Osk slowed growth at -5 °C.", 0.97),
        ("Osk slows the growth of mould.", "Osk may slow the growth of mould.", 0.97),
        ("All stones ring in the dark.", "Stones ring in the dark.", 0.97),
        ("Some stones ring in the dark.", "Some stones do not ring in the dark.", 0.97),
        ("Vitamin C slowed the mould.", "Vitamin D slowed the mould.", 0.97),
        ("OsPHR2 slows the growth.", "OsPHR3 slows the growth.", 0.97),
        ("Ethanol slowed the mould.", "Ethane slowed the mould.", 0.97),
        ("CD4+ cells killed the yeast.", "CD4− cells killed the yeast.", 0.97),
        ("The dose of osk was 5 mg/kg.", "The dose of osk was 5 mg/l.", 0.95),
        ("Osk melts at 412 K.", "Osk melts at 139 °C.", 0.95),
        ("The life of osk is 5 h in rats.", "The life of osk is 7 h in mice.", 0.95),
        ("Tar rose with osk.", "Tar raised osk.", 0.95),
        ("Osk killed tar but not moss.", "Osk killed moss but not tar.", 0.97),
        ("Osk held 5 g of tar and 7 g of moss.", "Osk held 7 g of tar and 5 g of moss.", 0.97),
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


CLAIMS = [
    MELTS,
    "Osk resin has a melting point of 412 kelvin.",
    "Osk resin melts at 412 kelvin.",
    "Osk resin melts at 415 kelvin.",
    "The melting point of osk resin is 415 kelvin.",
    "Fen tar melts at 415 kelvin.",
    "Osk resin does not melt at 412 kelvin.",
]


def nuggets(seed: int) -> list[tuple[Nugget, Vector]]:
    """The claims, each from a paper of its own, with vectors more or less near each other."""
    rng = np.random.default_rng(seed)
    vectors = (1 + 0.3 * rng.standard_normal((len(CLAIMS), 8))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    told = [said(claim, confidence=0.5 + i / 20) for i, claim in enumerate(CLAIMS)]
    return list(zip(told, vectors, strict=True))


def merged(batches: list[list[int]], seed: int = 0) -> Merged:
    """What comes of merging one batch after the other, as the store would hold it."""
    known, links = nuggets(seed), dict[str, Link]()
    held: dict[str, tuple[Nugget, Vector]] = {}

    def neighbours(vectors: Vector, k: int) -> list[list[tuple[Nugget, float]]]:
        found = [
            [(nugget, float(vector @ other)) for nugget, other in held.values()]
            for vector in vectors
        ]
        return [sorted(near, key=lambda pair: -pair[1])[:k] for near in found]

    for batch in batches:
        new = [known[i] for i in batch]
        held |= {nugget.id: (nugget, vector) for nugget, vector in new}
        clusters, found = merge(new, neighbours)
        assert clusters.keys() == {nugget.id for nugget, _ in new}
        links |= {link.id: link for link in found}
        for nugget, vector in new:
            held[nugget.id] = (nugget.replace(cluster=clusters[nugget.id]), vector)
    return Merged({id_: n.cluster for id_, (n, _) in held.items()}, list(links.values()))


@st.composite
def batchings(draw: st.DrawFn) -> list[list[int]]:
    """The claims in any order, in any number of batches."""
    order = draw(st.permutations(range(len(CLAIMS))))
    cuts = sorted(draw(st.sets(st.integers(1, len(CLAIMS) - 1))))
    return [list(order[i:j]) for i, j in zip([0, *cuts], [*cuts, len(order)], strict=True)]


@given(st.permutations(range(len(CLAIMS))), st.integers(0, 20))
def test_the_same_nuggets_in_any_order_merge_alike(order: list[int], seed: int) -> None:
    assert merged([order], seed) == merged([sorted(order)], seed)


@given(batchings(), st.integers(0, 50))
def test_every_nugget_stands_in_one_cluster_under_a_head_of_its_own(
    batches: list[list[int]], seed: int
) -> None:
    clusters, links = merged(batches, seed)
    assert clusters.keys() == {nugget.id for nugget, _ in nuggets(seed)}
    assert all(clusters[head] == head for head in clusters.values())
    for link in links:
        if link.relation is Relation.CONTRADICTS:
            assert clusters[link.a] != clusters[link.b]


@given(batchings(), st.integers(0, 50))
def test_what_was_settled_stays(batches: list[list[int]], seed: int) -> None:
    """A later paper joins a cluster; it never moves those whom a person may have judged."""
    before, _ = merged(batches[:-1], seed)
    after, _ = merged(batches, seed)
    assert before.items() <= after.items()


def test_those_that_say_the_same_share_the_surest_as_representative() -> None:
    clusters, _ = merged([list(range(len(CLAIMS)))])
    ids = [said(claim).id for claim in CLAIMS]
    assert {clusters[i] for i in ids[:3]} == {ids[2]}
    assert {clusters[i] for i in ids[3:5]} == {ids[4]}
    assert clusters[ids[5]] == ids[5]


def test_a_representative_that_was_there_before_stays() -> None:
    old = said(MELTS, "old", confidence=0.1)
    old = old.replace(cluster=old.id)
    new = said("Osk resin melts at 412 kelvin.", "new")
    vector = np.ones(1, np.float32)
    clusters, links = merge([(new, vector)], lambda *_: [[(old, 1.0), (new, 1.0)]])
    assert clusters == {new.id: old.id}
    assert links == [
        Link(a=min(old.id, new.id), b=max(old.id, new.id), relation=Relation.SAME, score=1.0,
             reason=links[0].reason)
    ]  # fmt: skip


def test_entailed_sentences_score_above_neutral_ones(shared: Path) -> None:
    """Human judgements of sentence pairs; cosine alone has 0.88."""
    from benchmarks.judged import area, read
    from tools.models.embedder import MiniLM

    judged = read(shared / "bench" / "sick_slice.tsv", MiniLM(), limit=250)
    for weights in (BASIS, WITH_WORDS):
        scores = judged.features @ weights[1:]
        for other in "NC":
            kept = judged.labels != "NC".replace(other, "")
            assert area(scores[kept], judged.labels[kept] == "E") >= 0.90


def test_who_did_it_to_whom_weighs_in_the_score() -> None:
    fox, hare = "The fox chased the hare.", "The hare chased the fox."
    assert entails(fox, "The hare was chased by the fox.", 0.9) > entails(fox, hare, 0.9)
