"""Claims about what questions show only as a set: shortcuts, places and lengths of keys."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.records import Nugget, Purpose, Question, QuestionKind
from tools import logit
from tools.models import Choice, OptionScore
from tools.questions import REASONS, liking, report, vet_set
from tools.questions.chance import at_least, chi_squared, even, noise, successes
from tools.questions.guessing import PENALTY, guess, shares
from tools.questions.traits import Sheet

WORDS = [
    f"{a}{b}" for a in ("or", "tal", "min", "ve", "ska", "dur") for b in ("en", "ix", "ol", "a")
]


def drawn(count: int, options: int = 4, seed: int = 0) -> list[Sheet]:
    """Sheets whose key is any of their options."""
    chance = random.Random(seed)
    return [
        Sheet(f"n{i}", tuple(chance.sample(WORDS, options)), chance.randrange(options))
        for i in range(count)
    ]


def betrayed(sheet: Sheet, way: str) -> Sheet:
    """The same with a key that gives itself away."""
    options, key = list(sheet.options), sheet.key
    if way == "longest":
        options[key] += " by degrees"
    elif way == "a word":
        options = [f"{o} {'mostly' if i == key else 'wholly'}" for i, o in enumerate(options)]
    elif way == "middle":
        options = [f"{(key + i) * 7 + 20 * (i + 1)} kelvin" for i in range(4)]
        key = 1
    elif way == "odd one out":
        options = [o if i == key else f"{o} grey stone" for i, o in enumerate(options)]
    elif way == "first":
        options.insert(0, options.pop(key))
        key = 0
    return sheet._replace(options=tuple(options), key=key)


def questions(sheets: list[Sheet]) -> tuple[list[Question], list[Nugget]]:
    """One examination a sheet, each about a nugget that bears its key out."""
    made, nuggets = [], []
    for sheet in sheets:
        quote = f"Stone {sheet.nugget} is {sheet.options[sheet.key]} all over."
        nuggets.append(
            Nugget(paper=sheet.nugget, passage="x", page=1, claim=quote, quote=quote, start=0,
                   end=len(quote))
        )  # fmt: skip
        made.append(
            Question(nugget=nuggets[-1].id, kind=QuestionKind.MCQ, form="f", purpose=Purpose.EXAM,
                     stem=f"Stone {sheet.nugget} is", options=sheet.options,
                     answer=sheet.options[sheet.key])
        )  # fmt: skip
    return made, nuggets


class Longwinded:
    """Finds each letter of an option as unlikely as the other."""

    sha256, parameters = "", 0

    def __init__(self) -> None:
        self.asked: list[Choice] = []

    def score(self, choices: Sequence[Choice]) -> list[list[OptionScore]]:
        self.asked += choices
        return [[OptionScore(-float(len(o)), len(o)) for o in c.options] for c in choices]

    def perplexity(self, texts: Sequence[str]) -> list[tuple[float, int]]:
        raise NotImplementedError

    def complete(self, prompt: str, max_new_tokens: int = 48) -> str:
        raise NotImplementedError


@pytest.mark.parametrize("way", ["longest", "a word", "middle", "odd one out", "first"])
def test_a_key_that_gives_itself_away_is_found_without_the_questions(way: str) -> None:
    sheets = [betrayed(sheet, way) for sheet in drawn(120)]
    found = guess(sheets)
    assert found.accuracy > 0.6
    assert found.p < 1e-6


def test_keys_drawn_at_random_are_guessed_no_better_than_by_chance() -> None:
    """Of 20 fair sets about one is called unfair at p < 0.05; four would be a fault (p < 0.02)."""
    unfair = sum(
        not guess(sheets).within_noise for seed in range(20) for sheets in [drawn(60, 4, seed)]
    )
    assert unfair <= 3


def test_what_betrays_itself_is_refused_until_the_rest_is_within_noise() -> None:
    fair, given_away = drawn(120), [betrayed(s, "a word") for s in drawn(60, seed=1)]
    moved = [s._replace(nugget=f"b{s.nugget}") for s in given_away]
    asked, nuggets = questions([*fair, *moved])
    found = vet_set(asked, nuggets)
    refused = Counter(q.nugget in {n.id for n in nuggets[120:]} for q in found.questions
                      if q.rejected == "shortcut")  # fmt: skip
    assert found.report.before.p < 1e-6
    assert found.report.fair
    assert refused[True] > 3 * refused[False]
    assert found.report.refused["shortcut"] == sum(refused.values())
    assert vet_set(found.questions, nuggets).questions == found.questions


def test_what_a_model_favours_with_no_question_is_a_shortcut_too() -> None:
    """Words that look alike may still be told apart by whoever has read a lot."""
    sheets = drawn(120)
    keys = {sheet.options: sheet.key for sheet in sheets}

    def prior(options: Any) -> list[list[float]]:
        return [[-1.0 if i == keys[o] else -9.0 for i in range(len(o))] for o in options]

    assert guess(sheets).within_noise
    assert guess(sheets, prior).accuracy > 0.9


def test_the_liking_of_a_target_is_its_likelihood_of_options_without_a_question() -> None:
    """Every option of a model with no text before it is a chance to guess."""
    target = Longwinded()
    assert liking(target)([("a", "bbb")]) == [[-1.0, -3.0]]
    assert {choice.context for choice in target.asked} == {""}


def test_keys_are_no_longer_than_the_rest_on_average() -> None:
    long = [s._replace(options=tuple(o * 2 if i == s.key else o for i, o in enumerate(s.options)))
            for s in drawn(12)]  # fmt: skip
    even = [s._replace(nugget=f"e{s.nugget}") for s in drawn(40, seed=2)]
    asked, nuggets = questions([*long, *even])
    found = vet_set(asked, nuggets)
    assert report(asked).length > 1.2
    assert found.report.length <= 1.05
    assert {q.nugget for q in found.questions if q.rejected} <= {n.id for n in nuggets[:12]}
    assert found.report.refused["length"] > 0


def test_a_report_counts_every_question_once() -> None:
    asked, nuggets = questions(drawn(30))
    broken = asked[0].model_copy(update={"answer": "nothing", "id": ""})
    found = vet_set([*asked, broken], nuggets).report
    assert found.asked == 31
    assert found.passed + sum(found.refused.values()) == 31
    assert set(found.refused) <= set(REASONS)
    assert found.kinds["mcq"] == found.options[4] == found.levels["fact"] == found.passed


def test_nothing_to_look_at_is_fair() -> None:
    assert vet_set([], []).report.fair
    assert report([]).guess.accuracy == 0


@pytest.mark.parametrize(
    ("freedom", "critical"), [(1, 3.841), (2, 5.991), (3, 7.815), (9, 16.919), (24, 36.415)]
)
def test_chi_squared_agrees_with_the_tables(freedom: int, critical: float) -> None:
    assert chi_squared(critical, freedom) == pytest.approx(0.05, abs=1e-4)


def test_places_of_unlike_numbers_of_options_are_counted_apart() -> None:
    assert even([(i % 4, 4) for i in range(40)] + [(i % 3, 3) for i in range(30)]) == 1.0
    assert even([(0, 4)] * 20 + [(i % 3, 3) for i in range(30)]) < 1e-6


@given(st.lists(st.floats(0, 1), max_size=12))
def test_the_law_of_chance_is_a_law(chances: list[float]) -> None:
    law = successes(chances)
    assert law.sum() == pytest.approx(1)
    assert law @ np.arange(len(law)) == pytest.approx(sum(chances))
    low, high = noise(chances)
    assert 0 <= low <= high <= 1
    tails = [at_least(k, chances) for k in range(len(chances) + 1)]
    assert all(later <= tail + 1e-12 for tail, later in itertools.pairwise(tails))


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 10), st.integers(0, 40), st.integers(0, 10**6))
def test_shares_are_shares_whatever_the_options(options: int, count: int, seed: int) -> None:
    sheets = drawn(count, options, seed)
    found = shares(sheets)
    assert [len(share) for share in found] == [options] * count
    assert all(share.sum() == pytest.approx(1) and (share >= 0).all() for share in found)
    assert np.array_equal(np.concatenate([[0.0], *found]), np.concatenate([[0.0], *shares(sheets)]))


def test_the_weights_are_where_the_penalised_likelihood_has_no_slope() -> None:
    chance = np.random.default_rng(0)
    table, keys = chance.normal(size=(30, 4, 3)), chance.integers(0, 4, 30)
    best = logit.fit(table, np.eye(4)[keys], PENALTY)

    def loss(weights: Any) -> float:
        scores = table @ weights
        logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        return float(-logs[np.arange(30), keys].sum() + PENALTY / 2 * (weights**2).sum())

    for step in np.eye(3) * 1e-3:
        assert loss(best) < min(loss(best + step), loss(best - step))
