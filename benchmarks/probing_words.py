"""Probing models that only talk: simulated knowers behind a server, whose knowledge is planted.

What each fact is known with was drawn by lots, so that the truth is known without a model; how the
knowers guess, refuse and fail are parameters, told with the figures. The calls go over HTTP by the
client that any endpoint is asked with; the two baselines, and the fixed number of calls that the
saving is told against, are asked of the same knowers without the network.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from langchain_core.messages import AIMessage
from langchain_openai import ChatOpenAI
from numpy.typing import NDArray

from benchmarks.figures import Figure, Part, Plot, Table
from benchmarks.judged import area, interval
from evals.stats import wilson
from memory.records import Nugget, Probe, Purpose, Question, QuestionKind, Verdict
from tests.endpoint import Endpoint, Fault, completion
from tests.knower import Fact, Knower
from tests.tools.scripted import Scripted
from tools.probe.words import Cost, Plan, probe
from tools.teachers.model import Loss

COUNT = 200
SEED = 29
STRENGTHS = (0.0,) * 9 + (0.1, 0.3, 0.5, 0.7, 0.9, 0.95) + (1.0,) * 5
"""How strongly facts are known, by turns: of twenty, nine are never known and five always."""
DENIED = 10
"""Each tenth fact of those never known is believed otherwise."""
HALF = 0.5
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
HABITS: dict[str, dict[str, Any]] = {
    "likelihoods given": {"letter": "A", "letter_love": 1.0, "length_love": 0.5},
    "letters only": {"letter": "A", "letter_love": 1.0, "length_love": 0.5, "likelihoods": False},
    "letters only, strong habits": {
        "letter": "B", "letter_love": 3.0, "length_love": 1.5, "boldness": 1.0,
        "likelihoods": False,
    },
    "letters only, failing": {
        "letter": "A", "letter_love": 1.0, "length_love": 0.5, "likelihoods": False,
        "faults": 0.15, "refusals": 0.05, "chatter": 0.1,
    },
}  # fmt: skip
SAYS_YES = ((0.95, 0.2), (0.95, 0.5), (0.95, 0.8))
"""How often a model asked in words whether it knows says yes: of what it knows, of what not. Taken
as given, not measured."""
Floats = NDArray[np.float64]


class Exam(NamedTuple):
    """Facts, their questions, and how strongly each is known."""

    items: list[tuple[Nugget, list[Question]]]
    strengths: Floats
    denied: NDArray[np.bool_]
    facts: dict[str, Fact]


def exam(count: int, seed: int) -> Exam:
    """Facts of four kinds, four wordings each, answers and wrong options drawn from one list."""
    rng = random.Random(seed)
    items, strengths, denied = [], [], []
    facts: dict[str, Fact] = {}
    relations = [*VALUES]
    for place in range(count):
        relation = relations[place % len(relations)]
        entity = f"{rng.choice('BDFGKLMNPRST')}{rng.choice('aeiou')}{place}ite"
        options = rng.sample(VALUES[relation], 4)
        nugget = Nugget(
            paper="p", passage="q", page=1, claim=entity, quote=entity, start=0, end=place
        )
        asked = [_question(nugget, stem.format(r=relation, e=entity), options, form, rng)
                 for form, stem in enumerate(STEMS)]  # fmt: skip
        strength = STRENGTHS[place % len(STRENGTHS)]
        believes = strength == 0 and rng.randrange(DENIED) == 0
        held = Fact(options[believes], 1.0 if believes else strength)
        facts.update((_shown(question.stem), held) for question in asked)
        items.append((nugget, asked))
        strengths.append(strength)
        denied.append(believes)
    return Exam(items, np.array(strengths), np.array(denied), facts)


def _question(
    nugget: Nugget, stem: str, options: Sequence[str], form: int, rng: random.Random
) -> Question:
    return Question(
        nugget=nugget.id, kind=QuestionKind.MCQ, form=f"form {form}", purpose=Purpose.PROBE,
        stem=stem, options=tuple(rng.sample(options, len(options))), answer=options[0], vetted=True,
    )  # fmt: skip


def _shown(stem: str) -> str:
    return stem.removeprefix("Question: ").removesuffix("\nAnswer:")


class Found(NamedTuple):
    """What a probe came to."""

    probes: list[Probe]
    cost: Cost
    losses: list[Loss]

    @property
    def p(self) -> Floats:
        """P(known) of each fact."""
        return np.array([one.p_known for one in self.probes])

    def said(self, verdict: Verdict) -> NDArray[np.bool_]:
        """Which facts got that verdict."""
        return np.array([one.verdict is verdict for one in self.probes])


def served(of: Exam, knower: Knower) -> Found:
    """Probed over HTTP, as any endpoint is."""
    with Endpoint(knower.answer) as endpoint:
        model = ChatOpenAI(base_url=endpoint.url, api_key="k", model="simulated", max_retries=0)
        return _probed(of, model, Plan())


def direct(of: Exam, knower: Knower, plan: Plan) -> Found:
    """The same without the network. Only for knowers whose calls do not fail."""
    return _probed(of, Scripted(script=lambda text: _message(knower, text)), plan)


def _message(knower: Knower, text: str) -> AIMessage:
    """As langchain-openai reads the reply of an endpoint."""
    body: dict[str, Any] = {"model": "simulated", "messages": [{"content": text}]}
    if knower.likelihoods:
        body |= {"logprobs": True, "top_logprobs": 20}
    said = knower.answer(body)
    assert not isinstance(said, Fault)
    [choice] = completion(body, [said])["choices"]
    told = {"finish_reason": choice["finish_reason"], "logprobs": choice["logprobs"]}
    return AIMessage(choice["message"]["content"], response_metadata=told)


def _probed(of: Exam, model: Any, plan: Plan) -> Found:
    costs: list[Cost] = []
    losses: list[Loss] = []
    probes = probe(
        of.items, model, "version", "simulated", plan, SEED,
        on_loss=losses.append, on_cost=costs.append,
    )  # fmt: skip
    return Found(probes, costs[0], losses)


def plain(of: Exam, knower: Knower) -> Floats:
    """The share of right letters in four questions, options as written, nothing corrected."""
    shares = []
    for _, questions in of.items:
        right = 0
        for question in questions[:FIXED_ORDER]:
            listed = "\n".join(
                f"{letter}) {text}" for letter, text in zip("ABCD", question.options, strict=True)
            )
            text = f"BEGIN x\n{_shown(question.stem)}\n\n{listed}\nEND x"
            said = str(_message(knower, text).content)
            right += said == "ABCD"[question.key]
        shares.append(right / FIXED_ORDER)
    return np.array(shares)


def in_words(of: Exam, known: float, other: float) -> Floats:
    """1 where a model asked whether it knows says yes, at the given rates; 0 elsewhere."""
    rng = np.random.default_rng(SEED)
    chance = of.strengths * known + (1 - of.strengths) * other
    return (rng.random(len(chance)) < chance).astype(float)


def off(p: Floats, truth: Floats, bins: int = 10) -> float:
    """Expected calibration error: |mean P(known) - mean strength| by bins of P(known), weighted."""
    place = np.minimum((p * bins).astype(int), bins - 1)
    parts = [place == n for n in range(bins)]
    return float(
        sum(abs(p[part].mean() - truth[part].mean()) * part.mean() for part in parts if part.any())
    )


def apart(p: Floats, of: Exam) -> tuple[float, float, float]:
    """Area under the curve, facts known at 0.7 and more against those never known; its interval."""
    clear = (of.strengths == 0) | (of.strengths >= 0.7)
    good = of.strengths[clear] > 0
    return (area(p[clear], good), *interval(p[clear], good))


def measure(data: Path) -> Part:  # noqa: ARG001  all is simulated
    """The figures."""
    return measured(COUNT)


def measured(count: int) -> Part:
    """The part, on so many facts."""
    of = exam(count, SEED)
    knowers = {name: Knower(of.facts, seed=SEED, pool=_pool(), **habit)
               for name, habit in HABITS.items()}  # fmt: skip
    found = {name: served(of, knower) for name, knower in knowers.items()}
    whole = {
        name: direct(of, knowers[name], Plan(adaptive=False))
        for name in ("likelihoods given", "letters only")
    }
    return Part.of(
        "probing_words",
        "Probing models that only talk",
        ABOUT.format(count=count),
        ("langchain-openai", "openai"),
        figures=(*_figures(of, found), *_savings(found, whole)),
        tables=(
            _table(of, found),
            _beside(of, found, knowers),
            Table(
                title="Calls without a readable answer, by reason",
                columns=("knower", "calls", "reasons"),
                rows=tuple((n, f.cost.calls, _told(f.cost)) for n, f in found.items()),
            ),
        ),
        plots=(_plot(of, found),),
    )


ABOUT = (
    "{count} facts of four kinds, four multiple-choice wordings each. How strongly a fact is known "
    "(how often it comes to mind when asked: 0 for nine of twenty, 0.1 to 0.95 for six, 1 for "
    "five) was drawn beforehand; every tenth of those never known is believed otherwise. The "
    "knowers are **simulated**: they answer over HTTP through the client that endpoints are asked "
    "with, love a letter and long options where they do not know, and in the last row fail, refuse "
    "or ramble. Area under the curve: known at 0.7 and more against never known. Beside it the "
    "same knowers asked four questions with their options as written, and asked in words whether "
    "they know, at rates of saying yes that are taken as given."
)


def _pool() -> tuple[str, ...]:
    return tuple(value for values in VALUES.values() for value in values)


def _figures(of: Exam, found: dict[str, Found]) -> Iterator[Figure]:
    for name, one in found.items():
        value, low, high = apart(one.p, of)
        yield Figure(
            name=f"area under the curve, {name}", value=value, low=low, high=high, n=len(of.items),
            aim=0.97,
        )  # fmt: skip
    for name, one in found.items():
        said = one.said(Verdict.UNKNOWN)
        rightly = int((said & (of.strengths < HALF)).sum())
        yield Figure.share(f"precision of *unknown*, {name}", rightly, int(said.sum()), aim=0.95)
    for name, one in found.items():
        yield Figure(
            name=f"calibration error of P(known), {name}",
            value=off(one.p, of.strengths), aim=0.05, better="lower", n=len(of.items),
        )  # fmt: skip


def _savings(found: dict[str, Found], whole: dict[str, Found]) -> Iterator[Figure]:
    for name, fixed in whole.items():
        one = found[name]
        same = sum(a.verdict is b.verdict for a, b in zip(one.probes, fixed.probes, strict=True))
        low, high = wilson(same, len(fixed.probes))
        yield Figure(
            name=f"calls saved by stopping once decided, {name}", value=one.cost.saved,
            n=one.cost.fixed, note=f"{one.cost.calls} of {one.cost.fixed} calls",
        )  # fmt: skip
        yield Figure(
            name=f"verdicts as with the fixed number, {name}",
            value=same / len(fixed.probes), low=low, high=high, n=len(fixed.probes),
        )  # fmt: skip


def _table(of: Exam, found: dict[str, Found]) -> Table:
    rows = []
    for name, one in found.items():
        denied = one.said(Verdict.CONTRADICTED)
        known = one.said(Verdict.KNOWN)
        covered = np.mean(
            [p.low <= s <= p.high for p, s in zip(one.probes, of.strengths, strict=True)]
        )
        rows.append(
            (
                name,
                f"{one.cost.calls / len(of.items):.1f}",
                f"{(known & (of.strengths >= HALF)).sum()}/{known.sum()}",
                f"{(denied & of.denied).sum()}/{of.denied.sum()}",
                int((denied & ~of.denied).sum()),
                int(one.said(Verdict.UNPROBED).sum()),
                f"{covered:.3f}",
            )
        )
    return Table(
        title="Verdicts, by knower",
        columns=("knower", "calls a fact", "known, rightly", "other beliefs found",
                 "beliefs made up", "unprobed", "strength within its interval"),
        rows=tuple(rows),
    )  # fmt: skip


def _beside(of: Exam, found: dict[str, Found], knowers: dict[str, Knower]) -> Table:
    """Ours beside the baselines, for the two knowers that do not fail and give no likelihoods."""
    rows: list[tuple[str, ...]] = []
    for name in ("letters only", "letters only, strong habits"):
        shares = plain(of, knowers[name])
        rows.append(_row(f"Goldpan, {name}", found[name].p, of))
        rows.append(_row(f"share of {FIXED_ORDER} questions right, {name}", shares, of))
    for known, other in SAYS_YES:
        title = f"asked whether it knows (simulated: yes to {known:.0%} and {other:.0%})"
        rows.append(_row(title, in_words(of, known, other), of))
    return Table(
        title="Beside two plainer ways",
        columns=("way", "area under the curve", "calibration error", "unknown, rightly"),
        rows=tuple(rows),
    )


def _row(name: str, p: Floats, of: Exam) -> tuple[str, ...]:
    unknown = p <= 0.4
    rightly = (unknown & (of.strengths < HALF)).sum()
    value, low, high = apart(p, of)
    return (
        name,
        f"{value:.3f} ({low:.3f}–{high:.3f})",
        f"{off(p, of.strengths):.3f}",
        f"{rightly}/{unknown.sum()}",
    )


def _told(cost: Cost) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in sorted(cost.lost.items())) or "none"


def _plot(of: Exam, found: dict[str, Found]) -> Plot:
    strengths = sorted(set(STRENGTHS))
    return Plot(
        name="strength",
        title="P(known) by planted strength",
        x="planted strength",
        y="mean P(known)",
        lines={
            name: tuple((s, float(one.p[of.strengths == s].mean())) for s in strengths)
            for name, one in found.items()
        },
    )
