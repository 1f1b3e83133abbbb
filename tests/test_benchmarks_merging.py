"""What the benchmark of merging leans on: its changes of claims and its ranking."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.changes import pairs
from benchmarks.judged import area, held_out
from memory.records import Relation

pytestmark = pytest.mark.nightly

SENTENCES = [
    "Osk oil reduced the growth of mould.",
    "In rats, the dose of osk was 5 mg and the weight fell by 12 %.",
    "The tumour was significantly larger in women with high levels of OsPHR2.",
    "Three colonies of E. coli were identified after drying the samples.",
]


def test_the_same_sentences_give_the_same_pairs_of_differing_claims() -> None:
    made = list(pairs(SENTENCES, 5))
    assert made == list(pairs(SENTENCES, 5))
    assert all(pair.a != pair.b for pair in made)
    assert {pair.truth for pair in made} == {*Relation, "none"}


def test_changes_are_what_they_are_called() -> None:
    made = {(pair.kind, pair.a): pair.b for pair in pairs(SENTENCES, 5)}
    growth, _, tumour, colonies = SENTENCES
    assert made["active to passive", growth] == "The growth of mould was reduced by osk oil."
    assert made["roles swapped", growth] == "The growth of mould reduced osk oil."
    assert made["direction flipped", growth] == "Osk oil increased the growth of mould."
    assert made["synonym or spelling", tumour] == tumour.replace("tumour", "tumor")
    assert made["negated", colonies] == colonies.replace("were", "were not")


def test_a_score_is_learnt_from_other_pairs_only() -> None:
    """Labels that are pure chance cannot be ranked when they are held out."""
    chance = np.random.default_rng(0)
    labels = np.array(["E", "N"] * 100)
    telling = (labels == "E")[:, None] + chance.normal(size=(200, 1))
    assert area(held_out(telling, labels), labels == "E") > 0.7
    assert area(held_out(chance.normal(size=(200, 20)), labels), labels == "E") < 0.6


def test_the_area_counts_ties_by_half() -> None:
    assert area(np.array([2.0, 1.0, 1.0, 0.0]), np.array([True, True, False, False])) == 0.875
