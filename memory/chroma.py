"""One Chroma folder: the only place with Chroma. When to trust it is not decided here.

Run as a program, `index.py FOLDER SAMPLE`, it asks a folder for vectors that it should hold. A
damaged folder can bring the process down that reads it, so a doubtful one is first read by another.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

COLLECTION = "nuggets"
BATCH = 5000
"""Vectors handed over at once; Chroma takes up to 5,461. Each batch costs it a rewriting of its
list of ids, so that 1,000 at a time take a fifth longer."""
WIDEST = 200
"""Most neighbours to ask for: beyond what the graph search keeps in view, it invents gaps."""
NEAR = 1e-3
"""Cosine distance below which a vector has found itself: float32 gives 1e-7."""


class Unusable(Exception):
    """Chroma, or this folder of it, does not work."""


class Index:
    """An open Chroma folder with one collection of vectors, by cosine."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        """Open a folder, or create it. Raises Unusable."""
        with _complaints():
            import chromadb
            from chromadb.config import Settings

            # Without the second, a `.env` in the user's folder would be read as Chroma's settings.
            settings = Settings(anonymized_telemetry=False, _env_file=None)
            # Chroma's annotations know neither `close` nor lists of arrays.
            client: Any = chromadb.PersistentClient
            self._client = client(path=str(folder), settings=settings)
            try:
                self._collection = self._create() if create else self._open()
            except BaseException:
                self._client.close()
                raise

    def _create(self) -> Any:
        # 200 candidates at each step of a search. When building, 100: with 200, of 100,000 vectors
        # the ten nearest were found in 0.9980 instead of 0.9977 of cases, for twice the time.
        search = {"space": "cosine", "ef_search": WIDEST, "ef_construction": 100}
        return self._client.create_collection(
            COLLECTION, embedding_function=None, configuration={"hnsw": search}
        )

    def _open(self) -> Any:
        return self._client.get_collection(COLLECTION, embedding_function=None)

    def count(self) -> int:
        """How many vectors it holds."""
        with _complaints():
            return int(self._collection.count())

    def add(self, ids: Sequence[str], vectors: Floats) -> None:
        """Insert vectors [n, d], or replace those of the same id."""
        with _complaints():
            for at in range(0, len(ids), BATCH):
                self._collection.upsert(
                    ids=list(ids[at : at + BATCH]), embeddings=vectors[at : at + BATCH]
                )

    def near(self, vectors: Floats, most: int) -> list[list[tuple[str, float]]]:
        """Of each vector [n, d], about the nearest: ids and distances, at most so many (WIDEST).

        Every question makes Chroma look for what was added since; so many vectors in one.
        """
        with _complaints():
            found = self._collection.query(
                query_embeddings=vectors, n_results=most, include=["distances"]
            )
        pairs = zip(found["ids"], found["distances"], strict=True)
        return [list(zip(*pair, strict=True)) for pair in pairs]

    def close(self) -> None:
        """Write everything down and let go of the files."""
        with _complaints():
            self._client.close()


@contextmanager
def _complaints() -> Iterator[None]:
    """Turn all that Chroma throws into Unusable.

    Its Rust half panics with an exception that belongs to no module and is no Exception.
    """
    try:
        yield
    except BaseException as error:
        ours = isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError))
        if ours or not (isinstance(error, Exception) or type(error).__name__ == "PanicException"):
            raise
        raise Unusable(f"{type(error).__name__}: {error}") from error


def holds(folder: Path, vectors: Floats) -> bool:
    """Whether each of the vectors [n, d] finds itself in the folder."""
    index = Index(folder)
    nearest = index.near(vectors, 1) if len(vectors) else []
    index.close()
    return all(found and found[0][1] < NEAR for found in nearest)


if __name__ == "__main__":
    sys.exit(0 if holds(Path(sys.argv[1]), np.load(sys.argv[2])) else 1)
