"""Probing a real small model as if it only talked: the sample target behind a server.

It reads its school book and nothing else, so that what it knows is known: facts of the book, and
the same questions about stones that nobody ever named. It answers by its own likelihoods: a letter
by the likeliest option, words by going on greedily; nothing in its replies is simulated.
"""

from __future__ import annotations

import math
import random
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np

from agent.demo.target import build
from agent.steps.retention import read_questions
from benchmarks.doubles.connections import over
from benchmarks.doubles.endpoint import (
    Body,
    Fault,
    MockEndpoint,
    MockReply,
    MockToken,
    Responder,
    declined,
)
from benchmarks.doubles.planted_model import asked_in
from benchmarks.figures import Figure, Part, Table
from benchmarks.judged import Flags, Floats, area, calibration_error, interval
from benchmarks.planted_models import question as probed_by
from memory.records import GAP, Nugget, Probe, Question, Verdict
from tools.models import Choice, Target
from tools.probe import render, reply
from tools.probe.words import Cost, probe
from tools.questions.frame import framed

COUNT = 140
SEED = 4
STEMS = ("Anyone who has worked with {e} knows that its {r} is {the}____.",
         "Question: What is the {r} of {e}?\nAnswer:", "The {r} of {e} is {the}____.",
         "Every guide will tell you about the {r} of {e}, which is {the}____.")  # fmt: skip
_READ = (
    re.compile(r"worked with (?P<e>\w+) knows that its (?P<r>.*) is (?P<the>the )?____"),
    re.compile(r"about the (?P<r>.*) of (?P<e>\w+), which is (?P<the>the )?____"),
)
SYLLABLES = ("zor", "quil", "bam", "fen", "dru", "lith", "mar", "ok", "pel", "sun")
ENDINGS = ("ane", "ite", "ol", "ess")
WORDS = 12
"""Tokens that it goes on for."""


class ServedExam(NamedTuple):
    """Facts with their questions; every other one is of the book."""

    items: list[tuple[Nugget, list[Question]]]
    known: Floats


def exam(of_the_book: Sequence[Question], count: int, seed: int) -> ServedExam:
    """Facts of the book by turns with the like about a name never written, its answer by lot."""
    rng = random.Random(seed)
    items, known = [], []
    for place, question in enumerate(rng.sample(list(of_the_book), count)):
        read = next(found for form in _READ if (found := form.search(question.stem)))
        new = place % 2 == 1
        name = rng.choice(SYLLABLES) + rng.choice(SYLLABLES) + rng.choice(ENDINGS)
        entity, answer = (
            (name, rng.choice(question.options)) if new else (read["e"], question.answer)
        )
        nugget = Nugget(
            paper="p", passage="q", page=1, claim=entity, quote=f"{entity} {read['r']}",
            start=0, end=place,
        )  # fmt: skip
        stems = [stem.format(e=entity, r=read["r"], the=read["the"] or "") for stem in STEMS]
        asked = [probed_by(nugget, form, stem, question.options, answer)
                 for form, stem in enumerate(stems)]  # fmt: skip
        items.append((nugget, asked))
        known.append(float(not new))
    return ServedExam(items, np.array(known))


def talking(target: Target, likelihoods: bool) -> Responder:
    """What an endpoint answers that serves this model. One call at a time, as on one machine."""
    turn = Lock()

    def answer(body: Body) -> MockReply | Fault:
        if body.get("logprobs") and not likelihoods:
            return declined("logprobs")
        stem, options = asked_in(body)
        context = stem.partition(GAP)[0].rstrip()
        if GAP not in stem:
            context = framed(stem)
        with turn:
            if not options:
                return MockReply(re.split(r"[.,;]", target.complete(context, WORDS))[0].strip())
            [scores] = target.score([Choice(context, tuple(f" {text}." for text in options))])
        values = np.array([score.logprob for score in scores])
        shares = np.exp(values - values.max()) / np.exp(values - values.max()).sum()
        tops = {chr(65 + at): math.log(max(share, 1e-9)) for at, share in enumerate(shares)}
        letter = chr(65 + int(shares.argmax()))
        return MockReply(letter, tokens=(MockToken(letter, tops),))

    return answer


