"""Claims about langchain-openai before the loopback server: it is answered as by the real thing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel, SecretStr

from benchmarks.doubles.endpoint import MockEndpoint, MockReply, ToolCall

TEXT = "Zürich – boards coated with osk resin\ncarried 12 % less mould. 🪵"


class City(BaseModel):
    """A town."""

    name: str
    people: int


class Look(BaseModel):
    """Look at a town."""

    city: str


ROME = City(name="Rome", people=3_000_000)


def chat(endpoint: MockEndpoint, **more: Any) -> ChatOpenAI:
    return ChatOpenAI(
        base_url=endpoint.url, api_key=SecretStr("k"), model="toy", max_retries=0, **more
    )


def test_langchain_is_answered_whole_in_pieces_and_with_likelihoods() -> None:
    async def ask(endpoint: MockEndpoint) -> tuple[Any, AIMessageChunk, Any]:
        whole = await chat(endpoint).ainvoke("Say it.")
        pieces = [piece async for piece in chat(endpoint, stream_usage=True).astream("Say it.")]
        assert len(pieces) > 5
        total = pieces[0]
        for piece in pieces[1:]:
            total += piece
        likely = await chat(endpoint, logprobs=True, top_logprobs=1).ainvoke("Say it.")
        return whole, total, likely

    with MockEndpoint(lambda body: MockReply(TEXT)) as endpoint:
        whole, total, likely = asyncio.run(ask(endpoint))
    assert whole.content == total.content == TEXT
    assert whole.usage_metadata["output_tokens"] == total.usage_metadata["output_tokens"] > 5
    assert total.response_metadata["finish_reason"] == "stop"
    told = likely.response_metadata["logprobs"]["content"]
    assert "".join(entry["token"] for entry in told) == TEXT


@pytest.mark.parametrize("method", ["json_schema", "function_calling", "json_mode"])
def test_langchain_gets_its_schema_by_every_method(method: Any) -> None:
    with MockEndpoint(lambda body: MockReply(ROME.model_dump_json())) as endpoint:
        asker = chat(endpoint).with_structured_output(City, method=method)
        assert asyncio.run(asker.ainvoke("Which? Answer in JSON.")) == ROME


def test_langchain_gets_calls_of_its_tools_whole_and_in_pieces() -> None:
    calls = [ToolCall("Look", '{"city": "Zürich"}'), ToolCall("Look", '{"city": "Rome"}')]

    async def ask(endpoint: MockEndpoint) -> list[list[Any]]:
        model = chat(endpoint).bind_tools([Look])
        whole: Any = await model.ainvoke("Look.")
        total: Any = None
        async for piece in model.astream("Look."):
            total = piece if total is None else total + piece
        return [whole.tool_calls, total.tool_calls]

    with MockEndpoint(lambda body: MockReply(calls=calls)) as endpoint:
        for told in asyncio.run(ask(endpoint)):
            assert [call["args"]["city"] for call in told] == ["Zürich", "Rome"]


def test_langchain_embeds() -> None:
    with MockEndpoint(lambda body: MockReply("x")) as endpoint:
        embedder = OpenAIEmbeddings(
            base_url=endpoint.url, api_key=SecretStr("k"), model="toy",
            check_embedding_ctx_length=False,
        )  # fmt: skip
        assert len(embedder.embed_documents(["osk", "resin"])) == 2
