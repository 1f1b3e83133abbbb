"""A run's calls by way of a file: written for a batch job, whose replies are put in the ledger.

What can be written beforehand is what a dry run counts. The run that follows finds the replies
paid for; what depends on them (questions about nuggets that they bring) is another file.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import openai
from langchain_core.messages import AIMessage
from pydantic import BaseModel, ValidationError

from agent.calls.ledger import LARGEST
from agent.forecast.estimates import rehearsed
from agent.settings import OFFLINE, Settings, variable
from memory.errors import BadInput, NothingToDo
from memory.records import Call, now
from prompts import Message
from tools.endpoints import batch
from tools.endpoints.clients import PlainChat, Pool, client
from tools.endpoints.connection import Connection, Terms
from tools.endpoints.endpoint import Endpoint
from tools.endpoints.faults import fault_of
from tools.endpoints.gather import gather
from tools.endpoints.keys import Key, NoKey, key_of
from tools.endpoints.sending import Sent

if TYPE_CHECKING:
    from agent.context import Context
    from agent.progress import Reporter
    from agent.workspace import Workspace
    from memory.records import Interest
    from tools.endpoints.quick import QuickOpenAI

BATCHED = ("alcf",)
"""Kinds whose batches are submitted here; other providers have tools of their own for that."""


class BatchCalls(BaseModel):
    """What a file of requests asks for. Lies beside it, as `FILE.calls`."""

    endpoint: str
    """Its section in the settings."""
    calls: list[Call]
    """One for each request, not yet made."""

    @classmethod
    def beside(cls, file: Path) -> BatchCalls:
        """Raises BadInput where there is none, or it cannot be read."""
        try:
            return cls.model_validate_json(_calls(file).read_bytes())
        except (OSError, ValidationError) as fault:
            raise BadInput(
                f"{_calls(file)} cannot be read ({type(fault).__name__}).",
                "goldpan batch write makes it with the file of requests: keep the two together.",
            ) from None


class WrittenBatch(NamedTuple):
    """What a file of requests holds of a run."""

    calls: Counter[str]
    """By prompt."""
    paid: int
    """Calls that are paid for already."""
    elsewhere: int
    """Calls of other endpoints, which are not in the file."""


class Added(NamedTuple):
    """What came of the results."""

    outcomes: Counter[str]
    """Of replies that are in the ledger now: `Call.outcome`."""
    before: int
    """Replies that were there already."""
    failed: Counter[str]
    """Requests without a reply, by the reason."""
    left_out: Counter[str]
    """Lines of the results that were no use, by what they are."""


def endpoint_of(settings: Settings, name: str = "") -> tuple[str, Endpoint]:
    """The endpoint of that name, else the teacher's, with its name. Raises NoSuch, BadInput."""
    name = name or settings.roles.teacher
    bound = settings.bound(name) if name != OFFLINE else None
    if not isinstance(bound, Endpoint):
        raise BadInput(f"{name} is no endpoint.", "Name one: --endpoint NAME, of [endpoints.NAME].")
    return name, bound


async def written(
    context: Context,
    interest: Interest,
    file: Path,
    name: str = "",
    reporter: Reporter | None = None,
    **options: Any,
) -> WrittenBatch:
    """Write what a run would ask of an endpoint, as far as that is known beforehand.

    options: as the run's. Raises BadInput where the file is there or cannot be, NothingToDo where
    nothing is to be asked.
    """
    name, endpoint = endpoint_of(context.settings, name)
    if await asyncio.to_thread(file.exists):
        raise BadInput(f"{file} is there already.", "Name another, or remove it.")
    async with _connected(endpoint, NoKey()) as model:
        _, estimate = await rehearsed(context, interest, {name: model}, reporter, **options)
    notes = estimate.notes
    calls = [notes.calls[key] for key in notes.requests]
    if not calls:
        told = f"{len(notes.held):,} calls are paid for already" if notes.held else "none is known"
        raise NothingToDo(f"{name} would not be asked anything that is known beforehand: {told}.")
    # The rehearsal's run is none.
    asked = BatchCalls(endpoint=name, calls=[call.replace(run="") for call in calls])
    await asyncio.to_thread(_put, notes.requests, asked, file)
    by_prompt = Counter(call.prompt.partition("@")[0] for call in calls)
    return WrittenBatch(by_prompt, len(notes.held), len(notes.calls) - len(calls))


