"""Papers: what was read, what it is about, how it fits, and what it gave."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.services.interests import find_interest
from memory.errors import NoSuch
from memory.records import (
    Document,
    Extraction,
    Interest,
    Nugget,
    Paper,
    PaperStatus,
    Profile,
    Record,
    Relevance,
    Sighting,
)

if TYPE_CHECKING:
    from agent.workspace import Workspace
    from memory.store import Store

NAMES = ("people", "organisations", "places")
"""Fields of a profile that hold names."""


def listed(
    space: Workspace, interest: str = "", status: PaperStatus | None = None, text: str = ""
) -> list[dict[str, Any]]:
    """The papers that are asked for, in the order in which they came, each as a row.

    interest: a name: only papers seen for it. text: only papers with this in title, summary,
    keywords or names. Raises NoSuch.
    """
    store = space.store
    seen = find_interest(space, interest) if interest else None
    only: dict[str, Any] = {"status": status} if status else {}
    if seen:
        only["id"] = [one.paper for one in store.all(Sighting, interest=seen.id)]
    papers = store.all(Paper, **only)
    profiles = _by_paper(store, Profile, papers)
    if text:
        papers = [p for p in papers if text.casefold() in _words(p, profiles.get(p.id, []))]
    rated: dict[str, Any] = {"interest": seen.id} if seen else {}
    ratings = _by_paper(store, Relevance, papers, **rated)
    nuggets = {
        part["paper"]: part["count"]
        for part in store.totals(Nugget, ("paper",), paper=[paper.id for paper in papers])
    }
    return [
        {
            "id": paper.id,
            "paper": _name(paper),
            "status": paper.status.value,
            "reason": paper.reason,
            "pages": paper.pages,
            "nuggets": nuggets.get(paper.id, 0),
            "fits": max((one.score for one in _latest(ratings.get(paper.id, []))), default=None),
            "file": paper.url,
        }
        for paper in papers
    ]


def find_paper(store: Store, name: str) -> Paper:
    """The paper of that file or DOI, else of that id or its start. Raises NoSuch."""
    named = [
        paper
        for paper in store.all(Paper)
        if name in (Path(paper.url).name, Path(paper.url).stem, paper.url)
        or (paper.doi and name.casefold() == paper.doi.casefold())
    ]
    if len(named) > 1:
        ids = ", ".join(paper.id[:10] for paper in named)
        raise NoSuch(f"{len(named)} papers are called {name!r}.", f"Give the id of one: {ids}.")
    return named[0] if named else store.by_prefix(Paper, name)


def details(space: Workspace, name: str) -> dict[str, Any]:
    """Everything that is known of a paper but its text; name: as in `find_paper`."""
    store = space.store
    paper = find_paper(store, name)
    interests = {one.id: one.name for one in store.all(Interest)}
    documents = store.all(Document, paper=paper.id)
    return {
        **paper.model_dump(mode="json"),
        "set_aside": documents[0].set_aside if documents else {},
        "warnings": documents[0].warnings if documents else (),
        "profiles": [_plain(one) for one in store.all(Profile, paper=paper.id)],
        "relevance": [
            {**_plain(one), "interest": interests.get(one.interest, one.interest)}
            for one in _latest(store.all(Relevance, paper=paper.id))
        ],
        "harvests": [
            {
                "made_by": one.made_by,
                "nuggets": len(one.nuggets),
                "passages_without_an_answer": one.lost,
                "reason": one.reason,
            }
            for one in store.all(Extraction, paper=paper.id)
        ],
        "nuggets": [
            {"id": one.id, "claim": one.claim, "page": one.page, "status": one.status.value}
            for one in store.all(Nugget, paper=paper.id)
        ],
    }


def _by_paper(
    store: Store, kind: type[Any], papers: Iterable[Paper], **only: Any
) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = {}
    for record in store.all(kind, paper=[paper.id for paper in papers], **only):
        groups.setdefault(record.paper, []).append(record)
    return groups


def _latest(ratings: Iterable[Relevance]) -> Iterable[Relevance]:
    """One for each interest: other words of its own have made the earlier ones old."""
    return {one.interest: one for one in ratings}.values()


def _words(paper: Paper, profiles: Iterable[Profile]) -> str:
    """What a search looks through, in small letters."""
    parts = [_name(paper), paper.doi, *paper.authors]
    for profile in profiles:
        parts += [profile.summary, *profile.keywords]
        parts += [name for names in NAMES for name in getattr(profile, names)]
    return "\n".join(parts).casefold()


def _name(paper: Paper) -> str:
    return paper.title or Path(paper.url).name


def _plain(record: Record) -> dict[str, Any]:
    return record.model_dump(mode="json", exclude={"id", "paper", "words"})
