"""Nearest nuggets: the index over the vectors that the store holds, and exact search beside it.

The store is the truth. The index only proposes candidates, whose cosines are computed from the
stored vectors; whenever there is doubt about it, it is built anew; where it cannot be used at all,
exact search serves. One process at a time may use the index of a workspace: its owner.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from memory import disk
from memory.errors import BadInput
from memory.index import Floats, Index, Indexes, Unusable
from memory.store import Store
from memory.upkeep import Progress, Upkeep

Near = list[tuple[str, float]]

SLACK = 1e-4
"""Far more than float32 cosines are off by (1e-6): what may belong among the nearest."""
EQUALS = 16
"""Links of a point in the index: more equals than that may be linked to none but each other, and
some are then not found."""


class Vectors:
    """The vectors of one embedder: kept in the store, searched through the index."""

    def __init__(
        self,
        store: Store,
        folder: Path,
        embedder: str,
        dimensions: int,
        progress: Progress = lambda _done, _total: None,
        *,
        indexes: Indexes | None = None,
    ) -> None:
        """folder: where the index lies, `<workspace>/index`. Nothing is opened before it is needed.

        embedder: its name; vectors of two embedders are never compared.
        progress: hears how far the index is whenever it is built anew, which takes minutes where
        there are hundreds of thousands of vectors.
        indexes: opens the index and creates it; Chroma, unless another is given.
        """
        self._store = store
        self._embedder = embedder
        self._dimensions = dimensions
        self._upkeep = Upkeep(store, folder, embedder, dimensions, progress, indexes=indexes)
        self._folder = folder
        self._turn = threading.RLock()
        self._kept: _Kept | None = None

    @property
    def notices(self) -> list[str]:
        """What a person should know about the index, in sentences; grows as things happen."""
        return self._upkeep.notices

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, ids: Sequence[str], vectors: Floats) -> None:
        """Keep vectors [n, d] in the store, then in the index; those of the same id are replaced.

        Raises BadInput for another shape or a value that is no number, NoSuch for a nugget that is
        not stored.
        """
        vectors = self._checked(np.asarray(vectors, np.float32).reshape(len(ids), -1))
        with self._turn:
            index = self._upkeep.opened()
            if index is not None:  # Killed between the two, the index is known to be behind.
                with disk.as_trouble(self._folder):
                    self._upkeep.note("writing")
            self._store.save_vectors(self._embedder, ids, vectors)
            if self._kept and not self._kept.take(ids, vectors):
                self._kept = None
            if index is not None:
                self._add(index, ids, vectors)

    def _add(self, index: Index, ids: Sequence[str], vectors: Floats) -> None:
        try:
            index.add(ids, vectors)
        except Unusable as error:
            self._upkeep.rebuild(f"The search index broke ({error}).")
        else:
            with disk.as_trouble(self._folder):
                self._upkeep.note("open")

    def neighbours(self, vector: Floats, k: int = 10) -> Near:
        """The k nuggets nearest to a vector [d]: ids and cosines in [-1, 1], the best first.

        Equal cosines are ordered by id.
        """
        return self.nearest(np.asarray(vector, np.float32).reshape(1, -1), k)[0]

    def nearest(self, vectors: Floats, k: int = 10) -> list[Near]:
        """The same for each of some vectors [n, d], in a third of the time that one by one takes.

        Up to n(2k + 20) stored vectors are in memory at once.
        """
        queries = self._checked(np.asarray(vectors, np.float32))
        if k < 1 or not len(queries):
            return [[] for _ in queries]
        with self._turn:
            found = zip(queries, self._indexed(queries, k), strict=True)
            return [near or self.exact(query, k) for query, near in found]

    def _indexed(self, queries: Floats, k: int) -> list[Near | None]:
        """The k nearest of each among those the index proposes; None where that may be wrong."""
        proposed = self._proposed(queries, k)
        ids, stored = self._store.load_vectors(self._embedder, set().union(*proposed))
        row = {key: at for at, key in enumerate(ids)}
        found: list[Near | None] = []
        for query, keys in zip(queries, proposed, strict=True):
            rows = [row[key] for key in keys if key in row]  # The others are gone.
            best = _ranked([ids[at] for at in rows], stored[rows], query)
            found.append(best[:k] if _clear(best, k) else None)
        return found

    def _proposed(self, queries: Floats, k: int) -> list[list[str]]:
        """More than k ids near each query; none where the index cannot say."""
        most = 2 * k + EQUALS + 4
        if most <= self._upkeep.indexes.widest and (index := self._upkeep.opened()) is not None:
            try:
                near = index.near(queries, most)
                return [[key for key, _ in found] for found in near]
            except Unusable as error:
                self._upkeep.rebuild(f"The search index broke ({error}).")
        return [[] for _ in queries]

    def exact(self, vector: Floats, k: int = 10) -> Near:
        """The same by comparing with every stored vector: the reference, and the fallback."""
        query = self._checked(np.asarray(vector, np.float32).reshape(1, -1))[0]
        with self._turn:
            kept = self._all()
            ids = list(kept.ids)
            if k < 1 or not ids:
                return []
            unit = query / np.float32(_length(query) or 1)
            rough = np.concatenate([part @ unit for part in kept.units])
            k = min(k, len(ids))
            bound = np.partition(rough, len(ids) - k)[len(ids) - k] - SLACK
            rows = np.flatnonzero(rough >= bound)
            found, vectors = self._store.load_vectors(self._embedder, [ids[row] for row in rows])
            return _ranked(found, vectors, query)[:k]

    def _all(self) -> _Kept:
        """What the store holds; read again when the number is another."""
        kept = self._kept
        if kept is None or len(kept.ids) != self._store.count_vectors(self._embedder):
            kept = self._kept = _Kept()
            for ids, vectors in self._store.stream_vectors(self._embedder):
                kept.take(ids, vectors)
        return kept

    def reindex(self) -> int:
        """Build the index anew from the store; returns how many vectors there are."""
        with self._turn:
            self._upkeep.rebuild()
            return self._store.count_vectors(self._embedder)

    def stats(self) -> dict[str, Any]:
        """Counts in store and index, embedder, dimensions, whether the index serves, its bytes."""
        with self._turn:
            index = self._upkeep.opened()
            stored = self._store.count_vectors(self._embedder)
            indexed = index.count() if index is not None else 0
            return {
                "stored": stored,
                "indexed": indexed,
                "embedder": self._embedder,
                "dimensions": self._dimensions,
                "healthy": index is not None and stored == indexed,
                "bytes": self._upkeep.size(),
            }

    def close(self) -> None:
        """Close the index and seal its files, so that the next to open it can trust them."""
        with self._turn:
            self._upkeep.close()

    def _checked(self, vectors: Floats) -> Floats:
        if vectors.size and vectors.shape[1] != self._dimensions:
            raise BadInput(
                f"A vector of {vectors.shape[1]} values was given; {self._embedder} makes "
                f"{self._dimensions}."
            )
        if not np.isfinite(vectors).all():
            raise BadInput(f"{self._embedder} made a vector with a value that is no number.")
        return vectors


class _Kept:
    """All vectors in memory, for exact search."""

    def __init__(self) -> None:
        self.ids: dict[str, None] = {}
        """In the order of the rows."""
        self.units: list[Floats] = []
        """Their vectors at length 1, in parts."""

    def take(self, ids: Sequence[str], vectors: Floats) -> bool:
        """Take more in; not where an id is known already: a row is never replaced."""
        new = dict.fromkeys(ids)
        if len(new) < len(ids) or not self.ids.keys().isdisjoint(new):
            return False
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit = vectors / np.where(lengths > 0, lengths, 1)
        self.ids |= new
        self.units.append(unit.astype(np.float32, copy=False))
        return True


def _ranked(ids: Sequence[str], vectors: Floats, query: Floats) -> Near:
    """Every id with its cosine, the best first, equals by id.

    In float64, row by row: the same two vectors give the same cosine in whatever company, which a
    matrix product does not promise.
    """
    if not ids:
        return []
    wide = vectors.astype(np.float64)
    dots = (wide * query.astype(np.float64)).sum(axis=1)
    lengths = np.sqrt((wide * wide).sum(axis=1)) * _length(query)
    cosines = np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths > 0)
    pairs = zip(ids, np.clip(cosines, -1, 1).tolist(), strict=True)
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))


def _clear(best: Near, k: int) -> bool:
    """Whether the first k are certain: equals of theirs are all here, or too few to be lost."""
    if len(best) <= k:
        return False
    cosines = np.array([cosine for _, cosine in best])
    farther = cosines[EQUALS : EQUALS + k]
    crowded = cosines[: len(farther)] - farther < SLACK
    return bool(cosines[k - 1] - cosines[-1] >= SLACK and not crowded.any())


def _length(vector: Floats) -> float:
    return float(np.sqrt((vector.astype(np.float64) ** 2).sum()))
