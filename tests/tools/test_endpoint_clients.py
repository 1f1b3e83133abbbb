"""Claims about what goes over the wire to each kind of endpoint, against a server that notes it."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import openai
import pytest
from langchain_core.load import dumps
from langchain_core.messages import AIMessage

from memory.errors import EndpointTrouble
from tests.tools.peer import Answer, Peer, Seen, completion
from tools.endpoints.clients import Pool, client
from tools.endpoints.endpoint import Endpoint
from tools.endpoints.keys import CommandKey, Key, NoKey, key_of

SECRET = "sk-mandrake-58213"  # noqa: S105
ASKED = [("system", "Answer."), ("user", "What melts?")]
SCHEMA = {
    "type": "json_schema",
    "json_schema": {"name": "Reply", "strict": True, "schema": {"type": "object"}},
}
TOOL = {"type": "function", "function": {"name": "Reply", "parameters": {"type": "object"}}}


def variable(name: str) -> str:
    return SECRET if name.endswith("_KEY") else ""


def ask(
    answer: Answer | None = None, key: Key | None = None, asked: Sequence[Any] = ({},), **said: Any
) -> tuple[list[AIMessage], list[Seen]]:
    """Replies to some calls, and what the server saw. `url` begins where the server is."""
    path = said.pop("url", "/v1")

    async def main() -> tuple[list[AIMessage], list[Seen]]:
        async with Peer(*([answer] if answer else [])) as peer, Pool() as pool:
            endpoint = Endpoint(**{"model": "toy", "url": f"{peer.url}{path}", **said})
            model = client(endpoint, key or key_of(endpoint, variable), pool)
            calls = [model.ainvoke(ASKED, **options) for options in asked]
            return await asyncio.gather(*calls), peer.seen

    return asyncio.run(main())


def seen(**said: Any) -> Seen:
    return ask(**said)[1][0]


def bearer(request: Seen) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ")


@pytest.mark.parametrize(
    "kind", ["compatible", "lmstudio", "ollama", "vllm", "llamacpp", "alcf", "nim"]
)
def test_a_compatible_server_is_asked_in_the_words_that_all_of_them_know(kind: str) -> None:
    request = seen(kind=kind, max_tokens=90, seed=3, extra={"top_k": 1}, headers={"X-Site": "a"})
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.body == {
        "model": "toy", "temperature": 0.0, "max_tokens": 90, "seed": 3, "top_k": 1,
        "messages": [
            {"role": "system", "content": "Answer."}, {"role": "user", "content": "What melts?"},
        ],
    } | ({"stream": False} if "stream" in request.body else {})  # fmt: skip
    assert request.headers["X-Site"] == "a"
    assert bearer(request) == (SECRET if kind == "nim" else "unused")


@pytest.mark.parametrize("kind", ["openai", "cerebras"])
def test_openai_and_who_follows_it_are_asked_in_its_present_words(kind: str) -> None:
    request = seen(kind=kind, max_tokens=90)
    assert (request.path, bearer(request)) == ("/v1/chat/completions", SECRET)
    assert request.body["max_completion_tokens"] == 90
    assert "max_tokens" not in request.body


@pytest.mark.parametrize("model", ["o3-mini", "o4-mini", "gpt-5", "gpt-5-mini"])
def test_models_that_think_first_are_sent_no_temperature_that_nobody_asked_for(model: str) -> None:
    """They decline any but their own."""
    assert "temperature" not in seen(kind="openai", model=model).body
    assert seen(kind="openai", model="gpt-4.1").body["temperature"] == 0


def test_a_temperature_that_the_model_should_choose_is_not_sent() -> None:
    assert "temperature" not in seen(temperature="default").body


def test_a_model_of_another_house_keeps_its_system_message() -> None:
    """OpenAI's models of that name want a developer's."""
    assert seen(kind="vllm", model="o1-like").body["messages"][0]["role"] == "system"
    assert seen(kind="openai", model="o1").body["messages"][0]["role"] == "developer"


@pytest.mark.parametrize("kind", ["compatible", "openai", "azure"])
def test_what_a_call_adds_stands_beside_what_every_call_has(kind: str) -> None:
    options = {
        "extra_body": {"response_format": SCHEMA}, "tools": [TOOL], "logprobs": True,
        "top_logprobs": 5, "max_tokens": 4,
        "tool_choice": {"type": "function", "function": {"name": "Reply"}},
    }  # fmt: skip
    body = seen(kind=kind, extra={"top_k": 1}, asked=[options]).body
    assert body["response_format"] == SCHEMA
    assert (body["tools"], body["tool_choice"]) == ([TOOL], options["tool_choice"])
    assert (body["logprobs"], body["top_logprobs"], body["top_k"]) == (True, 5, 1)
    assert (body.get("max_tokens") or body.get("max_completion_tokens")) == 4


def test_azure_is_asked_by_deployment_and_version_with_a_key_of_its_own_header() -> None:
    request = seen(kind="azure", url="", model="mine", api_version="2024-10-21")
    assert request.path == "/openai/deployments/mine/chat/completions"
    assert request.query == {"api-version": "2024-10-21"}
    assert request.headers["api-key"] == SECRET
    assert "Authorization" not in request.headers


def test_azures_newer_address_needs_no_version() -> None:
    request = seen(kind="azure", url="/openai/v1", model="mine")
    assert (request.path, request.body["model"]) == ("/openai/v1/chat/completions", "mine")
    assert bearer(request) == SECRET


def test_azure_takes_a_token_of_a_command_as_a_bearers() -> None:
    request = seen(
        kind="azure", url="", api_version="2024-10-21", key_command=("echo", "entra-token-1")
    )
    assert bearer(request) == "entra-token-1"
    assert "api-key" not in request.headers


def test_a_reply_that_azure_filtered_says_so_by_its_finish() -> None:
    """langchain's own class for Azure raises a ValueError there, which could mean anything."""
    filtered = completion("", finish_reason="content_filter")
    [message], _ = ask(lambda _: (200, filtered), kind="azure")
    assert message.response_metadata["finish_reason"] == "content_filter"


