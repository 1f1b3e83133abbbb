"""goldpan interests: what a user wants to know about, in their words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from agent.cli.terminal import AsJson, Home, out, show, show_one
from memory.errors import BadInput
from memory.records import InterestStatus

app = typer.Typer(help="What you want to know about, in your words.", no_args_is_help=True)

Words = Annotated[list[str] | None, typer.Option(help="A word; may be given several times.")]
Topic = Annotated[str, typer.Option("--topic", "-t", help="What it is about, in your words.")]
Papers = Annotated[Path | None, typer.Option("--papers", help="A folder of papers to look in.")]
Target = Annotated[str, typer.Option("--target", help="Name of the model to teach.")]
Prompt = Annotated[
    str, typer.Option("--prompt", help="What a paper should be like: a model rates it by that.")
]
Explore = Annotated[
    float | None,
    typer.Option("--explore", min=0, max=1, help="Share read of papers that do not fit."),
]
Budget = Annotated[
    list[str] | None,
    typer.Option("--budget", help="Of its own, as NAME=AMOUNT, e.g. run_tokens=200000."),
]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="A short handle, e.g. battery-anodes.")],
    topic: Topic = "",
    papers: Papers = None,
    include: Words = None,
    exclude: Words = None,
    target: Target = "",
    prompt: Prompt = "",
    explore: Explore = None,
    budget: Budget = None,
    home: Home = None,
) -> None:
    """Add an interest."""
    from agent.services import interests
    from agent.workspace import Workspace

    interests.demand_handle(name)
    fields = _given(topic, papers, include, exclude, target, prompt, explore, budget)
    with Workspace.open(home) as space:
        interests.add(space, name, **fields)
    out().print(f"Added {name}. Next: goldpan run {name}" + ("" if papers else " --papers FOLDER"))


def _given(
    topic: str,
    papers: Path | None,
    include: list[str] | None,
    exclude: list[str] | None,
    target: str,
    prompt: str,
    explore: float | None,
    budget: list[str] | None,
) -> dict[str, Any]:
    """The fields of an interest that were given. Raises BadInput for what is no budget."""
    from agent.services.interests import budgets, source_of

    fields = {
        "topic": topic,
        "sources": (source_of(papers),) if papers else (),
        "include": tuple(include or ()),
        "exclude": tuple(exclude or ()),
        "target": target,
        "prompt": prompt,
        "budgets": budgets(budget or ()),
    }
    given: dict[str, Any] = {name: value for name, value in fields.items() if value}
    return given if explore is None else {**given, "exploration": explore}


@app.command("list")
def list_(as_json: AsJson = False, home: Home = None) -> None:
    """List the interests."""
    from agent.services import interests
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        rows = [interest.model_dump(mode="json") for interest in interests.listed(space)]
    show(rows, ["name", "topic", "status", "sources", "target"], as_json)


@app.command("show")
def show_(name: str, as_json: AsJson = False, home: Home = None) -> None:
    """Show one interest whole."""
    from agent.services.interests import find_interest
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        show_one(find_interest(space, name).model_dump(mode="json"), as_json)


@app.command()
def edit(
    name: str,
    topic: Topic = "",
    papers: Papers = None,
    include: Words = None,
    exclude: Words = None,
    target: Target = "",
    prompt: Prompt = "",
    explore: Explore = None,
    budget: Budget = None,
    home: Home = None,
) -> None:
    """Change what is given; the rest stays."""
    changes = _given(topic, papers, include, exclude, target, prompt, explore, budget)
    if not changes:
        raise BadInput("Nothing was given to change.", "See: goldpan interests edit --help")
    _change(home, name, **changes)


@app.command()
def pause(name: str, home: Home = None) -> None:
    """Keep it, but look for nothing until it is resumed."""
    _change(home, name, status=InterestStatus.PAUSED)


@app.command()
def resume(name: str, home: Home = None) -> None:
    """Look for it again."""
    _change(home, name, status=InterestStatus.ACTIVE)


def _change(home: Path | None, name: str, **changes: Any) -> None:
    from agent.services import interests
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        interest = interests.change(space, name, **changes)
    out().print(f"{interest.name} is {interest.status}: {interest.topic}", markup=False)


@app.command()
def remove(name: str, home: Home = None) -> None:
    """Remove an interest. Its papers, nuggets and models stay."""
    from agent.services import interests
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        interest = interests.remove(space, name)
    out().print(f"Removed {interest.name}. What was learnt from its papers stays.")
