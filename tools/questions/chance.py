"""What chance alone would give: sums of unlike coins, evenly filled places. Plain numbers only."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def successes(chances: Sequence[float]) -> Floats:
    """Probability of 0, 1, ... n successes of independent trials (the Poisson-binomial law).

    chances: one per trial, in [0, 1].
    """
    law: Floats = np.ones(1)
    for chance in chances:
        law = np.convolve(law, [1 - chance, chance])
    return law


def at_least(right: int, chances: Sequence[float]) -> float:
    """Probability of so many successes or more by chance; 1.0 of no trials."""
    return float(min(1.0, successes(chances)[right:].sum()))


def noise(chances: Sequence[float]) -> tuple[float, float]:
    """The middle 95 % of the share of successes by chance; (0, 1) of no trials."""
    if not chances:
        return 0.0, 1.0
    up = np.cumsum(successes(chances))
    low, high = np.searchsorted(up, [0.025, 0.975])
    return float(low) / len(chances), float(high) / len(chances)


def chi_squared(statistic: float, freedom: int) -> float:
    """P(X >= statistic) of a χ² law, exact for whole degrees of freedom; 1.0 for none.

    By the recurrence of the regularised incomplete gamma function:
    Q(a + 1, x) = Q(a, x) + x^a e^-x / Γ(a + 1), from Q(1/2, x) = erfc(√x) or Q(1, x) = e^-x.
    """
    x = statistic / 2
    if freedom < 1 or x <= 0:
        return 1.0
    a, tail = (0.5, math.erfc(math.sqrt(x))) if freedom % 2 else (1.0, math.exp(-x))
    while a < freedom / 2:
        tail += math.exp(a * math.log(x) - x - math.lgamma(a + 1))
        a += 1
    return min(1.0, tail)


def even(places: Sequence[tuple[int, int]]) -> float:
    """How likely keys as uneven as these are where every place is as likely (Pearson 1900).

    places: (place of the key, number of options), one per question; questions of another number
    of options are counted apart, and their statistics added. 1.0 where there is nothing to count.
    """
    statistic, freedom = 0.0, 0
    for options in {k for _, k in places if k > 1}:
        counts = np.bincount([at for at, k in places if k == options], minlength=options)
        expected = counts.sum() / options
        statistic += float(((counts - expected) ** 2).sum() / expected)
        freedom += options - 1
    return chi_squared(statistic, freedom)
