"""From answers to a belief: the probability that a fact is known, and a verdict in one word.

Pure functions of the replies; asking is left to the probe.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from memory.records import Verdict

KNOWN, UNKNOWN = 0.6, 0.4
"""P(known) above which a fact counts as known, and up to which as unknown. One right answer of
one, with four options, gives 0.6: not enough."""
CONFIDENT = 0.6
"""Mean choice probability on one and the same wrong option that makes a contradiction."""
MOST = 2 / 3
"""Share of the phrasings that must favour it."""
LIFT = 0.1
"""By how much the choice probability must exceed that of the background control."""
SURPRISE = 0.3
"""The same for a contradiction, which is a stronger claim."""
_GRID = (np.arange(1000) + 0.5) / 1000


class Reply(NamedTuple):
    """What the target favoured in one question."""

    option: str
    right: bool
    confidence: float
    """Choice probability of the favoured option, in (0, 1]."""
    on_right: float
    """Choice probability of the right option, in [0, 1]."""
    options: int
    shares: tuple[float, ...] = ()
    """Choice probability of every option, in their order."""
    expected: float = 0.0
    """Choice probability of the favoured option under the background control: the same options
    after stems that speak of something else. 0 where there was no control."""

    @property
    def informed(self) -> bool:
        """Whether the stem, and not the option's wording alone, speaks for the favoured option."""
        return self.confidence >= self.expected + LIFT

    @property
    def hit(self) -> bool:
        """Right, and not for being the likelier text anyway."""
        return self.right and self.informed


class Belief(NamedTuple):
    """A probability and its 95 % interval."""

    mean: float
    low: float
    high: float


def posterior(right: Sequence[bool], options: Sequence[int]) -> Belief:
    """Posterior of the probability θ that the target knows a fact when asked about it.

    right, options: one per question; with k options a guess succeeds with 1/k.
    Model: P(right) = 1/k + (1 - 1/k) θ, uniform prior on θ (Beta-Bernoulli with a guessing floor,
    Birnbaum 1968), on a grid of 1,000 points. Nothing asked gives (0.5, 0, 1).
    """
    if not right:
        return Belief(0.5, 0.0, 1.0)
    log = np.zeros_like(_GRID)
    for hit, count in zip(right, options, strict=True):
        chance = 1 / count + (1 - 1 / count) * _GRID
        log += np.log(chance if hit else 1 - chance)
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    low, high = np.interp([0.025, 0.975], weight.cumsum(), _GRID)
    return Belief(*(round(float(x), 6) for x in ((weight * _GRID).sum(), low, high)))


def judge(replies: Sequence[Reply]) -> tuple[Verdict, str]:
    """The verdict and why, from the readable replies to one nugget's questions."""
    if not replies:
        return Verdict.UNPROBED, "no question was asked, or no answer could be read"
    if held := contradiction(replies):
        return Verdict.CONTRADICTED, f"it is confident of {held!r}"
    known = posterior([r.hit for r in replies], [r.options for r in replies]).mean
    told = f"{sum(r.hit for r in replies)} of {len(replies)} right"
    if guessed := sum(r.right and not r.informed for r in replies):
        told += f", {guessed} more by the option's wording alone"
    if known > KNOWN:
        return Verdict.KNOWN, told
    return (Verdict.UNKNOWN if known <= UNKNOWN else Verdict.PARTLY), told


def contradiction(replies: Sequence[Reply]) -> str:
    """The wrong option that most phrasings are confident of; empty where there is none.

    One phrasing is not enough: at least two must agree, and their mean confidence must reach 0.6
    and stand well above the control's: a model that knows nothing is confident of short words.
    """
    wrong: dict[str, list[Reply]] = defaultdict(list)
    for said in replies:
        if not said.right:
            wrong[said.option].append(said)
    for option, held in wrong.items():
        enough = len(held) >= max(2, MOST * len(replies))
        sure = sum(said.confidence for said in held) / len(held)
        expected = sum(said.expected for said in held) / len(held)
        if enough and sure >= max(CONFIDENT, expected + SURPRISE):
            return option
    return ""
