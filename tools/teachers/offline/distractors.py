"""Wrong options of the right type. What is asked, and in which words, is left to others.

Numbers get other values of the same unit, precision and format; names and phrases are borrowed
from other claims; directions get their opposites. Never the answer, never two alike.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from tools.teachers.offline.facts import Fact, attribute_of, stated
from tools.teachers.offline.kinds import DIRECTIONS, Term, Type
from tools.teachers.offline.words import is_plural, readings

WANTED, MADE = 3, 6
"""Wrong options beside the right one, and how well a made-up value fits its place."""

_NUMERAL = re.compile(r"\d+(?:[.,]\d+)*")
_WORDS = (
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip


class Lent(NamedTuple):
    """A term of some claim, with what stands before it there."""

    term: Term
    slot: str
    """The two words before it, in lower case."""
    claim: str
    words: frozenset[str]


class Bank(NamedTuple):
    """Every term of a pool of claims: by type, and by (type, what it shares with other terms)."""

    by_type: dict[Type, tuple[Lent, ...]]
    by_trait: dict[tuple[Type, str], tuple[Lent, ...]]


def order(seed: str, text: str) -> str:
    """A number that is the same for the same seed and text, and otherwise arbitrary."""
    return hashlib.sha256(f"{seed}|{text}".encode()).hexdigest()


@lru_cache(maxsize=4)
def bank(claims: tuple[str, ...]) -> Bank:
    """Every term of the claims; the same claims in any order give the same bank."""
    by_type: dict[Type, list[Lent]] = defaultdict(list)
    by_trait: dict[tuple[Type, str], list[Lent]] = defaultdict(list)
    for claim in sorted(set(claims)):
        text, clause, terms = stated(claim)
        words = content(text)
        for term in terms:
            if text[term.end :].startswith(" of ") or term.depth:
                continue
            fact = Fact(text, term, clause, attribute_of(text, clause, term))
            lent = Lent(term, _slot(fact), text, words)
            by_type[term.type].append(lent)
            for trait in _traits(lent.slot, term.head):
                by_trait[term.type, trait].append(lent)
    return Bank(
        {type_: tuple(lent) for type_, lent in by_type.items()},
        {trait: tuple(lent) for trait, lent in by_trait.items()},
    )


def _traits(slot: str, head: str) -> dict[str, int]:
    """What a term can share with another, and how much it counts that they stand alike."""
    return {
        f"slot {slot}": 4,
        f"head {head}": 3,
        f"after {slot.split(' ')[-1]}": 2,
        # -tion, -ase, -itis: what ends alike is often of one kind.
        f"ending {head[-3:] if len(head) > 4 else head}": 1,
    }


def slot_of(left: str, right: str) -> str:
    """The two words before a term, articles left out (`feeds on`, `found in`).

    At the beginning of a claim, where there are none, the two words after it stand for them.
    """
    words = [w for w in re.findall(r"[\w-]+", left.lower()) if w not in {"the", "a", "an"}]
    return " ".join(words[-2:]) or "^ " + " ".join(re.findall(r"[\w-]+", right.lower())[:2])


def content(text: str) -> frozenset[str]:
    """Words of four letters or more, and numbers, in lower case."""
    return frozenset(re.findall(r"[^\W\d_]{4,}|\d[\d.]*", text.lower()))


class Options(NamedTuple):
    """Three wrong options, and how well the least of them fits the answer's place, 0 to 10."""

    wrong: tuple[str, ...]
    fit: int


def wrong_options(fact: Fact, claims: Sequence[str], quote: str, seed: str) -> Options | None:
    """Three wrong options of the answer's type, or None where three cannot be had."""
    type_ = fact.term.type
    if fact.denied and type_ not in {Type.QUANTITY, Type.NUMBER, Type.YEAR}:
        # What X does not do is not one thing: another option may be as right.
        return None
    if type_ is Type.DIRECTION:
        found: Iterable[tuple[str, int]] = ((option, MADE) for option in _opposites(fact.term.text))
    elif type_ in {Type.QUANTITY, Type.NUMBER, Type.YEAR}:
        values = _other_values(fact, bank(tuple(claims)), seed)
        found = ((option, MADE) for option in values)
    else:
        found = _others(fact, bank(tuple(claims)), quote, seed)
    chosen = _distinct(fact.term.text, found)
    if len(chosen) < WANTED:
        return None
    return Options(tuple(chosen), min(chosen.values()))