def test_tokens_are_counted_whatever_the_address() -> None:
    [message], _ = ask(kind="vllm")
    assert message.usage_metadata is not None
    assert (message.usage_metadata["input_tokens"], message.usage_metadata["output_tokens"]) == (
        7, 2,
    )  # fmt: skip


def test_nothing_is_tried_again_behind_our_back() -> None:
    """Retries are counted and paid for; the client must not hide any."""
    calls: list[Seen] = []

    def answer(request: Seen) -> tuple[int, Any]:
        calls.append(request)
        return 500, {"error": {"message": "down"}}

    with pytest.raises(openai.InternalServerError):
        ask(answer)
    assert len(calls) == 1


def expiring(good: str) -> Answer:
    """A server that accepts one key only."""

    def answer(request: Seen) -> tuple[int, Any]:
        if bearer(request) == good:
            return 200, completion()
        return 401, {"error": {"message": "Token expired.", "code": "invalid_api_key"}}

    return answer


def counting(tmp_path: Any, *keys: str) -> CommandKey:
    """A command that prints the next key each time it runs."""
    left = tmp_path / "keys"
    left.write_text("\n".join(keys))
    return CommandKey(("sh", "-c", f"head -n1 {left}; sed -i 1d {left}"))


def test_a_token_that_ran_out_is_fetched_anew_once_for_all_calls(tmp_path: Any) -> None:
    key = counting(tmp_path, "old-token", "new-token", "never")
    messages, requests = ask(expiring("new-token"), key, asked=[{}] * 8, kind="alcf")
    assert [message.text for message in messages] == ["Osk."] * 8
    assert {bearer(request) for request in requests} == {"old-token", "new-token"}
    assert (tmp_path / "keys").read_text() == "never"


def test_a_fresh_token_that_is_refused_too_ends_the_matter(tmp_path: Any) -> None:
    key = counting(tmp_path, "old-token", "new-token", "never")
    with pytest.raises(openai.AuthenticationError):
        ask(expiring("another"), key, kind="alcf")
    assert (tmp_path / "keys").read_text() == "never"


def test_a_missing_key_is_told_before_anything_is_sent() -> None:
    with pytest.raises(EndpointTrouble, match="MY_TOKEN") as caught:
        ask(kind="openai", key_env="MY_TOKEN")
    assert caught.value.reason == "key"


@pytest.mark.parametrize("kind", ["compatible", "openai", "azure", "argo"])
@pytest.mark.parametrize("show", [repr, str, dumps])
def test_no_picture_of_a_model_shows_its_key(kind: str, show: Callable[[Any], str]) -> None:
    async def main() -> str:
        async with Peer() as peer, Pool() as pool:
            endpoint = Endpoint(
                kind=kind, model="toy", url=f"{peer.url}/v1", user="ada", key_env="A_KEY"
            )
            model = client(endpoint, key_of(endpoint, variable), pool)
            await model.ainvoke(ASKED)
            assert SECRET in str(peer.seen[0].headers)
            return show(model)

    assert SECRET not in asyncio.run(main())


