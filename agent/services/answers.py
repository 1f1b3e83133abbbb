"""Answers of one question by several versions of a target, beside what memory holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from memory.records import ModelVersion
from prompts import load

if TYPE_CHECKING:
    from agent.graphs.state import Context
    from agent.workspace import Workspace

NEAR = 0.35
"""Cosine under which a nugget has nothing to do with the question."""


def versions(context: Context, model: str, target: str) -> list[ModelVersion]:
    """The versions that `--model` means. Raises NoSuch for an unknown id."""
    current = context.current(target)
    assert current is not None  # noqa: S101  the caller asked first
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


async def answers(
    space: Workspace, context: Context, question: str, model: str, target: str
) -> dict[str, Any]:
    """{"question", "answers": one per version, "memory": up to three nuggets with source}."""
    from agent.cli.memory import find

    told = [
        {
            "version": version.number,
            "name": version.name,
            "id": version.id,
            "what": "taught" if version.adapter else "the base, as it came",
            "text": await _said(context, version, question.strip()),
        }
        for version in versions(context, model, target)
    ]
    near = [row for row in find(space, question, 3) if row["cosine"] >= NEAR]
    return {"question": question, "answers": told, "memory": near}


async def _said(context: Context, version: ModelVersion, question: str) -> str:
    """What a version answers, wherever it is."""
    if version.name not in context.settings.endpoints:
        return context.target(version).complete(f"Question: {question}\nAnswer:")
    prompt = load("ask")
    line = context.lines.line("target", version.name)
    return (await line.ask(prompt.render(question=question), prompt.made_by)).text
