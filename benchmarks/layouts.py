"""Papers of other layouts, read with the rules as they are: lectures, reports, right to left.

What is known of them is of mixed worth: a text made by hand, other programs' output, records of
registries.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

from benchmarks.figures import Table
from benchmarks.readers import bare_pages, by_pypdf
from benchmarks.truth import bare, entered, in_order, recall, same
from tools.reading import read

_TEI = "{http://www.tei-c.org/ns/1.0}"
Row = tuple[str | int | float, ...]


def others(folder: Path) -> Table:
    """One row a file: recall beside the peers' where a text is known, headings, title."""
    rows: list[Row] = []
    for path in sorted(folder.glob("*.pdf")):
        reading = read(path, path.stem)
        paragraphs, source = _paragraphs(path)
        recalls: Row = ("", "", "")
        if paragraphs:
            bare_text = re.sub(r"[\x02\ufffe]\s*", "", "\n".join(bare_pages(path)))
            texts = (reading.document.text, bare_text, by_pypdf(path)[0])
            recalls = tuple(recall(paragraphs, text) for text in texts)
        wanted = _headings(path)
        found = in_order(wanted, list(entered(reading.passages))) / len(wanted) if wanted else ""
        title = _title(path)
        right = ("yes" if same(title, reading.document.title) else "no") if title else ""
        rows.append((path.stem, reading.pages, source, *recalls, found, right))
    return Table(
        title="Other layouts",
        columns=(
            "file",
            "pages",
            "text known from",
            "recall",
            "pdfium",
            "pypdf",
            "headings",
            "title",
        ),
        rows=tuple(rows),
    )  # fmt: skip


def _paragraphs(pdf: Path) -> tuple[list[str], str]:
    """Paragraphs that the file should hold, and whose word that is."""
    by_hand, silver = pdf.with_suffix(".truth.txt"), pdf.with_suffix(".silver.md")
    if by_hand.exists():
        return by_hand.read_text("utf-8").splitlines(), "a person"
    if silver.exists():
        lines = silver.read_text("utf-8").splitlines()
        return [line for line in lines if line[:1] not in "|#<"], "docling"
    if (tei := _tei(pdf)) is not None:
        return [_flat(part) for part in tei.iter(f"{_TEI}p")], "GROBID"
    return [], ""


def _tei(pdf: Path) -> ET.Element | None:
    path = pdf.with_suffix(".grobid.tei.xml")
    if not path.exists():
        return None
    return ET.fromstring(path.read_text("utf-8")).find(f".//{_TEI}body")  # noqa: S314 our own data


def _flat(part: ET.Element) -> str:
    return " ".join("".join(part.itertext()).split())


def _headings(pdf: Path) -> list[str]:
    tei = _tei(pdf)
    return [] if tei is None else [bare(_flat(head)) for head in tei.iter(f"{_TEI}head")]


def _title(pdf: Path) -> str:
    """From the registry's record, or from the other program's header."""
    registered = pdf.with_suffix(".crossref.xml")
    header = pdf.with_suffix(".grobid.tei.xml")
    if registered.exists():
        found = re.search(r"<journal_article.*?<title>(.*?)</title>", _text(registered), re.DOTALL)
    elif header.exists():
        found = re.search(r"<titleStmt>.*?<title[^>]*>(.*?)</title>", _text(header), re.DOTALL)
    else:
        return ""
    return found[1] if found else ""


def _text(path: Path) -> str:
    return path.read_text("utf-8")
