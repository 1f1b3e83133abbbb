"""A server of chat completions on this machine: the real protocol, answered by a function.

For tests, benchmarks and rehearsals: faults come in the shapes that real endpoints were recorded
to send. No model is behind it unless the function asks one.
"""

from __future__ import annotations

from tools.endpoints.mock.fates import Faults
from tools.endpoints.mock.kinds import Answer, Asked, Body, Called, Damage, Fault, Said, Token
from tools.endpoints.mock.server import Endpoint, Stats

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
    "Stats",
    "Token",
]
