"""A ledger and a budget in memory, and connections that use them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks.doubles.connections import no_time
from benchmarks.doubles.scripted import Scripted
from memory.errors import BudgetReached, NoSpace
from memory.records import Call, Reply
from prompts import Message
from tools.endpoints.clients import Pool, client
from tools.endpoints.completion import Completion
from tools.endpoints.connection import Connection, Terms
from tools.endpoints.endpoint import Endpoint
from tools.endpoints.keys import NoKey
from tools.endpoints.ledger import Account


class Book:
    """A ledger in memory. full: it cannot take anything more."""

    def __init__(self, full: bool = False) -> None:
        self.calls: list[Call] = []
        self.replies: dict[str, str] = {}
        self.full = full

    async def find(self, key: str) -> Reply | None:
        await asyncio.sleep(0)
        held = self.replies.get(key)
        return Reply.model_validate_json(held) if held else None

    async def add(self, call: Call, reply: Reply | None) -> None:
        await asyncio.sleep(0)
        if self.full:
            raise NoSpace("The disk is full.")
        self.calls.append(call)
        if reply:
            self.replies[call.key] = reply.model_dump_json()

    async def spoil(self, key: str, reason: str) -> None:
        del self.replies[key]


class Purse:
    """A budget of tokens. What is held and not settled shows."""

    def __init__(self, limit: float = float("inf")) -> None:
        self.limit = limit
        self.spent = 0
        self.held: dict[object, int] = {}
        self.highest = 0

    async def reserve(self, whose: Account, tokens: int, money: float | None) -> object:
        await asyncio.sleep(0)
        if self.spent + sum(self.held.values()) + tokens > self.limit:
            raise BudgetReached("No more tokens.")
        self.highest = max(self.highest, tokens)
        self.held[held := object()] = tokens
        return held

    async def settle(self, held: object, tokens: int, money: float) -> None:
        await asyncio.sleep(0)
        assert tokens <= self.held.pop(held)
        self.spent += tokens


def hear(script: Any, work: Callable[[Connection], Awaitable[Any]], **more: Any) -> Scripted:
    """The model, after some work with a connection to it."""
    model = Scripted(script=script)

    async def done() -> None:
        connection = Connection(model, "toy", Terms(patience=0), sleep=no_time, **more)
        try:
            await work(connection)
        finally:
            await connection.close()

    asyncio.run(done())
    return model


async def ask(connection: Connection, text: str = "?", **more: Any) -> Completion:
    return await connection.ask(
        [Message("system", "Be brief."), Message("user", text)], "p@1", **more
    )


async def served(url: str, work: Callable[[Connection], Awaitable[Any]], **terms: Any) -> Any:
    """What comes of work with a connection to a server. key: sent along."""
    key: str = terms.pop("key", "")
    more = {name: terms.pop(name) for name in ("ledger", "budget", "trace") if name in terms}

    class Known(NoKey):
        async def get(self) -> str:
            return key

    async with Pool() as pool:
        endpoint = Endpoint(model="toy", url=url, timeout=0.5)
        model = client(endpoint, Known(), pool)
        secrets = lambda: (key,) if key else ()  # noqa: E731
        connection = Connection(model, "toy", Terms(**{"patience": 0, "secrets": secrets, **terms}),
                    sleep=no_time, **more)  # fmt: skip
        try:
            return await work(connection)
        finally:
            await connection.close()
