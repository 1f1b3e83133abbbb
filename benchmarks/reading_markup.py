"""What the readers of JATS, HTML and LaTeX make of papers whose publisher's text is known."""

from __future__ import annotations

import gzip
import random
import re
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from benchmarks.figures import Figure, Part, Plot, Table, need
from benchmarks.renderings import as_html, as_latex
from benchmarks.truth import (
    Truth,
    entered,
    in_order,
    leaked,
    recall,
    rows_kept,
    same,
    truth_of,
)
from evals.stats import bootstrap
from tools.reading import Reading, read
from tools.reading.extract import Answer, Refused
from tools.reading.markup import jats, latex, sources, web

ABOUT = """
The same papers in four formats. The JATS is the publisher's own and is judged against the text that
the data derived from it. No paper of the data comes as HTML or LaTeX: those files are written from
the JATS by a converter of this benchmark, so their figures say that nothing gets lost, not how the
readers fare with what people write; a real page is messier. The PDFs of the same papers show what
the richer format gains. *Bare* is all text of the XML without its tags, what a reader has that
knows nothing of papers. Recall counts word triples inside paragraphs; headings are compared in
order (longest common subsequence); a title, DOI or abstract is exact when equal but for white space
and the shapes of dashes and quotes. The spoiled files are those files cut, doubled and overwritten
at random: anything but a paper or a reason is a fault of ours.
"""
SPOILED = 600
"""Files for the last figure."""


class MarkupComparison(NamedTuple):
    """One paper in one format, read and compared."""

    recall: float
    headings: tuple[int, int]
    title: bool
    doi: bool | None
    abstract: bool | None
    references: tuple[int, int]
    cells: tuple[int, int]
    located: bool


class MarkupFormat(NamedTuple):
    """All papers in one format."""

    name: str
    seen: list[MarkupComparison]
    per_second: float
    """Files by the clock, on all cores, each in its limited process."""


def measure(data: Path) -> Part:
    """Every paper with its publisher's text, in each format; then spoiled files."""
    pairs = data / "papers" / "pairs"
    need(pairs)
    folders = sorted(path.parent for path in pairs.glob("*/truth.xml"))
    truths = [truth_of(folder) for folder in folders]
    roots = [ET.parse(folder / "truth.xml").getroot() for folder in folders]  # noqa: S314 our own
    with tempfile.TemporaryDirectory() as place:
        files = {
            "JATS": _files(Path(place), "nxml", [(f / "truth.xml").read_bytes() for f in folders]),
            "HTML": _files(Path(place), "html", map(as_html, roots)),
            "LaTeX": _files(Path(place), "tar.gz", map(as_latex, roots)),
            "PDF": [folder / "paper.pdf" for folder in folders],
        }
        formats = [_format(name, paths, truths) for name, paths in files.items()]
        faults = _faults([path for name in ("JATS", "HTML", "LaTeX") for path in files[name]])
    bare = [_bare(root, truth) for root, truth in zip(roots, truths, strict=True)]
    return Part.of(
        "reading_markup", "Reading JATS, HTML and LaTeX", ABOUT, ("lxml", "pypdfium2"),
        figures=(*_aimed(formats[0]), *_others(formats[1:3]), faults),
        tables=(_table(formats, bare),),
        plots=(_plot(formats), _speed(formats)),
    )  # fmt: skip


def _files(place: Path, ending: str, contents: Iterable[bytes]) -> list[Path]:
    paths = []
    for number, content in enumerate(contents):
        paths.append(place / f"{number}.{ending}")
        paths[-1].write_bytes(content)
    return paths


def _format(name: str, paths: Sequence[Path], truths: Sequence[Truth]) -> MarkupFormat:
    # The first file starts the reading process and loads the libraries; it is not counted.
    read(paths[0], "p")
    started = time.perf_counter()
    with ThreadPoolExecutor() as pool:
        readings = list(pool.map(lambda path: read(path, "p"), paths))
    seconds = time.perf_counter() - started
    seen = [_compare(truth, one) for truth, one in zip(truths, readings, strict=True)]
    return MarkupFormat(name, seen, len(paths) / seconds)


def _compare(truth: Truth, reading: Reading) -> MarkupComparison:
    document = reading.document
    said = "\n".join(passage.text for passage in reading.passages)
    return MarkupComparison(
        recall=recall(truth.paragraphs, document.text),
        headings=(in_order(truth.headings, list(entered(reading.passages))), len(truth.headings)),
        title=same(truth.title, document.title),
        doi=truth.doi.lower() == document.doi.lower() if truth.doi else None,
        abstract=any(same(text, document.abstract) for text in truth.abstracts)
        if truth.abstracts else None,
        references=leaked(truth.references, truth.text, said),
        cells=rows_kept(truth.tables, document.text),
        located=all(document.text[p.start : p.end] == p.text for p in reading.passages),
    )  # fmt: skip


def _bare(root: ET.Element, truth: Truth) -> MarkupComparison:
    text = re.sub(r"\s+", " ", " ".join(root.itertext()))
    return MarkupComparison(
        recall(truth.paragraphs, text), (0, len(truth.headings)), False, None, None,
        leaked(truth.references, truth.text, text), rows_kept(truth.tables, text), True,
    )  # fmt: skip


