"""From answers to a belief: the probability that a fact is known, and a verdict in one word.

Pure functions of the replies; asking is left to the probe.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from memory.records import Verdict

KNOWN, UNKNOWN = 0.6, 0.4
"""P(known) above which a fact counts as known, and up to which as unknown. One right answer of
one, with four options, gives 0.6: not enough."""
MOST = 2 / 3
"""Share of the phrasings that must favour one and the same wrong option for a contradiction."""
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


def known(replies: Sequence[Reply]) -> Belief:
    """How sure one may be that the target knows the right answer."""
    return posterior(
        [said.on_right for said in replies], [said.floors[said.key] for said in replies]
    )


def judge(replies: Sequence[Reply]) -> tuple[Verdict, str]:
    """The verdict and why, from the readable replies to one nugget's questions."""
    if not replies:
        return Verdict.UNPROBED, "no question was asked, or no answer could be read"
    if held := contradiction(replies):
        return Verdict.CONTRADICTED, f"it is confident of {held!r}"
    belief = known(replies).mean
    told = f"{sum(said.right for said in replies)} of {len(replies)} right"
    lift = sum(said.on_right - said.floors[said.key] for said in replies) / len(replies)
    if lift < LIFT:
        return Verdict.UNKNOWN, f"{told}, no more than the options' wording explains"
    if belief > KNOWN:
        return Verdict.KNOWN, told
    return (Verdict.UNKNOWN if belief <= UNKNOWN else Verdict.PARTLY), told


def contradiction(replies: Sequence[Reply]) -> str:
    """The wrong option that the target holds for true; empty where there is none.

    Options are matched by text. At least two phrasings, and two thirds of all, must favour it, and
    the belief in it there must be as strong as is asked of the right one.
    """
    wrong = Counter(said.option for said in replies if not said.right)
    for option, times in wrong.items():
        held = [said for said in replies if said.option == option]
        belief = posterior(
            [said.confidence for said in held], [said.floors[said.favourite] for said in held]
        )
        if times >= max(2, MOST * len(replies)) and belief.mean > KNOWN:
            return option
    return ""
