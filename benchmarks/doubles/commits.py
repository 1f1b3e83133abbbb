"""Counts the commits of a process, and kills it at a chosen moment before or after one of them."""

from __future__ import annotations

import itertools
import os
import signal
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import Pool


class Commits:
    """The moments right before and right after each commit, in their order.

    fatal: the moment at which the process kills itself (-9), counted from 1; 0: none. log: gets a
    line for each.
    """

    def __init__(self, fatal: int, log: Path) -> None:
        self._fatal, self._numbers = fatal, itertools.count(1)
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def moment(self, name: str) -> None:
        """One has come; to whatever thread, no two get the same number."""
        number = next(self._numbers)
        os.write(self._log, f"{number} {name}\n".encode())
        if number == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch_stores(self) -> None:
        """Count those of every store that this process opens."""
        committing: set[Any] = set()

        def before(connection: Connection) -> None:
            if connection.get_execution_options().get("mode") == "writing":
                committing.add(connection.connection.dbapi_connection)
                self.moment("before store")

        def after(held: Any, _: Any) -> None:
            if held in committing:
                committing.remove(held)
                self.moment("after store")

        event.listen(Engine, "commit", before)
        # A connection goes back to the pool right after.
        event.listen(Pool, "checkin", after)

    def connection(self) -> type[sqlite3.Connection]:
        """A connection to the checkpoints whose commits are counted, for `sqlite3.connect`."""
        moment = self.moment

        class Counted(sqlite3.Connection):
            def commit(self) -> None:
                written = self.in_transaction
                if written:
                    moment("before checkpoint")
                super().commit()
                if written:
                    moment("after checkpoint")

        return Counted
