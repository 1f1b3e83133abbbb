"""The gate: what has not learnt, or has forgotten, does not pass."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.gate import GateLimits, gate
from evals.stats import share
from memory.records import Score


def scores(**changes: Score | None) -> dict[str, Score]:
    """A version that learnt and kept what it knew, with some scores changed or taken out."""
    good = {
        "new_before": share("new_before", 40, 160),
        "new_after": share("new_after", 152, 160),
        "old_before": share("old_before", 190, 192),
        "old_after": share("old_after", 189, 192),
        "perplexity_before": Score(metric="perplexity_before", value=3.0, n=50),
        "perplexity_after": Score(metric="perplexity_after", value=3.1, n=50),
        "leaks": Score(metric="leaks", value=0, n=400),
        "parity": share("parity", 200, 200),
    }
    return {name: score for name, score in {**good, **changes}.items() if score is not None}


def test_a_version_that_learnt_and_kept_passes_with_its_figures() -> None:
    decision = gate(scores())
    assert decision.passed
    assert decision.reasons == [
        "new facts 0.25 → 0.95", "old facts 0.99 → 0.98", "perplexity 3 → 3.1",
        "nothing of the examination was in training",
        "adapter, merged and reloaded model agree on 200 of 200 prompts",
    ]  # fmt: skip


def test_a_forgetful_version_is_refused() -> None:
    decision = gate(scores(old_after=share("old_after", 150, 192)))
    assert not decision.passed
    assert "forgetful" in decision.reasons[1]


def test_a_version_that_reads_worse_is_refused() -> None:
    worse = Score(metric="perplexity_after", value=4.7, n=50)
    assert not gate(scores(perplexity_after=worse)).passed
    assert gate(scores(perplexity_after=worse), GateLimits(perplexity=2)).passed


def test_an_examination_that_was_trained_on_proves_nothing() -> None:
    decision = gate(scores(leaks=Score(metric="leaks", value=2, n=400)))
    assert not decision.passed
    assert "2 things of the examination were in training" in decision.reasons


def test_a_version_that_its_export_changes_is_refused() -> None:
    """One prompt of two hundred with another most likely word is one too many."""
    changed = scores(parity=share("parity", 199, 200))
    assert not gate(changed).passed
    assert gate(changed, GateLimits(parity_prompts=0)).passed


def test_a_rise_that_chance_explains_is_no_learning() -> None:
    assert not gate(scores(new_after=share("new_after", 45, 160))).passed


NEEDED = ["new_before", "new_after", "old_after", "perplexity_after", "leaks", "parity"]


@pytest.mark.parametrize("name", NEEDED)
def test_what_was_not_measured_is_no_success(name: str) -> None:
    assert not gate(scores(**{name: None})).passed
    assert not gate(scores(**{name: Score(metric=name, unscored=160)})).passed


def test_answers_that_could_not_be_read_are_no_success() -> None:
    """All twenty that could be read were right; nobody knows about the others."""
    assert not gate(scores(new_after=share("new_after", 20, 20, unscored=140))).passed
    assert not gate(scores(old_after=share("old_after", 20, 20, unscored=140))).passed


def test_a_target_with_nothing_old_can_still_learn() -> None:
    decision = gate(scores(old_before=None, old_after=None, perplexity_before=None))
    assert decision.passed
    assert "no old facts were there to examine" in decision.reasons


def test_two_questions_can_pass_only_when_all_are_right() -> None:
    """No result of two questions can be significant; teaching one fact must be possible."""
    before = share("new_before", 0, 2)
    assert gate(scores(new_before=before, new_after=share("new_after", 2, 2))).passed
    assert not gate(scores(new_before=before, new_after=share("new_after", 1, 2))).passed


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 100), st.integers(0, 100))
def test_whatever_passes_has_learnt_and_has_kept(
    new_before: int, new_after: int, old_before: int, old_after: int
) -> None:
    decision = gate(
        scores(
            new_before=share("new_before", new_before, 100),
            new_after=share("new_after", new_after, 100),
            old_before=share("old_before", old_before, 100),
            old_after=share("old_after", old_after, 100),
        )
    )
    if decision.passed:
        assert new_after > new_before
        assert old_after >= 0.95 * old_before
    assert len(decision.reasons) == 5
