"""Which nuggets say the same, which contradict, which are only related. By code, from two claims.

Cosine similarity alone cannot tell `412 kelvin` from `415 kelvin` or `rises` from `falls`; so words
of the two claims are compared as well. Vectors and neighbours come from the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from memory.records import Link, Nugget, Relation
from tools.gist import Gist, common_words, gist, overlap, residue

Vector = NDArray[np.float32]
Neighbours = Callable[[Vector, int], Sequence[tuple[Nugget, float]]]

SAME, SAME_VALUES, CONTRARY, CONTRARY_ATTRIBUTE, RELATED = 0.86, 0.78, 0.80, 0.60, 0.68
"""Cosines of all-MiniLM-L6-v2 from which two claims may be the same; the same when their values
agree too; contrary; contrary when attribute and bearer agree word for word; related."""

NEAREST = 12
"""Neighbours looked at per nugget."""


class Merged(NamedTuple):
    """Clusters by nugget id, the representative's id as value, and the links found."""

    clusters: dict[str, str]
    links: list[Link]


def entails(a: str, b: str, cosine: float) -> float:
    """How likely claim `b` says nothing that `a` does not: higher is likelier, about -0.5 to 1.25.

    Cosine similarity, less the share of b's content words that a lacks, plus the share of a's that
    b lacks (b is then the more general), less a step where one denies and the other does not.
    Weights fitted on pairs of SICK (entailed against neutral: AUC 0.90, cosine alone 0.88).
    """
    x, y = gist(a), gist(b)
    added = residue(y.words, x.words) / max(1, len(y.words))
    dropped = residue(x.words, y.words) / max(1, len(x.words))
    return cosine - 0.3 * added + 0.25 * dropped - 0.2 * (x.denied != y.denied)


def compare(a: Nugget, b: Nugget, cosine: float) -> Link | None:
    """How two claims relate, or None where they do not. The order of the two does not matter."""
    if a.id == b.id or cosine < CONTRARY_ATTRIBUTE:
        return None
    first, second = sorted((a, b), key=lambda nugget: nugget.id)
    found = _relation(gist(first.claim), gist(second.claim), cosine)
    if found is None:
        return None
    relation, reason = found
    if relation is Relation.CONTRADICTS and a.paper == b.paper:
        # A paper seldom contradicts itself: two values are two conditions.
        relation = Relation.RELATED
    score = round(float(cosine), 4)
    return Link(a=first.id, b=second.id, relation=relation, score=score, reason=reason)


def _relation(x: Gist, y: Gist, cosine: float) -> tuple[Relation, str] | None:
    """Relation and its reason, or None for claims that have nothing to do with each other."""
    if _other_value(x, y):
        return Relation.CONTRADICTS, "values"
    if cosine < RELATED:
        return None
    differs, apart = _difference(x, y), _apart(x, y)
    if differs and not apart and cosine >= CONTRARY and overlap(x.words, y.words) >= 0.8:
        return Relation.CONTRADICTS, differs
    if not differs and not apart and _same(x, y, cosine):
        return Relation.SAME, "same words and values"
    return Relation.RELATED, differs or "alike"


def _same(x: Gist, y: Gist, cosine: float) -> bool:
    shared = overlap(x.words, y.words)
    if x.values != y.values or x.direction != y.direction or x.slot_differs(y):
        return False
    if x.attribute and y.attribute and not x.attribute.name & y.attribute.name:
        return False
    if x.values and shared == 1.0:
        return cosine >= SAME_VALUES
    return cosine >= SAME and shared >= 0.65


def _apart(x: Gist, y: Gist) -> bool:
    """Whether each claim is about something that the other is not: other names, other nouns."""
    if (x.names ^ y.names) - common_words(x, y):
        return True
    return bool(residue(x.words, y.words) and residue(y.words, x.words) and x.slot_differs(y))


def _other_value(x: Gist, y: Gist) -> bool:
    """`The A of X is V` against `The A of X is W`: one attribute of one bearer has one value."""
    if x.attribute is None or y.attribute is None or x.denied != y.denied:
        return False
    if x.attribute.name != y.attribute.name or x.attribute.bearer != y.attribute.bearer:
        return False
    if x.values or y.values:
        return _difference(x, y) == "values"
    return not x.attribute.value & y.attribute.value


def _difference(x: Gist, y: Gist) -> str:
    """Which of value, direction or negation stands against the other claim's; empty for none."""
    if x.denied != y.denied:
        return "negation"
    if x.direction * y.direction < 0:
        return "direction"
    mine, theirs = x.values - y.values, y.values - x.values
    # Two numbers that differ may be a value and its condition: `12 % in 2010`, `15 % in 2011`.
    if len(mine) == len(theirs) == 1 and _unit(*mine) == _unit(*theirs):
        return "values"
    return ""


def _unit(value: str) -> str:
    return value.partition(" ")[2]


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
        torn = any((min(i, j), max(i, j)) in contrary for i in a for j in b)
        if a is not b and not torn and len(_settled(a | b, met)) <= 1:
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
