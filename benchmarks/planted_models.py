"""Simulated models that only talk, and whose knowledge is planted; and how they are asked.

How strongly each fact is known was drawn by lots, so that the truth is known without a model. The
calls go over HTTP by the client that any endpoint is asked with, or to the same model without the
network. What came of it is told elsewhere.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from langchain_core.messages import AIMessage

from benchmarks.doubles.connections import over
from benchmarks.doubles.endpoint import Fault, MockEndpoint, completion
from benchmarks.doubles.planted_model import HeldFact, PlantedModel
from benchmarks.doubles.scripted import Scripted
from benchmarks.judged import Flags, Floats
from memory.records import Nugget, Probe, Purpose, Question, QuestionKind, Verdict
from tools.endpoints.connection import Connection
from tools.probe.words import Cost, Effort, probe
from tools.questions.frame import unframed

STRENGTHS = (0.0,) * 9 + (0.1, 0.3, 0.5, 0.7, 0.9, 0.95) + (1.0,) * 5
"""How strongly facts are known, by turns: of twenty, nine are never known and five always."""
DENIED = 10
"""Each tenth fact of those never known is believed otherwise."""
FIXED_ORDER = 4
"""Questions of the plain baseline: each form once, its options as they were written."""
STEMS = ("The {r} of {e} is ____.", "Question: What is the {r} of {e}?\nAnswer:",
         "Known for its {r}, namely ____, {e} is sold by weight.",
         "Asked about {e}, a merchant gives ____ as its {r}.")  # fmt: skip
VALUES = {
    "melting point": [f"{n} kelvin" for n in range(307, 907, 25)],
    "growth period": [f"{n} days" for n in range(12, 108, 4)],
    "home region": ["Aldmoor", "the upper Barrow Fells", "Carn Valley", "Dunmere", "Eskwater",
                    "the hills east of Farrow", "Gant Marshes", "Ister Plain", "Kell"],
    "host rock": ["basalt", "weathered granite", "chalk", "chert", "blue clay", "diorite", "flint",
                  "gneiss with quartz veins", "marl", "peat", "red sandstone", "schist"],
}  # fmt: skip


class PlantedExam(NamedTuple):
    """Facts, their questions, and how strongly each is known."""

    items: list[tuple[Nugget, list[Question]]]
    strengths: Floats
    denied: Flags
    facts: dict[str, HeldFact]


def exam(count: int, seed: int) -> PlantedExam:
    """Facts of four kinds, four wordings each, answers and wrong options drawn from one list."""
    rng = random.Random(seed)
    items, strengths, denied = [], [], []
    facts: dict[str, HeldFact] = {}
    relations = [*VALUES]
    for place in range(count):
        relation = relations[place % len(relations)]
        entity = f"{rng.choice('BDFGKLMNPRST')}{rng.choice('aeiou')}{place}ite"
        options = rng.sample(VALUES[relation], 4)
        nugget = Nugget(
            paper="p", passage="q", page=1, claim=entity, quote=entity, start=0, end=place
        )
        asked = [
            question(nugget, form, stem.format(r=relation, e=entity),
                     rng.sample(options, len(options)), options[0])
            for form, stem in enumerate(STEMS)
        ]  # fmt: skip
        strength = STRENGTHS[place % len(STRENGTHS)]
        believes = strength == 0 and rng.randrange(DENIED) == 0
        held = HeldFact(options[believes], 1.0 if believes else strength)
        facts.update((unframed(question.stem), held) for question in asked)
        items.append((nugget, asked))
        strengths.append(strength)
        denied.append(believes)
    return PlantedExam(items, np.array(strengths), np.array(denied), facts)


def question(nugget: Nugget, form: int, stem: str, options: Sequence[str], answer: str) -> Question:
    """A vetted probe question in one of some wordings."""
    return Question(
        nugget=nugget.id, kind=QuestionKind.MCQ, form=f"form {form}", purpose=Purpose.PROBE,
        stem=stem, options=tuple(options), answer=answer, vetted=True,
    )  # fmt: skip


class ProbeOutcome(NamedTuple):
    """What probing came to, over one exam or more."""

    strengths: Floats
    denied: Flags
    probes: list[Probe]
    cost: Cost

    @property
    def p(self) -> Floats:
        """P(known) of each fact."""
        return np.array([one.p_known for one in self.probes])

    def said(self, verdict: Verdict) -> Flags:
        """Which facts got that verdict."""
        return np.array([one.verdict is verdict for one in self.probes])


def together(some: Sequence[ProbeOutcome]) -> ProbeOutcome:
    """As if it had been one exam."""
    costs = [one.cost for one in some]
    return ProbeOutcome(
        np.concatenate([one.strengths for one in some]),
        np.concatenate([one.denied for one in some]),
        [probe for one in some for probe in one.probes],
        Cost(
            sum(cost.calls for cost in costs),
            sum(cost.controls for cost in costs),
            sum(cost.fixed for cost in costs),
            sum(cost.likelihoods for cost in costs),
            sum((Counter(cost.lost) for cost in costs), Counter()),
        ),
    )


def served(of: PlantedExam, model: PlantedModel) -> ProbeOutcome:
    """Probed over HTTP, as any endpoint is."""
    with MockEndpoint(model.answer) as endpoint:
        return over(endpoint.url, lambda connection: _probed(of, connection, Effort()), "simulated")


def direct(of: PlantedExam, model: PlantedModel, plan: Effort) -> ProbeOutcome:
    """The same without the network. Only for models whose calls do not fail."""
    chat = Scripted(script=lambda text: _message(model, text))
    return asyncio.run(_probed(of, Connection(chat, "simulated"), plan))


def _message(model: PlantedModel, text: str) -> AIMessage:
    """As langchain-openai reads the reply of an endpoint."""
    body: dict[str, Any] = {"model": "simulated", "messages": [{"content": text}]}
    if model.likelihoods:
        body |= {"logprobs": True, "top_logprobs": 20}
    said = model.answer(body)
    assert not isinstance(said, Fault)
    [choice] = completion(body, [said])["choices"]
    told = {"finish_reason": choice["finish_reason"], "logprobs": choice["logprobs"]}
    return AIMessage(choice["message"]["content"], response_metadata=told)


async def _probed(of: PlantedExam, connection: Connection, plan: Effort) -> ProbeOutcome:
    costs: list[Cost] = []
    probes = await probe(of.items, connection, "version", plan, on_cost=costs.append)
    return ProbeOutcome(of.strengths, of.denied, probes, costs[0])


def plain(of: PlantedExam, model: PlantedModel) -> Floats:
    """The share of right letters in four questions, options as written, nothing corrected."""
    shares = []
    for _, questions in of.items:
        right = 0
        for question in questions[:FIXED_ORDER]:
            listed = "\n".join(
                f"{letter}) {text}" for letter, text in zip("ABCD", question.options, strict=True)
            )
            text = f"BEGIN x\n{unframed(question.stem)}\n\n{listed}\nEND x"
            said = str(_message(model, text).content)
            right += said == "ABCD"[question.key]
        shares.append(right / FIXED_ORDER)
    return np.array(shares)


def in_words(of: PlantedExam, known: float, other: float) -> Floats:
    """1 where a model asked whether it knows says yes, at the given rates; 0 elsewhere."""
    rng = np.random.default_rng(0)
    chance = of.strengths * known + (1 - of.strengths) * other
    return (rng.random(len(chance)) < chance).astype(float)
