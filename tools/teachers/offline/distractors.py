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
from tools.teachers.offline.values import like, made_up
from tools.teachers.offline.words import is_plural, readings

WANTED, MADE = 3, 6
"""Wrong options beside the right one, and how well a made-up value fits its place."""


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
            and like(other.term.text, term.text)
            and not _same_question(fact, other)
        ),
        key=lambda text: order(seed, text),
    )
    yield from list(dict.fromkeys(near))[:2]
    yield from sorted(made_up(term), key=lambda text: order(seed, text))


def _same_question(fact: Fact, other: Lent) -> bool:
    """Whether another claim answers this very question: its value may be right as well."""
    mine = content(fact.left + fact.right)
    theirs = other.words - content(other.term.text)
    return len(mine & theirs) >= 0.6 * max(1, len(mine | theirs))


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
