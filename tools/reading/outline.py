"""A PDF's own outline (its bookmarks): headings that their looks alone would not give away."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from typing import Any

import pypdfium2.raw as pdfium

from tools.reading.blocks import Block, parted
from tools.reading.headings import label_of

_MOST = 1000
"""Bookmarks that are looked at: a broken file links them in a circle."""
_LONGEST = 40
"""Words of a heading."""

Marks = dict[int, set[str]]
"""For each 0-based page the bookmarks that lead there, as letters and digits."""


def bookmarks(document: Any) -> Marks:
    """The bookmarks of an open document that may name a section."""
    marks: Marks = {}
    for bookmark in _walk(document, None, [_MOST]):
        dest = pdfium.FPDFBookmark_GetDest(document, bookmark)
        if not dest:
            dest = pdfium.FPDFAction_GetDest(document, pdfium.FPDFBookmark_GetAction(bookmark))
        title = _title(bookmark)
        page = pdfium.FPDFDest_GetDestPageIndex(document, dest) if dest else -1
        if page >= 0 and not label_of(title) and len(_letters(title)) > 3:
            marks.setdefault(page, set()).add(_letters(title))
    return marks


def _walk(document: Any, parent: Any, left: list[int]) -> Iterator[Any]:
    child = pdfium.FPDFBookmark_GetFirstChild(document, parent)
    while child and left[0] > 0:
        left[0] -= 1
        yield child
        yield from _walk(document, child, left)
        child = pdfium.FPDFBookmark_GetNextSibling(document, child)


def _title(bookmark: Any) -> str:
    size = pdfium.FPDFBookmark_GetTitle(bookmark, None, 0)
    if not 2 < size < 2000:
        return ""
    buffer = ctypes.create_string_buffer(size)
    pdfium.FPDFBookmark_GetTitle(bookmark, buffer, size)
    return buffer.raw[: size - 2].decode("utf-16-le", "replace")


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def with_bookmarks(blocks: list[Block], marks: Marks) -> list[Block]:
    """The blocks, with `marked` set on headings that a bookmark names and cut off from their text.

    A bookmark that stands in no block so, word for word at its beginning, is not believed.
    """
    if not marks:
        return blocks
    return [part for block in blocks for part in _parted(block, marks.get(block.page, set()))]


def _parted(block: Block, marks: set[str]) -> list[Block]:
    length = _opening(block, marks)
    if not length:
        return [block]
    if length == block.words:
        return [block._replace(marked=True)]
    title, rest = parted(block, length)
    run_in = title.bottom == rest.top
    return [title._replace(run_in=run_in, marked=True), rest]


def _opening(block: Block, marks: set[str]) -> int:
    """Number of words at the beginning of a block that are a bookmark; 0 where there is none."""
    said = ""
    words = [word.text for line in block.lines[:4] for word in line.words][:_LONGEST]
    for count, word in enumerate(words, 1):
        said += _letters(word)
        if said in marks:
            after = words[count : count + 1]
            # A short bookmark (`Results`) may open a sentence by chance, and so may a long one.
            set_off = word[-1] in ".:" or (len(said) > 12 and not "".join(after)[:1].islower())
            return count if count == block.words or set_off else 0
        if not any(mark.startswith(said) for mark in marks):
            return 0
    return 0
