"""Lay out boxes in given rows with arrows downwards: an arrow that passes a row gets a lane in it.

After Sugiyama, Tagawa and Toda (1981), in small: long arrows are cut at each row, a row is ordered
by the middle of each spot's neighbours, and spots are then drawn towards them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.imports import Edge

Rows = Sequence[Sequence[str]]
GAP = 30
"""At least, between two spots of a row."""
LANE = 16
"""Width of a lane. Arrows to the same box share theirs."""
ORDERING, TURNS = 20, 60
"""Passes in which the order of a row may change, and all passes."""


@dataclass
class Spot:
    """A box in its row, or a lane of arrows to a box further down."""

    name: str
    """The box it is, or to which its arrows lead."""
    row: int
    width: int
    lane: bool
    x: float = 0.0
    """Its middle."""


def levels(rows: Rows) -> dict[str, int]:
    """In which row each box stands."""
    return {name: row for row, names in enumerate(rows) for name in names}


def laid_out(
    rows: Rows, edges: Iterable[Edge], width: int, bounds: tuple[float, float]
) -> tuple[list[Spot], list[tuple[Spot, Spot]]]:
    """All spots, and the links between those of neighbouring rows that the arrows are made of.

    edges: all of them downwards. width: of each box. bounds: left and right of every row.
    """
    middle = sum(bounds) / 2
    table = [
        {name: Spot(name, row, width, False, middle) for name in names}
        for row, names in enumerate(rows)
    ]
    level = levels(rows)
    links: dict[tuple[int, str, str], None] = {}
    for one, other in sorted(edges, key=lambda edge: (level[edge[0]], *edge)):
        for row in range(level[one] + 1, level[other]):
            table[row].setdefault(other, Spot(other, row, LANE, True, middle))
        path = [one] + [other] * (level[other] - level[one])
        links |= {(level[one] + step, a, b): None for step, (a, b) in enumerate(pairwise(path))}
    pairs = [(table[row][a], table[row + 1][b]) for row, a, b in links]
    order = [list(spots.values()) for spots in table]
    for turn in range(TURNS):
        for spots in order:
            wish = {spot.name: _wish(spot, pairs) for spot in spots}
            if turn < ORDERING:
                spots.sort(key=lambda spot: wish[spot.name])
            _spread(spots, wish, bounds)
    return [spot for spots in order for spot in spots], pairs


def _wish(spot: Spot, pairs: Iterable[tuple[Spot, Spot]]) -> float:
    """Where a spot would be best: in the middle of what it is linked to."""
    near = [b.x if a is spot else a.x for a, b in pairs if spot in (a, b)]
    return sum(near) / len(near) if near else spot.x


def _spread(row: Sequence[Spot], wish: Mapping[str, float], bounds: tuple[float, float]) -> None:
    """Give the spots of a row, in their order, their wishes as far as there is room."""
    for spot in row:
        spot.x = wish[spot.name]
    for _ in row:
        for a, b in pairwise(row):
            if (lack := (a.width + b.width) / 2 + GAP - (b.x - a.x)) > 0:
                a.x, b.x = a.x - lack / 2, b.x + lack / 2
    edge = bounds[0]
    for spot in row:
        spot.x = max(edge + spot.width / 2, spot.x)
        edge = spot.x + spot.width / 2 + GAP
    edge = bounds[1]
    for spot in reversed(row):
        spot.x = min(edge - spot.width / 2, spot.x)
        edge = spot.x - spot.width / 2 - GAP
