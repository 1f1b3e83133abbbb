"""Model servers that Goldpan starts itself: on this machine; elsewhere by the same interface."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

from memory.errors import EndpointTrouble
from tools.endpoints.endpoint import Endpoint

ASK = 0.5
"""Seconds between two looks at a server that is starting."""


class ModelServer(Protocol):
    """A server of the chat-completions protocol, on this machine or behind a tunnel to a job."""

    async def start(self) -> str:
        """The address of its protocol once it answers; at once where it runs already.

        Raises EndpointTrouble where it ended, or did not answer for all its patience.
        """
        ...

    async def alive(self) -> bool:
        """Whether it runs."""
        ...

    async def stop(self) -> None:
        """End it, with its children; a second time does nothing."""
        ...


class LocalServer:
    """A server on this machine. It ends with this process, however that ends."""

    def __init__(
        self, endpoint: Endpoint, log: Path, say: Callable[[str], None] = lambda _: None
    ) -> None:
        """endpoint: of kind served. log: gets all that it prints. say: told while it loads."""
        self._endpoint = endpoint
        self._log = log
        self._say = say
        self._running: asyncio.subprocess.Process | None = None
        self._port = 0
        self._starting = asyncio.Lock()

    @property
    def url(self) -> str:
        """Where it is, once it was started."""
        return f"http://127.0.0.1:{self._port}/v1"

    async def alive(self) -> bool:
        """Whether its process runs."""
        return self._running is not None and self._running.returncode is None

    async def start(self) -> str:
        """Its address once it lists its models; all who wait for it wait for the same start."""
        async with self._starting:
            if not await self.alive():
                await self._start()
        return self.url

    async def _start(self) -> None:
        self._port = _free_port()
        filled = {"{port}": str(self._port), "{model}": self._endpoint.model}
        command = [_filled(part, filled) for part in self._endpoint.command]
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._running = await self._started(command, log)
        try:
            async with asyncio.timeout(self._endpoint.stamina):
                await self._answers()
        except TimeoutError:
            await self.stop()
            raise self._trouble(f"did not answer within {self._endpoint.stamina:g} s") from None
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Its pipe is closed, and `parent_watch` ends it."""
        if self._running is None:
            return
        if self._running.stdin:
            self._running.stdin.close()
        with suppress(ProcessLookupError):
            await self._running.wait()
        self._running = None

    async def _started(self, command: list[str], log: IO[bytes]) -> asyncio.subprocess.Process:
        watch = Path(__file__).with_name("parent_watch.py")
        return await asyncio.create_subprocess_exec(
            sys.executable, "-I", str(watch), *command, stdin=asyncio.subprocess.PIPE, stdout=log,
            stderr=log, start_new_session=True,
        )  # fmt: skip

    async def _answers(self) -> None:
        import aiohttp

        started = told = time.monotonic()
        async with aiohttp.ClientSession() as session:
            while True:
                with suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get(f"{self.url}/models") as response:
                        if response.status == 200:
                            return
                if not await self.alive():
                    raise self._trouble("ended before it answered")
                if time.monotonic() - told > 30:
                    told = time.monotonic()
                    self._say(f"{self._endpoint.model} is loading ({told - started:.0f} s)")
                await asyncio.sleep(ASK)

    def _trouble(self, what: str) -> EndpointTrouble:
        lines = self._log.read_text("utf-8", "replace").strip().splitlines()
        last = f' Its last word: "{lines[-1][:200]}".' if lines else ""
        return EndpointTrouble(
            "down",
            f"{self._endpoint.command[0]} {what}.{last}",
            f"All it said is in {self._log}.",
        )


def _filled(part: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        part = part.replace(name, value)
    return part


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
