"""Nuggets of one paper, each grounded by code, whoever the teacher is."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from memory.errors import BadReply
from memory.records import Document, Harvest, Nugget, Passage

if TYPE_CHECKING:
    from agent.state import Context


def mined(ctx: Context, run: str, document: Document) -> list[str]:
    """Ids of the nuggets of one paper, saved; what was mined before is not mined again.

    Where the teacher's model gave no answer there are none, and the next run asks again.
    """
    harvest = Harvest(
        paper=document.paper,
        made_by=ctx.teacher.made_by,
        input_sha256=hashlib.sha256(document.text.encode("utf-8", "replace")).hexdigest(),
    )
    if done := ctx.store.find(Harvest, harvest.id):
        return list(done.nuggets)
    passages = ctx.store.all(Passage, paper=document.paper)
    try:
        drafts = ctx.teacher.extract(document, passages)
    except BadReply as fault:
        ctx.log(run, "extract", f"{document.paper}: {fault}", reason=fault.reason)
        return []
    nuggets, refused = _grounded(drafts, document, passages)
    for reason, count in sorted(refused.items()):
        ctx.log(run, "extract", f"{document.paper}: {count} drafts refused: {reason}")
    ids = [nugget.id for nugget in nuggets]
    # With its nuggets in one transaction: a kill leaves nothing half done.
    ctx.store.add(*nuggets, harvest.but(nuggets=ids))
    return ids


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
