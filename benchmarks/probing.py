"""Whether a probe tells facts that were planted in a model from facts that never were."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from random import Random
from statistics import mean

import numpy as np
from numpy.typing import NDArray

from benchmarks import judged, planted
from benchmarks.figures import Figure, Part, Plot, Table
from benchmarks.judged import Flags, Floats, area, calibration_error, interval
from benchmarks.merging import nugget, sentences
from benchmarks.planted_seen import BETA, COUNTED, GOLD, OURS, SHARES, WORDS, PlantedSeen, look
from memory.records import Verdict
from tools.models import Target
from tools.models.hf import HFTarget
from tools.probe import ask, judge

SEEDS = (1, 2, 3)
"""The priors of the calibration were set on models of other seeds, from 100 on."""
SIZES = (1, 5, 20, 80, 400)
"""Nuggets in a batch."""
CLAIMS = 200
"""Sentences of real papers, most of which a question can be asked about."""
BINS = 10
ABOUT = """
Three Llamas of 0.8 M parameters, each trained from scratch in about 75 CPU-seconds on a corpus of
invented names: 80 facts at each of 1, 2, 4, 8 and 16 exposures, 400 whose names are mentioned but
whose fact is never told, 80 of which another value is told than the paper's, exercises and filler.
Values are drawn with very different frequencies. The corpus is read seven times; an exposure is a
sentence of the corpus. Probe questions are the offline teacher's, in wordings never trained, asked
and judged by the product's own door, **without a label**: the model's answers after other nuggets'
stems show what it says when it cannot know.

A fact counts as known where its claim was told, be it once. *Asked in words*: log odds of *yes*
after *Is it true that …?*, which the corpus has exercises for. *Claims of real papers*: results and
conclusions of abstracts, put to the first of the models. Only *labelled* figures use labels:
a logistic curve fitted on every second fact and measured on the others.
"""


def measure(data: Path) -> Part:
    """The figures."""
    with tempfile.TemporaryDirectory() as work:
        folders = [Path(work) / str(seed) for seed in SEEDS]
        # The training of so small a model leaves a third of two cores idle.
        with ProcessPoolExecutor(len(SEEDS), get_context("spawn")) as pool:
            seen = list(pool.map(trained, folders, SEEDS))
        found = part(
            seen,
            "probing",
            "Probing: facts planted in a small model",
            ABOUT,
            ("torch", "transformers"),
        )
        target = HFTarget.load(folders[0])
        return found.model_copy(update={"figures": (*found.figures, _ignorant(data, target))})


def _ignorant(data: Path, target: Target) -> Figure:
    """What is thought known of real papers, of which the model has read nothing."""
    texts = Random(1).sample(sentences(data / "bench", odd=True), CLAIMS)
    nuggets = [nugget(text, f"p{place}") for place, text in enumerate(texts)]
    asked = planted.questions(nuggets)
    probes = judge(ask([(one, asked.get(one.id, [])) for one in nuggets], target, "planted"))
    counts = Counter(one.verdict for one in probes)
    read = len(probes) - counts[Verdict.UNPROBED]
    return Figure(
        name="claims of real papers said known or contradicted by a model that never read one",
        value=(counts[Verdict.KNOWN] + counts[Verdict.CONTRADICTED]) / max(1, read),
        aim=0.02,
        better="lower",
        n=read,
        note=f"{counts[Verdict.UNKNOWN]} unknown, {counts[Verdict.PARTLY]} partly",
    )


def trained(folder: Path, seed: int, size: planted.WorldSize = planted.USUAL) -> PlantedSeen:
    """Plant one seed's facts in a model of its own, and probe it."""
    drawn = planted.world(seed, size)
    return look(drawn, HFTarget.load(planted.build(folder, drawn, seed, size)))


def part(
    seen: list[PlantedSeen], name: str, title: str, about: str, packages: Sequence[str]
) -> Part:
    """What is told of one model or several."""
    batches = [row for size in SIZES for row in [_batch(seen, size)] if row]
    return Part.of(
        name,
        title,
        about,
        ("numpy", *packages),
        figures=(*_ranked(seen), *_calibrated(seen), *_verdicts(seen), *_contradicted(seen)),
        tables=(
            _areas(seen),
            _by_exposures(seen),
            Table(
                title="Batches drawn from the same facts, three in ten of them known",
                columns=("nuggets", "batches", "mean P", "known", "calibration error",
                         "said unknown", "of them unknown", "said known", "of them known"),
                rows=tuple(batches),
            ),
        ),
        plots=(_reliability(seen), _curves(seen)),
    )  # fmt: skip


