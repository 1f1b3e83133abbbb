"""Claims about requests that the loopback server turns down, and whom it lets in."""

from __future__ import annotations

import json

import pytest

from benchmarks.doubles.endpoint import Body, Fault, MockEndpoint, MockReply, sent

ASKED: Body = {"model": "toy", "messages": [{"role": "user", "content": "Hello!"}]}
COLOUR = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}


def answer(body: Body) -> MockReply:
    return MockReply("Hello!")


WRONG: list[tuple[Body, str | None, str]] = [
    ({"model": ""}, None, "model"),
    ({"messages": None}, "messages", "missing_required_parameter"),
    ({"messages": []}, "messages", "at least one"),
    ({"messages": [{"role": "king", "content": "x"}]}, "messages[0]", "role"),
    ({"messages": [{"role": "user"}]}, "messages[0].content", "missing_required_parameter"),
    ({"top_logprobs": 3}, "top_logprobs", "only allowed when 'logprobs'"),
    ({"logprobs": True, "top_logprobs": 21}, "top_logprobs", "integer_above_max_value"),
    ({"temperature": 3}, "temperature", "decimal_above_max_value"),
    ({"temperature": "hot"}, "temperature", "invalid_type"),
    ({"n": 0}, "n", "integer_below_min_value"),
    ({"max_tokens": 0}, "max_tokens", "integer_below_min_value"),
    ({"stream_options": {"include_usage": True}}, "stream_options", "only allowed"),
    ({"response_format": {"type": "yaml"}}, "response_format.type", "json_schema"),
    ({"response_format": {"type": "json_object"}}, "messages", "the word 'json'"),
    ({"response_format": {"type": "json_schema"}}, "response_format.json_schema", "Missing"),
    ({"response_format": {"type": "json_schema", "json_schema": {"name": "X", "strict": True,
      "schema": COLOUR}}}, "response_format", "'additionalProperties' is required"),
    ({"response_format": {"type": "json_schema", "json_schema": {"name": "X", "strict": True,
      "schema": {**COLOUR, "additionalProperties": False, "required": []}}}},
     "response_format", "'required' is required"),
    ({"tools": []}, "tools", "at least one"),
    ({"tools": [{"type": "function", "function": {}}]}, "tools[0].function.name", "Missing"),
    ({"tool_choice": "auto"}, "tool_choice", "only allowed when 'tools'"),
    ({"tools": [{"type": "function", "function": {"name": "a"}}], "tool_choice": "b"},
     "tool_choice", "must be"),
    ({"tools": [{"type": "function", "function": {"name": "a"}}],
      "tool_choice": {"type": "function", "function": {"name": "b"}}}, "tool_choice", "'b'"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "param", "told"), WRONG)
def test_a_wrong_request_is_declined_with_the_field_that_is_wrong(
    change: Body, param: str | None, told: str
) -> None:
    with MockEndpoint(answer) as endpoint:
        status, _, data = sent(f"{endpoint.url}/chat/completions", {**ASKED, **change})
    error = json.loads(data)["error"]
    assert (status, error["type"], error["param"]) == (400, "invalid_request_error", param)
    assert told in f"{error['message']} {error['code']}"


@pytest.mark.parametrize(
    "change",
    [
        {"model": ""},
        {"input": []},
        {"input": {"a": 1}},
        {"encoding_format": "octal"},
        {"dimensions": "many"},
        {"dimensions": 0},
    ],
)
def test_wrong_requests_of_embeddings_are_declined(change: Body) -> None:
    with MockEndpoint(answer) as endpoint:
        asked = {"model": "toy", "input": "x", **change}
        assert sent(f"{endpoint.url}/embeddings", asked)[0] == 400


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/v1/chat", "POST", 404),
        ("/chat/completions", "POST", 404),
        ("/v1/v1/chat/completions", "POST", 404),
        ("/v1/chat/completions", "PUT", 405),
        ("/v1/models", "POST", 405),
    ],
)
def test_other_paths_and_methods_are_told_apart(path: str, method: str, status: int) -> None:
    with MockEndpoint(answer) as endpoint:
        url = endpoint.url.removesuffix("/v1") + path
        found, _, data = sent(url, ASKED, method)
    assert found == status
    assert path in json.loads(data)["error"]["message"]


@pytest.mark.parametrize("data", [b"{", b"[]", b"", b'"x"', b"\xff"])
def test_a_body_that_is_no_json_object_is_declined(data: bytes) -> None:
    with MockEndpoint(answer) as endpoint:
        status, _, told = sent(f"{endpoint.url}/chat/completions", data)
    assert status == 400
    assert "JSON" in json.loads(told)["error"]["message"]


def test_a_key_that_expires_is_refused_until_the_next_one_comes() -> None:
    with MockEndpoint(answer, key="old-key") as endpoint:
        url = f"{endpoint.url}/chat/completions"
        assert sent(url, ASKED)[0] == 401
        assert sent(url, ASKED, **{"api-key": "old-key"})[0] == 200
        endpoint.key = "new-key"
        assert sent(url, ASKED, authorization="Bearer old-key")[0] == 401
        assert sent(url, ASKED, authorization="Bearer new-key")[0] == 200
        assert sent(f"{endpoint.url}/models")[0] == 401


def test_an_answer_may_be_any_status_and_body() -> None:
    with MockEndpoint(lambda body: Fault(418, {"tea": True}, {"x-pot": "1"})) as endpoint:
        status, headers, data = sent(f"{endpoint.url}/chat/completions", ASKED)
    assert (status, headers["x-pot"], json.loads(data)) == (418, "1", {"tea": True})
