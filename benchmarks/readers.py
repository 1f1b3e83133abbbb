"""The PDF libraries that the reader is compared with, each as it comes."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from benchmarks.truth import bare


def bare_pages(path: Path) -> list[str]:
    """The text of each page as pdfium gives it."""
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        return [page.get_textpage().get_text_range() for page in document]


def by_pypdf(path: Path) -> tuple[str, list[str], str]:
    """Bare text, bare headings of the outline and the metadata's title, as pypdf gives them."""
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    reader = pypdf.PdfReader(path)
    text = "\n".join(page.extract_text() for page in reader.pages)
    named = reader.metadata.title if reader.metadata else ""
    return text, [bare(title) for title in _titles(reader.outline)], named or ""


def _titles(outline: object) -> Iterable[str]:
    if isinstance(outline, list):
        for part in outline:
            yield from _titles(part)
    else:
        yield str(getattr(outline, "title", ""))
