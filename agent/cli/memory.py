"""goldpan memory: search what was learnt, keep its index in order, forget old replies."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.terminal import AsJson, Home, Wait, out, show, show_one
from memory.records import Nugget, Paper, Reply

if TYPE_CHECKING:
    from agent.workspace import Workspace
    from memory.upkeep import Progress
    from memory.vectors import Vectors
    from tools.models import Embedder

app = typer.Typer(help="The vector memory of all nuggets.", no_args_is_help=True)


def _open(space: Workspace, *progress: Progress) -> tuple[Embedder, Vectors]:
    from agent.workspace import embedder
    from memory.vectors import Vectors

    model = embedder()
    index = space.home / "index"
    return model, Vectors(space.store, index, model.name, model.dimensions, *progress)


@app.command()
def search(
    text: str,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many.")] = 10,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Find the nuggets nearest in meaning."""
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        rows = find(space, text, k)
    show(rows, ["cosine", "claim", "paper", "page", "status", "id"], as_json)


def find(space: Workspace, text: str, k: int) -> list[dict[str, Any]]:
    """The k nuggets nearest to a text, best first.

    Exact, over the stored vectors: the index belongs to the process that owns the workspace, and
    a search must not wait for it.
    """
    model, vectors = _open(space)
    near = vectors.exact(model.embed([text])[0], k)
    nuggets = {n.id: n for n in space.store.all(Nugget, id=[name for name, _ in near])}
    papers = {p.id: p for p in space.store.all(Paper, id=[n.paper for n in nuggets.values()])}
    return [
        {
            **nuggets[name].model_dump(mode="json"),
            "cosine": round(cosine, 4),
            "paper": papers[nuggets[name].paper].title or papers[nuggets[name].paper].url,
            "place": papers[nuggets[name].paper].place(nuggets[name].page),
        }
        for name, cosine in near
        if name in nuggets
    ]


@app.command()
def stats(as_json: AsJson = False, wait: Wait = 0.0, home: Home = None) -> None:
    """How many nuggets the store and its index hold."""
    from agent.workspace import Workspace

    with Workspace.open(home, own="memory stats", wait=wait) as space, _open(space)[1] as vectors:
        show_one(vectors.stats(), as_json)


@app.command()
def reindex(home: Home = None, wait: Wait = 0.0) -> None:
    """Build the index anew from the store."""
    from agent.progress import Bars
    from agent.workspace import Workspace

    with Workspace.open(home, own="memory reindex", wait=wait) as space, Bars(out()) as bars:
        progress = partial(bars.progress, "nuggets indexed")
        with _open(space, progress)[1] as vectors:
            count = vectors.reindex()
    told = vectors.notices or [f"The index holds {count} nuggets of the store."]
    out().print("\n".join(told), markup=False)


@app.command("forget-replies")
def forget_replies(
    before: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="Those not paid for since this day.")
    ],
    wait: Wait = 0.0,
    home: Home = None,
) -> None:
    """Forget replies of language models; asked again, they are paid for again.

    What was made of them stays, and so do the calls in `goldpan costs`.
    """
    from agent.workspace import Workspace

    with Workspace.open(home, own="memory forget-replies", wait=wait) as space:
        with space.store.transaction() as rows:
            gone = rows.forget_replies(f"{before:%Y-%m-%d}")
        left = space.store.count(Reply)
    out().print(f"{gone:,} replies are forgotten, {left:,} are left.")
