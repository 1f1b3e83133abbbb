"""Open the database: connections, creation, upgrade, and its complaints in our words.

What is read and written is the store's matter.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from memory import disk, schema
from memory.errors import BadInput, Locked, NewerWorkspace, NoSpace, WorkspaceTrouble

PATIENCE = 10.0
"""Seconds to wait for another process that is writing."""


def connect(where: str | Path) -> Engine:
    """A pool of connections to a SQLite file or to the database of a URL; nothing is opened yet.

    Raises BadInput for a URL that names no usable database.
    """
    url = str(where) if "://" in str(where) else f"sqlite:///{Path(where).absolute()}"
    # Without a driver's name the older psycopg 2 would be taken.
    url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    try:
        # Threads of a graph each borrow one; a pool smaller than the fan-out would make them queue.
        engine = create_engine(url, pool_size=8, max_overflow=56, pool_timeout=60)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise BadInput(
            f"{where} cannot be used as a database: {error}.",
            "Give the path of a file, or postgresql://user@host/name with psycopg installed.",
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    """Set one new SQLite connection up.

    synchronous=FULL: in WAL mode a killed process loses nothing either way, for the kernel has the
    pages; FULL also keeps the last decisions through a power cut, at 0.3 ms a transaction.
    """
    connection.isolation_level = None  # Transactions begin where we say so, not where it guesses.
    for pragma in (f"busy_timeout={PATIENCE * 1000:.0f}", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """Begin; a writer first takes the one write lock.

    A transaction that reads first and writes later fails without waiting when another process
    wrote in between.
    """
    mode = connection.get_execution_options().get("mode", "")
    if connection.dialect.name == "sqlite":
        if mode != "outside":
            connection.exec_driver_sql("BEGIN IMMEDIATE" if mode == "writing" else "BEGIN")
    elif mode == "writing":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {PATIENCE * 1000:.0f}")
        # Any number will do, as long as every Goldpan takes the same.
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7043)")


WRITING = {"mode": "writing"}
_OUTSIDE = {"mode": "outside"}


def open_tables(engine: Engine, where: str) -> None:
    """Create the tables in an empty database; bring those of an older Goldpan to this version.

    Raises NewerWorkspace, Locked, NoSpace, or WorkspaceTrouble for a file that is no workspace.
    """
    with as_trouble(where):
        if engine.dialect.name == "sqlite":
            _use_wal(engine)
        with engine.connect() as connection:
            found = _revision(connection)
        if found != schema.HEAD:
            with engine.connect().execution_options(**WRITING) as connection, connection.begin():
                _bring_up(connection, where)


def _use_wal(engine: Engine) -> None:
    """Let readers read while one writes. The mode stays with the file.

    SQLite does not wait for its turn here, so of two processes that create one file we would lose.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with engine.connect().execution_options(**_OUTSIDE) as connection:
                if connection.exec_driver_sql("PRAGMA journal_mode").scalar() != "wal":
                    connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            return
        except OperationalError as error:
            if not _is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _is_busy(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY")


def _revision(connection: Connection) -> str:
    """The revision that the tables are of; empty where there are none of ours."""
    if not inspect(connection).has_table(schema.VERSION_TABLE):
        return ""
    return connection.execute(select(schema.version.c.version_num)).scalar() or ""


def _bring_up(connection: Connection, where: str) -> None:
    """Create or upgrade within the caller's transaction; killed halfway, nothing has changed."""
    found = _revision(connection)
    if found in schema.REVISIONS:
        migrate(connection)
    elif found:
        raise NewerWorkspace(
            f"{where} was written by a newer Goldpan (its tables are of revision {found}, "
            f"this one knows up to {schema.HEAD}).",
            "Install the newer Goldpan again, or choose another workspace with --home.",
        )
    elif set(inspect(connection).get_table_names()) & set(schema.metadata.tables):
        raise WorkspaceTrouble(
            f"{where} has tables of these names that are not Goldpan's.",
            "Choose another file or database.",
        )
    else:
        schema.metadata.create_all(connection)
        connection.execute(schema.version.insert().values(version_num=schema.HEAD))


def migrate(connection: Connection, to: str = "head") -> None:
    """Run the steps up to a revision within the caller's transaction."""
    # Only here: it costs as much to import as the rest of the store together.
    from alembic import command
    from alembic.config import Config

    config = Config()
    steps = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", steps.replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


@contextmanager
def as_trouble(where: str) -> Iterator[None]:
    """Turn what the disk or the database complains of into Trouble with advice."""
    try:
        with disk.as_trouble(where):
            yield
    except DBAPIError as error:
        if (trouble := _trouble(error, where)) is None:
            raise
        raise trouble from error


def _trouble(error: DBAPIError, where: str) -> WorkspaceTrouble | None:
    """The complaint in our words; None where it is a bug of ours."""
    code = getattr(error.orig, "sqlite_errorname", "")
    state = getattr(error.orig, "sqlstate", "")
    match code.split("_")[1:2] or [state]:
        case ["BUSY"] | ["LOCKED"] | ["55P03"]:
            return Locked(
                f"Another process has been writing to {where} for more than {PATIENCE:.0f} s.",
                "Wait until it has ended, then try again.",
            )
        case ["FULL"] | ["53100"]:
            return NoSpace(f"There is no space left to write {where}.", disk.MAKE_ROOM)
        case ["NOTADB"] | ["CORRUPT"]:
            return WorkspaceTrouble(
                f"{where} is damaged, or no Goldpan workspace.",
                "Put a backup copy in its place, or choose another workspace with --home.",
            )
        case ["CANTOPEN"] | ["READONLY"] | ["PERM"] | ["AUTH"] | ["IOERR"] | ["PROTOCOL"]:
            return WorkspaceTrouble(
                f"{where} cannot be opened for writing ({error.orig}).",
                "Check its owner and permissions, or choose another workspace with --home.",
            )
    if isinstance(error, OperationalError) and not code:
        return WorkspaceTrouble(
            f"The database {where} does not answer: {error.orig}.",
            "Check that it runs and that its URL is right.",
        )
    return None
