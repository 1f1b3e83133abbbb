"""The reference line of teaching: the old model, shown what memory holds on each question.

How memory is searched is the caller's business: it hands in a function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from evals.examine import Examination, check, examined
from memory.records import Question
from tools.models import Choice, Target
from tools.probe import render

Lookup = Callable[[str], Sequence[str]]
"""From a question's stem to the claims that may answer it, the likeliest first."""
CLAIMS = 3
"""Shown before a question, of those a look-up gives."""


def examine_with_memory(
    target: Target, questions: Sequence[Question], lookup: Lookup, metric: str
) -> Examination:
    """As `examine`, with the claims that `lookup` finds for a stem read before it.

    At most CLAIMS of them. Raises BadInput for a question without options or a right one.
    """
    choices = [reminded(render(q), lookup(q.stem)[:CLAIMS]) for q in check(questions)]
    return examined(target, questions, choices, metric)


def reminded(choice: Choice, claims: Sequence[str]) -> Choice:
    """The choice with claims before its context, a line each, the likeliest next to the question.

    A context too long for the model loses its beginning: the best claim must not be lost first.
    """
    if not claims:
        return choice
    return choice._replace(context="\n".join([*reversed(claims), "", choice.context]))
