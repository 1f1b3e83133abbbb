"""Intervals and tests for small numbers of items. Plain numbers in, plain numbers out."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from memory.records import Score

Z95 = 1.959963984540054
RESAMPLES = 2000


def wilson(k: int, n: int, z: float = Z95) -> tuple[float, float]:
    """Interval of a share of k successes in n (Wilson 1927), in [0, 1]; (0, 1) for n = 0.

    z: 1.96 gives 95 %. Unlike the normal interval it is sane at 0 and at n successes.
    """
    if not 0 <= k <= n:
        raise ValueError(f"{k} successes in {n}")
    if n == 0:
        return 0.0, 1.0
    share = k / n
    middle = share + z * z / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low = 0.0 if k == 0 else (middle - spread) / scale
    high = 1.0 if k == n else (middle + spread) / scale
    return max(0.0, low), min(1.0, high)


def bootstrap(values: Sequence[float], seed: int = 0) -> tuple[float, float]:
    """95 % percentile interval of the mean (Efron 1979), 2,000 seeded resamples.

    Raises ValueError for no values.
    """
    return ratio_bootstrap(values, [1.0] * len(values), seed)


def ratio_bootstrap(
    above: Sequence[float], below: Sequence[float], seed: int = 0
) -> tuple[float, float]:
    """95 % percentile interval of sum(above) / sum(below), items resampled together.

    For a mean over tokens when texts are the items: below holds the tokens of each text.
    """
    if not above:
        raise ValueError("nothing to resample")
    top, bottom = np.asarray(above, dtype=float), np.asarray(below, dtype=float)
    chance = np.random.default_rng(seed)
    means: NDArray[np.float64] = np.empty(RESAMPLES)
    for i in range(RESAMPLES):
        drawn = chance.integers(0, len(top), len(top))
        means[i] = top[drawn].sum() / bottom[drawn].sum()
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def paired_bootstrap(
    before: Sequence[float], after: Sequence[float], seed: int = 0
) -> tuple[float, float]:
    """95 % interval of the mean change, items kept in pairs."""
    if len(before) != len(after):
        raise ValueError("pairs have two sides")
    return bootstrap([b - a for a, b in zip(before, after, strict=True)], seed)


def mcnemar(before: Sequence[bool], after: Sequence[bool]) -> float:
    """Two-sided exact p of no change in a paired yes/no outcome (McNemar 1947, binomial form).

    1.0 where no pair differs.
    """
    pairs = list(zip(before, after, strict=True))
    gained = sum(not a and b for a, b in pairs)
    lost = sum(a and not b for a, b in pairs)
    n = gained + lost
    tail = sum(math.comb(n, i) for i in range(min(gained, lost) + 1)) / 2**n
    return float(min(1.0, 2 * tail))


def better(k0: int, n0: int, k1: int, n1: int) -> float:
    """One-sided exact p that k1 of n1 is so much more than k0 of n0 by chance (Fisher 1935).

    1.0 when either is empty.
    """
    if not n0 or not n1:
        return 1.0
    total, hits = n0 + n1, k0 + k1
    ways = math.comb(total, hits)
    top = min(hits, n1)
    favourable = sum(math.comb(n1, i) * math.comb(n0, hits - i) for i in range(k1, top + 1))
    return float(favourable / ways)


def share(metric: str, k: int, n: int, unscored: int = 0) -> Score:
    """Score of k in n, with its Wilson interval; without a value where nothing could be scored."""
    if n == 0:
        return Score(metric=metric, unscored=unscored, method="wilson")
    low, high = wilson(k, n)
    return Score(
        metric=metric, value=k / n, low=low, high=high, n=n, unscored=unscored, method="wilson"
    )
