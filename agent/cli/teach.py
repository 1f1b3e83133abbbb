"""goldpan teach: train the target on what was accepted, examine it, promote it or not."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated, Any

import typer

from agent.cli.terminal import AsJson, Home, Wait, Yes, out, show_json
from memory.errors import BadInput


def teach(
    interest: Annotated[str, typer.Argument(help="Name of an interest.")],
    yes: Yes = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would take.")] = False,
    as_json: AsJson = False,
    wait: Wait = 0.0,
    home: Home = None,
) -> None:
    """Write questions, train an adapter, examine before and after; the gate promotes or refuses."""
    from agent.cli.runs import follow
    from agent.forecast import estimates
    from agent.services import interests, runs
    from agent.workspace import Workspace

    with Workspace.open(home, own="teach", wait=wait) as space:
        found = interests.find_interest(space, interest)
        if dry_run or not yes:
            estimate = asyncio.run(estimates.of_a_teaching(space.context, found))
            if dry_run:
                show_json(estimate) if as_json else _show_estimate(estimate)
                return
            _show_estimate(estimate)
            _confirmed()
        follow(space, runs.start(space, "teach", found, yes=yes), as_json)


def _show_estimate(estimate: dict[str, Any]) -> None:
    from agent.cli import forecast

    console = out()
    console.print("Teaching would take:")
    for key, value in estimate.items():
        if key not in ("preflight", *forecast.PARTS):
            console.print(f"  {key.replace('_', ' '):<22} {value}", markup=False)
    if not estimate.get("of_them_new", True):
        console.print("All of it is taught already, so nothing would be done: goldpan run first.")
    if "preflight" in estimate:
        console.print("What is learnt stands between ⟦ and ⟧:")
        for line in estimate["preflight"].splitlines():
            console.print(f"  {line}", markup=False, highlight=False)
    if "calls" in estimate:
        forecast.calls(estimate)


def _confirmed() -> None:
    if not sys.stdin.isatty():
        raise BadInput(
            "Teaching changes a model and needs a yes; there is no terminal to ask on.",
            "Add --yes, or see what it would take with --dry-run.",
        )
    if not typer.confirm("Go on?", default=True):
        raise typer.Exit(0)
