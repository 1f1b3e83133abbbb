"""What a process keeps between runs, and what one run works with.

The outside world comes in here and nowhere else: whoever opens a workspace hands it in, and tests
hand in another. Nothing of it stands in a graph's state or in its schemas.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import threading
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from agent.calls.connections import GRACE
from agent.calls.roles import Engines, engines
from agent.progress import Reporter, Silent
from memory.records import (
    Event,
    ModelVersion,
    Nugget,
    Record,
    RunStatus,
    Sighting,
    digest,
    new_id,
)
from tools.endpoints.ledger import account

if TYPE_CHECKING:
    from agent.calls.connections import Connections
    from agent.settings import Settings
    from memory.lease import Lease
    from memory.lineage import Lineage
    from memory.records import Job, TrainingSpec
    from memory.store import Store
    from memory.vectors import Vectors
    from tools.endpoints.connection import Connection
    from tools.models import Embedder, Target
    from tools.models.merged import Parity
    from tools.reading import Reading
    from tools.replies.losses import Loss
    from tools.training.preflight import Preflight

R = TypeVar("R", bound=Record)
T = TypeVar("T")
POOL = 2000
"""More nuggets than this lend no better wrong options, and cost time."""
TARGETS = 2
"""Versions of targets in memory at once: an examination compares two."""
_session: ContextVar[str] = ContextVar("session", default="")


class Workplace(Protocol):
    """What a process and a run have in common: enough to look something up."""

    @property
    def settings(self) -> Settings:
        """The workspace's."""
        ...

    @property
    def store(self) -> Store:
        """The workspace's."""
        ...


