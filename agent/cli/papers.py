"""goldpan papers: what was read, what it is about, how it fits, and what it gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.terminal import AsJson, Home, out, show, show_json
from memory.records import PaperStatus

if TYPE_CHECKING:
    from agent.services.papers import PaperDetails

app = typer.Typer(help="Papers that were read, and what they are about.", no_args_is_help=True)


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
    from agent.services import papers
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        rows = [paper.as_json() for paper in papers.listed(space, interest, status, find)]
    show(rows, ["id", "paper", "status", "pages", "nuggets", "fits"], as_json)


@app.command("show")
def show_(
    paper: Annotated[str, typer.Argument(help="The start of its id, its file's name, or its DOI.")],
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Show a paper: what it is about, how it fits, what it gave, or why it was not read."""
    from agent.services import papers
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        found = papers.details(space, paper)
    show_json(found.as_json()) if as_json else _printed(found)


def _printed(found: PaperDetails) -> None:
    from agent.services.papers import NAMES

    def line(name: str, value: Any) -> None:
        if value:
            text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
            out().print(f"{name:<14} {text}", markup=False, soft_wrap=True)

    for name in ("title", "authors", "date", "doi", "url", "pages", "status", "reason", "note"):
        line(name, getattr(found.paper, name))
    for profile in found.profiles:
        line("\nprofile", f"by {profile.made_by}")
        for name in ("summary", "keywords", *NAMES):
            line(name, getattr(profile, name))
    for interest, rated in found.ratings:
        line("\nfits", f"{interest}: {rated.score} of 10. {rated.reason}")
    for one in found.extractions:
        rest = f"; {one.lost} passages without an answer ({one.reason})" if one.lost else ""
        line("\nmined", f"{len(one.nuggets)} nuggets by {one.made_by}{rest}")
    for nugget in found.nuggets:
        line(nugget.status.value, f"{nugget.claim} ({nugget.id[:10]}, page {nugget.page})")