def _faults(paths: Sequence[Path]) -> Figure:
    """Spoiled files that give neither a paper nor a reason, read in this very process."""
    chance = random.Random(3)
    readers: dict[str, Callable[[bytes], Answer]] = {
        ".nxml": jats.read,
        ".html": web.read,
        ".gz": lambda data: latex.understand(sources.of_archive(data)),
    }
    faults = 0
    for _ in range(SPOILED):
        path = chance.choice(paths)
        data = path.read_bytes()
        # What is spoiled inside its packing is unpacked no more.
        data = gzip.decompress(data) if path.suffix == ".gz" else data
        try:
            readers[path.suffix](_spoiled(data[:60_000], chance))
        except (Refused, RecursionError):
            continue
        except Exception:  # noqa: BLE001 that is what is counted
            faults += 1
    return Figure(
        name="spoiled files that trip the readers", value=faults, aim=0, better="lower", n=SPOILED
    )


def _spoiled(data: bytes, chance: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(chance.choice((1, 5, 20))):
        at, size = chance.randrange(len(made) + 1), chance.randrange(200)
        kind = chance.randrange(3)
        new = (b"", chance.randbytes(4), bytes(made[at : at + size]) * 2)[kind]
        made[at : at + (size if kind else chance.randrange(2000))] = new
    return bytes(made)


def _aimed(format_: MarkupFormat) -> Iterable[Figure]:
    seen = format_.seen
    found = [one.recall for one in seen]
    low, high = bootstrap(found)
    yield Figure(
        name="JATS: trigram recall", value=sum(found) / len(found), aim=0.98, low=low, high=high,
        n=len(found),
    )  # fmt: skip
    yield _share("JATS: headings in order", [one.headings for one in seen], 0.98)
    for name, marks in (
        ("title", [one.title for one in seen]),
        ("DOI", [one.doi for one in seen]),
        ("abstract", [one.abstract for one in seen]),
        ("passages at their offsets", [one.located for one in seen]),
    ):
        known = [mark for mark in marks if mark is not None]
        exact = name if name.startswith("passages") else f"{name} exact"
        yield Figure.share(f"JATS: {exact}", sum(known), len(known), aim=1)
    leak = _share("JATS: references in passages", [one.references for one in seen], 0.01)
    yield leak.model_copy(update={"better": "lower", "note": "word triples"})
    yield _share("JATS: table cells in row order", [one.cells for one in seen])


def _others(formats: Sequence[MarkupFormat]) -> Iterable[Figure]:
    for name, seen, _ in formats:
        found = [one.recall for one in seen]
        low, high = bootstrap(found)
        yield Figure(
            name=f"{name}, converted: trigram recall", value=sum(found) / len(found), low=low,
            high=high, n=len(found),
        )  # fmt: skip
        yield _share(f"{name}, converted: headings in order", [one.headings for one in seen])


def _share(name: str, pairs: Sequence[tuple[int, int]], aim: float | None = None) -> Figure:
    return Figure.share(name, sum(k for k, _ in pairs), sum(n for _, n in pairs), aim=aim)


def _values(seen: Sequence[MarkupComparison]) -> tuple[float | str, ...]:
    def of(pairs: Sequence[tuple[int, int]]) -> float:
        return sum(k for k, _ in pairs) / max(1, sum(n for _, n in pairs))

    def marks(values: Sequence[bool | None]) -> float | str:
        known = [value for value in values if value is not None]
        return sum(known) / len(known) if known else ""

    return (
        sum(one.recall for one in seen) / len(seen), of([one.headings for one in seen]),
        marks([one.title for one in seen]), marks([one.doi for one in seen]),
        marks([one.abstract for one in seen]), of([one.references for one in seen]),
        of([one.cells for one in seen]),
    )  # fmt: skip


def _table(formats: Sequence[MarkupFormat], bare: Sequence[MarkupComparison]) -> Table:
    return Table(
        title="The same papers in each format",
        columns=(
            "read from", "recall", "headings", "title", "DOI", "abstract", "references leaked",
            "table cells", "papers a second",
        ),
        rows=(
            *((one.name, *_values(one.seen), one.per_second) for one in formats),
            ("XML, bare", *_values(bare), ""),
        ),
    )  # fmt: skip


def _plot(formats: Sequence[MarkupFormat]) -> Plot:
    def shown(seen: Sequence[MarkupComparison]) -> tuple[float, ...]:
        return tuple(float(value or 0) for value in _values(seen)[:5])

    return Plot(
        name="formats", title="What is right, by the format that a paper is read from", y="share",
        labels=("recall", "headings", "title", "DOI", "abstract"),
        bars={one.name: shown(one.seen) for one in formats},
    )  # fmt: skip


def _speed(formats: Sequence[MarkupFormat]) -> Plot:
    return Plot(
        name="speed", title="Papers read a second, each in its limited process", y="papers / s",
        labels=tuple(one.name for one in formats),
        bars={"papers a second": tuple(one.per_second for one in formats)},
    )  # fmt: skip
