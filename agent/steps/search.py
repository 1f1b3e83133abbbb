"""Which papers there are for an interest, asked of every source it names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from memory.errors import NothingToDo
from memory.records import Interest, Paper, PaperStatus, Run, Sighting

if TYPE_CHECKING:
    from agent.context import RunContext
    from memory.store import Store


def found(ctx: RunContext, interest: str) -> list[str]:
    """Ids of the papers that the sources of an interest (its id) give now; all are saved.

    Raises NothingToDo where it has no source.
    """
    from tools.papers.folder import find

    wanted = ctx.store.get(Interest, interest)
    folders = _folders(wanted, ctx.store.get(Run, ctx.run))
    papers: list[Paper] = []
    for folder in folders:
        there = find(Path(folder))
        papers += there.papers
        for path, reason in there.skipped:
            ctx.log("search", f"{path}: {reason}")
    ctx.store.add(*papers)
    ctx.store.put(*_moved(ctx.store, papers))
    ctx.store.add(*(Sighting(interest=wanted.id, paper=paper.id, run=ctx.run) for paper in papers))
    ctx.log("search", f"{len(papers)} papers in {', '.join(folders)}")
    return [paper.id for paper in papers]


def _moved(store: Store, papers: list[Paper]) -> list[Paper]:
    """Papers that we hold but have not read, and that lie elsewhere by now."""
    now = {paper.id: paper for paper in papers}
    return [
        held.replace(url=now[held.id].url, source=now[held.id].source)
        for held in store.all(Paper, id=list(now))
        if held.status is not PaperStatus.READ and held.url != now[held.id].url
    ]


def _folders(interest: Interest, run: Run) -> list[str]:
    if given := run.options.get("papers"):
        return [str(given)]
    folders = [s.removeprefix("folder:") for s in interest.sources if s.startswith("folder:")]
    if not folders:
        raise NothingToDo(
            f"Interest {interest.name!r} has no source to search.",
            "Give a folder of papers: goldpan run NAME --papers FOLDER, "
            "or: goldpan interests edit NAME --papers FOLDER.",
        )
    return folders
