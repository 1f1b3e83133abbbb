"""What an option looks like beside the others, the question unread. Judging by it is `guessing`'s.

Every trait is one number an option; only differences between the options of one sheet count.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Sheet(NamedTuple):
    """The options of a question in an order of their own, without its stem."""

    nugget: str
    options: tuple[str, ...]
    key: int


Prior = Callable[[Sequence[tuple[str, ...]]], Sequence[Sequence[float]]]
"""Log-likelihood in nats of each option by itself, for a list of option tuples: what a language
model thinks of the options with no question before them."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_HEDGES = re.compile(
    r"\b(?:may|might|can|could|some(?:times)?|often|usually|generally|likely|most|many|partly|"
    r"approximately|about|probably|possibly)\b", re.IGNORECASE,
)  # fmt: skip
_ABSOLUTES = re.compile(
    r"\b(?:all|none|never|always|only|no|every|any|not|cannot|without|completely|entirely)\b",
    re.IGNORECASE,
)
_BOTH = re.compile(
    r"\b(?:both|all|none|neither|any) of\b|\bof (?:the|these) above\b", re.IGNORECASE
)


def option_words(option: str) -> list[str]:
    """Words and numbers in lower case."""
    return re.findall(r"\w+(?:[.,]\d+)*", option.lower())


def seen(sheets: Sequence[Sheet]) -> Counter[str]:
    """On how many sheets each option stands, and each word of an option (as ` word`)."""
    found: Counter[str] = Counter()
    for sheet in sheets:
        found.update({option.lower() for option in sheet.options})
        found.update({f" {word}" for option in sheet.options for word in option_words(option)})
    return found


def traits(sheet: Sheet, on: Counter[str], sheets: int) -> Floats:
    """[options, traits]: length, likeness, form, numbers, frequency and place of each option.

    on: how many of all sheets hold each option and word, this one among them.
    """
    columns = [
        *_lengths(sheet.options),
        *_likeness(sheet.options),
        *_form(sheet.options),
        *_numbers(sheet.options),
        *_frequency(sheet.options, on, sheets),
        *_place(len(sheet.options)),
    ]
    table = np.array(columns, dtype=np.float64).T
    return np.asarray(table - table.mean(axis=0), dtype=np.float64)


def _ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 0 to 1, ties sharing theirs."""
    below = [sum(v < w for v in values) + (sum(v == w for v in values) - 1) / 2 for w in values]
    return [rank / max(1, len(values) - 1) for rank in below]


def _lengths(options: Sequence[str]) -> list[list[float]]:
    size = [math.log1p(len(option)) for option in options]
    rank = _ranks([float(len(option)) for option in options])
    return [
        size,
        rank,
        [abs(r - 0.5) for r in rank],
        [float(r == max(rank)) for r in rank],
        [float(r == min(rank)) for r in rank],
        [float(len(option_words(option))) for option in options],
        [sum(map(len, option_words(o))) / max(1, len(option_words(o))) for o in options],
    ]


def _likeness(options: Sequence[str]) -> list[list[float]]:
    """How far an option shares words, letters, ending and build with the others."""
    bags = [frozenset(option_words(option)) for option in options]
    grams = [frozenset(o.lower()[i : i + 3] for i in range(len(o) - 2)) for o in options]
    tails = [frozenset(option_words(option)[-1:]) for option in options]
    heads = [frozenset(option_words(option)[:1]) for option in options]
    builds = [frozenset([_build(option)]) for option in options]
    return [_shared(sets) for sets in (bags, grams, tails, heads, builds)]


def _build(option: str) -> str:
    """Letters as a or A, digits as 9, runs as one: what kind of writing it is."""
    plain = re.sub(r"[A-Z]", "A", re.sub(r"[^\W\d_A-Z]", "a", re.sub(r"\d", "9", option)))
    return re.sub(r"(.)\1+", r"\1", plain)


def _shared(sets: Sequence[frozenset[str]]) -> list[float]:
    """Mean overlap (Jaccard) of each set with the others."""

    def overlap(a: frozenset[str], b: frozenset[str]) -> float:
        return len(a & b) / max(1, len(a | b))

    rest = max(1, len(sets) - 1)
    return [
        sum(overlap(one, other) for j, other in enumerate(sets) if j != i) / rest
        for i, one in enumerate(sets)
    ]


def _form(options: Sequence[str]) -> list[list[float]]:
    patterns = (_HEDGES, _ABSOLUTES, _BOTH, re.compile(r"[,;:(/]"), re.compile(r"-"),
                re.compile(r"^[A-Z]"), re.compile(r"[A-Z]{2}"), re.compile(r"s\b"))  # fmt: skip
    return [[float(bool(p.search(option))) for option in options] for p in patterns]


def _numbers(options: Sequence[str]) -> list[list[float]]:
    """Rank, distance from the middle, roundness; zeros where any option has no number."""
    found = [_NUMBER.search(option) for option in options]
    digits = [float(bool(f)) for f in found]
    values = [float(re.sub(r"[,.](?=.*[,.])", "", f[0]).replace(",", ".")) if f else 0.0
              for f in found]  # fmt: skip
    if not all(found):
        return [digits, *([0.0] * len(options) for _ in range(7))]
    rank = _ranks(values)
    logs = [math.log(value + 1e-9) for value in values]
    middle = sorted(logs)[len(logs) // 2]
    round_ = [len(f[0]) - len(f[0].rstrip("0")) for f in found if f]
    last = [f[0][-1] in "05" for f in found if f]
    gaps = [min(abs(a - b) for j, b in enumerate(logs) if j != i) if len(logs) > 1 else 0.0
            for i, a in enumerate(logs)]  # fmt: skip
    return [
        digits, rank, [abs(r - 0.5) for r in rank],
        [min(3.0, abs(value - middle)) for value in logs], [float(r) for r in round_],
        [float(r) for r in last], [min(3.0, gap) for gap in gaps],
        [float(len(f[0])) for f in found if f],
    ]  # fmt: skip


def _frequency(options: Sequence[str], on: Counter[str], sheets: int) -> list[list[float]]:
    """How often an option stands on other sheets, and how rare its words are there."""
    alone = [math.log1p(max(0, on[option.lower()] - 1)) for option in options]
    rare = [
        [math.log((sheets + 1) / max(1, on[f" {word}"])) for word in option_words(option)] or [0.0]
        for option in options
    ]
    return [alone, [sum(r) / len(r) for r in rare], [max(r) for r in rare]]


def _place(options: int) -> list[list[float]]:
    at = [i / max(1, options - 1) for i in range(options)]
    return [at, [abs(a - 0.5) for a in at]]
