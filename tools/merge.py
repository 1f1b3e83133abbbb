"""Which nuggets say the same, which contradict, which are only related. By code, from two claims.

Cosine similarity alone cannot tell `412 kelvin` from `415 kelvin` or `rises` from `falls`; so words
of the two claims are compared as well. Vectors and neighbours come from the caller.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from memory.records import Link, Nugget, Relation
from tools.nuggets import negations

Vector = NDArray[np.float32]
Neighbours = Callable[[Vector, int], Sequence[tuple[Nugget, float]]]

SAME, CONTRARY, RELATED = 0.86, 0.80, 0.68
"""Cosines (all-MiniLM-L6-v2) from which two claims may be the same, contrary, or related."""

NEAREST = 12
"""Neighbours looked at per nugget."""


class Merged(NamedTuple):
    """Clusters by nugget id, the representative's id as value, and the links found."""

    clusters: dict[str, str]
    links: list[Link]


class Gist(NamedTuple):
    """What is compared of a claim."""

    words: frozenset[str]
    """Stems of its content words, without numbers, directions and framing."""
    values: frozenset[str]
    """Numbers, in one spelling, each with its unit."""
    direction: int
    """+1 more, -1 less, 0 neither or both."""
    denied: bool
    names: frozenset[str]
    """Words with capitals or digits inside the sentence: what a claim is about."""


_STOP = frozenset(
    "the a an of in on at by for with from to into and or but is are was were be been being "
    "has have had do does did that "
    "which who this these those it its as than then there their they we our can could may "
    "might must will would should "
    "also only very more most much many some any each both all other such about approximately "
    "around nearly almost "
    "found show shown shows showed reported report reports observed observe study studies "
    "result results finding "
    "findings researchers research evidence suggests value values measured measurement "
    "measurements determined respectively "
    "known significantly significant under over between within during among per when where "
    "while".split()
)
_MORE = frozenset(
    "increas higher rais greater improv enhanc elev larger faster longer upregul promot stimul "
    "acceler gain rise rose grow strengthen more activ".split()
)
_LESS = frozenset(
    "decreas lower reduc declin smaller slower shorter downregul inhibit suppress worsen "
    "impair attenu diminish fall fell loss weaken less slow prevent block".split()
)
_UNITS = {"percent": "%", "°c": "celsius", "degrees": "degree", "kelvins": "kelvin", "k": "kelvin", "metres": "metre", "meters": "metre",
          "meter": "metre", "grams": "gram", "g": "gram", "m": "metre", "mm": "millimetre", "cm": "centimetre", "km": "kilometre",
          "millimetres": "millimetre", "centimetres": "centimetre", "kilometres": "kilometre", "days": "day", "d": "day", "hours": "hour",
          "h": "hour", "years": "year", "minutes": "minute", "min": "minute", "kg": "kilogram", "kilograms": "kilogram"}  # fmt: skip
