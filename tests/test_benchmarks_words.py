"""Claims about the benchmark of probing models that only talk."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.probing_words import SAYS_YES, direct, exam, in_words, off, plain
from evals.stats import wilson
from memory.records import Verdict
from tests.knower import Knower
from tools.probe.words import Plan


def test_a_calibration_error_is_the_distance_from_the_truth() -> None:
    truth = np.array([0.0, 0.0, 1.0, 1.0])
    assert off(truth, truth) == 0
    assert off(np.array([0.2, 0.2, 0.8, 0.8]), truth) == pytest.approx(0.2)
    assert off(np.full(4, 0.5), truth) == 0


def test_knowers_show_what_was_planted_and_the_plain_baselines_less_of_it() -> None:
    """The figures rest on it; strengths are drawn without a look at what is asked."""
    of = exam(40, 3)
    found = direct(of, Knower(of.facts, letter="B", letter_love=3.0, likelihoods=False), Plan())
    never, always = of.strengths == 0, of.strengths == 1
    assert found.said(Verdict.KNOWN)[always].mean() >= 0.9
    assert not found.said(Verdict.KNOWN)[never].any()
    assert (found.said(Verdict.CONTRADICTED) <= of.denied).all()
    knower = Knower(of.facts, letter="B", letter_love=3.0, length_love=2.0)
    assert plain(of, knower)[never].max() > 0.5 > found.p[never].max()


@pytest.mark.parametrize(("known", "other"), SAYS_YES)
def test_a_simulated_yes_comes_at_its_rate(known: float, other: float) -> None:
    of = exam(400, 3)
    never = of.strengths == 0
    said = in_words(of, known, other)[never]
    low, high = wilson(int(said.sum()), int(never.sum()), 3.3)
    assert low <= other <= high