async def collected(space: Workspace, file: Path, results: Path) -> Added:
    """Put the replies to a file's requests in the ledger, each once. Raises BadInput, NoSuch."""
    asked = await asyncio.to_thread(BatchCalls.beside, file)
    _, endpoint = endpoint_of(space.settings, asked.endpoint)
    calls = {call.key: call for call in asked.calls}
    ids = [call.id for call in asked.calls]
    noted = {call.key for call in await asyncio.to_thread(space.store.all, Call, id=ids)}
    found = await asyncio.to_thread(_results, results, calls)
    failed, outcomes = Counter(found.failed.values()), Counter[str]()
    replies = {key: body for key, body in found.replies.items() if key not in noted}
    ours = space.connections()
    async with _connected(endpoint, NoKey()) as model:
        line = Connection(
            model, endpoint.name, Terms(price=endpoint.price),
            ledger=ours.ledger, trace=ours.trace,
        )  # fmt: skip

        async def note(key: str, messages: list[Message]) -> None:
            try:
                reply = _said(model, replies.pop(key, None))
            except ValueError as fault:
                failed[str(fault)] += 1
                return
            call = calls[key].model_copy(update={"time": now()})
            call, _ = await line.note(call, messages, Sent(1, 0.0, reply))
            outcomes[call.outcome] += 1

        new = (one for one in _requests(file) if one[0] in replies)
        while some := await asyncio.to_thread(lambda: list(islice(new, LARGEST))):
            await gather(note(*one) for one in some)
    failed[f"its request is not in {file} any more"] += len(replies)
    return Added(outcomes, len(noted & found.replies.keys()), +failed, found.left_out)


async def submitted(settings: Settings, file: Path, there: str, folder: str) -> str:
    """The id of a batch of a file's requests. Both paths are the provider's own.

    Raises BadInput where batches of that kind are not submitted here, EndpointTrouble, BadReply.
    """
    asked = await asyncio.to_thread(BatchCalls.beside, file)
    _, endpoint = endpoint_of(settings, asked.endpoint)
    async with _batches(endpoint) as batches:
        return await batches.submit(there, folder)


async def status(settings: Settings, name: str, of: str) -> tuple[str, str]:
    """How far a batch is, and where its results lie once it is completed.

    name: of an endpoint; empty: the teacher's. Raises as `submitted`.
    """
    _, endpoint = endpoint_of(settings, name)
    async with _batches(endpoint) as batches:
        state = await batches.status(of)
        if state not in batch.ENDED:
            return state, ""
        return state, (await batches.result(of, state)).results_file


@asynccontextmanager
async def _batches(endpoint: Endpoint) -> AsyncIterator[batch.Batches]:
    if endpoint.kind not in BATCHED:
        raise BadInput(
            f"Batches of kind {endpoint.kind} are not submitted here.",
            "Hand the file in by its provider's own means, then: goldpan batch collect.",
        )
    key = key_of(endpoint, variable)
    async with _connected(endpoint, key) as model:
        try:
            yield batch.Batches(model)
        except (openai.OpenAIError, ConnectionError, TimeoutError) as raised:
            if (fault := fault_of(raised, key.secrets)) is None:
                raise
            raise fault.trouble from None


@asynccontextmanager
async def _connected(endpoint: Endpoint, key: Key) -> AsyncIterator[PlainChat]:
    """The client of an endpoint. Raises BadInput where that speaks a protocol of its own."""
    async with Pool() as pool:
        model = client(endpoint, key, pool)
        if not isinstance(model, PlainChat):
            raise BadInput(f"{endpoint.name} does not take requests in OpenAI's format.")
        yield model


def _put(requests: Mapping[str, dict[str, Any]], asked: BatchCalls, file: Path) -> None:
    try:
        batch.write(requests, file)
        _calls(file).write_text(asked.model_dump_json(), encoding="utf-8")
    except (OSError, ValueError) as fault:
        raise BadInput(f"{file} cannot be written: {fault}.") from None


def _results(file: Path, calls: Mapping[str, Call]) -> batch.Collected:
    try:
        with file.open("rb") as lines:
            return batch.collect(lines, calls)
    except OSError as fault:
        raise BadInput(f"{file} cannot be read: {fault.strerror}.") from None


def _calls(file: Path) -> Path:
    return file.with_name(f"{file.name}.calls")


def _requests(file: Path) -> Iterator[tuple[str, list[Message]]]:
    """The requests of a file: id and messages."""
    try:
        with file.open("rb") as lines:
            for line in lines:
                told = json.loads(line)
                turns = told["body"]["messages"]
                yield told["custom_id"], [Message(one["role"], one["content"]) for one in turns]
    except (OSError, ValueError, LookupError, TypeError) as fault:
        raise BadInput(f"{file} is not as it was written ({type(fault).__name__}).") from None


def _said(model: QuickOpenAI, body: dict[str, Any] | None) -> AIMessage:
    """A reply as `ainvoke` would give it. Raises ValueError where the body is no completion."""
    result = model.completed(body)
    first = result.generations[0]
    if not isinstance(first.message, AIMessage):
        raise ValueError(f"the endpoint sent a {type(first.message).__name__}")
    told: dict[str, Any] = {**(result.llm_output or {}), **(first.generation_info or {})}
    told |= first.message.response_metadata
    return first.message.model_copy(update={"response_metadata": told})