@dataclass
class Context:
    """What a process keeps: the store and its index, models in memory, who answers for a role.

    Used by any number of runs, one after the other or at once.
    """

    settings: Settings
    store: Store
    lineage: Lineage
    connect: Callable[[Callable[[str], None]], Connections]
    """Connections of one event loop; they tell the callable why they wait."""
    make_embedder: Callable[[], Embedder]
    make_target: Callable[[ModelVersion], Target]
    register: Callable[[str], None]
    """See that the base of a target is in the lineage."""
    make_vectors: Callable[[Embedder, Callable[[int, int], None]], Vectors]
    """The index; the callable is told how far it is where it is built anew."""
    read: Callable[[Path, str], Reading]
    train: Callable[[TrainingSpec, Callable[[dict[str, Any]], None], Callable[[Job], None]], Path]
    """Train; told of the progress, and of each process that trains."""
    preflight: Callable[[TrainingSpec], Preflight]
    """What would be learnt, token by token; nothing is trained."""
    agreement: Callable[[ModelVersion, Sequence[str]], Parity]
    """Whether all forms that a version can be exported in answer alike to prompts."""
    make_engines: Callable[[Settings, Connections, Callable[[Loss], None]], Engines] = engines
    """Who works in which role."""
    take: Callable[[], Lease | None] = lambda: None
    """The workspace's lease, for as long as a run is at work; None where no run need take it."""
    readers: int = 2
    """Papers read at once."""
    idle: float = 60.0
    """Seconds without a step after which a run that nobody ended gives back what it holds."""
    # Three locks: event loops take the first, so nobody may hold it while waiting for anything.
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _loading: threading.RLock = field(default_factory=threading.RLock)
    _owning: threading.Lock = field(default_factory=threading.Lock)
    _registered: set[str] = field(default_factory=set)
    _targets: OrderedDict[str, Target] = field(default_factory=OrderedDict)
    _runs: dict[str, RunContext] = field(default_factory=dict)
    _connections: dict[asyncio.AbstractEventLoop, Connections] = field(default_factory=dict)
    _leaving: set[asyncio.Future[None]] = field(default_factory=set)
    _embedder: Embedder | None = None
    _vectors: Vectors | None = None
    _lease: Lease | None = None

    def over(
        self,
        store: Store,
        lineage: Lineage,
        connect: Callable[[Callable[[str], None]], Connections],
    ) -> Context:
        """The same over another store, which nobody else uses; it starts with nothing loaded."""
        outside = {f.name: getattr(self, f.name) for f in fields(self) if f.name[0] != "_"}
        given = {"store": store, "lineage": lineage, "connect": connect, "take": lambda: None}
        return Context(**{**outside, **given})

    def current(self, name: str) -> ModelVersion | None:
        """The current version of a target, its base registered at first sight.

        name: the target's name; empty: the one under [roles]. None where no target is bound.
        """
        if not (name := name or self.settings.roles.target):
            return None
        with self._loading:
            # Once: hashing the files of a large model takes long.
            if name not in self._registered:
                self.register(name)
                self._registered.add(name)
        return self.lineage.current(name)

    def target(self, version: ModelVersion) -> Target:
        """The model in memory. Of those that were asked for last, TARGETS are kept."""
        with self._loading:
            if version.id not in self._targets:
                while len(self._targets) >= TARGETS:
                    self._targets.popitem(last=False)
                self._targets[version.id] = self.make_target(version)
            self._targets.move_to_end(version.id)
            return self._targets[version.id]

    @property
    def embedder(self) -> Embedder:
        """Loaded at first need: it costs seconds."""
        with self._loading:
            if self._embedder is None:
                self._embedder = self.make_embedder()
            return self._embedder

    @property
    def vectors(self) -> Vectors:
        """Opened at first need, sealed when nobody works any more."""
        with self._loading:
            if self._vectors is None:
                self._vectors = self.make_vectors(self.embedder, self._indexed)
            return self._vectors

    def run(self, run: str, reporter: Reporter | None = None) -> RunContext:
        """What that run works with, the same until it leaves. To be called in its event loop.

        run: its id. reporter: heard from the first call on.
        """
        return self._joined(run, run, reporter)

    def _joined(self, key: str, run: str, reporter: Reporter | None) -> RunContext:
        with self._lock:
            if key not in self._runs:
                loop = asyncio.get_running_loop()
                if loop not in self._connections:
                    self._connections[loop] = self.connect(lambda text: self._reporter().say(text))
                connections = self._connections[loop]
                self._runs[key] = RunContext(self, run, connections, reporter or Silent(), loop)
            return self._runs[key]

    def hold(self) -> None:
        """Own the workspace while any run is at work. May wait a moment. Raises Locked."""
        with self._owning:
            if self._lease is None:
                self._lease = self.take()

    async def leave(self, run: str, grace: float = 0.0) -> None:
        """Forget what a run worked with; again is harmless.

        The last run of an event loop closes its connections: calls in flight get `grace` seconds
        to end, for they are paid for. The last of all gives the workspace back. A caller that is
        called away leaves all of this to be done.
        """
        await asyncio.shield(self._going(run, grace))

    def _going(self, run: str, grace: float) -> asyncio.Future[None]:
        leaving = asyncio.ensure_future(self._leave(run, grace))
        self._leaving.add(leaving)  # An event loop alone would forget it.
        leaving.add_done_callback(self._leaving.discard)
        return leaving

    async def _leave(self, run: str, grace: float) -> None:
        with self._lock:
            gone = self._runs.pop(run, None)
            loops = {one.loop for one in self._runs.values()}
            closing = None if gone is None or gone.loop in loops else gone.loop
            connections = self._connections.pop(closing, None) if closing else None
        try:
            if connections:
                await connections.close(grace)
        finally:
            await asyncio.to_thread(self._hand_back)

    def rest(self, run: str) -> None:
        """Nobody works for a run now. Where nobody does for `idle` seconds, it leaves.

        Between two nodes a server may stop a run, and tells nobody.
        """
        ctx = self._runs.get(run)
        if ctx is None or ctx.working:
            return

        def leave() -> None:
            if self._runs.get(run) is ctx and not ctx.working:
                self._going(run, GRACE)

        ctx.loop.call_later(self.idle, leave)

    @asynccontextmanager
    async def session(self, reporter: Reporter | None = None) -> AsyncIterator[RunContext]:
        """Work that is no run, as answering one question: it leaves no record of its own."""
        key = f"session {new_id()}"
        _session.set(key)
        try:
            yield self._joined(key, "", reporter)
        finally:
            await self.leave(key)

    def close(self) -> None:
        """Seal the index, if it was opened: an unsealed one is examined at its next opening."""
        with self._loading:
            if self._vectors:
                self._vectors.close()
            self._vectors = None
            self._targets.clear()

    def _hand_back(self) -> None:
        with self._owning:
            # A run that begins meanwhile takes it again: its first step waits for its turn here.
            if self._lease and not self._runs:
                self.close()
                self._lease.release()
                self._lease = None

    def _reporter(self) -> Reporter:
        """Of the run, or else of the session, for which the calling task works."""
        run = self._runs.get(account.get().run or _session.get())
        return run.reporter if run else Silent()

    def _indexed(self, done: int, total: int) -> None:
        self._reporter().progress("nuggets indexed anew", done, total)