def _sides(one: PlantedSeen, least: int) -> NDArray[np.int64]:
    """Places of facts told at least so often, and of those never told of."""
    return np.flatnonzero((one.exposures >= least) | (one.exposures == 0))


def _area(seen: Iterable[PlantedSeen], way: str, least: int) -> float:
    """Mean area under the ROC curve over the models: each has its own zero of likelihood."""
    picked = [(one.scores[way][_sides(one, least)], one.known[_sides(one, least)]) for one in seen]
    return mean(area(scores, known) for scores, known in picked)


def _ranked(seen: list[PlantedSeen]) -> Iterator[Figure]:
    for least, aim, name in ((4, 0.97, "4 exposures and more"), (1, None, "all exposures")):
        sides = [(one, _sides(one, least)) for one in seen]
        found = [interval(one.scores[OURS][at], one.known[at]) for one, at in sides]
        single = [f"{_area([one], OURS, least):.3f}" for one in seen]
        bare = f"gold log-likelihood alone {_area(seen, GOLD, least):.3f}"
        yield Figure(
            name=f"AUROC, {name}, against never told",
            value=_area(seen, OURS, least),
            aim=aim or _area(seen, GOLD, least),
            low=min(low for low, _ in found),
            high=max(high for _, high in found),
            n=sum(len(at) for _, at in sides),
            note=f"{', '.join(single)} by model; {bare}",
        )


def _pooled(seen: list[PlantedSeen]) -> tuple[Floats, Flags]:
    return (
        np.concatenate([one.scores[OURS] for one in seen]),
        np.concatenate([one.known for one in seen]),
    )


