"""One workspace, opened: the store, the index, the models, and who owns it.

home/
  goldpan.toml      settings
  goldpan.sqlite    the store: the truth; elsewhere where [store] url says so
  checkpoints.sqlite  where the graphs stand
  index/            Chroma, rebuilt from the store at any time
  datasets/  training/  models/  reports/
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from agent.settings import Settings, find_home, load
from memory import disk
from memory.errors import WorkspaceTrouble
from memory.records import Job, ModelVersion, TrainingSpec, digest

if TYPE_CHECKING:
    from agent.calls.connections import Connections
    from agent.calls.ledger import StoreLedger
    from agent.calls.trace import JsonLines
    from agent.context import Context
    from memory.lease import Lease
    from memory.lineage import Lineage
    from memory.store import Store
    from memory.vectors import Vectors
    from tools.models import Embedder, Target
    from tools.models.merged import Parity
    from tools.reading import Reading
    from tools.training.preflight import Preflight

STORE = "goldpan.sqlite"


@dataclass
class Workspace:
    """The store of a workspace, and what makes a process its one owner."""

    settings: Settings
    store: Store
    lease: Lease
    owned: bool = False
    """Whether this process has the lease as long as it is open, and not only for a run."""
    _working: Context | None = None
    _ledger: StoreLedger | None = None
    _trace: JsonLines | None = None

    @classmethod
    def open(
        cls, home: Path | None, *, own: str = "", wait: float = 0.0, lease: Lease | None = None
    ) -> Self:
        """Open the workspace, made at first use.

        own: the command that wants to be its one owner; empty for a reader.
        wait: seconds to wait for another owner to finish.
        lease: what makes it the owner; a file's lock, unless another is given.
        Raises BadInput (settings), Locked, NewerWorkspace, NoSpace, WorkspaceTrouble.
        """
        from memory.lease import FileLease
        from memory.store import Store

        home = find_home(home)
        settings = load(home)
        lease = lease or FileLease(home)
        url = settings.store.url.get_secret_value()
        try:
            home.mkdir(parents=True, exist_ok=True)
            if own:
                lease.take(own, wait)
        except OSError as fault:
            raise _unusable(home, fault) from fault
        try:
            return cls(settings, Store.open(url or home / STORE, home), lease, bool(own))
        except BaseException:
            lease.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the index and the store, and hand the lease back."""
        if self._working:
            self._working.close()
        if self._ledger:
            self._ledger.close()
        if self._trace:
            self._trace.close()
        self.store.close()
        self.lease.release()

    @property
    def home(self) -> Path:
        """The workspace's folder."""
        return self.settings.home

    @property
    def owner(self) -> dict[str, Any] | None:
        """pid, host, command and since of the process that owns it; None when nobody does."""
        return self.lease.holder()

    @cached_property
    def lineage(self) -> Lineage:
        """The versions of each target."""
        from memory.lineage import Lineage

        return Lineage(self.store, self.home / "models")

    def connections(self, say: Callable[[str], None] = lambda _: None) -> Connections:
        """Connections whose calls are noted here, keep the budgets, and are paid for once."""
        from agent.calls.budgets import StoreBudget
        from agent.calls.connections import Connections
        from agent.calls.ledger import StoreLedger
        from agent.calls.trace import JsonLines

        self._ledger = self._ledger or StoreLedger(self.store)
        if self.settings.tracing.prompts:
            self._trace = self._trace or JsonLines(self.home / "trace")
        budget = StoreBudget(self.store, self.settings.budgets)
        return Connections(self.settings, self._ledger, budget, self._trace, say)

    def vectors(
        self, embedder: Embedder, progress: Callable[[int, int], None] = lambda _done, _total: None
    ) -> Vectors:
        """The vectors of all nuggets; searching them exactly needs no lease. Nothing is opened."""
        from memory.vectors import Vectors

        index = self.home / "index"
        return Vectors(self.store, index, embedder.name, embedder.dimensions, progress)

    @cached_property
    def context(self) -> Context:
        """What steps work with in this process: the real outside world."""
        from agent.context import Context

        self._working = Context(
            settings=self.settings,
            store=self.store,
            lineage=self.lineage,
            connect=self.connections,
            make_embedder=embedder,
            make_target=functools.partial(load_target, self.lineage),
            register=functools.partial(register, self.settings, self.lineage),
            make_vectors=self.vectors,
            read=_reader(self.settings),
            train=_train,
            preflight=preflight,
            agreement=agreement,
            take=self._take,
            readers=self.settings.reading.workers or os.cpu_count() or 2,
        )
        return self._working

    def _take(self) -> Lease | None:
        """The lease for a run, where this process does not hold it anyway."""
        return None if self.owned else self.lease.take("run")


def embedder() -> Embedder:
    """The sentence embedder of this machine."""
    from tools.models.embedder import MiniLM

    return MiniLM()


def register(settings: Settings, lineage: Lineage, name: str) -> None:
    """See that the base of a target is in the lineage, under the hash of its files.

    Raises NoSuch (not in the settings), BadModel (not a model), BadInput (other files than before).
    """
    from tools.models.hf import fingerprint

    if endpoint := settings.endpoints.get(name):
        lineage.base(name, endpoint.name, digest("endpoint", endpoint.name))
        return
    path = settings.locate(settings.model(name).path)
    lineage.base(name, path, fingerprint(path))


def load_target(lineage: Lineage, version: ModelVersion) -> Target:
    """A version in memory; its adapter's hash is checked first."""
    from tools.models.hf import HFTarget

    if version.adapter:
        lineage.verify(Path(version.adapter), version.adapter_sha256)
    return HFTarget.load(version.base, version.adapter or None)


def _reader(settings: Settings) -> Callable[[Path, str], Reading]:
    from tools.reading import ReadingLimits, read

    limits = ReadingLimits(
        seconds=settings.reading.seconds,
        memory_mb=settings.reading.memory_mb,
        pages=settings.reading.pages,
    )
    return lambda path, paper: read(path, paper, limits)


def _train(
    spec: TrainingSpec, heard: Callable[[dict[str, Any]], None], on_job: Callable[[Job], None]
) -> Path:
    from tools.training.run import train

    return train(spec, heard, on_job=on_job)


def preflight(spec: TrainingSpec) -> Preflight:
    """What a training would learn, token by token. Raises BadInput where it could not begin."""
    from tools.models.files import locate
    from tools.training.methods import check_layers
    from tools.training.session import prepared

    base = locate(spec.base)
    if spec.method != "full":
        check_layers(base, spec.targets)
    return prepared(spec, base)[-1]


def agreement(version: ModelVersion, prompts: Sequence[str]) -> Parity:
    """Whether a taught version answers alike as adapter, merged, and saved and reloaded."""
    from tools.models import merged

    return merged.agreement(version.base, version.adapter, prompts)


def _unusable(home: Path, fault: OSError) -> WorkspaceTrouble:
    if fault.errno in disk.FULL:
        return disk.no_space(home)
    return WorkspaceTrouble(
        f"The workspace {home} cannot be used: {fault.strerror}.",
        "Name another folder: --home FOLDER, or GOLDPAN_HOME.",
    )
