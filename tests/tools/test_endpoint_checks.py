"""Claims about what the doctor finds at an endpoint, and what it says is to be done."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from memory.errors import EndpointTrouble
from tests.tools.peer import Peer, Seen, completion
from tools.endpoints.checks import ORDER, Check, check, check_all
from tools.endpoints.endpoint import Endpoint
from tools.endpoints.keys import Key, NoKey

SECRET = "mandrake-58213"  # noqa: S105
LOGPROBS = {"content": [{"token": "ready", "logprob": -0.1, "bytes": None, "top_logprobs": []}]}


LEFT_OUT = ("command", "key", "model", "rest")
"""Told only where there is something to tell."""


class Server:
    """An endpoint that can do what it is told it can. pages: bodies of other paths."""

    def __init__(
        self,
        models: tuple[str, ...] | None = ("toy", "toy-large", "other"),
        lacks: tuple[str, ...] = (),
        pages: Mapping[str, Any] | None = None,
        status: int = 200,
        listed: Mapping[str, Any] | None = None,
    ) -> None:
        self.models = models
        self.lacks = lacks
        self.pages = pages or {}
        self.status = status
        self.listed = listed or {}

    def __call__(self, request: Seen) -> tuple[int, Any]:
        if self.status != 200:
            return self.status, {"error": {"message": f"no, {SECRET}", "code": "invalid_api_key"}}
        if request.path in self.pages:
            return 200, self.pages[request.path]
        if request.path.endswith("/models") and self.models is not None:
            return 200, {"object": "list", "data": [{"id": m, **self.listed} for m in self.models]}
        if request.method == "GET":
            return 404, "page not found"
        for field in self.lacks:
            if field in request.body:
                return 400, {"error": {"message": f"unknown field {field}"}}
        return 200, self._said(request.body)

    def _said(self, body: Mapping[str, Any]) -> dict[str, Any]:
        if "tools" in body:
            called = {"name": "Ready", "arguments": '{"ready": true}'}
            calls = [{"id": "t1", "type": "function", "function": called}]
            return completion(None, tool_calls=calls, finish_reason="tool_calls")
        said = completion('{"ready": true}' if "response_format" in body else "ready")
        said["choices"][0]["logprobs"] = LOGPROBS if body.get("logprobs") else None
        return said


class Known:
    """A key that is known."""

    secrets = (SECRET,)

    async def get(self) -> str:
        return SECRET

    def refuse(self, key: str) -> bool:
        return False


def look(
    server: Server, key: Key | None = None, wait: bool = False, **said: Any
) -> dict[str, Check]:
    """The checks by their name without the endpoint's."""

    async def main() -> list[Check]:
        async with Peer(server) as peer:
            told = {"model": "toy", "url": f"{peer.url}/v1", "context": 9000, **said}
            return await check("mine", Endpoint(**told), key or NoKey(), wait=wait)

    return {one.name.removeprefix("mine "): one for one in asyncio.run(main())}


def test_an_endpoint_that_can_do_all_is_told_of_in_a_few_lines() -> None:
    found = look(Server(), price_in=1, price_out=2)
    assert tuple(found) == tuple(one for one in ORDER if one not in LEFT_OUT)
    assert all(one.ok and not one.fix for one in found.values())
    assert found["price"].found == "1 read, 2 written, a million"


def test_a_model_that_is_not_there_is_told_with_those_of_like_names() -> None:
    found = look(Server(models=("qwen3-8b", "org/Toy-7B-Instruct", "llama")), model="toy-7b")
    assert not found["model"].ok
    assert "org/Toy-7B-Instruct" in found["model"].fix
    assert "answers" not in found, "no call is made to a model that is not there"


def test_ollamas_names_need_no_latest() -> None:
    found = look(Server(models=("toy:latest",)), kind="ollama")
    assert found["answers"].ok


def test_a_server_without_a_list_is_asked_all_the_same() -> None:
    assert look(Server(models=None))["answers"].ok


def test_a_refused_key_is_told_and_not_shown() -> None:
    found = look(Server(status=401), Known())
    assert not found["key"].ok
    assert SECRET not in str(found)
    assert "[key]" in found["key"].found


def test_a_key_that_is_missing_is_told_before_any_call() -> None:
    class Missing(NoKey):
        async def get(self) -> str:
            raise EndpointTrouble("key", "The environment variable A is not set.", "Set it.")

    found = look(Server(), Missing())
    assert (found["key"].ok, found["key"].fix) == (False, "Set it.")


@pytest.mark.parametrize(("kind", "fix"), [("ollama", "ollama serve"), ("compatible", "url")])
def test_a_server_that_is_not_there_is_told_with_how_to_start_it(kind: str, fix: str) -> None:
    endpoint = Endpoint(kind=kind, model="toy", url="http://127.0.0.1:9/v1")
    [reachable, *_] = asyncio.run(check("mine", endpoint, NoKey()))
    assert (reachable.name, reachable.ok) == ("mine reachable", False)
    assert fix in reachable.fix


