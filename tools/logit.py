"""Which of several alternatives is chosen, by what they are like: a conditional logit with a ridge.

McFadden 1974: P(chosen | alternatives) is the softmax of their features times common weights.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
STEPS = 25


def fit(features: Floats, chosen: Floats, ridge: float) -> Floats:
    """Weights [features] that make the choices likeliest, drawn towards 0; Newton's method.

    features: [choices, alternatives, features], NaN for alternatives that a choice does not have.
    chosen: [choices, alternatives], the share of each; 0 for those that are not there.
    ridge: of half the squared weights, in nats; above 0, so that the objective is strictly concave.
    """
    there = ~np.isnan(features[:, :, 0])
    x = np.nan_to_num(features)
    weights = np.zeros(x.shape[2])
    for _ in range(STEPS):
        scores = np.where(there, x @ weights, -np.inf)
        raised = np.exp(scores - scores.max(axis=1, keepdims=True))
        p = raised / raised.sum(axis=1, keepdims=True)
        mean = np.einsum("nk,nkf->nf", p, x)
        slope = np.einsum("nk,nkf->f", chosen - p, x) - ridge * weights
        bend = np.einsum("nk,nkf,nkg->fg", p, x, x) - mean.T @ mean
        step = np.linalg.solve(bend + ridge * np.eye(len(weights)), slope)
        # A long step may overshoot where the choices are nearly certain.
        weights = weights + step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-6:
            break
    return weights


def shares(features: Floats, weights: Floats) -> Floats:
    """[alternatives] the probability of each, summing to 1. features: [alternatives, features]."""
    scores = features @ weights
    raised = np.exp(scores - scores.max())
    found: Floats = raised / raised.sum()
    return found


def padded(tables: Sequence[Floats]) -> Floats:
    """Tables [alternatives, columns], at least one, as [tables, most alternatives, columns]."""
    found = np.full((len(tables), max(map(len, tables)), tables[0].shape[1]), np.nan)
    for place, table in enumerate(tables):
        found[place, : len(table)] = table
    return found
