"""A chat model for each endpoint, over one pool of connections. What is asked is not here.

langchain's client for OpenAI does the work; a class of our own stands only where one differs.
"""

from __future__ import annotations

import json
import os
import platform
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2
import openai
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult
from langchain_openai import ChatOpenAI
from pydantic import Field, SkipValidation

from tools.endpoints.argo import ArgoChat
from tools.endpoints.endpoint import Endpoint
from tools.endpoints.keys import Key, scrub
from tools.endpoints.quick import QuickOpenAI
from tools.endpoints.served import LocalServer, ModelServer

CONNECT = 30
"""Seconds for a connection to stand; a model may take long to answer, its server may not."""
NOWHERE = "http://127.0.0.1:9/v1"
"""The address of a server that was not started; an empty one would be OpenAI's."""
UNUSED = "unused"
"""Sent as the key where none is needed: the client insists on one."""
_ITSELF = ("openai", "azure", "cerebras")
"""Kinds that take OpenAI's present names for things; other servers still know the old ones."""
_STEADY = re.compile(r"o\d|gpt-[5-9](?!.*chat)")
"""OpenAI's models that think first: they decline any temperature but their own."""


class Pool:
    """The connections of one run and one event loop, and the servers it started; closed together.

    logs: folder for what servers print. say: told while one is loading.
    """

    def __init__(
        self, logs: Path | None = None, say: Callable[[str], None] = lambda _: None
    ) -> None:
        self._clients: list[httpx2.AsyncClient] = []
        self._servers: list[ModelServer] = []
        self._logs = logs or Path(tempfile.gettempdir())
        self._say = say

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    def connect(self, endpoint: Endpoint) -> httpx2.AsyncClient:
        """A client for one endpoint, with as many connections as it may have calls in flight.

        aiohttp beneath: httpx's own pool takes five times as long with 64 calls in flight.
        """
        client = openai.DefaultAioHttpClient(
            timeout=httpx2.Timeout(endpoint.timeout, connect=min(CONNECT, endpoint.timeout)),
            limits=httpx2.Limits(max_connections=endpoint.most_in_flight),
            event_hooks={"request": [_Dress(endpoint)]},
            # Keys and papers go where the settings say, and nowhere that an answer points to.
            follow_redirects=False,
        )
        self._clients.append(client)
        return client

    def serve(self, endpoint: Endpoint) -> ModelServer:
        """A server for one endpoint; it is started when its model is first asked."""
        log = self._logs / f"served-{os.getpid()}-{len(self._servers)}.log"
        self._servers.append(LocalServer(endpoint, log, self._say))
        return self._servers[-1]

    async def aclose(self) -> None:
        """Close all of them; a second time does nothing."""
        while self._clients:
            await self._clients.pop().aclose()
        while self._servers:
            await self._servers.pop().stop()


class _Dress:
    """Makes the headers of a request right for its endpoint."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._named = bool(endpoint.api_version) and not endpoint.key_command
        self._ours = endpoint.kind == "openai"
        # Here and not in the model: tracers copy what a model is made of.
        self._more = endpoint.headers

    async def __call__(self, request: httpx2.Request) -> None:
        if self._named:
            # Azure's dated interface takes a bearer's token from its directory only.
            bearer = request.headers.pop("Authorization", "")
            request.headers["api-key"] = bearer.removeprefix("Bearer ")
        if not self._ours:
            # The client reads these from the environment, and would tell them to anybody.
            request.headers.pop("OpenAI-Organization", None)
            request.headers.pop("OpenAI-Project", None)
        request.headers.update(self._more)


class PlainChat(QuickOpenAI):
    """Any server of the chat-completions protocol; asynchronous calls only."""

    key: SkipValidation[Any] = Field(exclude=True, repr=False)

    @property
    def _llm_type(self) -> str:
        return "goldpan-chat"

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        """One call; one more where the key was refused and there is a newer one."""
        try:
            try:
                return await super()._agenerate(messages, stop, run_manager, **kwargs)
            except openai.AuthenticationError as fault:
                sent = fault.request.headers.get("Authorization", "").removeprefix("Bearer ")
                if not self.key.refuse(sent):
                    raise
            return await super()._agenerate(messages, stop, run_manager, **kwargs)
        except openai.APIStatusError as fault:
            raise _without(self.key.secrets, fault) from None


def _without(secrets: Sequence[str], fault: openai.APIStatusError) -> openai.APIStatusError:
    """The same fault where its body repeats no key: tracers copy it before anybody else looks."""
    told = fault.response.text
    if (clean := scrub(told, secrets)) == told:
        return fault
    kept = ("content-type", "retry-after", "retry-after-ms")
    response = httpx2.Response(
        fault.status_code,
        headers={name: value for name in kept if (value := fault.response.headers.get(name))},
        text=clean,
        request=fault.request,
    )
    body = json.loads(scrub(json.dumps(fault.body), secrets))
    return type(fault)(scrub(fault.message, secrets), response=response, body=body)


class ServedChat(PlainChat):
    """A model whose server is started when it is first asked, or has died since."""

    server: SkipValidation[Any] = Field(exclude=True, repr=False)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        """One call. Raises EndpointTrouble where the server does not start."""
        self.root_async_client.base_url = await self.server.start()
        return await super()._agenerate(messages, stop, run_manager, **kwargs)


class OwnChat(PlainChat, ChatOpenAI):
    """OpenAI itself, and who follows its present names (`max_completion_tokens`)."""


def client(endpoint: Endpoint, key: Key, pool: Pool) -> BaseChatModel:
    """The model behind an endpoint: `ainvoke` with `extra_body`, `tools`, `logprobs` and the like.

    It never tries again by itself but for a key that was refused. Raises, when it is called,
    EndpointTrouble where there is no key, and else what the openai package raises.
    """
    # The package asks a subprocess what machine this is, at its first request; kept from then on.
    platform.platform()
    settings: dict[str, Any] = {
        "model": endpoint.model,
        "temperature": None if _unwanted(endpoint) else endpoint.temperature,
        "max_tokens": endpoint.max_tokens,
        "http_async_client": pool.connect(endpoint),
        "extra_body": endpoint.extra or None,
        "seed": endpoint.seed,
    }
    base, named = endpoint.base, endpoint.user

    async def bearer() -> str:
        return await key.get() or named or UNUSED

    if endpoint.kind == "argo":
        if not base.endswith("/v1"):
            return ArgoChat.at(endpoint, settings["http_async_client"])
        settings["extra_body"] = {"user": named, **endpoint.extra}
    if endpoint.kind == "azure" and endpoint.api_version:
        base = f"{base}/openai/deployments/{endpoint.model}"
        settings["default_query"] = {"api-version": endpoint.api_version}
    kind: type[PlainChat] = OwnChat if endpoint.kind in _ITSELF else PlainChat
    if endpoint.kind == "served" and not base:
        kind, base = ServedChat, NOWHERE
        settings["server"] = pool.serve(endpoint)
    return kind(
        **settings,
        base_url=base,
        # Asked for at each call: so no object of the client holds a key, and none is ever stale.
        api_key=bearer,
        key=key,
        timeout=endpoint.timeout,
        max_retries=0,
        stream_usage=True,
        use_responses_api=False,
    )


def _unwanted(endpoint: Endpoint) -> bool:
    """Whether the model declines the temperature that nobody has asked for."""
    asked = "temperature" in endpoint.model_fields_set
    return not asked and endpoint.kind in _ITSELF and bool(_STEADY.match(endpoint.model))
