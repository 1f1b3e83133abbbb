"""The store: the truth of a workspace, and the one door to its database.

Every question is one transaction; `transaction` and `reading` join several. Searching the vectors
that stand here is the index's matter.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine

from memory import database
from memory.errors import NoSuch
from memory.mapping import R, called
from memory.records import Decision, Nugget, Record
from memory.rows import Keyed, Rows

SHORTEST_PREFIX = 4
"""Characters of an id that a person must type."""


class Store:
    """One workspace's records. Threads may share it; processes take turns at writing."""

    def __init__(self, engine: Engine, where: str) -> None:
        self.where = where
        self._engine = engine
        self._turn = threading.Lock()  # SQLite makes writers poll; here they queue in order.
        self._widths: dict[str, int] = {}

    @classmethod
    def open(cls, where: str | Path, base: Path | None = None) -> Self:
        """Open the SQLite file of that path, or the database of that URL, creating its tables.

        base: the folder from which the path of a sqlite:/// URL is seen, if not the current one.
        An older workspace is upgraded. Raises BadInput for a URL that names no usable database,
        NewerWorkspace, Locked, NoSpace, WorkspaceTrouble.
        """
        engine = database.connect(where, base)
        name = database.name(engine.url)
        if engine.dialect.name == "sqlite":
            with database.as_trouble(name):
                Path(name).parent.mkdir(parents=True, exist_ok=True)
        store = cls(engine, name)
        try:
            database.open_tables(engine, name)
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Give the connections back. Whoever asks again opens new ones."""
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Rows]:
        """Everything in the block happens, or nothing does; nobody else writes meanwhile.

        Not to be nested, nor mixed with the store's other writing methods.
        """
        writing = self._engine.execution_options(**database.WRITING)
        with (
            self._turn,
            database.as_trouble(self.where, self._engine.url),
            writing.begin() as connection,
        ):
            yield Rows(connection)

    @contextmanager
    def reading(self) -> Iterator[Rows]:
        """Several questions to one state of the store."""
        with (
            database.as_trouble(self.where, self._engine.url),
            self._engine.connect() as connection,
        ):
            yield Rows(connection)

    def put(self, *records: Record) -> None:
        """Insert the records, or replace those of the same id, all in one transaction."""
        with self.transaction() as rows:
            rows.put(*records)

    def add(self, *records: Record) -> int:
        """Insert those that are not there yet; returns how many. The others stay as they are."""
        with self.transaction() as rows:
            return rows.add(*records)

    def get(self, kind: type[R], key: str, /) -> R:
        """The record of that id. Raises NoSuch."""
        with self.reading() as rows:
            return rows.get(kind, key)

    def find(self, kind: type[R], key: str, /) -> R | None:
        """The record of that id, or None."""
        with self.reading() as rows:
            return rows.find(kind, key)

    def all(self, kind: type[R], **equals: object) -> list[R]:
        """The records whose columns have these values; see `Rows.all`."""
        with self.reading() as rows:
            return rows.all(kind, **equals)

    def count(self, kind: type[Record], **equals: object) -> int:
        """How many records have these values."""
        with self.reading() as rows:
            return rows.count(kind, **equals)

    def totals(
        self,
        kind: type[Record],
        by: Sequence[str] = (),
        of: Sequence[str] = (),
        since: str = "",
        **equals: object,
    ) -> list[dict[str, Any]]:
        """`count` and the sums `of` columns, for each group of records, in the groups' order.

        by: columns, or `day` for the first ten characters of `time`; without any, all are one
        group, also where there is nothing. since: only records of that time or later.
        """
        with self.reading() as rows:
            return rows.totals(kind, by, of, since, **equals)

    def delete(self, kind: type[Record], *ids: str) -> int:
        """Remove records by id; returns how many were there. A nugget takes its vectors along."""
        with self.transaction() as rows:
            return rows.delete(kind, *ids)

    def by_prefix(self, kind: type[R], prefix: str) -> R:
        """The one record whose id is this, or begins so (at least 4 characters). Raises NoSuch."""
        with self.reading() as rows:
            if (exact := rows.find(kind, prefix)) is not None:
                return exact
            if len(prefix) < SHORTEST_PREFIX:
                raise NoSuch(
                    f"There is no {called(kind)} {prefix!r}.",
                    f"Give at least {SHORTEST_PREFIX} characters of its id.",
                )
            found = rows.like(kind, prefix, 6)
            if len(found) == 1:
                return rows.get(kind, found[0])
        if not found:
            raise NoSuch(f"There is no {called(kind)} whose id begins with {prefix!r}.")
        raise NoSuch(
            f"More than one {called(kind)} has an id that begins with {prefix!r}.",
            f"Give more of it: {', '.join(found[:5])}{', ...' if len(found) > 5 else ''}.",
        )

    def decide(self, decisions: Sequence[Decision]) -> list[Nugget]:
        """Append decisions and apply them to their nuggets; returns these as they now stand.

        All or none: a decision on another revision than the nugget's present one refuses the whole
        batch with BadInput. A decision that stands already is not applied again.
        """
        with self.transaction() as rows:
            return rows.decide(decisions)

    def undo(self, batch: str | None = None, actor: str = "person") -> list[Nugget]:
        """Take back the last batch of decisions that stands, or the one named.

        Adds inverse rows and removes none. Raises NothingToDo where nothing stands, NoSuch for an
        unknown batch, BadInput when one of its nuggets was decided again later.
        """
        with self.transaction() as rows:
            return rows.undo(batch, actor)

    def save_vectors(self, embedder: str, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Keep one vector per nugget, replacing that of the same embedder.

        vectors: [n, d]. Raises NoSuch for a nugget that is not stored, BadInput when d is not that
        of the vectors already there.
        """
        if not len(ids):
            return
        width = int(vectors.shape[1])
        with self.transaction() as rows:
            # Asked once: behind many vectors of another embedder, the first is far to seek.
            if self._widths.get(embedder) != width:
                rows.check_width(embedder, width)
            rows.save_vectors(embedder, ids, vectors)
        self._widths[embedder] = width

    def load_vectors(self, embedder: str, ids: Collection[str] | None = None) -> Keyed:
        """Nugget ids in ascending order and their vectors [n, d]; only of `ids`, where given."""
        with self.reading() as rows:
            return rows.load_vectors(embedder, ids)

    def stream_vectors(self, embedder: str, size: int = 5000) -> Iterator[Keyed]:
        """All vectors of one embedder as they stood at the start, `size` at a time, in no order.

        Memory holds one such part; all of 300,000 would take half a gigabyte.
        """
        with self.reading() as rows:
            yield from rows.stream_vectors(embedder, size)

    def count_vectors(self, embedder: str) -> int:
        """How many vectors of that embedder there are."""
        with self.reading() as rows:
            return rows.count_vectors(embedder)
