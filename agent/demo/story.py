"""The guided tour: the whole job in front of the user, on sample papers or on their own.

Every step is the product's own: the same graphs, the same store, the same commands. What was done
before is found and not done again.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from agent.cli.bars import Bars
from agent.demo import telling
from agent.services import page as pages
from agent.services import report, runs
from agent.services.interests import source_of
from agent.settings import FILE, load
from agent.steps import review
from agent.workspace import Workspace
from memory.errors import BadInput, NothingToDo
from memory.records import Interest, Nugget, Run, RunStatus

MINUTES = "under 4 minutes on 2 cores"


def tour(root: Path, papers: Path | None, yes: bool, console: Console) -> None:
    """Run the whole job and leave a report.

    root: the demo's folder; the sample papers, the sample target and the workspaces go there.
    papers: a folder of the user's own papers; None: the sample papers.
    yes: decide by policy and ask nothing.
    Raises BadInput where the environment names a store: invented records do not belong in it.
    """
    if load(root).store.url:
        raise BadInput("The demo keeps its records in its own folder.", "Unset GOLDPAN_STORE__URL.")
    console.print(
        f"[bold]Goldpan[/]: reads papers, finds what a model does not know yet, teaches it.\n"
        f"The demo takes {MINUTES} with the sample papers; a second one re-uses what is there."
    )
    if papers:
        console.print(
            "With your own papers it takes longer: reading and training grow with their number."
        )
    with Bars(console) as bars:
        folder, target = _prepare(root, papers, bars, console)
    home = _home(root, papers)
    _settings(home, target)
    with Workspace.open(home, own="demo") as space:
        _tell(space, folder, papers is None, yes, console)


def _home(root: Path, papers: Path | None) -> Path:
    if papers is None:
        return root / "workspace"
    where = str(papers.expanduser().absolute())
    return root / f"workspace-{papers.name}-{hashlib.sha256(where.encode()).hexdigest()[:6]}"


def _prepare(root: Path, papers: Path | None, bars: Bars, console: Console) -> tuple[Path, Path]:
    """The papers and the target: made where they are not there yet."""
    from agent.demo import papers as sample
    from agent.demo import target

    folder = papers.expanduser().absolute() if papers else root / "papers"
    if papers is None and not (folder.is_dir() and any(folder.glob("*.pdf"))):
        made = sample.build(folder)
        console.print(f"Typeset {len(made)} sample papers about an invented field: {folder}")
    model = root / "target"
    if not (model / "config.json").exists():
        console.print("A small language model goes to school first (about a minute).")
        target.build(
            model,
            lambda step, steps, loss: bars.progress("school", step, steps, f"loss {loss:.2f}"),
        )
    return folder, model


def _settings(home: Path, target: Path) -> None:
    """The workspace's goldpan.toml, as a user would write it."""
    home.mkdir(parents=True, exist_ok=True)
    if (home / FILE).exists():
        return
    where = target.absolute()
    (home / FILE).write_text(
        "# The model to be taught, and what must not be forgotten over it.\n"
        '[roles]\ntarget = "sample"\n\n'
        f'[models.sample]\npath = "{where}"\n'
        f'retention = "{where / "retention.jsonl"}"\nreplay = "{where / "replay.txt"}"\n',
        encoding="utf-8",
    )


def _tell(space: Workspace, folder: Path, sample: bool, yes: bool, console: Console) -> None:
    telling.heading(console, "1 · A workspace, and an interest in your words")
    interest = _interest(space, folder, sample)
    console.print(f"  workspace {space.home}")
    console.print(f"  interest  {interest.name}: “{interest.topic}”", markup=False)
    held = space.store.count(Nugget)
    found = _discover(space, interest, console)
    telling.papers(space, found, console)
    telling.heading(console, "3 · Nuggets: what the papers claim, each with its quote")
    telling.nuggets(space, found, console)
    telling.heading(console, "4 · What the model knows already")
    telling.verdicts(space, found, console)
    taught = _taught_before(space, interest)
    if taught and space.store.count(Nugget) == held:
        console.print("  Nothing is new since the last time: what was taught then is shown again.")
        _settle(space, interest, {"decided": True})
    else:
        _review(space, interest, yes, console)
        taught = _teach(space, interest, console)
    if taught:
        telling.dataset(space, taught, console)
        telling.heading(console, "8 · Before and after, in wordings nobody trained on")
        telling.examination(space, taught, console)
        telling.heading(console, "9 · Ask the old model and the new one")
        telling.asking(space, taught, console)
    _close(space, found, taught, console)


