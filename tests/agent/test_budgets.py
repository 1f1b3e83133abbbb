"""Budgets: never passed, whatever comes in whichever order; nobody waits for nothing."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import product, starmap
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from agent.calls.budgets import StoreBudget
from agent.calls.ledger import StoreLedger
from agent.settings import BudgetsSettings
from memory.errors import BadInput, BudgetReached
from memory.records import Call, Interest
from memory.store import Store
from tests.agent.test_ledger import paid, run
from tests.tools.booked import ask, hear
from tools.endpoints.connection import UNBOUNDED, Connection
from tools.endpoints.ledger import Account, account

TODAY = "2026-05-01T12:00:00+00:00"
MINE = Account("run", "interest")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.open(tmp_path / "goldpan.sqlite")) as opened:
        yield opened


def bounded(store: Store, **limits: float) -> StoreBudget:
    return StoreBudget(store, BudgetsSettings.model_validate(limits), lambda: TODAY)


def known(budget: StoreBudget, *accounts: Account) -> None:
    """Read what the database says beforehand: at its first call an account waits for a thread."""
    for whose in accounts:
        budget.bounds(whose)


def spend(store: Store, **more: object) -> None:
    store.put(
        paid("k", **{"tokens_in": 60, "tokens_out": 30, "cost": 0.9, "time": TODAY, **more})[0]
    )


def test_what_was_spent_before_counts_for_its_run_its_day_and_its_interest(store: Store) -> None:
    spend(store, run="run", interest="interest", time="2026-04-30T23:59:59+00:00")
    spend(store, run="run", interest="other")
    spend(store, run="other", interest="interest")
    used = {
        bound.name: bound.pot.spent
        for bound in bounded(
            store, run_tokens=1e6, day_tokens=1e6, interest_tokens=1e6, run_money=9, day_money=9
        ).bounds(MINE)
    }
    assert used["run_tokens"] == used["day_tokens"] == used["interest_tokens"] == 180
    assert used["run_money"] == used["day_money"] == 1_800_000_000_000


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("run_tokens", r"of the run run is reached: of 100 tokens, 90 tokens are used.*take 11"),
        ("run_money", r"of 1, 0.9 are used, and the next call may take 0.11"),
        ("day_tokens", r"day 2026-05-01.*Raise day_tokens under \[budgets\].*wait for tomorrow"),
        ("interest_money", r"interest minerals.*then: goldpan runs resume"),
    ],
)
def test_a_budget_that_could_be_passed_says_how_much_is_used_and_what_to_do(
    store: Store, name: str, words: str
) -> None:
    store.put(interest := Interest(name="minerals", topic="t"))
    whose = Account("run", interest.id)
    spend(store, run=whose.run, interest=whose.interest)
    budget = bounded(store, **{name: 1 if name.endswith("money") else 100})
    with pytest.raises(BudgetReached, match=words):
        run(budget.reserve(whose, 11, 0.11))
    run(budget.reserve(whose, 10, 0.1))


def test_without_budgets_nothing_is_bounded_nor_asked_of_the_price(store: Store) -> None:
    run(*(bounded(store).reserve(MINE, 10**12, None) for _ in range(100)))


def test_a_budget_in_money_needs_a_price(store: Store) -> None:
    with pytest.raises(BadInput, match=r"price of this model is not known.*Set price_in"):
        run(bounded(store, day_money=1).reserve(MINE, 1, None))
    run(bounded(store, day_tokens=1).reserve(MINE, 1, None))


def test_an_interest_may_have_budgets_of_its_own(store: Store) -> None:
    store.put(
        own := Interest(name="own", topic="t", budgets={"run_tokens": 50, "day_tokens": 0}),
        odd := Interest(name="odd", topic="t", budgets={"week_tokens": 50}),
    )
    budget = bounded(store, run_tokens=100, day_tokens=100)
    run(budget.reserve(Account("r1", "none"), 100, None))
    run(budget.reserve(Account("r2", own.id), 50, None))
    with pytest.raises(BudgetReached, match="goldpan interests edit own --budget run_tokens="):
        run(budget.reserve(Account("r2", own.id), 51, None))
    with pytest.raises(BadInput, match=r"no budget called week_tokens.*There are: run_tokens"):
        run(budget.reserve(Account("r3", odd.id), 1, None))


def test_a_new_day_has_its_own_budget(store: Store) -> None:
    days = ["2026-05-01T23:59:59+00:00"]
    budget = StoreBudget(store, BudgetsSettings(day_tokens=10), lambda: days[-1])

    async def over_midnight() -> None:
        held = await budget.reserve(MINE, 10, None)
        days.append("2026-05-02T00:00:00+00:00")
        await budget.reserve(MINE, 10, None)
        await budget.settle(held, 10, None)

    asyncio.run(over_midnight())
    with pytest.raises(BudgetReached, match=r"day 2026-05-02"):
        run(budget.reserve(Account("other", ""), 11, None))


def test_a_small_call_does_not_overtake_a_large_one_that_waits_for_the_same(store: Store) -> None:
    budget = bounded(store, run_tokens=100)
    known(budget, MINE, Account("other", ""))
    order = []

    async def call(whose: Account, tokens: int) -> None:
        held = await budget.reserve(whose, tokens, None)
        order.append((whose.run, tokens))
        await asyncio.sleep(0)
        await budget.settle(held, 1, None)

    large_and_small = (call(MINE, tokens) for tokens in (60, 90, 5, 5))
    run(*large_and_small, call(Account("other", ""), 7))
    assert order == [("run", 60), ("other", 7), ("run", 90), ("run", 5), ("run", 5)]


def test_runs_that_wait_for_the_same_budget_are_let_in_as_they_came(store: Store) -> None:
    budget = bounded(store, day_tokens=10)
    known(budget, *(Account(name, "") for name in "abc"))
    order = []

    async def call(name: str) -> None:
        held = await budget.reserve(Account(name, ""), 10, None)
        order.append(name)
        await asyncio.sleep(0)
        await budget.settle(held, 0, None)

    run(*(call(name) for name in "abacbca"))
    assert order == list("abacbca")


def test_a_line_pays_once_even_after_a_restart_and_stops_before_its_budget(store: Store) -> None:
    """The connection, the ledger and the budgets together."""

    def asked(question: str) -> int:
        async def work(connection: Connection) -> None:
            account.set(MINE)
            await ask(connection, question)

        with closing(StoreLedger(store)) as ledger:
            budget = bounded(store, run_tokens=UNBOUNDED + 100)
            return len(hear(lambda _: "Osk.", work, ledger=ledger, budget=budget).asked)

    assert [asked("one?"), asked("one?"), asked("two?")] == [1, 0, 1]
    spend(store, run=MINE.run, tokens_in=100, tokens_out=0)
    assert asked("one?") == 0
    with pytest.raises(BudgetReached):
        asked("three?")
    assert store.count(Call, run=MINE.run) == 3


Task = asyncio.Task[object]
Claim = tuple[Account, int]


class Interleaved(RuleBasedStateMachine):
    """Calls of two runs and two interests come, are let in, end or are called away, in any order.

    The test keeps its own books, in tokens and as many tenths of money.
    """

    tasks: Bundle[Task] = Bundle("tasks")

    @initialize(
        limits=st.dictionaries(st.sampled_from([*BudgetsSettings.model_fields]), st.integers(1, 50))
    )
    def open(self, limits: dict[str, int]) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store.open(Path(self.folder.name) / "goldpan.sqlite")
        self.loop = asyncio.new_event_loop()
        self.limits = limits
        tenths = {n: limit / 10 if n.endswith("money") else limit for n, limit in limits.items()}
        self.budget = bounded(self.store, **tenths)
        known(self.budget, *starmap(Account, product(("r1", "r2", ""), "ab")))
        self.calls: dict[Task, Claim] = {}
        self.took: list[Claim] = []
        self.refused: set[Task] = set()

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            while self.calls:
                ended = [task for task in self.calls if task.done()]
                assert ended, "somebody waits for nothing"
                self.end(ended[0], 100)
            self.loop.close()
            self.store.close()
            self.folder.cleanup()

    @rule(
        target=tasks,
        whose=st.builds(Account, st.sampled_from(["r1", "r2", ""]), st.sampled_from("ab")),
        amount=st.integers(0, 20),
        at_once=st.booleans(),
    )
    def reserve(self, whose: Account, amount: int, at_once: bool) -> Task:
        task = self.loop.create_task(self.budget.reserve(whose, amount, amount / 10))
        self.calls[task] = (whose, amount)
        if at_once:
            self.turn()
        return task

    @rule(task=tasks, share=st.integers(0, 100))
    def end(self, task: Task, share: int) -> None:
        """A call that was let in took a share of what it might; one that waits is called away."""
        if task not in self.calls:
            return
        whose, amount = self.calls.pop(task)
        if not task.done():
            task.cancel()
        elif task not in self.refused:
            took = amount * share // 100
            self.loop.run_until_complete(self.settled(task, took))
            self.took.append((whose, took))
        self.turn()

    @rule(task=tasks)
    def end_and_call_the_next_away_in_the_same_moment(self, task: Task) -> None:
        """The next may have been let in, and not know it yet."""
        waiting = [other for other in self.calls if not other.done()]
        if task not in self.calls or not self.let_in(task):
            return
        self.loop.run_until_complete(self.settled(task, 0, *waiting[:1]))
        for gone in (task, *waiting[:1]):
            self.calls.pop(gone)
        self.turn()

    async def settled(self, task: Task, took: int, *called_away: Task) -> None:
        await self.budget.settle(task.result(), took, took / 10)
        for other in called_away:
            other.cancel()

    @invariant()
    def no_limit_is_passed_and_nobody_waits_or_is_refused_without_need(self) -> None:
        if not hasattr(self, "loop"):
            return
        self.turn()
        now_held = self.took + [self.calls[task] for task in self.calls if self.let_in(task)]
        assert not self.passed(now_held)
        if waiting := [claim for task, claim in self.calls.items() if not task.done()]:
            assert self.passed([*now_held, waiting[0]])

    def turn(self) -> None:
        """Let all tasks go as far as they can. A refusal must be right at that moment."""
        for _ in range(3):
            self.loop.run_until_complete(asyncio.sleep(0))
        for task, claim in self.calls.items():
            if task.done() and task not in self.refused and task.exception():
                assert isinstance(task.exception(), BudgetReached)
                assert self.passed([*self.took, claim])
                self.refused.add(task)

    def let_in(self, task: Task) -> bool:
        return task.done() and task not in self.refused

    def passed(self, claims: list[Claim]) -> list[str]:
        """The limits that these together would pass."""
        sums: Counter[tuple[str, str]] = Counter()
        for whose, amount in claims:
            who = {"run": whose.run, "day": "today", "interest": whose.interest}
            for name in self.limits:
                if mine := who[name.partition("_")[0]]:
                    sums[name, mine] += amount
        return [name for (name, _), used in sums.items() if used > self.limits[name]]


Interleaved.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestInterleaved = Interleaved.TestCase
