"""Papers from a folder of PDF files. What is inside them is left to the reader."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from memory.errors import BadInput, NothingToDo
from memory.records import Paper


class Found(NamedTuple):
    """What a folder gave."""

    papers: list[Paper]
    """One per distinct content, sorted by path."""
    skipped: list[tuple[str, str]]
    """Path and reason of each file that was left out."""


def find(folder: Path) -> Found:
    """Every PDF in the folder and below it; the same bytes count once, under the first path.

    A file is one when its name ends in `.pdf`, in any case, or when it has no ending at all and
    begins with `%PDF-`. Hidden files and folders are left alone; a linked folder is entered once.
    Raises BadInput for what is no readable folder, NothingToDo where no PDF is found.
    """
    root = _checked(folder)
    skipped: list[tuple[str, str]] = []
    papers: dict[str, Paper] = {}
    for path in sorted(_files(root, skipped), key=lambda path: path.relative_to(root).parts):
        sha256 = _sha256(path, skipped)
        if sha256 in papers:
            skipped.append((str(path), f"the same file as {papers[sha256].url}"))
        elif sha256:
            papers[sha256] = Paper(
                canonical=f"sha256:{sha256}", sha256=sha256, url=str(path), source=f"folder:{root}"
            )
    if not papers:
        raise NothingToDo(
            f"There is no readable PDF in {folder}.", "Put PDF files there, or name another folder."
        )
    return Found(list(papers.values()), sorted(skipped))


def _checked(folder: Path) -> Path:
    root = folder.expanduser().absolute()
    try:
        if root.is_dir():
            os.scandir(root).close()
            return root.resolve()
        exists = root.exists()
    except OSError as error:
        raise BadInput(
            f"The folder {folder} cannot be opened ({error.strerror}).",
            "Give yourself the right to read it, or name another folder.",
        ) from error
    if exists:
        raise BadInput(f"{folder} is a file.", "Name the folder that it lies in.")
    raise BadInput(f"There is no folder {folder}.", "Check the spelling, or make it.")


def _files(root: Path, skipped: list[tuple[str, str]]) -> list[Path]:
    """PDF files below `root`. A folder reached twice through links is walked once."""
    found: list[Path] = []
    entered: set[tuple[int, int]] = set()

    def complain(error: OSError) -> None:
        skipped.append((str(error.filename), f"cannot be opened ({error.strerror})"))

    for place, folders, names in os.walk(root, onerror=complain, followlinks=True):
        state = Path(place).stat()
        if (state.st_dev, state.st_ino) in entered:
            folders.clear()
            continue
        entered.add((state.st_dev, state.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(place, name) for name in names if _is_pdf(Path(place, name), skipped)]
    return found


def _is_pdf(path: Path, skipped: list[tuple[str, str]]) -> bool:
    if path.name.startswith("."):
        return False
    if path.suffix.lower() == ".pdf":
        if path.is_file():
            return True
        skipped.append((str(path), "not a regular file, or a link to nothing"))
        return False
    if path.suffix or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return file.read(5) == b"%PDF-"
    except OSError:
        return False


def _sha256(path: Path, skipped: list[tuple[str, str]]) -> str:
    """Of the bytes; empty where they cannot be read, which is then told."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        skipped.append((str(path), f"cannot be read ({error.strerror})"))
        return ""
