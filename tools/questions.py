"""Vet questions by code: what is refused is refused for a named reason. Writing them is elsewhere.

A question that passes has one key among distinct options of one type and like length, stands by
itself, is answered by its nugget's quote, does not give the answer away, and is no copy of another;
no held-out text is also a training text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from memory.records import GAP, Nugget, NuggetStatus, Purpose, Question, QuestionKind
from tools.nuggets import numbers

REASONS: Final[Mapping[str, str]] = {
    "no_nugget": "its nugget is not among those it was vetted against",
    "no_text": "the stem or a needed answer is empty, or the stem holds several gaps",
    "key": "the answer is not exactly one of the options",
    "options": "fewer than three options differ after normalisation",
    "type": "the options are not of one type: numbers beside words, or other units",
    "length": "the right option is by far the longest",
    "dangling": "the stem leans on text that the reader does not see",
    "figure": "the stem points at a figure, a table or a section",
    "unsupported": "the quote does not hold the answer, or the statement brings in a number",
    "given_away": "the stem already holds the answer",
    "duplicate": "the same text is asked twice",
    "ambiguous": "the same stem is asked elsewhere with another answer",
    "leak": "a held-out text is also a training text",
}
"""Every reason code, and what it means."""

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


def normal(text: str) -> str:
    """For comparing texts: lower case, words and numbers only, no leading article."""
    words = re.findall(r"\w+(?:[.,]\d+)*|[%°±+<>=/-]", text.lower().replace("−", "-"))
    return " ".join(words[1:] if words[:1] and words[0] in {"the", "a", "an"} else words)


def whole(question: Question) -> str:
    """What is read when the question is read with its answer in place, normalised."""
    if GAP in question.stem and question.kind is QuestionKind.MCQ:
        return normal(question.stem.replace(GAP, question.answer))
    return normal(f"{question.stem} {question.answer}")


def vet(questions: Sequence[Question], nuggets: Sequence[Nugget]) -> list[Question]:
    """The questions in their order, each `vetted`, or `rejected` with a code of REASONS.

    What one question alone shows is looked at first; then the rest are compared with each other.
    Vetting twice gives the same as once.
    """
    by_id = {nugget.id: nugget for nugget in nuggets}
    reasons = [_alone(question, by_id) for question in questions]
    standing = [q for q, reason in zip(questions, reasons, strict=True) if not reason]
    together = _together(standing)
    return [
        _stamped(question, reason or together.get(index, ""))
        for index, (question, reason) in _numbered(questions, reasons)
    ]


def _numbered(
    questions: Sequence[Question], reasons: Sequence[str]
) -> list[tuple[int, tuple[Question, str]]]:
    """Each pair with its place among those that stand so far; -1 for the refused."""
    made, place = [], 0
    for question, reason in zip(questions, reasons, strict=True):
        made.append((-1 if reason else place, (question, reason)))
        place += not reason
    return made


def _stamped(question: Question, reason: str) -> Question:
    return question.model_copy(update={"vetted": not reason, "rejected": reason})


def _alone(question: Question, nuggets: Mapping[str, Nugget]) -> str:
    nugget = nuggets.get(question.nugget)
    if nugget is None:
        return "no_nugget"
    for check in _CHECKS:
        if reason := check(question):
            return reason
    return _supported(question, nugget)


def _text(question: Question) -> str:
    needs = question.kind is not QuestionKind.STATEMENT
    empty = not question.stem.strip() or (needs and not question.answer.strip())
    return "no_text" if empty or question.stem.count(GAP) > 1 else ""


def _options(question: Question) -> str:
    if question.kind is not QuestionKind.MCQ:
        return ""
    options = [normal(option) for option in question.options]
    if question.options.count(question.answer) != 1 or options.count(normal(question.answer)) != 1:
        return "key"
    return "options" if len(set(options)) < max(3, len(options)) or "" in options else ""


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
    if question.kind is QuestionKind.STATEMENT:
        brought = numbers(question.stem).keys() - numbers(source).keys()
        return "unsupported" if brought else ""
    have = set(normal(source).split())
    return "" if set(normal(question.answer).split()) <= have else "unsupported"


def _given_away(question: Question) -> str:
    if question.kind is QuestionKind.STATEMENT:
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


def _together(questions: Sequence[Question]) -> dict[int, str]:
    """Reasons by place among the questions, for those that only a comparison can refuse."""
    trained = {text for q in questions if not q.held_out for text in (whole(q), normal(q.stem))}
    answers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for q in questions:
        if q.kind is not QuestionKind.STATEMENT:
            answers[_asked(q)].add(normal(q.answer))
    reasons: dict[int, str] = {}
    seen: set[tuple[Purpose, str]] = set()
    for place, q in enumerate(questions):
        if _ambiguous(q, answers[_asked(q)]):
            reasons[place] = "ambiguous"
        elif q.held_out and (whole(q) in trained or normal(q.stem) in trained):
            reasons[place] = "leak"
        elif (q.purpose, whole(q)) in seen:
            reasons[place] = "duplicate"
        else:
            seen.add((q.purpose, whole(q)))
    return reasons


def _ambiguous(question: Question, answers: set[str]) -> bool:
    """Whether the same stem has another answer too.

    A probe is only spoilt where that other answer is among its options: two papers that contradict
    each other are both asked about, each with its own value.
    """
    others = answers - {normal(question.answer)}
    if question.kind is QuestionKind.STATEMENT or not others:
        return False
    if question.purpose is not Purpose.PROBE:
        return True
    return bool(others & {normal(option) for option in question.options})


def _asked(question: Question) -> tuple[str, str]:
    """What makes two questions the same but for their answers."""
    return question.purpose.value, normal(question.stem)
