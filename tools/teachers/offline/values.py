"""Numbers as wrong options: near the right one, and written like it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.teachers.offline.kinds import Term, Type

_NUMERAL = re.compile(r"\d+(?:[.,]\d+)*")
_WORDS = (
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip


def _value(text: str) -> float | None:
    found = _NUMERAL.search(text)
    if not found:
        return None
    digits = found.group()
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits):
        digits = digits.replace(",", "")
    digits = digits.replace(",", ".")
    return float(digits) if digits.count(".") <= 1 else None


def like(text: str, answer: str) -> bool:
    """Same format and decimals, and a value between a third and three times the answer's."""
    a, b = _value(text), _value(answer)
    if a is None or b is None:
        return a is b
    shape = [re.sub(r"\d", "", _NUMERAL.sub("", x)) for x in (text, answer)]
    decimals = [len(x.partition(".")[2].split(" ")[0].rstrip("%°")) for x in (text, answer)]
    return shape[0] == shape[1] and decimals[0] == decimals[1] and b / 3 <= a <= b * 3 and a != b


def made_up(term: Term) -> Iterator[str]:
    """Values near the answer's, in its own unit, precision and format."""
    word = term.text.split(" ")[0].lower()
    if word in _WORDS:
        yield from _other_words(term, word)
        return
    found = _NUMERAL.search(term.text)
    value = _value(term.text)
    if found is None or value is None:
        return
    for other in _near(value, found.group(), term):
        yield term.text[: found.start()] + other + term.text[found.end() :]


def _other_words(term: Term, word: str) -> Iterator[str]:
    at = _WORDS.index(word)
    for step in (-3, -2, -1, 1, 2, 3, 4, 5):
        if 0 <= at + step < len(_WORDS):
            other = _WORDS[at + step]
            spelled = other.capitalize() if term.text[0].isupper() else other
            yield spelled + term.text[len(word) :]


_FACTORS = (0.5, 0.62, 0.74, 0.85, 1.16, 1.3, 1.45, 1.6, 1.8)
"""Plausible slips: near enough to be of the same order, far enough to be wrong."""


def _near(value: float, written: str, term: Term) -> Iterator[str]:
    """Other values as written: same decimals, same grouping, same trailing zeros."""
    plain = (
        written.replace(",", "")
        if re.fullmatch(r"\d{1,3}(?:,\d{3})+", written)
        else written.replace(",", ".")
    )
    decimals = len(plain.partition(".")[2])
    zeros = 0 if decimals else len(plain) - len(plain.rstrip("0"))
    step = 10 ** min(zeros, max(0, len(plain) - 2)) if value else 1
    near = [value * factor for factor in _FACTORS]
    if term.type is Type.YEAR:
        near = [value + years for years in (-34, -21, -13, -7, 6, 11, 17)]
    elif value < 12 and not decimals:
        near = [value + n for n in (-4, -3, -2, -1, 1, 2, 3, 4, 5)]
    for other in near:
        rounded = round(other / step) * step if not decimals else round(other, decimals)
        if (
            rounded <= 0
            or abs(rounded - value) < 10**-decimals / 2
            or _impossible(rounded, value, term)
        ):
            continue
        yield _written(rounded, decimals, written)


def _impossible(other: float, value: float, term: Term) -> bool:
    """A share above 100 %, or a year that has not come."""
    if term.type is Type.YEAR:
        return other > 2026
    return term.head.startswith(("%", "percent", "per cent")) and value <= 100 < other


def _written(value: float, decimals: int, like: str) -> str:
    grouped = re.fullmatch(r"\d{1,3}(?:,\d{3})+", like)
    text = f"{value:,.{decimals}f}" if grouped else f"{value:.{decimals}f}"
    return text.replace(".", ",") if "," in like and not grouped else text
