"""What each setting of a recipe is worth: one changed at a time, the rest as the product has them.

A long part: each of the seeds takes about a quarter of an hour on two idle cores.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from agent.settings import TrainingSettings
from benchmarks.figures import Figure, Part, Plot, Table
from benchmarks.lessons import Lesson, Pupil, Report, judged, lessons, report, teach, value
from memory.records import Question, TrainingSpec
from tools.dataset import leaks

COUNT = 60
SEEDS = (1, 2)
"""Of the facts and of the training. The benchmark of teaching has facts of other seeds."""
REPLAY = TrainingSettings().replay_ratio
ABOUT = f"""
{COUNT} invented facts are taught to the sample target, an adapter from the base for each row of
the tables; one setting differs from the product's defaults, and fewer wordings are repeated for as
many steps as all have. The mean of {len(SEEDS)} seeds, each with other facts. *New* are facts in
wordings never trained, *control* facts never taught, *old* those of the school book as a share of
before, *perplexity* that of old text never replayed, as a multiple of before. Guessing gives 0.25.
"""


def most(count: int, asked: bool, questions: Sequence[Question]) -> list[Question]:
    """At most so many statements about each fact, with or without the questions about it."""
    kept: list[Question] = []
    for _, group in groupby(questions, key=lambda question: question.nugget):
        rows = list(group)
        kept += [row for row in rows if row.is_statement][:count]
        kept += [row for row in rows if not row.is_statement and asked]
    return kept


class Variant(NamedTuple):
    """One row of a table."""

    factor: str
    setting: str
    replay: float = REPLAY
    changed: dict[str, Any] = {}  # noqa: RUF012  never written to
    keep: Callable[[Sequence[Question]], list[Question]] = list


USUAL = Variant("the defaults", "")


def variants() -> Iterator[Variant]:
    """The defaults, then all that differ from them."""
    yield USUAL
    for share in (0.0, 0.25, 0.5, 1.0):
        yield Variant("old rows for each new one", f"{share:g}", replay=share)
    for rate in (1e-3, 2e-3, 3e-3, 1e-2):
        yield Variant("learning rate", f"{rate:g}", changed={"learning_rate": rate})
    for count in (1, 2, 4):
        keep = partial(most, count, True)
        yield Variant("wordings of a fact", f"{count} and questions", keep=keep)
    for count in (1, 2, 4, 8):
        keep = partial(most, count, False)
        yield Variant("wordings of a fact", f"{count}, no questions", keep=keep)
    for epochs in (2, 4, 16):
        yield Variant("epochs", f"{epochs}", changed={"epochs": epochs})
    for rank in (2, 8, 32):
        yield Variant("rank", f"{rank}", changed={"rank": rank, "alpha": 2 * rank})
    for name, targets in (("q, v", "q_proj,v_proj"),
                          ("attention", "q_proj,k_proj,v_proj,o_proj")):  # fmt: skip
        yield Variant("layers", name, changed={"targets": targets})
    yield Variant("loss and packing", "loss on answers only", changed={"loss": "completion"})
    yield Variant("loss and packing", "rows packed", changed={"packing": True})


class RecipeRow(NamedTuple):
    """What a recipe gave with one seed."""

    new: float
    control: float
    old: float
    """As a share of before."""
    perplexity: float
    """As a multiple of before."""
    passed: float
    """The gate: 1 or 0."""
    seconds: float
    """CPU seconds of the training."""


def here(spec: TrainingSpec) -> Path:
    """Train in this process: its imports cost a quarter of a training."""
    from tools.training.program import result_of, run

    if code := run(spec):
        raise RuntimeError(f"the training ended with code {code}")
    return result_of(spec)


def tried(
    pupil: Pupil, before: Report, parts: tuple[Lesson, Lesson], variant: Variant, work: Path,
    seed: int,
) -> RecipeRow:  # fmt: skip
    """Train one variant and examine it."""
    taught, control = parts
    began = time.process_time()
    made = teach(
        pupil, taught, control, work, variant.replay, keep=variant.keep, launch=here, seed=seed,
        **variant.changed,
    )  # fmt: skip
    seconds = time.process_time() - began
    after = report(pupil, pupil.load(made.adapter), taught, control)
    return RecipeRow(
        value(after.new.score),
        value(after.control.score),
        value(after.old.score) / value(before.old.score),
        value(after.perplexity) / value(before.perplexity),
        float(judged(before, after, leaks(made.frozen)).passed),
        seconds,
    )


def swept(
    work: Path, seed: int, tell: Callable[[Variant, RecipeRow], None] = lambda *_: None
) -> dict[tuple[str, str], RecipeRow]:
    """Every variant with the facts of one seed. work: may hold the target, else it is made."""
    pupil = Pupil.at(work / "target")
    parts = lessons(seed, COUNT)
    before = report(pupil, pupil.load(), *parts)
    found = {}
    for variant in variants():
        row = tried(pupil, before, parts, variant, work / f"{seed}", seed)
        tell(variant, row)
        found[variant.factor, variant.setting] = row
    return found


def measure(data: Path) -> Part:  # noqa: ARG001  all is invented
    """The tables."""
    with TemporaryDirectory() as work:
        return part_of([swept(Path(work), seed) for seed in SEEDS])


def part_of(seeds: Sequence[dict[tuple[str, str], RecipeRow]]) -> Part:
    """The part, from what each seed gave."""
    rows = {
        key: RecipeRow(*(mean(values) for values in zip(*(one[key] for one in seeds), strict=True)))
        for key in seeds[0]
    }
    usual = rows[USUAL.factor, USUAL.setting]
    factors = dict.fromkeys(factor for factor, _ in rows if factor != USUAL.factor)
    columns = ("new", "control", "old", "perplexity", "gate passed", "CPU s")
    shares = {float(s): row for (factor, s), row in rows.items() if factor.startswith("old rows")}
    shares[REPLAY] = usual
    return Part.of(
        "teaching_recipes",
        "Teaching: recipes",
        ABOUT,
        ("torch", "transformers", "peft", "trl"),
        figures=(
            Figure(name="new facts, default recipe", value=usual.new, n=len(seeds)),
            Figure(name="old facts of before, default recipe", value=usual.old, n=len(seeds)),
        ),
        tables=tuple(
            Table(
                title=f"By {factor}",
                columns=(factor, *columns),
                rows=(
                    *((name, *row) for (kind, name), row in rows.items() if kind == factor),
                    ("the default", *usual),
                ),
            )
            for factor in factors
        ),
        plots=(
            Plot(
                name="replay",
                title="What is kept and what is learnt, by old rows for each new one",
                x="old rows for each new one",
                y="share",
                lines={
                    "old facts, of before": tuple((s, shares[s].old) for s in sorted(shares)),
                    "new facts": tuple((s, shares[s].new) for s in sorted(shares)),
                },
            ),
        ),
    )
