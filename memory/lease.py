"""One process at a time owns a workspace; a crash gives it back."""

from __future__ import annotations

import json
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, Self

from filelock import FileLock, Timeout

from memory import disk
from memory.errors import Locked
from memory.records import now

GRACE = 0.25
"""Seconds to try at least: whoever only asks who the owner is holds the lock for a moment."""


class Lease(Protocol):
    """The right to change one workspace: to be taken, held, and given back.

    Whoever dies has given it back.
    """

    def take(self, command: str, wait: float = 0.0) -> Self:
        """Become the owner.

        command: what the owner is doing, for the messages of others.
        wait: seconds to wait for the present owner.
        Raises Locked, saying who holds it and since when; WorkspaceTrouble, NoSpace.
        """
        ...

    def holder(self) -> dict[str, Any] | None:
        """pid, host, command and since of the owner; None when nobody is.

        Empty when somebody is, and has not said who.
        """
        ...

    def release(self) -> None:
        """Give the workspace back; without having it, harmless."""
        ...


class FileLease:
    """A lease by the kernel's lock on a file; the note beside it only says whose it is.

    A child process made by fork alone would keep it; one that runs a program of its own does not.
    """

    def __init__(self, home: Path) -> None:
        """home: the workspace's folder; made when the lease is taken."""
        self._home = home
        self._lock = _lock(home)
        self._note = home / "owner.json"

    def take(self, command: str, wait: float = 0.0) -> Self:
        """Become the owner; see `Lease`."""
        with disk.as_trouble(self._home):
            self._home.mkdir(parents=True, exist_ok=True)
            try:
                self._lock.acquire(timeout=max(wait, GRACE))
            except Timeout as error:
                raise self._locked(wait) from error
            try:
                self._sign(command)
            except BaseException:
                self.release()
                raise
        return self

    def holder(self) -> dict[str, Any] | None:
        """Who owns it; see `Lease`."""
        if not _path(self._home).exists():
            return None
        try:
            # A lock of its own: ours, where we hold it, could be taken again.
            with disk.as_trouble(self._home), _lock(self._home).acquire(timeout=0):
                return None
        except Timeout:
            return self._owner()

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

    def _owner(self) -> dict[str, Any]:
        with suppress(OSError, ValueError):
            if isinstance(owner := json.loads(self._note.read_bytes()), dict):
                return owner
        return {}

    def _locked(self, wait: float) -> Locked:
        who = "Another process owns"
        if owner := self._owner():
            who = (
                f"Process {owner.get('pid')} on {owner.get('host')} (`{owner.get('command')}`, "
                f"since {owner.get('since')}) owns"
            )
        waited = f", still after {wait:g} s" if wait else ""
        return Locked(
            f"{who} the workspace {self._home}{waited}.",
            "Try again when it has ended, or add --wait SECONDS to wait for it.",
        )


def _path(home: Path) -> Path:
    return home / "owner.lock"


def _lock(home: Path) -> FileLock:
    # Not per thread: a lease taken by one thread may be released by another.
    return FileLock(_path(home), thread_local=False)
