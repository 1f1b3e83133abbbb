"""The examination of a version, before and after, and the gate.

What must not be lost is told by `retention`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from agent.steps.approve import taught_by
from agent.steps.retention import exam_of, old_questions, old_text
from memory.records import (
    GAP,
    Dataset,
    ExamAnswer,
    ModelVersion,
    Nugget,
    Question,
    Score,
    TeachingResult,
)

if TYPE_CHECKING:
    from agent.context import RunContext, Workplace
    from evals.examine import Examination
    from evals.gate import GateDecision


class Papers(NamedTuple):
    """The question papers of one examination."""

    new: list[Question]
    """About what this version is the first to be taught."""
    control: list[Question]
    """About papers of which nothing was taught."""
    old: list[Question]
    """About what must not be lost."""


def papers(ctx: Workplace, before: ModelVersion, dataset: Dataset) -> Papers:
    """What a version trained on a dataset is asked."""
    new = set(dataset.nuggets) - taught_by(ctx.store, before)
    control = ctx.store.all(Question, id=list(dataset.control))
    return Papers(exam_of(ctx.store, new), control, old_questions(ctx, before))


def scored(ctx: RunContext, name: str) -> None:
    """See that a version (its id) has its scores."""
    version = ctx.store.get(ModelVersion, name)
    if not version.scores:
        before = ctx.store.get(ModelVersion, version.parent)
        asked = papers(ctx, before, ctx.store.get(Dataset, version.dataset))
        scores, answers = examined(ctx, before, version, asked)
        # Before the scores: a version that has them is not examined again.
        ctx.store.put(*answers)
        ctx.process.lineage.score(version.id, scores)


def settled(ctx: RunContext, name: str) -> bool:
    """Promote a version (its id) or refuse it, as the gate decides; whether it passed."""
    version = ctx.store.get(ModelVersion, name)
    decision = gated(ctx, version)
    reason = "; ".join(decision.reasons)
    lineage = ctx.process.lineage
    (lineage.promote if decision.passed else lineage.refuse)(version.id, reason)
    word = "passed" if decision.passed else "refused"
    ctx.store.put(TeachingResult(run=ctx.run, version=version.id, passed=decision.passed))
    ctx.log("gate", f"v{version.number} {word}: {reason}")
    return decision.passed


def examined(
    ctx: RunContext, before: ModelVersion, after: ModelVersion, asked: Papers
) -> tuple[list[Score], list[ExamAnswer]]:
    """All scores that the gate and the report want, and the single answers.

    new_*, control_*, old_* and perplexity_* before and after; new_memory: the version before, with
    the nearest claims of the memory put before each question; leaks; parity.
    """
    from evals.examine import examine, perplexity
    from evals.retrieval import examine_with_memory

    scores: list[Score] = []
    answers: dict[str, ExamAnswer] = {}

    def keep(what: str, when: str, questions: Sequence[Question], result: Examination) -> None:
        scores.append(result.score)
        for question, answer in zip(questions, result.answers, strict=True):
            first = ExamAnswer(version=after.id, question=question.id, what=what)
            answers[first.id] = answers.get(first.id, first).replace(**{when: answer.option})

    texts = old_text(ctx, before.name).kept_back or sorted({_said(q) for q in asked.old})
    for when, version in (("before", before), ("after", after)):
        target = ctx.process.target(version)
        for what, questions in asked._asdict().items():
            keep(what, when, questions, examine(target, questions, f"{what}_{when}"))
        scores.append(perplexity(target, texts, f"perplexity_{when}"))
    read = examine_with_memory(ctx.process.target(before), asked.new, lookup(ctx), "new_memory")
    keep("new", "memory", asked.new, read)
    scores += [_leaks(ctx, after, asked), *_parity(ctx, after, prompts(ctx, before, asked))]
    return scores, list(answers.values())


def lookup(ctx: RunContext) -> Callable[[str], list[str]]:
    """The memory search as a function from a question's stem to the nearest claims."""
    from evals.retrieval import CLAIMS

    def claims(stem: str) -> list[str]:
        words = stem.replace(GAP, " ")
        [near] = ctx.process.vectors.nearest(ctx.process.embedder.embed([words]), CLAIMS)
        held = {nugget.id: nugget for nugget in ctx.store.all(Nugget, id=[n for n, _ in near])}
        return [held[name].claim for name, _ in near if name in held]

    return claims


def _leaks(ctx: RunContext, version: ModelVersion, asked: Papers) -> Score:
    """How many things of the examination were in training, looked up in the frozen files."""
    from tools.dataset import leaks

    found = leaks(Path(ctx.store.get(Dataset, version.dataset).path))
    return Score(metric="leaks", value=len(found), n=sum(map(len, asked)), method="; ".join(found))


def _parity(ctx: RunContext, version: ModelVersion, prompts: Sequence[str]) -> list[Score]:
    """Share of prompts on which adapter, merged and reloaded model agree."""
    from evals.stats import share

    if not prompts:
        return []
    found = ctx.process.agreement(version, prompts)
    ctx.log("examine", found.reason)
    return [share("parity", found.agreeing, found.prompts)]


def prompts(ctx: Workplace, before: ModelVersion, asked: Papers) -> list[str]:
    """What a version's forms are compared on: answered questions, then old text."""
    said = [_said(question) for questions in asked for question in questions]
    texts = old_text(ctx, before.name).kept_back
    return list(dict.fromkeys([*said, *texts]))[: ctx.settings.gate.parity_prompts]


def prompts_of(ctx: Workplace, version: ModelVersion) -> list[str]:
    """The same for a version that has been taught."""
    before = ctx.store.get(ModelVersion, version.parent)
    return prompts(ctx, before, papers(ctx, before, ctx.store.get(Dataset, version.dataset)))


def _said(question: Question) -> str:
    from tools.probe import render

    context, options = render(question)
    return context + options[question.key]


def gated(ctx: RunContext, version: ModelVersion) -> GateDecision:
    """The gate's verdict on a candidate's scores."""
    from evals.gate import GateLimits, gate

    limits = GateLimits(**ctx.settings.gate.model_dump())
    return gate({score.metric: score for score in version.scores}, limits)
