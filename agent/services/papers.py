"""Papers: what was read, what it is about, how it fits, and what it gave."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

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


class ListedPaper(NamedTuple):
    """A paper, and what came of it."""

    paper: Paper
    nuggets: int
    fits: int | None
    """The best rating it has, of 10; None where nobody rated it."""

    def as_json(self) -> dict[str, Any]:
        """Plain JSON; `paper` is its name."""
        return {
            "id": self.paper.id,
            "paper": _name(self.paper),
            "status": self.paper.status.value,
            "reason": self.paper.reason,
            "pages": self.paper.pages,
            "nuggets": self.nuggets,
            "fits": self.fits,
            "file": self.paper.url,
        }


class PaperRating(NamedTuple):
    """How well a paper fits an interest."""

    interest: str
    """Its name; its id where it was removed."""
    relevance: Relevance


class PaperDetails(NamedTuple):
    """Everything that is known of a paper."""

    paper: Paper
    document: Document | None
    """What was read of it; None where nothing was."""
    profiles: list[Profile]
    ratings: list[PaperRating]
    """The latest for each interest."""
    extractions: list[Extraction]
    nuggets: list[Nugget]

    def as_json(self) -> dict[str, Any]:
        """Plain JSON: all but the text."""
        return {
            **self.paper.model_dump(mode="json"),
            "set_aside": self.document.set_aside if self.document else {},
            "warnings": self.document.warnings if self.document else (),
            "profiles": [_plain(one) for one in self.profiles],
            "relevance": [
                {**_plain(rating.relevance), "interest": rating.interest} for rating in self.ratings
            ],
            "extractions": [
                {
                    "made_by": one.made_by,
                    "nuggets": len(one.nuggets),
                    "passages_without_an_answer": one.lost,
                    "reason": one.reason,
                }
                for one in self.extractions
            ],
            "nuggets": [
                {"id": one.id, "claim": one.claim, "page": one.page, "status": one.status.value}
                for one in self.nuggets
            ],
        }


def listed(
    space: Workspace, interest: str = "", status: PaperStatus | None = None, text: str = ""
) -> list[ListedPaper]:
    """The papers that are asked for, in the order in which they came.

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
    scores = {name: [one.score for one in _latest(of)] for name, of in ratings.items()}
    return [
        ListedPaper(paper, nuggets.get(paper.id, 0), max(scores.get(paper.id, []), default=None))
        for paper in papers
    ]


def find_paper(space: Workspace, name: str) -> Paper:
    """The paper of that file or DOI, else of that id or its start. Raises NoSuch."""
    named = [
        paper
        for paper in space.store.all(Paper)
        if name in (Path(paper.url).name, Path(paper.url).stem, paper.url)
        or (paper.doi and name.casefold() == paper.doi.casefold())
    ]
    if len(named) > 1:
        ids = ", ".join(paper.id[:10] for paper in named)
        raise NoSuch(f"{len(named)} papers are called {name!r}.", f"Give the id of one: {ids}.")
    return named[0] if named else space.store.by_prefix(Paper, name)


def details(space: Workspace, name: str) -> PaperDetails:
    """A paper whole; name: as in `find_paper`."""
    store = space.store
    paper = find_paper(space, name)
    interests = {one.id: one.name for one in store.all(Interest)}
    documents = store.all(Document, paper=paper.id)
    return PaperDetails(
        paper,
        documents[0] if documents else None,
        store.all(Profile, paper=paper.id),
        [
            PaperRating(interests.get(one.interest, one.interest), one)
            for one in _latest(store.all(Relevance, paper=paper.id))
        ],
        store.all(Extraction, paper=paper.id),
        store.all(Nugget, paper=paper.id),
    )


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
