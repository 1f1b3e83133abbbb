"""How far the options alone betray the key: a guesser that never reads a question.

A conditional logit over what the options look like, fitted on the other nuggets'
sheets, so that what it gets right above chance is a shortcut that a model can learn as well.
Many published sets have one (Balepur et al. 2024, arXiv 2402.12483).
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence, Set
from typing import NamedTuple

import numpy as np

from tools import logit
from tools.questions.chance import at_least, noise
from tools.questions.traits import Floats, Prior, Sheet, option_words, seen, traits

FOLDS = 10
PENALTY = 4.0
"""Of the squared weights, in nats, traits scaled to 1: of 400 sheets of four options drawn at
random a weaker one (0.5) guesses no better, and its guesses are less sure."""
LEVEL = 0.05
"""A guesser as good as this by chance alone is within noise."""


class Guess(NamedTuple):
    """How well the options alone were told apart."""

    sheets: int
    """Those that were guessed: about nine tenths of all."""
    right: int
    chance: float
    """Share that guessing gets right: the mean of 1/k. 0 for no sheets."""
    low: float
    high: float
    """The middle 95 % of the share that guessing at random gets right."""
    p: float
    """Probability of so many or more by chance."""

    @property
    def accuracy(self) -> float:
        """Share guessed right; 0 for no sheets."""
        return self.right / self.sheets if self.sheets else 0.0

    @property
    def within_noise(self) -> bool:
        """Whether chance explains it."""
        return self.p >= LEVEL


def guess(sheets: Sequence[Sheet], prior: Prior | None = None) -> Guess:
    """How many sheets are got right by a guesser that learns as it goes.

    Each fold is guessed by what was learnt of those before it, and only then learnt from; the first
    is not counted. What is got right by chance is then an independent draw for every sheet, so p is
    exact. Were each fold guessed from all others, two sheets that teach the other the same would be
    right or wrong together: of 240 sets with keys drawn at random that spread the share by a factor
    of 1.26, and called 0.07 of them unfair at p < 0.05.
    prior: log-likelihood of each option by itself, where a language model is at hand.
    """
    folds, plain = _folds(sheets), _plain(sheets, prior)
    right, chances = 0, []
    for fold in sorted(set(folds))[1:]:
        given = _given(sheets, folds, plain, {f for f in folds if f < fold}, fold)
        right += sum(int(np.argmax(share)) == sheets[place].key for place, share in given.items())
        chances += [1 / len(sheets[place].options) for place in given]
    mean = sum(chances) / len(chances) if chances else 0.0
    return Guess(len(chances), right, mean, *noise(chances), at_least(right, chances))


def shares(sheets: Sequence[Sheet], prior: Prior | None = None) -> list[Floats]:
    """For each sheet the choice probability of its options, fitted on all other nuggets' sheets.

    With fewer than two nuggets nothing is fitted: even shares.
    """
    folds, plain = _folds(sheets), _plain(sheets, prior)
    found = [np.full(len(s.options), 1 / len(s.options)) for s in sheets]
    if len(set(folds)) < 2:
        return found
    for fold in set(folds):
        for place, share in _given(sheets, folds, plain, set(folds) - {fold}, fold).items():
            found[place] = share
    return found


def _given(
    sheets: Sequence[Sheet],
    folds: Sequence[int],
    plain: Sequence[Floats],
    learnt: Set[int],
    fold: int,
) -> dict[int, Floats]:
    """Shares of one fold's sheets, by place, fitted on the sheets of the learnt folds."""
    places = [place for place, f in enumerate(folds) if f in learnt or f == fold]
    part = [sheets[place] for place in places]
    own = [folds[place] for place in places]
    habits = zip(places, _habits(part, own, fold), strict=True)
    table = logit.padded([np.hstack([plain[place], habit]) for place, habit in habits])
    held = np.array([f == fold for f in own])
    keys = np.eye(table.shape[1])[[sheet.key for sheet in part]]
    scale = np.nanstd(table[~held], axis=(0, 1))
    table = table / np.where(scale > 1e-9, scale, np.inf)
    weights = logit.fit(table[~held], keys[~held], PENALTY)
    return {
        place: logit.shares(table[row, : len(sheets[place].options)], weights)
        for row, place in enumerate(places)
        if folds[place] == fold
    }


def _folds(sheets: Sequence[Sheet]) -> list[int]:
    """Fold of each sheet, by a hash of its nugget: a nugget is never in two."""
    return [int(hashlib.sha256(s.nugget.encode()).hexdigest(), 16) % FOLDS for s in sheets]


def _plain(sheets: Sequence[Sheet], prior: Prior | None) -> list[Floats]:
    """What each sheet looks like, keys unseen."""
    on = seen(sheets)
    tables = [traits(sheet, on, len(sheets)) for sheet in sheets]
    if prior is None:
        return tables
    said = prior([sheet.options for sheet in sheets])
    return [
        np.hstack([table, _liked(sheet.options, logs)])
        for table, sheet, logs in zip(tables, sheets, said, strict=True)
    ]


def _liked(options: Sequence[str], logs: Sequence[float]) -> Floats:
    """Likelihood of each option, whole and by its letters, about its sheet's mean."""
    each = np.array([[log, log / max(1, len(o))] for o, log in zip(options, logs, strict=True)])
    return np.asarray(each - each.mean(axis=0), dtype=np.float64)


def _habits(sheets: Sequence[Sheet], folds: Sequence[int], fold: int) -> list[Floats]:
    """How often an option, and its words, were keys on sheets of other folds.

    A sheet that is fitted on is told by the folds that are neither its own nor the held out one.
    """
    counted = {f: _counts([s for s, g in zip(sheets, folds, strict=True) if g == f])
               for f in set(folds)}  # fmt: skip
    total = _summed([counts for f, counts in counted.items() if f != fold])
    made = []
    for sheet, own in zip(sheets, folds, strict=True):
        less = counted[own] if own != fold else None
        rows = [[_odds(total, less, [option.lower()]),
                 _odds(total, less, [f" {w}" for w in option_words(option)])]
                for option in sheet.options]  # fmt: skip
        table = np.array(rows)
        made.append(table - table.mean(axis=0))
    return made


Counts = tuple[Counter[str], Counter[str]]
"""How often a text was a key, and how often it was expected to be by chance."""


def _counts(sheets: Sequence[Sheet]) -> Counts:
    key: Counter[str] = Counter()
    expected: Counter[str] = Counter()
    for sheet in sheets:
        for place, option in enumerate(sheet.options):
            for text in {option.lower(), *(f" {word}" for word in option_words(option))}:
                key[text] += place == sheet.key
                expected[text] += 1 / len(sheet.options)  # type: ignore[assignment]
    return key, expected


def _summed(parts: Sequence[Counts]) -> Counts:
    key: Counter[str] = Counter()
    expected: Counter[str] = Counter()
    for k, e in parts:
        key.update(k)
        expected.update(e)
    return key, expected


def _odds(total: Counts, less: Counts | None, texts: Sequence[str]) -> float:
    """Mean log ratio of times a key to times expected, shrunk by one each."""
    ratios = [
        math.log(
            (1 + total[0][text] - (less[0][text] if less else 0))
            / (1 + total[1][text] - (less[1][text] if less else 0))
        )
        for text in texts
    ]
    return sum(ratios) / len(ratios) if ratios else 0.0
