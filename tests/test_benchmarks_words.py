"""Claims about the benchmark of probing models that only talk."""

from __future__ import annotations

import numpy as np
import pytest

from agent.demo.target import SAMPLE
from benchmarks.doubles.planted_model import PlantedModel
from benchmarks.judged import calibration_error
from benchmarks.planted_models import direct, exam, in_words, plain
from benchmarks.probing_served import exam as served_exam
from benchmarks.probing_served import plain as served_plain
from benchmarks.probing_served import probed
from benchmarks.probing_words import SAYS_YES
from evals.stats import wilson
from memory.records import Question, Verdict
from tests.models import ScriptedTarget
from tools.models import Choice
from tools.probe.words import Effort

pytestmark = pytest.mark.nightly


def test_a_calibration_error_is_the_distance_from_the_truth() -> None:
    truth = np.array([0.0, 0.0, 1.0, 1.0])
    assert calibration_error(truth, truth) == 0
    assert calibration_error(np.array([0.2, 0.2, 0.8, 0.8]), truth) == pytest.approx(0.2)
    assert calibration_error(np.full(4, 0.5), truth) == 0


def test_planted_models_show_what_was_planted_and_the_plain_baselines_less_of_it() -> None:
    """The figures rest on it; strengths are drawn without a look at what is asked."""
    of = exam(40, 3)
    found = direct(
        of, PlantedModel(of.facts, letter="B", letter_love=3.0, likelihoods=False), Effort()
    )
    never, always = of.strengths == 0, of.strengths == 1
    assert found.said(Verdict.KNOWN)[always].mean() >= 0.9
    assert not found.said(Verdict.KNOWN)[never].any()
    assert (found.said(Verdict.CONTRADICTED) <= of.denied).all()
    model = PlantedModel(of.facts, letter="B", letter_love=3.0, length_love=2.0)
    assert plain(of, model)[never].max() > 0.5 > found.p[never].max()


@pytest.mark.parametrize(("known", "other"), SAYS_YES)
def test_a_simulated_yes_comes_at_its_rate(known: float, other: float) -> None:
    of = exam(400, 3)
    never = of.strengths == 0
    said = in_words(of, known, other)[never]
    low, high = wilson(int(said.sum()), int(never.sum()), 3.3)
    assert low <= other <= high


class Bookish(ScriptedTarget):
    """Knows what it was told about some names, and completes with it."""

    def __init__(self, told: dict[str, str]) -> None:
        self.told = told
        super().__init__(self._place)

    def _place(self, choice: Choice) -> int:
        said = [
            place for place, text in enumerate(choice.options) if self._of(choice.context) in text
        ]
        return said[0] if said and self._of(choice.context) else len(choice.context) % 4

    def _of(self, text: str) -> str:
        return next((answer for name, answer in self.told.items() if name in text), "")

    def complete(self, prompt: str, max_new_tokens: int = 48) -> str:
        return f"{self._of(prompt)}. The end"


def test_a_served_model_is_found_to_know_what_it_knows() -> None:
    """The figures of a real model rest on nothing being lost on the way over HTTP."""
    questions = [
        Question.model_validate_json(line)
        for line in (SAMPLE / "retention.jsonl").read_text("utf-8").splitlines()
    ]
    of = served_exam(questions, 6, 0)
    text = (SAMPLE / "book.md").read_text("utf-8").lower()
    assert [nugget.claim in text for nugget, _ in of.items] == [True, False] * 3
    target = Bookish({n.claim: asked[0].answer for n, asked in of.items if n.claim in text})
    for likelihoods in (True, False):
        found = probed(of, target, likelihoods)
        assert [p.verdict is Verdict.KNOWN for p in found.probes] == [True, False] * 3
        assert bool(found.cost.likelihoods) is likelihoods
    assert served_plain(of, target)[::2].tolist() == [1, 1, 1]
