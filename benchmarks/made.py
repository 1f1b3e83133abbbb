"""Vectors as many as wanted: like those of real sentences, or deliberately unlike. Made, not kept.

What is measured on them is in `memory`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import Table

Floats = NDArray[np.float32]
NEAREST = 10


class VectorSource(Protocol):
    """Gives claims and their vectors."""

    def some(self, n: int) -> tuple[list[str], Floats]:
        """So many claims, no two alike, and their vectors [n, d] of length 1."""
        ...


class Made:
    """As many vectors as wanted, as near to each other as those of real sentences are.

    A vector is a real one, moved up to half of the way to one of its ten nearest and by 0.2 to 0.9
    of the way between another real one and one of its ten nearest.
    """

    def __init__(self, texts: Sequence[str], real: Floats) -> None:
        self._texts, self._real = texts, real
        self._near = nearest(real, np.arange(len(real)))[0]
        self._chance = np.random.default_rng(0)
        self._number = 0

    def some(self, n: int) -> tuple[list[str], Floats]:
        """See `VectorSource`."""
        rows, onwards = self._ways(n)
        _, aside = self._ways(n)
        part, spread = (
            self._chance.uniform(low, high, (n, 1)).astype(np.float32)
            for low, high in ((0, 0.5), (0.2, 0.9))
        )
        self._number += n
        claims = [f"{self._texts[row]} (Case {self._number - i}.)" for i, row in enumerate(rows)]
        return claims, unit(self._real[rows] + part * onwards + spread * aside)

    def _ways(self, n: int) -> tuple[NDArray[np.int64], Floats]:
        """So many rows of real vectors, and the way from each to one of its nearest."""
        rows = self._chance.integers(0, len(self._real), n)
        to = self._near[rows, self._chance.integers(0, NEAREST, n)]
        return rows, self._real[to] - self._real[rows]


def unit(vectors: Floats) -> Floats:
    """Each row at length 1."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def nearest(vectors: Floats, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], Floats]:
    """Of some rows: places and cosines of the ten nearest others, the best first."""
    places, cosines = [], []
    for some in np.array_split(rows, 1 + len(rows) // 500):
        found = vectors[some] @ vectors.T
        found[np.arange(len(some)), some] = -2
        best = np.argsort(-found, axis=1)[:, :NEAREST]
        places.append(best)
        cosines.append(np.take_along_axis(found, best, axis=1))
    return np.concatenate(places), np.concatenate(cosines)


def likeness(real: Floats, made: Floats) -> Table:
    """Whether made vectors lie as real ones do: cosines of the first and the tenth nearest."""
    rows = []
    for size in (1000, len(real)):
        for name, vectors in (("real", real[:size]), ("made", made[:size])):
            cosines = nearest(vectors, np.arange(0, size, size // 1000))[1]
            for rank in (1, 10):
                quantiles = np.quantile(cosines[:, rank - 1], (0.05, 0.25, 0.5, 0.75, 0.95))
                rows.append((f"{name}, {size}, rank {rank}", *map(float, quantiles)))
    columns = ("vectors, how many, neighbour", "5 %", "25 %", "median", "75 %", "95 %")
    return Table(title="Cosine to the nearest", columns=columns, rows=tuple(rows))


class Noise:
    """Points in no clusters at all: every one is nearly as far from every other."""

    def __init__(self, dimensions: int) -> None:
        self._dimensions = dimensions
        self._chance = np.random.default_rng(0)
        self._number = 0

    def some(self, n: int) -> tuple[list[str], Floats]:
        """See `VectorSource`."""
        self._number += n
        claims = [f"Claim {self._number - i}." for i in range(n)]
        return claims, unit(self._chance.normal(size=(n, self._dimensions)).astype(np.float32))


class Copies:
    """A few vectors of another source, again and again, as if many papers said the very same."""

    def __init__(self, source: VectorSource, distinct: int = 100) -> None:
        self._vectors = source.some(distinct)[1]
        self._number = 0

    def some(self, n: int) -> tuple[list[str], Floats]:
        """See `VectorSource`."""
        numbers = range(self._number, self._number + n)
        self._number += n
        return [f"Claim {i}." for i in numbers], self._vectors[
            np.array(numbers) % len(self._vectors)
        ]
