"""Profilers: what tells in a few words what a paper is about. Every engine is of this shape."""

from __future__ import annotations

from typing import Protocol

from memory.records import Document, Profile


class Profiler(Protocol):
    """Writes the profiles by which papers are found again."""

    @property
    def made_by(self) -> str:
        """Engine, or model with name and version of the prompt; stands in every profile."""
        ...

    async def profile(self, document: Document) -> Profile | None:
        """What the paper is about, nothing that its text does not bear out; None: no answer."""
        ...
