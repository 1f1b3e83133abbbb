"""Claims about the loopback server beside recordings of real ones: keys and chunks in order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from benchmarks.doubles.endpoint import Body, MockEndpoint, MockReply, MockToken, ToolCall, sent
from tools.endpoints.mock import errors

ASKED: Body = {"model": "toy", "messages": [{"role": "user", "content": "Hello!"}]}
COUNTED: Body = {"stream": True, "stream_options": {"include_usage": True}}


@pytest.fixture(scope="module")
def recorded(shared: Path) -> Path:
    return shared / "llm_api"


def replies(path: Path) -> list[str]:
    """The bodies that were recorded."""
    return [exchange["response"]["body"] for exchange in json.loads(path.read_text())]


def shape(value: Any) -> Any:
    """Keys in their order, all the way down; of a list, what its entries have for a shape."""
    if isinstance(value, dict):
        return [(key, shape(entry)) for key, entry in value.items()]
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return None


def keys(value: Body, *path: str | int) -> list[str]:
    """The keys at a place, in their order."""
    found: Any = value
    for step in path:
        found = found[step]
    return list(found)


def ours(said: MockReply, **more: Any) -> Any:
    """What our server sends: a body, or the text of a stream."""
    with MockEndpoint(lambda body: said) as endpoint:
        status, headers, data = sent(f"{endpoint.url}/chat/completions", {**ASKED, **more})
    assert status == 200
    if more.get("stream"):
        assert headers["content-type"] == "text/event-stream; charset=utf-8"
        return data.decode()
    assert headers["content-type"] == "application/json"
    assert headers["x-request-id"]
    return json.loads(data)


def test_a_reply_has_the_keys_of_a_recorded_one_in_their_order(recorded: Path) -> None:
    theirs = json.loads((recorded / "vercel/openai__openai-text.json").read_text())
    mine = ours(MockReply("Hello!"))
    assert shape(mine) == shape(theirs)
    assert mine["choices"][0]["logprobs"] is theirs["choices"][0]["logprobs"] is None


def test_a_reply_with_calls_has_the_keys_of_a_recorded_one_in_their_order(recorded: Path) -> None:
    [body, *_] = replies(
        recorded / "ruby_openai/gpt-3_5-turbo_multiple_tool_calls_full_conversation.json"
    )
    theirs = json.loads(body)
    mine = ours(MockReply(calls=[ToolCall("look", "{}"), ToolCall("look", "{}")]))
    assert shape(mine) == shape(theirs)
    for reply in (mine, theirs):
        [choice] = reply["choices"]
        assert choice["message"]["content"] is None
        assert choice["finish_reason"] == "tool_calls"
        ids = [call["id"] for call in choice["message"]["tool_calls"]]
        assert all(one.startswith("call_") and len(one) == 29 for one in ids)


def test_older_replies_have_no_key_in_another_order(recorded: Path) -> None:
    """Keys came with the years; those that there were have kept their places."""
    plain, called = ours(MockReply("x")), ours(MockReply(calls=[ToolCall("look", "{}")]))
    compared = 0
    for path in sorted(recorded.glob("ddtrace/chat_completion*.json")):
        body = replies(path)[0]
        theirs = json.loads(body) if body.startswith("{") else {}
        # A gateway's order is its own, and so was that of the first model that saw images.
        other = "openrouter" in path.name or "image" in path.name
        if "choices" not in theirs or other:
            continue
        mine = called if "tool_calls" in theirs["choices"][0]["message"] else plain
        compared += 1
        for at in ((), ("choices", 0), ("choices", 0, "message"), ("usage",)):
            known = [key for key in keys(theirs, *at) if key in keys(mine, *at)]
            kept = [key for key in keys(mine, *at) if key in known]
            assert kept == known, (path.name, at)
    assert compared >= 10


def chunks(stream: str) -> list[str]:
    return [line.removeprefix("data:").strip() for line in stream.splitlines() if line]


def kinds(stream: Sequence[str]) -> list[Any]:
    """The kind of every chunk, those of one kind in a row told once."""
    return [kind for kind, _ in groupby(map(_kind, stream))]


def _kind(chunk: str) -> Any:
    if chunk == "[DONE]":
        return chunk
    body = json.loads(chunk)
    # Padding against listeners, which no client reads; and keys that came later than a recording.
    head = [k for k in body if k not in ("obfuscation", "service_tier")]
    if not body["choices"]:
        return [k for k in head if k != "usage"], "usage"
    if body.get("usage", 1) is None:
        head.remove("usage")
    [choice] = body["choices"]
    return head, shape(choice), choice["finish_reason"], choice["delta"].get("role")


def retold(stream: Sequence[str]) -> MockReply:
    """What a recorded stream says."""
    text = refusal = finish = ""
    tokens: list[MockToken] = []
    calls: list[ToolCall] = []
    for chunk in stream[:-1]:
        for choice in json.loads(chunk)["choices"]:
            delta = choice["delta"]
            text += delta.get("content") or ""
            refusal += delta.get("refusal") or ""
            finish = choice["finish_reason"] or finish
            told = (choice.get("logprobs") or {}).get("content") or ()
            tokens += [
                MockToken(entry["token"], {entry["token"]: entry["logprob"]}) for entry in told
            ]
            for call in delta.get("tool_calls") or ():
                if "id" in call:
                    calls.append(ToolCall(call["function"]["name"], ""))
                    continue
                more = calls[call["index"]].arguments + call["function"]["arguments"]
                calls[call["index"]] = calls[call["index"]]._replace(arguments=more)
    return MockReply(text, tokens=tokens, finish=finish, refusal=refusal or None, calls=calls)


STREAMS = {
    "openai_python_sse/173417d55340.sse": "refusal",
    "openai_python_sse/4cc50a6135d2.sse": "length",
    "openai_python_sse/7e5ea4d12e7c.sse": "schema",
    "openai_python_sse/83b060bae42e.sse": "logprobs",
    "openai_python_sse/a247c49c5fcd.sse": "tool",
    "openai_python_sse/c6aa7e397b71.sse": "tool",
    "openai_python_sse/e2aad469b71d.sse": "text",
    "ddtrace/chat_completion_stream_prompt_caching_cache_read.json": "text",
    "ddtrace/chat_completion_tool_call_streamed.json": "tool",
    "vercel/openai__openai-text.chunks.txt": "text",
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_has_the_chunks_of_a_recorded_one_in_their_order(
    recorded: Path, name: str
) -> None:
    text = (recorded / name).read_text()
    theirs = chunks(json.loads(text)[0]["response"]["body"] if name.endswith("json") else text)
    if theirs[-1] != "[DONE]":
        theirs.append("[DONE]")
    said = retold(theirs)
    mine = chunks(ours(said, logprobs=STREAMS[name] == "logprobs", **COUNTED))
    assert kinds(mine) == kinds(theirs)
    assert len({json.loads(chunk)["id"] for chunk in mine[:-1]}) == 1
    again = retold(mine)
    assert (again.text, again.refusal, again.calls) == (said.text, said.refusal, said.calls)


def test_the_newest_stream_has_its_keys_one_by_one(recorded: Path) -> None:
    """Here nothing is left out but the padding."""
    theirs = chunks((recorded / "vercel/openai__openai-text.chunks.txt").read_text())
    mine = chunks(ours(MockReply("Hello, you!"), **COUNTED))[:-1]
    for at in (0, 1, -2, -1):
        wanted = json.loads(theirs[at])
        del wanted["obfuscation"]
        assert shape(json.loads(mine[at])) == shape(wanted)


def test_embeddings_have_the_keys_of_recorded_ones(recorded: Path) -> None:
    plain = json.loads((recorded / "vercel/openai__openai-embedding.json").read_text())
    [packed] = replies(recorded / "ddtrace/embedding_b64.json")
    with MockEndpoint(lambda body: MockReply("x")) as endpoint:
        for theirs, more in ((plain, {}), (json.loads(packed), {"encoding_format": "base64"})):
            asked = {"model": "toy", "input": "hello world", "dimensions": 512, **more}
            _, _, data = sent(f"{endpoint.url}/embeddings", asked)
            mine = json.loads(data)
            assert shape(mine) == shape(theirs)
            vector = mine["data"][0]["embedding"]
            assert type(vector) is type(theirs["data"][0]["embedding"])
    assert len(vector) == len(json.loads(packed)["data"][0]["embedding"])


def test_models_have_the_keys_that_recorded_ones_begin_with(recorded: Path) -> None:
    [listed] = replies(recorded / "ddtrace/model_list.json")
    theirs = json.loads(listed)
    with MockEndpoint(lambda body: MockReply("x")) as endpoint:
        mine = json.loads(sent(f"{endpoint.url}/models")[2])
        one = json.loads(sent(f"{endpoint.url}/models/mock")[2])
    assert list(mine) == list(theirs)
    assert list(mine["data"][0]) == list(one) == list(theirs["data"][0])[:4]
    assert one["object"] == theirs["data"][0]["object"]


def test_a_wrong_key_is_refused_as_it_was_recorded(recorded: Path) -> None:
    [told] = replies(recorded / "ddtrace/completion_stream_wrong_api_key.json")
    with MockEndpoint(lambda body: MockReply("x"), key="right") as endpoint:
        url = f"{endpoint.url}/chat/completions"
        status, _, data = sent(url, ASKED, authorization="Bearer sk-wrong-mock-key")
    assert status == 401
    assert json.loads(data) == json.loads(told)


@pytest.mark.parametrize(
    ("place", "fault"), [(0, errors.busy()), (1, errors.filtered()), (3, errors.too_long())]
)
def test_errors_have_the_form_of_documented_ones(
    recorded: Path, place: int, fault: errors.Fault
) -> None:
    told = json.loads((recorded / "DOCUMENTED_error_bodies.json").read_text())[place]
    assert isinstance(fault.body, dict)
    assert (fault.status, shape(fault.body)) == (told["status"], shape(told["body"]))
    for key in ("type", "param", "code"):
        assert fault.body["error"][key] == told["body"]["error"][key]