@dataclass
class RunContext:
    """What the steps of one run work with."""

    process: Context
    run: str
    """The run's id; empty for work that is no run."""
    connections: Connections
    reporter: Reporter
    loop: asyncio.AbstractEventLoop
    interest: str = ""
    """Id of the interest it is for, while it is at work."""
    working: int = 0
    """Steps of it that are at work now."""
    outcome: RunStatus | None = None
    """How it stands when its present step ends; None: it goes on."""
    lost: dict[str, int] = field(default_factory=dict)
    """What got no answer, by kind; told with the outcome."""
    given: Engines | None = None
    """Who works on it; None: whoever the process says, asked at first need."""
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _events: deque[Event] = field(default_factory=deque)
    """Without a lock: event loops add to it, and threads take from it."""
    _pools: dict[str, list[Nugget]] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """The workspace's."""
        return self.process.settings

    @property
    def store(self) -> Store:
        """The workspace's."""
        return self.process.store

    @property
    def engines(self) -> Engines:
        """Who works in which role, made at first need; that reads files. See `ready_engines`."""
        with self._lock:
            if self.given is None:
                self.given = self.process.make_engines(self.settings, self.connections, self.lose)
            return self.given

    async def in_thread(self, work: Callable[..., T], *args: Any, **options: Any) -> T:
        """Work that may wait for a disk, a database or a model, off the event loop.

        A caller that is called away cannot end the thread: the run counts as at work until it
        ends, so that nobody else gets the workspace meanwhile.
        """
        self.working += 1
        call = functools.partial(contextvars.copy_context().run, work, *args, **options)
        done = self.loop.run_in_executor(None, call)
        done.add_done_callback(self._ended)
        return await asyncio.shield(done)

    def _ended(self, done: asyncio.Future[Any]) -> None:
        self.working -= 1
        if not done.cancelled():
            done.exception()  # Looked at: a caller that went away does not.
        self.process.rest(self.run)

    async def ready_engines(self) -> Engines:
        """The same for an event loop, which must not wait for files."""
        if self.given is None:
            await self.in_thread(lambda: self.engines)
        return self.engines

    async def connection(self, role: str, name: str = "") -> Connection:
        """The connection to what a role is bound to; see `Connections.connection`."""
        return await self.in_thread(self.connections.connection, role, name)

    def pool(self, interest: str) -> list[Nugget]:
        """Nuggets that lend wrong options: those of the interest's papers, at most POOL."""
        with self._lock:
            if interest not in self._pools:
                papers = [seen.paper for seen in self.store.all(Sighting, interest=interest)]
                self._pools[interest] = by_id(self.store.all(Nugget, paper=papers))[:POOL]
            return self._pools[interest]

    def log(self, stage: str, text: str) -> None:
        """A line for the run's log, saved when the step ends. The same line is kept once."""
        name = digest(self.run, stage, text)
        event = Event(id=name, run=self.run, stage=stage, text=text)
        self._events.append(event)

    def lose(self, loss: Loss) -> None:
        """What replies did not give goes to the log."""
        times = f"{loss.count} × " if loss.count > 1 else ""
        self.log(loss.step, f"{loss.about[:10]}: {times}{loss.reason}: {loss.detail}")

    def logged(self) -> list[Event]:
        """The lines that are not saved yet; from now on they count as saved."""
        return [self._events.popleft() for _ in range(len(self._events))]

    def end(self, outcome: RunStatus, lost: dict[str, int]) -> None:
        """Say how the run stands when this step has ended. lost: counts by kind; 0 is left out."""
        self.outcome = outcome
        self.lost = {what: count for what, count in lost.items() if count}


def by_id(records: Iterable[R]) -> list[R]:
    """In an order that no order of arrival shows in: papers are worked on at once."""
    return sorted(records, key=lambda record: record.id)


def by_paper(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Group (paper id, nugget id) pairs by paper, both in sorted order."""
    groups: dict[str, list[str]] = {}
    for paper, nugget in sorted(pairs):
        groups.setdefault(paper, []).append(nugget)
    return groups
