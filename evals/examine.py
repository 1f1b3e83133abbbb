"""Examine a target: multiple-choice accuracy and perplexity, with intervals and every answer.

Which questions to ask, and what the scores mean for a version, is decided elsewhere.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from evals.stats import ratio_bootstrap, share
from memory.errors import BadInput
from memory.records import Question, QuestionKind, Score
from tools.models import Choice, Target
from tools.probe import render, reply


class Answer(NamedTuple):
    """What the target favoured in one question."""

    question: str
    """Question id."""
    nugget: str
    option: str
    """The favoured option; empty where no answer could be read."""
    right: bool
    confidence: float
    """Choice probability of that option, in [0, 1]."""


class Examination(NamedTuple):
    """A score and the answers behind it, in the order asked."""

    score: Score
    answers: list[Answer]
    by_nugget: Score
    """The same with one vote per nugget: right where most of its questions are."""


def examine(target: Target, questions: Sequence[Question], metric: str) -> Examination:
    """Accuracy over multiple-choice questions; the likeliest option is the answer.

    Raises BadInput for a question that has no options or no right one among them.
    """
    return examined(target, questions, [render(question) for question in check(questions)], metric)


def check(questions: Sequence[Question]) -> Sequence[Question]:
    """The same questions; BadInput unless each has options and the right one among them."""
    for question in questions:
        if question.kind is not QuestionKind.MCQ or question.answer not in question.options:
            raise BadInput(f"Question {question.id} is no multiple-choice question with a key.")
    return questions


def examined(
    target: Target, questions: Sequence[Question], choices: Sequence[Choice], metric: str
) -> Examination:
    """The examination of questions that are put in these words, one choice for each."""
    scored = target.score(choices)
    answers = []
    for question, options in zip(questions, scored, strict=True):
        said = reply(question, options)
        answers.append(
            Answer(question.id, question.nugget, said.option, said.right, said.confidence)
            if said
            else Answer(question.id, question.nugget, "", False, 0.0)
        )
    return Examination(_score(metric, answers), answers, vote(metric + "_by_nugget", answers))


def _score(metric: str, answers: Sequence[Answer]) -> Score:
    read = [answer for answer in answers if answer.option]
    right = sum(answer.right for answer in read)
    return share(metric, right, len(read), unscored=len(answers) - len(read))


def vote(metric: str, answers: Sequence[Answer]) -> Score:
    """Share of nuggets with more than half of their readable answers right."""
    by_nugget: dict[str, list[bool]] = defaultdict(list)
    for answer in answers:
        if answer.option:
            by_nugget[answer.nugget].append(answer.right)
    won = sum(2 * sum(rights) > len(rights) for rights in by_nugget.values())
    silent = len({answer.nugget for answer in answers}) - len(by_nugget)
    return share(metric, won, len(by_nugget), unscored=silent)


def perplexity(target: Target, texts: Sequence[str], metric: str = "perplexity") -> Score:
    """Perplexity per token over the texts, with a 95 % bootstrap interval over texts.

    A text without a token to predict, or with an unreadable value, is unscored.
    """
    found = target.perplexity(texts)
    read = [(nats, tokens) for nats, tokens in found if tokens and math.isfinite(nats)]
    unscored = len(found) - len(read)
    if not read:
        return Score(metric=metric, unscored=unscored, method="bootstrap")
    nats, tokens = [n for n, _ in read], [float(t) for _, t in read]
    low, high = ratio_bootstrap(nats, tokens)
    return Score(
        metric=metric,
        value=math.exp(sum(nats) / sum(tokens)),
        low=math.exp(low),
        high=math.exp(high),
        n=len(read),
        unscored=unscored,
        method="bootstrap",
    )
