"""From answers to a belief: the probability that a fact is known, and a verdict in one word.

Pure functions of the replies; asking is left to the probe.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

KNOWN, UNKNOWN = 0.6, 0.4
"""P(known) above which a fact counts as known, and up to which as unknown. One right answer of
one, with four options, gives 0.6: not enough."""
LIFT = 0.1
"""By how much the right option's share must exceed its floor, on average, to count for anything."""
SURE = 0.95
"""A floor is taken as at most this and at least its complement: two controls prove no more."""
_GRID = (np.arange(1000) + 0.5) / 1000


class Reply(NamedTuple):
    """What the target favoured in one question."""

    options: tuple[str, ...]
    key: int
    """Index of the right option."""
    shares: tuple[float, ...]
    """Choice probability of each option, summing to 1."""
    floors: tuple[float, ...]
    """What each would get from a target that knows nothing of the matter: 1/k, or as measured."""

    @property
    def favourite(self) -> int:
        """Index of the likeliest option."""
        return self.shares.index(max(self.shares))

    @property
    def option(self) -> str:
        """The likeliest option's text."""
        return self.options[self.favourite]

    @property
    def right(self) -> bool:
        """Whether the likeliest option is the right one."""
        return self.favourite == self.key

    @property
    def confidence(self) -> float:
        """Choice probability of the likeliest option."""
        return self.shares[self.favourite]

    @property
    def on_right(self) -> float:
        """Choice probability of the right option."""
        return self.shares[self.key]


class Belief(NamedTuple):
    """A probability and its 95 % interval."""

    mean: float
    low: float
    high: float


def posterior(shares: Sequence[float], floors: Sequence[float]) -> Belief:
    """Posterior of the probability θ that the target knows a fact when asked about it.

    shares: choice probability on the fact's option, one per question, in [0, 1]. floors: what it
    gets without knowledge, in (0, 1).
    Model: P(right) = floor + (1 - floor) θ, a share counting as that part of a success; uniform
    prior on θ (Beta-Bernoulli with a guessing floor, Birnbaum 1968), on a grid of 1,000 points.
    Nothing asked gives (0.5, 0, 1).
    """
    if not shares:
        return Belief(0.5, 0.0, 1.0)
    share = np.asarray(shares)[:, None]
    floor = np.clip(floors, 1 - SURE, SURE)[:, None]
    chance = floor + (1 - floor) * _GRID
    log = (share * np.log(chance) + (1 - share) * np.log(1 - chance)).sum(0)
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    low, high = np.interp([0.025, 0.975], weight.cumsum(), _GRID)
    return Belief(*(round(float(x), 6) for x in ((weight * _GRID).sum(), low, high)))