@pytest.mark.parametrize("kind", ["compatible", "openai", "azure", "argo"])
def test_neither_logs_nor_tracebacks_show_a_key(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The client logs its requests where somebody asks it to."""

    def answer(request: Seen) -> tuple[int, Any]:
        return 401, {"error": {"message": "Incorrect API key provided."}}

    version = {"api_version": "2024-10-21"} if kind == "azure" else {}
    with caplog.at_level(logging.DEBUG), pytest.raises(openai.AuthenticationError) as caught:
        ask(answer, kind=kind, key_env="A_KEY", user="ada", **version)
    assert "HTTP Request" in caplog.text or "Request options" in caplog.text
    assert SECRET not in caplog.text + "".join(traceback.format_exception(caught.value))


def test_connections_are_kept_and_are_no_more_than_calls_in_flight() -> None:
    _, requests = ask(asked=[{}] * 40, in_flight=4)
    assert 1 <= len({id(request.sender) for request in requests}) <= 4


def test_nothing_is_sent_where_an_answer_points_to() -> None:
    """A key and a paper's text belong to the address in the settings."""

    async def main() -> list[Seen]:
        async with Peer() as elsewhere, Pool() as pool:

            def answer(request: Seen) -> tuple[int, Any]:
                return 308, {"location": elsewhere.url}

            async with Peer(answer) as peer:
                endpoint = Endpoint(kind="openai", model="toy", url=f"{peer.url}/v1")
                with pytest.raises(openai.APIStatusError):
                    await client(endpoint, key_of(endpoint, variable), pool).ainvoke(ASKED)
            return elsewhere.seen

    assert not asyncio.run(main())


def test_a_call_without_an_answer_ends_at_its_timeout() -> None:
    async def main() -> None:
        async with Peer(delay=lambda _: 60) as peer, Pool() as pool:
            endpoint = Endpoint(model="toy", url=f"{peer.url}/v1", timeout=0.2)
            await client(endpoint, NoKey(), pool).ainvoke(ASKED)

    with pytest.raises(openai.APITimeoutError):
        asyncio.run(main())


def argo(request: Seen) -> tuple[int, Any]:
    return 200, {"response": "Osk resin melts."}


NATIVE = {"kind": "argo", "url": "/argoapi/api/v1/resource/chat/", "user": "ada"}


def test_argos_own_interface_has_the_user_in_each_request_and_a_reply_of_one_field() -> None:
    [message], [request] = ask(argo, **NATIVE, model="gpt4o", max_tokens=90, extra={"top_p": 1})
    assert request.path == "/argoapi/api/v1/resource/chat/"
    assert request.body == {
        "user": "ada", "model": "gpt4o", "temperature": 0.0, "max_tokens": 90, "top_p": 1,
        "messages": [
            {"role": "system", "content": "Answer."}, {"role": "user", "content": "What melts?"},
        ],
    }  # fmt: skip
    assert message.text == "Osk resin melts."


def test_argos_models_that_think_first_get_the_field_they_know() -> None:
    request = seen(answer=argo, **NATIVE, model="gpto3", max_tokens=90)
    assert request.body["max_completion_tokens"] == 90
    assert not {"temperature", "max_tokens"} & set(request.body)


@pytest.mark.parametrize(
    "options",
    [{"extra_body": {"response_format": SCHEMA}}, {"tools": [TOOL]}, {"logprobs": True}],
)
def test_argos_own_interface_says_what_it_has_no_field_for(options: dict[str, Any]) -> None:
    [name] = options.get("extra_body", options)
    with pytest.raises(NotImplementedError, match=name):
        ask(argo, asked=[options], **NATIVE)


@pytest.mark.parametrize(
    "body", [{"response": None}, {"response": ""}, {"error": "no model"}, {}, "gone"]
)
def test_what_argo_sends_in_place_of_a_reply_is_never_taken_for_one(body: Any) -> None:
    if body == {"response": ""}:
        [message], _ = ask(lambda _: (200, body), **NATIVE)
        assert message.text == ""
        return
    with pytest.raises(ValueError):
        ask(lambda _: (200, body), **NATIVE)


def test_argos_newer_address_speaks_openais_protocol_with_the_users_name() -> None:
    request = seen(kind="argo", url="/argoapi/v1", user="ada", asked=[{"logprobs": True}])
    assert request.path == "/argoapi/v1/chat/completions"
    assert (request.body["user"], bearer(request)) == ("ada", "ada")
    assert request.body["logprobs"] is True
