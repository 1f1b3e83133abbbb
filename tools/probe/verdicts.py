"""From evidence to a belief and a verdict in one word, each nugget in the light of its batch.

Three things may be true of a nugget: the target holds the right answer, it holds one of the wrong
options, or it holds none. All are measured by the same calibration.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from memory.records import Verdict
from tools.probe.belief import Belief
from tools.probe.calibration import Fitted, odds
from tools.probe.evidence import NUMBERS, Evidence, Floats

UNKNOWN, KNOWN = 0.1, 0.9
"""P(known) up to which a fact counts as unknown, and from which as known."""
HELD = 0.9
"""P that the target holds one wrong option, from which that is a contradiction."""
MOST = 2 / 3
"""Share of the phrasings in which it must be the favourite, and of at least two."""
AGAINST = 0.05
"""Share of facts of which something else is held, before seeing data: this of 20."""


class Judgement(NamedTuple):
    """What is thought of one nugget."""

    belief: Belief
    verdict: Verdict
    reason: str


def judged(
    fitted: Fitted, batch: Sequence[Evidence], favourites: Sequence[Sequence[str]]
) -> list[Judgement]:
    """One judgement for each piece of evidence.

    favourites: for each, the likeliest option of every question that was read.
    """
    ratios = [fitted.ratio(_rows(e)) for e in batch]
    shares = _shares(fitted, ratios)
    return [
        _judged(fitted, e, ratio, shares, said)
        for e, ratio, said in zip(batch, ratios, favourites, strict=True)
    ]


def _rows(evidence: Evidence) -> Floats:
    return np.array(evidence.rows, dtype=float).reshape(-1, NUMBERS + 1)


def _shares(fitted: Fitted, ratios: Sequence[Floats]) -> Floats:
    """[3]: unknown, known, something else held. The last by expectation and maximisation."""
    known = float(odds(fitted.theta[0]))
    right = np.array([np.exp(min(ratio[0], 30)) for ratio in ratios])
    wrong = np.array([np.exp(np.minimum(r[1:], 30)).mean() if len(r) > 1 else 0 for r in ratios])
    against = AGAINST
    for _ in range(50):
        held = against * wrong
        part = held / ((1 - known) * (1 - against) + known * right + held)
        against = float((part.sum() + 20 * AGAINST) / (len(part) + 20))
    return np.array([(1 - known) * (1 - against), known, (1 - known) * against])


def _judged(
    fitted: Fitted, evidence: Evidence, ratio: Floats, shares: Floats, said: Sequence[str]
) -> Judgement:
    weights = np.exp(np.minimum(ratio, 30))
    weights[0] *= shares[1]
    weights[1:] *= shares[2] / max(1, len(weights) - 1)
    rest = shares[0] + weights[1:].sum()
    at = float(np.log(weights[0] / rest))
    error = float(fitted.error(_rows(evidence)[:1])[0])
    mean, low, high = (round(float(odds(x)), 6) for x in (at, at - 1.96 * error, at + 1.96 * error))
    belief = Belief(mean, low, high)
    told = f"{Counter(said)[evidence.candidates[0]]} of {len(said)} right"
    if held := _held(evidence, weights, shares[0], said):
        return Judgement(belief, Verdict.CONTRADICTED, f"it is confident of {held!r}")
    if mean <= UNKNOWN:
        return Judgement(belief, Verdict.UNKNOWN, f"{told}, no more than unknown answers get")
    verdict = Verdict.KNOWN if mean >= KNOWN else Verdict.PARTLY
    return Judgement(belief, verdict, told)


def _held(evidence: Evidence, weights: Floats, nothing: float, said: Sequence[str]) -> str:
    """The wrong option that the target holds for true; empty where there is none."""
    if len(weights) < 2:
        return ""
    best = 1 + int(np.argmax(weights[1:]))
    option = evidence.candidates[best]
    times = Counter(said)[option]
    if times < max(2, MOST * len(said)):
        return ""
    return option if weights[best] / (nothing + weights.sum()) >= HELD else ""
