"""The memory of all nuggets: searched, counted, its index built anew, its old replies forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from memory.records import Nugget, Paper, Reply

if TYPE_CHECKING:
    from agent.workspace import Workspace


class FoundNugget(NamedTuple):
    """A nugget that was searched for."""

    nugget: Nugget
    paper: Paper
    cosine: float
    """Between its claim and the text, in [-1, 1]."""

    def as_json(self) -> dict[str, Any]:
        """Plain JSON: the nugget, with `cosine`, its paper's name and its place in words."""
        return {
            **self.nugget.model_dump(mode="json"),
            "cosine": self.cosine,
            "paper": self.paper.title or self.paper.url,
            "place": self.paper.place(self.nugget.page),
        }


class IndexState(NamedTuple):
    """What the store and its index hold, of one embedder's vectors."""

    stored: int
    indexed: int
    embedder: str
    dimensions: int
    healthy: bool
    """Whether searches go through the index."""
    bytes: int
    """Of the index on the disk."""


class Reindexed(NamedTuple):
    """What building the index anew came to."""

    held: int
    """Nuggets in the index."""
    notices: list[str]
    """What a person should know, in sentences."""


class Forgotten(NamedTuple):
    """Replies of language models."""

    gone: int
    left: int


def find(space: Workspace, text: str, k: int) -> list[FoundNugget]:
    """The k nuggets nearest to a text, best first.

    Exact, over the stored vectors: the index belongs to the process that owns the workspace, and
    a search must not wait for it.
    """
    embedder = space.context.embedder
    near = space.vectors(embedder).exact(embedder.embed([text])[0], k)
    nuggets = {n.id: n for n in space.store.all(Nugget, id=[name for name, _ in near])}
    papers = {p.id: p for p in space.store.all(Paper, id=[n.paper for n in nuggets.values()])}
    return [
        FoundNugget(nugget, papers[nugget.paper], round(cosine, 4))
        for name, cosine in near
        if (nugget := nuggets.get(name))
    ]


def stats(space: Workspace) -> IndexState:
    """How many nuggets the store and its index hold. For the workspace's owner."""
    with space.vectors(space.context.embedder) as vectors:
        return IndexState(**vectors.stats())


def reindex(space: Workspace, progress: Callable[[int, int], None]) -> Reindexed:
    """Build the index anew from the store. For the workspace's owner.

    progress: hears how many of how many nuggets are in it.
    """
    with space.vectors(space.context.embedder, progress) as vectors:
        return Reindexed(vectors.reindex(), vectors.notices)


def forget_replies(space: Workspace, before: str) -> Forgotten:
    """Forget replies of language models that were not paid for since a day (YYYY-MM-DD).

    What was made of them stays, and so do the calls in the ledger.
    """
    with space.store.transaction() as rows:
        gone = rows.forget_replies(before)
    return Forgotten(gone, space.store.count(Reply))
