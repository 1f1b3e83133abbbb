"""How many calls an endpoint gets at once. Knows nothing of what is asked.

The limit follows the endpoint as a sender follows a network: half as many when it says that it is
busy, one more for each round of calls that went well (additive increase, multiplicative decrease;
Chiu and Jain 1989). Runs that wait take turns, however many calls each of them has.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Limiter:
    """Bounds the calls in flight of one event loop. most: more than so many are never let in."""

    def __init__(self, most: int) -> None:
        if most < 1:
            raise ValueError(f"a limiter for {most} calls")
        self.most = most
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        """By run; the one whose turn it is stands first."""
        self._closed_until = 0.0
        self._entered = 0
        self._slowed_at = 0
        self._well = 0
        self.limit = most
        """Calls that may be in flight now."""
        self.inside = 0
        """Calls in flight."""

    @asynccontextmanager
    async def slot(self, run: str = "") -> AsyncIterator[int]:
        """One place in flight, given in turn to the runs that wait; yields its number."""
        if self._waiting or not self._open():
            await self._queued(run)
        else:
            self.inside += 1
        self._entered += 1
        try:
            yield self._entered
        finally:
            self.inside -= 1
            self._let_in()

    def went_well(self) -> None:
        """A call was answered: a round of such calls raises the limit by one."""
        self._well += 1
        if self._well >= self.limit:
            self.limit, self._well = min(self.most, self.limit + 1), 0
            self._let_in()

    def busy(self, number: int, after: float | None = None) -> None:
        """The endpoint turned the call of that number away. after: seconds it wants to be left.

        Of calls that were sent together only one halves the limit: they all met the same moment.
        """
        if number > self._slowed_at:
            self.limit, self._well = max(1, self.limit // 2), 0
            self._slowed_at = self._entered
        if after:
            loop = asyncio.get_running_loop()
            self._closed_until = max(self._closed_until, loop.time() + after)
            # A moment later than asked: the loop's clock may wake us a hair too early.
            loop.call_later(after + 0.001, self._let_in)

    def _open(self) -> bool:
        now = asyncio.get_running_loop().time()
        return self.inside < self.limit and now >= self._closed_until

    async def _queued(self, run: str) -> None:
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(run, deque()).append(place)
        self._let_in()
        try:
            await place
        except asyncio.CancelledError:
            if not place.cancelled():
                # Let in and called away in the same moment: the place goes to the next, and the
                # run has used no turn.
                self.inside -= 1
                if places := self._waiting.pop(run, None):
                    self._waiting = {run: places, **self._waiting}
                self._let_in()
            raise

    def _let_in(self) -> None:
        while self._waiting and self._open():
            run = next(iter(self._waiting))
            # To the end of the line with this run, so that the next one's turn comes.
            places = self._waiting.pop(run)
            # Those who were called away while they waited use no turn.
            while places and places[0].done():
                places.popleft()
            if places:
                self.inside += 1
                places.popleft().set_result(None)
            if places:
                self._waiting[run] = places
