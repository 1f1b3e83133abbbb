"""The discovery graph's own step that asks a teacher, on made papers, over the wire."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.wired import WIDTH, Load, quiet, stats
from tools.endpoints.mock import Body, MockReply

PAPERS = 150
FEW = 8
PASSAGES = 80
"""Of 800 characters each: a paper takes eight calls."""
SENTENCE = "Osk sample {} melts at {} kelvin under a pressure of {} bar."
FILLER = " The resin was dried, weighed and stored in the dark before it was measured again." * 9
_SAID = re.compile(re.escape(SENTENCE).replace(r"\{\}", r"\d+"))
MANY = 4
"""Nuggets in a long reply."""


async def one(body: Body) -> MockReply:
    """One nugget: what is left is the calls."""
    return _said(body, 1)


async def many(body: Body) -> MockReply:
    """As many as a teacher finds in 8 KB of dense text: each is checked by code, and stored."""
    return _said(body, MANY)


def _said(body: Body, count: int) -> MockReply:
    """Some sentences of the passages that are shown, as a teacher quotes them."""
    more = {"kind": "finding", "entities": ["osk"], "keywords": ["resin"], "sure": 9}
    found = _SAID.findall(body["messages"][-1]["content"])[:count]
    candidates = [{"claim": _reworded(sentence), "quote": sentence, **more} for sentence in found]
    return MockReply(json.dumps({"nuggets": candidates}))


def _reworded(sentence: str) -> str:
    """The claim: as most teachers' ones, no copy of its quote."""
    what, _, under = sentence.rstrip(".").partition(" under ")
    return f"Under {under}, {what}."


def extracted(url: str, papers: int) -> tuple[Load, int]:
    """What the step took for so many papers, and how many nuggets it gave.

    A first step with few papers has loaded whatever is loaded once, as in a run of many.
    """
    for count in (FEW, papers):
        with tempfile.TemporaryDirectory() as home:
            found = asyncio.run(_extracted(url, Path(home), count))
    return found


async def _extracted(url: str, home: Path, papers: int) -> tuple[Load, int]:
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    from agent.graphs.discover import build
    from agent.graphs.nodes import always
    from agent.services import runs
    from agent.workspace import Workspace
    from memory.records import Interest, Nugget

    folder = _written(home, url, papers)
    with Workspace.open(home, own="benchmark") as space:
        interest = Interest(name="osk", topic="osk", sources=(f"folder:{folder}",))
        space.store.add(interest)
        run = runs.start(space, "discover", interest)
        context = space.context
        # Reading is measured elsewhere, and would take longer than all the calls.
        context.read = _read

        config: Any = {"configurable": {"thread_id": run.id}, "recursion_limit": 100}
        async with AsyncSqliteSaver.from_conn_string(str(home / "checkpoints.sqlite")) as saver:
            graph = build(always(context)).compile(checkpointer=saver, interrupt_before=["merge"])
            updates = graph.astream(
                {"run": run.id, "interest": interest.id}, config,
                stream_mode="updates", durability="sync",
            )  # fmt: skip
            async for update in updates:
                if "screen" in update:
                    # The teacher is there before the clock starts, as in a run of many papers.
                    assert context.run(run.id).engines.teacher
                    quiet()
                    before, started, used = stats(url), time.perf_counter(), time.process_time()
                if "extract" in update:
                    wall, cpu = time.perf_counter() - started, time.process_time() - used
        after = stats(url)
        await context.leave(run.id)
        load = Load(
            after["requests"] - before["requests"], wall, cpu, after["cpu_s"] - before["cpu_s"],
            after["most_connections"],
        )  # fmt: skip
        return load, len(space.store.all(Nugget))


def _written(home: Path, url: str, papers: int) -> Path:
    """The folder of papers, and the settings beside it."""
    folder = home / "papers"
    folder.mkdir()
    for number in range(papers):
        (folder / f"paper{number}.html").write_text(f"<html>{number}</html>", "utf-8")
    (home / "goldpan.toml").write_text(
        '[roles]\nteacher = "there"\n[work]\nprofile = false\nrelevance = false\n'
        f'[endpoints.there]\nmodel = "m"\nurl = "{url}"\nin_flight = {WIDTH}\n',
        "utf-8",
    )
    return folder


def _read(path: Path, paper: str) -> Any:
    from memory.records import Document, Passage
    from tools.reading import Reading

    number = int(path.stem.removeprefix("paper"))
    said = [SENTENCE.format(number * PASSAGES + at, 300 + at, 1 + number) for at in range(PASSAGES)]
    texts = [f"{sentence}{FILLER}" for sentence in said]
    document = Document(
        paper=paper, text="\n".join(texts), page_starts=(0,), title=f"Osk resins, part {number}"
    )
    passages, start = [], 0
    for text in texts:
        end = start + len(text)
        passages.append(Passage(paper=paper, page=1, start=start, end=end, text=text))
        start = end + 1
    return Reading(document, tuple(passages), 1, 0.0, 1.0)
