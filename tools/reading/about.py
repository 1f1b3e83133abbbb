"""What a PDF says about itself: title, authors, DOI and outline. And its DOI as it is printed."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

from tools.reading.lines import Line
from tools.reading.outline import Marks, bookmarks
from tools.reading.prose import composed
from tools.reading.roles import references_begin

_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>\x02\ufffe]+")
_CITE = re.compile(r"cite this article", re.IGNORECASE)
_PACKET = b"<x:xmpmeta", b"</x:xmpmeta>"
_FILE = re.compile(r"^Microsoft Word - |^untitled|\.\w{1,5}$|^\S*$|\d\.\.\d", re.IGNORECASE)
"""A title that is the name of a file, or a note of the typesetter."""
_CLOSERS = ".,;:)]}'’”"


class About(NamedTuple):
    """A file's own metadata; each may be empty, and wrong."""

    title: str
    authors: list[str]
    dois: list[str]
    """The document's own where the file says so; else also those of pictures inside it."""
    marks: Marks


def about(document: Any, data: bytes) -> About:
    """The metadata of an open document and of its bytes."""
    stated = _doi_in(_info(document, "doi")) or _doi_in(_info(document, "Subject"))
    packed = (_doi_in(packet.decode("utf-8", "replace")) for packet in _packets(data))
    title = composed(_info(document, "Title"))
    return About(
        "" if _FILE.search(title) else title,
        _authors(composed(_info(document, "Author"))),
        [stated] if stated else list(dict.fromkeys(doi for doi in packed if doi)),
        bookmarks(document),
    )


def _packets(data: bytes) -> Iterator[bytes]:
    """The packets of XMP metadata, which are kept readable inside a PDF for programs like this."""
    start = data.find(_PACKET[0])
    while start >= 0 and (end := data.find(_PACKET[1], start)) >= 0:
        yield data[start:end]
        start = data.find(_PACKET[0], end)


def _info(document: Any, key: str) -> str:
    size = pdfium.FPDF_GetMetaText(document, key.encode(), None, 0)
    if not 2 < size < 20_000:
        return ""
    buffer = ctypes.create_string_buffer(size)
    pdfium.FPDF_GetMetaText(document, key.encode(), buffer, size)
    return buffer.raw[: size - 2].decode("utf-16-le", "replace")


def _authors(named: str) -> list[str]:
    parts = re.split(r"\s*(?:;|,| and | & )\s*", named)
    return [part for part in parts if len(part.split()) >= 2][:100]


def printed(authors: list[str], lines: list[Line]) -> list[str]:
    """Those of the metadata's authors whose last names page 1 prints.

    The others are whoever typed or edited the file.
    """
    face = " ".join(line.text for line in lines if line.page == 0).casefold()
    return [author for author in authors if author.split()[-1].casefold() in face]


def _doi_in(text: str) -> str:
    match = _DOI.search(text) if "10." in text else None
    return match[0].rstrip(_CLOSERS) if match else ""


def doi_of(lines: list[Line], stated: list[str]) -> str:
    """The paper's own DOI.

    It is looked for before the references, which name other papers', then where the paper says how
    it wants to be cited. Without either, the metadata is believed where it names one only.

    stated: DOIs of the metadata.
    """
    texts = [line.text for line in lines]
    cited = next((i for i, text in enumerate(texts) if _CITE.search(text)), len(texts))
    if cited and texts[cited - 1 : cited] and texts[cited - 1].startswith("doi:"):
        cited -= 1
    face = _named_most(texts[: references_begin(lines)]) or _named_most(texts[cited : cited + 6])
    return face or (stated[0] if len(stated) == 1 else "")


def _named_most(lines: list[str]) -> str:
    """The DOI that stands in most of the lines; among equals the first."""
    found: dict[str, int] = {}
    for line, after in zip(lines, [*lines[1:], ""], strict=False):
        for match in _DOI.finditer(line) if "10." in line else ():
            # A long one goes on in the next line, behind a full stop or a slash.
            more = re.match(r"[./][\w.-]*\d", after) if match.end() == len(line) else None
            name = (match[0] + (more[0] if more else "")).rstrip(_CLOSERS)
            found[name] = found.get(name, 0) + 1
    return max(found, key=lambda name: found[name], default="")
