"""Send a request until it is answered, as long as that helps. What is asked is not known here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    stop_all,
    stop_any,
    wait_random_exponential,
)
from tenacity.stop import stop_base

from memory.errors import BadReply, EndpointTrouble
from tools.endpoints.faults import Fault, fault_of, salvaged
from tools.endpoints.gate import Gate

DEAF = 3
"""At least so many requests in a row unanswered for all our patience, and as many as may be in
flight: then nobody is there."""
HICCUPS = 3
"""Attempts at most where the body is no reply: a gateway's hiccup, or always so."""
QUIET = 5.0
"""Seconds of waiting that need no word to the user."""
_BACKOFF = wait_random_exponential(multiplier=0.5, max=60)


class Sent(NamedTuple):
    """How a request went."""

    attempts: int
    """0: it was never sent."""
    latency: float
    """Seconds of the last attempt."""
    message: AIMessage | None
    trouble: BadReply | EndpointTrouble | None = None
    """Why there is no message."""


class Sender:
    """One endpoint. What would fail for every request alike is met once.

    patience: seconds to go on trying a request; at least one more attempt is made.
    say: told when it keeps us waiting. secrets: never stand in the words of a trouble.
    """

    def __init__(
        self,
        model: BaseChatModel,
        name: str,
        gate: Gate,
        patience: float = 120,
        *,
        say: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        secrets: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._model = model
        self._name = name
        self._gate = gate
        self._patience = patience
        self._say = say
        self._sleep = sleep
        self._secrets = secrets
        self._unanswered = 0
        self._told = False
        self.dead: EndpointTrouble | None = None
        """Why no other request is sent."""
        self.attempts = 0
        """Of all requests."""

    async def send(
        self, turns: list[BaseMessage], options: Mapping[str, Any], run: str = ""
    ) -> Sent:
        """One request, in as many attempts as it takes. run: whose turn at the gate it is."""
        attempts, latency = 0, 0.0
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(_Again),
            wait=_wait,
            stop=stop_any(
                _Hiccups(), stop_all(stop_after_attempt(2), _Patience(self._patience))
            ),
            sleep=self._sleep,
            before_sleep=self._waiting,
            reraise=True,
        )
        try:
            async for trial in retrying:
                with trial:
                    async with self._gate.slot(run) as number:
                        if self.dead:
                            raise self.dead
                        attempts += 1
                        started = time.monotonic()
                        try:
                            message = await self._once(turns, options, number)
                        finally:
                            latency = time.monotonic() - started
        except _Again as raised:
            return Sent(attempts, latency, None, self._given_up(raised.fault.trouble))
        except (BadReply, EndpointTrouble) as trouble:
            return Sent(attempts, latency, None, trouble)
        if self._told:
            self._say(f"{self._name} answers.")
        self._unanswered, self._told = 0, False
        return Sent(attempts, latency, message)

    async def _once(
        self, turns: list[BaseMessage], options: Mapping[str, Any], number: int
    ) -> AIMessage:
        """One attempt. Raises _Again where another may help, else what it is."""
        self.attempts += 1
        try:
            message = await self._model.ainvoke(turns, **options)
        except Exception as raised:
            if text := salvaged(raised):
                return AIMessage(text)
            if (fault := fault_of(raised, self._secrets())) is None:
                raise
            if fault.trouble.reason == "busy":
                self._gate.busy(number, fault.after)
            if fault.again:
                raise _Again(fault) from raised
            if isinstance(fault.trouble, EndpointTrouble):
                self.dead = fault.trouble
            raise fault.trouble from raised
        self._gate.went_well()
        if not isinstance(message, AIMessage):
            raise BadReply("error_body", f"The endpoint sent a {type(message).__name__}.")
        return message

    def _given_up(self, trouble: BadReply | EndpointTrouble) -> BadReply | EndpointTrouble:
        """What giving a request up means: enough of them in a row, and the endpoint is down."""
        if trouble.reason == "error_body":
            return trouble
        self._unanswered += 1
        if self._unanswered >= max(DEAF, self._gate.most) and not self.dead:
            self.dead = EndpointTrouble(
                "down",
                f"{self._unanswered} requests in a row got no answer from {self._name}. "
                f"{trouble.what}",
                "See what is the matter (goldpan doctor), then: goldpan runs resume.",
            )
        return self.dead or trouble

    def _waiting(self, state: RetryCallState) -> None:
        """Say why nothing happens: once, until it answers again."""
        fault = _fault(state)
        if not self._told and state.seconds_since_start and fault.trouble.reason != "error_body":
            ahead = state.seconds_since_start + state.upcoming_sleep
            if ahead >= QUIET:
                self._told = True
                self._say(
                    f"{self._name} keeps us waiting. {fault.trouble.what} "
                    f"Trying again for up to {self._patience:.0f} s."
                )


class _Again(Exception):
    """Another attempt may help."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault.trouble))
        self.fault = fault


def _fault(state: RetryCallState) -> Fault:
    raised = state.outcome.exception() if state.outcome else None
    assert isinstance(raised, _Again)  # noqa: S101  only these are tried again
    return raised.fault


def _wait(state: RetryCallState) -> float:
    """Longer from attempt to attempt, by chance; never shorter than the endpoint asked for."""
    return max(_BACKOFF(state), _fault(state).after or 0.0)


class _Patience(stop_base):
    """Whether the next attempt would come too late."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __call__(self, retry_state: RetryCallState) -> bool:
        # What was slept counts even if it took no time, as in a test.
        waited = max(retry_state.seconds_since_start or 0.0, retry_state.idle_for)
        return waited + retry_state.upcoming_sleep > self._seconds


class _Hiccups(stop_base):
    """Too many bodies that were no reply."""

    def __call__(self, retry_state: RetryCallState) -> bool:
        hiccup = _fault(retry_state).trouble.reason == "error_body"
        return hiccup and retry_state.attempt_number >= HICCUPS
