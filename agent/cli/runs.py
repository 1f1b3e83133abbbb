"""goldpan run and goldpan runs: look for what is new, and go on where a run stopped."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.terminal import AsJson, Exit, Home, Wait, Yes, out, show, show_json
from memory.records import Interest, Run, RunStatus

if TYPE_CHECKING:
    from agent.workspace import Workspace

app = typer.Typer(help="What ran, what stopped, and going on.", no_args_is_help=True)
WIDE = 14
"""Characters of an interest's name in a list of 80 columns."""


def run(
    interest: Annotated[str, typer.Argument(help="Name of an interest.")],
    papers: Annotated[Path | None, typer.Option(help="A folder of papers to look in.")] = None,
    yes: Yes = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would take; call no model.")
    ] = False,
    as_json: AsJson = False,
    wait: Wait = 0.0,
    home: Home = None,
) -> None:
    """Read new papers, extract nuggets, and see which of them the target does not know."""
    from agent.services import interests, runs
    from agent.workspace import Workspace

    with Workspace.open(home, own="" if dry_run else "run", wait=wait) as space:
        found = interests.find_interest(space, interest)
        options = {"papers": str(papers.expanduser().absolute())} if papers else {}
        if dry_run:
            _rehearsed(space, found, options, as_json)
            return
        follow(space, runs.start(space, "discover", found, yes=yes, **options), as_json)


def _rehearsed(
    space: Workspace, interest: Interest, options: dict[str, Any], as_json: bool
) -> None:
    """Say what a run would take. The store is only read."""
    from agent.cli import forecast
    from agent.cli.bars import Bars
    from agent.forecast.estimates import of_a_run

    if as_json:
        show_json(asyncio.run(of_a_run(space.context, interest, **options)))
        return
    with Bars(out()) as bars:
        estimate = asyncio.run(of_a_run(space.context, interest, bars, **options))
    forecast.papers(estimate)
    forecast.calls(estimate)


def follow(space: Workspace, run: Run, as_json: bool) -> Run:
    """Take a run as far as it goes, with progress, and say how it ended and what comes next."""
    from agent.cli.bars import Bars
    from agent.services import report, runs

    if as_json:
        run = runs.drive(space, space.context, run)
        show_json({"run": run.model_dump(mode="json"), **report.counts(space, run)})
    else:
        with Bars(out()) as bars:
            run = runs.drive(space, space.context, run, reporter=bars)
        _show_end(space, run, report.counts(space, run))
    if run.graph == "teach" and run.status in (RunStatus.DONE, RunStatus.PARTIAL):
        _gate_code(space, run)
    if run.lost:
        sys.exit(Exit.PARTIAL)
    return run


def _gate_code(space: Workspace, run: Run) -> None:
    from agent.services.report import result

    ended = result(space, run)
    if ended and not ended.passed:
        sys.exit(Exit.GATE_REFUSED)


def _show_end(space: Workspace, run: Run, counts: dict[str, Any]) -> None:
    interest = space.store.get(Interest, run.interest)
    name, console = interest.name, out()
    for key, value in counts.items():
        console.print(f"  {key.replace('_', ' '):<22} {_plain(value)}", markup=False)
    if counts.get("nuggets") and not (interest.target or space.settings.roles.target):
        console.print("No target model is bound, so nothing was probed: goldpan doctor")
    if run.lost:
        lost = ", ".join(f"{count} {what}" for what, count in run.lost.items())
        console.print(f"[yellow]Without an answer:[/] {lost}; why: goldpan runs show {run.id}")
    if run.status is RunStatus.PARTIAL:
        console.print(f"To ask for them again: goldpan runs resume {run.id}")
    elif run.status is RunStatus.WAITING:
        console.print(f"Run {run.id} waits for your review: goldpan review")
    elif run.graph == "discover":
        console.print(f"Run {run.id} is done. Next: goldpan review, then goldpan teach {name}")
    else:
        console.print(f"Run {run.id} is done. Next: goldpan ask --model both “…”")


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {count}" for key, count in value.items()) or "none"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


@app.command("list")
def list_(as_json: AsJson = False, home: Home = None) -> None:
    """List the runs."""
    from agent.services import runs
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        rows = runs.listed(space)
    if not as_json:
        rows = [{**row, "name": _short(row["name"])} for row in rows]
    show(rows, ["id", "graph", "name", "status", "note"], as_json)


def _short(name: str) -> str:
    """A name that leaves room for the note; the whole one stands in `interests list`."""
    return name if len(name) <= WIDE else f"{name[: WIDE - 1]}…"


@app.command("show")
def show_(run: str, as_json: AsJson = False, home: Home = None) -> None:
    """Show a run: its counts, its seconds by stage, its log."""
    from agent.services import report, runs
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        found = runs.find_run(space, run)
        log = [event.model_dump(mode="json") for event in runs.log(space, found)]
        counts = report.counts(space, found)
    if as_json:
        show_json({"run": found.model_dump(mode="json"), "counts": counts, "log": log})
        return
    console = out()
    console.print(f"{found.graph} {found.id}: {found.status}. {found.note}", markup=False)
    for stage, seconds in found.seconds.items():
        console.print(f"  {stage:<12} {seconds:8.1f} s")
    for key, value in counts.items():
        console.print(f"  {key.replace('_', ' '):<22} {_plain(value)}", markup=False)
    for event in log:
        console.print(f"  {event['time']}  {event['stage']:<8} {event['text']}", markup=False)


@app.command()
def resume(
    run: Annotated[str, typer.Argument(help="A run's id [default: the latest unfinished].")] = "",
    as_json: AsJson = False,
    wait: Wait = 0.0,
    home: Home = None,
) -> None:
    """Go on where a run stopped. What was finished is not done, nor paid for, again."""
    from agent.services import runs
    from agent.workspace import Workspace

    with Workspace.open(home, own="runs resume", wait=wait) as space:
        follow(space, runs.unfinished(space, run), as_json)
