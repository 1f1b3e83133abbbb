"""P(known) for this model on this batch, without a single label.

Two groups (Efron 2001): the evidence of a batch is a mixture of facts the target knows and facts it
does not. What the second group looks like is seen on answers that nobody can know, those read after
controls' stems. So the batch is told from them by a regression whose link is the mixture itself
(presence-only data: Lancaster and Imbens 1996; Ward and others 2009), and

    P(known | x) = π r(x) / (1 - π + π r(x)),   log r(x) = a + w x

where π, a and w are learnt from the batch. Priors keep them where a batch is too small to teach.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tools.probe.evidence import NUMBERS, Evidence, Floats

PRIOR = np.array([-0.85, -1.8, 1.2, 0.75, 0.1])
"""Log odds of the share known, a, and w. The share of 0.3 is a guess: papers are mostly news. The
others are what four models of benchmarks/planted.py gave on 880 facts each without labels: a from
-1.8 to -1.7, w from 1.1 to 1.35, 0.7 to 0.8, 0.1 to 0.2; with labels, -2.0, 0.9, 1.05, 0.1."""
SPREAD = np.array([1.5, 0.4, 0.3, 0.3, 0.3])
"""Their standard deviations: what models differed by, and more."""
SLOPE = 0.75
"""How much of an expected log probability is found again, before seeing data."""
FEW = 20.0
"""Rows that weigh as much as SLOPE."""
NARROW = 1.0
"""Least unit of evidence, in nats: a model that answers all controls alike is not that exact."""
LEAST = 8
"""Rows of background below which the wrong options stand in for it."""


class Scale(NamedTuple):
    """What evidence is measured by: the background's slopes, medians and spreads."""

    slopes: tuple[float, float]
    middles: Floats
    units: Floats

    def __call__(self, rows: Floats) -> Floats:
        """[n, 3]: log odds of the answer; the same beyond what controls' stems let expect; log
        odds against the other options beyond that. In units of the background's spread.
        """
        found: Floats = (_plain(rows, self.slopes) - self.middles) / self.units
        return found


class Calibration(NamedTuple):
    """A calibration, with which evidence becomes a probability."""

    scale: Scale
    theta: Floats
    """[5]: log odds of the share known, a, w."""
    covariance: Floats
    """[5, 5], of theta."""

    def ratio(self, rows: Floats) -> Floats:
        """Log of how much likelier each row is from a known fact than from an unknown one."""
        found: Floats = self.theta[1] + self.scale(rows) @ self.theta[2:]
        return found

    def error(self, rows: Floats) -> Floats:
        """Standard error of the log odds of `known`: of the weights and of the phrasings."""
        x = self.scale(rows)
        design = np.column_stack([np.ones((len(x), 2)), x])
        weights = np.einsum("ij,jk,ik->i", design, self.covariance, design)
        steep = self.theta[2] / self.scale.units[0] + self.theta[3] / self.scale.units[1]
        found: Floats = np.sqrt(weights + (steep * rows[:, NUMBERS]) ** 2)
        return found


def fit(batch: Sequence[Evidence]) -> Calibration:
    """Learn π, a and w. batch: at least one piece of evidence, in an order of its own."""
    own = _table([e.rows[0] for e in batch])
    null = _table([row for e in batch for row in e.background])
    if len(null) < LEAST:
        null = np.concatenate([null, _table([row for e in batch for row in e.rows[1:]])])
    scale = scaled(null if len(null) else own)
    return Calibration(scale, *_learnt(scale(own), scale(null)))


def _table(rows: Sequence[Sequence[float]]) -> Floats:
    return np.array(rows, dtype=float).reshape(-1, NUMBERS + 1)


def scaled(null: Floats) -> Scale:
    """The measure that the background gives."""
    slopes = tuple(_slope(null[:, b], null[:, a]) for a, b in ((0, 1), (2, 3)))
    plain = _plain(null, (slopes[0], slopes[1]))
    low, middle, high = np.quantile(plain, [0.16, 0.5, 0.84], axis=0)
    return Scale((slopes[0], slopes[1]), middle, np.maximum((high - low) / 2, NARROW))


def _plain(rows: Floats, slopes: tuple[float, float]) -> Floats:
    beyond = rows[:, 0] - slopes[0] * rows[:, 1], rows[:, 2] - slopes[1] * rows[:, 3]
    return np.column_stack([rows[:, 0], *beyond])


def _slope(x: Floats, y: Floats) -> float:
    """Least squares, drawn towards SLOPE."""
    dx = x - x.mean()
    weight = FEW * max(float(dx.var()), 1e-9)
    return float((dx @ (y - y.mean()) + weight * SLOPE) / (dx @ dx + weight))


def _learnt(own: Floats, null: Floats) -> tuple[Floats, Floats]:
    """Theta and its covariance: the mode of the posterior, and its curvature there (Laplace).

    Fisher scoring with halved steps. The background counts as many rows as the batch, however
    often controls were asked: its rows are not independent.
    """
    groups = [(own, 1.0, 1.0), (null, 0.0, len(own) / max(1, len(null)))]
    precision = np.diag(1 / SPREAD**2)
    theta = PRIOR.copy()
    worth, slope, curve = _posterior(theta, groups, precision)
    for _ in range(100):
        step = np.linalg.solve(curve, slope)
        share = 1.0
        while share > 1e-4:
            there = _posterior(theta + share * step, groups, precision)
            if there[0] > worth:
                break
            share /= 2
        if share <= 1e-4 or there[0] - worth < 1e-9:
            break
        theta = theta + share * step
        worth, slope, curve = there
    return theta, np.asarray(np.linalg.inv(curve), dtype=np.float64)


def _posterior(
    theta: Floats, groups: Sequence[tuple[Floats, float, float]], precision: Floats
) -> tuple[float, Floats, Floats]:
    """Log posterior, its gradient and its expected curvature.

    A group: rows, whether they are of the batch (1) or of the background (0), and their weight.
    """
    off = theta - PRIOR
    worth, slope, curve = -0.5 * float(off @ precision @ off), -precision @ off, precision.copy()
    share = float(odds(theta[0]))
    for x, label, weight in groups:
        tilt = np.exp(np.clip(theta[1] + x @ theta[2:], -30, 30))
        ratio = 1 - share + share * tilt
        part = share * tilt / ratio
        chance = ratio / (1 + ratio)
        worth += weight * float(np.log(chance if label else 1 - chance).sum())
        design = np.column_stack([part - share, part, part[:, None] * x])
        slope = slope + design.T @ (weight * (label - chance))
        curve = curve + (design * (weight * chance * (1 - chance))[:, None]).T @ design
    return worth, slope, curve


def odds(x: Floats | float) -> Floats:
    """The probability that has these log odds."""
    found: Floats = 1 / (1 + np.exp(-np.clip(x, -30, 30)))
    return found
