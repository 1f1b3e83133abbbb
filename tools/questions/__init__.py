"""Vet questions by code: what is refused is refused for a named reason. Writing them is elsewhere.

A question that passes has one key among distinct options of one type and like length, stands by
itself, is answered by its nugget's quote, does not give the answer away, and is no copy of another;
no held-out text is also a training text. `vet_set` looks at what the questions show as a set, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from memory.records import Nugget, Question
from tools.models import Choice, Target
from tools.questions.comparison import refusals
from tools.questions.sets import SetReport, VettedSet
from tools.questions.sets import report as report
from tools.questions.sets import vet_set as _vet_set
from tools.questions.single import alone
from tools.questions.texts import normal, whole
from tools.questions.traits import Prior

__all__ = ["REASONS", "Prior", "SetReport", "VettedSet", "liking", "normal", "report", "vet",
           "vet_set", "whole"]  # fmt: skip

REASONS: Final[Mapping[str, str]] = {
    "no_nugget": "its nugget is not among those it was vetted against",
    "no_text": "the stem or a needed answer is empty, or the stem holds several gaps",
    "key": "the answer is not exactly one of the options",
    "options": "there are fewer than two options, or two of them are alike",
    "type": "the options are not of one type: numbers beside words, or other units",
    "length": "the right option is by far the longest, or longer than the rest over the whole set",
    "dangling": "the stem leans on text that the reader does not see",
    "figure": "the stem points at a figure, a table or a section",
    "unsupported": "the quote does not hold the answer, or the statement brings in a number",
    "given_away": "the stem already holds the answer",
    "duplicate": "the same is asked twice, in the same words or in nearly the same",
    "ambiguous": "the same stem is asked elsewhere with another answer",
    "leak": "a held-out text, or its set of options, is also trained on",
    "shortcut": "the options alone betray the key",
    "judged_wrong": "a judge who read the quote chose another option",
    "judged_ambiguous": "a judge who read the quote found several options right, or none",
    "judged_weak": "a judge found that it does not stand alone, or scored it too low",
}
"""Every reason code, and what it means."""


def vet(questions: Sequence[Question], nuggets: Sequence[Nugget]) -> list[Question]:
    """The questions in their order, each `vetted`, or `rejected` with a code of REASONS.

    What one question alone shows is looked at first; then the rest are compared with each other.
    Vetting twice gives the same as once.
    """
    by_id = {nugget.id: nugget for nugget in nuggets}
    reasons = [alone(question, by_id) or _judged(question) for question in questions]
    standing = [place for place, reason in enumerate(reasons) if not reason]
    for place, reason in refusals([questions[place] for place in standing]).items():
        reasons[standing[place]] = reason
    return [_stamped(q, reason) for q, reason in zip(questions, reasons, strict=True)]


def vet_set(
    questions: Sequence[Question],
    nuggets: Sequence[Nugget],
    prior: Prior | None = None,
    beside: Sequence[Question] = (),
) -> VettedSet:
    """`vet`, then what only the whole set shows, with a report on the set.

    Choices whose right option is the longest are refused (`length`) until the keys are no longer
    than the rest on average, and choices that a guesser gets right by their options alone
    (`shortcut`) until it is within the noise of chance on those that remain.
    prior: log-likelihood of each option by itself, where a language model is at hand.
    beside: questions that are not of the set, for which it may hold no copy and no leak.
    """
    return _vet_set(vet([*questions, *beside], nuggets)[: len(questions)], prior)


def liking(target: Target) -> Prior:
    """What a target thinks of options with no question before them, for `vet_set`.

    A value out of the range that it has read of, or a name that it never met, is guessed wrong by
    a model that knows nothing of the matter: asked for values that it was never taught, one chose
    the right of four 0.85 times from among made-up ones, 0.30 from among those of other claims.
    """

    def prior(options: Sequence[tuple[str, ...]]) -> list[list[float]]:
        scores = target.score([Choice("", of) for of in options])
        return [[score.logprob for score in row] for row in scores]

    return prior


def _judged(question: Question) -> str:
    """A judge's refusal stands: only a judge can take it back."""
    return question.rejected if question.rejected.startswith("judged_") else ""


def _stamped(question: Question, reason: str) -> Question:
    return question.model_copy(update={"vetted": not reason, "rejected": reason})
