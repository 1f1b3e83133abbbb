"""goldpan papers: what was read, what it is about, how it fits, and what it gave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.terminal import AsJson, Home, out, show, show_json
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
    from memory.store import Store

app = typer.Typer(help="Papers that were read, and what they are about.", no_args_is_help=True)

NAMES = ("people", "organisations", "places")


@app.command("list")
def list_(
    interest: Annotated[str, typer.Option(help="Only papers seen for this interest.")] = "",
    status: Annotated[
        PaperStatus | None, typer.Option(help="Only papers that came so far.")
    ] = None,
    find: Annotated[
        str, typer.Option(help="Only papers with this in title, summary, keywords or names.")
    ] = "",
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """List papers with what they gave, and how well they fit: the best rating, of 10."""
    from agent.services.runs import find_interest
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        found = find_interest(space, interest) if interest else None
        rows = listed(space.store, found, status, find)
    show(rows, ["id", "paper", "status", "pages", "nuggets", "fits"], as_json)


def listed(
    store: Store, interest: Interest | None, status: PaperStatus | None, text: str
) -> list[dict[str, Any]]:
    """The papers that are asked for, in the order in which they came, each as a row."""
    only: dict[str, Any] = {"status": status} if status else {}
    if interest:
        only["id"] = [seen.paper for seen in store.all(Sighting, interest=interest.id)]
    papers = store.all(Paper, **only)
    profiles = _by_paper(store, Profile, papers)
    if text:
        papers = [p for p in papers if text.casefold() in _words(p, profiles.get(p.id, []))]
    rated: dict[str, Any] = {"interest": interest.id} if interest else {}
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


@app.command("show")
def show_(
    paper: Annotated[str, typer.Argument(help="The start of its id, its file's name, or its DOI.")],
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Show a paper: what it is about, how it fits, what it gave, or why it was not read."""
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        found = details(space.store, _the(space.store, paper))
    show_json(found) if as_json else _printed(found)


def _the(store: Store, name: str) -> Paper:
    """The paper of that file or DOI, else of that id. Raises NoSuch."""
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


def details(store: Store, paper: Paper) -> dict[str, Any]:
    """Everything that is known of a paper but its text."""
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


def _printed(found: Mapping[str, Any]) -> None:
    def line(name: str, value: Any) -> None:
        if value:
            text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
            out().print(f"{name:<14} {text}", markup=False, soft_wrap=True)

    for name in ("title", "authors", "date", "doi", "url", "pages", "status", "reason", "note"):
        line(name, found[name])
    for profile in found["profiles"]:
        line("\nprofile", f"by {profile['made_by']}")
        for name in ("summary", "keywords", *NAMES):
            line(name, profile[name])
    for one in found["relevance"]:
        line("\nfits", f"{one['interest']}: {one['score']} of 10. {one['reason']}")
    for one in found["harvests"]:
        lost = one["passages_without_an_answer"]
        rest = f"; {lost} passages without an answer ({one['reason']})" if lost else ""
        line("\nmined", f"{one['nuggets']} nuggets by {one['made_by']}{rest}")
    for nugget in found["nuggets"]:
        line(nugget["status"], f"{nugget['claim']} ({nugget['id'][:10]}, page {nugget['page']})")


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
