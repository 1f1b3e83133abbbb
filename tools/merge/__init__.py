"""Which nuggets say the same, which contradict, which are only related, and who stands for whom.

How two claims relate is told in `relation`; where code is unsure (`doubt`), a judge may be asked
between `compared` and `Plan.merged`. Vectors, neighbours and the judge's word come from the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from memory.records import Link, Nugget, Relation
from tools.merge.doubt import allowed, doubtful
from tools.merge.entails import mutual
from tools.merge.features import claim_features
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
    found = relation(claim_features(first.claim), claim_features(second.claim), cosine)
    if found is None:
        return None
    kind, reason = found
    if kind is Relation.CONTRADICTS and a.paper == b.paper:
        # A paper seldom contradicts itself: two values are two conditions.
        kind = Relation.RELATED
    score = round(float(cosine), 4)
    return Link(a=first.id, b=second.id, relation=kind, score=score, reason=reason)


class Comparison(NamedTuple):
    """What comparing gave, before anybody stands for anybody."""

    new: frozenset[str]
    """Ids of the new nuggets."""
    met: dict[str, Nugget]
    """The new nuggets and all that they are linked with, by id."""
    links: tuple[Link, ...]
    """In the order of their two ids."""

    @property
    def doubtful(self) -> list[tuple[Nugget, Nugget, Relation]]:
        """The pairs about which a judge may be asked, with what code takes them for."""
        return [(*self._ends(link), link.relation) for link in self._unsure]

    def judged(self, said: Sequence[Relation], by: str) -> Comparison:
        """The same with a judge's word on the doubtful pairs, where code lets it stand.

        said: one for each of `doubtful`, in its order.
        by: who judged; it stands as the reason of each link that is another now.
        """
        changed = {
            link.id: link.replace(relation=relation, reason=f"judged by {by}")
            for link, relation in zip(self._unsure, said, strict=True)
            if relation is not link.relation and allowed(*self._ends(link), relation)
        }
        return self._replace(links=tuple(changed.get(link.id, link) for link in self.links))

    def merged(self) -> Merged:
        """Clusters of the new nuggets, and the links."""
        return Merged(_clusters(self.met, self.links, self.new), list(self.links))

    @property
    def _unsure(self) -> list[Link]:
        return [link for link in self.links if doubtful(*self._ends(link), link)]

    def _ends(self, link: Link) -> tuple[Nugget, Nugget]:
        return self.met[link.a], self.met[link.b]


def compared(new: Sequence[tuple[Nugget, Vector]], neighbours: Neighbours) -> Comparison:
    """How new nuggets relate among themselves and to what was there.

    neighbours: the new nuggets are among those that it finds. The same set of nuggets in any order
    gives the same plan.
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
    ordered = tuple(sorted(links.values(), key=lambda link: (link.a, link.b)))
    return Comparison(frozenset(nugget.id for nugget, _ in new), met, ordered)


def merge(new: Sequence[tuple[Nugget, Vector]], neighbours: Neighbours) -> Merged:
    """Clusters and links of new nuggets by code alone; see `compared`."""
    return compared(new, neighbours).merged()


def _clusters(met: dict[str, Nugget], links: Sequence[Link], new: Set[str]) -> dict[str, str]:
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
    return mutual(met[link.a].claim, met[link.b].claim, link.score)


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