class ServedOutcome(NamedTuple):
    """What came of it."""

    probes: list[Probe]
    cost: Cost

    def p(self) -> Floats:
        """P(known) of each fact."""
        return np.array([one.p_known for one in self.probes])


def probed(of: ServedExam, target: Target, likelihoods: bool) -> ServedOutcome:
    """Over HTTP."""
    costs: list[Cost] = []
    with MockEndpoint(talking(target, likelihoods)) as endpoint:
        probes = over(
            endpoint.url,
            lambda line: probe(of.items, line, "version", on_cost=costs.append),
            "sample target",
            in_flight=8,
        )
    return ServedOutcome(probes, costs[0])


def plain(of: ServedExam, target: Target) -> Floats:
    """The share of each fact's questions in which the right option is the likeliest."""
    shares = []
    for _, questions in of.items:
        scored = target.score([render(question) for question in questions])
        said = [reply(question, scores) for question, scores in zip(questions, scored, strict=True)]
        shares.append(sum(one is not None and one.right for one in said) / len(said))
    return np.array(shares)


def measure(data: Path) -> Part:  # noqa: ARG001  the book is ours
    """The figures; trains the sample target first (about 80 CPU-seconds)."""
    with tempfile.TemporaryDirectory() as work:
        return measured(build(Path(work) / "target"))


def measured(base: Path, count: int = COUNT) -> Part:
    """The part, of the target in this folder."""
    from tools.models.hf import HFTarget

    target = HFTarget.load(base, device="cpu")
    of = exam(read_questions(base / "retention.jsonl"), count, SEED)
    found = {
        "likelihoods given": probed(of, target, likelihoods=True),
        "letters only": probed(of, target, likelihoods=False),
    }
    book = of.known == 1
    bare = plain(of, target)
    figures, rows = [], []
    for name, one in found.items():
        unknown = np.array([p.verdict is Verdict.UNKNOWN for p in one.probes])
        low, high = interval(one.p(), book)
        n = len(one.probes)
        figures += [
            Figure(name=f"area under the curve, {name}", value=area(one.p(), book), low=low,
                   high=high, n=n, aim=0.97),
            Figure.share(f"precision of *unknown*, {name}", int((unknown & ~book).sum()),
                         int(unknown.sum()), aim=0.95),
            Figure(name=f"calibration error of P(known), {name}", aim=0.05, better="lower", n=n,
                   value=calibration_error(one.p(), of.known)),
            Figure(name=f"calls saved by stopping once decided, {name}", value=one.cost.saved,
                   n=one.cost.fixed, note=f"{one.cost.calls} of {one.cost.fixed} calls"),
        ]  # fmt: skip
        rows += [_row(f"of the book, {name}", one, book), _row(f"never named, {name}", one, ~book)]
    rows.append(
        (f"share of {len(STEMS)} questions right", f"area {area(bare, book):.3f}",
         f"calibration error {calibration_error(bare, of.known):.3f}", "", "", "")
    )  # fmt: skip
    return Part.of(
        "probing_served",
        "Probing a real small model as if it only talked",
        "The sample target behind a server, asked by letters and in words through the client that "
        f"endpoints are asked with: {count // 2} facts of its school book, and as many about names "
        "that nobody ever wrote, with an answer drawn by lot. Beside it the plain share of "
        "questions in which the right option is the likeliest.",
        ("torch", "transformers", "langchain-openai", "openai"),
        figures=tuple(figures),
        tables=(
            Table(
                title="Verdicts",
                columns=("facts", "known", "partly", "unknown", "contradicted", "unprobed"),
                rows=tuple(rows),
            ),
        ),
    )


def _row(name: str, found: ServedOutcome, which: Flags) -> tuple[str, ...]:
    said = [one.verdict for one, mine in zip(found.probes, which, strict=True) if mine]
    kinds = (Verdict.KNOWN, Verdict.PARTLY, Verdict.UNKNOWN, Verdict.CONTRADICTED, Verdict.UNPROBED)
    return (name, *(str(said.count(kind)) for kind in kinds))
