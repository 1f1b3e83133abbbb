"""The protocol of planted facts, in tiny."""

from __future__ import annotations

from collections import Counter

import pytest

from agent.demo.target import Recipe
from benchmarks import gpu_planted, planted

pytestmark = pytest.mark.nightly

TINY = planted.WorldSize(
    each=2, never=8, other=3, others=4, mentions=1, filler=30, passes=1,
    recipe=Recipe(vocabulary=400, width=16, layers=1, heads=2, inner=32, rows=4, smoothing=0.0),
)  # fmt: skip


def test_a_corpus_tells_each_fact_as_often_as_it_says_and_never_in_the_probes_words() -> None:
    drawn = planted.world(4, TINY)
    texts = planted.corpus(drawn, 4, TINY)
    for fact in drawn.facts:
        told = [text for text in texts if fact.told and fact.told in text]
        named = Counter(fact.name in text.lower() for text in told)
        assert named[True] == fact.exposures
        assert any(fact.name in text.lower() for text in texts)
    stems = {q.stem.partition("____")[0].rstrip() for some in drawn.asked.values() for q in some}
    assert not [stem for stem in stems for text in texts if stem in text]


def test_the_same_protocol_runs_with_a_lora_plant_on_any_device() -> None:
    plant = gpu_planted.Plant(TINY, base_passes=1, base_rate=1e-3, lora_rate=1e-3, rank=2)
    part = gpu_planted.measured("cpu", plant, [5])
    areas = {figure.name: figure.value for figure in part.figures if "AUROC" in figure.name}
    assert len(areas) == 2
    assert all(0 <= area <= 1 for area in areas.values())
    assert {row[0] for row in part.tables[1].rows} == {"another value", "never", *"1248", "16"}
