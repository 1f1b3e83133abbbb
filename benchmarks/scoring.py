"""Questions a second by log-likelihood, beside lm-evaluation-harness and the possible."""

from __future__ import annotations

import importlib.util
import itertools
import logging
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean, median
from typing import Any, NamedTuple

from benchmarks import bound, quiz
from benchmarks.bound import ModelShape
from benchmarks.figures import Figure, Part, Table
from tools.models import Choice
from tools.models.forest import Sequel
from tools.models.hf import HFTarget
from tools.models.scoring import score_plainly

SHAPE = ModelShape(width=512, layers=6, inner=1408, heads=8, key_heads=8, words=32000)
"""35.7 million weights, 46 % of them the vocabulary's; the width and depth of Pythia-70M: small
enough for two minutes, wide enough that matrix products take the time."""
KNOWN = {
    "SmolLM2-135M": ModelShape(576, 30, 1536, 9, 3, 49152),
    "Qwen2.5-0.5B": ModelShape(896, 24, 4864, 14, 2, 151936),
    "Llama-3.2-1B": ModelShape(2048, 16, 8192, 32, 8, 128256),
}
"""Shapes as published."""
ROUNDS = 4
TURNS = 2
"""Of ours, before the peer's and after it."""
PLAIN = 6
"""Questions whose options are scored one at a time, too."""
MISSING = "pip install -c constraints.txt -e '.[bench]'"
ABOUT = """
Questions of MMLU, ARC and MedMCQA with four answers in full text, scored by the log-likelihood of
each answer: once behind a PubMedQA passage of their own (about 346 tokens), once as 55 tokens
behind the same answered examples of about 600 tokens. The model is a Llama of 36 million random
weights with 32 000 words; only its shape matters for speed. Peer in the same process, on the same
model and questions: the `loglikelihood` of lm-evaluation-harness' `HFLM`, batch size 1 (with
4 it took the same processor time). One thread for both; ours twice before and twice after the peer
in each round, medians of the rounds' ratios; tokenising is counted for both. As the peer shares
nothing, its time per question does not depend on how many there are, and each round gives it a few
of ours.

The bound: operations of each distinct token once (layers, attention to what it sees, the
vocabulary only where something is read) at the rate of the fastest of sixteen tries of 1024 × 1024
matrix products in the round, held against the fastest of our four turns in it.
"""


class Setting(NamedTuple):
    """Questions of one kind."""

    name: str
    choices: list[Choice]
    theirs: int
    """Of them for the peer, in each round."""
    aim: float
    """Times the peer's speed."""


class Round(NamedTuple):
    """Seconds a question, of the processor and of the clock on the wall."""

    ours: tuple[float, float]
    theirs: tuple[float, float] | None
    best: float
    """Our best processor time of the round, against which the best product is held."""
    peak: float
    """Operations a second."""


class ScoringOutcome(NamedTuple):
    """What was measured of a setting."""

    setting: Setting
    rounds: list[Round]
    sequels: list[Sequel]
    apart: float
    """Largest difference in nats from scoring one sequence at a time."""
    peers: list[list[float]]
    """The peer's log-likelihoods of the first choices."""
    ours: list[list[float]]

    @property
    def flops(self) -> float:
        """Operations per question at least."""
        return bound.unique(SHAPE, self.sequels) / len(self.setting.choices)

    @property
    def shares(self) -> list[float]:
        """Of the bound, by round."""
        return [self.flops / one.peak / one.best for one in self.rounds]

    @property
    def times(self) -> list[float]:
        """The peer's time by ours, by round."""
        return [one.theirs[0] / one.ours[0] for one in self.rounds if one.theirs]


def measure(data: Path) -> Part:
    """The figures."""
    import torch

    read = quiz.read(data)
    tokenizer = quiz.learnt(read.texts, SHAPE.words)
    model = quiz.llama(SHAPE, window=2048)
    target = HFTarget(model, tokenizer, "", model.num_parameters())
    settings = (
        Setting("own passage", quiz.long(read, tokenizer, 346, 8), 2, 5),
        Setting("shared examples", quiz.few_shot(read, tokenizer, 600, 55, 32), 2, 25),
    )
    peer = harness(model, tokenizer)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        found = [compared(setting, target, peer, ROUNDS) for setting in settings]
    finally:
        torch.set_num_threads(threads)
    wide = [timed(target, setting.choices)[1] for setting in settings]
    return Part.of(
        "scoring",
        "Scoring: questions a second by log-likelihood",
        ABOUT,
        ("torch", "transformers", *(["lm_eval"] if peer else [])),
        figures=tuple(itertools.chain.from_iterable(map(figures, found))),
        tables=(speeds(found, wide, tokenizer), by_operations(found)),
    )


def harness(model: Any, tokenizer: Any) -> Any | None:
    """The peer around the same model; None where it is not installed."""
    if importlib.util.find_spec("lm_eval") is None:
        return None
    from lm_eval.models.huggingface import HFLM

    # It warns that a model was handed in, which is meant.
    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    return HFLM(pretrained=model, tokenizer=tokenizer, batch_size=1, device="cpu")


