"""Teachers: what reads papers and writes questions. Every engine is one class of this shape."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from memory.records import Document, Nugget, Passage, Question


class Extracted(NamedTuple):
    """What a teacher extracted from a paper."""

    nuggets: list[Nugget]
    lost: int = 0
    """Passages that got no answer, or not a whole one: they are to be asked about again."""
    reason: str = ""
    """Why, of the last of them: a reason of BadReply."""


class Teacher(Protocol):
    """Extracts nuggets and writes questions about them."""

    @property
    def made_by(self) -> str:
        """Engine or model, prompt name and prompt version; stands in every record it makes."""
        ...

    async def extract(self, document: Document, passages: Sequence[Passage]) -> Extracted:
        """Self-contained claims of this paper, each with a verbatim quote at its offsets."""
        ...

    async def questions(self, nugget: Nugget, pool: Sequence[Nugget]) -> list[Question]:
        """Questions of every purpose about a nugget; `pool` lends wrong options of its type.

        Raises BadReply where there was no answer.
        """
        ...


class Engine(Protocol):
    """A teacher that computes rather than waits."""

    @property
    def made_by(self) -> str:
        """As a Teacher's."""
        ...

    def extract(self, document: Document, passages: Sequence[Passage]) -> list[Nugget]:
        """As a Teacher's; it reads every passage."""
        ...

    def questions(self, nugget: Nugget, pool: Sequence[Nugget]) -> list[Question]:
        """As a Teacher's."""
        ...


class Threaded:
    """An engine as a Teacher: it computes in threads, so that others need not wait for it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def made_by(self) -> str:
        """The engine's."""
        return self._engine.made_by

    async def extract(self, document: Document, passages: Sequence[Passage]) -> Extracted:
        """What the engine extracts."""
        return Extracted(await asyncio.to_thread(self._engine.extract, document, passages))

    async def questions(self, nugget: Nugget, pool: Sequence[Nugget]) -> list[Question]:
        """What the engine writes."""
        return await asyncio.to_thread(self._engine.questions, nugget, pool)
