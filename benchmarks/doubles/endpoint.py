"""The loopback server of `tools.endpoints.mock`, by the names that tests and benchmarks use."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from urllib.parse import urlsplit

from tools.endpoints.mock import (
    Body,
    Damage,
    Fault,
    Faults,
    MockEndpoint,
    MockReply,
    MockRequest,
    MockToken,
    Responder,
    ToolCall,
)
from tools.endpoints.mock.bodies import completion
from tools.endpoints.mock.errors import busy, declined, down, filtered
from tools.endpoints.mock.errors import wrong_key as no_key

__all__ = [
    "Body",
    "Damage",
    "Fault",
    "Faults",
    "MockEndpoint",
    "MockReply",
    "MockRequest",
    "MockToken",
    "Responder",
    "ToolCall",
    "busy",
    "completion",
    "declined",
    "down",
    "filtered",
    "no_key",
    "sent",
]


def sent(
    url: str, body: Body | bytes | None = None, method: str = "", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """One request without any client's opinions: status, headers and body of the response.

    body: None: a GET.
    """
    data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=60)
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method or ("GET" if data is None else "POST"), target, data, headers)
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return response.status, found, response.read()
    finally:
        connection.close()