def _calibrated(seen: list[PlantedSeen]) -> Iterator[Figure]:
    believed, known = _pooled(seen)
    singles = ", ".join(f"{calibration_error(one.scores[OURS], one.known):.3f}" for one in seen)
    yield Figure(name="calibration error of P(known), without labels", aim=0.05, better="lower",
                 value=calibration_error(believed, known), n=len(known),
                 note=f"{singles} by model")  # fmt: skip
    labelled = []
    for one in seen:
        x = np.clip(one.scores[OURS], 1e-6, 1 - 1e-6)
        x = np.log(x / (1 - x))[:, None]
        curve = judged.fitted(x[::2], one.known[::2])
        labelled.append(calibration_error(1 / (1 + np.exp(-curve(x[1::2]))), one.known[1::2]))
    yield Figure(name="calibration error, labelled, on the other half", value=mean(labelled),
                 better="lower", n=len(known) // 2)  # fmt: skip


def _said(seen: list[PlantedSeen], verdict: Verdict) -> list[planted.PlantedFact]:
    pairs = [pair for one in seen for pair in zip(one.facts, one.probes, strict=True)]
    return [fact for fact, found in pairs if found.verdict is verdict]


def _verdicts(seen: list[PlantedSeen]) -> Iterator[Figure]:
    facts = [fact for one in seen for fact in one.facts]
    unknown, known = _said(seen, Verdict.UNKNOWN), _said(seen, Verdict.KNOWN)
    new = sum(not fact.known for fact in unknown)
    exposed = Counter(fact.exposures for fact in unknown if fact.known)
    yield Figure.share("verdict unknown, precision", new, len(unknown), aim=0.95,
                       note=f"told once {exposed[1]}, twice {exposed[2]}, more often "
                            f"{sum(exposed.values()) - exposed[1] - exposed[2]}")  # fmt: skip
    never = sum(not fact.told for fact in facts)
    yield Figure.share("verdict unknown, recall among the never told",
                       sum(not fact.told for fact in unknown), never)  # fmt: skip
    yield Figure.share("verdict known, precision", sum(f.known for f in known), len(known))
    often = sum(fact.known and fact.exposures >= 4 for fact in facts)
    yield Figure.share("verdict known, recall at 4 exposures and more",
                       sum(f.known and f.exposures >= 4 for f in known), often)  # fmt: skip


def _contradicted(seen: list[PlantedSeen]) -> Iterator[Figure]:
    pairs = [pair for one in seen for pair in zip(one.facts, one.probes, strict=True)]
    called = [(f, p) for f, p in pairs if p.verdict is Verdict.CONTRADICTED]
    right = [f for f, p in called if f.told not in ("", f.value) and repr(f.told) in p.reason]
    other = [f for f, p in pairs if f.told not in ("", f.value) and f.told in p.candidates]
    yield Figure.share("verdict contradicted, precision", len(right), len(called),
                       note="and names the value that was told")  # fmt: skip
    yield Figure.share("verdict contradicted, recall", len(right), len(other),
                       note="of facts told with another value, 4, 8 or 16 times, which is among "
                            "the options")  # fmt: skip


def _areas(seen: list[PlantedSeen]) -> Table:
    ways = (OURS, GOLD, SHARES, COUNTED, BETA, WORDS)
    return Table(
        title="AUROC against facts never told, by exposures (means of the models)",
        columns=("ranked by", *map(str, planted.EXPOSURES), "4 and more", "all"),
        rows=tuple(
            (way, *(_at(seen, way, times) for times in planted.EXPOSURES),
             _area(seen, way, 4), _area(seen, way, 1))
            for way in ways
        ),
    )  # fmt: skip


def _at(seen: Iterable[PlantedSeen], way: str, times: int) -> float:
    found = []
    for one in seen:
        kept = np.isin(one.exposures, (0, times))
        found.append(area(one.scores[way][kept], one.known[kept]))
    return mean(found)


def _by_exposures(seen: list[PlantedSeen]) -> Table:
    counts: Counter[tuple[int, str]] = Counter()
    for one in seen:
        told = zip(one.exposures.tolist(), one.probes, strict=True)
        counts.update((times, found.verdict.value) for times, found in told)
    names = {-1: "another value", 0: "never", **{n: str(n) for n in planted.EXPOSURES}}
    kinds = (Verdict.KNOWN, Verdict.PARTLY, Verdict.UNKNOWN, Verdict.CONTRADICTED)
    return Table(
        title="Verdicts by exposures",
        columns=("told", *(kind.value for kind in kinds)),
        rows=tuple(
            (name, *(counts[times, kind.value] for kind in kinds)) for times, name in names.items()
        ),
    )


def _batch(seen: list[PlantedSeen], size: int) -> tuple[str | int | float, ...]:
    """How a batch of so many fares: up to sixty batches from each model."""
    dice = Random(size)
    rounds = max(1, min(60, 400 // size))
    believed, truth, said = [], [], []
    for one in seen:
        pairs = list(zip(one.facts, one.probes, strict=True))
        sides = [[p for p in pairs if p[0].known], [p for p in pairs if not p[0].told]]
        for _ in range(rounds):
            known = min(sum(dice.random() < 0.3 for _ in range(size)), len(sides[0]))
            rest = min(size - known, len(sides[1]))
            drawn = [*dice.sample(sides[0], known), *dice.sample(sides[1], rest)]
            found = judge([p.replace(verdict=Verdict.UNPROBED) for _, p in drawn])
            believed += [p.p_known for p in found]
            said += [p.verdict for p in found]
            truth += [fact.known for fact, _ in drawn]
    p, known_, verdicts = np.array(believed), np.array(truth), np.array(said)
    columns: list[float] = []
    for verdict, right in ((Verdict.UNKNOWN, ~known_), (Verdict.KNOWN, known_)):
        hit = verdicts == verdict
        columns += [float(hit.mean()), float(right[hit].mean()) if hit.any() else 0.0]
    share = float(known_.mean())
    return size, rounds * len(seen), float(p.mean()), share, calibration_error(p, known_), *columns


def _reliability(seen: list[PlantedSeen]) -> Plot:
    believed, known = _pooled(seen)
    bins = np.array_split(np.argsort(believed, kind="stable"), BINS)
    return Plot(
        name="reliability",
        title="Share of facts that were told, by P(known)",
        x="P(known)",
        y="share told",
        lines={
            "found": tuple((float(believed[b].mean()), float(known[b].mean())) for b in bins),
            "perfect": ((0.0, 0.0), (1.0, 1.0)),
        },
    )


def _curves(seen: list[PlantedSeen]) -> Plot:
    return Plot(
        name="exposures",
        title="AUROC against facts never told, by exposures",
        x="exposures",
        y="AUROC",
        log_x=True,
        lines={
            way: tuple((float(n), _at(seen, way, n)) for n in planted.EXPOSURES)
            for way in (OURS, GOLD, SHARES, BETA, WORDS)
        },
    )
