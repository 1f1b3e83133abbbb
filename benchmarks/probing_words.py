"""Probing models that only talk: simulated knowers behind a server, whose knowledge is planted.

What each fact is known with was drawn by lots, so that the truth is known without a model; how the
knowers guess, refuse and fail are parameters, told with the figures. The calls go over HTTP by the
client that any endpoint is asked with; the two baselines, and the fixed number of calls that the
saving is told against, are asked of the same knowers without the network.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from langchain_core.messages import AIMessage
from langchain_openai import ChatOpenAI
from numpy.typing import NDArray

from benchmarks.figures import Figure, Part, Plot, Table
from benchmarks.judged import area, interval
from memory.records import Nugget, Probe, Purpose, Question, QuestionKind, Verdict
from tests.endpoint import Endpoint, Fault, completion
from tests.knower import Fact, Knower
from tests.tools.scripted import Scripted
from tools.probe.words import Cost, Plan, probe

COUNT = 200
SEEDS = (29, 30, 31)
"""An exam each. The first is taken over HTTP, the others without the network; knowers whose calls
fail take the first only."""
STRENGTHS = (0.0,) * 9 + (0.1, 0.3, 0.5, 0.7, 0.9, 0.95) + (1.0,) * 5
"""How strongly facts are known, by turns: of twenty, nine are never known and five always."""
DENIED = 10
"""Each tenth fact of those never known is believed otherwise."""
HALF, UNKNOWN = 0.5, 0.4
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
    """What probing came to, over one exam or more."""

    strengths: Floats
    denied: NDArray[np.bool_]
    probes: list[Probe]
    cost: Cost

    @property
    def p(self) -> Floats:
        """P(known) of each fact."""
        return np.array([one.p_known for one in self.probes])

    def said(self, verdict: Verdict) -> NDArray[np.bool_]:
        """Which facts got that verdict."""
        return np.array([one.verdict is verdict for one in self.probes])


def together(some: Sequence[Found]) -> Found:
    """As if it had been one exam."""
    costs = [one.cost for one in some]
    return Found(
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
    probes = probe(of.items, model, "version", "simulated", plan, on_cost=costs.append)
    return Found(of.strengths, of.denied, probes, costs[0])


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
    rng = np.random.default_rng(0)
    chance = of.strengths * known + (1 - of.strengths) * other
    return (rng.random(len(chance)) < chance).astype(float)


def off(p: Floats, truth: Floats, bins: int = 10) -> float:
    """Expected calibration error: |mean P(known) - mean strength| by bins of P(known), weighted."""
    place = np.minimum((p * bins).astype(int), bins - 1)
    parts = [place == n for n in range(bins)]
    return float(
        sum(abs(p[part].mean() - truth[part].mean()) * part.mean() for part in parts if part.any())
    )


def apart(p: Floats, strengths: Floats) -> tuple[float, float, float]:
    """Area under the curve, facts known at 0.7 and more against those never known; its interval."""
    clear = (strengths == 0) | (strengths >= 0.7)
    good = strengths[clear] > 0
    return (area(p[clear], good), *interval(p[clear], good))


def measure(data: Path) -> Part:  # noqa: ARG001  all is simulated
    """The figures."""
    return measured(COUNT)


def measured(count: int) -> Part:
    """The part, on so many facts an exam."""
    exams = [exam(count, seed) for seed in SEEDS]
    found = {name: found_of(exams, habit) for name, habit in HABITS.items()}
    whole = {
        name: together(
            [direct(of, _knower(of, HABITS[name]), Plan(adaptive=False)) for of in exams]
        )
        for name in ("likelihoods given", "letters only")
    }
    return Part.of(
        "probing_words",
        "Probing models that only talk",
        ABOUT.format(count=count, exams=len(exams)),
        ("langchain-openai", "openai"),
        figures=(*_figures(found), *_savings(found, whole)),
        tables=(
            _table(found),
            _beside(exams, found),
            Table(
                title="Calls without a readable answer, by reason",
                columns=("knower", "calls", "reasons"),
                rows=tuple((n, f.cost.calls, _told(f.cost)) for n, f in found.items()),
            ),
        ),
        plots=(_plot(found),),
    )


def found_of(exams: Sequence[Exam], habit: dict[str, Any]) -> Found:
    """The first exam over HTTP, the others without, unless calls are to fail."""
    first, *others = exams
    fails = "faults" in habit
    rest = [] if fails else [direct(of, _knower(of, habit), Plan()) for of in others]
    return together([served(first, _knower(first, habit)), *rest])


def _knower(of: Exam, habit: dict[str, Any]) -> Knower:
    pool = tuple(value for values in VALUES.values() for value in values)
    return Knower(of.facts, pool=pool, **habit)


ABOUT = (
    "{exams} times {count} facts of four kinds, four multiple-choice wordings each. How strongly a "
    "fact is known (how often it comes to mind when asked: 0 for nine of twenty, 0.1 to 0.95 for "
    "six, 1 for five) was drawn beforehand; every tenth of those never known is believed "
    "otherwise. The knowers are **simulated**: they love a letter and long options where they do "
    "not know, and the last of them fails, refuses or rambles. The first {count} facts are asked "
    "over HTTP through the client that endpoints are asked with, the others without the network. "
    "Area under the curve: known at 0.7 and more against never known. Beside it the same knowers "
    "asked four questions with their options as written, and asked in words whether they know, at "
    "rates of saying yes that are taken as given."
)


def _figures(found: dict[str, Found]) -> Iterator[Figure]:
    for name, one in found.items():
        value, low, high = apart(one.p, one.strengths)
        yield Figure(
            name=f"area under the curve, {name}", value=value, low=low, high=high,
            n=len(one.probes), aim=0.97,
        )  # fmt: skip
    for name, one in found.items():
        said = one.said(Verdict.UNKNOWN)
        rightly = int((said & (one.strengths < HALF)).sum())
        yield Figure.share(
            f"precision of *unknown*, {name}", rightly, int(said.sum()), aim=0.95,
            note="right where the planted strength is below a half",
        )  # fmt: skip
    for name, one in found.items():
        yield Figure(
            name=f"calibration error of P(known), {name}",
            value=off(one.p, one.strengths), aim=0.05, better="lower", n=len(one.probes),
        )  # fmt: skip


def _savings(found: dict[str, Found], whole: dict[str, Found]) -> Iterator[Figure]:
    for name, fixed in whole.items():
        one = found[name]
        same = sum(a.verdict is b.verdict for a, b in zip(one.probes, fixed.probes, strict=True))
        yield Figure(
            name=f"calls saved by stopping once decided, {name}", value=one.cost.saved,
            n=one.cost.fixed, note=f"{one.cost.calls} of {one.cost.fixed} calls",
        )  # fmt: skip
        yield Figure.share(f"verdicts as with the fixed number, {name}", same, len(fixed.probes))


def _table(found: dict[str, Found]) -> Table:
    rows = []
    for name, one in found.items():
        denied, known = one.said(Verdict.CONTRADICTED), one.said(Verdict.KNOWN)
        inside = [p.low <= s <= p.high for p, s in zip(one.probes, one.strengths, strict=True)]
        row = (
            name,
            f"{one.cost.calls / len(one.probes):.1f}",
            f"{(known & (one.strengths >= HALF)).sum()}/{known.sum()}",
            f"{(denied & one.denied).sum()}/{one.denied.sum()}",
            int((denied & ~one.denied).sum()),
            int(one.said(Verdict.UNPROBED).sum()),
            f"{np.mean(inside):.3f}",
        )
        rows.append(row)
    return Table(
        title="Verdicts, by knower",
        columns=("knower", "calls a fact", "known, rightly", "other beliefs found",
                 "beliefs made up", "unprobed", "strength within its interval"),
        rows=tuple(rows),
    )  # fmt: skip


def _beside(exams: Sequence[Exam], found: dict[str, Found]) -> Table:
    """Ours beside the baselines, for the two knowers that do not fail and give no likelihoods."""
    rows: list[tuple[str, ...]] = []
    for name in ("letters only", "letters only, strong habits"):
        shares = np.concatenate([plain(of, _knower(of, HABITS[name])) for of in exams])
        strengths = found[name].strengths
        rows.append(_row(f"Goldpan, {name}", found[name].p, strengths))
        rows.append(_row(f"share of {FIXED_ORDER} questions right, {name}", shares, strengths))
    for known, other in SAYS_YES:
        title = f"asked whether it knows (simulated: yes to {known:.0%} and {other:.0%})"
        said = np.concatenate([in_words(of, known, other) for of in exams])
        rows.append(_row(title, said, strengths))
    return Table(
        title="Beside two plainer ways",
        columns=("way", "area under the curve", "calibration error", "below 0.4, rightly"),
        rows=tuple(rows),
    )


def _row(name: str, p: Floats, strengths: Floats) -> tuple[str, ...]:
    unknown = p <= UNKNOWN
    rightly = (unknown & (strengths < HALF)).sum()
    value, low, high = apart(p, strengths)
    return (
        name,
        f"{value:.3f} ({low:.3f}–{high:.3f})",
        f"{off(p, strengths):.3f}",
        f"{rightly}/{unknown.sum()}",
    )


def _told(cost: Cost) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in sorted(cost.lost.items())) or "none"


def _plot(found: dict[str, Found]) -> Plot:
    levels = sorted(set(STRENGTHS))
    return Plot(
        name="strength",
        title="P(known) by planted strength",
        x="planted strength",
        y="mean P(known)",
        lines={
            name: tuple((s, float(one.p[one.strengths == s].mean())) for s in levels)
            for name, one in found.items()
        },
    )
