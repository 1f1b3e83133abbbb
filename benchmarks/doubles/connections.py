"""A connection to a server on this machine, as runs have it; waits before attempts take no time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from tools.endpoints.clients import Pool, client
from tools.endpoints.connection import Connection, Terms
from tools.endpoints.endpoint import Endpoint
from tools.endpoints.keys import NoKey

T = TypeVar("T")


async def no_time(seconds: float) -> None:
    """Waits for nothing."""


@asynccontextmanager
async def connection_to(url: str, name: str = "toy", **terms: Any) -> AsyncIterator[Connection]:
    """A connection that gives up a call after its second attempt, unless told otherwise."""
    async with Pool() as pool:
        endpoint = Endpoint(model=name, url=url)
        model = client(endpoint, NoKey(), pool)
        connection = Connection(model, name, Terms(**{"patience": 0, **terms}), sleep=no_time)
        try:
            yield connection
        finally:
            await connection.close()


def over(
    url: str, work: Callable[[Connection], Awaitable[T]], name: str = "toy", **terms: Any
) -> T:
    """What comes of some work with such a connection."""

    async def done() -> T:
        async with connection_to(url, name, **terms) as connection:
            return await work(connection)

    return asyncio.run(done())
