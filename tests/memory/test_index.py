"""Vectors over another kind of index: whatever it proposes, what is found is what is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from memory.index import Floats, Unusable
from memory.store import Store
from memory.vectors import Vectors
from tests.memory.test_vectors import D, fill, points


class ListIndex:
    """All vectors in a dictionary, compared one by one."""

    def __init__(self) -> None:
        self.held: dict[str, Floats] = {}
        self.broken = False

    def count(self) -> int:
        return len(self.held)

    def add(self, ids: Sequence[str], vectors: Floats) -> None:
        self.held |= dict(zip(ids, vectors, strict=True))

    def near(self, vectors: Floats, most: int) -> list[list[tuple[str, float]]]:
        if self.broken:
            raise Unusable("no more")
        ids = list(self.held)
        far = 1 - vectors @ np.stack(list(self.held.values())).T
        order = np.argsort(far, axis=1)[:, :most]
        return [
            [(ids[at], float(row[at])) for at in best] for row, best in zip(far, order, strict=True)
        ]

    def close(self) -> None:
        pass


class ListIndexes:
    """Remembers what it created, by folder."""

    batch = 7
    widest = 200

    def __init__(self, sound: bool = True) -> None:
        self.made: dict[Path, ListIndex] = {}
        self.sound = sound

    def create(self, folder: Path) -> ListIndex:
        return self.made.setdefault(folder, ListIndex())

    def open(self, folder: Path) -> ListIndex:
        if folder not in self.made:
            raise Unusable("not here")
        return self.made[folder]

    def holds(self, folder: Path, vectors: Floats, seconds: float) -> bool:
        return self.sound

    @property
    def last(self) -> ListIndex:
        return list(self.made.values())[-1]


Open = Callable[[ListIndexes], Vectors]


@pytest.fixture
def over(store: Store, tmp_path: Path) -> Open:
    return lambda indexes: Vectors(store, tmp_path / "index", "mini", D, indexes=indexes)


def test_any_index_finds_what_exact_search_finds(store: Store, over: Open) -> None:
    indexes = ListIndexes()
    with over(indexes) as vectors:
        fill(store, vectors, points(60))
        for query in points(10, seed=1):
            assert vectors.neighbours(query, 5) == vectors.exact(query, 5)
        assert vectors.stats()["indexed"] == indexes.last.count() == 60
    with over(indexes) as vectors:
        assert vectors.stats()["healthy"]
        assert vectors.notices == []
    assert len(indexes.made) == 1


def test_an_index_that_is_lost_or_found_unsound_is_built_anew(store: Store, over: Open) -> None:
    with over(ListIndexes()) as vectors:
        fill(store, vectors, points(60))
    indexes = ListIndexes(sound=False)
    lost = over(indexes)
    assert lost.neighbours(points(60)[3], 1) == lost.exact(points(60)[3], 1)
    assert "could not be opened (not here)" in lost.notices[0]
    unsound = over(indexes)  # Nobody closed the one before.
    assert unsound.stats()["indexed"] == 60
    assert "was damaged" in unsound.notices[0]


def test_an_index_that_breaks_is_built_anew_and_the_answer_is_exact(
    store: Store, over: Open
) -> None:
    indexes = ListIndexes()
    vectors = over(indexes)
    fill(store, vectors, points(60))
    indexes.last.broken = True
    assert vectors.neighbours(points(60)[3], 5) == vectors.exact(points(60)[3], 5)
    assert "broke (no more)" in vectors.notices[0]
    assert len(indexes.made) == 2


def test_more_neighbours_than_an_index_is_good_for_are_looked_for_exactly(
    store: Store, over: Open
) -> None:
    indexes = ListIndexes()
    indexes.widest = 30
    vectors = over(indexes)
    fill(store, vectors, points(60))
    indexes.last.broken = True
    assert vectors.neighbours(points(60)[3], 20) == vectors.exact(points(60)[3], 20)
    assert vectors.notices == []
