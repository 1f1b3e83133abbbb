"""From log-likelihoods to evidence: four numbers for each answer a nugget might have.

For the right answer, for each wrong option, and for the right answer where nobody can know it:
after the stems of other nuggets. What the numbers are worth is `calibration`'s business.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from memory.records import Question
from tools.models import OptionScore

Floats = NDArray[np.float64]
NUMBERS = 4
CEILING = 1e-4
"""A probability counts as at most its complement: 1 - 10⁻⁴ is 9.2 nats of log odds."""
STRETCH = 6.0
"""Nats of log odds between options beyond which more says no more: an option of a foreign type
can be 20 nats behind, and that is not knowledge of the right one."""


class ScoredQuestion(NamedTuple):
    """One question as the target answered it."""

    question: Question
    own: Floats
    """[options] log-likelihoods in nats after the question's own stem."""
    controls: dict[str, Floats]
    """By control (nugget id): the same options after its stem."""

    def relative(self) -> ScoredQuestion:
        """The same as shares of the options' probability, which leaves out what they have alike."""
        held = {who: found - _log_sum(found) for who, found in self.controls.items()}
        return ScoredQuestion(self.question, self.own - _log_sum(self.own), held)


class Evidence(NamedTuple):
    """What a probe has to go by.

    Each row: see `evidence_numbers`, then its standard error over phrasings.
    """

    candidates: tuple[str, ...]
    """The right answer, then the wrong options in the order of their texts."""
    rows: tuple[tuple[float, ...], ...]
    """One for each candidate."""
    background: tuple[tuple[float, ...], ...]
    """One for each control: the right answer after its stems."""


def values(scores: Sequence[OptionScore]) -> Floats | None:
    """Log-likelihoods [options]; None where one cannot be read."""
    found = np.array([score.logprob for score in scores])
    return found if found.size and np.isfinite(found).all() else None


def evidence_numbers(own: Floats, background: Floats) -> Floats:
    """[options, 4]: log odds of the whole answer, log of its mean probability after controls,
    log odds against the other options, and the same after controls.

    own: [options] log-likelihoods. background: [controls, options]; without any, the mean of
    the options stands for what an answer may expect.
    """
    if not len(background):
        background = np.full((1, len(own)), own.mean())
    expected = _log_sum(background) - math.log(len(background))
    sure = own - np.log(np.maximum(1 - np.exp(np.minimum(own, 0)), CEILING))
    return np.stack([sure, expected, _against(own), _against(expected)], axis=1)


def _log_sum(x: Floats) -> Floats:
    top = x.max(0)
    summed: Floats = top + np.log(np.exp(x - top).sum(0))
    return summed


def _against(x: Floats) -> Floats:
    rest = np.array([_log_sum(np.delete(x, i)) for i in range(len(x))])
    found: Floats = np.clip(x - rest, -STRETCH, STRETCH)
    return found


def gathered(heard: Sequence[ScoredQuestion], alike: bool) -> Evidence:
    """Evidence of one nugget from all its phrasings. heard: at least one.

    alike: whether the controls ask the same of another subject. Where they do not, the stem alone
    makes any answer of its type likelier than after theirs; the gain of the wrong option that gains
    most is then taken for what a stem gives, which errs on the side of `not known`.
    """
    answer = heard[0].question.answer
    told: dict[str, list[Floats]] = {}
    gains: dict[str, list[float]] = {}
    nulls: dict[str, list[Floats]] = {}
    for one in heard:
        held = np.array(list(one.controls.values())).reshape(-1, len(one.own))
        rows = evidence_numbers(one.own, held)
        for option, row in zip(one.question.options, rows, strict=True):
            told.setdefault(option, []).append(row)
            gains.setdefault(option, []).append(row[0] - row[1])
        for place, name in enumerate(one.controls):
            others = np.delete(held, place, axis=0)
            if len(others):
                nulls.setdefault(name, []).append(
                    evidence_numbers(held[place], others)[one.question.key]
                )
    wrong = sorted(o for o, rows in told.items() if o != answer and 2 * len(rows) >= len(heard))
    fit = 0.0
    if not alike:
        fit = max((float(np.mean(gains[option])) for option in wrong), default=0.0)
    return Evidence(
        (answer, *wrong),
        tuple(_mean(told[option]) for option in (answer, *wrong)),
        tuple(_mean(rows, fit) for _, rows in sorted(nulls.items())),
    )


def _mean(rows: Sequence[Floats], fit: float = 0.0) -> tuple[float, ...]:
    many = np.array(rows)
    mean = many.mean(0) + np.array([fit, 0, 0, 0])
    # One phrasing tells nothing of its error; what three usually spread by stands for it.
    error = many[:, 0].std(ddof=1) / math.sqrt(len(many)) if len(many) > 1 else 1.0
    return tuple(round(float(x), 4) for x in (*mean, error))
