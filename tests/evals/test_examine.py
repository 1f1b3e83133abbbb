"""An examination counts what was answered and keeps every answer."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from evals.examine import examine, perplexity
from memory.errors import BadInput
from memory.records import GAP, Purpose, Question, QuestionKind
from tests.models import ScriptedTarget
from tools.models import Choice, OptionScore

OPTIONS = ("two", "nine", "four", "six")


def question(nugget: str, form: str, answer: str = "two") -> Question:
    return Question(
        nugget=nugget, kind=QuestionKind.MCQ, form=form, purpose=Purpose.EXAM, options=OPTIONS,
        stem=f"{form} says that lamp {nugget} burns {GAP} hours.", answer=answer, vetted=True,
    )  # fmt: skip


def test_accuracy_and_votes_are_counted_with_their_intervals() -> None:
    """Lamp a: two of three right; lamp b: none of one."""
    questions = [question("a", "He"), question("a", "She"), question("a", "It", "six"),
                 question("b", "He", "nine")]  # fmt: skip
    found = examine(ScriptedTarget(lambda choice: 0), questions, "new_before")
    assert (found.score.metric, found.score.value, found.score.n) == ("new_before", 0.5, 4)
    assert found.score.method == "wilson"
    assert found.score.low < 0.5 < found.score.high
    assert (found.by_nugget.value, found.by_nugget.n) == (0.5, 2)
    assert [answer.right for answer in found.answers] == [True, True, False, False]
    assert {answer.option for answer in found.answers} == {"two"}


def test_an_unreadable_answer_is_neither_right_nor_wrong() -> None:
    class Silent(ScriptedTarget):
        def score(self, choices: Sequence[Choice]) -> list[list[OptionScore]]:
            return [[OptionScore(math.nan, 1)] * len(choice.options) for choice in choices]

    found = examine(Silent(lambda choice: 0), [question("a", "He")], "new_after")
    assert found.score.value is None
    assert found.score.unscored == found.by_nugget.unscored == 1
    assert found.answers[0].option == ""


def test_no_questions_give_no_score() -> None:
    assert examine(ScriptedTarget(lambda choice: 0), [], "old_before").score.value is None


def test_a_question_without_its_answer_among_the_options_is_refused() -> None:
    with pytest.raises(BadInput, match="no multiple-choice question"):
        examine(ScriptedTarget(lambda choice: 0), [question("a", "He", "eleven")], "new")


def test_perplexity_is_per_token_and_leaves_the_unreadable_out() -> None:
    table = {"long": (20.0, 10), "short": (4.0, 2), "empty": (0.0, 0), "broken": (math.nan, 3)}
    score = perplexity(ScriptedTarget(lambda choice: 0, table), list(table), "perplexity_before")
    assert score.value == pytest.approx(math.exp(2))
    assert (score.n, score.unscored, score.method) == (2, 2, "bootstrap")
    assert score.low <= score.value <= score.high


def test_perplexity_of_nothing_is_unscored() -> None:
    assert perplexity(ScriptedTarget(lambda choice: 0), []).value is None
