"""Send a request until it is answered, as long as that helps. What is asked is not known here."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import RunnableConfig

from memory.errors import BadReply, EndpointTrouble
from tools.endpoints.faults import FailedAttempt, fault_of, salvaged
from tools.endpoints.limiter import Limiter

DEAF = 3
"""At least so many requests in a row unanswered for all our patience, and as many as may be in
flight, or for so many times our patience: then nobody is there."""
HICCUPS = 3
"""Attempts at most where the body is no reply: a gateway's hiccup, or always so."""
QUIET = 5.0
"""Seconds of waiting that need no word to the user."""
FIRST, LONGEST = 0.5, 60.0
"""Seconds: the longest pause after the first attempt, and after any."""


class Flight:
    """A request on its way."""

    task: asyncio.Task[Any]
    callers = 0
    """Who wait for it."""
    sent = False
    """On the wire, or answered: it is paid for, and to be seen to its end."""


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

    patience: seconds to go on trying a request. One more attempt is made even so, unless the
    endpoint asks to be left for longer than that and for more than a minute.
    say: told when it keeps us waiting. secrets: never stand in the words of a trouble.
    """

    def __init__(
        self,
        model: BaseChatModel,
        name: str,
        limiter: Limiter,
        patience: float = 120,
        *,
        say: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        secrets: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._model = model
        self._name = name
        self._limiter = limiter
        self._patience = patience
        self._longest = max(patience, LONGEST)
        self._say = say
        self._sleep = sleep
        self._secrets = secrets
        self._unanswered = 0
        self._silent_since = 0.0
        self._told = False
        self.dead: EndpointTrouble | None = None
        """Why no other request is sent."""
        self.attempts = 0
        """Of all requests."""

    async def send(
        self,
        turns: list[BaseMessage],
        options: Mapping[str, Any],
        run: str = "",
        flight: Flight | None = None,
        config: RunnableConfig | None = None,
    ) -> Sent:
        """One request, in as many attempts as it takes.

        run: whose turn at the limiter it is. flight: told whether it is sent. config: for tracers.
        """
        flight = flight or Flight()
        began, attempts, slept, latency = 0.0, 0, 0.0, 0.0
        while True:
            async with self._limiter.slot(run) as number:
                if self.dead:
                    return Sent(attempts, latency, None, self.dead)
                attempts += 1
                flight.sent = True
                at = time.monotonic()
                heard = await self._once(turns, options, number, config)
                latency = time.monotonic() - at
            if isinstance(heard, AIMessage):
                return Sent(attempts, latency, heard)
            began = began or at
            pause = max(_backoff(attempts), heard.after or 0.0)
            # What was slept counts even if it took no time, as in a test.
            waited = max(time.monotonic() - began, slept)
            if not self._worth_it(heard, attempts, waited + pause):
                return Sent(attempts, latency, None, self._given_up(heard, began))
            self._waiting(heard, waited + pause)
            flight.sent = False
            await self._sleep(pause)
            slept += pause

    async def _once(
        self,
        turns: list[BaseMessage],
        options: Mapping[str, Any],
        number: int,
        config: RunnableConfig | None,
    ) -> AIMessage | FailedAttempt:
        """One attempt."""
        self.attempts += 1
        try:
            message = await self._model.ainvoke(turns, config, **options)
        except Exception as raised:
            if text := salvaged(raised):
                return AIMessage(text)
            if (fault := fault_of(raised, self._secrets())) is None:
                raise
            if fault.trouble.reason == "busy":
                self._limiter.busy(number, min(fault.after or 0.0, self._longest))
            elif fault.trouble.reason != "down":
                self._answers()
            return fault
        self._limiter.went_well()
        self._answers()
        if not isinstance(message, AIMessage):
            return FailedAttempt(
                BadReply("error_body", f"The endpoint sent a {type(message).__name__}.")
            )
        return message

    def _answers(self) -> None:
        """The endpoint lives, whatever it said."""
        if self._told:
            self._say(f"{self._name} answers.")
        self._unanswered, self._told = 0, False

    def _worth_it(self, fault: FailedAttempt, attempts: int, ahead: float) -> bool:
        """Whether to try again, so many seconds after the first attempt."""
        if not fault.again or (fault.trouble.reason == "error_body" and attempts >= HICCUPS):
            return False
        again = attempts == 1 and (fault.after or 0.0) <= self._longest
        return again or ahead <= self._patience

    def _given_up(self, fault: FailedAttempt, began: float) -> BadReply | EndpointTrouble:
        """Why there is no message; what would meet every other request ends them all."""
        trouble = fault.trouble
        if isinstance(trouble, EndpointTrouble):
            self.dead = self.dead or trouble
        if trouble.reason not in ("busy", "down"):
            return trouble
        self._unanswered += 1
        if self._unanswered == 1:
            self._silent_since = began
        # A limiter that lets one in at a time must not make this take an hour.
        silent = time.monotonic() - self._silent_since > DEAF * self._longest
        enough = DEAF if silent else max(DEAF, self._limiter.most)
        if self._unanswered >= enough and not self.dead:
            self.dead = EndpointTrouble(
                "down",
                f"{self._unanswered} requests in a row got no answer from {self._name}. "
                f"{trouble.what}",
                "See what is the matter (goldpan doctor), then: goldpan runs resume.",
            )
        return self.dead or trouble

    def _waiting(self, fault: FailedAttempt, ahead: float) -> None:
        """Say why nothing happens: once, until it answers again."""
        if not self._told and ahead >= QUIET and fault.trouble.reason != "error_body":
            self._told = True
            self._say(
                f"{self._name} keeps us waiting. {fault.trouble.what} "
                f"Trying again for up to {self._patience:.0f} s."
            )


def _backoff(attempts: int) -> float:
    """Seconds to wait: longer from attempt to attempt, by chance, so that not all come at once."""
    return random.uniform(0, min(LONGEST, FIRST * 2.0 ** min(attempts - 1, 10)))  # noqa: S311
