"""What flows through the graphs (ids only, plain JSON) and what their nodes work with."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypedDict, TypeVar

from langgraph.runtime import Runtime

from agent.progress import Reporter, Silent
from memory.records import (
    Event,
    Job,
    ModelVersion,
    Nugget,
    Record,
    Sighting,
    TrainingSpec,
    digest,
)
from tools.endpoints.ledger import account

if TYPE_CHECKING:
    from agent.calls.connections import Connections
    from agent.calls.roles import Engines
    from agent.settings import Settings
    from memory.lineage import Lineage
    from memory.store import Store
    from memory.vectors import Vectors
    from tools.models import Embedder, Target
    from tools.models.merged import Parity
    from tools.reading import Reading
    from tools.teachers import Teacher
    from tools.teachers.model import Loss
    from tools.training.preflight import Preflight


R = TypeVar("R", bound=Record)
POOL = 2000
"""More nuggets than this lend no better wrong options, and cost time."""


def union(left: list[str], right: list[str]) -> list[str]:
    """Reducer of parallel branches: each id once, sorted, so that no order of arrival shows."""
    return sorted({*left, *right})


def added(left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
    """Reducer: what each step lost."""
    return {**left, **right}


class Discovery(TypedDict, total=False):
    """State of the discovery graph."""

    run: str
    interest: str
    papers: Annotated[list[str], union]
    """Every paper the sources gave."""
    read: Annotated[list[str], union]
    """Those that were read."""
    screened: list[str]
    """Those that were read and fit the interest."""
    nuggets: Annotated[list[str], union]
    asked: list[str]
    """Nuggets that were probed: one for each cluster."""
    proposed: list[str]
    answer: dict[str, Any]
    """What came back from the review."""
    decided: int
    lost: Annotated[dict[str, int], added]
    """What got no answer, by step: it is asked for again."""


class Teaching(TypedDict, total=False):
    """State of the teaching graph."""

    run: str
    interest: str
    nuggets: list[str]
    papers: list[str]
    control: list[str]
    """Nuggets of papers of which nothing is taught."""
    written: Annotated[list[str], union]
    """Question ids."""
    dataset: str
    spec: str
    adapter: str
    version: str
    """The candidate's ModelVersion id."""
    passed: bool
    lost: Annotated[dict[str, int], added]
    """What got no answer, by kind."""


class Branch(TypedDict):
    """What one parallel branch gets."""

    run: str
    paper: str
    nuggets: list[str]
    total: int
    """How many branches there are; for the progress bar."""


@dataclass
class Context:
    """What nodes work with. The outside world comes in here and nowhere else."""

    settings: Settings
    store: Store
    lineage: Lineage
    lines: Connections
    hire: Callable[[Context], Engines]
    """Who works on a run."""
    make_embedder: Callable[[], Embedder]
    make_target: Callable[[ModelVersion], Target]
    register: Callable[[str], None]
    """See that the base of a target is in the lineage."""
    make_vectors: Callable[[Embedder], Vectors]
    read: Callable[[Path, str], Reading]
    train: Callable[[TrainingSpec, Callable[[dict[str, Any]], None], Callable[[Job], None]], Path]
    """Train; told of the progress, and of each process that trains."""
    preflight: Callable[[TrainingSpec], Preflight]
    """What would be learnt, token by token; nothing is trained."""
    agreement: Callable[[ModelVersion, Sequence[str]], Parity]
    """Whether all forms that a version can be exported in answer alike to prompts."""
    reporter: Reporter = field(default_factory=Silent)
    slots: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(2))
    """Papers read at once. Our own semaphore, not the graph's `max_concurrency`: with that,
    checkpoint writes queue behind waiting tasks and a kill repeats finished work."""
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _done: Counter[str] = field(default_factory=Counter)
    _pools: dict[str, list[Nugget]] = field(default_factory=dict)
    _registered: set[str] = field(default_factory=set)
    _targets: dict[str, Target] = field(default_factory=dict)
    _crew: Engines | None = None

    def tick(self, stage: str, total: int) -> None:
        """One more branch of a fan-out is finished; the join tells the end."""
        with self._lock:
            self._done[stage] += 1
            if self._done[stage] < total:
                self.reporter.progress(stage, self._done[stage], total)

    def finish(self, stage: str, total: int) -> None:
        """A stage is finished, whatever part of it was done before a crash."""
        if total:
            self.reporter.progress(stage, total, total)

    def current(self, name: str) -> ModelVersion | None:
        """The current version of a target, its base registered at first sight.

        name: the target's name; empty: the one under [roles]. None where no target is bound.
        """
        if not (name := name or self.settings.roles.target):
            return None
        with self._lock:
            # Once: hashing the files of a large model takes long.
            if name not in self._registered:
                self.register(name)
                self._registered.add(name)
        return self.lineage.current(name)

    def target(self, version: ModelVersion) -> Target:
        """The model in memory; loaded once."""
        if version.id not in self._targets:
            self._targets[version.id] = self.make_target(version)
        return self._targets[version.id]

    def pool(self, interest: str) -> list[Nugget]:
        """Nuggets that lend wrong options: those of the interest's papers, at most POOL."""
        with self._lock:
            if interest not in self._pools:
                papers = [seen.paper for seen in self.store.all(Sighting, interest=interest)]
                self._pools[interest] = by_id(self.store.all(Nugget, paper=papers))[:POOL]
            return self._pools[interest]

    @property
    def crew(self) -> Engines:
        """Hired at first need."""
        with self._lock:
            self._crew = self._crew or self.hire(self)
            return self._crew

    @property
    def teacher(self) -> Teacher:
        """The crew's."""
        return self.crew.teacher

    async def hang_up(self, grace: float = 0.0) -> None:
        """Close all lines, and let the crew go that spoke through them."""
        await self.lines.close(grace)
        self._crew = None

    def lost(self, loss: Loss) -> None:
        """What replies did not give goes to the log of the run that asked."""
        about, times = loss.about[:10], f"{loss.count} × " if loss.count > 1 else ""
        text = f"{about}: {times}{loss.reason}: {loss.detail}"
        self.log(account.get().run, loss.step, text)

    @cached_property
    def embedder(self) -> Embedder:
        """Loaded at first need: it costs seconds."""
        return self.make_embedder()

    @cached_property
    def vectors(self) -> Vectors:
        """Opened at first need."""
        return self.make_vectors(self.embedder)

    def close(self) -> None:
        """Seal the index, if it was opened: an unsealed one is examined at its next opening."""
        if vectors := self.__dict__.get("vectors"):
            vectors.close()

    def log(self, run: str, stage: str, text: str) -> None:
        """One line of the run's log. The same line of the same run is kept once."""
        name = digest(run, stage, text)
        self.store.add(Event(id=name, run=run, stage=stage, text=text))


def context_of(runtime: Runtime[Context]) -> Context:
    """The context a graph was called with; a server that has none gets the default workspace."""
    if isinstance(runtime.context, Context):
        return runtime.context
    from agent.workspace import default_context

    return default_context()


def by_id(records: Iterable[R]) -> list[R]:
    """In an order that no order of arrival shows in: branches save in the order they end."""
    return sorted(records, key=lambda record: record.id)


def by_paper(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Group (paper id, nugget id) pairs by paper, both in sorted order."""
    groups: dict[str, list[str]] = {}
    for paper, nugget in sorted(pairs):
        groups.setdefault(paper, []).append(nugget)
    return groups
