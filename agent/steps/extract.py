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

if TYPE_CHECKING:
    from agent.graphs.state import Context


async def mined(ctx: Context, run: str, papers: Sequence[str]) -> list[Extraction]:
    """What each paper gives, saved; what was mined before is not mined again.

    A paper with passages that got no answer costs only these, and is asked about again the next
    time. Raises BadReply where no paper got any: the step has failed.
    """
    room = asyncio.Semaphore(ctx.settings.work.papers)
    # One after the other, or no reply is heard before so many papers are opened.
    opening = asyncio.Lock()

    async def one(paper: str) -> Extraction:
        async with room:
            async with opening:
                opened = await asyncio.to_thread(_opened, ctx, paper)
            harvest = await _mined(ctx, run, *opened)
        ctx.tick("papers mined", len(papers))
        return harvest

    harvests = await gather(map(one, papers))
    if harvests and all(harvest.lost and not harvest.nuggets for harvest in harvests):
        raise BadReply(
            harvests[-1].reason,
            f"None of {len(harvests)} papers got an answer from {ctx.teacher.made_by}: "
            f"{harvests[-1].reason}.",
            "Why: goldpan runs show; what to mend: goldpan doctor; then: goldpan runs resume.",
        )
    return harvests


async def _mined(
    ctx: Context, run: str, document: Document, passages: Sequence[Passage], harvest: Extraction
) -> Extraction:
    """What a paper gives, saved; where there are no passages, it is there already."""
    if not passages:
        return harvest
    taken = await ctx.teacher.extract(document, passages)
    nuggets, refused = _grounded(taken.nuggets, document, passages)
    for reason, count in sorted(refused.items()):
        ctx.log(run, "extract", f"{document.paper}: {count} drafts refused: {reason}")
    harvest = harvest.replace(
        nuggets=[nugget.id for nugget in nuggets], lost=taken.lost, reason=taken.reason
    )
    await asyncio.to_thread(_kept, ctx, nuggets, harvest)
    return harvest


def _opened(ctx: Context, paper: str) -> tuple[Document, list[Passage], Extraction]:
    """A paper's text and passages, none where it is mined already, and what is known of that."""
    [document] = ctx.store.all(Document, paper=paper)
    harvest = Extraction(
        paper=paper,
        made_by=ctx.teacher.made_by,
        input_sha256=hashlib.sha256(document.text.encode("utf-8", "replace")).hexdigest(),
    )
    done = ctx.store.find(Extraction, harvest.id)
    if done and not done.lost:
        return document, [], done
    return document, ctx.store.all(Passage, paper=paper), harvest


def _kept(ctx: Context, nuggets: Sequence[Nugget], harvest: Extraction) -> None:
    # One transaction: a kill leaves nothing half done. What is there already, decided upon or
    # merged, stays as it is.
    with ctx.store.transaction() as rows:
        rows.add(*nuggets)
        rows.put(harvest)


def _grounded(
    drafts: Iterable[Nugget], document: Document, passages: Sequence[Passage]
) -> tuple[list[Nugget], Counter[str]]:
    """The drafts that their source bears out, and how many were refused for which reason."""
    from tools.nuggets import Ungrounded, ground

    held = {passage.id: passage for passage in passages}
    nuggets: list[Nugget] = []
    refused: Counter[str] = Counter()
    for draft in drafts:
        try:
            if draft.passage not in held:
                raise Ungrounded("other_passage")
            nuggets.append(ground(draft, document, held[draft.passage]))
        except Ungrounded as fault:
            refused[str(fault)] += 1
    return nuggets, refused
