"""Which nuggets say the same, which contradict, which are only related, and who stands for whom.

How two claims relate is told in `relation`. Vectors and neighbours come from the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from memory.records import Link, Nugget, Relation
from tools.merge.entails import entails
from tools.merge.gist import gist
from tools.merge.relation import FARTHEST, relation

Vector = NDArray[np.float32]
Neighbours = Callable[[Vector, int], Sequence[Sequence[tuple[Nugget, float]]]]
"""For vectors [n, d] and a number k: of each vector the k nearest nuggets with their cosines."""

NEAREST = 12
"""Neighbours looked at per nugget."""
TOGETHER = 50
"""Nuggets whose neighbours are asked for at once: a third of the time of one by one."""


class Merged(NamedTuple):
    """Clusters by nugget id, the representative's id as value, and the links found."""

    clusters: dict[str, str]
    links: list[Link]


def compare(a: Nugget, b: Nugget, cosine: float) -> Link | None:
    """How two claims relate, or None where they do not. The order of the two does not matter."""
    if a.id == b.id or cosine < FARTHEST:
        return None
    first, second = sorted((a, b), key=lambda nugget: nugget.id)
    found = relation(gist(first.claim), gist(second.claim), cosine)
    if found is None:
        return None
    kind, reason = found
    if kind is Relation.CONTRADICTS and a.paper == b.paper:
        # A paper seldom contradicts itself: two values are two conditions.
        kind = Relation.RELATED
    score = round(float(cosine), 4)
    return Link(a=first.id, b=second.id, relation=kind, score=score, reason=reason)


def merge(new: Sequence[tuple[Nugget, Vector]], neighbours: Neighbours) -> Merged:
    """Clusters and links of new nuggets among themselves and with what was there.

    neighbours: the new nuggets are among those that it finds. The same set of nuggets in any order
    gives the same result.
    """
    links: dict[str, Link] = {}
    met = {nugget.id: nugget for nugget, _ in new}
    for first in range(0, len(new), TOGETHER):
        part = new[first : first + TOGETHER]
        near = neighbours(np.stack([vector for _, vector in part]), NEAREST)
        for (nugget, _), found in zip(part, near, strict=True):
            for other, cosine in found:
                if link := compare(nugget, other, cosine):
                    met.setdefault(other.id, other)
                    links[link.id] = link
    ordered = sorted(links.values(), key=lambda link: (link.a, link.b))
    return Merged(_clusters(met, ordered, {nugget.id for nugget, _ in new}), ordered)


def _clusters(met: dict[str, Nugget], links: Sequence[Link], new: set[str]) -> dict[str, str]:
    """Representatives of the new nuggets: surest SAME links first, never across a contradiction.

    Claims that say the same agree in values, direction and denial, so those that hang together by
    others cannot differ in these either, even where they were never compared.
    """
    group = {id_: {id_} for id_ in met}
    for nugget in met.values():
        if nugget.cluster in met and nugget.cluster != nugget.id:
            _join(group, nugget.id, nugget.cluster)
    contrary = {(link.a, link.b) for link in links if link.relation is Relation.CONTRADICTS}
    same = [link for link in links if link.relation is Relation.SAME]
    for link in sorted(same, key=lambda link: (-_sureness(link, met), link.a, link.b)):
        a, b = group[link.a], group[link.b]
        torn = any((min(i, j), max(i, j)) in contrary for i in a for j in b)
        if a is not b and not torn and len(_settled(a | b, met)) <= 1:
            _join(group, link.a, link.b)
    return {id_: _representative(group[id_], met) for id_ in sorted(new)}


def _sureness(link: Link, met: dict[str, Nugget]) -> float:
    """Log odds that each of two claims follows from the other."""
    a, b = met[link.a].claim, met[link.b].claim
    return min(entails(a, b, link.score), entails(b, a, link.score))


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
