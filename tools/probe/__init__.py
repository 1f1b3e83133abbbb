"""What the target knows of a nugget already. Asked by choice likelihood, never in words.

Several multiple-choice questions per nugget, each option scored as the continuation of the stem,
and once more after controls' stems. What to ask is the teacher's business; a model that gives no
likelihoods is asked in `words`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from memory.records import GAP, Nugget, Probe, Purpose, Question, QuestionKind, Verdict
from tools.models import Choice, OptionScore, Target
from tools.probe.belief import ChoiceShares
from tools.probe.calibration import Calibration, fit
from tools.probe.controls import Chosen, controls_of
from tools.probe.evidence import Evidence, ScoredQuestion, gathered, values
from tools.probe.verdicts import judged

MADE_BY = "choice likelihood"
CHUNK = 256
"""Questions scored in one call: enough to fill batches, few enough to show progress."""
PENDING = "asked, not judged yet"
"""Reason of a probe whose batch is not complete."""
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)")
Asked = Mapping[str, Sequence[Question]]
"""Usable questions by nugget id."""
Progress = Callable[[int, int], None]
"""Called with (questions answered, questions in all)."""


def render(question: Question) -> Choice:
    """The context before the answer, and each option as it would go on.

    With a gap: the text before it; each option is followed by the rest of its sentence, which
    tells a number from the beginning of a longer one. Without: the whole stem.
    """
    return choice_of(question, question.options)


def choice_of(question: Question, options: Sequence[str]) -> Choice:
    """Some options in the place of a question's own."""
    before, gap, _ = question.stem.partition(GAP)
    if not gap:
        context = question.stem.rstrip()
        space = " " if context else ""
    else:
        context = before.rstrip(" ")
        space = before[len(context) :][:1]
    rest = remainder(question)
    return Choice(context, tuple(f"{space}{option}{rest}" for option in options))


def remainder(question: Question) -> str:
    """What follows the gap up to the end of its sentence."""
    after = question.stem.partition(GAP)[2]
    end = _SENTENCE_END.search(after)
    return after[: end.end()] if end else after


def reply(question: Question, scores: Sequence[OptionScore]) -> ChoiceShares | None:
    """What the target favours: softmax over the options' log-likelihoods. None: not readable."""
    values = [score.logprob for score in scores]
    if not values or not all(map(math.isfinite, values)):
        return None
    top = max(values)
    weights = [math.exp(value - top) for value in values]
    shares = [weight / sum(weights) for weight in weights]
    return ChoiceShares(question.options, question.key, tuple(shares))


def probe(
    items: Sequence[tuple[Nugget, Sequence[Question]]],
    target: Target,
    model: str,
    made_by: str = MADE_BY,
    on_progress: Progress | None = None,
) -> list[Probe]:
    """One probe per nugget, in order: asked and judged as one batch."""
    return judge(ask(items, target, model, made_by=made_by, on_progress=on_progress))


def ask(
    items: Sequence[tuple[Nugget, Sequence[Question]]],
    target: Target,
    model: str,
    around: Sequence[Question] = (),
    made_by: str = MADE_BY,
    on_progress: Progress | None = None,
) -> list[Probe]:
    """One probe per nugget, in order, with its evidence; to be judged when its batch is complete.

    Only vetted multiple-choice probe questions are asked. A nugget without any is unprobed.

    model: ModelVersion id of the target.
    around: questions of other nuggets, whose stems serve as background. The same for every part of
    a batch, so that a batch asked in parts gives what it gives in one.
    """
    asked = {nugget.id: usable(questions) for nugget, questions in items}
    controls = controls_of(all_asked := {**by_nugget(around), **asked}, asked)
    queue = [(name, question) for name, questions in asked.items() for question in questions]
    heard: dict[str, list[ScoredQuestion]] = {}
    for first in range(0, len(queue), CHUNK):
        part = queue[first : first + CHUNK]
        for name, one in _heard(part, controls, all_asked, target):
            heard.setdefault(name, []).append(one)
        if on_progress:
            on_progress(min(first + CHUNK, len(queue)), len(queue))
    return [
        _record(nugget.id, model, heard.get(nugget.id, []), controls, made_by)
        for nugget, _ in items
    ]


