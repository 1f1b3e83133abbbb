"""One model with planted facts, looked at in every way that might tell what it knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import mean
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks import planted
from benchmarks.judged import Flags, Floats
from memory.records import Probe, Question
from tools.models import Choice, Target
from tools.probe import ask, choice_of, judge, render, reply
from tools.probe.controls import controls_of
from tools.probe.words.belief import AnswerEvidence, belief_in

OURS, GOLD, SHARES, COUNTED, BETA, WORDS = (
    "P(known)", "gold log-likelihood", "option softmax", "right answers counted",
    "Beta-Bernoulli with measured floors", "asked in words",
)  # fmt: skip


class PlantedSeen(NamedTuple):
    """One model, everything about it by fact."""

    facts: tuple[planted.PlantedFact, ...]
    probes: list[Probe]
    """Judged as one batch."""
    scores: dict[str, Floats]
    """By way of telling: a number for each fact, higher for known."""

    @property
    def known(self) -> Flags:
        """Whether each claim was told."""
        return np.array([fact.known for fact in self.facts])

    @property
    def exposures(self) -> NDArray[np.int64]:
        """How often each was told; -1 where something else was."""
        return np.array([f.exposures if f.known or not f.told else -1 for f in self.facts])


def look(drawn: planted.World, target: Target) -> PlantedSeen:
    """Probe every fact that can be asked about."""
    facts = tuple(fact for fact in drawn.facts if drawn.asked.get(fact.nugget.id))
    asked = {fact.nugget.id: drawn.asked[fact.nugget.id] for fact in facts}
    probes = judge(ask([(f.nugget, asked[f.nugget.id]) for f in facts], target, "planted"))
    told = target.score([Choice(planted.asked_true(f, f.value), (" yes", " no")) for f in facts])
    scores = {
        OURS: np.array([one.p_known for one in probes]),
        **_bare(asked, target),
        WORDS: np.array([yes.logprob - no.logprob for yes, no in told]),
    }
    return PlantedSeen(facts, probes, scores)


def _bare(asked: dict[str, list[Question]], target: Target) -> dict[str, Floats]:
    """The simpler ways, from the same questions; means over the phrasings."""
    queue = [question for questions in asked.values() for question in questions]
    controls = controls_of(asked)
    choices = [[render(q), *_after(q, controls[q.nugget].nuggets[:2], asked)] for q in queue]
    found = iter(target.score([choice for some in choices for choice in some]))
    rows: dict[str, list[tuple[float, float, float, float]]] = {}
    for question, some in zip(queue, choices, strict=True):
        own, *others = [next(found) for _ in some]
        said, floors = reply(question, own), [reply(question, other) for other in others]
        assert said is not None
        floor = mean([f.on_right for f in floors if f] or [1 / len(said.options)])
        gold = own[question.key].logprob
        rows.setdefault(question.nugget, []).append((gold, said.on_right, said.right, floor))
    held = [np.array(rows[name], dtype=float) for name in asked]
    beta = [
        belief_in(AnswerEvidence(tuple(one[:, 1]), tuple(one[:, 3]), (1.0,) * len(one))).mean
        for one in held
    ]
    means = np.array([one.mean(0) for one in held])
    return {GOLD: means[:, 0], SHARES: means[:, 1], COUNTED: means[:, 2], BETA: np.array(beta)}


def _after(
    question: Question, others: Sequence[str], asked: dict[str, list[Question]]
) -> Iterator[Choice]:
    for other in others:
        for same in [q for q in asked[other] if q.form == question.form][:1]:
            yield choice_of(same, question.options)
