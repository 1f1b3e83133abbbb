"""What publishers say stands in a paper, and how much of it a text holds. Measures only.

The publisher's file is JATS; a paper's folder holds it as `truth.xml`, its running text as
`truth.txt` and its title, DOI and abstract in `meta.json`.
"""

from __future__ import annotations

import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from memory.records import Passage

Words = tuple[str, ...]

_FORMS = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—−", "-"),
        **dict.fromkeys("‘’‚′`´", "'"),
        **dict.fromkeys("“”„″", '"'),
        **dict.fromkeys("\xad\u200b\u2060", ""),
    }
)
_BEHIND = re.compile(r"\s*(?:Key ?words?|How to cite this article)\s*:")
"""What some publishers' files append to an abstract."""
_NUMBER = re.compile(r"^(?:\d+(?:\.\d+)*\.?|\d\)|[ivx]+\)|[IVX]{1,4}\.|[A-H]\.)\s*")


class Truth(NamedTuple):
    """One paper in its publisher's words."""

    name: str
    text: str
    """Running text, without tables and references."""
    paragraphs: tuple[str, ...]
    """The same without title and headings."""
    title: str
    doi: str
    """Empty where the publisher's file gives none."""
    abstracts: tuple[str, ...]
    """With the labels of its parts in each of their usual forms, and without."""
    headings: tuple[str, ...]
    """Of all sections, in order, bare."""
    styled: frozenset[str]
    """All that the publisher sets as a title, or in bold or italics, bare."""
    references: tuple[str, ...]
    tables: tuple[tuple[Words, ...], ...]
    """Rows of each table, each as the words of its cells from left to right."""
    reach: float
    """Share of word triples that the bare PDF library finds, counted by whoever made the data."""


def truth_of(folder: Path) -> Truth:
    """The truth in a paper's folder."""
    meta = json.loads((folder / "meta.json").read_text("utf-8"))
    root = ET.fromstring((folder / "truth.xml").read_text("utf-8"))  # noqa: S314 our own data
    text = (folder / "truth.txt").read_text("utf-8")
    headings = (line[3:].split(" > ")[-1] for line in text.splitlines() if line[:3] == "## ")
    return Truth(
        folder.name, text, tuple(line for line in text.splitlines()[1:] if line[:3] != "## "),
        meta["title"], meta["doi"], tuple(_abstracts(meta["abstract"])),
        tuple(name for name in map(bare, headings) if name),
        frozenset(
            bare("".join(part.itertext()))
            for tag in ("title", "bold", "italic", "label") for part in root.iter(tag)
        ),
        tuple(" ".join(ref.itertext()) for ref in root.iter("ref")),
        tuple(rows for rows in map(_rows, root.iter("table-wrap")) if rows),
        meta["pdfium_trigram_recall"],
    )  # fmt: skip


def _abstracts(parts: Sequence[dict[str, str]]) -> Iterator[str]:
    # What stands behind a label is the typesetter's choice and rarely kept in the file.
    texts = [_BEHIND.split(part["text"])[0] for part in parts]
    labels = [part["label"] for part in parts]
    for end in ("", ":", ".") if parts else ():
        labelled = zip(labels, texts, strict=True)
        yield " ".join(f"{label}{label and end} {text}" for label, text in labelled)
    if parts:
        yield " ".join(texts)


def _rows(table: ET.Element) -> tuple[Words, ...]:
    rows = (
        " ".join("".join(cell.itertext()) for cell in row if cell.tag in ("td", "th"))
        for row in table.iter("tr")
    )
    return tuple(tuple(words(row)) for row in rows if words(row))


def words(text: str) -> list[str]:
    """Letters and digits, in lower case, raised and ligature forms made plain."""
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).lower())


def runs(row: Sequence[str], length: int = 3) -> set[Words]:
    """All stretches of so many words; the whole row where it is shorter."""
    least = min(length, len(row))
    return {tuple(row[i : i + least]) for i in range(len(row) - least + 1)} if row else set()


