"""From what was heard to a belief and a verdict. What a reply is worth is told by `ignorance`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from memory.records import Verdict
from tools.probe.belief import Belief
from tools.probe.words.exchanges import IGNORANCE, Form, GradedReply
from tools.probe.words.ignorance import Ignorance

KNOWN, UNKNOWN = 0.6, 0.4
"""P(known) above which a fact counts as known, and up to which as unknown. One right answer of
one, with four options, gives 0.6: not enough."""
LIFT = 0.1
"""By how much the right option's share must exceed its floor, on average, to count for anything."""
SURE = 0.95
"""A floor is taken as at most this and at least its complement: two controls prove no more."""
HALF = 0.5
"""A belief whose 95 % interval lies on one side of this is decided."""
AGAIN = 1 / 3
"""Weight of a further reply to the same question in the same form, its options in another order:
a model mostly says again what it said. Counted in full, 3 of 70 facts that nobody ever told a
small model were called known to it."""
FLAT = 8.0
"""Weight of an even prior, in nuggets, against what the batch itself shows of how its knowledge is
spread: with few nuggets the prior stays nearly even."""
_ROUNDS = 30
_GRID = (np.arange(200) + 0.5) / 200
_Array = NDArray[np.float64]


class AnswerEvidence(NamedTuple):
    """The evidence for one thing that a model may hold true of one nugget."""

    shares: tuple[float, ...]
    """What it got in each ask where it could be said."""
    floors: tuple[float, ...]
    """What a model without knowledge would have given it there."""
    weights: tuple[float, ...]
    """1 for the first reply to a question in a form, AGAIN for later ones."""

    @property
    def log(self) -> _Array:
        """Log-likelihood of each θ of the grid, θ the probability that it is known when asked.

        P(said) = floor + (1 - floor) θ, a share counting as that part of a success (Beta-Bernoulli
        with a guessing floor, Birnbaum 1968).
        """
        share = np.array(self.shares)[:, None]
        floor = np.clip(np.array(self.floors), 1 - SURE, SURE)[:, None]
        chance = floor + (1 - floor) * _GRID
        told = share * np.log(chance) + (1 - share) * np.log(1 - chance)
        found: _Array = np.array(self.weights) @ told
        return found

    @property
    def lift(self) -> float:
        """By how much it got more than its floor, on average."""
        if not self.shares:
            return 0.0
        return float(np.average(np.subtract(self.shares, self.floors), weights=self.weights))


def right(heard: Sequence[GradedReply], ignorance: Ignorance) -> AnswerEvidence:
    """The evidence for the right answers."""
    return _evidence([(one, one.right) for one in heard], ignorance)


def wrong(
    heard: Sequence[GradedReply], key: tuple[str, str], ignorance: Ignorance
) -> AnswerEvidence:
    """The evidence for a wrong answer, from all asks in which it could be said in its place.

    key: the right answer, and what was said instead.
    """
    place, label = key
    able = [
        one
        for one in heard
        if one.right == place and (one.ask.form is Form.SHORT or label in one.shares)
    ]
    return _evidence([(one, label) for one in able], ignorance)


def _evidence(heard: Sequence[tuple[GradedReply, str]], ignorance: Ignorance) -> AnswerEvidence:
    pairs = [_pair(one, label, ignorance.floor(one, label)) for one, label in heard]
    seen: set[tuple[str, Form]] = set()
    weights = []
    for one, _ in heard:
        way = (one.ask.question.id, one.ask.form)
        weights.append(AGAIN if way in seen else 1.0)
        seen.add(way)
    return AnswerEvidence(
        tuple(share for share, _ in pairs), tuple(floor for _, floor in pairs), tuple(weights)
    )


def _pair(one: GradedReply, label: str, floor: float) -> tuple[float, float]:
    """Its share, and its floor.

    A likelihood shows how much of it is guessed: that is taken off, and no floor is left. Not from
    a floor above HALF, where what remains would be the error of the floor.
    """
    share = one.shares.get(label, 0.0)
    if not one.likely or floor > HALF:
        return share, floor
    return max(0.0, share - floor) / (1 - floor), 0.0


