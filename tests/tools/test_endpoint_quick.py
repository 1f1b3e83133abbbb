"""Claims about the shorter way through langchain's client for OpenAI."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import httpx2
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI

from benchmarks.doubles.endpoint import (
    Body,
    Damage,
    Fault,
    MockEndpoint,
    MockReply,
    MockToken,
    ToolCall,
    completion,
)
from tools.endpoints.quick import QuickOpenAI


class Quick(QuickOpenAI, ChatOpenAI):
    """As the clients of endpoints are made."""


def model(kind: type[ChatOpenAI], url: str, http: httpx2.AsyncClient, **more: Any) -> ChatOpenAI:
    return kind(
        base_url=url, api_key="k", model="toy", max_retries=0, http_async_client=http, **more
    )


def asked(kind: type[ChatOpenAI], url: str, **options: Any) -> AIMessage:
    """What a model of the kind answers."""
    more = options.pop("more", {})

    async def ask() -> AIMessage:
        async with openai.DefaultAioHttpClient() as http:
            turns = [SystemMessage("Be brief."), HumanMessage("Où?"), AIMessage("Là."),
                     HumanMessage("And now?")]  # fmt: skip
            return await model(kind, url, http, **more).ainvoke(turns, **options)

    return asyncio.run(ask())


SAID: dict[str, MockReply] = {
    "plain": MockReply("Osk resin melts at 412 K."),
    "cut": MockReply("Osk resin", finish="length"),
    "called": MockReply(calls=[ToolCall("look", '{"at": [1, 2]}'), ToolCall("look", "{broken")]),
    "refused": MockReply("", refusal="I'm sorry, I cannot help with that."),
    "likely": MockReply("Yes", tokens=[MockToken("Yes", {"Yes": -0.1, "No": -2.4})]),
}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}


@pytest.mark.parametrize("name", SAID)
def test_the_reply_is_the_one_of_the_stock_client(name: str) -> None:
    """Only then may the shorter way stand in its place."""
    with MockEndpoint(lambda body: SAID[name]) as endpoint:
        options = {"tools": [TOOL]} if name == "called" else {}
        if name == "likely":
            options = {"logprobs": True, "top_logprobs": 2}
        stock, quick = (asked(kind, endpoint.url, **options) for kind in (ChatOpenAI, Quick))
        assert _plain(quick) == _plain(stock)
        first, second = endpoint.requests
        assert (second.path, second.body) == (first.path, first.body)


def _plain(message: AIMessage) -> dict[str, Any]:
    """A reply without what is different each time, or says nothing."""
    plain: dict[str, Any] = _telling(message.model_dump(exclude={"id"}))
    plain["response_metadata"].pop("id")
    for call in plain.get("tool_calls", []) + plain.get("invalid_tool_calls", []):
        call.pop("id")
    return plain


def _telling(held: Any) -> Any:
    if isinstance(held, list):
        return [_telling(one) for one in held]
    if not isinstance(held, dict):
        return held
    told = {name: _telling(one) for name, one in held.items()}
    return {name: one for name, one in told.items() if one not in (None, {}, [])}


def test_what_a_call_adds_to_the_body_stands_beside_what_the_model_adds() -> None:
    with MockEndpoint(lambda body: MockReply("Yes.")) as endpoint:
        asked(Quick, endpoint.url, more={"extra_body": {"top_k": 4, "user": "u"}},
              extra_body={"user": "v", "response_format": {"type": "text"}})  # fmt: skip
        [body] = endpoint.asked
        assert (body["top_k"], body["user"]) == (4, "v")
        assert body["response_format"] == {"type": "text"}
        assert "extra_body" not in body


def _json() -> st.SearchStrategy[Any]:
    """Bodies that are nearly completions, and any other JSON."""
    leaf = st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=5)
    json = st.recursive(leaf, lambda of: st.lists(of, max_size=2) | st.dictionaries(
        st.sampled_from(["role", "content", "tool_calls", "message", "function"]), of, max_size=3
    ), max_leaves=5)  # fmt: skip
    message = st.fixed_dictionaries(
        {}, optional={"role": st.just("assistant") | json, "content": json, "tool_calls": json,
                      "refusal": json, "function_call": json}
    )  # fmt: skip
    choice = st.fixed_dictionaries(
        {}, optional={"message": message | json, "finish_reason": json, "logprobs": json}
    )
    return json | st.fixed_dictionaries(
        {}, optional={"choices": st.lists(choice | json, max_size=2) | json, "usage": json,
                      "error": json, "model": json}
    )  # fmt: skip


@given(body=_json())
def test_a_body_is_a_completion_or_a_value_error(body: Any) -> None:
    """Whatever an endpoint sends: nothing else crashes, so nothing else need be caught."""
    wire = httpx2.MockTransport(lambda _: httpx2.Response(200, json=body))

    async def ask() -> AIMessage:
        async with httpx2.AsyncClient(transport=wire) as http:
            return await model(Quick, "http://127.0.0.1:9/v1", http).ainvoke("And now?")

    with suppress(ValueError):
        assert isinstance(asyncio.run(ask()), AIMessage)
        assert body["choices"]


@pytest.mark.parametrize("damage", [Damage.MALFORMED, Damage.TRUNCATED, Damage.RESET])
def test_a_damaged_reply_is_never_an_answer(damage: Damage) -> None:
    with (
        MockEndpoint(
            lambda body: MockReply("Osk resin melts at 412 K.", damage=damage)
        ) as endpoint,
        pytest.raises((ValueError, openai.APIConnectionError)),
    ):
        asked(Quick, endpoint.url)


def test_an_error_is_told_as_the_stock_client_tells_it() -> None:
    bodies: list[Body] = [{"error": {"message": "No such model", "code": "model_not_found"}}, {}]
    for body in bodies:
        with MockEndpoint(lambda _, body=body: Fault(404, body)) as endpoint:
            with pytest.raises(openai.NotFoundError) as stock:
                asked(ChatOpenAI, endpoint.url)
            with pytest.raises(openai.NotFoundError) as quick:
                asked(Quick, endpoint.url)
            assert (str(quick.value), quick.value.code) == (str(stock.value), stock.value.code)


def test_a_body_of_another_kind_names_what_came() -> None:
    with (
        MockEndpoint(
            lambda body: Fault(200, {"error": {"message": "Provider failed"}})
        ) as endpoint,
        pytest.raises(ValueError, match="Provider failed"),
    ):
        asked(Quick, endpoint.url)
    assert completion({"model": "toy", "messages": []}, [MockReply("x")])["choices"]
