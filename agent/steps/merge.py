"""New nuggets embedded, and tied to those that say the same or the opposite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from agent.context import by_id
from memory.records import Nugget

if TYPE_CHECKING:
    from agent.context import RunContext
    from tools.merge import Comparison


async def merged(ctx: RunContext, nuggets: Sequence[str]) -> None:
    """Embed those of these nuggets that are in no cluster yet, and save clusters and links."""
    comparison = await ctx.in_thread(_compared, ctx, nuggets)
    if comparison is None:
        return
    if (judge := (await ctx.ready_engines()).pairs) and (doubtful := comparison.doubtful):
        comparison = comparison.judged(await judge.judge(doubtful), judge.made_by)
    await ctx.in_thread(_saved, ctx, comparison)
    new = len(comparison.new)
    ctx.reporter.progress("nuggets merged", new, new)


def _compared(ctx: RunContext, names: Sequence[str]) -> Comparison | None:
    """What is new beside what was there; None where nothing is new."""
    from tools.merge import compared

    nuggets = by_id(ctx.store.all(Nugget, id=list(names)))
    new = [nugget for nugget in nuggets if not nugget.cluster]
    if not new:
        return None
    index = ctx.process.vectors
    vectors = ctx.process.embedder.embed([nugget.claim for nugget in new])
    index.add([nugget.id for nugget in new], vectors)

    def neighbours(vectors: Any, k: int) -> list[list[tuple[Nugget, float]]]:
        near = index.nearest(vectors, k)
        held = {
            nugget.id: nugget
            for nugget in ctx.store.all(Nugget, id={name for some in near for name, _ in some})
        }
        return [[(held[name], cosine) for name, cosine in some if name in held] for some in near]

    return compared(list(zip(new, vectors, strict=True)), neighbours)


def _saved(ctx: RunContext, comparison: Comparison) -> None:
    result = comparison.merged()
    changed = ctx.store.all(Nugget, id=list(result.clusters))
    clustered = (nugget.replace(cluster=result.clusters[nugget.id]) for nugget in changed)
    ctx.store.put(*clustered, *result.links)
