"""A workspace that grows, and a clock at its merging, searching and rebuilding.

The product's own node, store and index; only the embedding is done beforehand.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from agent.context import Context
from agent.settings import load
from agent.steps.merge import merged
from agent.workspace import STORE, Workspace
from benchmarks.made import NEAREST, Floats, VectorSource
from memory.lease import FileLease
from memory.records import Nugget, Record
from memory.store import Store
from memory.upkeep import Upkeep
from memory.vectors import Near, Vectors

R = TypeVar("R", bound=Record)
Millis = NDArray[np.float64]

PAPER = 20
"""Nuggets of one paper, which are merged together."""
PAPERS = 50
"""Papers merged at each size: of 1,000 new vectors the index once writes itself down."""
QUERIES = 200
AT_ONCE = 5000
"""Nuggets made and stored in one step, to fill the store."""
DIMENSIONS = 384
COMPARED = "claims compared, and the rest"


class Known:
    """An embedder that has embedded everything before: merging is timed without it."""

    name, dimensions = "made", DIMENSIONS

    def __init__(self) -> None:
        self.vectors: dict[str, Floats] = {}

    def embed(self, texts: Sequence[str]) -> Floats:
        """Vectors [n, d] of claims that are known."""
        return np.stack([self.vectors[text] for text in texts])


class Times:
    """Processor seconds by what was done, and how often a search compared with every vector."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self.spent: dict[str, float] = defaultdict(float)
        self.scans = 0

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        """Count the block's seconds to `what`."""
        started = time.process_time()
        yield
        self.spent[what] += time.process_time() - started


class TimedVectors(Vectors):
    """The product's own, with a clock beside."""

    times = Times()

    def add(self, ids: Sequence[str], vectors: Floats) -> None:
        """See `Vectors.add`."""
        with self.times.of("vectors added"):
            super().add(ids, vectors)

    def nearest(self, vectors: Floats, k: int = 10) -> list[Near]:
        """See `Vectors.nearest`."""
        with self.times.of("neighbours found"):
            return super().nearest(vectors, k)

    def exact(self, vector: Floats, k: int = 10) -> Near:
        """See `Vectors.exact`."""
        self.times.scans += 1
        return super().exact(vector, k)


class TimedStore(Store):
    """The product's own, with a clock beside."""

    times = Times()

    def all(self, kind: type[R], **equals: object) -> list[R]:
        """See `Store.all`."""
        with self.times.of("nuggets loaded"):
            return super().all(kind, **equals)

    def put(self, *records: Record) -> None:
        """See `Store.put`."""
        with self.times.of("clusters and links saved"):
            super().put(*records)


@dataclass(frozen=True)
class Merging:
    """Milliseconds per new nugget, of each paper, by the wall and by the processor."""

    wall: Millis
    cpu: Millis
    parts: dict[str, float]
    """Processor milliseconds, the mean, by what was done."""
    scans: int


@dataclass(frozen=True)
class Searching:
    """Milliseconds and recall@10 of the product, of the index alone, and of numpy's exact way."""

    product: Millis
    index: Millis
    numpy: Millis
    recall: list[float]
    """Of each query."""
    recall_of_index: list[float]
    scans: int


@dataclass(frozen=True)
class Building:
    """Making the index of all stored vectors anew, and what it leaves."""

    wall: float
    cpu: float
    peak: float
    """MiB resident at most, beyond what was before."""
    reopened: float
    """Seconds to seal the index and open it again."""
    index: float
    store: float
    """MiB on the disk."""


