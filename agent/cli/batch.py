"""goldpan batch: have a run's calls answered by a provider's batch job."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.terminal import AsJson, Exit, Home, Wait, out, show_json

if TYPE_CHECKING:
    from agent.forecast.batches import Added

app = typer.Typer(
    help="Have a run's calls answered by a provider's batch job, from a file.",
    no_args_is_help=True,
)
File = Annotated[Path, typer.Argument(help="The file of requests; FILE.calls lies beside it.")]
Named = Annotated[
    str, typer.Option("--endpoint", help="A section [endpoints.NAME] [default: the teacher's].")
]
MOST = 5
"""Reasons that are shown, the commonest first."""


@app.command()
def write(
    interest: Annotated[str, typer.Argument(help="Name of an interest.")],
    file: File,
    papers: Annotated[Path | None, typer.Option(help="A folder of papers to look in.")] = None,
    endpoint: Named = "",
    home: Home = None,
) -> None:
    """Write the calls that a run would make now, as far as they are known; call no model."""
    from agent.cli.bars import Bars
    from agent.forecast import batches
    from agent.services import interests, runs
    from agent.workspace import Workspace

    options = runs.options_of(papers)
    with Workspace.open(home) as space, Bars(out()) as bars:
        found = interests.find_interest(space, interest)
        work = batches.written(space.context, found, file, endpoint, bars, **options)
        told = asyncio.run(work)
    calls = told.calls.total()
    out().print(f"{calls:,} calls are in {file} ({_listed(told.calls)}).", markup=False)
    if told.paid:
        out().print(f"{told.paid:,} more are paid for already.")
    if told.elsewhere:
        out().print(f"{told.elsewhere:,} more are of other endpoints, and are left to the run.")
    out().print(
        f"Once it is answered: goldpan batch collect {file} RESULTS. What depends on the replies, "
        "as questions about nuggets do, comes after that: write again, or leave it to the run.",
        markup=False, soft_wrap=True,
    )  # fmt: skip


@app.command()
def submit(
    file: File,
    there: Annotated[
        str, typer.Option("--input", help="Where you copied FILE to, on the provider's disks.")
    ],
    folder: Annotated[
        str, typer.Option("--output", help="A folder for its results, on the provider's disks.")
    ],
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Submit a file that lies on the provider's own disks (kind alcf). Copying it is up to you."""
    from agent.forecast import batches
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        batch = asyncio.run(batches.submitted(space.settings, file, there, folder))
    if as_json:
        show_json({"batch": batch})
        return
    out().print(f"Batch {batch}. How far it is: goldpan batch status {batch}", markup=False)


@app.command()
def status(
    batch: Annotated[str, typer.Argument(help="Its id, as submit told it.")],
    endpoint: Named = "",
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Say how far a batch is, and where its results lie (kind alcf)."""
    from agent.forecast import batches
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        state, results = asyncio.run(batches.status(space.settings, endpoint, batch))
    if as_json:
        show_json({"batch": batch, "status": state, "results": results})
        return
    out().print(f"Batch {batch}: {state}.", markup=False)
    if results:
        out().print(f"Copy {results} here, then: goldpan batch collect", markup=False)


@app.command()
def collect(
    file: File,
    results: Annotated[Path, typer.Argument(help="What the provider made of it.")],
    as_json: AsJson = False,
    wait: Wait = 0.0,
    home: Home = None,
) -> None:
    """Put a batch's replies in the ledger, where the next run finds them."""
    from agent.forecast import batches
    from agent.workspace import Workspace

    with Workspace.open(home, own="batch collect", wait=wait) as space:
        added = asyncio.run(batches.collected(space, file, results))
    if as_json:
        show_json(added._asdict())
    else:
        _show(added)
    if added.failed:
        sys.exit(Exit.PARTIAL)


def _show(added: Added) -> None:
    outcomes, before, failed, left_out = added
    for count, what in (
        (outcomes.total(), f"replies came ({_listed(outcomes)}); the next run finds them"),
        (before, "were there already"),
        (failed.total(), "requests have no reply; a run asks for them itself"),
        (left_out.total(), f"lines of the results were left out ({_listed(left_out)})"),
    ):
        if count:
            out().print(f"{count:,} {what}.", markup=False, soft_wrap=True)
    for reason, count in failed.most_common(MOST):
        out().print(f"  {count:,} × {reason}", markup=False, soft_wrap=True)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{what} {count:,}" for what, count in counts.most_common())
