"""Which PDF library, and how fast: the reader beside bare text by three libraries, same files."""

from __future__ import annotations

import logging
import os
import re
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import mean, median
from typing import NamedTuple

from benchmarks.figures import Figure, Part, Plot, Table, need
from benchmarks.readers import bare_pages
from benchmarks.truth import Truth, recall, runs, truth_of, words
from tools.reading import read

AIM = 5.0
ROUNDS = 3
CORES = os.cpu_count() or 1
ANCHOR = 6
"""Words by which a paragraph's beginning or end is known in a text."""
NARROW = 70
"""Characters of the median line below which a paper is taken to have two columns."""
OURS = "Goldpan"
LICENCES = {
    OURS: "Apache-2.0, on pdfium",
    "pdfium": "BSD-3-Clause or Apache-2.0",
    "pypdf": "BSD-3-Clause",
    "pdfminer.six": "MIT",
}
ABOUT = """
The reader gives sections, passages and set-aside references; the libraries give bare text. All read
the same files, whose publisher gives the text as JATS. Rounds are interleaved and the quickest of
each compared: what others do on the machine only ever adds. By the clock they also take cores away;
CPU seconds, of all processes together, depend on that little. Starting up is left out for all.
pdfium's own sign for a hyphen at a line end is dropped before words are counted. Every library
writes a text in the order in which it believes it is read:
beginnings and ends of the publisher's paragraphs that are found once are counted as in order when
they stand in the longest rising sequence (floats, which publishers put elsewhere, cost all the
same). A ligature is raw when it arrives as one sign (ﬁ); a word is left in two when a line end cut
it and its halves still stand apart. PyMuPDF is left out for its licence (AGPL).
"""


Library = Callable[[Path], str]


class Spent(NamedTuple):
    """Seconds by the clock, and of the processors in all processes."""

    wall: float
    cpu: float


class Quality(NamedTuple):
    """What one library makes of one paper."""

    recall: float
    order: float
    ligatures: int
    halved: int


def measure(data: Path) -> Part:
    """Speed and text of each library on every paper that has its publisher's text."""
    need(data / "papers/pairs/INDEX.json")
    paths = sorted((data / "papers/pairs").glob("*/paper.pdf"))
    truths = [truth_of(path.parent) for path in paths]
    texts: dict[str, list[str]] = {}
    spent: dict[str, list[Spent]] = {}
    with (
        ThreadPoolExecutor(CORES) as threads,
        ProcessPoolExecutor(CORES, get_context("spawn")) as processes,
    ):
        started: list[tuple[Library, Executor]] = [
            (by_ours, threads), (by_pypdf, processes), (by_pdfminer, processes)
        ]  # fmt: skip
        for library, pool in started:
            list(pool.map(library, paths[:1] * CORES * 2))
        plan: list[tuple[str, Library, Executor | None]] = [
            (OURS, by_ours, threads), ("pypdf, one process", by_pypdf, None),
            (OURS, by_ours, threads), ("pypdf", by_pypdf, processes), ("pdfium", by_pdfium, None),
        ]  # fmt: skip
        for name, library, where in [*plan * ROUNDS, ("pdfminer.six", by_pdfminer, processes)]:
            took, texts[name] = timed(library, paths, where)
            spent.setdefault(name, []).append(took)
    pages = sum(len(bare_pages(path)) for path in paths)
    rates = {name: pages / min(took.cpu for took in spent[name]) for name in LICENCES}
    return Part.of(
        "reading_speed", "Reading: which library, how fast", ABOUT,
        ("pypdfium2", "pypdf", "pdfminer.six"),
        figures=tuple(_figures(spent, pages)),
        tables=(_table(rates, texts, truths, paths),),
        plots=(Plot(name="rates", title="Pages per CPU-second", y="pages",
                    labels=tuple(rates), bars={"pages": tuple(rates.values())}),),
    )  # fmt: skip


def timed(
    library: Library, paths: Sequence[Path], pool: Executor | None
) -> tuple[Spent, list[str]]:
    """What reading all the files costs, and their texts; in this process where there is no pool."""
    started, before = time.perf_counter(), _cpu()
    texts = list(pool.map(library, paths) if pool else map(library, paths))
    return Spent(time.perf_counter() - started, _cpu() - before), texts


def _cpu() -> float:
    """CPU seconds of this process and of all below it, the ended ones included."""
    import psutil  # type: ignore[import-untyped]

    here = psutil.Process()
    # The last two of the four belong to ended children.
    return sum(sum(one.cpu_times()[:4]) for one in (here, *here.children(recursive=True)))


