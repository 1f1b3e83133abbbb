"""Which kind of file it is, told from its first bytes, and the reader for it."""

from __future__ import annotations

import re
from pathlib import Path

from tools.reading import extract
from tools.reading.extract import Answer, Refused

LARGEST = 50 * 2**20
"""Bytes of a file in mark-up; the longest papers have 2 MB."""
PACKED = (b"\x1f\x8b", b"PK\x03\x04")
_HEAD = 65_536
_HTML = re.compile(rb"<!doctype\s+html|<html[\s>]", re.IGNORECASE)
_XML = re.compile(
    rb"\s*<\?xml\b|\s*<(?:!--.{0,4000}?-->\s*)?(?:!DOCTYPE\s+)?(?:\w+:)?[A-Za-z]\w*", re.DOTALL
)
_TEX = re.compile(rb"\\(?:documentclass|documentstyle|begin\s*\{document\})")


def kind_of(head: bytes) -> str:
    """`pdf`, `html`, `xml`, `latex` or `packed`, from the first 64 KiB of a file; else empty."""
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(PACKED) or head[257:262] == b"ustar":
        return "packed"
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = head.decode("utf-16", "ignore").encode()
    head = head.removeprefix(b"\xef\xbb\xbf")
    if _TEX.search(head) and not head.lstrip().startswith(b"<"):
        return "latex"
    if _HTML.search(head[:4096]):
        return "html"
    return "xml" if _XML.match(head) else ""


def read(path: Path, password: str | None, most_pages: int) -> Answer:
    """Text, passages and metadata of a paper in any format that is read. Raises Refused."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    kind = kind_of(head)
    # What is called a PDF and is none is a login page more often than a paper.
    if kind == "pdf" or not head or path.suffix.lower() == ".pdf":
        return extract.read(path, password, most_pages)
    if path.stat().st_size > LARGEST:
        raise Refused("too_large", f"It has more than {LARGEST >> 20} MB.")
    if kind in ("xml", "") and path.suffix.lower() in (".html", ".htm"):
        # A part of a page, saved without what stands around it.
        kind = "html"
    try:
        return _read(kind, path)
    except RecursionError as error:
        raise Refused("damaged", "Its elements are nested too deeply.") from error


def _read(kind: str, path: Path) -> Answer:
    # Imported where they are needed: most folders hold PDFs only.
    if kind == "xml":
        from tools.reading.markup import jats

        return jats.read(path.read_bytes())
    if kind == "html":
        from tools.reading.markup import web

        return web.read(path.read_bytes())
    if kind in ("latex", "packed"):
        from tools.reading.markup import latex

        return latex.read(path, packed=kind == "packed")
    raise Refused("not_a_paper", "It is neither PDF, JATS, HTML nor LaTeX.")


def load(path: str) -> None:
    """Import the reader for a file of that name, so that each forked reader has it already."""
    if path.lower().endswith(
        (".xml", ".nxml", ".html", ".htm", ".xhtml", ".tex", ".gz", ".tgz", ".zip")
    ):
        from tools.reading.markup import jats, latex, web  # noqa: F401
