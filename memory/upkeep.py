"""Keep the search index in step with the store: trust it, doubt it, or build it anew.

A note beside the index says whether its files were sealed by a proper end, are in use, or were
being written. Searching is left to `memory.vectors`, what an index is to `memory.index`.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ValidationError

from memory import disk
from memory.chroma import Chroma
from memory.index import Floats, Index, Indexes, Unusable
from memory.store import Store

SAMPLE = 500
"""Vectors looked up in an index that nobody closed: half a second."""

Progress = Callable[[int, int], None]
State = Literal["closed", "open", "writing"]


class Note(BaseModel):
    """What stands beside the index: what it is of, and whether its files can be trusted."""

    state: State
    number: int
    """Name of the sub-folder in use."""
    embedder: str
    dimensions: int
    files: dict[str, str]
    """SHA-256 of each file, once it is closed."""


class Upkeep:
    """One workspace's index folder, for one embedder.

    notices: what a person should know about it, in sentences; grows as things happen.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        embedder: str,
        dimensions: int,
        progress: Progress = lambda _done, _total: None,
        *,
        patience: float = 120.0,
        indexes: Indexes | None = None,
    ) -> None:
        """progress: hears of each rebuilding how many vectors of how many are indexed.

        patience: seconds until a look-up in a doubtful index counts as failed.
        indexes: opens the index and creates it; Chroma, unless another is given.
        """
        self.notices: list[str] = []
        self._store = store
        self._folder = folder
        self._embedder = embedder
        self._dimensions = dimensions
        self._progress = progress
        self._patience = patience
        self.indexes = indexes or Chroma()
        self._number = 0
        self._index: Index | None = None
        self._given_up = False

    def opened(self) -> Index | None:
        """The index, in step with the store; None where there can be none."""
        if self._index is None and not self._given_up:
            try:
                if (doubt := self._doubt()) is None:
                    self.note("open")
                else:
                    self.rebuild(doubt)
            except OSError as error:
                self._give_up("The search index cannot be used.", error)
        return self._index

    def note(self, state: State) -> None:
        """Write down what is about to happen to the index, or has."""
        note = Note(
            state=state,
            number=self._number,
            embedder=self._embedder,
            dimensions=self._dimensions,
            files=_sums(self._place()) if state == "closed" else {},
        )
        disk.write(self._folder / "index.json", note.model_dump_json(indent=1).encode())

    def rebuild(self, why: str = "") -> None:
        """Build the index from the store, in a sub-folder of a new name; say so if there is a why.

        Chroma keeps files of a path open and remembered for as long as the process lives.
        """
        self._given_up = False
        self._drop()
        try:
            self._number = 1 + max(self._numbers(), default=0)
            self._place().mkdir(parents=True)
            self.note("writing")
            self._index = self.indexes.create(self._place())
            self._fill(self._index)
            self.note("open")
        except (Unusable, OSError) as error:
            self._give_up(why or "The search index could not be built.", error)
            return
        for number in set(self._numbers()) - {self._number}:
            shutil.rmtree(self._folder / str(number), ignore_errors=True)
        if why:
            self.notices.append(f"{why} It was built anew from the store; nothing is lost.")

    def _fill(self, index: Index) -> None:
        done, total = 0, self._store.count_vectors(self._embedder)
        for ids, vectors in self._store.stream_vectors(self._embedder, self.indexes.batch):
            index.add(ids, vectors)
            done += len(ids)
            self._progress(done, total)

    def close(self) -> None:
        """Close the index and seal its files, so that the next to open it can trust them."""
        if self._index is not None and self._drop():
            self.note("closed")

    def size(self) -> int:
        """Bytes on the disk."""
        return sum(path.stat().st_size for path in self._folder.rglob("*") if path.is_file())

    def _doubt(self) -> str | None:
        """Open the index, or say why it is not to be used; "" where there is none yet."""
        try:
            note = Note.model_validate_json((self._folder / "index.json").read_bytes())
        except FileNotFoundError:
            return "The search index has lost its note." if self._numbers() else ""
        except ValidationError:
            return "The search index has a damaged note."
        if (note.embedder, note.dimensions) != (self._embedder, self._dimensions):
            return "The search index was of another embedder."
        self._number = note.number
        return self._suspicion(note) or self._open()

    def _suspicion(self, note: Note) -> str:
        """What speaks against the files; "" where nothing does. Nothing is opened yet."""
        if note.state == "writing":
            return "The search index was being written when the last command stopped."
        if note.state == "closed" and note.files != _sums(self._place()):
            return "Files of the search index were damaged or missing."
        place, sample = self._place(), self._sample
        if note.state == "open" and not self.indexes.holds(place, sample(), self._patience):
            return "The search index was damaged."
        return ""

    def _open(self) -> str | None:
        try:
            self._index = self.indexes.open(self._place())
            behind = self._index.count() != self._store.count_vectors(self._embedder)
        except Unusable as error:
            return f"The search index could not be opened ({error})."
        return "The search index was not up to date." if behind else None

    def _sample(self) -> Floats:
        """About SAMPLE of the stored vectors, or all; no null vectors: they find nothing."""
        step = max(1, self._store.count_vectors(self._embedder) // SAMPLE)
        stored = self._store.stream_vectors(self._embedder)
        parts = [vectors[::step].copy() for _, vectors in stored]
        sample = np.concatenate([np.zeros((0, self._dimensions), np.float32), *parts])
        return sample[sample.any(axis=1)]

    def _give_up(self, why: str, error: Exception) -> None:
        self._drop()
        self._given_up = True
        self.notices.append(f"{why} Exact search serves instead, more slowly ({error}).")

    def _drop(self) -> bool:
        """Let go of the index whatever its state; whether it closed in peace."""
        index, self._index = self._index, None
        try:
            if index is not None:
                index.close()
        except Unusable:
            return False
        return True

    def _place(self) -> Path:
        return self._folder / str(self._number)

    def _numbers(self) -> list[int]:
        """Sub-folders by their numbers; one is in use, others were left by a sudden end."""
        if not self._folder.is_dir():
            return []
        return [int(path.name) for path in self._folder.iterdir() if path.name.isdecimal()]


def _sums(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below, by its relative path."""
    sums = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                whole = hashlib.file_digest(file, "sha256").hexdigest()
            sums[path.relative_to(folder).as_posix()] = whole
    return sums
