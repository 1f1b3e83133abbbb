"""What one question shows by itself: whether it can be asked at all, and answered by its quote."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from memory.records import GAP, Nugget, NuggetStatus, Question, QuestionKind
from tools.nuggets import numbers
from tools.questions.texts import normal

_DANGLING = re.compile(
    r"(?:^|[.:] |^(?:\W*\w+){0,6} that )"
    r"(?:this|these|those|it(?! (?:is|was|has been) [^.?]{1,90}? that\b)|they|he|she|such|"
    r"the (?:former|latter|same))\s\w|"
    r"\b(?:our|we|us)\b|\bthis (?:study|paper|work)\b|\bthe authors\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(
    r"\b(?:fig(?:ure)?|table|eq(?:uation)?|section|appendix)s?\.?\s*S?\d|\b(?:as )?shown "
    r"(?:above|below)\b",
    re.IGNORECASE,
)
_FRAME = re.compile(r"\bwe (?:all )?know\b|\btells? (?:me|us)\b", re.IGNORECASE)
"""Harmless uses of first persons in framings."""


def alone(question: Question, nuggets: Mapping[str, Nugget]) -> str:
    """The reason that the question by itself is refused for; empty where there is none."""
    nugget = nuggets.get(question.nugget)
    if nugget is None:
        return "no_nugget"
    return unsourced(question) or _supported(question, nugget)


def unsourced(question: Question) -> str:
    """The same without its nugget: for questions of somebody else's, too."""
    return next((reason for check in _CHECKS if (reason := check(question))), "")


def _text(question: Question) -> str:
    needs = not question.told
    empty = not question.stem.strip() or (needs and not question.answer.strip())
    return "no_text" if empty or question.stem.count(GAP) > 1 else ""


def _options(question: Question) -> str:
    if question.kind is not QuestionKind.MCQ:
        return ""
    options = [normal(option) for option in question.options]
    if question.options.count(question.answer) != 1 or options.count(normal(question.answer)) != 1:
        return "key"
    return "options" if len(set(options)) < max(2, len(options)) or "" in options else ""


def _shape(option: str) -> tuple[bool, str]:
    """Whether it holds a number, and what stands behind the number."""
    found = re.search(r"\d+(?:[.,]\d+)*", option)
    return (
        (True, re.sub(r"[\d.,±\s]+", "", option[found.end() :]).lower()) if found else (False, "")
    )


def _type(question: Question) -> str:
    if question.kind is not QuestionKind.MCQ:
        return ""
    shapes = {_shape(option) for option in question.options}
    units = re.match(r"\s*[-−+]?\d", question.answer)
    return "type" if units and len(shapes) > 1 else ""


def _length(question: Question) -> str:
    if question.kind is not QuestionKind.MCQ:
        return ""
    longest = max(len(option) for option in question.options if option != question.answer)
    return "length" if len(question.answer) > 2 * longest + 8 else ""


def _stands(question: Question) -> str:
    if _FIGURE.search(question.stem):
        return "figure"
    return "dangling" if _DANGLING.search(_FRAME.sub(" ", question.stem)) else ""


def _supported(question: Question, nugget: Nugget) -> str:
    # A person who edits a claim answers for it; the quote then need not hold every word.
    source = nugget.quote + (f" {nugget.claim}" if nugget.status is NuggetStatus.EDITED else "")
    if question.told:
        brought = numbers(question.stem).keys() - numbers(source).keys()
        return "unsupported" if brought else ""
    have = set(normal(source).split())
    return "" if set(normal(question.answer).split()) <= have else "unsupported"


def _given_away(question: Question) -> str:
    if question.told:
        return ""
    answer = normal(question.answer)
    return (
        "given_away"
        if re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", normal(question.stem))
        else ""
    )


_CHECKS: tuple[Callable[[Question], str], ...] = (
    _text,
    _options,
    _type,
    _length,
    _stands,
    _given_away,
)