def belief_in(evidence: AnswerEvidence, prior: _Array | None = None) -> Belief:
    """How sure one may be of it: posterior mean of θ and its 95 % interval.

    prior: weights on the grid; even where none is given. (0.5, 0, 1) with neither.
    """
    if not evidence.shares and prior is None:
        return Belief(0.5, 0.0, 1.0)
    weight = np.exp(evidence.log - evidence.log.max()) * (1.0 if prior is None else prior)
    weight = weight / weight.sum()
    mean = float((weight * _GRID).sum())
    low, high = _shortest(weight)
    # A prior with much weight at an end has an interval that ends before its mean.
    return Belief(*(round(x, 6) for x in (mean, min(low, mean), max(high, mean))))


def _shortest(weight: _Array) -> tuple[float, float]:
    """The shortest interval that holds 95 %: unlike one with equal tails, it reaches 0 and 1."""
    below = np.concatenate([[0.0], weight.cumsum()])
    starts = np.flatnonzero(below <= 0.05 + 1e-12)
    ends = np.minimum(np.searchsorted(below, below[starts] + 0.95 - 1e-12), len(weight))
    best = int(np.argmin(ends - starts))
    return float(starts[best] / len(weight)), float(ends[best] / len(weight))


def spread(evidence: Sequence[AnswerEvidence]) -> _Array:
    """How knowledge is spread over a batch: weights of the grid, summing to 1.

    Some facts are known and most are not; an even prior would call the known less known than they
    are. Empirical Bayes by expectation maximisation (Laird 1978), with FLAT nuggets' weight of an
    even prior.
    """
    even = np.full(len(_GRID), 1 / len(_GRID))
    told = [one for one in evidence if one.shares]
    if not told:
        return even
    logs = np.stack([one.log for one in told])
    likelihood = np.exp(logs - logs.max(1, keepdims=True))
    prior = even
    for _ in range(_ROUNDS):
        shares = likelihood * prior
        shares /= shares.sum(1, keepdims=True)
        prior = (FLAT * even + shares.sum(0)) / (FLAT + len(told))
    return prior


class Leaning(NamedTuple):
    """Where the belief about one nugget stands, with an even prior."""

    right: Belief
    wrong: Belief
    """In the wrong answer that it holds most."""
    other: str
    """That answer; empty where there is none."""

    @property
    def known(self) -> bool:
        """Decided: it knows."""
        return self.right.low > HALF

    @property
    def contradicted(self) -> bool:
        """Decided: it holds something else."""
        return bool(self.other) and self.wrong.low > HALF and not self.known

    @property
    def decided(self) -> bool:
        """Whether more would change nothing: it knows, holds something else, or neither."""
        may_contradict = bool(self.other) and self.wrong.mean > KNOWN
        return self.known or self.contradicted or (self.right.high < HALF and not may_contradict)


def leaning(heard: Sequence[GradedReply], ignorance: Ignorance) -> Leaning:
    """The belief in the right answers, and in the wrong one that is held most.

    A wrong one counts from two ways of asking on: in one alone, its wording may be at fault.
    """
    ways: dict[tuple[str, str], set[tuple[str, Form]]] = {}
    for one in heard:
        if one.held not in (one.right, IGNORANCE):
            key = (one.right, one.held)
            ways.setdefault(key, set()).add((one.ask.question.id, one.ask.form))
    beliefs = {
        key: belief_in(wrong(heard, key, ignorance)) for key, by in ways.items() if len(by) > 1
    }
    most = max(beliefs, key=lambda key: (beliefs[key].mean, key), default=("", ""))
    nothing = Belief(0.5, 0.0, 1.0)
    return Leaning(belief_in(right(heard, ignorance)), beliefs.get(most, nothing), most[1])


def judge(
    heard: Sequence[GradedReply], ignorance: Ignorance, belief: Belief
) -> tuple[Verdict, str]:
    """The verdict and why. belief: in the right answers, with the batch's own prior."""
    if not heard:
        return Verdict.UNPROBED, "no question was asked, or no answer could be read"
    leans = leaning(heard, ignorance)
    if leans.contradicted:
        told = next(one.told for one in heard if one.held == leans.other)
        return Verdict.CONTRADICTED, f"it is confident of {told!r}"
    said = f"{sum(one.held == one.right for one in heard)} of {len(heard)} right"
    if right(heard, ignorance).lift < LIFT:
        return Verdict.UNKNOWN, f"{said}, no more than a model says that knows nothing of it"
    if belief.mean > KNOWN:
        return Verdict.KNOWN, said
    # Of facts known every other time, some look unknown by chance; their intervals tell.
    unknown = belief.mean <= UNKNOWN and belief.high < HALF
    return (Verdict.UNKNOWN if unknown else Verdict.PARTLY), said
