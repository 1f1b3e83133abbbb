"""A server on this machine that notes what it is asked, and answers as it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Self

from aiohttp import web

Body = dict[str, Any]


class Seen(NamedTuple):
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: Body
    sender: object
    """Which connection it came by."""


Answer = Callable[[Seen], tuple[int, Any]]


def completion(content: str | None = "Osk.", **more: Any) -> Body:
    """A whole reply; more: fields of its message, or `finish_reason`."""
    finish = more.pop("finish_reason", "stop")
    message = {"role": "assistant", "content": content, "refusal": None, **more}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
    usage = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
    return {
        "id": "c1", "object": "chat.completion", "created": 1, "model": "toy",
        "choices": [choice], "usage": usage,
    }  # fmt: skip


class Peer:
    """Runs in the loop of the test."""

    def __init__(
        self,
        answer: Answer = lambda _: (200, completion()),
        delay: Callable[[Seen], float] = lambda _: 0,
    ) -> None:
        """delay: seconds until it answers."""
        self._answer = answer
        self._delay = delay
        self.seen: list[Seen] = []
        self.url = ""

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=2**26)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.Response:
        content = await request.read()
        seen = Seen(
            request.method, request.path, dict(request.query), request.headers,
            json.loads(content) if content[:1] == b"{" else {}, request.transport,
        )  # fmt: skip
        self.seen.append(seen)
        status, body = self._answer(seen)
        await asyncio.sleep(self._delay(seen))
        if isinstance(body, str):
            return web.Response(status=status, text=body)
        headers = {"Location": body["location"]} if status // 100 == 3 else None
        return web.json_response(body, status=status, headers=headers)
