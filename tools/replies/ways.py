"""Ask in the best way that an endpoint takes: in a schema or by a tool, with likelihoods or not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from memory.errors import BadReply
from tools.endpoints.completion import Completion
from tools.replies.faults import is_turned_down

T = TypeVar("T")


class Ways(Generic[T]):
    """Ways of asking, the best first. Those above one that works are not tried again."""

    def __init__(self, ways: Sequence[T]) -> None:
        self._ways = tuple(ways)

    async def ask(self, call: Callable[[T], Awaitable[Completion]]) -> Completion:
        """The completion of the first call that is not turned down.

        Raises the last fault where every one is turned down, and any other fault at once.
        """
        ways = self._ways
        for place, way in enumerate(ways):
            try:
                completion = await call(way)
            except BadReply as fault:
                if not is_turned_down(fault) or place == len(ways) - 1:
                    raise
                continue
            self._ways = ways[place:]
            return completion
        raise BadReply("unsupported", "There is no way left to ask.")
