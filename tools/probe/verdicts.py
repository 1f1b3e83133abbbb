"""From evidence to a belief and a verdict in one word, each nugget in the light of its batch.

A wrong option is measured as the right one is: by the same calibration, against what it gets after
controls' stems.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from memory.records import Verdict
from tools.probe.belief import Belief
from tools.probe.calibration import Calibration, odds
from tools.probe.evidence import NUMBERS, Evidence, Floats

UNKNOWN, KNOWN = 0.07, 0.9
"""P(known) up to which a fact counts as unknown, and from which as known. In a batch of which 45 in
100 were told, 95 in 100 up to 0.07 were not, and 93 in 100 up to 0.1: what is told once and not
kept leaves no trace. Where less is known, more of them are right."""
HELD = 0.7
"""P that the target holds one wrong option, from which that is a contradiction. On a model for
development 44 of 50 called so had been told that very value, of 56; from 0.9 on, 25 of 26."""
GAIN = 1.0
"""Nats by which that option must be likelier here than after controls' stems: what is favoured
everywhere is held nowhere."""
MOST = 2 / 3
"""Share of the phrasings in which it must be the favourite, and of at least two."""


class Judgement(NamedTuple):
    """What is thought of one nugget."""

    belief: Belief
    verdict: Verdict
    reason: str


def judged(fitted: Calibration, evidence: Evidence, favourites: Sequence[str]) -> Judgement:
    """What is to be thought of one nugget.

    favourites: the likeliest option of every question that was read, at least one.
    """
    rows = np.array(evidence.rows, dtype=float).reshape(-1, NUMBERS + 1)
    ratio = fitted.ratio(rows)
    at, error = float(fitted.theta[0] + ratio[0]), float(fitted.error(rows[:1])[0])
    belief = Belief(*(round(float(odds(at + off)), 6) for off in (0, -1.96 * error, 1.96 * error)))
    told = f"{Counter(favourites)[evidence.candidates[0]]} of {len(favourites)} right"
    if held := _held(fitted, evidence, np.exp(np.clip(ratio, -30, 30)), favourites):
        return Judgement(belief, Verdict.CONTRADICTED, f"it is confident of {held!r}")
    if belief.mean <= UNKNOWN:
        return Judgement(belief, Verdict.UNKNOWN, f"{told}, no more than unknown answers get")
    return Judgement(belief, Verdict.KNOWN if belief.mean >= KNOWN else Verdict.PARTLY, told)


def _held(fitted: Calibration, evidence: Evidence, ratio: Floats, favourites: Sequence[str]) -> str:
    """The wrong option that the target holds for true; empty where there is none.

    Before anything is heard, all wrong options together are as likely to be held as the right one.
    """
    if len(ratio) < 2:
        return ""
    known = float(odds(fitted.theta[0]))
    best = 1 + int(np.argmax(ratio[1:]))
    option = evidence.candidates[best]
    often = Counter(favourites)[option] >= max(2, MOST * len(favourites))
    held = known / (len(ratio) - 1) * ratio[best]
    own, expected = evidence.rows[best][:2]
    if own - expected < GAIN:
        return ""
    return option if often and held >= HELD * (1 - known + known * ratio[0] + held) else ""
