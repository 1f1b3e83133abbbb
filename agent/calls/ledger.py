"""The ledger of calls, on the store: what is asked of it at the same time is done together.

While one group is on its way to the disk the next one gathers: many calls at once share a
transaction, and one alone waits for nobody. What may be spent is left to `agent.calls.budgets`.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from memory.records import Call, Record, Reply

if TYPE_CHECKING:
    from memory.rows import Rows
    from memory.store import Store

LARGEST = 256
"""Items in one group: a transaction of 20 ms, and at most so many replies in memory at once."""

T = TypeVar("T")
R = TypeVar("R")


class StoreLedger:
    """A workspace's ledger; see `tools.endpoints.ledger.Ledger`.

    Finding does not wait for writing. Whoever is called away while it waits leaves what it added
    to be written. Raises the store's Locked, NoSpace and WorkspaceTrouble, to all of a group.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._looking = _Groups("ledger looking", self._look)
        self._writing = _Groups("ledger writing", self._write)

    async def find(self, key: str) -> Reply | None:
        """The reply that was paid for before, by whichever process."""
        return (await self._looking.join(key)).get(key)

    async def add(self, call: Call, reply: Reply | None) -> None:
        """Note a call and its reply, both or neither; when this returns they are on disk."""
        await self._writing.join(*([call, reply] if reply else [call]))

    async def spoil(self, key: str, reason: str) -> None:
        """Drop a reply. The call that brought it keeps its cost, and gets the reason."""
        await self._writing.join(_Spoilt(key, reason))

    def close(self) -> None:
        """Wait until all that was added is on disk. Nothing can be asked afterwards."""
        self._looking.close()
        self._writing.close()

    def _look(self, keys: Sequence[str]) -> dict[str, Reply]:
        return {reply.key: reply for reply in self._store.all(Reply, key=keys)}

    def _write(self, changes: Sequence[Record | _Spoilt]) -> None:
        new: list[Record] = []
        with self._store.transaction() as rows:
            for change in changes:
                if isinstance(change, Record):
                    new.append(change)
                else:  # It may have been added in this very group.
                    rows.put(*new)
                    new.clear()
                    _spoil(rows, change)
            rows.put(*new)


class _Spoilt(NamedTuple):
    key: str
    reason: str


def _spoil(rows: Rows, spoilt: _Spoilt) -> None:
    rows.delete(Reply, *(reply.id for reply in rows.all(Reply, key=spoilt.key)))
    for call in rows.all(Call, key=spoilt.key)[-1:]:
        rows.put(call.replace(outcome=spoilt.reason))


class _Group(Generic[T, R]):
    """Items that are done together. `done` belongs to the loop of those who wait for it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.items: list[T] = []
        self.done: asyncio.Future[R]


class _Groups(Generic[T, R]):
    """Group after group, each done by one call of `do` in a thread of its own."""

    def __init__(self, name: str, do: Callable[[list[T]], R]) -> None:
        self._do = do
        self._thread = ThreadPoolExecutor(1, name)
        self._turn = threading.Lock()
        self._gathering: _Group[T, R] | None = None

    async def join(self, *items: T) -> R:
        """What `do` gives for a group with these items in it."""
        loop = asyncio.get_running_loop()
        with self._turn:
            group = self._gathering
            if group is None or group.loop is not loop or len(group.items) >= LARGEST:
                group = _Group(loop)
                group.done = asyncio.wrap_future(self._thread.submit(self._finish, group))
                self._gathering = group
            group.items += items
        return await asyncio.shield(group.done)

    def close(self) -> None:
        """Wait for the groups that are there."""
        self._thread.shutdown()

    def _finish(self, group: _Group[T, R]) -> R:
        with self._turn:
            if self._gathering is group:
                self._gathering = None
        return self._do(group.items)
