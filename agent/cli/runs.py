"""goldpan run and goldpan runs: look for what is new, and go on where a run stopped."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.terminal import AsJson, Exit, Home, Wait, Yes, out, show, show_json
from memory.records import Interest, Run

if TYPE_CHECKING:
    from agent.services.outcomes import RunDetails, RunJob, RunOutcome
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
        options = runs.options_of(papers)
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


def follow(space: Workspace, run: Run, as_json: bool) -> None:
    """Take a run as far as it goes, with progress, and say how it ended and what comes next."""
    from agent.cli.bars import Bars
    from agent.services import outcomes, runs

    if as_json:
        ended = outcomes.outcome(space, runs.drive(space, space.context, run))
        show_json(ended.as_json())
    else:
        with Bars(out()) as bars:
            run = runs.drive(space, space.context, run, reporter=bars)
        ended = outcomes.outcome(space, run)
        _show_end(ended)
    if ended.refused:
        sys.exit(Exit.GATE_REFUSED)
    if ended.run.lost:
        sys.exit(Exit.PARTIAL)


def _show_end(ended: RunOutcome) -> None:
    run, console = ended.run, out()
    _show_counts(ended.counts)
    if ended.unprobed:
        console.print("No target model is bound, so nothing was probed: goldpan doctor")
    if run.lost:
        lost = ", ".join(f"{count} {what}" for what, count in run.lost.items())
        console.print(f"[yellow]Without an answer:[/] {lost}; why: goldpan runs show {run.id}")
    told = {
        "resume": f"To ask for them again: goldpan runs resume {run.id}",
        "review": f"Run {run.id} waits for your review: goldpan review",
        "teach": f"Run {run.id} is done. Next: goldpan review, then goldpan teach "
        f"{ended.interest.name}",
        "ask": f"Run {run.id} is done. Next: goldpan ask --model both “…”",
    }
    console.print(told[ended.next])


def _show_counts(counts: Mapping[str, Any]) -> None:
    for key, value in counts.items():
        out().print(f"  {key.replace('_', ' '):<22} {_plain(value)}", markup=False)


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
        rows = [run.as_json() for run in runs.listed(space)]
    if not as_json:
        rows = [{**row, "name": _short(row["name"])} for row in rows]
    show(rows, ["id", "graph", "name", "status", "note"], as_json)


def _short(name: str) -> str:
    """A name that leaves room for the note; the whole one stands in `interests list`."""
    return name if len(name) <= WIDE else f"{name[: WIDE - 1]}…"


@app.command("show")
def show_(run: str, as_json: AsJson = False, home: Home = None) -> None:
    """Show a run: its seconds by stage, its counts, the processes that trained, its log."""
    from agent.services import outcomes
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        found = outcomes.details(space, run)
    show_json(found.as_json()) if as_json else _show_whole(found)


def _show_whole(found: RunDetails) -> None:
    run, console = found.run, out()
    console.print(f"{run.graph} {run.id}: {run.status}. {run.note}", markup=False)
    for stage, seconds in run.seconds.items():
        console.print(f"  {stage:<12} {seconds:8.1f} s")
    _show_counts(found.counts)
    for job in found.jobs:
        console.print(f"  {_job(job)}", markup=False, soft_wrap=True)
    for event in found.log:
        console.print(f"  {event.time}  {event.stage:<8} {event.text}", markup=False)


def _job(one: RunJob) -> str:
    """Where it ran, how it ended, as what, how long, and the file with what it printed."""
    job, took = one.job, one.seconds
    how = f"{one.status} ({job.exit_code})" if job.exit_code else one.status
    handle = f"{'process' if job.where == 'here' else 'job'} {job.handle or 'none'}"
    when = f"since {job.started}" if took is None else f"{took:.0f} s"
    return f"{'trained ' + job.where:<22} {how}, {handle}, {when}: {job.log}"


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
