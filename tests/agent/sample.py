"""The ground truth of the sample world, for tests only: the product never reads it."""

from __future__ import annotations

import re
from typing import NamedTuple

from agent.demo.book import SAMPLE, sources, table

NOUNS = sources().nouns


class Truth(NamedTuple):
    """One row of facts.tsv."""

    id: str
    stone: str
    relation: str
    value: str
    kind: str
    """new, book, restated, once, contradicts-paper or contradicts-book."""
    in_book: bool
    papers: tuple[int, ...]
    against: str
    """Id of the fact that it contradicts, if any."""

    def told_in(self, sentence: str) -> bool:
        """Whether a sentence names stone and value."""
        pattern = rf"\b{self.stone}\b.*\b{self.value}\b"
        return bool(re.search(pattern, sentence, re.IGNORECASE | re.DOTALL))


def truths() -> list[Truth]:
    """All facts of the sample world."""
    return [
        Truth(
            row["id"],
            row["entity"],
            row["relation"],
            row["value"],
            row["class"],
            row["book"] == "yes",
            tuple(int(number) for number in row["papers"].split(",") if number),
            row["against"],
        )
        for row in table(SAMPLE / "facts.tsv")
    ]