@pytest.mark.parametrize(
    ("field", "name", "advice"),
    [
        ("response_format", "JSON schema", 'modes = ["function_calling", "text"]'),
        ("tools", "tool calls", 'modes = ["json_schema", "text"]'),
        ("logprobs", "log-probabilities", "logprobs = false"),
    ],
)
def test_what_an_endpoint_cannot_do_is_a_note_and_no_fault(
    field: str, name: str, advice: str
) -> None:
    found = look(Server(lacks=(field,)))
    assert found[name].ok
    assert found[name].found == "no"
    assert advice in found[name].fix


@pytest.mark.parametrize(
    ("kind", "pages", "listed"),
    [
        ("vllm", {}, {"max_model_len": 4096}),
        ("llamacpp", {}, {"meta": {"n_ctx": 4096, "n_ctx_train": 40960}}),
        ("llamacpp", {"/props": {"default_generation_settings": {"n_ctx": 4096}}}, {}),
        ("lmstudio", {"/api/v0/models/toy": {"id": "toy", "max_context_length": 99999,
                                             "loaded_context_length": 4096}}, {}),
        ("ollama", {"/api/ps": {"models": [{"name": "toy:latest", "context_length": 4096}]}}, {}),
    ],
)  # fmt: skip
def test_each_server_tells_its_context_in_its_own_place(
    kind: str, pages: dict[str, Any], listed: dict[str, Any]
) -> None:
    server = Server(pages=pages, listed=listed)
    found = look(server, kind=kind, context=0)["context"]
    assert (found.ok, found.found) == (False, "4096 tokens")
    found = look(server, kind=kind, context=9000)["context"]
    assert (found.ok, found.found) == (False, "4096 tokens, the settings say 9000")


def test_a_context_that_nobody_tells_is_a_note() -> None:
    found = look(Server(), context=0)["context"]
    assert found.ok
    assert "context" in found.fix


def test_a_price_that_is_not_known_is_a_note_and_a_server_of_ones_own_costs_nothing() -> None:
    assert look(Server())["price"].fix
    assert look(Server(), kind="vllm")["price"] == Check(
        "mine price", True, "0 read, 0 written, a million"
    )


async def slow(kind: str, wait: bool = False) -> list[Check]:
    """An endpoint that takes longer to reply than a look at it."""
    async with Peer(Server(), delay=lambda request: 0.3 if request.body else 0) as peer:
        endpoint = Endpoint(kind=kind, model="toy", url=f"{peer.url}/v1")
        return await check("mine", endpoint, NoKey(), limit=0.1, wait=wait)


@pytest.mark.parametrize("kind", ["alcf", "ollama"])
def test_a_cold_start_is_told_with_patience(kind: str) -> None:
    """A model that ALCF has to load first answers after a quarter of an hour."""
    [reachable, answers, _] = asyncio.run(slow(kind))
    assert reachable.ok
    assert answers.ok
    assert "loading" in answers.found
    assert "goldpan doctor --wait" in answers.fix


def test_what_was_not_seen_in_time_is_no_fault_of_an_endpoint_that_answers() -> None:
    def delay(request: Seen) -> float:
        return 60 if "tools" in request.body else 0

    async def main() -> list[Check]:
        async with Peer(Server(), delay) as peer:
            endpoint = Endpoint(kind="openai", model="toy", url=f"{peer.url}/v1")
            return await check("mine", endpoint, NoKey(), limit=1)

    found = {one.name: one for one in asyncio.run(main())}
    assert found["mine answers"].ok
    assert found["mine rest"].ok
    assert "--wait" in found["mine rest"].fix


def test_whoever_should_answer_at_once_is_told_of_otherwise() -> None:
    [_, answers, _] = asyncio.run(slow("openai"))
    assert not answers.ok


@pytest.mark.parametrize(
    ("status", "name"),
    [(401, "key"), (403, "key"), (404, "model"), (429, "answers"), (503, "answers")],
)
def test_what_a_call_meets_is_told_under_its_name_with_something_to_do(
    status: int, name: str
) -> None:
    fault = look(Server(status=status))[name]
    assert not fault.ok
    assert fault.found
    assert fault.fix


def test_with_wait_the_endpoints_own_patience_is_what_counts() -> None:
    found = asyncio.run(slow("alcf", wait=True))
    assert [one.name for one in found if one.name == "mine answers" and one.ok]
    assert not [one for one in found if "loading" in one.found]


def test_a_server_to_be_started_needs_only_its_command() -> None:
    async def main(*command: str) -> list[Check]:
        endpoint = Endpoint(kind="served", model="toy", command=command)
        return await check("mine", endpoint, NoKey())

    assert asyncio.run(main("sh", "-c"))[0].ok
    assert not asyncio.run(main("no-such-server"))[0].ok


def test_several_endpoints_are_told_in_their_order() -> None:
    async def main() -> list[Check]:
        async with Peer(Server()) as peer:
            endpoints = {
                name: Endpoint(model="toy", url=f"{peer.url}/v1") for name in ("b", "a", "c")
            }
            return await check_all(endpoints, lambda _: NoKey())

    assert list(dict.fromkeys(one.name[0] for one in asyncio.run(main()))) == ["b", "a", "c"]
