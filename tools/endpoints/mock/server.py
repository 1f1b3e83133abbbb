"""The server: a loopback address that speaks the protocol, in a thread with a loop of its own.

What it says is handed in; bodies, errors and faults are written next door.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from aiohttp import web

from tools.endpoints.mock import bodies, errors
from tools.endpoints.mock.checks import wrong_chat, wrong_embedding
from tools.endpoints.mock.faults import Faults, with_fault
from tools.endpoints.mock.replies import Body, Damage, Fault, MockReply, MockRequest, Responder
from tools.endpoints.mock.sending import EVENTS, JSON, damaged, sent, sent_whole, streamed

MODEL = "mock"
"""The one model it lists unless told of others."""
STATS = "/mock/stats"
AT_ONCE = 256
"""Threads for answers that may wait."""


@dataclass
class Stats:
    """What the server has seen. Connections are counted as requests arrive."""

    requests: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    connections: int = 0
    most_connections: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    """Requests by the fault that struck them."""


class MockEndpoint:
    """A running server. `with Endpoint(answer) as endpoint:` ends it and its thread.

    answer: what is said to each request of a completion; once for each of its `n` choices.
    latency: seconds until a reply begins.
    faults: which requests go wrong, and how.
    key: the only key it accepts; empty: any and none. Can be changed while it runs.
    models: those there are; none given: a request may name any.
    also: further paths at which completions are asked for, as some sites have them.
    write: bytes of a stream sent at once; 0: all of them.
    keep: whether requests are remembered in `requests`.
    port: 0: any that is free. Raises OSError where it is taken.

    What is in `stats`, with the processor time of its process, can be read at /mock/stats.
    """

    def __init__(
        self,
        answer: Responder,
        *,
        latency: float = 0.0,
        faults: Faults | None = None,
        key: str = "",
        models: Sequence[str] = (),
        also: Sequence[str] = (),
        write: int = 0,
        keep: bool = True,
        port: int = 0,
    ) -> None:
        self._answer, self._models, self._also = answer, tuple(models), tuple(also)
        self._latency, self._faults = latency, faults or Faults({})
        self._write, self._keep = write, keep
        self.key = key
        self.stats = Stats()
        self.requests: list[MockRequest] = []
        """Every POST, in the order of arrival."""
        self._pool = ThreadPoolExecutor(AT_ONCE, "mock-endpoint")
        self._started: Future[int] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(port)), daemon=True)
        self._thread.start()
        self._port = self._started.result()

    @property
    def asked(self) -> list[Body]:
        """The bodies of `requests`."""
        return [request.body for request in self.requests]

    @property
    def url(self) -> str:
        """What a client takes for its base."""
        return f"http://127.0.0.1:{self._port}/v1"

    def close(self) -> None:
        """Take no more requests; what is in flight is cut off."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    async def _serve(self, port: int) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        self._server = web.Server(self._handle, handler_cancellation=True, access_log=None)
        runner = web.ServerRunner(self._server, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port, backlog=1024)
        try:
            await site.start()
        except OSError as fault:
            await runner.cleanup()
            self._started.set_exception(fault)
            return
        self._started.set_result(runner.addresses[0][1])
        await self._ended.wait()
        await runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        stats = self.stats
        if request.path == STATS:
            return sent_whole({**vars(stats), "cpu_s": time.process_time()})
        stats.requests += 1
        number = stats.requests
        stats.in_flight += 1
        stats.connections = len(self._server.connections)
        stats.most_in_flight = max(stats.most_in_flight, stats.in_flight)
        stats.most_connections = max(stats.most_connections, stats.connections)
        try:
            return await self._reply(request, number)
        finally:
            stats.in_flight -= 1

    async def _reply(self, request: web.BaseRequest, number: int) -> web.StreamResponse:
        path, method = request.path, request.method
        body = _read(await request.content.read())
        if method == "POST" and self._keep:
            headers = {name.lower(): value for name, value in request.headers.items()}
            self.requests.append(MockRequest(path, dict(request.query), headers, body or {}))
        if fault := self._locked(request):
            return sent(fault)
        end = self._end(path)
        if end is None:
            return sent(errors.no_such_path(path, method))
        listing = end.startswith("models")
        if method != ("GET" if listing else "POST"):
            return sent(errors.no_such_method(path, method))
        if listing:
            return self._listed(end.partition("/")[2])
        if body is None:
            return sent(errors.not_json())
        return await self._answered(request, end, body, number)

    def _end(self, path: str) -> str | None:
        """Which of our ends a path leads to; None: to none."""
        if path in self._also:
            return "chat/completions"
        base, _, rest = path.partition("/v1/")
        if path.startswith("/openai/deployments/"):
            base, rest = "", path.split("/", 4)[-1]
        known = rest in ("chat/completions", "embeddings", "models") or rest.startswith("models/")
        return rest if known and base in ("", "/openai") else None

    def _locked(self, request: web.BaseRequest) -> Fault | None:
        if not self.key:
            return None
        given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        given = given or request.headers.get("api-key", "")
        if not given:
            return errors.no_key()
        return None if given == self.key else errors.wrong_key(given)

    def _listed(self, name: str) -> web.Response:
        names = self._models or (MODEL,)
        if not name:
            return sent_whole(bodies.models(names))
        if self._models and name not in names:
            return sent(errors.no_such_model(name))
        return sent_whole(bodies.model(name))

    async def _answered(
        self, request: web.BaseRequest, end: str, body: Body, number: int
    ) -> web.StreamResponse:
        chat = end == "chat/completions"
        fault = wrong_chat(body) if chat else wrong_embedding(body)
        if fault is None and self._models and body["model"] not in self._models:
            fault = errors.no_such_model(str(body["model"]))
        if fault:
            return sent(fault)
        name = self._faults.drawn(number)
        if name:
            self.stats.struck[name] += 1
        if fault := self._faults.error(name):
            return sent(fault)
        if self._latency:
            await asyncio.sleep(self._latency)
        if not chat:
            return await self._sent(
                request, bodies.embeddings(body), with_fault(MockReply(), name).damage
            )
        said = []
        for one in await self._said(body):
            if isinstance(one, Fault):
                return sent(one)
            said.append(with_fault(one, name))
        damage = next((one.damage for one in said if one.damage), None)
        if not body.get("stream"):
            return await self._sent(request, bodies.completion(body, said), damage)
        data = b"".join(bodies.events(body, said))
        if damage:
            return await damaged(request, data, EVENTS, damage, self._ended)
        return await streamed(request, data, self._write)

    async def _sent(
        self, request: web.BaseRequest, body: Body, damage: Damage | None
    ) -> web.StreamResponse:
        if damage is None:
            return sent_whole(body)
        return await damaged(request, bodies.encoded(body), JSON, damage, self._ended)

    async def _said(self, body: Body) -> list[MockReply | Fault]:
        """What is answered, for each choice."""
        count = body.get("n") or 1
        answer = self._answer
        if inspect.iscoroutinefunction(answer):
            return [await answer(body) for _ in range(count)]
        made = await self._loop.run_in_executor(
            self._pool, lambda: [answer(body) for _ in range(count)]
        )
        return [one if isinstance(one, MockReply | Fault) else await one for one in made]


def _read(raw: bytes) -> Body | None:
    """The body of a request; None where it is no JSON object."""
    try:
        body = json.loads(raw)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
