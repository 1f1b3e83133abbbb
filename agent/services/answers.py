"""Answers of one question by several versions of a target, beside what memory holds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

from agent.services.memory import FoundNugget, find
from memory.errors import NothingToDo
from memory.records import ModelVersion
from prompts import load
from tools.questions.frame import framed

if TYPE_CHECKING:
    from agent.context import Context, RunContext
    from agent.workspace import Workspace

NEAR = 0.35
"""Cosine under which a nugget has nothing to do with the question."""


class VersionAnswer(NamedTuple):
    """What one version answered."""

    version: ModelVersion
    text: str
    """Empty where it said nothing."""

    @property
    def what(self) -> str:
        """What the version is, in words."""
        return "taught" if self.version.adapter else "the base, as it came"

    def as_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "version": self.version.number,
            "name": self.version.name,
            "id": self.version.id,
            "what": self.what,
            "text": self.text,
        }


class Answers(NamedTuple):
    """Answers of one question, and what memory holds on it."""

    question: str
    answers: list[VersionAnswer]
    """One for each version, in the order in which they came to be."""
    memory: list[FoundNugget]
    """Up to three that have to do with it, the nearest first."""

    def as_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "question": self.question,
            "answers": [answer.as_json() for answer in self.answers],
            "memory": [found.as_json() for found in self.memory],
        }


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


async def answers(space: Workspace, question: str, model: str, target: str) -> Answers:
    """What those versions answer. model, target: as in `versions`, and so are the errors."""
    asked = await asyncio.to_thread(versions, space.context, model, target)
    async with space.context.session() as ctx:
        replies = [
            VersionAnswer(version, await _answer(ctx, version, question.strip()))
            for version in asked
        ]
    near = await asyncio.to_thread(find, space, question, 3)
    return Answers(question, replies, [found for found in near if found.cosine >= NEAR])


async def _answer(ctx: RunContext, version: ModelVersion, question: str) -> str:
    """What a version answers, wherever it is."""
    if version.name not in ctx.settings.endpoints:
        target = await asyncio.to_thread(ctx.process.target, version)
        return await asyncio.to_thread(target.complete, framed(question))
    connection = await ctx.connection("target", version.name)
    prompt = load("ask")
    return (await connection.ask(prompt.render(question=question), prompt.made_by)).text