def by_ours(path: Path) -> str:
    """The text of a paper as this project reads it, with all that is known about it."""
    return read(path, path.parent.name).document.text


def by_pdfium(path: Path) -> str:
    """Bare text."""
    return "\n".join(bare_pages(path))


def by_pypdf(path: Path) -> str:
    """Bare text."""
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)


def by_pdfminer(path: Path) -> str:
    """Bare text with its analysis of the layout."""
    from pdfminer.high_level import extract_text

    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)
    return extract_text(path)


def order(paragraphs: Iterable[str], text: str) -> float:
    """Share of the paragraphs' ends found in a text that are in order, in [0, 1]; 0 with none."""
    rows = [row for row in map(words, paragraphs) if len(row) >= 2 * ANCHOR]
    anchors = [tuple(end) for row in rows for end in (row[:ANCHOR], row[-ANCHOR:])]
    said = words(text)
    places: dict[tuple[str, ...], list[int]] = {anchor: [] for anchor in anchors}
    for at in range(len(said) - ANCHOR + 1):
        run = tuple(said[at : at + ANCHOR])
        if run in places:
            places[run].append(at)
    twice = Counter(anchors)
    found = [places[one][0] for one in anchors if len(places[one]) == 1 and twice[one] == 1]
    tails: list[int] = []
    for at in found:
        i = bisect_left(tails, at)
        tails[i : i + 1] = [at]
    return len(tails) / len(found) if found else 0.0


def halved(truth: str, text: str) -> int:
    """Words of the truth that stand in two halves, a hyphen or its sign between them."""
    known = {word for (word,) in runs(words(truth), 1)}
    hyphened = {tuple(pair) for pair in re.findall(r"([^\W\d_]+)[-‐‑]([^\W\d_]+)", truth.lower())}
    cut = re.findall(r"([^\W\d_]+)[-‐‑\xad\x02\ufffe]\s*(?=([^\W\d_]+))", text.lower())
    return sum(left + right in known and (left, right) not in hyphened for left, right in cut)


def _quality(truth: Truth, text: str) -> Quality:
    whole = re.sub(r"[\x02\ufffe]\s*", "", text)
    return Quality(
        recall(truth.paragraphs, whole), order(truth.paragraphs, whole),
        len(re.findall("[\ufb00-\ufb06]", text)), halved(truth.text, text),
    )  # fmt: skip


def _two_columns(path: Path) -> bool:
    lines = [len(line) for page in bare_pages(path) for line in page.splitlines()]
    return median(length for length in lines if length > 20) < NARROW


def _figures(spent: dict[str, list[Spent]], pages: int) -> Iterable[Figure]:
    wall = {name: min(took.wall for took in rows) for name, rows in spent.items()}
    cpu = {name: min(took.cpu for took in rows) for name, rows in spent.items()}
    yield Figure(
        name="times as fast as pypdf, all cores to its one process",
        value=wall["pypdf, one process"] / wall[OURS], aim=AIM, n=pages,
        note=f"by the clock, {CORES} cores, {pages / wall[OURS]:.0f} pages a second",
    )  # fmt: skip
    yield Figure(
        name="times as fast as pypdf, all cores for both", value=cpu["pypdf"] / cpu[OURS],
        aim=AIM, n=pages, note="by CPU seconds",
    )  # fmt: skip
    yield Figure(
        name="times as fast as pypdf, all cores for both, by the clock",
        value=wall["pypdf"] / wall[OURS],
        n=pages,
    )
    yield Figure(
        name="CPU per page, ours",
        value=1000 * cpu[OURS] / pages,
        unit="ms",
        better="lower",
        n=pages,
        note=f"of which the library {1000 * cpu['pdfium'] / pages:.1f}",
    )


def _table(
    rates: dict[str, float], texts: dict[str, list[str]], truths: list[Truth], paths: list[Path]
) -> Table:
    double = [_two_columns(path) for path in paths]
    rows = []
    for name, licence in LICENCES.items():
        all_of = [_quality(truth, text) for truth, text in zip(truths, texts[name], strict=True)]
        rows.append(
            (
                name, licence, rates[name], mean(one.recall for one in all_of),
                mean(one.order for one in all_of),
                mean(one.order for one, two in zip(all_of, double, strict=True) if two),
                sum(one.ligatures for one in all_of), sum(one.halved for one in all_of),
            )
        )  # fmt: skip
    return Table(
        title=f"{len(paths)} papers, {sum(double)} of them in two columns",
        columns=(
            "library", "licence", "pages per CPU-second", "word triples found",
            "paragraphs in order", "in two columns", "raw ligatures", "words left in two",
        ),
        rows=tuple(rows),
    )  # fmt: skip
