"""Claims about the loopback server: the clients that everybody uses take it for the real thing."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletionMessageFunctionToolCall
from pydantic import BaseModel

from benchmarks.doubles.endpoint import (
    Body,
    Faults,
    MockEndpoint,
    MockReply,
    MockToken,
    ToolCall,
    sent,
)

HELLO: Any = [{"role": "user", "content": "Hello! Answer in JSON."}]
LOOK: Any = {
    "type": "function",
    "function": {
        "name": "look",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}


class City(BaseModel):
    """A town."""

    name: str
    people: int


ROME = City(name="Rome", people=3_000_000)


def client(endpoint: MockEndpoint, key: str = "k") -> openai.OpenAI:
    return openai.OpenAI(base_url=endpoint.url, api_key=key, max_retries=0, timeout=30)


def test_the_official_client_reads_a_reply_with_its_choices_likelihoods_and_usage() -> None:
    said = MockReply("B", tokens=[MockToken("B", {"A": -2.0, "B": -0.2, "C": -3.0})])
    with MockEndpoint(lambda body: said) as endpoint, client(endpoint) as ours:
        reply = ours.chat.completions.create(
            model="toy", messages=HELLO, n=2, logprobs=True, top_logprobs=2
        )
    assert [choice.message.content for choice in reply.choices] == ["B", "B"]
    told = reply.choices[1].logprobs
    assert told is not None
    assert told.content is not None
    [entry] = told.content
    assert [(top.token, top.logprob) for top in entry.top_logprobs] == [("B", -0.2), ("A", -2.0)]
    assert (entry.token, entry.bytes) == ("B", [66])
    assert reply.usage is not None
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + 2
    assert reply.choices[0].finish_reason == "stop"


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_a_reply_stops_at_its_limit_of_tokens_and_says_so(field: str) -> None:
    limit: Any = {field: 3}
    with (
        MockEndpoint(lambda body: MockReply("one two three four")) as endpoint,
        client(endpoint) as ours,
    ):
        reply = ours.chat.completions.create(model="toy", messages=HELLO, **limit)
        cut = ours.chat.completions.create(model="toy", messages=HELLO, max_tokens=4)
    assert (reply.choices[0].message.content, reply.choices[0].finish_reason) == (
        "one two three", "length",
    )  # fmt: skip
    assert reply.usage is not None
    assert reply.usage.completion_tokens == 3
    assert cut.choices[0].finish_reason == "stop"


def test_a_schema_is_answered_by_every_way_that_the_official_client_asks() -> None:
    with (
        MockEndpoint(lambda body: MockReply(ROME.model_dump_json())) as endpoint,
        client(endpoint) as ours,
    ):
        parsed = ours.chat.completions.parse(model="toy", messages=HELLO, response_format=City)
        with ours.chat.completions.stream(
            model="toy", messages=HELLO, response_format=City
        ) as stream:
            streamed = stream.get_final_completion()
        tool = openai.pydantic_function_tool(City)
        called = ours.chat.completions.parse(
            model="toy", messages=HELLO, tools=[tool],
            tool_choice={"type": "function", "function": {"name": "City"}},
        )  # fmt: skip
    assert parsed.choices[0].message.parsed == streamed.choices[0].message.parsed == ROME
    assert called.choices[0].message.tool_calls is not None
    assert called.choices[0].message.tool_calls[0].function.parsed_arguments == ROME


@pytest.mark.parametrize(
    ("choice", "finish"),
    [("required", "tool_calls"), ({"type": "function", "function": {"name": "look"}}, "stop")],
)
def test_a_demanded_tool_is_called_with_what_is_said_as_far_as_the_limit_goes(
    choice: Any, finish: str
) -> None:
    said = '{"city": "Rome"}'
    with MockEndpoint(lambda body: MockReply(said)) as endpoint, client(endpoint) as ours:
        for limit, wanted, ended in ((99, said, finish), (3, '{"city', "length")):
            [told] = ours.chat.completions.create(
                model="toy", messages=HELLO, tools=[LOOK], tool_choice=choice, max_tokens=limit
            ).choices
            assert told.message.tool_calls is not None
            [call] = told.message.tool_calls
            assert isinstance(call, ChatCompletionMessageFunctionToolCall)
            assert (call.function.name, call.function.arguments) == ("look", wanted)
            assert (told.message.content, told.finish_reason) == (None, ended)


def test_the_asynchronous_client_and_an_asynchronous_answer_meet() -> None:
    async def answer(body: Body) -> MockReply:
        await asyncio.sleep(0)
        return MockReply(body["messages"][-1]["content"])

    async def ask(endpoint: MockEndpoint) -> list[str | None]:
        async with openai.AsyncOpenAI(base_url=endpoint.url, api_key="k", max_retries=0) as ours:
            replies = await asyncio.gather(
                *(
                    ours.chat.completions.create(
                        model="toy", messages=[{"role": "user", "content": str(number)}]
                    )
                    for number in range(20)
                )
            )
        return [reply.choices[0].message.content for reply in replies]

    with MockEndpoint(answer) as endpoint:
        assert asyncio.run(ask(endpoint)) == [str(number) for number in range(20)]
        assert endpoint.stats.requests == 20
        assert 1 <= endpoint.stats.most_in_flight <= endpoint.stats.most_connections <= 20


def test_a_plain_answer_may_wait_for_others() -> None:
    """It runs in a thread of its own: eight that wait for each other all get their reply."""
    together = threading.Barrier(8, timeout=30)

    def answer(body: Body) -> MockReply:
        together.wait()
        return MockReply("all here")

    with MockEndpoint(answer) as endpoint, ThreadPoolExecutor(8) as eight:
        url = f"{endpoint.url}/chat/completions"
        asked = {"model": "toy", "messages": HELLO}
        replies = list(eight.map(lambda _: sent(url, asked), range(8)))
        assert all(b"all here" in data for _, _, data in replies)
        assert endpoint.stats.most_in_flight == 8


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@settings(deadline=None, max_examples=40)
@given(
    text=texts,
    arguments=st.lists(st.dictionaries(texts, texts, max_size=3), max_size=3),
    write=st.integers(0, 40),
    counted=st.booleans(),
)
def test_a_stream_in_writes_of_any_size_is_put_together_again(
    text: str, arguments: list[dict[str, str]], write: int, counted: bool
) -> None:
    """Characters and events may be torn anywhere between two packets."""
    calls = [ToolCall("look", json.dumps(one, ensure_ascii=False)) for one in arguments]
    more: Any = {"stream_options": {"include_usage": True}} if counted else {}
    with (
        MockEndpoint(lambda body: MockReply(text, calls=calls), write=write) as endpoint,
        client(endpoint) as ours,
        ours.chat.completions.stream(model="toy", messages=HELLO, **more) as stream,
    ):
        whole = stream.get_final_completion()
    [choice] = whole.choices
    assert (choice.message.content or "") == text
    told = choice.message.tool_calls or []
    assert [json.loads(call.function.arguments) for call in told] == arguments
    assert len({call.id for call in told}) == len(calls)
    assert choice.finish_reason == ("tool_calls" if calls else "stop")
    assert bool(whole.usage) == counted


def test_models_are_listed_and_one_that_is_not_there_is_not_found() -> None:
    with (
        MockEndpoint(lambda body: MockReply("x"), models=("big", "small")) as endpoint,
        client(endpoint) as ours,
    ):
        assert [model.id for model in ours.models.list()] == ["big", "small"]
        assert ours.models.retrieve("small").id == "small"
        with pytest.raises(openai.NotFoundError, match="huge") as listed:
            ours.models.retrieve("huge")
        with pytest.raises(openai.NotFoundError, match="huge") as asked:
            ours.chat.completions.create(model="huge", messages=HELLO)
    assert listed.value.code == asked.value.code == "model_not_found"


def test_embeddings_come_as_numbers_or_packed_and_likeness_is_nearness() -> None:
    with MockEndpoint(lambda body: MockReply("x")) as endpoint, client(endpoint) as ours:

        def embedded(of: Any, **more: Any) -> list[list[float]]:
            made = ours.embeddings.create(model="toy", input=of, **more)
            assert [datum.index for datum in made.data] == list(range(len(made.data)))
            return [datum.embedding for datum in made.data]

        packed = embedded(["osk resin melts", "osk resin boils", "a lake"])
        plain = embedded(["osk resin melts"], encoding_format="float")
        assert embedded("osk resin melts", dimensions=8)[0] != packed[0]
        assert len(embedded([[1, 2], [3]])) == 2
        assert len(embedded([1, 2])) == 1
    assert packed[0] == pytest.approx(plain[0], abs=1e-6)
    resin, boils, lake = packed
    near = sum(a * b for a, b in zip(resin, boils, strict=True))
    assert near > sum(a * b for a, b in zip(resin, lake, strict=True)) + 0.3


def test_every_request_is_kept_as_it_arrived() -> None:
    with MockEndpoint(lambda body: MockReply("x"), also=("/api/chat/",)) as endpoint:
        body = {"model": "toy", "messages": HELLO}
        root = endpoint.url.removesuffix("/v1")
        azure = "/openai/deployments/toy/chat/completions?api-version=2024-10-21"
        for path in ("/v1/chat/completions", "/api/chat/", azure):
            status, _, data = sent(root + path, body, authorization="Bearer one", user="me")
            assert status == 200
            assert json.loads(data)["choices"][0]["message"]["content"] == "x"
    assert endpoint.asked == [body] * 3
    last = endpoint.requests[2]
    assert (last.path, last.query) == (
        "/openai/deployments/toy/chat/completions", {"api-version": "2024-10-21"},
    )  # fmt: skip
    assert (last.headers["authorization"], last.headers["user"]) == ("Bearer one", "me")


def test_what_the_server_saw_can_be_asked_from_another_process() -> None:
    faults = Faults({"500": 1.0})
    with MockEndpoint(lambda body: MockReply("x"), faults=faults, keep=False) as endpoint:
        sent(f"{endpoint.url}/chat/completions", {"model": "toy", "messages": HELLO})
        stats = json.loads(sent(endpoint.url.replace("/v1", "/mock/stats"))[2])
    assert (stats["requests"], stats["most_in_flight"], stats["struck"]) == (1, 1, {"500": 1})
    assert stats["cpu_s"] > 0
    assert endpoint.asked == []


def test_a_port_that_is_taken_is_told() -> None:
    with MockEndpoint(lambda body: MockReply("x")) as endpoint:
        port = int(endpoint.url.rpartition(":")[2].removesuffix("/v1"))
        with pytest.raises(OSError, match="in use"):
            MockEndpoint(lambda body: MockReply("y"), port=port)