def _distinct(answer: str, found: Iterable[tuple[str, int]]) -> dict[str, int]:
    """The first three that differ from the answer and from each other, with how well they fit."""
    chosen: dict[str, int] = {}
    seen = {normal(answer)}
    for option, fit in found:
        if normal(option) not in seen:
            seen.add(normal(option))
            chosen[option] = fit
        if len(chosen) == WANTED:
            break
    return chosen


def normal(text: str) -> str:
    """For comparing options: lower case, no determiner, no marks, plain blanks."""
    plain = re.sub(r"[^\w.%±°/+-]+", " ", text.lower().replace("−", "-").replace(",", "")).strip(
        " ."
    )
    return re.sub(r"^(?:the|an?) ", "", plain)


def _opposites(word: str) -> tuple[str, ...]:
    row = next((row for row in DIRECTIONS if word in row[:2]), ())
    return tuple(other for other in row if other != word)


def _other_values(fact: Fact, lent: Bank, seed: str) -> Iterator[str]:
    """What other claims give in this unit and magnitude, then values made up from the answer."""
    term = fact.term
    near = sorted(
        (
            other.term.text
            for other in lent.by_type.get(term.type, ())
            if other.term.head == term.head
            and _like(other.term.text, term.text)
            and not _same_question(fact, other)
        ),
        key=lambda text: order(seed, text),
    )
    yield from list(dict.fromkeys(near))[:2]
    yield from sorted(_made_up(term), key=lambda text: order(seed, text))


def _same_question(fact: Fact, other: Lent) -> bool:
    """Whether another claim answers this very question: its value may be right as well."""
    mine = content(fact.left + fact.right)
    theirs = other.words - content(other.term.text)
    return len(mine & theirs) >= 0.6 * max(1, len(mine | theirs))


def _value(text: str) -> float | None:
    found = _NUMERAL.search(text)
    if not found:
        return None
    digits = found.group()
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits):
        digits = digits.replace(",", "")
    digits = digits.replace(",", ".")
    return float(digits) if digits.count(".") <= 1 else None


def _like(text: str, answer: str) -> bool:
    """Same format and decimals, and a value between a third and three times the answer's."""
    a, b = _value(text), _value(answer)
    if a is None or b is None:
        return a is b
    shape = [re.sub(r"\d", "", _NUMERAL.sub("", x)) for x in (text, answer)]
    decimals = [len(x.partition(".")[2].split(" ")[0].rstrip("%°")) for x in (text, answer)]
    return shape[0] == shape[1] and decimals[0] == decimals[1] and b / 3 <= a <= b * 3 and a != b


def _made_up(term: Term) -> Iterator[str]:
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


def _others(fact: Fact, lent: Bank, quote: str, seed: str) -> Iterator[tuple[str, int]]:
    """Terms of other claims that would stand well in this place, the likest slot first."""
    likeness: dict[int, int] = defaultdict(int)
    alike: dict[int, Lent] = {}
    for trait, weight in _traits(_slot(fact), fact.term.head).items():
        for other in lent.by_trait.get((fact.term.type, trait), ()):
            likeness[id(other)] += weight
            alike[id(other)] = other
    fit = sorted(
        alike.values(),
        key=lambda other: (-likeness[id(other)], order(seed, other.term.text), other.claim),
    )
    for other in fit:
        if _fits(fact, other, quote) and not _same_question(fact, other):
            yield other.term.text, likeness[id(other)]


def _slot(fact: Fact) -> str:
    """What stands before the answer; for an attribute's value, the attribute."""
    return f"= {fact.attribute.name}" if fact.attribute else slot_of(fact.left, fact.right)


def _fits(fact: Fact, other: Lent, quote: str) -> bool:
    mine, theirs = fact.term.text, other.term.text
    if other.claim.lower() == fact.claim.lower():
        return False
    a, b = normal(mine), normal(theirs)
    if a in b or b in a or b in normal(quote):
        return False
    head = {fact.term.head} if readings(fact.term.head) else set()
    if (content(a) & content(b)) - head:
        # `O. sanctum extract` beside `Ocimum sanctum extract` may be as right.
        return False
    number = is_plural(mine.split()[-1]) == is_plural(theirs.split()[-1])
    if not number and (not fact.last or not fact.left.endswith("the")):
        return False
    if re.search(r"\b(?:an?)$", fact.left, re.IGNORECASE) and (mine[0].lower() in "aeiou") != (
        theirs[0].lower() in "aeiou"
    ):
        return False
    if mine[0].isupper() != theirs[0].isupper():
        return False
    return len(mine) <= 2.2 * len(theirs) + 4 and len(theirs) <= 2.2 * len(mine) + 4
