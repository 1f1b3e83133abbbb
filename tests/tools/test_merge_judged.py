"""Claims about pairs that code leaves to a judge, and about what a judge cannot say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.records import Nugget, Relation
from tools.merge import Comparison, compared, merge

SAME, RELATED, CONTRADICTS = Relation.SAME, Relation.RELATED, Relation.CONTRADICTS
KILLS = "Osk resin kills mould on boards."


def said(claim: str, paper: str = "") -> Nugget:
    return Nugget(
        paper=paper or claim, passage="x", page=1, claim=claim, quote=claim, start=0, end=len(claim)
    )


def plan(*claims: str, cosine: float = 0.9, paper: str = "") -> Comparison:
    """All claims as near each other as that, each from a paper of its own unless told."""
    nuggets = [said(claim, paper) for claim in claims]
    near = [(nugget, cosine) for nugget in nuggets]
    vector = np.ones(1, np.float32)
    return compared(
        [(nugget, vector) for nugget in nuggets], lambda vectors, _: [near] * len(vectors)
    )


def one_cluster(made: Comparison) -> bool:
    return len(set(made.merged().clusters.values())) == 1


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (KILLS, "Osk resin destroys mould on boards."),
        ("The WHO approved the vaccine.", "The World Health Organization approved the vaccine."),
        ("The young fox chased the hare.", "The hare chased the young fox."),
        (KILLS, "Osk resin feeds mould on boards."),
    ],
)
@pytest.mark.parametrize("verdict", Relation)
def test_where_only_the_wording_differs_the_judge_decides(
    a: str, b: str, verdict: Relation
) -> None:
    asked = plan(a, b)
    assert [relation for *_, relation in asked.doubtful] == [RELATED]
    judged = asked.judged([verdict], "toy")
    assert [link.relation for link in judged.links] == [verdict]
    assert one_cluster(judged) == (verdict is SAME)
    assert (judged.links[0].reason == "judged by toy") == (verdict is not RELATED)


SURE = [
    ("Osk resin melts at 412 kelvin.", "Osk resin liquefies at 415 kelvin."),
    ("The dose of osk was 5 mg/kg.", "The amount of osk was 5 mg/l."),
    ("Osk resin kills mould.", "Osk resin does not destroy mould."),
    ("Osk oil increased the growth of mould.", "Osk oil reduced the spread of mould."),
    ("Osk slowed growth at 20 °C.", "Osk hampered growth at 40 °C."),
    ("Osk oil slowed growth in rats.", "Osk oil hampered growth in mice."),
    ("Osk oil slowed growth in rats.", "Osk oil slowed growth."),
    ("Osk resin may kill mould.", "Osk resin destroys mould."),
    ("All boards rot in the dark.", "Some boards decay in the dark."),
    ("OsPHR2 slows the growth.", "OsPHR3 slows the growth."),
    ("Vitamin C slowed the mould.", "Vitamin D slowed the mould."),
    ("Osk raised the mould.", "Osk changed the mould."),
]


@pytest.mark.parametrize(("a", "b"), SURE)
@pytest.mark.parametrize("cosine", [0.7, 0.8, 0.97])
def test_a_judge_never_makes_one_of_claims_that_differ_in_substance(
    a: str, b: str, cosine: float
) -> None:
    """A number, a unit, a denial, a direction, a condition, a scope, a numbered name."""
    asked = plan(a, b, cosine=cosine)
    judged = asked.judged([SAME] * len(asked.doubtful), "toy")
    assert judged == asked
    assert not one_cluster(judged)


def test_where_code_sees_a_difference_the_judge_may_see_a_contradiction() -> None:
    """Other words around a denial leave it open whether both speak of one thing."""
    asked = plan("Osk resin does not kill mould.", "Osk resin destroys the green film.", cosine=0.7)
    assert [relation for *_, relation in asked.doubtful] == [RELATED]
    [link] = asked.judged([CONTRADICTS], "toy").links
    assert link.relation is CONTRADICTS


def test_a_judge_finds_no_contradiction_within_a_paper() -> None:
    asked = plan(KILLS, "Osk resin feeds mould on boards.", paper="p")
    assert asked.judged([CONTRADICTS], "toy") == asked


@pytest.mark.parametrize(
    "pair",
    [
        ("Osk resin melts at 412 K.", "The melting point of osk resin is 412 kelvin."),
        ("Osk resin melts at 412 K.", "Osk resin melts at 415 K."),
        ("Osk oil slowed growth in rats.", "Osk oil hampered growth in mice."),
    ],
)
def test_of_what_code_is_sure_no_judge_is_asked(pair: tuple[str, str]) -> None:
    assert plan(*pair).doubtful == []


def test_what_is_too_unlike_is_not_worth_a_judge() -> None:
    assert plan(KILLS, "Boards were weighed each week by carpenters.", cosine=0.7).doubtful == []


def test_a_judge_must_answer_for_each_pair() -> None:
    """A verdict too few would be read as that of another pair."""
    with pytest.raises(ValueError, match="argument"):
        plan(KILLS, "Osk resin destroys mould on boards.").judged([], "toy")


CLAIMS = [KILLS, "Osk resin destroys mould on boards.", *(claim for pair in SURE for claim in pair)]


@given(st.sets(st.sampled_from(CLAIMS), min_size=2, max_size=6), st.data())
def test_whatever_a_judge_says_clusters_hold_no_contradiction_and_no_sure_difference(
    claims: set[str], data: st.DataObject
) -> None:
    asked = plan(*sorted(claims))
    said_ = [data.draw(st.sampled_from(Relation)) for _ in asked.doubtful]
    clusters, links = asked.judged(said_, "toy").merged()
    for link in links:
        if link.relation is CONTRADICTS:
            assert clusters[link.a] != clusters[link.b]
    for a, b in SURE:
        if {a, b} <= claims:
            assert clusters[said(a).id] != clusters[said(b).id]


def test_without_a_judge_merging_is_what_code_says() -> None:
    pair = [(said(claim), np.ones(1, np.float32)) for claim in CLAIMS]

    def near(vectors: object, k: int) -> list[list[tuple[Nugget, float]]]:
        return [[(nugget, 0.9) for nugget, _ in pair]] * len(pair)

    assert merge(pair, near) == compared(pair, near).merged()
