"""A server of chat completions on this machine: the real protocol, answered by a function.

For tests, benchmarks and rehearsals: faults come in the shapes that real endpoints were recorded
to send. No model is behind it unless the function asks one.
"""

from __future__ import annotations

from tools.endpoints.mock.faults import Faults
from tools.endpoints.mock.replies import (
    Body,
    Damage,
    Fault,
    MockReply,
    MockRequest,
    MockToken,
    Responder,
    ToolCall,
)
from tools.endpoints.mock.server import MockEndpoint, Stats

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
    "Stats",
    "ToolCall",
]
