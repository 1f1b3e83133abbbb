"""Teachers: what reads papers and writes questions. Every engine is one class of this shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from memory.records import Document, Nugget, Passage, Question


class Teacher(Protocol):
    """Extracts nuggets and writes questions about them."""

    @property
    def made_by(self) -> str:
        """Engine or model, prompt name and prompt version; stands in every record it makes."""
        ...

    def extract(self, document: Document, passages: Sequence[Passage]) -> list[Nugget]:
        """Self-contained claims of this paper, each with a verbatim quote at its offsets."""
        ...

    def questions(self, nugget: Nugget, pool: Sequence[Nugget]) -> list[Question]:
        """Questions of every purpose about a nugget; `pool` lends wrong options of its type."""
        ...
