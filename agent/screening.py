"""Which of the papers that were read are worth mining. Whether one could be read is told before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from memory.records import Document, Interest, Nugget, Paper

if TYPE_CHECKING:
    from memory.store import Store

RICHEST = ("jats", "html", "latex", "reading")
"""Readers by how much their format says of a paper's parts; the last reads PDFs."""


def fits(interest: Interest, paper: Paper) -> bool:
    """Whether title and abstract hold no excluded word and, where any is included, one of those."""
    text = f"{paper.title} {paper.abstract}".casefold()
    if any(word.casefold() in text for word in interest.exclude):
        return False
    return not interest.include or any(word.casefold() in text for word in interest.include)


def copies(store: Store, papers: Sequence[Paper]) -> dict[str, Paper]:
    """Paper ids whose paper is there in another file, and the file that stands for it.

    Two files of one paper would seem two sources that agree. The same DOI is not enough: a
    correction names the DOI of what it corrects. What was mined before stays; else the format that
    says most.
    """
    alike: dict[tuple[str, str], list[Paper]] = {}
    for paper in papers:
        title = "".join(filter(str.isalnum, paper.title.casefold()))
        if paper.doi and title:
            alike.setdefault((paper.doi.casefold(), title), []).append(paper)

    def rank(paper: Paper) -> tuple[bool, int, str]:
        [document] = store.all(Document, paper=paper.id)
        reader = document.made_by.partition("-")[0]
        return not store.count(Nugget, paper=paper.id), RICHEST.index(reader), paper.id

    found: dict[str, Paper] = {}
    for files in alike.values():
        if len(files) > 1:
            first, *others = sorted(files, key=rank)
            found.update(dict.fromkeys((other.id for other in others), first))
    return found
