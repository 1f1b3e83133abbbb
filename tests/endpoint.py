"""The loopback server of `tools.endpoints.mock`, by the names that tests and benchmarks use."""

from __future__ import annotations

from tools.endpoints.mock import (
    Answer,
    Asked,
    Body,
    Called,
    Damage,
    Endpoint,
    Fault,
    Faults,
    Said,
    Token,
)
from tools.endpoints.mock.bodies import completion
from tools.endpoints.mock.errors import busy, declined, down, filtered
from tools.endpoints.mock.errors import wrong_key as no_key

__all__ = [
    "Answer",
    "Asked",
    "Body",
    "Called",
    "Damage",
    "Endpoint",
    "Fault",
    "Faults",
    "Said",
    "Token",
    "busy",
    "completion",
    "declined",
    "down",
    "filtered",
    "no_key",
]
