"""goldpan review: decide on proposed nuggets, one key each, or in bulk, or in a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.panel import Panel
from rich.text import Text

from agent.cli.terminal import AsJson, Home, out, show
from memory.errors import BadInput, NothingToDo
from memory.records import Action, Verdict

if TYPE_CHECKING:
    from rich.console import Console

    from agent.steps.review import ReviewItem
    from agent.workspace import Workspace

app = typer.Typer(help="Decide what is taught.", invoke_without_command=True)

Ids = Annotated[list[str], typer.Argument(help="Nugget ids; their first characters do.")]
Which = Annotated[str, typer.Option("--interest", help="Only this interest's.")]
KEYS = {"a": Action.ACCEPT, "r": Action.REJECT, "e": Action.EDIT}
COLORS = {
    Verdict.UNKNOWN: "green",
    Verdict.PARTLY: "cyan",
    Verdict.CONTRADICTED: "magenta",
    Verdict.UNPROBED: "white",
    Verdict.KNOWN: "dim",
}


@app.callback()
def review(context: typer.Context, interest: Which = "", home: Home = None) -> None:
    """Go through the proposals, one key each: accept, reject, edit, skip, undo, all unknown."""
    if context.invoked_subcommand:
        return
    if not sys.stdin.isatty():
        raise BadInput(
            "The review needs a terminal.",
            "Use: goldpan review list, then accept or reject; or export and import.",
        )
    from agent.services import decisions
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        items = decisions.waiting(space, interest)
        if not items:
            raise NothingToDo("No nugget waits for a decision.", "Find some: goldpan run INTEREST")
        session(space, items, out())
        decisions.settle(space)


def session(space: Workspace, items: list[ReviewItem], console: Console) -> None:
    """One screen and one key for each nugget; each decision is saved at once."""
    from agent.services import decisions

    place = 0
    while place < len(items):
        item = items[place]
        console.print(card(item, place + 1, len(items)))
        key = _key(console)
        if key == "q":
            console.print("Stopped; what was decided is saved.")
            return
        if key == "y":
            _rest(space, items[place:], console)
            return
        if key == "u":
            place = _undone(space, items, place, console)
            continue
        if key in KEYS:
            claim = typer.prompt("  New claim", default=item.nugget.claim) if key == "e" else ""
            try:
                decisions.decide(space, [item.nugget.id], KEYS[key], claim=claim)
            except BadInput as fault:
                console.print(f"  {fault}", style="yellow", markup=False)
                continue
        place += 1
    console.print("That was the last one.")


def _rest(space: Workspace, items: list[ReviewItem], console: Console) -> None:
    """Leave the rest to the policy that `--yes` follows."""
    from agent.services import decisions

    count = decisions.accept_unknown(space, items)
    console.print(f"  Accepted {count} that are unknown and well grounded; the rest waits.")


def _key(console: Console) -> str:
    console.print(
        "  \\[a]ccept \\[r]eject \\[e]dit \\[s]kip \\[u]ndo \\[y]es to all unknown \\[q]uit ",
        end="",
    )
    while (key := typer.getchar().lower()) not in "aresuyq" or not key:
        pass
    console.print(key)
    return key


def _undone(space: Workspace, items: list[ReviewItem], place: int, console: Console) -> int:
    from agent.services import decisions

    try:
        [changed, *_] = decisions.undo(space)
    except NothingToDo as fault:
        console.print(f"  {fault}", style="yellow")
        return place
    console.print(f"  Undone: {changed.claim}", markup=False)
    back = [n for n, item in enumerate(items[:place]) if item.nugget.id == changed.id]
    return back[-1] if back else place


def card(item: ReviewItem, number: int, total: int) -> Panel:
    """What a person needs to decide on one nugget."""
    nugget, paper = item.nugget, item.paper
    body = Text()
    body.append(nugget.claim + "\n", style="bold")
    body.append(f"“{nugget.quote}”\n", style="italic")
    body.append(paper.place(nugget.page), style="dim")
    if item.sources > 1:
        body.append(f"\nSaid by {item.sources} papers.", style="green")
    if item.denied_by:
        body.append(f"\nContradicted by {len(item.denied_by)} other nugget(s).", style="red")
    known = f", P(known) {item.probe.p_known:.2f}" if item.probe else ""
    title = f"{number}/{total}  [{COLORS[item.verdict]}]{item.verdict}[/]{known}  {nugget.kind}"
    return Panel(body, title=title, title_align="left")


@app.command("list")
def list_(
    interest: Which = "",
    everything: Annotated[bool, typer.Option("--all", help="Decided and known ones too.")] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """List what waits for a decision."""
    from agent.services import decisions
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        rows = [item.as_json() for item in decisions.waiting(space, interest, everything)]
    show(rows, ["id", "verdict", "status", "claim", "paper", "page", "said_by"], as_json)


@app.command()
def accept(
    ids: Annotated[list[str] | None, typer.Argument(help="Nugget ids.")] = None,
    unknown: Annotated[
        bool, typer.Option("--unknown", help="All that are unknown and well grounded.")
    ] = False,
    interest: Which = "",
    home: Home = None,
) -> None:
    """Accept nuggets."""
    from agent.services import decisions
    from agent.workspace import Workspace

    if unknown == bool(ids):
        raise BadInput("Give nugget ids, or --unknown.", "See them: goldpan review list")
    if ids:
        _decide(home, ids, Action.ACCEPT)
        return
    with Workspace.open(home) as space:
        count = decisions.accept_unknown(space, decisions.waiting(space, interest))
        out().print(f"Accepted {count} nuggets that are unknown and well grounded.")
        decisions.settle(space)


@app.command()
def reject(ids: Ids, reason: str = "", home: Home = None) -> None:
    """Reject nuggets."""
    _decide(home, ids, Action.REJECT, reason=reason)


@app.command()
def edit(
    nugget: str,
    claim: Annotated[str, typer.Option(help="The new wording; numbers stay the quote's.")],
    home: Home = None,
) -> None:
    """Accept a nugget in other words."""
    _decide(home, [nugget], Action.EDIT, claim=claim)


def _decide(home: Path | None, ids: list[str], action: Action, **more: str) -> None:
    from agent.services import decisions
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        for nugget in decisions.decide(space, ids, action, **more):
            out().print(f"{nugget.status}: {nugget.claim}", markup=False)
        decisions.settle(space)


@app.command()
def undo(home: Home = None) -> None:
    """Take back the last decision, or the last batch."""
    from agent.services import decisions
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        for nugget in decisions.undo(space):
            out().print(f"{nugget.status} again: {nugget.claim}", markup=False)


@app.command("export")
def export(file: Path, interest: Which = "", home: Home = None) -> None:
    """Write the proposals to a file of JSON lines, to be decided in an editor."""
    from agent.services import decisions
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        count = decisions.export(space, file, interest)
    out().print(
        f'Wrote {count} nuggets to {file}. Fill in "decision" (accept, reject, edit), '
        f"then: goldpan review import {file}",
        markup=False,
    )


@app.command("import")
def import_(file: Path, home: Home = None) -> None:
    """Carry out the decisions of an exported file: all, or none where a line is wrong."""
    from agent.services import decisions
    from agent.workspace import Workspace

    decisions.demand_file(file)
    with Workspace.open(home) as space:
        count = decisions.load(space, file)
        out().print(f"Carried out {count} decisions.")
        decisions.settle(space)
