"""goldpan memory: search what was learnt, keep its index in order, forget old replies."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated

import typer

from agent.cli.terminal import AsJson, Home, Wait, out, show, show_one

app = typer.Typer(help="The vector memory of all nuggets.", no_args_is_help=True)


@app.command()
def search(
    text: str,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many.")] = 10,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Find the nuggets nearest in meaning."""
    from agent.services.memory import find
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        rows = [found.as_json() for found in find(space, text, k)]
    show(rows, ["cosine", "claim", "paper", "page", "status", "id"], as_json)


@app.command()
def stats(as_json: AsJson = False, wait: Wait = 0.0, home: Home = None) -> None:
    """How many nuggets the store and its index hold."""
    from agent.services import memory
    from agent.workspace import Workspace

    with Workspace.open(home, own="memory stats", wait=wait) as space:
        show_one(memory.stats(space)._asdict(), as_json)


@app.command()
def reindex(home: Home = None, wait: Wait = 0.0) -> None:
    """Build the index anew from the store."""
    from agent.cli.bars import Bars
    from agent.services import memory
    from agent.workspace import Workspace

    with Workspace.open(home, own="memory reindex", wait=wait) as space, Bars(out()) as bars:
        made = memory.reindex(space, partial(bars.progress, "nuggets indexed"))
    told = made.notices or [f"The index holds {made.held} nuggets of the store."]
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
    from agent.services import memory
    from agent.workspace import Workspace

    with Workspace.open(home, own="memory forget-replies", wait=wait) as space:
        gone, left = memory.forget_replies(space, f"{before:%Y-%m-%d}")
    out().print(f"{gone:,} replies are forgotten, {left:,} are left.")
