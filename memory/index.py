"""What a search index has to do. Chroma's form is memory.chroma; when to trust one, memory.upkeep.

An index only proposes: cosines are computed from the stored vectors, and exact search over those is
the reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Unusable(Exception):
    """An index cannot be built, opened, written or asked."""


class Index(Protocol):
    """Vectors under ids, searched by cosine. Every method raises Unusable where it cannot."""

    def count(self) -> int:
        """How many vectors it holds."""
        ...

    def add(self, ids: Sequence[str], vectors: Floats) -> None:
        """Insert vectors [n, d], or replace those of the same id."""
        ...

    def near(self, vectors: Floats, most: int) -> list[list[tuple[str, float]]]:
        """Of each vector [n, d], about the nearest: ids and distances, at most so many."""
        ...

    def close(self) -> None:
        """Write everything down and let go of the files."""
        ...


class Indexes(Protocol):
    """One kind of index, each in a folder of its own."""

    @property
    def batch(self) -> int:
        """Vectors best handed to `add` at once."""
        ...

    @property
    def widest(self) -> int:
        """Most neighbours that `near` is good for."""
        ...

    def create(self, folder: Path) -> Index:
        """A new index in an empty folder. Raises Unusable."""
        ...

    def open(self, folder: Path) -> Index:
        """The index of that folder. Raises Unusable."""
        ...

    def holds(self, folder: Path, vectors: Floats, seconds: float) -> bool:
        """Whether a closed index finds each of the vectors [n, d], told within so many seconds.

        Asked where the last owner did not close it: damage may do anything but harm this process.
        """
        ...
