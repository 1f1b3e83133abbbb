"""Papers from a folder: PDF, JATS, HTML, LaTeX. What is inside them is left to the reader."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from memory.errors import BadInput, NothingToDo
from memory.records import Paper
from tools.papers.formats import Format, doi_of, format_of, stem_of


class FolderListing(NamedTuple):
    """What a folder gave."""

    papers: list[Paper]
    """One for each distinct paper, sorted by path."""
    skipped: list[tuple[str, str]]
    """Path and reason of each file that was left out."""


class _File(NamedTuple):
    path: Path
    format: Format
    sha256: str


def find(folder: Path) -> FolderListing:
    """Every paper in the folder and below it; one that is there twice counts once.

    The same bytes are the same paper, under the first path. So are files beside each other whose
    names differ in their ending only, and files that give the same DOI; of those the format that
    says most is taken: JATS before HTML before LaTeX before PDF. Hidden files and folders are left
    alone; a linked folder is entered once.
    Raises BadInput for what is no readable folder, NothingToDo where no paper is found.
    """
    root = _checked(folder)
    skipped: list[tuple[str, str]] = []
    held: dict[str, _File] = {}
    for path in sorted(_files(root, skipped), key=lambda path: path.relative_to(root).parts):
        format_ = format_of(path, skipped)
        sha256 = _sha256(path, skipped) if format_ is not None else ""
        if sha256 in held:
            skipped.append((str(path), f"the same file as {held[sha256].path}"))
        elif sha256 and format_ is not None:
            held[sha256] = _File(path, format_, sha256)
    papers = [
        Paper(
            canonical=f"sha256:{file.sha256}",
            sha256=file.sha256,
            url=str(file.path),
            source=f"folder:{root}",
        )
        for file in _once(list(held.values()), skipped)
    ]
    if not papers:
        raise NothingToDo(
            f"There is no readable PDF, JATS, HTML or LaTeX paper in {folder}.",
            "Put papers there, or name another folder.",
        )
    return FolderListing(papers, sorted(skipped))


def _once(files: list[_File], skipped: list[tuple[str, str]]) -> list[_File]:
    """The files without those whose paper is there in a format that says more."""
    best: dict[tuple[str, ...], _File] = {}
    kept: list[_File] = []
    # A PDF is searched for its DOI only where another file might be the same paper.
    several = len({file.format for file in files}) > 1
    for file in sorted(files, key=lambda file: file.format):
        names: list[tuple[str, ...]] = [("name", str(stem_of(file.path)))]
        if several and (doi := doi_of(file.path, file.format)):
            names.append(("doi", doi))
        richer = next((best[n] for n in names if n in best and best[n].format < file.format), None)
        if richer:
            what = f"the same paper as {richer.path}, read instead because it is"
            skipped.append((str(file.path), f"{what} {richer.format.label}"))
        else:
            kept.append(file)
        for name in names:
            best.setdefault(name, richer or file)
    return sorted(kept, key=lambda file: files.index(file))


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
    """All files below `root`. A folder reached twice through links is walked once."""
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
        # A browser keeps what belongs to a saved page in `page_files` beside `page.html`.
        pages = (name for name in names if name.lower().endswith((".html", ".htm")))
        parts = {f"{Path(name).stem}_files" for name in pages}
        folders[:] = sorted(n for n in folders if not n.startswith(".") and n not in parts)
        found += [Path(place, name) for name in names if not name.startswith(".")]
    return found


def _sha256(path: Path, skipped: list[tuple[str, str]]) -> str:
    """Of the bytes; empty where they cannot be read, which is then told."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        skipped.append((str(path), f"cannot be read ({error.strerror})"))
        return ""
