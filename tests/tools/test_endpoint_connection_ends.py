"""Claims about how a connection ends: callers that go away, keys, budgets, faults."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.doubles.endpoint import Fault, Faults, MockEndpoint, MockReply
from benchmarks.doubles.scripted import Scripted
from memory.errors import BadReply, BudgetReached, EndpointTrouble, NoSpace, Trouble
from tests.tools.booked import Book, Purse, ask, hear, served
from tools.endpoints.completion import Completion
from tools.endpoints.connection import Connection, Terms
from tools.endpoints.mock.faults import NAMES

KEY = "sk-osk-0123456789abcdef"


def test_a_caller_that_goes_away_leaves_what_is_sent_to_be_noted() -> None:
    """It is paid for."""
    book = Book()

    async def leave(connection: Connection) -> None:
        caller = asyncio.create_task(ask(connection))
        while not connection.sent:
            await asyncio.sleep(0.01)
        caller.cancel()
        await asyncio.wait([caller])
        assert caller.cancelled()
        await connection.close(grace=10)

    with MockEndpoint(lambda _: MockReply("Osk."), latency=0.2) as endpoint:
        asyncio.run(served(endpoint.url, leave, ledger=book))
    assert [call.outcome for call in book.calls] == ["ok"]
    assert len(book.replies) == 1


def test_what_nobody_waits_for_any_more_is_not_sent() -> None:
    async def leave(connection: Connection) -> None:
        callers = [asyncio.create_task(ask(connection, str(at))) for at in range(20)]
        stays = asyncio.create_task(ask(connection, "19"))
        while not connection.sent:
            await asyncio.sleep(0.01)
        for caller in callers:
            caller.cancel()
        assert (await stays).text == "Osk."
        await connection.close(grace=10)
        assert connection.sent == 3

    with MockEndpoint(lambda _: MockReply("Osk."), latency=0.1) as endpoint:
        asyncio.run(served(endpoint.url, leave, in_flight=2))
        assert len(endpoint.asked) == 3


def test_a_line_that_is_closed_sends_nothing_more() -> None:
    async def stop(connection: Connection) -> None:
        callers = [asyncio.create_task(ask(connection, str(at))) for at in range(9)]
        while not connection.sent:
            await asyncio.sleep(0.01)
        await connection.close(grace=10)
        told = await asyncio.gather(*callers, return_exceptions=True)
        assert [one.text for one in told if isinstance(one, Completion)] == ["Osk.", "Osk."]
        assert [type(one) for one in told[2:]] == [asyncio.CancelledError] * 7

    with MockEndpoint(lambda _: MockReply("Osk."), latency=0.1) as endpoint:
        asyncio.run(served(endpoint.url, stop, in_flight=2))
        assert len(endpoint.asked) == 2


def test_a_wrong_key_stops_everything_within_the_calls_in_flight() -> None:
    async def many(connection: Connection) -> None:
        told = await asyncio.gather(*(ask(connection, str(at)) for at in range(200)),
                                    return_exceptions=True)  # fmt: skip
        assert {one.reason for one in told if isinstance(one, EndpointTrouble)} == {"key"}
        assert len(told) == 200
        with pytest.raises(EndpointTrouble):
            await ask(connection, "later")

    with MockEndpoint(lambda _: MockReply("Osk."), key="another", latency=0.05) as endpoint:
        asyncio.run(served(endpoint.url, many, in_flight=4, key=KEY))
        assert len(endpoint.requests) <= 4


def test_what_was_paid_for_is_told_by_a_dead_line_too() -> None:
    book = Book()
    hear(["Osk."], lambda connection: ask(connection), ledger=book)

    async def both(connection: Connection) -> None:
        with pytest.raises(EndpointTrouble):
            await ask(connection, "new")
        assert (await ask(connection)).text == "Osk."

    hear([EndpointTrouble("key", "No.")], both, ledger=book)


LEAKS: dict[str, Callable[[], Fault]] = {
    "key": lambda: Fault(401, {"error": {"message": f"Incorrect API key provided: {KEY}."}}),
    "declined": lambda: Fault(400, {"error": {"message": f"Header Authorization: Bearer {KEY}"}}),
    "down": lambda: Fault(500, f"<html>{KEY}</html>"),
    "error_body": lambda: Fault(200, {"error": {"message": f"upstream refused {KEY}"}}),
}


@pytest.mark.parametrize("reason", LEAKS)
def test_a_key_stands_in_no_word_about_a_fault(reason: str, caplog: Any) -> None:
    """Not in the trouble, not in what it is chained to, not in ledger or trace."""
    book = Book()
    traced: list[dict[str, Any]] = []

    async def fail(connection: Connection) -> str:
        with pytest.raises(Trouble) as raised:
            await ask(connection)
        assert getattr(raised.value, "reason", "") == reason
        return "".join(traceback.format_exception(raised.value))

    with caplog.at_level("DEBUG"), MockEndpoint(lambda _: LEAKS[reason]()) as endpoint:
        told = asyncio.run(served(endpoint.url, fail, key=KEY, ledger=book, trace=traced.append))
        assert endpoint.requests[0].headers["authorization"] == f"Bearer {KEY}"
    for written in (told, repr(book.calls), repr(traced), caplog.text):
        assert KEY not in written
    assert [call.outcome for call in book.calls] == [reason]


@pytest.mark.parametrize("name", ["", *NAMES])
def test_what_is_reserved_is_settled_whatever_happens(name: str) -> None:
    purse, book = Purse(), Book()

    async def some(connection: Connection) -> None:
        for at in range(3):
            try:
                await ask(connection, str(at))
            except (BadReply, EndpointTrouble):
                continue

    with MockEndpoint(
        lambda _: MockReply("Osk."), faults=Faults({name: 1.0} if name else {})
    ) as endpoint:
        asyncio.run(served(endpoint.url, some, budget=purse, ledger=book))
    assert not purse.held
    assert purse.spent == sum(call.tokens_in + call.tokens_out for call in book.calls)
    assert (name in ("", "garbled")) == ({call.outcome for call in book.calls} == {"ok"})


@pytest.mark.parametrize("script", [AttributeError("a bug"), "Osk."])
def test_what_is_reserved_is_settled_when_the_disk_is_full_or_we_err(script: Any) -> None:
    purse = Purse()

    async def fail(connection: Connection) -> None:
        with pytest.raises((NoSpace, AttributeError)):
            await ask(connection)

    hear(lambda _: script, fail, budget=purse, ledger=Book(full=True))
    assert not purse.held


def test_what_is_reserved_is_settled_when_the_caller_goes_away() -> None:
    purse = Purse()

    async def leave(connection: Connection) -> None:
        for grace in (0.0, 10.0):
            for steps in range(12):
                callers = [
                    asyncio.create_task(ask(connection, f"{grace}{steps}{at}")) for at in range(4)
                ]
                for _ in range(steps):
                    await asyncio.sleep(0)
                for caller in callers:
                    caller.cancel()
                await asyncio.wait(callers)
            await connection.close(grace)

    with MockEndpoint(lambda _: MockReply("Osk."), latency=0.05) as endpoint:
        asyncio.run(served(endpoint.url, leave, budget=purse, in_flight=2))
    assert not purse.held


def test_a_budget_stops_before_it_is_passed() -> None:
    purse, model = Purse(limit=600), Scripted(script=lambda _: "Osk.")

    async def many() -> None:
        connection = Connection(model, "toy", Terms(most_tokens=100), budget=purse)
        for at in range(1_000):
            await ask(connection, f"{at} " + "osk " * 20)

    with pytest.raises(BudgetReached):
        asyncio.run(many())
    assert model.asked
    assert 600 - purse.highest < purse.spent <= 600