_NUMBER_WORDS = {word: str(n) for n, word in enumerate(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty".split()
) if n > 1}  # fmt: skip
_PIECE = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_](?:[\w'’-]*\w)?|[%°]")


@lru_cache(maxsize=1)
def _stemmer() -> Callable[[str], str]:
    import snowballstemmer

    stemmer = snowballstemmer.stemmer("english")
    return lru_cache(maxsize=50_000)(lambda word: str(stemmer.stemWord(word)))


@lru_cache(maxsize=50_000)
def gist(claim: str) -> Gist:
    """The comparable gist of a claim."""
    stem = _stemmer()
    words: set[str] = set()
    values: set[str] = set()
    names: set[str] = set()
    sides = {1: 0, -1: 0}
    pieces = [m.group() for m in _PIECE.finditer(claim)]
    for index, piece in enumerate(pieces):
        low = piece.lower().removesuffix("'s").removesuffix("’s")
        if piece[0].isdigit() or low in _NUMBER_WORDS:
            following = pieces[index + 1].lower() if index + 1 < len(pieces) else ""
            values.add(
                f"{_value(_NUMBER_WORDS.get(low, low))} {_UNITS.get(following, following)}".strip()
            )
            continue
        root = stem(low)
        side = (root in _MORE) - (root in _LESS)
        if side:
            sides[side] += 1
        elif low not in _STOP and low not in _UNITS and low not in _UNITS.values() and len(low) > 1:
            words.add(root)
            if index and piece != piece.lower():
                names.add(root)
    direction = (sides[1] > 0) - (sides[-1] > 0)
    return Gist(
        frozenset(words), frozenset(values), direction, negations(claim) % 2 == 1, frozenset(names)
    )


def _value(digits: str) -> str:
    plain = (
        digits.replace(",", "")
        if re.fullmatch(r"\d{1,3}(?:,\d{3})+", digits)
        else digits.replace(",", ".")
    )
    return plain.rstrip("0").rstrip(".") if plain.count(".") == 1 else plain


def _overlap(a: frozenset[str], b: frozenset[str]) -> float:
    """Share of the smaller set that the other holds too, in [0, 1]."""
    return len(a & b) / max(1, min(len(a), len(b)))


def compare(a: Nugget, b: Nugget, cosine: float) -> Link | None:
    """How two claims relate, or None where they do not. The order of the two does not matter."""
    if a.id == b.id or cosine < RELATED:
        return None
    first, second = sorted((a, b), key=lambda nugget: nugget.id)
    x, y = gist(first.claim), gist(second.claim)
    relation, reason = _relation(x, y, cosine)
    return Link(
        a=first.id, b=second.id, relation=relation, score=round(float(cosine), 4), reason=reason
    )


def _relation(x: Gist, y: Gist, cosine: float) -> tuple[Relation, str]:
    overlap = _overlap(x.words, y.words)
    union = len(x.words & y.words) / max(1, len(x.words | y.words))
    differs = _difference(x, y)
    apart = len((x.names ^ y.names) - (x.words & y.words))
    if differs and cosine >= CONTRARY and overlap >= 0.8 and union >= 0.6 and not apart:
        return Relation.CONTRADICTS, differs
    if not differs and cosine >= SAME and overlap >= 0.7 and not apart and x.values == y.values:
        return Relation.SAME, "same words and values"
    return Relation.RELATED, differs or "alike"


def _difference(x: Gist, y: Gist) -> str:
    """Which of value, direction or negation stands against the other claim's; empty for none."""
    if x.denied != y.denied:
        return "negation"
    if x.direction * y.direction < 0:
        return "direction"
    if x.values and y.values and not (x.values <= y.values or y.values <= x.values):
        return "values"
    return ""


def merge(new: Sequence[tuple[Nugget, Vector]], neighbours: Neighbours) -> Merged:
    """Clusters and links of new nuggets among themselves and with what was there.

    neighbours: for a vector and a number, the nearest nuggets with their cosines; the new ones are
    among them. The same set of nuggets in any order gives the same result.
    """
    links: dict[str, Link] = {}
    met: dict[str, Nugget] = {}
    for nugget, vector in sorted(new, key=lambda pair: pair[0].id):
        met[nugget.id] = nugget
        for other, cosine in neighbours(vector, NEAREST):
            link = compare(nugget, other, cosine)
            if link is not None:
                met.setdefault(other.id, other)
                links[link.id] = link
    ordered = sorted(links.values(), key=lambda link: (link.a, link.b))
    ids = {nugget.id for nugget, _ in new}
    return Merged(_clusters(met, ordered, ids), ordered)


def _clusters(met: dict[str, Nugget], links: Sequence[Link], new: set[str]) -> dict[str, str]:
    """Representatives of the new nuggets: surest SAME links first, never across a contradiction."""
    group = {id_: {id_} for id_ in met}
    for nugget in met.values():
        if nugget.cluster in met and nugget.cluster != nugget.id:
            _join(group, nugget.id, nugget.cluster)
    contrary = {(link.a, link.b) for link in links if link.relation is Relation.CONTRADICTS}
    same = [link for link in links if link.relation is Relation.SAME]
    for link in sorted(same, key=lambda link: (-link.score, link.a, link.b)):
        a, b = group[link.a], group[link.b]
        if a is not b and not any((min(i, j), max(i, j)) in contrary for i in a for j in b):
            if len(_settled(a | b, met)) <= 1:
                _join(group, link.a, link.b)
    return {id_: _representative(group[id_], met) for id_ in sorted(new)}


def _join(group: dict[str, set[str]], a: str, b: str) -> None:
    both = group[a] | group[b]
    for id_ in both:
        group[id_] = both


def _settled(members: set[str], met: dict[str, Nugget]) -> set[str]:
    """Representatives that were given before and therefore stay."""
    return {met[id_].cluster for id_ in members if met[id_].cluster}


def _representative(members: set[str], met: dict[str, Nugget]) -> str:
    settled = _settled(members, met)
    if settled:
        return min(settled)
    return min(members, key=lambda id_: (-met[id_].confidence, len(met[id_].claim), id_))
