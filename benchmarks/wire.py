"""What a call of a model costs beside the model: waiting, processor time, connections, memory.

Four minutes on two idle cores. Wall times suffer from whatever else the machine does.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks import wired_graph
from benchmarks.figures import Figure, Part, Plot, Table
from benchmarks.wired import CALLS, LATENCY, WIDTH, Ask, Load, apart, body, loaded, serving

REPEATS = 3
MANY = 20_000
HITS = 2_000
ABOUT = f"""
A server on this machine, in a process of its own, speaks the chat-completions protocol and answers
after {LATENCY} s. {WIDTH} chains of calls run at once, {CALLS:,} calls in all, each with a prompt
of 8 KB that ends with what the call before was told, and with the schema of an extraction. Ideal
is {CALLS} / {WIDTH} × {LATENCY} s = {CALLS / WIDTH * LATENCY:.2f} s.

Measured is Goldpan's own way: its connection, with limiter and retries, through langchain's client
over a pool of aiohttp's; and the same with a ledger, where each call waits to be looked up, and
then to be on disk. Beside it two peers in their default settings, one client for all calls:
`ChatOpenAI` of langchain-openai and `AsyncOpenAI` of openai. They send the same body. Each client
runs in a fresh process; turns are alternated, and medians of {REPEATS} are told. Memory is told for
{MANY:,} calls with the ledger at no latency, between the {MANY // 10:,}th and the last. In every
process the garbage collector is told to leave what was imported alone.

Through the graph: the step of the discovery graph that asks the teacher, with its checkpoints and
its store on disk, on {wired_graph.PAPERS} made papers of eight or nine calls each, after a first
one on {wired_graph.FEW} that loads what is loaded once. A reply holds one nugget, whose claim is no
copy of its quote; the table has also {wired_graph.MANY} a reply, where code spends more time on
checking and keeping nuggets than on calls. This step keeps one processor busy, so that its wall
follows the processor's speed of the moment; the clients' processor time in the same table tells it.
"""
GRAPHS = {
    "discovery graph, one nugget a reply": wired_graph.one,
    f"discovery graph, {wired_graph.MANY} nuggets a reply": wired_graph.many,
}


@asynccontextmanager
async def line(url: str, folder: Path | None) -> AsyncIterator[Ask]:
    """Goldpan's way. folder: where the ledger is; None: no ledger."""
    from agent.calls.ledger import StoreLedger
    from memory.store import Store
    from prompts import Message
    from tools.endpoints.clients import Pool, client
    from tools.endpoints.connection import Connection, Terms
    from tools.endpoints.endpoint import Endpoint
    from tools.endpoints.keys import NoKey

    store = Store.open(folder / "goldpan.sqlite") if folder else None
    ledger = StoreLedger(store) if store else None
    extra = body()
    async with Pool() as pool:
        endpoint = Endpoint(model="m", url=url, in_flight=WIDTH)
        model = client(endpoint, NoKey(), pool)
        talking = Connection(model, endpoint.name, Terms(in_flight=WIDTH), ledger=ledger)

        async def ask(prompt: str) -> str:
            turns = [Message("system", "List the nuggets."), Message("user", prompt)]
            return (await talking.ask(turns, "extract@1", extra_body=extra)).text

        yield ask
    if ledger and store:
        ledger.close()
        store.close()


@asynccontextmanager
async def line_alone(url: str) -> AsyncIterator[Ask]:
    """Goldpan's way without a ledger."""
    async with line(url, None) as ask:
        yield ask


@asynccontextmanager
async def line_noted(url: str) -> AsyncIterator[Ask]:
    """Goldpan's way, each call on disk."""
    with tempfile.TemporaryDirectory() as folder:
        async with line(url, Path(folder)) as ask:
            yield ask


@asynccontextmanager
async def langchain(url: str) -> AsyncIterator[Ask]:
    """langchain-openai as its documentation shows it."""
    from langchain_core.messages import HumanMessage, SystemMessage
    from langchain_openai import ChatOpenAI

    model, extra = ChatOpenAI(base_url=url, api_key="k", model="m"), body()

    async def ask(prompt: str) -> str:
        turns = [SystemMessage("List the nuggets."), HumanMessage(prompt)]
        return str((await model.ainvoke(turns, extra_body=extra)).text)

    yield ask
    await model.root_async_client.close()


@asynccontextmanager
async def plain(url: str) -> AsyncIterator[Ask]:
    """The openai package as its documentation shows it."""
    from openai import AsyncOpenAI

    extra = body()
    async with AsyncOpenAI(base_url=url, api_key="k") as client:

        async def ask(prompt: str) -> str:
            reply = await client.chat.completions.create(
                model="m",
                messages=[
                    {"role": "system", "content": "List the nuggets."},
                    {"role": "user", "content": prompt},
                ],
                extra_body=extra,
            )
            return reply.choices[0].message.content or ""

        yield ask


CLIENTS = {
    "Goldpan": line_noted,
    "Goldpan without its ledger": line_alone,
    "ChatOpenAI": langchain,
    "AsyncOpenAI": plain,
}


def load(name: str, url: str, calls: int) -> Load:
    """One client under the load."""

    async def under_load() -> Load:
        async with CLIENTS[name](url) as ask:
            return await loaded(ask, url, calls)

    return asyncio.run(under_load())


def turns(names: Sequence[str], calls: int, repeats: int, latency: float) -> dict[str, list[Load]]:
    """Each client so many times, in turns."""
    found: dict[str, list[Load]] = {name: [] for name in names}
    for _ in range(repeats):
        for name in names:
            with serving(latency) as url:
                found[name].append(apart(load, name, url, calls))
    return found


def through_the_graph(papers: int, repeats: int, latency: float) -> dict[str, list[Load]]:
    """The graph's step, with short and with long replies."""
    found: dict[str, list[Load]] = {name: [] for name in GRAPHS}
    for _ in range(repeats):
        for name, answer in GRAPHS.items():
            with serving(latency, answer) as url:
                found[name].append(apart(wired_graph.extracted, url, papers)[0])
    return found


def hits(url: str, calls: int) -> float:
    """Processor milliseconds of a call that is read in the ledger."""

    async def twice() -> float:
        async with line_noted(url) as ask:
            taken = 0.0
            for _ in range(2):
                before = time.process_time()
                for first in range(0, calls, WIDTH):
                    some = range(first, min(first + WIDTH, calls))
                    await asyncio.gather(*(ask(f"hit {at}") for at in some))
                taken = time.process_time() - before
            return 1e3 * taken / calls

    return asyncio.run(twice())


class Middle(NamedTuple):
    """Medians of what one client did."""

    over_ideal: float
    cpu_ms: float
    connections: float

    @classmethod
    def of(cls, loads: Sequence[Load]) -> Middle:
        """Of some repetitions."""
        return cls(
            median(one.over_ideal for one in loads),
            median(one.cpu_ms for one in loads),
            median(one.connections for one in loads),
        )


def measure(data: Path) -> Part:  # noqa: ARG001
    """All of it."""
    found = turns(tuple(CLIENTS), CALLS, REPEATS, LATENCY)
    [many] = turns(("Goldpan",), MANY, 1, 0.0)["Goldpan"]
    with serving(0.0) as url:
        hit = apart(hits, url, HITS)
    found |= through_the_graph(wired_graph.PAPERS, REPEATS, LATENCY)
    return part_of(found, many, hit)


def part_of(found: Mapping[str, Sequence[Load]], many: Load, hit: float) -> Part:
    """The part of the page."""
    middles = {name: Middle.of(loads) for name, loads in found.items()}
    alone, ours = middles["Goldpan without its ledger"], middles["Goldpan"]
    graph = middles[next(iter(GRAPHS))]
    figures = (
        Figure(name="wall over ideal", value=alone.over_ideal, aim=1.15, better="lower", n=CALLS),
        Figure(
            name="wall over ideal with every call on disk", value=ours.over_ideal, aim=1.25,
            better="lower", n=CALLS,
        ),
        Figure(
            name="wall over ideal through the discovery graph", value=graph.over_ideal, aim=1.25,
            better="lower", n=found[next(iter(GRAPHS))][0].calls,
        ),
        Figure(
            name="processor time of a call, on disk", value=ours.cpu_ms, unit="ms", aim=3,
            better="lower",
        ),
        Figure(name="connections", value=ours.connections, aim=WIDTH, better="lower"),
        Figure(
            name=f"memory gained over {many.calls:,} calls", value=many.grown, unit="MiB", aim=8,
            better="lower", n=many.calls,
        ),
        Figure(
            name="processor time of a call that is in the ledger", value=hit, unit="ms", aim=1,
            better="lower", n=HITS,
        ),
    )  # fmt: skip
    rows = tuple(
        (name, round(one.over_ideal, 2), round(one.cpu_ms, 2), int(one.connections))
        for name, one in middles.items()
    )
    return Part.of(
        "wire",
        "Calls of models over the wire",
        ABOUT,
        ("langchain-openai", "langchain-core", "openai", "aiohttp"),
        figures=figures,
        tables=(
            Table(
                title=f"{WIDTH} calls in flight",
                columns=("calls by", "wall over ideal", "CPU ms a call", "connections"),
                rows=rows,
            ),
        ),
        plots=(
            Plot(
                name="wall",
                title=f"Wall over ideal, {WIDTH} calls in flight",
                labels=tuple(middles),
                bars={"wall over ideal": tuple(one.over_ideal for one in middles.values())},
                aim=1.15,
            ),
        ),
    )
