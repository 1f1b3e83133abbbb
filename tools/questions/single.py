"""What one question shows by itself: whether it can be asked at all, and answered by its quote."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from memory.records import GAP, Nugget, NuggetStatus, Question, QuestionKind
from tools.nuggets import numbers
from tools.questions.texts import normal
from tools.text.values import Value, tokens

_DANGLING = re.compile(
    r"^(?:(?:question|complete)\W+|(?:\W*\w+){1,6} that )?"
    r"(?:this|these|those|it(?! (?:is|was|has been) [^.?]{1,90}? that\b)|they|he|she|such|"
    r"the (?:former|latter|same|above|aforementioned))\s\w",
    re.IGNORECASE,
)
"""A word for something that was named before, where nothing stands before it. In the second
sentence of a stem it leans on the first."""
_PAPER = re.compile(
    r"\b(?:our(?! (?:solar system|galaxy|planet|species|ancestors|bod(?:y|ies)|sun)\b)|we|us)\b|"
    r"\b(?:this|the present|the current) (?:study|paper|work|article|investigation|experiment|"
    r"trial|review|report|survey|research|manuscript)\b|\bthe (?:authors?|text|passage|excerpt|"
    r"article|paper)\b(?! (?:of|industry|mill|by|on)\b)|\bdescribed here(?:in)?\b|"
    r"\bthe (?:above|aforementioned)\b|\b(?:according to|based on) (?:this|these)\b",
    re.IGNORECASE,
)
"""Words for the paper itself, which the reader does not see."""
_FIGURE = re.compile(
    r"\b(?:supplementary |suppl?\. )?(?:fig(?:ure)?|table|eq(?:uation)?|section|appendix|panel|"
    r"scheme)s?\.?\s*(?:S?\d|(?-i:[IVX]+\b|[A-H]\b))|"
    r"\b(?:in|see|from) (?:the |this )?(?:figure|table|appendix|supplement|following figure|"
    r"following table|image|diagram|graph|picture|photograph)\b|"
    r"\b(?:shown|given|listed|seen|depicted) (?:above|below)\b(?![^?]*[:\n])",
    re.IGNORECASE,
)
"""Something to look at. What is `listed below:` follows in the stem."""
_FRAME = re.compile(
    r"\bwe (?:all )?(?:know|call|need|say|speak)\b|\b(?:tells?|lets?|gives?) (?:me|us)\b",
    re.IGNORECASE,
)
"""Harmless uses of first persons, in framings and of people at large."""

_GAPS = re.compile(f"{GAP}_*")


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
    needs = not question.is_statement
    empty = not question.stem.strip() or (needs and not question.answer.strip())
    return "no_text" if empty or len(_GAPS.findall(question.stem)) > 1 else ""


def _options(question: Question) -> str:
    if question.kind is not QuestionKind.MCQ:
        return ""
    options = [normal(option) for option in question.options]
    if question.options.count(question.answer) != 1 or options.count(normal(question.answer)) != 1:
        return "key"
    return "options" if len(set(options)) < max(2, len(options)) or "" in options else ""


def _measure(option: str) -> str | None:
    """The unit of a bare quantity, in one spelling; None where it is something else."""
    found = list(tokens(re.sub(r"^one\b", "1", option.strip(), flags=re.IGNORECASE)))
    words = [word.lower().removesuffix("s") for word in found if isinstance(word, str)]
    values = [value for value in found if isinstance(value, Value)]
    named = re.match(r"\d+-[a-z]{4}", option)  # 2-methylpentane measures nothing
    if not found or not isinstance(found[0], Value) or len(words) > 2 or named:
        return None
    return values[-1].unit or " ".join(words)


def _type(question: Question) -> str:
    if question.kind is not QuestionKind.MCQ or _measure(question.answer) is None:
        return ""
    units = {_measure(option) for option in question.options}
    if len(units) > 1:
        units = {_measure(option.lower()) for option in question.options}
    # Where every option has a unit of its own, the unit is what is asked for.
    asked = None not in units and len(units) == len(question.options)
    return "type" if len(units) > 1 and not asked else ""


def _length(question: Question) -> str:
    if question.kind is not QuestionKind.MCQ:
        return ""
    longest = max(len(option) for option in question.options if option != question.answer)
    return "length" if len(question.answer) > 2 * longest + 8 else ""


def _stands(question: Question) -> str:
    if _FIGURE.search(question.stem):
        return "figure"
    stem = _FRAME.sub(" ", question.stem)
    return "dangling" if _DANGLING.search(stem) or _PAPER.search(stem) else ""


def _supported(question: Question, nugget: Nugget) -> str:
    # A person who edits a claim answers for it; the quote then need not hold every word.
    source = nugget.quote + (f" {nugget.claim}" if nugget.status is NuggetStatus.EDITED else "")
    if question.is_statement:
        brought = numbers(question.stem).keys() - numbers(source).keys()
        return "unsupported" if brought else ""
    have = set(normal(source).split())
    return "" if set(normal(question.answer).split()) <= have else "unsupported"


def _given_away(question: Question) -> str:
    answer = normal(question.answer)
    # A bare number or a letter may stand in a stem for another reason.
    if question.is_statement or re.fullmatch(r"\d+|\w", answer):
        return ""
    found = re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", normal(question.stem))
    return "given_away" if found else ""


_CHECKS: tuple[Callable[[Question], str], ...] = (
    _text,
    _options,
    _type,
    _length,
    _stands,
    _given_away,
)
