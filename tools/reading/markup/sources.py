"""The source of a LaTeX paper: one file, or an archive as arXiv gives it, in one piece."""

from __future__ import annotations

import io
import posixpath
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from tools.reading.extract import Refused
from tools.reading.markup.macros import MOST, without_comments

MEMBERS = 2000
MEMBER = 10 * 2**20
EXPANDED = 100 * 2**20
_DEEPEST = 10
_ENDINGS = (".tex", ".ltx", ".bbl")
_INPUT = re.compile(
    r"\\(?:input|include|subfile)\s*(?:\{([^{}]{1,200})\}|([^\s{}\\]{1,200}))"
    r"|\\(?:sub)?import\*?\s*\{([^{}]{0,200})\}\s*\{([^{}]{1,200})\}"
)
_BIBLIOGRAPHY = re.compile(r"\\(?:bibliography\s*\{[^{}]*\}|printbibliography)")
_BROKEN = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError,
           NotImplementedError, RuntimeError, IndexError, KeyError, OverflowError)  # fmt: skip
"""What the libraries raise for damaged and for encrypted archives."""

Lookup = Callable[[str], str | None]
"""The text of a file by its path within the source; None where there is none."""


def of_archive(data: bytes) -> str:
    """The paper in an archive, or in one packed file. Raises Refused."""
    try:
        files = dict(_members(data))
    except _BROKEN as error:
        raise Refused("damaged", "The archive cannot be unpacked.") from error
    mains = [
        name for name, text in files.items() if re.search(r"\\document(?:class|style)\b", text)
    ]
    if not mains:
        raise Refused("not_a_paper", "The archive holds no paper in LaTeX.")
    main = max(mains, key=lambda name: _weight(name, files))
    lists = [name for name in files if name.endswith(".bbl")]
    own = main.rpartition(".")[0] + ".bbl"
    listed = files[own] if own in files else files[lists[0]] if len(lists) == 1 else ""
    return _whole(files[main], posixpath.dirname(main), files.get, listed)


def of_file(path: Path) -> str:
    """The paper in a file; what it includes is read from its own folder. Raises Refused."""
    root = path.parent.resolve()

    def lookup(name: str) -> str | None:
        try:
            wanted = (root / name).resolve()
            inside = wanted.is_relative_to(root) and wanted.suffix in _ENDINGS and wanted.is_file()
            fits = inside and wanted.stat().st_size <= MEMBER
            return _decoded(wanted.read_bytes()) if fits else None
        except OSError:
            # A name that is too long, a file that may not be read: as if it were not there.
            return None

    text = _decoded(path.read_bytes())
    return _whole(text, "", lookup, lookup(path.stem + ".bbl") or "")


def _weight(name: str, files: dict[str, str]) -> tuple[bool, bool, int]:
    """The paper begins a document, has an abstract and is long; its supplement is not."""
    whole = _whole(files[name], posixpath.dirname(name), files.get, "")
    return "\\begin{document}" in whole, "abstract" in whole, len(whole)


def _members(data: bytes) -> Iterator[tuple[str, str]]:
    """Path and text of each LaTeX file in an archive, within bounds."""
    if data.startswith(b"PK"):
        yield from _zipped(data)
        return
    if data.startswith(b"\x1f\x8b"):
        unpacker = zlib.decompressobj(wbits=31)
        data = unpacker.decompress(data, EXPANDED + 1)
        if len(data) > EXPANDED:
            raise Refused("too_large", f"It unpacks to more than {EXPANDED >> 20} MB.")
        if not unpacker.eof:
            raise EOFError
    if data[257:262] == b"ustar":
        yield from _tarred(data)
    else:
        yield "main.tex", _decoded(data[:MEMBER])


def _tarred(data: bytes) -> Iterator[tuple[str, str]]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for number, member in enumerate(archive):
            _check_count(number)
            # Links and devices are no regular files; nothing is ever written to disk.
            if member.isreg() and _wanted(member.name, member.size):
                file = archive.extractfile(member)
                yield _clean(member.name), _decoded(file.read(MEMBER) if file else b"")


def _zipped(data: bytes) -> Iterator[tuple[str, str]]:
    total = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for number, member in enumerate(archive.infolist()):
            _check_count(number)
            if not member.is_dir() and _wanted(member.filename, member.file_size):
                with archive.open(member) as file:
                    content = file.read(MEMBER + 1)
                total += len(content)
                if len(content) > MEMBER or total > EXPANDED:
                    raise Refused("too_large", f"It unpacks to more than {EXPANDED >> 20} MB.")
                yield _clean(member.filename), _decoded(content)


def _check_count(number: int) -> None:
    if number >= MEMBERS:
        raise Refused("too_large", f"The archive holds more than {MEMBERS} files.")


def _wanted(name: str, size: int) -> bool:
    path = PurePosixPath(name)
    inside = not path.is_absolute() and ".." not in path.parts
    return inside and path.suffix.lower() in _ENDINGS and size <= MEMBER


def _clean(name: str) -> str:
    return posixpath.normpath(name)


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "latin-1"):
        try:
            return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    return ""


def _whole(text: str, folder: str, lookup: Lookup, listed: str) -> str:
    """A file with all it includes, and its list of references in place. Raises Refused."""
    left = MOST

    def put_in(text: str, folder: str, depth: int) -> str:
        nonlocal left
        text = without_comments(text)
        left -= len(text)
        if left < 0:
            raise Refused("too_large", "With all that it includes it is too long for a paper.")

        def included(found: re.Match[str]) -> str:
            name = (found[1] or found[2] or posixpath.join(found[3] or "", found[4])).strip()
            for path in (
                posixpath.normpath(posixpath.join(folder, name + e)) for e in ("", ".tex")
            ):
                inside = not path.startswith(("/", "..")) and "\0" not in path
                if inside and depth < _DEEPEST and (inner := lookup(path)) is not None:
                    return put_in(inner, posixpath.dirname(path) if found[4] else folder, depth + 1)
            return " "

        return _INPUT.sub(included, text)

    whole = put_in(text, folder, 0)
    return _BIBLIOGRAPHY.sub(lambda _: without_comments(listed), whole)
