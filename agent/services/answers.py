"""Answers of one question by several versions of a target, beside what memory holds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from agent.services.memory import find
from memory.errors import NothingToDo
from memory.records import ModelVersion
from prompts import load

if TYPE_CHECKING:
    from agent.context import Context, RunContext
    from agent.workspace import Workspace

NEAR = 0.35
"""Cosine under which a nugget has nothing to do with the question."""


def versions(context: Context, model: str, target: str) -> list[ModelVersion]:
    """The versions that are meant by `current`, `base`, `both`, or a version's id.

    target: empty: the one bound. Raises NothingToDo without a target, NoSuch for an unknown id.
    """
    if (current := context.current(target)) is None:
        raise NothingToDo("No target model is bound.", "Name one in goldpan.toml: goldpan doctor")
    if model == "current":
        return [current]
    base = context.lineage.history(current.name)[0]
    if model == "base":
        return [base]
    if model == "both":
        # The version before, where there is one: the base and the current else.
        parent = context.store.find(ModelVersion, current.parent) or base
        return [parent] if parent.id == current.id else [parent, current]
    return [context.store.by_prefix(ModelVersion, model)]


async def answers(space: Workspace, question: str, model: str, target: str) -> dict[str, Any]:
    """{"question", "answers": one per version, "memory": up to three nuggets with source}.

    model, target: as in `versions`.
    """
    asked = await asyncio.to_thread(versions, space.context, model, target)
    async with space.context.session() as ctx:
        replies = [
            {
                "version": version.number,
                "name": version.name,
                "id": version.id,
                "what": "taught" if version.adapter else "the base, as it came",
                "text": await _answer(ctx, version, question.strip()),
            }
            for version in asked
        ]
    near = await asyncio.to_thread(find, space, question, 3)
    held = [row for row in near if row["cosine"] >= NEAR]
    return {"question": question, "answers": replies, "memory": held}


async def _answer(ctx: RunContext, version: ModelVersion, question: str) -> str:
    """What a version answers, wherever it is."""
    if version.name not in ctx.settings.endpoints:
        target = await asyncio.to_thread(ctx.process.target, version)
        return await asyncio.to_thread(target.complete, f"Question: {question}\nAnswer:")
    prompt = load("ask")
    connection = await ctx.connection("target", version.name)
    return (await connection.ask(prompt.render(question=question), prompt.made_by)).text
