"""Put a reply on the wire: whole, or with the damage it takes on its way."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Mapping
from types import MappingProxyType
from uuid import uuid4

from aiohttp import web

from tools.endpoints.mock.bodies import encoded
from tools.endpoints.mock.replies import Body, Damage, Fault

JSON, EVENTS = "application/json", "text/event-stream; charset=utf-8"
_NOTHING: Mapping[str, str] = MappingProxyType({})
_AT_ONCE = struct.pack("ii", 1, 0)
"""Linger, for no time: what is closed so is reset."""


def _headers(kind: str) -> dict[str, str]:
    return {"content-type": kind, "x-request-id": f"req_{uuid4().hex}"}


def sent(fault: Fault) -> web.Response:
    """An answer as it stands."""
    plain = isinstance(fault.body, str)
    data = fault.body.encode() if isinstance(fault.body, str) else encoded(fault.body)
    headers = {**_headers("text/plain" if plain else JSON), **fault.headers}
    return web.Response(status=fault.status, body=data, headers=headers)


def sent_whole(body: Body) -> web.Response:
    """A reply in one piece."""
    return web.Response(body=encoded(body), headers=_headers(JSON))


async def streamed(request: web.BaseRequest, data: bytes, write: int) -> web.StreamResponse:
    """Events, so many bytes at once; 0: all of them."""
    response = web.StreamResponse(headers=_headers(EVENTS))
    await response.prepare(request)
    for at in range(0, len(data), write or len(data)):
        await response.write(data[at : at + (write or len(data))])
    return response


async def damaged(
    request: web.BaseRequest, data: bytes, kind: str, damage: Damage, ended: asyncio.Event
) -> web.StreamResponse:
    """What is left of a reply.

    kind: JSON or EVENTS. ended: set when the server goes; until then, what hangs, hangs.
    """
    if damage is Damage.HANG:
        await ended.wait()
    if damage in (Damage.HANG, Damage.RESET):
        return _reset(request)
    response = web.StreamResponse(headers=_headers(kind))
    half = len(data) // 2
    kept = data[:half]
    if kind == EVENTS and damage is Damage.MALFORMED:
        # An event in two is no JSON; the others are well.
        kept = data[:half] + b"\n\n" + data[half:]
    cut = damage in (Damage.TRUNCATED, Damage.STALLED)
    if kind == JSON:
        response.content_length = len(data) if cut else half
    await response.prepare(request)
    await response.write(kept)
    if damage is Damage.STALLED:
        await ended.wait()
    if cut and request.transport:
        request.transport.close()
    return response


def _reset(request: web.BaseRequest) -> web.Response:
    if request.transport:
        wire: socket.socket = request.transport.get_extra_info("socket")
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        request.transport.abort()
    return web.Response()
