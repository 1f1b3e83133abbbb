"""Claims about a connection: the same is paid for once, and everything is written down."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage

from benchmarks.doubles.endpoint import Body, MockEndpoint, MockReply, MockToken, ToolCall
from benchmarks.doubles.scripted import REFUSAL, Scripted, stopped
from memory.errors import BadReply
from prompts import Message
from tests.tools.booked import Book, ask, hear, served
from tools.endpoints.completion import Completion
from tools.endpoints.connection import Connection, Terms
from tools.endpoints.ledger import Account, account


def test_the_same_is_asked_once_whoever_asks_and_whenever() -> None:
    """At the same time, later, and in another process."""
    book = Book()
    heard: list[Completion] = []

    async def twice(connection: Connection) -> None:
        heard.extend(await asyncio.gather(ask(connection), ask(connection), ask(connection)))
        heard.append(await ask(connection))

    first = hear(["Osk."], twice, ledger=book)
    second = hear([], lambda connection: ask(connection), ledger=book)
    assert (len(first.asked), len(second.asked), len(book.calls)) == (1, 0, 1)
    assert [one.cached for one in heard] == [False, False, False, True]
    assert {(one.text, one.key) for one in heard} == {("Osk.", book.calls[0].key)}


ASKED: list[tuple[str, dict[str, Any]]] = [
    ("?", {}), ("!", {}), ("?", {"turn": 1}), ("?", {"logprobs": True}),
    ("?", {"extra_body": {"response_format": {"type": "text"}}}),
    ("?", {"extra_body": {"response_format": {"type": "json_object"}}}),
]  # fmt: skip


@given(st.lists(st.sampled_from(range(len(ASKED))), max_size=8), st.booleans())
def test_what_differs_in_anything_is_another_call(order: list[int], at_once: bool) -> None:
    book = Book()

    async def all_of_them(connection: Connection) -> None:
        calls = [ask(connection, ASKED[at][0], **ASKED[at][1]) for at in order]
        if at_once:
            await asyncio.gather(*calls)
        else:
            for call in calls:
                await call

    hear(lambda _: "Osk.", all_of_them, ledger=book)
    assert len(book.calls) == len(set(order)) == len(book.replies)


def test_another_model_prompt_or_temperature_is_another_call() -> None:
    book = Book()

    async def vary() -> None:
        model = Scripted(script=lambda _: "Osk.")
        for name, prompt, temperature in [
            ("a", "p@1", 0), ("b", "p@1", 0), ("a", "p@2", 0), ("a", "p@1", 1), ("a", "p@1", 0),
        ]:  # fmt: skip
            connection = Connection(
                model, name, Terms(parameters={"temperature": temperature}), ledger=book
            )
            await connection.ask([Message("user", "?")], prompt)

    asyncio.run(vary())
    assert len(book.calls) == 4
    assert json.loads(book.calls[3].parameters) == {"temperature": 1}


@pytest.mark.parametrize(
    ("script", "reason", "kept"),
    [
        ("", "empty", False),
        (REFUSAL, "refused", True),
        (stopped("Osk", "content_filter"), "filtered", True),
        (stopped("", "length"), "cut", True),
        (BadReply("declined", "No."), "declined", False),
        (ValueError("no JSON"), "error_body", False),
    ],
)
def test_what_a_model_decided_stays_decided_and_an_accident_does_not(
    script: Any, reason: str, kept: bool
) -> None:
    book = Book()

    async def twice(connection: Connection) -> None:
        for _ in range(2):
            with pytest.raises(BadReply) as raised:
                await ask(connection)
            assert raised.value.reason == reason

    hear(lambda _: script, twice, ledger=book)
    assert len(book.calls) == (1 if kept else 2)
    assert {call.outcome for call in book.calls} == {reason}


def test_a_reply_that_was_cut_says_so_also_the_second_time() -> None:
    heard: list[Completion] = []

    async def twice(connection: Connection) -> None:
        heard.extend([await ask(connection), await ask(connection)])

    hear([stopped("Osk re", "length")], twice, ledger=Book())
    assert [(one.text, one.cut) for one in heard] == [("Osk re", True)] * 2


def test_a_spoilt_reply_is_asked_for_again() -> None:
    book = Book()
    heard: list[Completion] = []

    async def spoil(connection: Connection) -> None:
        heard.append(await ask(connection))
        await connection.spoil(heard[0], "unreadable")
        heard.append(await ask(connection))

    hear(["Osk.", "Resin."], spoil, ledger=book)
    assert [one.text for one in heard] == ["Osk.", "Resin."]


REPLIES = {
    "plain": MockReply("Osk resin melts at 412 K."),
    "cut": MockReply("Osk resin", finish="length"),
    "called": MockReply(calls=[ToolCall("look", '{"at": [1, 2]}')]),
    "called twice": MockReply(calls=[ToolCall("look", '{"at": 1}'), ToolCall("look", '{"at": 2}')]),
    "broken": MockReply(calls=[ToolCall("look", '{"at": 1'), ToolCall("look", '{"at": 2}')]),
    "likely": MockReply("Yes", tokens=[MockToken("Yes", {"Yes": -0.1, "No": -2.4})]),
}


@pytest.mark.parametrize("name", REPLIES)
def test_a_reply_from_the_ledger_says_what_the_first_one_said(name: str) -> None:
    async def twice(connection: Connection) -> list[Completion]:
        return [await ask(connection, logprobs=name == "likely") for _ in range(2)]

    with MockEndpoint(lambda _: REPLIES[name]) as endpoint:
        first, second = asyncio.run(served(endpoint.url, twice, ledger=Book()))
        assert len(endpoint.asked) == 1
    assert second.cached
    assert (first.text, first.cut) == (second.text, second.cut)
    assert first.message.response_metadata == second.message.response_metadata
    assert first.message.usage_metadata == second.message.usage_metadata


@pytest.mark.parametrize(("price", "cost"), [(None, 0.0), (0.25, 0.25)])
def test_a_call_is_written_down_with_what_it_took(price: float | None, cost: float) -> None:
    book = Book()
    traced: list[dict[str, Any]] = []
    body = {"response_format": {"type": "text"}}

    async def once(connection: Connection) -> None:
        account.set(Account("run", "osk"))
        await ask(connection, extra_body=body)

    with MockEndpoint(lambda _: MockReply("Osk resin melts.")) as endpoint:
        asyncio.run(served(endpoint.url, once, ledger=book, trace=traced.append,
                           price=lambda read, written: price))  # fmt: skip
    [call], [trace] = book.calls, traced
    assert (call.run, call.interest, call.model, call.prompt) == ("run", "osk", "toy", "p@1")
    assert (call.cost, call.priced, call.attempts, call.outcome) == (cost, bool(price), 1, "ok")
    used = AIMessage(**json.loads(book.replies[call.key])["message"]).usage_metadata
    assert used
    assert (call.tokens_in, call.tokens_out) == (used["input_tokens"], used["output_tokens"])
    assert 0 < call.latency < 30
    assert len(call.parameters) < 60, "a schema stands there by its hash"
    assert [message.text for message in trace["messages"]] == ["Be brief.", "?"]
    assert trace["reply"].content == "Osk resin melts."


def test_tokens_are_estimated_where_an_endpoint_does_not_tell_them() -> None:
    book = Book()
    hear(["Osk resin melts."], lambda connection: ask(connection, "Tell me of osk."), ledger=book)
    assert book.calls[0].tokens_in >= 4
    assert book.calls[0].tokens_out == 4


def test_requests_carry_the_turns_of_the_conversation_in_their_order() -> None:
    def answer(body: Body) -> MockReply:
        return MockReply(" ".join(turn["role"] for turn in body["messages"]))

    async def talk(connection: Connection) -> Completion:
        turns = [Message("user", "Osk?"), Message("assistant", "Osk."), Message("user", "Why?")]
        return await connection.ask([Message("system", "Be brief."), *turns], "p@1")

    with MockEndpoint(answer) as endpoint:
        assert asyncio.run(served(endpoint.url, talk)).text == "system user assistant user"
