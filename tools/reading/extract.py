"""One PDF file to its text, passages and metadata, in this very process.

Nobody calls this where a hostile file may do harm: see `worker` for the process around it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pypdfium2.raw as pdfium

from tools.reading import second
from tools.reading.about import About, about, doi_of, printed
from tools.reading.assemble import assemble
from tools.reading.blocks import blocks_of
from tools.reading.cells import mark_cells
from tools.reading.columns import in_reading_order
from tools.reading.furniture import without_running_heads
from tools.reading.glyphs import Page, read_page
from tools.reading.lines import Line, habits_of, lines_of, make_line
from tools.reading.outline import with_bookmarks
from tools.reading.prose import garbled, lost_th, vocabulary, with_th
from tools.reading.roles import references_begin, roles_of

Answer = dict[str, Any]

_VERSIONED = re.compile(r"\s*\[v(?:ersion )?\d+\s*[;:,].*\]$")
"""What open review adds to a title."""


class Refused(Exception):
    """The file gives no text; carries a reason code and what happened."""

    def __init__(self, reason: str, what: str) -> None:
        super().__init__(what)
        self.reason = reason
        self.what = what


def read(path: Path, password: str | None, most_pages: int) -> Answer:
    """Text, passages and metadata of a PDF. Raises Refused."""
    data = path.read_bytes()
    _check_magic(data)
    try:
        return _read(data, password, most_pages)
    except Refused as refused:
        if refused.reason not in ("damaged", "garbage_text"):
            raise
        pages, lines = second.everything(data, password)
        if not lines:
            raise
        told = f"{refused.what} The second reader found text, without its faces and places."
        nothing = About("", [], [], {})
        return {**_understand(pages, lines, nothing), "warnings": [told]}


def _read(data: bytes, password: str | None, most_pages: int) -> Answer:
    pdfium.FPDF_InitLibrary()
    document = _open(data, password)
    try:
        count = pdfium.FPDF_GetPageCount(document)
        if count > most_pages:
            raise Refused("too_large", f"It has {count} pages; at most {most_pages} are read.")
        pages = [read_page(document, index) for index in range(count)]
        _check_text(pages)
        known = about(document, data)
    finally:
        pdfium.FPDF_CloseDocument(document)
    doubts = second.doubtful(pages)
    again = second.better(data, password, pages, doubts) if doubts else {}
    return {**_understand(pages, again, known), "warnings": _warnings(pages, list(again))}


def _check_magic(data: bytes) -> None:
    head = data[:1024]
    if not data:
        raise Refused("empty", "The file is empty (0 bytes).")
    if b"%PDF-" in head:
        return
    if re.search(rb"<!doctype html|<html|<head|<\?xml", head, re.IGNORECASE):
        raise Refused("not_a_pdf", "It is a web page saved under the name of a PDF.")
    raise Refused("not_a_pdf", "It does not begin like a PDF.")


def _open(data: bytes, password: str | None) -> Any:
    # Files of before PDF 2.0 hash the password in Latin-1, newer ones in UTF-8.
    secrets = (
        [None] if password is None else [password.encode(), password.encode("latin-1", "replace")]
    )
    for secret in secrets:
        document = pdfium.FPDF_LoadMemDocument64(data, len(data), secret)
        if document:
            return document
    error = pdfium.FPDF_GetLastError()
    if error == pdfium.FPDF_ERR_PASSWORD:
        right = "needs a password" if password is None else "does not open with this password"
        raise Refused("encrypted", f"It {right}.")
    if error == pdfium.FPDF_ERR_SECURITY:
        raise Refused("encrypted", "It is protected by a scheme that cannot be opened.")
    raise Refused("damaged", "Its structure is broken beyond repair.")


def _understand(pages: list[Page], again: Mapping[int, list[Line]], known: About) -> Answer:
    """What the words of all pages say when they are put in order.

    again: lines of the pages that the second reader has read better.
    """
    everything = [
        line
        for number, page in enumerate(pages)
        for line in again.get(number) or lines_of(page, number)
    ]
    if garbled("".join(line.text for line in everything)) or _unmapped(pages):
        raise Refused("garbage_text", "Its fonts do not say which letters they draw.")
    lines, heads = without_running_heads(everything, [page.height for page in pages])
    lines = in_reading_order(_with_ligatures(lines))
    # References are many and small: they would pass for the body of a short paper.
    habits = habits_of(lines[: references_begin(lines)])
    blocks = with_bookmarks(blocks_of(mark_cells(lines, habits), habits), known.marks)
    roles = roles_of(blocks, habits, known.title)
    whole = assemble(blocks, roles, vocabulary(lines), len(pages))
    if heads:
        whole.set_aside["running heads"] = heads
    return {
        "pages": len(pages),
        "text": whole.text,
        "page_starts": whole.page_starts,
        "passages": [list(cut) for cut in whole.cuts],
        "title": _VERSIONED.sub("", whole.title) or known.title,
        "authors": printed(known.authors, everything),
        "abstract": whole.abstract,
        "doi": doi_of(everything, known.dois),
        "set_aside": whole.set_aside,
    }


def _with_ligatures(lines: list[Line]) -> list[Line]:
    """The lines with the ligature of T and h restored where the font's map lacks it."""
    sign = lost_th("\n".join(line.text for line in lines))
    if not sign:
        return lines
    return [
        make_line(line.page, [w._replace(text=with_th(w.text, sign)) for w in line.words])
        for line in lines
    ]


def _check_text(pages: list[Page]) -> None:
    silent = sum(_silent(page) for page in pages)
    if silent > 0.8 * len(pages):
        # A stamp on every scanned page is no text layer.
        raise Refused("no_text_layer", "It holds pictures of pages and no text.")
    if any(page.words for page in pages):
        return
    if pages and all(page.failed for page in pages):
        raise Refused("damaged", "None of its pages can be opened.")
    raise Refused("empty", "Its pages are blank.")


def _silent(page: Page) -> bool:
    """Whether a page is a picture with hardly a word on it."""
    return page.images > 0 and page.characters < 100


def _unmapped(pages: list[Page]) -> bool:
    unmapped = sum(page.unmapped for page in pages)
    return unmapped > 0.5 * sum(page.characters for page in pages)


def _warnings(pages: list[Page], again: list[int]) -> list[str]:
    failed = [number for number, page in enumerate(pages, 1) if page.failed]
    silent = [n for n, page in enumerate(pages, 1) if _silent(page)]
    told = []
    if failed:
        told.append(f"pages that could not be opened: {_list(failed)}")
    if silent:
        told.append(f"pages that are pictures without text: {_list(silent)}")
    if again:
        numbers = _list([number + 1 for number in again])
        told.append(f"pages whose letters looked broken, taken from the second reader: {numbers}")
    return told


def _list(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers[:20])) + (" and more" if len(numbers) > 20 else "")
