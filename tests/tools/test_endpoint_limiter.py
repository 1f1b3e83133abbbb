"""Claims about the limiter: how many calls are in flight, and whose turn it is."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tools.endpoints.limiter import Limiter

MOST = 2
RUNS = ("a", "b", "c")


class Stilled(asyncio.SelectorEventLoop):
    """A loop whose clock is set by hand."""

    now = 100.0

    def time(self) -> float:
        return self.now

    def turn(self, times: int = 8) -> None:
        """Let happen what is ready; after eight times nothing is."""
        for _ in range(times):
            self.call_soon(self.stop)
            self.run_forever()


class Caller:
    """A call that waits at the limiter, and once it is inside, until it is told to leave."""

    def __init__(self, machine: AtTheLimiter, run: str) -> None:
        self.run = run
        self.number = 0
        self.leave = asyncio.Event()
        self.task = machine.loop.create_task(self._call(machine))

    async def _call(self, machine: AtTheLimiter) -> None:
        async with machine.limiter.slot(self.run) as number:
            self.number = number
            machine.let_in.append(self)
            await self.leave.wait()


class AtTheLimiter(RuleBasedStateMachine):
    """Callers of three runs come, leave and are called away; the endpoint is busy or well."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = Stilled()
        self.limiter = Limiter(MOST)
        self.callers: list[Caller] = []
        self.let_in: list[Caller] = []
        self.passed = dict.fromkeys(RUNS, 0)
        """Places given to others since a run began to wait."""
        self.closed_until = 0.0

    def anybody(self) -> bool:
        return bool(self.inside())

    def inside(self) -> list[Caller]:
        return [caller for caller in self.callers if caller.number]

    def waiting(self) -> list[Caller]:
        return [caller for caller in self.callers if not caller.number]

    def settle(self) -> None:
        """Check each place that was given against whoever had to wait for it."""
        was_open = self.loop.now >= self.closed_until
        self.loop.turn()
        assert was_open or not self.let_in, "let in while closed"
        for caller in self.let_in:
            self.passed[caller.run] = 0
            for run in {other.run for other in self.waiting()} - {caller.run}:
                self.passed[run] += 1
        self.let_in.clear()
        self.callers = [caller for caller in self.callers if not caller.task.done()]
        for run in set(RUNS) - {caller.run for caller in self.waiting()}:
            self.passed[run] = 0

    @rule(run=st.sampled_from(RUNS))
    def comes(self, run: str) -> None:
        self.callers.append(Caller(self, run))
        self.settle()

    @precondition(anybody)
    @rule(data=st.data())
    def leaves(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.inside())).leave.set()
        self.settle()

    @precondition(lambda self: self.callers)
    @rule(data=st.data())
    def is_called_away(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.callers)).task.cancel()
        self.settle()

    @precondition(lambda self: self.inside() and self.waiting())
    @rule(data=st.data(), steps=st.integers(0, 2))
    def one_leaves_as_another_is_called_away(self, data: st.DataObject, steps: int) -> None:
        """Also between being let in and noticing it."""
        called_away = data.draw(st.sampled_from(self.waiting()))
        data.draw(st.sampled_from(self.inside())).leave.set()
        self.loop.turn(steps)
        called_away.task.cancel()
        self.settle()

    @precondition(anybody)
    @rule(data=st.data(), after=st.sampled_from([None, 0.0, 0.5, 3.0]))
    def the_endpoint_is_busy(self, data: st.DataObject, after: float | None) -> None:
        turned_away = data.draw(st.sampled_from(self.inside()))
        self.loop.call_soon(self.limiter.busy, turned_away.number, after)
        self.settle()
        self.closed_until = max(self.closed_until, self.loop.now + (after or 0))

    @rule()
    def all_goes_well(self) -> None:
        self.loop.call_soon(self.limiter.went_well)
        self.settle()

    @rule(seconds=st.sampled_from([0.2, 0.6, 4.0]))
    def time_goes_by(self, seconds: float) -> None:
        self.loop.now += seconds
        self.settle()

    @invariant()
    def it_counts_who_is_inside(self) -> None:
        assert self.limiter.inside == len(self.inside()) <= MOST
        assert 1 <= self.limiter.limit <= MOST

    @invariant()
    def nobody_waits_where_there_is_room(self) -> None:
        """No place is ever lost."""
        if self.waiting() and self.loop.now >= self.closed_until + 0.001:
            assert self.limiter.inside >= self.limiter.limit

    @invariant()
    def runs_take_turns(self) -> None:
        assert max(self.passed.values()) < len(RUNS)

    def teardown(self) -> None:
        self.time_goes_by(10)
        while self.callers:
            assert self.inside(), "somebody waits for ever"
            for caller in self.inside():
                caller.leave.set()
            self.settle()
        assert self.limiter.inside == 0
        self.loop.close()


AtTheLimiter.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestAtTheLimiter = AtTheLimiter.TestCase


def test_a_limiter_lets_at_least_one_in() -> None:
    with pytest.raises(ValueError):
        Limiter(0)


def test_calls_that_met_one_moment_halve_the_limit_once() -> None:
    """Else eight calls turned away together would close the limiter all but for good."""

    async def meet() -> list[int]:
        limiter, limits = Limiter(16), []
        async with AsyncExitStack() as inside:
            numbers = [await inside.enter_async_context(limiter.slot()) for _ in range(8)]
            for number in numbers:
                limiter.busy(number)
                limits.append(limiter.limit)
        async with limiter.slot() as later:
            limiter.busy(later)
        return [*limits, limiter.limit]

    assert asyncio.run(meet()) == [8] * 8 + [4]


@pytest.mark.parametrize("most", [1, 3, 6, 64])
def test_the_limit_rises_by_one_for_a_round_of_calls_that_went_well(most: int) -> None:
    async def rise() -> None:
        limiter = Limiter(most)
        for _ in range(10):
            async with limiter.slot() as number:
                limiter.busy(number)
        assert limiter.limit == 1
        for limit in range(1, most):
            for _ in range(limit):
                assert limiter.limit == limit
                limiter.went_well()
        limiter.went_well()
        assert limiter.limit == most

    asyncio.run(rise())


def test_a_run_with_one_call_does_not_wait_for_another_with_hundreds() -> None:
    async def order() -> list[str]:
        limiter, entered = Limiter(1), []

        async def call(run: str) -> None:
            async with limiter.slot(run):
                entered.append(run)
                await asyncio.sleep(0)

        await asyncio.gather(*(call("long") for _ in range(300)), call("short"))
        return entered

    assert asyncio.run(order()).index("short") <= 2
