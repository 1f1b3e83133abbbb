"""The index as a Chroma folder: all that knows Chroma. When to trust it is not decided here."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from memory.index import Floats, Unusable

COLLECTION = "nuggets"
BATCH = 5000
"""Vectors handed over at once; Chroma takes up to 5,461. Each batch costs it a rewriting of its
list of ids, so that 1,000 at a time take a fifth longer."""
WIDEST = 200
"""Most neighbours to ask for: beyond what the graph search keeps in view, it invents gaps."""
NEAR = 1e-3
"""Cosine distance below which a vector has found itself: float32 gives 1e-7."""


class ChromaIndex:
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


class Chroma:
    """Opens Chroma folders; see `memory.index.Indexes`."""

    batch = BATCH
    widest = WIDEST

    def create(self, folder: Path) -> ChromaIndex:
        """A new index in an empty folder."""
        return ChromaIndex(folder, create=True)

    def open(self, folder: Path) -> ChromaIndex:
        """The index of that folder."""
        return ChromaIndex(folder)

    def holds(self, folder: Path, vectors: Floats, seconds: float) -> bool:
        """Ask another process: a damaged folder can bring the one down that reads it."""
        sample = folder.with_name("sample.npy")
        np.save(sample, vectors)
        # -P, and our own folder last: nothing in the user's folder is imported by mistake.
        root = str(Path(__file__).parents[1])
        program = [sys.executable, "-P", "-c", LOOK_UP, root, str(folder), str(sample)]
        try:
            done = subprocess.run(program, capture_output=True, timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            return False
        finally:
            sample.unlink()
        return done.returncode == 0


LOOK_UP = """
import sys
sys.path.append(sys.argv[1])
from memory.chroma import finds
sys.exit(0 if finds(*sys.argv[2:]) else 1)
"""


def finds(folder: str, sample: str) -> bool:
    """Whether each of the vectors [n, d] in the file `sample` finds itself in the folder."""
    vectors = np.load(sample)
    index = ChromaIndex(Path(folder))
    nearest = index.near(vectors, 1) if len(vectors) else []
    index.close()
    return all(found and found[0][1] < NEAR for found in nearest)
