"""Do what a run would do as far as nobody need be asked: on a copy, with nobody to call.

What was paid for before is read in the ledger; every other call is noted, and answered with an
empty list. What the notes come to is told in `agent.forecast.estimates`.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatResult
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import SkipValidation

from agent.calls.connections import Connections
from agent.forecast.history import CHARACTERS
from agent.graphs.discover import build
from agent.graphs.nodes import always
from agent.progress import Reporter, Silent
from agent.settings import ModelSettings
from memory.records import (
    Call,
    Document,
    Extraction,
    Interest,
    Nugget,
    Paper,
    PaperStatus,
    Passage,
    Profile,
    Record,
    Relevance,
    Reply,
    Run,
)
from memory.store import Store
from tools.endpoints.connection import Terms
from tools.endpoints.endpoint import Mode
from tools.endpoints.ledger import Ledger

if TYPE_CHECKING:
    from agent.context import Context, RunContext
    from tools.endpoints.quick import QuickOpenAI

REQUEST = "request"
"""Where a reply of nobody keeps what it was asked."""
OF_A_PAPER: tuple[type[Record], ...] = (Document, Passage, Nugget, Extraction, Profile, Relevance)


@dataclass
class Notes:
    """A ledger that finds what another one holds, and keeps what is added to itself."""

    ledger: Ledger
    calls: dict[str, Call] = field(default_factory=dict)
    """What would be paid for, by key. Tokens in are those of the whole request."""
    requests: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Of these, the bodies of those that a client was there to write."""
    held: set[str] = field(default_factory=set)
    """Keys of what is paid for already."""

    async def find(self, key: str) -> Reply | None:
        """What is paid for already."""
        if reply := await self.ledger.find(key):
            self.held.add(key)
        return reply

    async def add(self, call: Call, reply: Reply | None) -> None:
        """Note a call that would be paid for."""
        self.calls[call.key] = call
        if reply and (request := reply.message.get("response_metadata", {}).get(REQUEST)):
            self.requests[call.key] = request

    async def spoil(self, key: str, reason: str) -> None:
        """Not to be done in a rehearsal."""


class SilentModel(BaseChatModel):
    """Says that there is nothing, to whatever it is asked, and how long the request was."""

    client: SkipValidation[Any] = None
    """A QuickOpenAI that would be sent the request, and says how it would look."""

    @property
    def _llm_type(self) -> str:
        return "nobody"

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        raise NotImplementedError

    async def ainvoke(self, input: Any, *args: Any, **options: Any) -> AIMessage:  # noqa: A002, ARG002
        """No callbacks, no tracing: nothing happens here."""
        written = sum(len(str(turn.content)) for turn in input)
        read = (written + (len(json.dumps(options)) if options else 0)) // CHARACTERS
        used: Any = {"input_tokens": read, "output_tokens": 0, "total_tokens": read}
        request = {REQUEST: self.client.payload(input, **options)} if self.client else {}
        return AIMessage("[]", usage_metadata=used, response_metadata=request)


@dataclass
class NoConnections(Connections):
    """Connections with nobody at the other end."""

    worked: Mapping[str, Mode] = field(default_factory=dict)
    """By a model's name, the way it answered lately."""
    clients: Mapping[str, QuickOpenAI] = field(default_factory=dict)
    """By an endpoint's section, whose requests are written."""

    def _model(self, name: str) -> tuple[BaseChatModel, str, Terms]:
        bound = self.settings.bound(name)
        if isinstance(bound, ModelSettings):
            called = f"hf:{self.settings.locate(bound.path)}"
            return SilentModel(), called, Terms(modes=(Mode.TEXT,), logprobs=False)
        # Ways that it declined are no calls; what it answered another way is in the ledger so.
        best = self.worked.get(bound.name, bound.modes[0])
        modes = bound.modes[bound.modes.index(best) :] if best in bound.modes else bound.modes
        model = SilentModel(client=self.clients.get(name))
        return model, bound.name, Terms(modes=modes, parameters=bound.parameters)


