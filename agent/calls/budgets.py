"""Budgets: how much calls may take, in tokens and money, by run, by day and by interest.

A call in flight counts as what it can take at most, so that no limit is passed. What was spent
before comes from the ledger of calls once, and is kept in memory from then on.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, NamedTuple, cast

from agent.calls.costs import spent
from agent.settings import BudgetsSettings
from memory.errors import BadInput, BudgetReached
from memory.records import Interest, now
from tools.endpoints.ledger import Account

if TYPE_CHECKING:
    from memory.store import Store

FINEST = 10**12
"""Money is counted in whole parts of this size: sums of floats would drift."""


@dataclass(eq=False)
class _Pot:
    """What was spent and what is set aside under one budget."""

    spent: int
    held: int = 0


class Bound(NamedTuple):
    """One limit that a call must keep. Money in parts of 1 / FINEST."""

    name: str
    """As in the settings, e.g. `run_tokens`."""
    whose: str
    """A run's id, a day, or an interest's name."""
    advice: str
    """How it is raised."""
    limit: int
    pot: _Pot

    @property
    def unit(self) -> str:
        """`tokens` or `money`."""
        return self.name.partition("_")[2]

    @property
    def left(self) -> int:
        """What is not spent yet."""
        return max(0, self.limit - self.pot.spent)

    def plain(self, amount: int) -> float:
        """An amount as the settings have it."""
        return amount if self.unit == "tokens" else amount / FINEST

    def in_words(self, amount: int) -> str:
        """An amount as a person reads it."""
        if self.unit == "tokens":
            return f"{amount:,} tokens"
        return f"{self.plain(amount):,.6f}".rstrip("0").rstrip(".")


@dataclass(eq=False)
class _Claim:
    """What one call wants set aside; `answer` says that it is, or why it cannot be."""

    wants: list[tuple[Bound, int]]
    number: int
    answer: asyncio.Future[None]


class StoreBudget:
    """A workspace's budgets; see `tools.endpoints.ledger.Budget`. For one event loop at a time.

    Calls wait in the order in which they came: none overtakes another that waits for the same
    budget. An interest's own budgets go before the settings'; they are read once a run and day.
    A day's budget is one for all interests; a call counts for the day on which it was begun.
    """

    def __init__(
        self, store: Store, settings: BudgetsSettings, clock: Callable[[], str] = now
    ) -> None:
        """clock: the time in UTC, ISO 8601."""
        self._store = store
        self._settings = settings
        self._clock = clock
        self._pots: dict[tuple[str, str], _Pot] = {}
        self._bounds: dict[tuple[Account, str], list[Bound]] = {}
        self._waiting: dict[Account, deque[_Claim]] = {}
        self._numbers = count()
        self._turn = threading.Lock()
        self._reading: dict[Account, asyncio.Future[list[Bound]]] = {}

    async def reserve(self, whose: Account, tokens: int, money: float | None) -> object:
        """Set the most that a call can take aside; waits while others may yet leave room.

        Raises BudgetReached where they cannot, BadInput where money is bounded and no price known.
        """
        bounds = await self._bounds_of(whose)
        if money is None and (priced := [bound for bound in bounds if bound.unit == "money"]):
            raise BadInput(
                f"There is a budget in money ({priced[0].name}), and the price of this model is "
                "not known.",
                "Set price_in and price_out of its endpoint, or a budget in tokens instead.",
            )
        most = {"tokens": tokens, "money": _exact(money)}
        wants = [(bound, most[bound.unit]) for bound in bounds]
        claim = _Claim(wants, next(self._numbers), asyncio.get_running_loop().create_future())
        self._waiting.setdefault(whose, deque()).append(claim)
        self._serve()
        try:
            await claim.answer
        except asyncio.CancelledError:
            if not claim.answer.cancelled() and not claim.answer.exception():
                self._settle(claim)
            self._serve()
            raise
        return claim

    async def settle(self, held: object, tokens: int, money: float | None) -> None:
        """What the call took in truth; telling it again changes nothing."""
        self._settle(cast("_Claim", held), tokens, money)
        self._serve()

    async def _bounds_of(self, whose: Account) -> list[Bound]:
        """The same for an event loop, which must not wait for the database.

        While it is read, all who ask wait for the same: they go on in the order in which they came.
        """
        reading = self._reading.get(whose)
        if reading is None:
            if (held := self._bounds.get((whose, self._clock()[:10]))) is not None:
                return held
            reading = asyncio.ensure_future(asyncio.to_thread(self.bounds, whose))
            self._reading[whose] = reading
            reading.add_done_callback(lambda _: self._reading.pop(whose))
        return await asyncio.shield(reading)

    def bounds(self, whose: Account) -> list[Bound]:
        """The limits for calls of that account as they stand now. Raises BadInput."""
        day = self._clock()[:10]
        with self._turn:  # Accounts share pots: each is made once.
            if (whose, day) not in self._bounds:
                # Yesterday's are of no use any more; the pots stay, for what is still set aside.
                self._bounds = {key: of for key, of in self._bounds.items() if key[1] == day}
                self._bounds[whose, day] = list(self._read(whose, day))
            return self._bounds[whose, day]

    def _read(self, whose: Account, day: str) -> Iterator[Bound]:
        limits: dict[str, float] = self._settings.model_dump()
        interest = self._store.find(Interest, whose.interest)
        own = interest.budgets if interest else {}
        if unknown := sorted(set(own) - set(limits)):
            raise BadInput(
                f"There is no budget called {', '.join(unknown)}.",
                f"There are: {', '.join(limits)}.",
            )
        who = {"run": whose.run, "day": day, "interest": whose.interest}
        for name, limit in {**limits, **own}.items():
            scope, _, unit = name.partition("_")
            if limit and who[scope]:
                called = interest.name if interest and scope == "interest" else who[scope]
                advice = f"Raise {name} under [budgets] in goldpan.toml"
                if interest and name in own:
                    advice = f"Raise it: goldpan interests edit {interest.name} --budget {name}=…"
                exact = int(limit) if unit == "tokens" else _exact(limit)
                yield Bound(name, called, advice, exact, self._pot(name, who[scope]))

    def _pot(self, name: str, who: str) -> _Pot:
        if (name, who) not in self._pots:
            scope, _, unit = name.partition("_")
            took = spent(self._store, **{"since" if scope == "day" else scope: who})
            self._pots[name, who] = _Pot(took.tokens if unit == "tokens" else _exact(took.cost))
        return self._pots[name, who]

    def _settle(self, claim: _Claim, tokens: int = 0, money: float | None = None) -> None:
        took = {"tokens": tokens, "money": _exact(money)}
        for bound, amount in claim.wants:
            bound.pot.held -= amount
            bound.pot.spent += took[bound.unit]
        claim.wants = []

    def _serve(self) -> None:
        """Answer whoever can be answered, the oldest first."""
        blocked: set[_Pot] = set()
        while queue := self._next(blocked):
            claim = queue[0]
            if claim.answer.cancelled() or _answered(claim):
                queue.popleft()
            else:
                blocked |= {bound.pot for bound, _ in claim.wants}
        self._waiting = {whose: queue for whose, queue in self._waiting.items() if queue}

    def _next(self, blocked: set[_Pot]) -> deque[_Claim] | None:
        """The queue with the oldest head that waits for nobody before it. One queue an account:
        of thousands of calls that wait, only the first of each account need be looked at.
        """
        heads = [
            queue
            for queue in self._waiting.values()
            if queue and not any(bound.pot in blocked for bound, _ in queue[0].wants)
        ]
        return min(heads, key=lambda queue: queue[0].number, default=None)


def _answered(claim: _Claim) -> bool:
    """Set aside what is wanted, or refuse it for good; False while neither can be said."""
    for bound, amount in claim.wants:
        if bound.pot.spent + amount > bound.limit:
            claim.answer.set_exception(_reached(bound, amount))
            return True
    if any(b.pot.spent + b.pot.held + amount > b.limit for b, amount in claim.wants):
        return False
    for bound, amount in claim.wants:
        bound.pot.held += amount
    claim.answer.set_result(None)
    return True


def _reached(bound: Bound, amount: int) -> BudgetReached:
    scope = bound.name.partition("_")[0]
    wait = ", or wait for tomorrow (UTC)" if scope == "day" else ""
    limit, used, needs = map(bound.in_words, (bound.limit, bound.pot.spent, amount))
    return BudgetReached(
        f"The budget {bound.name} of the {scope} {bound.whose} is reached: of {limit}, {used} are "
        f"used, and the next call may take {needs}.",
        f"{bound.advice}{wait}; then: goldpan runs resume",
    )


def _exact(money: float | None) -> int:
    return round((money or 0) * FINEST)
