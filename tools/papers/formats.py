"""Which files of a folder are papers, and which of them are the same one: told by a short look."""

from __future__ import annotations

import re
from enum import IntEnum
from pathlib import Path

_HEAD = 65_536
_SEARCHED = 50 * 2**20
"""Bytes of a file that are searched for its DOI."""
_ARXIV = re.compile(r"\.\d{4,5}(?:v\d+)?")
"""The end of a file named after an arXiv id, which is no ending."""
_ENDINGS = {
    ".pdf": "PDF", ".xml": "JATS", ".nxml": "JATS", ".jats": "JATS", ".html": "HTML",
    ".htm": "HTML", ".xhtml": "HTML", ".tex": "LATEX", ".gz": "LATEX", ".tgz": "LATEX",
    ".zip": "LATEX",
}  # fmt: skip
_DOI = rb"(10\.\d{4,9}/[^\s\"'<>()&]+)"


class Format(IntEnum):
    """How a paper is kept; the first says most about its parts."""

    JATS = 0
    HTML = 1
    LATEX = 2
    PDF = 3

    @property
    def label(self) -> str:
        """As a person writes it."""
        return "LaTeX" if self is Format.LATEX else self.name


_DOIS = {
    Format.JATS: re.compile(rb"<article-id\b[^>]{0,200}[\"']doi[\"'][^>]{0,100}>\s*" + _DOI),
    Format.HTML: re.compile(
        rb"<meta\b(?=[^>]{0,400}(?:citation_doi|dc\.identifier))[^>]{0,400}content=[\"'](?:doi:)?"
        + _DOI,
        re.IGNORECASE,
    ),
    Format.LATEX: re.compile(rb"(?!)"),
    # Where the metadata names its own DOI; a PDF's links name other papers' as well.
    Format.PDF: re.compile(
        rb"(?:identifier>\s*(?:info:)?doi[:/]\s*|(?:prism:doi|crossmark:DOI|pdfx:doi)>\s*|/doi ?\()"
        + _DOI
    ),
}


def format_of(path: Path, skipped: list[tuple[str, str]]) -> Format | None:
    """How the file keeps a paper; None where it is none, told if it looked like one.

    Its name decides; where that could mean other things too, what it begins with.
    """
    named = _ENDINGS.get(path.suffix.lower())
    bare = not path.suffix or _ARXIV.fullmatch(path.suffix)
    if not (named or bare):
        return None
    if not path.is_file():
        if named:
            skipped.append((str(path), "not a regular file, or a link to nothing"))
        return None
    try:
        head = _head(path)
    except OSError as error:
        skipped.append((str(path), f"cannot be read ({error.strerror})"))
        return None
    if bare:
        return Format.PDF if head.startswith(b"%PDF-") else None
    if named == "JATS" and not re.search(rb"<(?:\w+:)?article[\s>]", head):
        skipped.append((str(path), "XML, but no article in JATS"))
        return None
    if path.suffix.lower() == ".tex" and not re.search(rb"\\document(?:class|style)\b", head):
        # A part of a paper, read with it.
        return None
    if path.suffix.lower() == ".gz" and Path(path.stem).suffix.lower() not in ("", ".tar", ".tex"):
        return Format.LATEX if _ARXIV.fullmatch(Path(path.stem).suffix) else None
    return Format[named] if named else None


def stem_of(path: Path) -> Path:
    """The path without its endings: `paper.tar.gz` and `paper.pdf` are beside each other."""
    name = re.sub(r"\.(?:tar|tex)(?=\.gz$)", "", path.name, flags=re.IGNORECASE)
    known = Path(name).suffix.lower() in _ENDINGS
    return path.with_name(Path(name).stem if known else name)


def doi_of(path: Path, format_: Format) -> str:
    """The DOI that a file says of itself, in small letters; empty where it says none at once."""
    try:
        with path.open("rb") as file:
            found = _DOIS[format_].search(file.read(_SEARCHED))
    except OSError:
        # It is gone by now; reading it will tell.
        return ""
    return found[1].decode("ascii", "replace").rstrip(".,;").lower() if found else ""


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)
