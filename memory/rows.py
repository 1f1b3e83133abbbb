"""Rows read and written within one transaction: all the questions Goldpan puts to its tables.

Records go in whole and come out whole, in the order they came. When a transaction begins and ends
is the store's matter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Table, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from memory import decisions, schema
from memory.errors import BadInput, NoSuch, NothingToDo
from memory.mapping import R, by_table, called, day, restored, table_of, where
from memory.records import Action, Call, Decision, Nugget, Record, Reply

Keyed = tuple[list[str], NDArray[np.float32]]
"""Nugget ids and their vectors [n, d]."""


class Rows:
    """What can be read and changed within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, *records: Record) -> None:
        """Insert the records, or replace those of the same id; a replaced one keeps its place."""
        for table, rows in by_table(records).items():
            self._upsert(table, rows, "id")

    def add(self, *records: Record) -> int:
        """Insert those that are not there yet; returns how many. The others stay as they are."""
        new = 0
        for table, rows in by_table(records).items():
            there = self._ids(table, [row["id"] for row in rows])
            fresh = [row for row in rows if row["id"] not in there]
            if fresh:
                self._connection.execute(table.insert(), fresh)
            new += len(fresh)
        return new

    def all(self, kind: type[R], **equals: object) -> list[R]:
        """The records whose columns have these values, in the order in which they came.

        A list, tuple or set of values means any of them. Raises TypeError for a field without a
        column.
        """
        return self._select(kind, equals)

    def find(self, kind: type[R], key: str, /) -> R | None:
        """The record of that id, or None."""
        found = self._select(kind, {"id": key})
        return found[0] if found else None

    def get(self, kind: type[R], key: str, /) -> R:
        """The record of that id. Raises NoSuch."""
        if (found := self.find(kind, key)) is None:
            raise NoSuch(f"There is no {called(kind)} {key}.")
        return found

    def count(self, kind: type[Record], **equals: object) -> int:
        """How many records have these values."""
        table = table_of(kind)
        asked = (select(func.count()).select_from(table).where(*c) for c in where(table, equals))
        return sum(self._connection.execute(one).scalar_one() for one in asked)

    def totals(
        self,
        kind: type[Record],
        by: Sequence[str] = (),
        of: Sequence[str] = (),
        since: str = "",
        **equals: object,
    ) -> list[dict[str, Any]]:
        """Counts and sums of groups of records; see `Store.totals`."""
        table = table_of(kind)
        groups = [day(table) if name == "day" else table.c[name] for name in by]
        sums = [func.sum(table.c[name]).label(name) for name in of]
        asked = select(func.count().label("count"), *sums, *groups).select_from(table)
        asked = asked.where(table.c.time >= since) if since else asked
        empty = dict.fromkeys(("count", *of), 0)
        found: dict[tuple[Any, ...], dict[str, Any]] = {} if by else {(): empty}
        # A long list of values was cut up: one group may come from several statements.
        for conditions in where(table, equals):
            statement = asked.where(*conditions).group_by(*groups)
            for row in self._connection.execute(statement).mappings():
                group = tuple(row[name] for name in by)
                so_far = found.get(group, empty)
                found[group] = {name: so_far[name] + (row[name] or 0) for name in empty}
        return [{**dict(zip(by, group, strict=True)), **found[group]} for group in sorted(found)]

    def forget_replies(self, before: str) -> int:
        """Remove the replies to calls of which none was made since; returns how many."""
        replies, calls = table_of(Reply), table_of(Call)
        used = select(calls.c.key).where(calls.c.time >= before)
        gone = delete(replies).where(replies.c.key.not_in(used))
        return self._connection.execute(gone).rowcount

    def delete(self, kind: type[Record], *ids: str) -> int:
        """Remove records by id; returns how many were there. A nugget takes its vectors along."""
        table = table_of(kind)
        gone = (delete(table).where(*conditions) for conditions in where(table, {"id": ids}))
        return sum(self._connection.execute(one).rowcount for one in gone)

    def decide(self, taken: Sequence[Decision]) -> list[Nugget]:
        """Append the decisions and apply them; see `Store.decide`."""
        known = {one.id: one for one in self.all(Decision, id=[one.id for one in taken])}
        new = [one for one in taken if not _stands(one, known.get(one.id))]
        ids = list(dict.fromkeys(one.nugget for one in taken))
        nuggets, filled = decisions.apply(self._by_id(Nugget, ids), new)
        self.put(*nuggets.values())
        self.put(*filled)
        return [nuggets[key] for key in ids]

    def undo(self, batch: str | None, actor: str) -> list[Nugget]:
        """Take a batch back; see `Store.undo`."""
        chosen = self._standing_batch(batch)
        ids = list(dict.fromkeys(one.nugget for one in chosen))
        standing = self._standing(nugget=ids)
        return self.decide(decisions.inverses(self._by_id(Nugget, ids), standing, chosen, actor))

    def _standing_batch(self, batch: str | None) -> list[Decision]:
        if batch is not None:
            if not self.count(Decision, batch=batch):
                raise NoSuch(f"There is no batch of decisions {batch}.")
            chosen = self._standing(batch=batch)
        else:
            last = self._standing(newest=True)
            chosen = self._standing(batch=last[0].batch) if last and last[0].batch else last
        if not chosen:
            raise NothingToDo("There is no decision to undo.")
        return chosen

    def _standing(self, newest: bool = False, **equals: object) -> list[Decision]:
        """Decisions that no later row takes back, the oldest first; only the newest if asked."""
        taken, later = table_of(Decision), table_of(Decision).alias()
        stands = ~select(later.c.seq).where(later.c.undoes == taken.c.id).exists()
        what = (taken.c.action != Action.UNDO.value, stands)
        if not newest:
            return self._select(Decision, equals, *what)
        last = select(func.max(taken.c.seq)).where(*what).scalar_subquery()
        return self._select(Decision, {}, taken.c.seq == last)

    def save_vectors(self, embedder: str, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Keep vectors beside their nuggets; see `Store.save_vectors`."""
        width = int(vectors.shape[1])
        rows = [
            {"nugget": key, "embedder": embedder, "dimensions": width, "data": vector.tobytes()}
            for key, vector in zip(ids, np.asarray(vectors, dtype="<f4"), strict=True)
        ]
        try:
            self._upsert(schema.vectors, rows, "nugget", "embedder")
        except IntegrityError as error:
            raise NoSuch("There are vectors for nuggets that the store does not have.") from error

    def check_width(self, embedder: str, width: int) -> None:
        """Raises BadInput where vectors of that embedder with other dimensions are stored."""
        there = select(schema.vectors.c.dimensions).where(schema.vectors.c.embedder == embedder)
        if (held := self._connection.execute(there.limit(1)).scalar()) not in (None, width):
            raise BadInput(f"Vectors of {embedder} have {held} dimensions here, not {width}.")

    def load_vectors(self, embedder: str, ids: Collection[str] | None = None) -> Keyed:
        """Vectors of one embedder, by nugget id; of these nuggets only, where ids are given."""
        equals: dict[str, object] = {"embedder": embedder}
        asked = where(schema.vectors, equals if ids is None else {**equals, "nugget": ids})
        found = (self._connection.execute(_VECTOR.where(*conditions)) for conditions in asked)
        return _matrix(sorted(row for one in found for row in one))

    def stream_vectors(self, embedder: str, size: int) -> Iterator[Keyed]:
        """All vectors of one embedder, `size` at a time; see `Store.stream_vectors`."""
        asked = _VECTOR.where(schema.vectors.c.embedder == embedder)
        found = self._connection.execute(asked, execution_options={"yield_per": size})
        yield from map(_matrix, found.partitions())

    def count_vectors(self, embedder: str) -> int:
        """How many vectors of that embedder there are."""
        of = select(func.count()).where(schema.vectors.c.embedder == embedder)
        return self._connection.execute(of).scalar_one()

    def _select(self, kind: type[R], equals: dict[str, Any], *more: ColumnElement[bool]) -> list[R]:
        table = table_of(kind)
        rows = [
            row
            for conditions in where(table, equals)
            for row in self._connection.execute(
                select(table.c.seq, table.c.body).where(*conditions, *more)
            )
        ]
        # Sorted here: asked for in order, SQLite walks the whole table instead of the index.
        return [restored(kind, row.body) for row in sorted(rows, key=lambda row: row.seq)]

    def _ids(self, table: Table, ids: Sequence[str]) -> set[str]:
        asked = (select(table.c.id).where(*conditions) for conditions in where(table, {"id": ids}))
        return {key for one in asked for key in self._connection.execute(one).scalars()}

    def _by_id(self, kind: type[R], ids: Sequence[str]) -> dict[str, R]:
        return {record.id: record for record in self.all(kind, id=ids)}

    def like(self, kind: type[R], prefix: str, most: int) -> list[str]:
        """Ids that begin with the prefix, at most so many, in the order in which they came."""
        table = table_of(kind)
        asked = select(table.c.id).where(table.c.id.startswith(prefix, autoescape=True))
        return list(self._connection.execute(asked.order_by(table.c.seq).limit(most)).scalars())

    def _upsert(self, table: Table, rows: list[dict[str, Any]], *key: str) -> None:
        statement = _upserting(self._connection.dialect.name, table, *key)
        self._connection.execute(statement, rows)


@cache
def _upserting(dialect: str, table: Table, *key: str) -> Any:
    """Insert, or replace the row of that key. Kept: to make it takes longer than to execute it."""
    new: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[dialect](table)
    rest = [column.name for column in table.c if column.name not in ("seq", *key)]
    return new.on_conflict_do_update(
        index_elements=list(key), set_={name: new.excluded[name] for name in rest}
    )


_VECTOR = select(schema.vectors.c.nugget, schema.vectors.c.data)


def _matrix(rows: Sequence[Any]) -> Keyed:
    """Nugget ids and their vectors [n, d] of rows of `_VECTOR`; [0, 0] without rows."""
    width = len(rows[0].data) // 4 if rows else 0
    joined = b"".join(row.data for row in rows)
    vectors = np.frombuffer(joined, dtype="<f4").reshape(len(rows), width)
    return [row.nugget for row in rows], vectors.astype(np.float32, copy=False)


def _stands(decision: Decision, known: Decision | None) -> bool:
    """Whether this very decision is stored already."""
    if known is None:
        return False
    same = ("nugget", "revision", "action", "after", "batch")
    if any(getattr(known, name) != getattr(decision, name) for name in same):
        raise BadInput(f"The decision {decision.id} is there already, and is another one.")
    return True
