"""What a connection speaks to: a ledger that remembers calls, and budgets that bound them.

The agent keeps both in its store; without one, nothing is remembered and nothing is bounded.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import NamedTuple, Protocol

from memory.records import Call, Reply


class Account(NamedTuple):
    """For whom calls are made, in this task and those that it starts."""

    run: str = ""
    interest: str = ""


account: ContextVar[Account] = ContextVar("account", default=Account())  # noqa: B039


class Ledger(Protocol):
    """Every call once, and the replies that can be read again in place of a call."""

    async def find(self, key: str) -> Reply | None:
        """The reply that was paid for before. key: `Call.key`."""
        ...

    async def add(self, call: Call, reply: Reply | None) -> None:
        """Note a call; when this returns, it is on disk. reply: None where it is no use again."""
        ...

    async def spoil(self, key: str, reason: str) -> None:
        """The reply could not be read after all: it is asked for again next time."""
        ...


class Budget(Protocol):
    """Bounds of tokens and money; what is reserved counts as spent until it is settled."""

    async def reserve(self, whose: Account, tokens: int, money: float | None) -> object:
        """Set the most that a call can take aside; returns what `settle` is told.

        money: None where no price is known. Waits while calls in flight may yet leave room; raises
        BudgetReached where they cannot.
        """
        ...

    async def settle(self, held: object, tokens: int, money: float) -> None:
        """What the call took in truth; 0 where it took nothing."""
        ...
