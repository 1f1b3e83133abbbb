"""What the server's replies are made of. How they are written as bodies is left to `bodies`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

Body = dict[str, Any]


class MockToken(NamedTuple):
    """A token as it was written, with the log-likelihoods of what might stand there."""

    text: str
    tops: Mapping[str, float]


class ToolCall(NamedTuple):
    """A call of a tool."""

    name: str
    arguments: str
    """JSON, as the model wrote it."""


class Damage(StrEnum):
    """What can happen to a reply on its way."""

    MALFORMED = "malformed"
    """It arrives, but is no JSON; of a stream, one event is none."""
    UNFINISHED = "unfinished"
    """Of a stream, the first half, and then an end as if that were all."""
    TRUNCATED = "truncated"
    """The first half; then the connection is cut."""
    STALLED = "stalled"
    """The first half; then nothing, for ever."""
    HANG = "hang"
    """Nothing, for ever."""
    RESET = "reset"
    """The connection is reset before anything was said."""


@dataclass(frozen=True)
class MockReply:
    """One reply of a model."""

    text: str = ""
    """Where a request demands one tool, this is what it is called with."""
    tokens: Sequence[MockToken] = ()
    """Told only where likelihoods are asked for; without any, each token was certain."""
    finish: str = "stop"
    refusal: str | None = None
    calls: Sequence[ToolCall] = ()
    damage: Damage | None = None


class Fault(NamedTuple):
    """An answer sent as it stands, mostly an error in place of a reply."""

    status: int
    body: Body | str
    """A text is sent as it is, as the pages of proxies are."""
    headers: Mapping[str, str] = MappingProxyType({})


class MockRequest(NamedTuple):
    """A request as it arrived."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By names in lower case."""
    body: Body


Responder = Callable[[Body], MockReply | Fault | Awaitable[MockReply | Fault]]
"""What the server says to a request. An `async def` runs in the server's loop, any other in a
thread of its own, where it may wait."""
