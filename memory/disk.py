"""Files that are either whole or not there, and a full disk told in plain words."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from memory.errors import NoSpace, WorkspaceTrouble

MAKE_ROOM = "Make room on that disk and run the same command again; what is finished is kept."
FULL = (errno.ENOSPC, errno.EDQUOT)
_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)


def no_space(home: Path | None = None) -> NoSpace:
    """A full disk in the midst of a run. home: the workspace; None: not known."""
    return NoSpace(
        f"No space is left on the disk{f' of {home}' if home else ''}.",
        "Nothing that was saved is lost. Free some space, then: goldpan runs resume.",
    )


@contextmanager
def as_trouble(where: str | Path) -> Iterator[None]:
    """Raise NoSpace for a full disk or quota, WorkspaceTrouble where writing is not allowed."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise NoSpace(f"There is no space left to write {where}.", MAKE_ROOM) from error
        if error.errno in _DENIED:
            raise WorkspaceTrouble(
                f"{where} cannot be written ({error.strerror}).",
                "Check its owner and permissions, or choose another workspace with --home.",
            ) from error
        raise


def write(path: Path, content: bytes) -> None:
    """Write a whole file under a temporary name and give it its own name last."""
    temporary = beside(path)
    try:
        copy(content, temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    settle(path.parent)


def copy(content: bytes | Path, target: Path) -> None:
    """Write a new file from bytes or from another file and wait until it is on the disk."""
    with target.open("xb") as file:
        if isinstance(content, bytes):
            file.write(content)
        else:
            with content.open("rb") as source:
                shutil.copyfileobj(source, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def folder(place: Path) -> Iterator[Path]:
    """A folder to fill, which gets its name when all is written; one that is there is replaced."""
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = beside(place)
    draft.mkdir()
    try:
        yield draft
        shutil.rmtree(place, ignore_errors=True)
        draft.rename(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    settle(place.parent)


def beside(path: Path) -> Path:
    """A name in the same folder that nobody else uses; a leading dot marks it as unfinished."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}")


def settle(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
