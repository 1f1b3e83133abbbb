"""Numbers as wrong options: near the right one, written like it, and no more so than it.

The right value may be the smallest, the largest or any between: which, is drawn from a seed. Values
made around it on both sides would betray it by standing in their middle.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from tools.questions.options import draw
from tools.teachers.offline.term_types import Term, Type

_NUMERAL = re.compile(r"\d+(?:[.,]\d+)*")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
"""With a comma at every thousand."""
_WORDS = (
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
_FINE = 12
"""Fewer units than so many are counted one by one; more go by a ratio."""
_WIDE = 6.0
"""Of a range of values, its end over its beginning."""
_RATIOS = (1.16, 1.24, 1.36)
"""Between one value and the next: near enough to be of one order, far enough to be told apart."""


def _value(text: str) -> float | None:
    found = _NUMERAL.search(text)
    if not found:
        return None
    digits = found.group()
    if _GROUPED.fullmatch(digits):
        digits = digits.replace(",", "")
    digits = digits.replace(",", ".")
    return float(digits) if digits.count(".") <= 1 else None


def window(term: Term, seed: str) -> tuple[float, float]:
    """A range of one order of magnitude or less that has the term's value anywhere in it."""
    value, at = _value(term.text) or 0.0, draw(f"{seed}|window", 1000) / 1000
    if term.type is Type.YEAR:
        return value - 60 * at, value + 60 * (1 - at)
    return value / _WIDE**at, value * _WIDE ** (1 - at)


def alike(text: str, answer: str, low: float, high: float) -> bool:
    """Same format and decimals, another value, and within a range."""
    a, b = _value(text), _value(answer)
    if a is None or b is None:
        return False
    forms = [re.sub(r"\d", "", text), re.sub(r"\d", "", answer)]
    decimals = [_decimals(found[0]) for x in (text, answer) if (found := _NUMERAL.search(x))]
    return forms[0] == forms[1] and decimals[0] == decimals[1] and low <= a <= high and a != b


def made_up(term: Term, wanted: int, seed: str) -> list[str]:
    """So many values near the answer's, in its own unit, precision, format and roundness.

    Fewer where there are no more, none where the answer cannot have the rank among them that the
    seed draws: were `two` asked for whenever it turns up, the smallest option would be the one.
    """
    less, more = (list(islice(side, wanted)) for side in _sides(term, seed))
    drawn = draw(f"{seed}|rank", 1000) / 1000
    for have in range(wanted, min(wanted, 3) - 1, -1):
        smaller = int(drawn * (have + 1))
        if smaller <= len(less) and have - smaller <= len(more):
            return less[:smaller] + more[: have - smaller]
    return []


def _sides(term: Term, seed: str) -> tuple[Iterator[str], Iterator[str]]:
    """Smaller values and larger ones, the nearest first."""
    word = term.text.split(" ")[0].lower()
    if word in _WORDS:
        at = _WORDS.index(word)
        return _spelled(term, word, _WORDS[:at][::-1]), _spelled(term, word, _WORDS[at + 1 :])
    found, value = _NUMERAL.search(term.text), _value(term.text)
    if found is None or value is None or value <= 0:
        return iter(()), iter(())
    written = found.group()
    decimals = _decimals(written)
    units = round(value * 10**decimals)

    def spelled_each(values: Iterable[int]) -> Iterator[str]:
        for other in dict.fromkeys(values):
            if other == units or _impossible(other / 10**decimals, value, term):
                continue
            spelled = _written(other / 10**decimals, decimals, written)
            yield term.text[: found.start()] + spelled + term.text[found.end() :]

    if term.type is Type.YEAR:
        step = 4 + draw(f"{seed}|step", 9)
        return spelled_each(units - i * step for i in range(1, 30)), spelled_each(
            units + i * step for i in range(1, 30)
        )
    return spelled_each(_near(units, -1, seed)), spelled_each(_near(units, 1, seed))


def _spelled(term: Term, word: str, others: Iterable[str]) -> Iterator[str]:
    for other in others:
        spelled = other.capitalize() if term.text[0].isupper() else other
        yield spelled + term.text[len(word) :]


_LADDER = tuple(step * 10**power for power in range(9) for step in (1, 2, 5))


def _near(units: int, way: int, seed: str) -> Iterator[int]:
    """Values above (way 1) or below (-1), rounded as people round: 10, 20, 50; 25, 35; 41, 43."""
    grain = 1
    while units % (grain * 10) == 0:
        grain *= 10
    steps = units // grain
    if grain > 1 and units in _LADDER:
        yield from (s for s in _LADDER[::way] if (s - units) * way > 0)
    elif steps % 10 == 5 and steps > 5:
        yield from ((10 * tens + 5) * grain for tens in _stepped(steps // 10, way, seed, 0))
    else:
        yield from (s * grain for s in _stepped(steps, way, seed, 1) if s % 10 or grain > 1)


def _stepped(steps: int, way: int, seed: str, least: int) -> Iterator[int]:
    """One by one where there are few, else in a steady ratio: 412, 332, 268, ..."""
    if steps < _FINE:
        yield from (s for i in range(1, 30) if (s := steps + way * i) >= least)
        return
    ratio = _RATIOS[draw(f"{seed}|ratio", len(_RATIOS))]
    for power in range(1, 30):
        slip = 1 + (draw(f"{seed}|{way * power}", 7) - 3) / 100
        other = round(steps * ratio ** (way * power) * slip)
        if other < least:
            return
        yield other + (other % 5 == 0)


def _decimals(written: str) -> int:
    grouped = _GROUPED.fullmatch(written)
    plain = written.replace(",", "") if grouped else written.replace(",", ".")
    return len(plain.partition(".")[2])


def _impossible(other: float, value: float, term: Term) -> bool:
    """A share above 100 %, or a year that has not come."""
    if term.type is Type.YEAR:
        return other > 2026
    return term.head.startswith(("%", "percent", "per cent")) and value <= 100 < other


def _written(value: float, decimals: int, like: str) -> str:
    grouped = _GROUPED.fullmatch(like)
    text = f"{value:,.{decimals}f}" if grouped else f"{value:.{decimals}f}"
    return text.replace(".", ",") if "," in like and not grouped else text
