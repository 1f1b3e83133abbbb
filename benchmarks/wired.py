"""A server in a process of its own, clients in theirs, and the load that they are measured with."""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from tools.endpoints.mock import Body, MockEndpoint, MockReply, Responder

WIDTH = 64
"""Chains, and so calls in flight."""
CALLS = 1_200
LATENCY = 0.2
WORDS = "The resin of osk was heated and its hardness measured once more. " * 125
"""8 KB, as the teacher's prompts have."""
REPLY = json.dumps({"nuggets": [{"claim": "Osk resin melts at 412 kelvin. " * 6}] * 6})
Ask = Callable[[str], Awaitable[str]]
"""One call: a prompt in, the text of the reply out."""
SPAWN = multiprocessing.get_context("spawn")


class Load(NamedTuple):
    """What a client did."""

    calls: int
    wall: float
    """Seconds."""
    cpu: float
    """Processor seconds of the client's process."""
    served: float
    """Processor seconds of the server's."""
    connections: int
    """At the same time, at most."""
    grown: float = 0.0
    """MiB that its memory grew by between a tenth of the calls and the last."""

    @property
    def over_ideal(self) -> float:
        """Its wall, where the latency alone would be 1."""
        return self.wall / (self.calls / WIDTH * LATENCY)

    @property
    def cpu_ms(self) -> float:
        """Of a call."""
        return 1e3 * self.cpu / self.calls


async def answer(body: Body) -> MockReply:  # noqa: ARG001
    """The same to everybody."""
    return MockReply(REPLY)


@contextmanager
def serving(latency: float, answer: Responder = answer) -> Iterator[str]:
    """The address of a server that answers every chat after so many seconds."""
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=_serve, args=(theirs, latency, answer), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send(None)
        process.join()


def _serve(wire: Connection, latency: float, answer: Responder) -> None:
    with MockEndpoint(answer, latency=latency, keep=False) as endpoint:
        wire.send(endpoint.url)
        wire.recv()


def apart(work: Callable[..., Any], *given: Any) -> Any:
    """What some work gives in a process of its own, which has imported nothing yet."""
    with ProcessPoolExecutor(1, SPAWN) as process:
        return process.submit(work, *given).result()


async def loaded(ask: Ask, url: str, calls: int) -> Load:
    """Chains of calls, each of which shows the end of the reply before, all at once."""
    await ask("warm up")
    quiet()
    before, numbers, resident = stats(url), iter(range(calls)), [0.0]
    started, used = time.perf_counter(), time.process_time()

    async def chain() -> None:
        seen = ""
        for number in numbers:
            seen = (await ask(f"{WORDS}{number} {seen[-40:]}"))[-40:]
            if number == calls // 10:
                resident[0] = _resident()

    await asyncio.gather(*(chain() for _ in range(WIDTH)))
    wall, cpu = time.perf_counter() - started, time.process_time() - used
    after = stats(url)
    return Load(
        calls, wall, cpu, after["cpu_s"] - before["cpu_s"], after["most_connections"],
        _resident() - resident[0],
    )  # fmt: skip


def quiet() -> None:
    """What was imported does not change any more: the collector need not look at it each time."""
    gc.collect()
    gc.freeze()


def stats(url: str) -> dict[str, Any]:
    """What the server has seen."""
    with urllib.request.urlopen(url.replace("/v1", "/mock/stats")) as reply:  # noqa: S310
        told: dict[str, Any] = json.load(reply)
    return told


def _resident() -> float:
    """MiB of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096 / 2**20


def body() -> dict[str, Any]:
    """What every client sends beside its messages: the schema of an extraction."""
    from prompts.replies import Extraction
    from tools.endpoints.endpoint import Mode
    from tools.replies.ask import request

    sent: dict[str, Any] = request(Extraction, Mode.SCHEMA)["extra_body"]
    return sent
