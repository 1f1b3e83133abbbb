"""Wrong options of the right type. What is asked, and in which words, is left to others.

Numbers get other values of the same unit, precision and format; names and phrases are borrowed
from other claims; a direction has its opposite. Never the answer, never two alike, and nothing by
which the answer stands out among them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from tools.questions.options import OPTIONS, draw, order
from tools.teachers.offline.facts import Fact, attribute_of, stated
from tools.teachers.offline.term_types import DIRECTIONS, Term, Type
from tools.teachers.offline.values import alike, made_up, window
from tools.text.words import is_plural

LEAST = OPTIONS - 1
"""Wrong ones without which nothing is asked as a choice, unless fewer are wanted."""
MADE = 6
"""How well a made-up value fits its place."""


class BorrowedTerm(NamedTuple):
    """A term of some claim, with what stands before it there."""

    term: Term
    slot: str
    """The two words before it, in lower case."""
    claim: str
    words: frozenset[str]


class Bank(NamedTuple):
    """Every term of a pool of claims: by type, and by (type, what it shares with other terms)."""

    by_type: dict[Type, tuple[BorrowedTerm, ...]]
    by_trait: dict[tuple[Type, str], tuple[BorrowedTerm, ...]]


@lru_cache(maxsize=4)
def bank(claims: tuple[str, ...]) -> Bank:
    """Every term of the claims; the same claims in any order give the same bank."""
    by_type: dict[Type, list[BorrowedTerm]] = defaultdict(list)
    by_trait: dict[tuple[Type, str], list[BorrowedTerm]] = defaultdict(list)
    for claim in sorted(set(claims)):
        text, clause, terms = stated(claim)
        words = content(text)
        for term in terms:
            if text[term.end :].startswith(" of ") or term.depth:
                continue
            fact = Fact(text, term, clause, attribute_of(text, clause, term))
            lent = BorrowedTerm(term, _slot(fact), text, words)
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
    """Wrong options, and how well they fit the answer's place, 0 to 10."""

    wrong: tuple[str, ...]
    fit: int


def wrong_options(
    fact: Fact, claims: Sequence[str], quote: str, seed: str, wanted: int = LEAST
) -> Options | None:
    """So many wrong options of the answer's type, or as many as there are.

    None where fewer than three can be had, or fewer than wanted of still smaller a number: a
    choice is never filled up with what is no choice.
    """
    type_ = fact.term.type
    least = min(wanted, LEAST)
    if type_ in {Type.QUANTITY, Type.NUMBER, Type.YEAR}:
        seed_ = f"{seed}|{fact.term.start}"
        values = _measured(fact, bank(tuple(claims)), quote, seed_, wanted)
        values = values or tuple(made_up(fact.term, wanted, seed_))
        return Options(values, MADE) if len(values) >= least else None
    if fact.denied:
        # What X does not do is not one thing: another option may be as right.
        return None
    if type_ is Type.DIRECTION:
        # There is one opposite. `Doubled` or `did not change` beside it are hardly ever right, and
        # whoever knows that needs no paper.
        found = _opposite(fact.term.text)
        return Options(found, MADE) if len(found) >= least else None
    return _of_one_family(fact, bank(tuple(claims)), quote, seed, wanted)


def _measured(fact: Fact, lent: Bank, quote: str, seed: str, wanted: int) -> tuple[str, ...]:
    """What other claims give in this unit, format and magnitude; none where there are too few.

    What was measured is likelier than what was made up, also to a model that knows neither. The
    magnitudes let in lie around the answer's, which stands anywhere among them.
    """
    low, high = window(fact.term, seed)
    found = {
        other.term.text: None
        for other in lent.by_trait.get((fact.term.type, f"head {fact.term.head}"), ())
        if alike(other.term.text, fact.term.text, low, high)
        and normal(other.term.text) not in normal(quote)
        and not _same_question(fact, other)
    }
    if len(found) < wanted:
        return ()
    return tuple(sorted(found, key=lambda text: order(seed, text))[:wanted])


def _of_one_family(fact: Fact, lent: Bank, quote: str, seed: str, wanted: int) -> Options | None:
    """Terms of other claims that share one trait with the answer and with each other.

    Two alike in one way and one alike in another would have the answer in their middle, where it
    can be guessed. The most telling trait that enough terms share is taken; else the commonest.
    """
    best: Options | None = None
    for trait, weight in sorted(_traits(_slot(fact), fact.term.head).items(), key=lambda t: -t[1]):
        family = lent.by_trait.get((fact.term.type, trait), ())
        shared = {fact.term.head} if trait.startswith("head ") else set()
        chosen = _apart(fact, family, quote, seed, shared, wanted)
        if len(chosen) >= min(wanted, LEAST) and len(chosen) > len(best.wrong if best else ()):
            best = Options(chosen, weight)
        if len(chosen) == wanted:
            break
    return best


def _apart(
    fact: Fact, family: Sequence[BorrowedTerm], quote: str, seed: str, shared: set[str], wanted: int
) -> tuple[str, ...]:
    """Members that stand well in the answer's place, and have no word in common but the shared.

    How many are shorter than the answer is drawn from the seed, as far as there are such.
    """
    shorter = draw(f"{seed}|{fact.term.start}|length", wanted + 1)
    room = {True: shorter, False: wanted - shorter}
    chosen: list[str] = []
    spare: list[str] = []
    for other in sorted(family, key=lambda o: (order(seed, o.term.text), o.claim)):
        text = other.term.text
        if not _fits(fact, other, quote) or _same_question(fact, other):
            continue
        if not all(_differ(text, held, shared) for held in (*chosen, fact.term.text)):
            continue
        side = (len(text), order(seed, text)) < (
            len(fact.term.text), order(seed, fact.term.text))  # fmt: skip
        (chosen if room[side] else spare).append(text)
        room[side] -= room[side] > 0
        if not any(room.values()):
            break
    for text in spare:
        if len(chosen) < wanted and all(_differ(text, held, shared) for held in chosen):
            chosen.append(text)
    return tuple(chosen)


def _differ(one: str, other: str, shared: set[str]) -> bool:
    """Whether two options are two things.

    `O. sanctum extract` beside `Ocimum sanctum extract` may be as right.
    """
    a, b = normal(one), normal(other)
    return a not in b and b not in a and not (content(a) & content(b)) - shared


def normal(text: str) -> str:
    """For comparing options: lower case, no determiner, no marks, plain blanks."""
    plain = re.sub(r"[^\w.%±°/+-]+", " ", text.lower().replace("−", "-").replace(",", "")).strip(
        " ."
    )
    return re.sub(r"^(?:the|an?) ", "", plain)


def _opposite(word: str) -> tuple[str, ...]:
    row = next((row for row in DIRECTIONS if word in row), ())
    return tuple(other for other in row if other != word)


def _same_question(fact: Fact, other: BorrowedTerm) -> bool:
    """Whether another claim answers this very question: its value may be right as well."""
    mine = content(fact.left + fact.right)
    theirs = other.words - content(other.term.text)
    return len(mine & theirs) >= 0.6 * max(1, len(mine | theirs))


def _slot(fact: Fact) -> str:
    """What stands before the answer; for an attribute's value, the attribute."""
    return f"= {fact.attribute.name}" if fact.attribute else slot_of(fact.left, fact.right)


def _fits(fact: Fact, other: BorrowedTerm, quote: str) -> bool:
    mine, theirs = fact.term.text, other.term.text
    if other.claim.lower() == fact.claim.lower():
        return False
    if normal(theirs) in normal(quote):
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