def judge(probes: Sequence[Probe], earlier: Sequence[Probe] = ()) -> list[Probe]:
    """The probes with beliefs and verdicts, in order; whatever has no evidence stays as it is.

    earlier: of the same model version; they are not judged again, but the more evidence a batch
    holds, the better it is told apart. The result does not depend on the order of either.
    """
    batch = {one.id: one for one in (*earlier, *probes) if one.evidence}
    if not batch:
        return list(probes)
    fitted = fit([_evidence(batch[name]) for name in sorted(batch)])
    return [_judged(one, fitted) if one.evidence else one for one in probes]


def _judged(one: Probe, fitted: Calibration) -> Probe:
    found = judged(fitted, _evidence(one), one.answers)
    return one.replace(
        p_known=found.belief.mean,
        low=found.belief.low,
        high=found.belief.high,
        verdict=found.verdict,
        reason=found.reason,
    )


def usable(questions: Sequence[Question]) -> list[Question]:
    """Those that a probe may ask."""
    return [
        question
        for question in questions
        if question.kind is QuestionKind.MCQ
        and question.purpose is Purpose.PROBE
        and question.vetted
        and not question.rejected
    ]


def by_nugget(questions: Sequence[Question]) -> dict[str, list[Question]]:
    """The usable ones, each nugget's in the order of their ids."""
    found: dict[str, list[Question]] = {}
    for question in sorted(usable(questions), key=lambda question: question.id):
        found.setdefault(question.nugget, []).append(question)
    return found


def _heard(
    part: Sequence[tuple[str, Question]],
    controls: Mapping[str, Chosen],
    asked: Asked,
    target: Target,
) -> Iterator[tuple[str, ScoredQuestion]]:
    """One call for the questions and their backgrounds; what cannot be read is left out."""
    plans = [_stems(name, question, controls, asked) for name, question in part]
    choices = [choice for plan in plans for choice in plan.values()]
    scores = iter(target.score(choices))
    for (name, question), plan in zip(part, plans, strict=True):
        read = {who: values(next(scores)) for who in plan}
        own = read.pop("")
        if own is not None:
            background = {who: found for who, found in read.items() if found is not None}
            told = ScoredQuestion(question, own, background)
            # What follows the answer is read with it, and is another text after every stem.
            yield name, told.relative() if re.search(r"\w", remainder(question)) else told


def _stems(
    name: str, question: Question, controls: Mapping[str, Chosen], asked: Asked
) -> dict[str, Choice]:
    """The question's choice under an empty name, and its options after each control's stem."""
    plan = {"": render(question)}
    for other in controls[name].nuggets:
        same = [q for q in asked[other] if q.form == question.form]
        if same:
            plan[other] = choice_of(same[0], question.options)
    return plan


def _record(
    nugget: str,
    model: str,
    heard: Sequence[ScoredQuestion],
    controls: Mapping[str, Chosen],
    made_by: str,
) -> Probe:
    if not heard:
        reason = "no question was asked, or no answer could be read"
        return Probe(nugget=nugget, model=model, reason=reason, made_by=made_by)
    shares = [np.exp(one.own - one.own.max()) for one in heard]
    found = gathered(heard, controls[nugget].alike)
    return Probe(
        nugget=nugget,
        model=model,
        questions=tuple(one.question.id for one in heard),
        answers=tuple(one.question.options[int(one.own.argmax())] for one in heard),
        probabilities=tuple(
            round(float(share[one.question.key] / share.sum()), 6)
            for share, one in zip(shares, heard, strict=True)
        ),
        candidates=found.candidates,
        evidence=found.rows,
        background=found.background,
        verdict=Verdict.UNPROBED,
        reason=PENDING,
        made_by=made_by,
    )


def _evidence(one: Probe) -> Evidence:
    return Evidence(one.candidates, one.evidence, one.background)
