"""The memory as it grows to 300,000 nuggets: merging, searching, rebuilding, and what they take.

Four minutes on two idle cores, most of them inside Chroma.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import grown, labelled
from benchmarks.figures import Figure, Part, Plot, Table, need
from benchmarks.grown import COMPARED, DIMENSIONS, PAPER, PAPERS, QUERIES, Memory
from benchmarks.made import Copies, Made, Noise, VectorSource, likeness
from benchmarks.page import number
from evals.stats import bootstrap

SIZES = (1_000, 10_000, 100_000, 300_000)
HARD = 5_000
"""Size at which vectors unlike those of sentences are tried."""
SENTENCES = 3000
"""Real sentences that vectors are made from."""

ABOUT = """
A workspace is filled with made nuggets, its index is built anew, the same queries are asked of
Goldpan, of the bare index and of numpy, and 50 papers of 20 nuggets each are merged by the
product's own graph node: vectors into store and index, neighbours, claims compared, clusters and
links saved. Embedding is timed apart. Then the workspace grows to the next size.

The vectors stand for those of real sentences: each is one of 3 000 sentences of abstracts embedded
with all-MiniLM-L6-v2, moved towards a neighbour and aside by the difference of two other
neighbours, so that cosines between neighbours are spread as the real ones are (last table). Beside
them, points of pure noise, which no embedder makes, and copies: where more than 16 vectors are
equal the index may lose some, so that Goldpan compares with every vector there.

