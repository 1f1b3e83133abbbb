"""Does the target know a nugget already? Asked by choice likelihood, never in words.

Several multiple-choice questions per nugget, each option scored as the continuation of the stem.
How sure that makes us is `belief`'s business; what to ask is the teacher's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

from memory.records import GAP, Nugget, Probe, Purpose, Question, QuestionKind
from tools.models import Choice, OptionScore, Target
from tools.probe.belief import Reply, judge, known

MADE_BY = "choice likelihood"
CHUNK = 256
"""Questions scored in one call: enough to fill batches, few enough to show progress."""
CONTROLS = 2
"""Strangers' stems after which each question's options are read once more: what an option gets
there is its guessing floor. Of 320 facts, those planted four times and more were told from those
never planted with an area under the curve of 0.953; by counting right answers, with 0.904."""
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)")


def render(question: Question) -> Choice:
    """The context before the answer, and each option as it would go on.

    With a gap: the text before it; each option is followed by the rest of its sentence, which
    tells a number from the beginning of a longer one. Without: the whole stem.
    """
    before, gap, after = question.stem.partition(GAP)
    if not gap:
        context, rest = question.stem.rstrip(), ""
        space = " " if context else ""
    else:
        context = before.rstrip(" ")
        space = before[len(context) :][:1]
        end = _SENTENCE_END.search(after)
        rest = after[: end.end()] if end else after
    return Choice(context, tuple(f"{space}{option}{rest}" for option in question.options))


def probe(
    items: Sequence[tuple[Nugget, Sequence[Question]]],
    target: Target,
    model: str,
    made_by: str = MADE_BY,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Probe]:
    """One probe per nugget, in order. Only its vetted multiple-choice probe questions are asked.

    model: ModelVersion id of the target.
    on_progress: called with (questions answered, questions in all).
    """
    asked = [(nugget, [q for q in questions if _usable(q)]) for nugget, questions in items]
    queue = [question for _, questions in asked for question in questions]
    strangers = background(queue)
    replies: list[Reply | None] = []
    for first in range(0, len(queue), CHUNK):
        part = queue[first : first + CHUNK]
        replies += _ask(part, [strangers[question.id] for question in part], target)
        if on_progress:
            on_progress(len(replies), len(queue))
    answered = iter(replies)
    return [
        _record(nugget, [(q, next(answered)) for q in questions], model, made_by)
        for nugget, questions in asked
    ]


def background(questions: Sequence[Question]) -> dict[str, list[Choice]]:
    """By question id: its options after the stems of other nuggets, asked in the same form.

    What a target favours there it favours for its wording, its length or its frequency, not for
    the fact. At most CONTROLS each; none where no other nugget is asked in that form.
    """
    by_form: dict[str, list[Question]] = {}
    for question in questions:
        by_form.setdefault(question.form, []).append(question)
    controls: dict[str, list[Choice]] = {}
    for group in by_form.values():
        for place, question in enumerate(group):
            around = (group[(place + step) % len(group)] for step in range(1, len(group)))
            others = [other for other in around if other.nugget != question.nugget][:CONTROLS]
            options = render(question).options
            controls[question.id] = [Choice(render(other).context, options) for other in others]
    return controls


def _ask(
    questions: Sequence[Question], strangers: Sequence[Sequence[Choice]], target: Target
) -> list[Reply | None]:
    """One call for the questions and their controls."""
    choices = [render(question) for question in questions]
    choices += [choice for controls in strangers for choice in controls]
    scores = iter(target.score(choices))
    said = [reply(question, next(scores)) for question in questions]
    expected = [
        [reply(q, next(scores)) for _ in held] for q, held in zip(questions, strangers, strict=True)
    ]
    return [
        answer and answer._replace(floors=_floors(answer, controls))
        for answer, controls in zip(said, expected, strict=True)
    ]


def _floors(answer: Reply, controls: Sequence[Reply | None]) -> tuple[float, ...]:
    """Mean choice probability of each option over its controls; an even guess without any."""
    shares = [said.shares for said in controls if said] or [answer.floors]
    return tuple(sum(column) / len(shares) for column in zip(*shares, strict=True))


def _usable(question: Question) -> bool:
    mcq = question.kind is QuestionKind.MCQ and question.purpose is Purpose.PROBE
    return mcq and question.vetted and not question.rejected


def reply(question: Question, scores: Sequence[OptionScore]) -> Reply | None:
    """What the target favours: softmax over the options' log-likelihoods. None: not readable."""
    values = [score.logprob for score in scores]
    if not values or not all(map(math.isfinite, values)):
        return None
    top = max(values)
    weights = [math.exp(value - top) for value in values]
    shares = [weight / sum(weights) for weight in weights]
    even = 1 / len(shares)
    return Reply(question.options, question.key, tuple(shares), (even,) * len(shares))


def _record(
    nugget: Nugget, answered: Sequence[tuple[Question, Reply | None]], model: str, made_by: str
) -> Probe:
    read = [(question, said) for question, said in answered if said is not None]
    replies = [said for _, said in read]
    belief = known(replies)
    verdict, reason = judge(replies)
    return Probe(
        nugget=nugget.id,
        model=model,
        questions=tuple(question.id for question, _ in read),
        answers=tuple(said.option for said in replies),
        probabilities=tuple(round(said.on_right, 6) for said in replies),
        p_known=belief.mean,
        low=belief.low,
        high=belief.high,
        verdict=verdict,
        reason=reason,
        made_by=made_by,
    )
