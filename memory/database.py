"""Open the database: connections, creation, upgrade, and its complaints in our words.

What is read and written is the store's matter. A URL may hold a password: it is shown as `name`
gives it, and nothing that a server or a driver says is passed on with the password in it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.pool import ConnectionPoolEntry

from memory import disk, schema
from memory.errors import BadInput, Locked, NewerWorkspace, NoSpace, WorkspaceTrouble

PATIENCE = 10.0
"""Seconds to wait for another process that is writing, and for a server to answer."""
DRIVERS = {
    # Without a driver's name the older psycopg 2 would be taken.
    **dict.fromkeys(("postgresql", "postgres", "postgresql+psycopg"), "postgresql+psycopg"),
    "sqlite": "sqlite",
}
"""By the beginning of a URL, what opens it."""


def connect(where: str | Path, base: Path | None = None) -> Engine:
    """A pool of connections to a SQLite file or to the database of a URL; nothing is opened yet.

    base: the folder from which the path of a sqlite:/// URL is seen, if not the current one.
    Raises BadInput for a URL that names no usable database.
    """
    url = _parsed(str(where)) if "://" in str(where) else URL.create("sqlite", database=str(where))
    more: dict[str, Any] = {}
    if url.drivername == "sqlite":
        file = (base or Path()) / (url.database or "")
        url = url.set(database=str(file.absolute()))
    elif "connect_timeout" not in url.query:
        more["connect_timeout"] = round(PATIENCE)  # Otherwise it is two minutes.
    try:
        # Threads of a graph each borrow one; a pool smaller than the fan-out would make them queue.
        engine = create_engine(
            url, pool_size=8, max_overflow=56, pool_timeout=60, connect_args=more
        )
    except ImportError as missing:
        raise BadInput(
            f"{name(url)} needs the package psycopg, which is not installed.",
            'pip install "goldpan[postgres]"',
        ) from missing
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


HIDDEN = "[password]"
"""Stands where one was cut out."""
_FORM = "Give postgresql://user@host/name, or sqlite:///file."


def _parsed(where: str) -> URL:
    """A URL with the driver we use. No refusal repeats it: a password may be anywhere in it."""
    scheme, _, rest = where.partition("://")
    driver = DRIVERS.get(scheme)
    if driver is None:
        raise BadInput("Records are kept in PostgreSQL or SQLite, in no other database.", _FORM)
    try:
        url = make_url(f"{driver}://{rest}")
    except (ArgumentError, ValueError):
        raise BadInput("The URL of the database cannot be read.", _FORM) from None
    if driver == "sqlite" and (url.host or url.query):
        raise BadInput("The URL of a SQLite file has a path and nothing else.", _FORM)
    if driver != "sqlite" and (rest.count("@") > 1 or "@" in (url.database or "")):
        raise BadInput(
            "The URL of the database cannot be read.",
            f"{_FORM} In a password, write %40 for @, %2F for / and %3A for a colon.",
        )
    if not url.database or url.database == ":memory:":
        raise BadInput("The URL names no database that would last.", _FORM)
    return url


def name(url: URL) -> str:
    """The database for messages: the path of a file, or user@host/name and never a password."""
    if url.drivername == "sqlite":
        return url.database or ""
    host = url.host or url.query.get("host") or "localhost"
    port = f":{url.port}" if url.port else ""
    user = f"{url.username}@" if url.username else ""
    return f"{user}{host if isinstance(host, str) else ','.join(host)}{port}/{url.database}"


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
    with as_trouble(where, engine.url):
        if engine.dialect.name == "sqlite":
            _use_wal(engine)
        try:
            with engine.connect() as connection:
                found = _revision(connection)
        except ProgrammingError as error:
            if getattr(error.orig, "sqlstate", ""):
                raise
            # The driver's own: it does not know an option after the `?`.
            raise BadInput(
                f"The URL of {where} cannot be used: {_said(error, engine.url)}."
            ) from None
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
def as_trouble(where: str, url: URL | None = None) -> Iterator[None]:
    """Turn what the disk or the database complains of into Trouble with advice.

    url: of the database; a password that stands in it is cut out of the complaint.
    """
    try:
        with disk.as_trouble(where):
            yield
    except DBAPIError as error:
        said = _said(error, url)
        if (trouble := _trouble(error, where, said)) is None:
            raise
        raise trouble from (None if HIDDEN in said else error)


def _said(error: DBAPIError, url: URL | None) -> str:
    """What the database said, in one line. Some servers repeat what they were sent."""
    said = " ".join(str(error.orig).split()).rstrip(".")
    for secret in (url.password, url.query.get("password")) if url else ():
        said = said.replace(str(secret), HIDDEN) if secret else said
    return said


def _trouble(error: DBAPIError, where: str, said: str) -> WorkspaceTrouble | None:
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
                f"{where} cannot be opened for writing ({said}).",
                "Check its owner and permissions, or choose another workspace with --home.",
            )
        case ["42501"] | ["3F000"] | ["25006"]:  # No right to, no schema, only to be read.
            return WorkspaceTrouble(
                f"The database {where} does not let us keep records: {said}.",
                "Its user needs the right to create tables in the first schema of its search_path.",
            )
    if isinstance(error, OperationalError) and not code:
        return WorkspaceTrouble(
            f"The database {where} does not answer: {said}.",
            "Check that it runs, and its URL: [store] url in goldpan.toml, or GOLDPAN_STORE__URL.",
        )
    return None
