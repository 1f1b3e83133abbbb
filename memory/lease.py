"""One process at a time owns a workspace; a crash gives it back.

The kernel's lock on a file decides. The note beside it only says whose it is.
"""

from __future__ import annotations

import json
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout

from memory import disk
from memory.errors import Locked
from memory.records import now

GRACE = 0.25
"""Seconds to try at least: whoever only asks who the owner is holds the lock for a moment."""


class Lease:
    """The right to change a workspace, held until it is released or the process ends.

    A child process made by fork alone would keep it; one that runs a program of its own does not.
    """

    def __init__(self, lock: FileLock, note: Path) -> None:
        """Use `take`."""
        self._lock = lock
        self._note = note

    @classmethod
    def take(cls, home: Path, command: str, wait: float = 0.0) -> Self:
        """Become the owner of a workspace.

        command: what the owner is doing, for the messages of others.
        wait: seconds to wait for the present owner.
        Raises Locked, saying who holds it and since when; WorkspaceTrouble, NoSpace.
        """
        with disk.as_trouble(home):
            home.mkdir(parents=True, exist_ok=True)
            lock = _lock(home)
            try:
                lock.acquire(timeout=max(wait, GRACE))
            except Timeout as error:
                raise _locked(home, wait) from error
            lease = cls(lock, _note(home))
            try:
                lease._sign(command)
            except BaseException:
                lease.release()
                raise
        return lease

    @classmethod
    def holder(cls, home: Path) -> dict[str, Any] | None:
        """pid, host, command and since of the owner; None when nobody is.

        Empty when somebody is, and has not said who.
        """
        if not _path(home).exists():
            return None
        lock = _lock(home)
        try:
            with disk.as_trouble(home), lock.acquire(timeout=0):
                return None
        except Timeout:
            return _read(_note(home))

    def release(self) -> None:
        """Give the workspace back; again is harmless."""
        if self._lock.is_locked:
            self._note.unlink(missing_ok=True)
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _sign(self, command: str) -> None:
        owner = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "command": command,
            "since": now(),
        }
        disk.write(self._note, json.dumps(owner).encode())


def _path(home: Path) -> Path:
    return home / "owner.lock"


def _note(home: Path) -> Path:
    return home / "owner.json"


def _lock(home: Path) -> FileLock:
    # Not per thread: a lease taken by one thread may be released by another.
    return FileLock(_path(home), thread_local=False)


def _read(note: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        if isinstance(owner := json.loads(note.read_bytes()), dict):
            return owner
    return {}


def _locked(home: Path, wait: float) -> Locked:
    owner = _read(_note(home))
    who = "Another process owns"
    if owner:
        who = (
            f"Process {owner.get('pid')} on {owner.get('host')} (`{owner.get('command')}`, "
            f"since {owner.get('since')}) owns"
        )
    waited = f", still after {wait:g} s" if wait else ""
    return Locked(
        f"{who} the workspace {home}{waited}.",
        "Try again when it has ended, or add --wait SECONDS to wait for it.",
    )
