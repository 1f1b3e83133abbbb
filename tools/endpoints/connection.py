"""One endpoint as a run speaks to it: each call paid for once and written down.

What is asked is the caller's matter, and so is reading the text that comes back.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.runnables import RunnableConfig
from langsmith.utils import tracing_is_enabled

from memory.errors import BadReply, EndpointTrouble
from memory.records import Call, Reply, digest
from prompts import Message
from tools.endpoints.completion import Completion, completion_of, kept
from tools.endpoints.endpoint import UNBOUNDED, Mode
from tools.endpoints.ledger import Account, Budget, Ledger, account
from tools.endpoints.limiter import Limiter
from tools.endpoints.sending import Flight, Sender, Sent

_TURNS: dict[str, type[BaseMessage]] = {
    "system": SystemMessage,
    "user": HumanMessage,
    "assistant": AIMessage,
}


class Terms(NamedTuple):
    """What is settled with one endpoint, beside the model itself."""

    modes: tuple[Mode, ...] = tuple(Mode)
    """Ways to answer in a schema, the best first."""
    logprobs: bool = True
    parameters: Mapping[str, Any] = {}
    """What shapes its replies (temperature, ...): with others it is another call."""
    most_tokens: int = UNBOUNDED
    """Of one reply; for budgets."""
    in_flight: int = 64
    patience: float = 120
    """Seconds to go on trying one call."""
    price: Callable[[int, int], float | None] = lambda _read, _written: None
    """Tokens read and written to money; None where that is not known."""
    secrets: Callable[[], Sequence[str]] = tuple
    """What must never stand in the words of a fault."""


class Connection:
    """A model to be asked. Belongs to one event loop.

    name: what stands in every record, e.g. `openai:gpt-5`; a client's own name may be an address.
    role: what it is bound as. trace: given every call with its messages and its reply.
    say: told when the endpoint keeps us waiting.
    """

    def __init__(
        self,
        model: BaseChatModel,
        name: str,
        terms: Terms | None = None,
        *,
        role: str = "",
        ledger: Ledger | None = None,
        budget: Budget | None = None,
        limiter: Limiter | None = None,
        trace: Callable[[dict[str, Any]], None] | None = None,
        say: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self.terms = terms or Terms()
        self._role = role
        self._ledger = ledger
        self._budget = budget
        self._trace = trace
        self._sender = Sender(
            model, name, limiter or Limiter(self.terms.in_flight), self.terms.patience,
            say=say, sleep=sleep, secrets=self.terms.secrets,
        )  # fmt: skip
        self._flights: dict[str, Flight] = {}

    @property
    def sent(self) -> int:
        """Requests sent, every attempt counted."""
        return self._sender.attempts

    async def ask(
        self, messages: Sequence[Message], prompt: str, turn: int = 0, **options: Any
    ) -> Completion:
        """What the model says; from the ledger, where it was asked the same before.

        prompt: name and version. turn: tells the same call from itself where it is made again on
        purpose. options: more arguments of the request.
        Raises BadReply where this call gave no answer, EndpointTrouble or BudgetReached where no
        other would. A caller that is called away leaves a request that is sent to end and to be
        noted; one that is not is sent for nobody.
        """
        told = {**self.terms.parameters, **{name: _plain(value) for name, value in options.items()}}
        parameters = json.dumps(told, sort_keys=True, default=str)
        asked = digest(*messages)
        key = digest(self.name, prompt, asked, parameters, turn)
        flight = self._flights.get(key)
        if flight is None:
            whose = account.get()
            call = Call(
                key=key, role=self._role, model=self.name, prompt=prompt, input_sha256=asked,
                parameters=parameters, run=whose.run, interest=whose.interest,
            )  # fmt: skip
            flight = self._flights[key] = Flight()
            flight.task = asyncio.create_task(self._answered(call, messages, options, flight))
            flight.task.add_done_callback(lambda _: self._landed(key, flight))
        flight.callers += 1
        try:
            heard: Completion = await asyncio.shield(flight.task)
        finally:
            flight.callers -= 1
            if not (flight.callers or flight.sent):
                self._landed(key, flight)
                flight.task.cancel()
        return heard

    async def spoil(self, heard: Completion, reason: str) -> None:
        """The reply could not be read after all: asked again, it is not taken from the ledger."""
        if self._ledger:
            await self._ledger.spoil(heard.key, reason)

    async def close(self, grace: float = 0.0) -> None:
        """Wait so many seconds for the requests that are sent, then give up all of them."""
        flights = list(self._flights.values())
        sent = {flight.task for flight in flights if flight.sent}
        left = {flight.task for flight in flights} - sent
        for task in left:
            task.cancel()
        if sent:
            await asyncio.wait(sent, timeout=grace)
        for task in sent:
            task.cancel()
        await asyncio.gather(*sent, *left, return_exceptions=True)

    def _landed(self, key: str, flight: Flight) -> None:
        """Whoever asks the same from now on is another call."""
        if self._flights.get(key) is flight:
            del self._flights[key]
        # One that nobody waits for any more must not complain of how it ended.
        if flight.task.done() and not flight.task.cancelled():
            flight.task.exception()

    async def _answered(
        self, call: Call, messages: Sequence[Message], options: Mapping[str, Any], flight: Flight
    ) -> Completion:
        if self._ledger and (held := await self._ledger.find(call.key)):
            return completion_of(AIMessage(**held.message), call.key, cached=True)
        if self._sender.dead:
            raise self._sender.dead.with_traceback(None)
        if self._budget is None:
            call, heard = await self._heard(call, messages, options, flight)
        else:
            read = _most_read(messages, options)
            price = self.terms.price(read, self.terms.most_tokens)
            tokens = read + self.terms.most_tokens
            whose = Account(call.run, call.interest)
            held_back = await self._budget.reserve(whose, tokens, price)
            try:
                call, heard = await self._heard(call, messages, options, flight)
            finally:
                spent = call.tokens_in + call.tokens_out
                await self._budget.settle(held_back, spent, call.cost)
        if isinstance(heard, Exception):
            raise heard.with_traceback(None)
        return heard

    async def _heard(
        self, call: Call, messages: Sequence[Message], options: Mapping[str, Any], flight: Flight
    ) -> tuple[Call, Completion | Exception]:
        """The call as it went and what was heard."""
        turns = [_TURNS[message.role](content=message.text) for message in messages]
        sent = await self._sender.send(turns, options, call.run, flight, _named(call))
        return await self.note(call, messages, sent)

    async def note(
        self, call: Call, messages: Sequence[Message], sent: Sent
    ) -> tuple[Call, Completion | Exception]:
        """A call as it went, here or elsewhere, and what was heard; both are put on disk."""
        call = self._counted(call, messages, sent)
        heard: Completion | Exception
        reply = None
        try:
            heard = _understood(sent, call.key)
            outcome = "cut" if heard.cut else "ok"
        except (BadReply, EndpointTrouble) as trouble:
            heard, outcome = trouble, trouble.reason
        if sent.message is not None and outcome != "empty":
            # What a model decided stays decided; an empty reply may be an accident.
            reply = Reply(key=call.key, message=kept(sent.message))
        call = call.model_copy(update={"outcome": outcome})
        if sent.attempts and self._ledger:
            await self._ledger.add(call, reply)
        if self._trace:
            row = {**call.model_dump(), "messages": messages, "reply": sent.message}
            await asyncio.to_thread(self._trace, row)
        return call, heard

    def _counted(self, call: Call, messages: Sequence[Message], sent: Sent) -> Call:
        """The call with what it took."""
        took: dict[str, Any] = {"attempts": sent.attempts, "latency": round(sent.latency, 3)}
        if sent.message is not None:
            used = sent.message.usage_metadata
            # Where it is not told: four characters a token, as English text has.
            read = used["input_tokens"] if used else sum(len(m.text) for m in messages) // 4
            wrote = used["output_tokens"] if used else len(str(sent.message.text)) // 4
            cost = self.terms.price(read, wrote)
            took |= {"tokens_in": read, "tokens_out": wrote, "cost": cost or 0.0}
            took |= {"priced": cost is not None}
        return call.model_copy(update=took)


def _understood(sent: Sent, key: str) -> Completion:
    if sent.trouble:
        raise sent.trouble
    if sent.message is None:
        raise BadReply("error_body", "The endpoint sent no reply.")
    return completion_of(sent.message, key)


def _named(call: Call) -> RunnableConfig | None:
    """What a tracing service is told of a call beside its words; None where there is none."""
    if not tracing_is_enabled():
        return None
    whose = {"role": call.role, "run": call.run, "interest": call.interest}
    return {"run_name": call.prompt, "metadata": whose}


def _plain(option: Any) -> Any:
    """An option as a ledger keeps it: the schema of a reply, long and always the same, by hash."""
    return option if isinstance(option, str | int | float | None) else digest(option)


def _most_read(messages: Sequence[Message], options: Mapping[str, Any]) -> int:
    """Most tokens of a request: a token has two bytes or more in nearly any text."""
    written = sum(len(message.text.encode("utf-8", "replace")) for message in messages)
    return (written + len(json.dumps(options, default=str))) // 2