def recall(paragraphs: Iterable[str], text: str) -> float:
    """Share of the word triples inside the paragraphs that the text has, in [0, 1].

    Each occurrence counts. Counted so, the bare text of the PDF library reaches the share that the
    data names for it, to within 0.005 on each paper.
    """
    have = runs(words(text))
    wanted = [run for row in map(words, paragraphs) for run in zip(row, row[1:], row[2:])]  # noqa: B905
    return sum(run in have for run in wanted) / len(wanted)


def same(one: str, other: str) -> bool:
    """Whether two texts are equal but for white space and the shapes of dashes and quotes."""
    return _shape(one) == _shape(other)


def _shape(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text.translate(_FORMS)))


def bare(heading: str) -> str:
    """A heading without its number, as letters and digits only."""
    return "".join(words(_NUMBER.sub("", heading)))


def entered(passages: Iterable[Passage]) -> Iterator[str]:
    """The headings, bare, in the order in which the passages come below them.

    Legends and tables stand below their own label, which no heading is.
    """
    before: tuple[str, ...] = ()
    for passage in passages:
        path = passage.section
        if path and re.match(_LABEL, path[0]):
            continue
        kept = sum(1 for _ in takewhile(lambda two: two[0] == two[1], zip(before, path)))  # noqa: B905
        yield from (bare(name) for name in path[kept:])
        before = path


_LABEL = r"(?:\w+ )?(?:Figure|Table|Scheme|Graph|Chart|Plate|Box|Algorithm|Listing|Tab|Abb)\w* \S+$"


def in_order(wanted: Sequence[str], found: Sequence[str]) -> int:
    """How many of the wanted are found in their order (longest common subsequence)."""
    row = [0] * (len(found) + 1)
    for one in wanted:
        above = 0
        for j, other in enumerate(found, 1):
            above, row[j] = row[j], above + 1 if one == other else max(row[j], row[j - 1])
    return row[-1]


def leaked(references: Iterable[str], text: str, passages: str) -> tuple[int, int]:
    """Word triples of the references that stand in the passages, and all such triples.

    Triples that the running text has as well are nobody's leak.
    """
    theirs: set[Words] = set()
    for reference in references:
        theirs |= {run for run in runs(words(reference)) if len(run) == 3}
    theirs -= runs(words(text))
    return len(theirs & runs(words(passages))), len(theirs)


def rows_kept(tables: Iterable[Sequence[Words]], text: str) -> tuple[int, int]:
    """Stretches of up to three words inside table rows that the text has, and all of them."""
    said = words(text)
    have = runs(said) | runs(said, 2) | runs(said, 1)
    wanted = [run for rows in tables for row in rows for run in runs(row)]
    return sum(run in have for run in wanted), len(wanted)


def whole_rows(tables: Iterable[Sequence[Words]], text: str) -> tuple[int, int]:
    """Rows of at least two words all of which stand on one line, hardly anything else with them."""
    lines = [Counter(words(line)) for line in text.splitlines()]
    lines = [line for line in lines if line.total() > 1]
    wanted = [Counter(row) for rows in tables for row in rows if len(row) > 1]
    return sum(any(_alike(row, line) for line in lines) for row in wanted), len(wanted)


def _alike(row: Counter[str], line: Counter[str]) -> bool:
    if not 0.8 * row.total() <= line.total() <= 1.25 * row.total():
        return False
    return (row & line).total() >= 0.8 * max(row.total(), line.total())


def edges(page: str) -> list[str]:
    """The lines with which a page begins and ends, as the PDF library gives them."""
    lines = [signature(line) for line in page.splitlines() if line.strip()]
    return [*lines[:4], *lines[4:][-4:]]


def repeated(pages: Sequence[str]) -> set[str]:
    """Edges that at least half of a paper's pages have, at least three, their numbers aside."""
    seen = Counter(line for page in pages for line in set(edges(page)))
    least = max(3, len(pages) // 2)
    return {line for line, count in seen.items() if count >= least and len(line) > 8}


def signature(line: str) -> str:
    """A line with single spaces, its numbers as #."""
    return re.sub(r"\d+", "#", " ".join(line.split()).casefold())