class _Quiet(Silent):
    """Tells of papers that are opened; nothing else is done in truth."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    def progress(self, stage: str, done: int, total: int, note: str = "") -> None:
        if stage == "papers opened":
            self._reporter.progress(stage, done, total, note)


@asynccontextmanager
async def copied(
    ctx: RunContext, notes: Notes, worked: Mapping[str, Mode], clients: Mapping[str, QuickOpenAI]
) -> AsyncIterator[RunContext]:
    """The same over an empty store that goes with it, with connections that call nobody."""

    def connect(say: Callable[[str], None]) -> NoConnections:
        return NoConnections(ctx.settings, notes, say=say, worked=worked, clients=clients)

    with ExitStack() as held:
        process = await asyncio.to_thread(_over_a_copy, ctx, connect, held)
        closing = held.pop_all()
    try:
        yield process.run("", _Quiet(ctx.reporter))
    finally:
        await asyncio.to_thread(closing.close)


def _over_a_copy(
    ctx: RunContext, connect: Callable[[Callable[[str], None]], NoConnections], held: ExitStack
) -> Context:
    """The process's context over an empty store in a folder of its own; `held` closes both."""
    from memory.lineage import Lineage

    place = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="goldpan-")))
    store = Store.open(place / "rehearsal.sqlite")
    held.callback(store.close)
    return ctx.process.over(store, Lineage(store, place / "models"), connect)


@dataclass(frozen=True)
class DryRun:
    """What a run would find."""

    papers: list[Paper]
    """All that the sources give, as they would be after reading."""
    screened: list[str]
    """Ids of those from which would be extracted."""
    extracted: list[str]
    """Of these, the ones from which was extracted before."""
    passages: int
    """Of those that were not."""
    nuggets: list[Nugget]
    """What is mined already, or would be without a call."""


async def discovered(ctx: RunContext, copy: RunContext, interest: Interest, run: Run) -> DryRun:
    """The discovery graph on the copy, up to where nuggets are there; models are asked nothing.

    ctx: whose store is read. A model that would be asked says nothing; where none is bound, nothing
    is mined.
    """
    await asyncio.to_thread(copy.store.put, interest, run)
    copy.process.run(run.id, copy.reporter)
    end = ["merge"] if speaks(ctx, interest) else ["extract", "profile"]
    graph = build(always(copy.process)).compile(
        checkpointer=InMemorySaver(), interrupt_after=["search"], interrupt_before=end
    )
    config: Any = {"configurable": {"thread_id": run.id}, "recursion_limit": 100}
    entry: Any = {"run": run.id, "interest": interest.id}
    await graph.ainvoke(entry, config)
    held = (await graph.aget_state(config)).values
    before = await asyncio.to_thread(_brought, ctx.store, copy.store, held["papers"])
    await graph.ainvoke(None, config)
    state = (await graph.aget_state(config)).values
    await copy.process.leave(run.id)
    return await asyncio.to_thread(_found, copy, state, before)


def _found(copy: RunContext, state: Mapping[str, Any], before: list[Extraction]) -> DryRun:
    screened, by = state["screened"], copy.engines.teacher.made_by
    done = [one.paper for one in before if one.made_by == by and one.paper in set(screened)]
    return DryRun(
        papers=copy.store.all(Paper, id=state["papers"]),
        screened=screened,
        extracted=done,
        passages=copy.store.count(Passage, paper=sorted(set(screened) - set(done))),
        nuggets=copy.store.all(Nugget, id=state.get("nuggets", [])),
    )


def speaks(ctx: RunContext, interest: Interest) -> bool:
    """Whether anybody that a run would ask is a model that is called."""
    from agent.settings import OFFLINE

    roles = ctx.settings.roles
    target = interest.target or roles.target
    return roles.teacher != OFFLINE or bool(roles.judge) or target in ctx.settings.endpoints


def _brought(store: Store, copy: Store, papers: list[str]) -> list[Extraction]:
    """Bring what is known of these papers into the copy; returns the finished extractions."""
    ours = (PaperStatus.READ, PaperStatus.SKIPPED)
    copy.put(*(paper for paper in store.all(Paper, id=papers) if paper.status in ours))
    for kind in OF_A_PAPER:
        copy.put(*store.all(kind, paper=papers))
    return [one for one in store.all(Extraction, paper=papers) if not one.lost]