class Memory:
    """A workspace that grows."""

    def __init__(self, home: Path, source: VectorSource) -> None:
        self._home, self._source = home, source
        self._times = Times()
        self._embedder = Known()
        self.store = TimedStore.open(home / STORE)
        self._vectors = TimedVectors(self.store, home / "index", "made", DIMENSIONS)
        self.store.times = self._vectors.times = self._times
        self._count = 0

    def close(self) -> None:
        """Let go of the index and the store."""
        self._vectors.close()
        self.store.close()

    def context(self) -> Context:
        """What the merge step works with."""
        context = Workspace(load(self._home), self.store, FileLease(self._home)).context
        context.make_embedder = lambda: self._embedder
        context.make_vectors = lambda *_: self._vectors
        return context

    def grow(self, size: int) -> None:
        """Fill the store: nuggets of papers that were merged long ago, one cluster each."""
        self._vectors.close()
        while self._count < size:
            nuggets, vectors = self._some(min(AT_ONCE, size - self._count))
            self.store.add(*(n.model_copy(update={"cluster": n.id}) for n in nuggets))
            self.store.save_vectors("made", [n.id for n in nuggets], vectors)

    def _some(self, n: int) -> tuple[list[Nugget], Floats]:
        claims, vectors = self._source.some(n)
        first, self._count = self._count, self._count + n
        nuggets = [
            Nugget(
                paper=f"paper {i // PAPER}", passage=f"passage {i}", page=1, claim=claim,
                quote=claim, start=i, end=i + len(claim), made_by="made",
            )
            for i, claim in enumerate(claims, first)
        ]  # fmt: skip
        return nuggets, vectors

    def build(self) -> Building:
        """Index all that the store holds."""
        before = peak_anew()
        wall, cpu = time.perf_counter(), time.process_time()
        self._vectors.reindex()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        peak, size = peak_mib() - before, self._vectors.stats()["bytes"]
        started = time.perf_counter()
        self._vectors.close()
        self._vectors.stats()
        reopened = time.perf_counter() - started
        store = sum(path.stat().st_size for path in self._home.glob(f"{STORE}*"))
        return Building(wall, cpu, peak, reopened, size / 2**20, store / 2**20)

    def search(self) -> Searching:
        """The same queries by each way."""
        _, queries = self._source.some(QUERIES)
        plain, truth = timed(by_hand(*self.store.load_vectors("made")), queries)
        self._times.clear()
        ours, found = timed(lambda query: self._vectors.neighbours(query, NEAREST), queries)
        self._vectors.close()
        upkeep = Upkeep(self.store, self._home / "index", "made", DIMENSIONS)
        index = upkeep.opened()
        assert index is not None
        raw, far = timed(lambda query: index.near(query[None], NEAREST)[0], queries)
        upkeep.close()
        near = [[(key, 1 - distance) for key, distance in one] for one in far]
        recalls = recall(truth, found), recall(truth, near)
        return Searching(ours, raw, plain, *recalls, self._times.scans)

    def merge(self) -> Merging:
        """Papers one after the other, through the product's own step."""
        self._vectors.stats()
        context = self.context()
        self._times.clear()
        wall, cpu = np.zeros(PAPERS), np.zeros(PAPERS)
        for paper in range(PAPERS):
            nuggets, vectors = self._some(PAPER)
            self.store.add(*nuggets)
            self._embedder.vectors = {n.claim: v for n, v in zip(nuggets, vectors, strict=True)}
            started = time.perf_counter(), time.process_time()
            asyncio.run(_merged(context, [nugget.id for nugget in nuggets]))
            wall[paper] = time.perf_counter() - started[0]
            cpu[paper] = time.process_time() - started[1]
        spent = {what: 1e3 * s / PAPERS / PAPER for what, s in self._times.spent.items()}
        spent[COMPARED] = 1e3 * float(cpu.mean()) / PAPER - sum(spent.values())
        return Merging(1e3 * wall / PAPER, 1e3 * cpu / PAPER, spent, self._times.scans)


async def _merged(context: Context, nuggets: list[str]) -> None:
    async with context.session() as ctx:
        await merged(ctx, nuggets)


def timed(search: Callable[[Floats], Near], queries: Floats) -> tuple[Millis, list[Near]]:
    """Milliseconds of each query, and what it found."""
    took, found = [], []
    for query in queries:
        started = time.perf_counter()
        found.append(search(query))
        took.append(1e3 * (time.perf_counter() - started))
    return np.array(took), found


def by_hand(ids: Sequence[str], stored: Floats) -> Callable[[Floats], Near]:
    """The ten nearest by comparing with all in memory: the peer, and the truth."""

    def search(query: Floats) -> Near:
        cosines = stored @ query
        best = np.argpartition(-cosines, NEAREST)[:NEAREST]
        return [(ids[row], float(cosines[row])) for row in best]

    return search


def recall(truth: Sequence[Near], found: Sequence[Near]) -> list[float]:
    """Of each query, the share of its ten that are as near as the tenth in truth."""
    shares = []
    for true, near in zip(truth, found, strict=True):
        tenth = min(cosine for _, cosine in true) - 1e-5
        shares.append(sum(cosine >= tenth for _, cosine in near) / len(true))
    return shares


def peak_anew() -> float:
    """Let the peak of resident memory begin anew (Linux); MiB resident now."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak_mib()


def peak_mib() -> float:
    """MiB resident at most since then."""
    lines = Path("/proc/self/status").read_text().splitlines()
    [peak] = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(peak) / 1024
