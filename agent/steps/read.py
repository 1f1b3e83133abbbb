"""Papers read in full: their text and passages saved, or why they cannot be read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from memory.errors import Unreadable
from memory.records import Paper, PaperStatus
from tools.endpoints.gather import gather

if TYPE_CHECKING:
    from agent.context import RunContext
    from tools.reading import Reading

SETTLED = (PaperStatus.READ, PaperStatus.SKIPPED)


async def papers_read(ctx: RunContext, papers: Sequence[str]) -> list[str]:
    """Ids of those of these papers that are read; each is saved when it is done.

    Our own semaphore bounds how many are read at once, not the graph's `max_concurrency`: with
    that, checkpoint writes queue behind waiting tasks and a kill repeats finished work.
    """
    room, done = asyncio.Semaphore(ctx.process.readers), 0

    async def one(paper: str) -> Paper:
        nonlocal done
        async with room:
            found = await ctx.in_thread(_read, ctx, paper)
        done += 1
        ctx.reporter.progress("papers opened", done, len(papers))
        return found

    found = await gather(map(one, papers))
    return sorted(paper.id for paper in found if paper.status is PaperStatus.READ)


def _read(ctx: RunContext, name: str) -> Paper:
    paper = ctx.store.get(Paper, name)
    if paper.status not in SETTLED:
        try:
            reading = ctx.process.read(Path(paper.url), paper.id)
        except Unreadable as fault:
            paper = _unread(paper, fault)
            ctx.store.put(paper)
        else:
            paper = _filled(paper, reading)
            # One transaction: a paper that says it was read has its text.
            ctx.store.put(reading.document, *reading.passages, paper)
    if paper.status is not PaperStatus.READ:
        ctx.log("read", f"{file_name(paper)}: {paper.note}")
    return paper


def _unread(paper: Paper, fault: Unreadable) -> Paper:
    status = PaperStatus.FAILED if fault.transient else PaperStatus.SKIPPED
    return paper.replace(
        status=status, reason=fault.reason, note=str(fault), attempts=paper.attempts + 1
    )


def _filled(paper: Paper, reading: Reading) -> Paper:
    """The paper with what its text says of it."""
    document = reading.document
    return paper.replace(
        status=PaperStatus.READ,
        reason="",
        note="",
        attempts=paper.attempts + 1,
        pages=reading.pages,
        title=document.title or paper.title,
        authors=document.authors or paper.authors,
        abstract=document.abstract or paper.abstract,
        doi=document.doi or paper.doi,
    )


def file_name(paper: Paper) -> str:
    """What a person calls it in a log: its file, else its title."""
    return Path(paper.url).name or paper.title or paper.id
