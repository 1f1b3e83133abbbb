"""Nuggets of papers, each grounded by code, whoever the teacher is."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from memory.errors import BadReply
from memory.records import Document, Extraction, Nugget, Passage
from tools.endpoints.gather import gather
from tools.nuggets import Ungrounded, ground

if TYPE_CHECKING:
    from agent.context import RunContext


async def extracted(ctx: RunContext, papers: Sequence[str]) -> list[Extraction]:
    """What each paper gives, saved at once; what was extracted before is not extracted again.

    All papers in one step, not a branch of the graph for each: what waits for a model should not
    grow the graph's state. A paper with passages that got no answer costs only these, and is asked
    about again the next time. Raises BadReply where no paper got any: the step has failed.
    """
    room, done = asyncio.Semaphore(ctx.settings.work.papers), 0
    # One after the other, or no reply is heard before so many papers are opened.
    opening = asyncio.Lock()

    async def one(paper: str) -> Extraction:
        nonlocal done
        async with room:
            async with opening:
                opened = await ctx.in_thread(_opened, ctx, paper)
            extraction = await _extracted(ctx, *opened)
        done += 1
        ctx.reporter.progress("papers mined", done, len(papers))
        return extraction

    found = await gather(map(one, papers))
    if found and all(extraction.lost and not extraction.nuggets for extraction in found):
        raise BadReply(
            found[-1].reason,
            f"None of {len(found)} papers got an answer from {ctx.engines.teacher.made_by}: "
            f"{found[-1].reason}.",
            "Why: goldpan runs show; what to mend: goldpan doctor; then: goldpan runs resume.",
        )
    return found


async def _extracted(
    ctx: RunContext,
    document: Document,
    passages: Sequence[Passage],
    extraction: Extraction,
) -> Extraction:
    """What a paper gives, saved; where there are no passages, it is there already."""
    if not passages:
        return extraction
    taken = await ctx.engines.teacher.extract(document, passages)
    nuggets, refused = _grounded(taken.nuggets, document, passages)
    for reason, count in sorted(refused.items()):
        ctx.log("extract", f"{document.paper}: {count} candidates refused: {reason}")
    extraction = extraction.replace(
        nuggets=[nugget.id for nugget in nuggets], lost=taken.lost, reason=taken.reason
    )
    await ctx.in_thread(_kept, ctx, nuggets, extraction)
    return extraction


def _opened(ctx: RunContext, paper: str) -> tuple[Document, list[Passage], Extraction]:
    """A paper's text and passages, none where it is done already, and what is known of that."""
    [document] = ctx.store.all(Document, paper=paper)
    extraction = Extraction(
        paper=paper,
        made_by=ctx.engines.teacher.made_by,
        input_sha256=hashlib.sha256(document.text.encode("utf-8", "replace")).hexdigest(),
    )
    done = ctx.store.find(Extraction, extraction.id)
    if done and not done.lost:
        return document, [], done
    return document, ctx.store.all(Passage, paper=paper), extraction


def _kept(ctx: RunContext, nuggets: Sequence[Nugget], extraction: Extraction) -> None:
    # One transaction, with what was logged meanwhile: a kill leaves nothing half done. What is
    # there already, decided upon or merged, stays as it is.
    with ctx.store.transaction() as rows:
        rows.add(*nuggets, *ctx.logged())
        rows.put(extraction)


def _grounded(
    candidates: Iterable[Nugget], document: Document, passages: Sequence[Passage]
) -> tuple[list[Nugget], Counter[str]]:
    """The candidates that their source bears out, and how many were refused for which reason."""
    held = {passage.id: passage for passage in passages}
    nuggets: list[Nugget] = []
    refused: Counter[str] = Counter()
    for candidate in candidates:
        try:
            if candidate.passage not in held:
                raise Ungrounded("other_passage")
            nuggets.append(ground(candidate, document, held[candidate.passage]))
        except Ungrounded as fault:
            refused[str(fault)] += 1
    return nuggets, refused