The peer is numpy over all vectors in memory: exact, and linear. Wall times suffer from whatever
else the machine does; growth is therefore fitted on processor time.
"""


class MemoryFigures(NamedTuple):
    """All that was measured at one size."""

    size: int
    built: grown.Building
    searched: grown.Searching
    merged: grown.Merging


def grow(home: str, source: VectorSource, sizes: Sequence[int]) -> list[MemoryFigures]:
    """Let a workspace of its own grow to these sizes, and measure at each."""
    found = []
    with closing(Memory(Path(tempfile.mkdtemp(dir=home)), source)) as memory:
        for size in sizes:
            memory.grow(size)
            found.append(MemoryFigures(size, memory.build(), memory.search(), memory.merge()))
    return found


def search(home: str, source: VectorSource) -> grown.Searching:
    """Only search, in a workspace of that size."""
    with closing(Memory(Path(tempfile.mkdtemp(dir=home)), source)) as memory:
        memory.grow(HARD)
        memory.build()
        return memory.search()


def sentences(data: Path) -> list[str]:
    """Distinct sentences of abstracts, in an order of chance."""
    bench = data / "bench"
    pmc, computing = bench / "pmc_structured_abstracts.jsonl", bench / "csabstruct_dev.jsonl"
    need(pmc, computing)
    said = (
        sentence
        for text in (*labelled.pmc(pmc), *labelled.csabstruct(computing))
        for _, paragraphs in text.sections
        for paragraph in paragraphs
        for sentence, _ in paragraph
    )
    kept = [sentence for sentence in dict.fromkeys(said) if 40 <= len(sentence) <= 400]
    chosen = np.random.default_rng(0).permutation(len(kept))[:SENTENCES]
    return [kept[i] for i in chosen]


def measure(data: Path) -> Part:
    """Embed real sentences, make vectors like theirs, and let a workspace grow."""
    from tools.models.embedder import MiniLM

    texts, model = sentences(data), MiniLM()
    started = time.perf_counter()
    real = model.embed(texts)
    embedding = 1e3 * (time.perf_counter() - started) / len(texts)
    made = Made(texts, real)
    alike = likeness(real, made.some(len(real))[1])
    with tempfile.TemporaryDirectory() as home:
        unlike = {
            "noise": search(home, Noise(DIMENSIONS)),
            f"100 vectors, {HARD // 100} times each": search(home, Copies(made)),
        }
        found = grow(home, made, SIZES)
    by_size = {number(one.size): one.searched for one in found}
    return Part.of(
        "memory",
        "Memory: search, growth, rebuilding",
        ABOUT,
        ("chromadb", "SQLAlchemy", "numpy"),
        figures=figures(found, embedding),
        tables=(
            merging(found),
            searching(by_size, "Searching: ms and recall@10"),
            searching(unlike, f"Vectors unlike those of sentences, {number(HARD)} stored"),
            building(found),
            alike,
        ),
        plots=plots(found),
    )


def growth(found: Sequence[MemoryFigures], cost: Callable[[MemoryFigures], float]) -> float:
    """The exponent b of cost = a * size ** b, fitted over the sizes on logarithms."""
    sizes = np.log([one.size for one in found])
    return float(np.polyfit(sizes, np.log([cost(one) for one in found]), 1)[0])


def figures(found: Sequence[MemoryFigures], embedding: float) -> tuple[Figure, ...]:
    """What is quoted."""
    first, last = found[0], found[-1]
    lower: Any = {"better": "lower"}

    def cpu(one: MemoryFigures) -> float:
        return float(np.median(one.merged.cpu))

    def memory_alone(one: MemoryFigures) -> float:
        return float(one.merged.cpu.mean()) - one.merged.parts[COMPARED]

    return (
        Figure(name="growth of the time per new nugget: exponent", value=growth(found, cpu),
               aim=0.5, **lower, note="processor time, median; 1 would be a full scan"),
        Figure(name="the same without comparing claims", value=growth(found, memory_alone),
               aim=0.5, **lower, note="store, index and search; processor time, mean"),
        Figure(name="the same, 95th percentile of the wall",
               value=growth(found, lambda one: float(np.quantile(one.merged.wall, 0.95))),
               aim=0.5, **lower),
        Figure(name=f"time per new nugget, {number(last.size)} stored against {number(first.size)}",
               value=cpu(last) / cpu(first), unit="×", **lower,
               note=f"{last.size // first.size} times as many are stored"),
        Figure(name="merging searches that compared with every vector", value=sum(
               one.merged.scans for one in found), aim=0, **lower,
               n=PAPER * PAPERS * len(found)),
        *(Figure(name=f"new nugget at {number(one.size)}, median", unit="ms",
                 value=float(np.median(one.merged.wall)), **lower, n=PAPER * PAPERS,
                 note=f"95 % of papers below {np.quantile(one.merged.wall, 0.95):.1f} ms; "
                 f"embedding its claim, {embedding:.1f} ms, is not in it")
          for one in found),
        *(Figure(name=f"recall@10 at {number(one.size)}", value=float(np.mean(one.searched.recall)),
                 **dict(zip(("low", "high"), bootstrap(one.searched.recall), strict=True)),
                 n=QUERIES)
          for one in found),
        Figure(name=f"index of {number(last.size)} built anew", value=last.built.wall, unit="s",
               **lower, note=f"{last.size / last.built.wall:,.0f} vectors a second, "
               f"{last.size / last.built.cpu:,.0f} a processor second; "
               f"at most {last.built.peak:,.0f} MiB of memory"),
    )  # fmt: skip


def merging(found: Sequence[MemoryFigures]) -> Table:
    """Milliseconds per new nugget."""
    rows = []
    for size, _, _, merged in found:
        wall = (np.median(merged.wall), np.quantile(merged.wall, 0.95), merged.wall.mean())
        cpu = np.median(merged.cpu), merged.cpu.mean()
        rows.append((size, *(round(float(ms), 2) for ms in (*wall, *cpu, *merged.parts.values()))))
    columns = ("stored", "wall, median", "95 %", "mean", "processor, median", "mean")
    return Table(
        title="Merging: ms per new nugget by the wall, by the processor, and its mean in parts",
        columns=(*columns, *found[0].merged.parts),
        rows=tuple(rows),
    )


def searching(found: Mapping[str, grown.Searching], title: str) -> Table:
    """Queries by three ways."""
    rows = []
    for name, one in found.items():
        ways = one.product, one.index, one.numpy
        ms = (float(np.quantile(way, share)) for way in ways for share in (0.5, 0.95))
        shares = map(float, map(np.mean, (one.recall, one.recall_of_index)))
        rows.append((name, *ms, *shares, f"{one.scans} of {QUERIES}"))
    columns = (
        "stored", "Goldpan, median", "95 %", "bare Chroma, median", "95 %", "numpy, median", "95 %",
        "recall of Goldpan", "of bare Chroma", "compared with every vector",
    )  # fmt: skip
    return Table(title=title, columns=columns, rows=tuple(rows))


def building(found: Sequence[MemoryFigures]) -> Table:
    """What an index takes."""
    return Table(
        title="Building the index anew from the store, and what it leaves",
        columns=("stored", "seconds", "vectors a second", "a processor second", "peak MiB",
                 "sealed and opened again, s", "index MiB", "store MiB"),
        rows=tuple(
            (size, built.wall, round(size / built.wall), round(size / built.cpu), round(built.peak),
             built.reopened, round(built.index), round(built.store))
            for size, built, _, _ in found
        ),
    )  # fmt: skip


def plots(found: Sequence[MemoryFigures]) -> tuple[Plot, ...]:
    """Growth of merging beside exact search, and of building."""

    def line(value: Callable[[MemoryFigures], float]) -> tuple[tuple[float, float], ...]:
        return tuple((one.size, float(value(one))) for one in found)

    return (
        Plot(
            name="growth",
            title="Time per new nugget, and what comparing with every vector takes",
            x="nuggets stored", y="ms", log_x=True, log_y=True,
            lines={
                "new nugget, median": line(lambda one: np.median(one.merged.wall)),
                "95 %": line(lambda one: np.quantile(one.merged.wall, 0.95)),
                "numpy over all vectors, median": line(lambda one: np.median(one.searched.numpy)),
            },
        ),
        Plot(
            name="building",
            title="Vectors indexed per second when the index is built anew",
            x="nuggets stored", y="vectors per second", log_x=True,
            lines={
                "by the wall": line(lambda one: one.size / one.built.wall),
                "per processor second": line(lambda one: one.size / one.built.cpu),
            },
        ),
    )  # fmt: skip
