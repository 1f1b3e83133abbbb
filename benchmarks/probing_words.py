"""Probing models that only talk: simulated models behind a server, whose knowledge is planted.

How the models guess, refuse and fail are parameters, told with the figures. The two baselines, and
the fixed number of calls that the saving is told against, are asked of the same models without the
network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.doubles.planted_model import PlantedModel
from benchmarks.figures import Figure, Part, Plot, Table
from benchmarks.judged import Floats, area, calibration_error, interval
from benchmarks.planted_models import (
    FIXED_ORDER,
    STRENGTHS,
    VALUES,
    PlantedExam,
    ProbeOutcome,
    direct,
    exam,
    in_words,
    plain,
    served,
    together,
)
from memory.records import Verdict
from tools.probe.words import Cost, Effort

COUNT = 200
SEEDS = (29, 30, 31)
"""An exam each. The first is taken over HTTP, the others without the network; models whose calls
fail take the first only."""
HALF, UNKNOWN = 0.5, 0.4
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
            [direct(of, _planted_model(of, HABITS[name]), Effort(adaptive=False)) for of in exams]
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
                columns=("model", "calls", "reasons"),
                rows=tuple((n, f.cost.calls, _cost_in_words(f.cost)) for n, f in found.items()),
            ),
        ),
        plots=(_plot(found),),
    )


def found_of(exams: Sequence[PlantedExam], habit: dict[str, Any]) -> ProbeOutcome:
    """The first exam over HTTP, the others without, unless calls are to fail."""
    first, *others = exams
    fails = "faults" in habit
    rest = [] if fails else [direct(of, _planted_model(of, habit), Effort()) for of in others]
    return together([served(first, _planted_model(first, habit)), *rest])


def _planted_model(of: PlantedExam, habit: dict[str, Any]) -> PlantedModel:
    pool = tuple(value for values in VALUES.values() for value in values)
    return PlantedModel(of.facts, pool=pool, **habit)


ABOUT = (
    "{exams} times {count} facts of four kinds, four multiple-choice wordings each. How strongly a "
    "fact is known (how often it comes to mind when asked: 0 for nine of twenty, 0.1 to 0.95 for "
    "six, 1 for five) was drawn beforehand; every tenth of those never known is believed "
    "otherwise. The models are **simulated**: they love a letter and long options where they do "
    "not know, and the last of them fails, refuses or rambles. The first {count} facts are asked "
    "over HTTP through the client that endpoints are asked with, the others without the network. "
    "Area under the curve: known at 0.7 and more against never known. Beside it the same models "
    "asked four questions with their options as written, and asked in words whether they know, at "
    "rates of saying yes that are taken as given."
)


def _figures(found: dict[str, ProbeOutcome]) -> Iterator[Figure]:
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
            name=f"calibration error of P(known), {name}", aim=0.05, better="lower",
            value=calibration_error(one.p, one.strengths), n=len(one.probes),
        )  # fmt: skip


def _savings(found: dict[str, ProbeOutcome], whole: dict[str, ProbeOutcome]) -> Iterator[Figure]:
    for name, fixed in whole.items():
        one = found[name]
        same = sum(a.verdict is b.verdict for a, b in zip(one.probes, fixed.probes, strict=True))
        yield Figure(
            name=f"calls saved by stopping once decided, {name}", value=one.cost.saved,
            n=one.cost.fixed, note=f"{one.cost.calls} of {one.cost.fixed} calls",
        )  # fmt: skip
        yield Figure.share(f"verdicts as with the fixed number, {name}", same, len(fixed.probes))


def _table(found: dict[str, ProbeOutcome]) -> Table:
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
        title="Verdicts, by model",
        columns=("model", "calls a fact", "known, rightly", "other beliefs found",
                 "beliefs made up", "unprobed", "strength within its interval"),
        rows=tuple(rows),
    )  # fmt: skip


def _beside(exams: Sequence[PlantedExam], found: dict[str, ProbeOutcome]) -> Table:
    """Ours beside the baselines, for the two models that do not fail and give no likelihoods."""
    rows: list[tuple[str, ...]] = []
    for name in ("letters only", "letters only, strong habits"):
        shares = np.concatenate([plain(of, _planted_model(of, HABITS[name])) for of in exams])
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
        f"{calibration_error(p, strengths):.3f}",
        f"{rightly}/{unknown.sum()}",
    )


def _cost_in_words(cost: Cost) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in sorted(cost.lost.items())) or "none"


def _plot(found: dict[str, ProbeOutcome]) -> Plot:
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