def _interest(space: Workspace, folder: Path, sample: bool) -> Interest:
    topic = (
        "What is newly found about chimestones: how they melt, ring, grow and bind?"
        if sample
        else f"What is new in the papers of {folder.name}?"
    )
    interest = Interest(
        name="sample-papers" if sample else "my-papers",
        topic=topic,
        sources=(source_of(folder),),
    )
    space.store.add(interest)
    return space.store.get(Interest, interest.id)


def _unfinished(space: Workspace, graph: str, interest: Interest) -> Run | None:
    last = runs.latest(space, graph, interest)
    return last if last and last.status is not RunStatus.DONE else None


def _discover(space: Workspace, interest: Interest, console: Console) -> Run:
    telling.heading(console, "2 · Papers are read")
    run = _unfinished(space, "discover", interest) or runs.start(space, "discover", interest)
    with Bars(console) as bars:
        return runs.drive(space, space.context, run, reporter=bars)


def _review(space: Workspace, interest: Interest, yes: bool, console: Console) -> None:
    from agent.cli.review import session

    telling.heading(console, "5 · Review: nothing is taught that nobody accepted")
    items = review.queue(space.store, interest=interest.id)
    if not yes and sys.stdin.isatty():
        session(space, items, console)
        _settle(space, interest, {"decided": True})
        return
    _settle(space, interest, {"policy": review.POLICY})
    left = len(review.queue(space.store, interest=interest.id))
    console.print(
        f"  Nobody is asked (--yes): {len(items) - left} nuggets that the model does not know, "
        f"that no paper denies\n  and whose quote stands in the paper were accepted; the other "
        f"{left} stay proposed."
    )


def _settle(space: Workspace, interest: Interest, answer: dict[str, Any]) -> None:
    """Let the discovery that waits at its review end with this answer."""
    if run := _unfinished(space, "discover", interest):
        runs.drive(space, space.context, run, answer)


def _teach(space: Workspace, interest: Interest, console: Console) -> Run | None:
    """The teaching run; the one before where nothing new was accepted; None where none ever was."""
    telling.heading(console, "6 · Questions and a frozen dataset, 7 · training")
    run = _unfinished(space, "teach", interest) or runs.start(space, "teach", interest)
    try:
        with Bars(console) as bars:
            return runs.drive(space, space.context, run, reporter=bars)
    except NothingToDo as nothing:
        console.print(f"  {nothing}", markup=False)
    return _taught_before(space, interest)


def _taught_before(space: Workspace, interest: Interest) -> Run | None:
    earlier = space.store.all(Run, graph="teach", interest=interest.id, status=[RunStatus.DONE])
    return next((run for run in reversed(earlier) if report.candidate(space, run)), None)


def _close(space: Workspace, found: Run, taught: Run | None, console: Console) -> None:
    telling.heading(console, "What came of it")
    found = space.store.get(Run, found.id)
    page, data = pages.write(space, space.home / "reports" / found.id, found, taught)
    table = Table(box=None, show_header=False, pad_edge=True)
    for row in telling.table(report.summary(space, found, taught)):
        table.add_row(*row)
    console.print(table)
    home = f"--home {space.home}"
    console.print("Next, try:", style="bold")
    for command in (
        f"goldpan review list {home}",
        f'goldpan ask --model both "…" {home}',
        f'goldpan memory search "…" {home}',
        f"goldpan models list {home}",
        "make demo PAPERS=a-folder-of-your-own",
    ):
        console.print(f"  {command}", markup=False, soft_wrap=True)
    console.print(f"Report: {page}  Summary: {data}", markup=False, soft_wrap=True)