def compared(setting: Setting, target: HFTarget, peer: Any | None, rounds: int) -> ScoringOutcome:
    """Both in turn, so that what else the machine does falls on both."""
    found, peers = [], []
    sums = [[option.logprob for option in one] for one in target.score(setting.choices)]
    for turn in range(rounds):
        part = setting.choices[turn * setting.theirs : (turn + 1) * setting.theirs]
        peak = bound.peak()
        turns = [timed(target, setting.choices) for _ in range(TURNS)]
        theirs = None
        if peer:
            answers, theirs = asked(peer, part)
            peers += answers
        turns += [timed(target, setting.choices) for _ in range(TURNS)]
        cpu, wall = zip(*turns, strict=True)
        found.append(Round((mean(cpu), mean(wall)), theirs, min(cpu), max(peak, bound.peak())))
    sequels = list(itertools.chain.from_iterable(target.sequels(setting.choices)))
    some = sequels[: 4 * PLAIN]
    plain = score_plainly(target.model, some)
    apart = max(abs(a - b) for a, b in zip(itertools.chain(*sums), plain, strict=False))
    return ScoringOutcome(setting, found, sequels, apart, peers, sums)


def timed(target: HFTarget, choices: Sequence[Choice]) -> tuple[float, float]:
    """Processor and wall seconds a question."""
    began, wall = time.process_time(), time.perf_counter()
    target.score(choices)
    return (
        (time.process_time() - began) / len(choices),
        (time.perf_counter() - wall) / len(choices),
    )


def asked(peer: Any, choices: Sequence[Choice]) -> tuple[list[list[float]], tuple[float, float]]:
    """The peer's log-likelihoods, and its seconds a question."""
    from lm_eval.api.instance import Instance

    requests = [
        Instance("loglikelihood", {}, (choice.context, option), number)
        for number, choice in enumerate(choices)
        for option in choice.options
    ]
    began, wall = time.process_time(), time.perf_counter()
    found = iter(peer.loglikelihood(requests, disable_tqdm=True))
    took = time.process_time() - began, time.perf_counter() - wall
    answers = [[next(found)[0] for _ in choice.options] for choice in choices]
    return answers, (took[0] / len(choices), took[1] / len(choices))


def figures(found: ScoringOutcome) -> Iterator[Figure]:
    """A setting's figures."""
    name = found.setting.name
    if found.times:
        pairs = list(zip(found.peers, found.ours, strict=False))
        same = sum(a.index(max(a)) == b.index(max(b)) for a, b in pairs)
        apart = max(abs(x - y) for a, b in pairs for x, y in zip(a, b, strict=True))
        yield Figure(
            name=f"times lm-evaluation-harness, {name}", value=median(found.times),
            aim=found.setting.aim, n=len(found.times), note=_span(found.times),
        )  # fmt: skip
        note = f"log-likelihoods differ by {apart:.1e} nats at most"
        yield Figure.share(
            f"same answer as lm-evaluation-harness, {name}", same, len(pairs), note=note
        )
    yield Figure(
        name=f"share of the bound, {name}", value=median(found.shares), aim=0.75,
        n=len(found.rounds), note=_span(found.shares),
    )  # fmt: skip
    yield Figure(
        name=f"difference from one at a time, {name}", value=found.apart * 1e6, aim=100,
        unit="millionths of a nat", better="lower", n=4 * PLAIN, note="the largest",
    )  # fmt: skip


def _span(values: Sequence[float]) -> str:
    return f"median of rounds from {min(values):.2f} to {max(values):.2f}"


def speeds(found: Sequence[ScoringOutcome], wide: Sequence[float], tokenizer: Any) -> Table:
    """Who answers how many questions. wide: our wall seconds a question on all cores."""
    rows: list[tuple[str | float, ...]] = []
    for one, all_cores in zip(found, wide, strict=True):
        size = round(quiz.sized(one.setting.choices, tokenizer))
        told = {"goldpan": [r.ours for r in one.rounds],
                "lm-evaluation-harness": [r.theirs for r in one.rounds if r.theirs]}  # fmt: skip
        for who, times in told.items():
            if not times:
                rows.append((one.setting.name, size, f"{who} is missing: {MISSING}", "", "", ""))
                continue
            cpu, wall = (1 / median(column) for column in zip(*times, strict=True))
            rows.append((one.setting.name, size, who, 1, cpu, wall))
        rows.append((one.setting.name, size, "goldpan", os.cpu_count() or 1, "", 1 / all_cores))
    columns = ("setting", "tokens before the answer", "who", "threads", "questions per CPU-second",
               "questions per second")  # fmt: skip
    return Table(title="Questions a second", columns=columns, rows=tuple(rows))


def by_operations(found: Sequence[ScoringOutcome]) -> Table:
    """How many times fewer operations are needed, for this model and for shapes people use."""
    rows = tuple(
        (name, round(100 * shape.head / (shape.body + shape.head)),
         *(bound.repeated(shape, one.sequels) / bound.unique(shape, one.sequels) for one in found))
        for name, shape in {"the model here": SHAPE, **KNOWN}.items()
    )  # fmt: skip
    return Table(
        title="Operations of one sequence an option, by those of distinct tokens",
        columns=("model", "% of weights in the vocabulary", *(one.setting.name for one in found)),
        rows=rows,
    )
