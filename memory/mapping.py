"""Records as rows, and questions as conditions on their columns. Nothing is executed here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from itertools import product
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Integer, Table, func, literal_column

from memory import schema
from memory.errors import WorkspaceTrouble
from memory.records import Record

R = TypeVar("R", bound=Record)

MOST_VALUES = 30_000
"""Values in one statement; SQLite takes 32,766."""
_OURS = ("seq", "body")


def table_of(kind: type[Record]) -> Table:
    """Where records of a kind stand."""
    return schema.TABLES[kind]


def called(kind: type[Record]) -> str:
    """What a person calls it: `model version`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.__name__).lower()


def by_table(records: Sequence[Record]) -> dict[Table, list[dict[str, Any]]]:
    """Rows by table; of two records with one id the later counts."""
    tables: dict[Table, dict[str, dict[str, Any]]] = {}
    for record in records:
        tables.setdefault(table_of(type(record)), {})[record.id] = _row(record)
    return {table: list(rows.values()) for table, rows in tables.items()}


def _row(record: Record) -> dict[str, Any]:
    if not record.id:
        raise ValueError(f"a {type(record).__name__} without an id cannot be kept")
    columns = [column.name for column in table_of(type(record)).c]
    fields = {name: _plain(getattr(record, name)) for name in columns if name not in _OURS}
    # Not pydantic's own JSON: it turns inf into null, and stops at a surrogate in a file's name.
    return {**fields, "body": json.dumps(record.model_dump())}


def _plain(value: Any) -> Any:
    """The value as a database takes it: an enum as its text, no surrogates, no NUL."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
    return value


def restored(kind: type[R], body: str) -> R:
    """The record that was stored. Raises WorkspaceTrouble."""
    try:
        return kind.model_validate(json.loads(body))
    except ValueError as error:  # pydantic's and json's errors are both of this type
        raise WorkspaceTrouble(
            f"A stored {called(kind)} cannot be read: {error}.",
            "It is damaged, or another version of Goldpan wrote it; use that version or a backup.",
        ) from error


def where(table: Table, equals: dict[str, Any]) -> Iterator[list[ColumnElement[bool]]]:
    """Conditions for one statement after another; long lists of values are cut up.

    Raises TypeError for a field without a column.
    """
    if unknown := sorted(set(equals) - (set(table.c.keys()) - set(_OURS))):
        can = ", ".join(name for name in table.c.keys() if name not in _OURS)  # noqa: SIM118
        raise TypeError(f"{table.name} cannot be asked by {', '.join(unknown)}; only by {can}")
    one = [table.c[name] == _plain(v) for name, v in equals.items() if not _several(v)]
    many = {n: list(dict.fromkeys(map(_plain, v))) for n, v in equals.items() if _several(v)}
    size = MOST_VALUES // max(1, len(many))
    cut = (
        [table.c[name].in_(values[at : at + size]) for at in range(0, len(values), size)]
        for name, values in many.items()
    )
    for conditions in product(*cut):
        yield [*one, *conditions]


def day(table: Table) -> ColumnElement[str]:
    """The day of a table's `time`."""
    # Not as parameters: PostgreSQL would not see that what is selected is what is grouped by.
    first, tenth = literal_column("1", Integer), literal_column("10", Integer)
    return func.substr(table.c.time, first, tenth).label("day")


def _several(value: object) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str)
