"""goldpan interests: what a user wants to know about, in their words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from agent.cli.terminal import AsJson, Home, out, show, show_one
from memory.errors import BadInput
from memory.records import Interest, InterestStatus

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


def slug(text: str) -> str:
    """A handle for a topic: lower case, digits and hyphens, at most 40 characters."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:40].strip("-")


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
    from agent.workspace import Workspace

    if slug(name) != name:
        raise BadInput(
            f"{name!r} cannot be a handle: lower case letters, digits and hyphens only.",
            f"Try: goldpan interests add {slug(name) or 'my-topic'} --topic {name!r}",
        )
    with Workspace.open(home) as space:
        if target:
            space.settings.bound(target)
        interest = Interest(
            name=name,
            topic=topic or name.replace("-", " "),
            include=tuple(include or ()),
            exclude=tuple(exclude or ()),
            sources=_sources(papers),
            target=target,
            prompt=prompt,
            budgets=_budgets(budget),
            **({} if explore is None else {"exploration": explore}),
        )
        if not space.store.add(interest):
            raise BadInput(
                f"There is an interest {name!r} already.",
                f"Change it: goldpan interests edit {name}.",
            )
    out().print(f"Added {name}. Next: goldpan run {name}" + ("" if papers else " --papers FOLDER"))


def _sources(papers: Path | None) -> tuple[str, ...]:
    return (f"folder:{papers.expanduser().absolute()}",) if papers else ()


def _budgets(given: list[str] | None) -> dict[str, float]:
    """Raises BadInput for what is no budget."""
    from agent.settings import BudgetsSettings

    found: dict[str, float] = {}
    for one in given or ():
        name, _, amount = one.partition("=")
        try:
            found[name] = float(amount)
            BudgetsSettings.model_validate({name: found[name]})
        except ValueError:
            names = ", ".join(BudgetsSettings.model_fields)
            raise BadInput(
                f"{one!r} is no budget.", f"Write NAME=AMOUNT, where NAME is one of: {names}."
            ) from None
    return found


@app.command("list")
def list_(as_json: AsJson = False, home: Home = None) -> None:
    """List the interests."""
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        rows = [interest.model_dump(mode="json") for interest in space.store.all(Interest)]
    show(rows, ["name", "topic", "status", "sources", "target"], as_json)


@app.command("show")
def show_(name: str, as_json: AsJson = False, home: Home = None) -> None:
    """Show one interest whole."""
    from agent.services.runs import find_interest
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
    given: dict[str, Any] = {
        "topic": topic,
        "sources": _sources(papers),
        "include": tuple(include or ()),
        "exclude": tuple(exclude or ()),
        "target": target,
        "prompt": prompt,
        "budgets": _budgets(budget),
    }
    changes = {key: value for key, value in given.items() if value}
    if explore is not None:
        changes["exploration"] = explore
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
    from agent.services.runs import find_interest
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        if changes.get("target"):
            space.settings.bound(changes["target"])
        interest = find_interest(space, name).replace(**changes)
        space.store.put(interest)
    out().print(f"{interest.name} is {interest.status}: {interest.topic}", markup=False)


@app.command()
def remove(name: str, home: Home = None) -> None:
    """Remove an interest. Its papers, nuggets and models stay."""
    from agent.services.runs import find_interest
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        interest = find_interest(space, name)
        space.store.delete(Interest, interest.id)
    out().print(f"Removed {interest.name}. What was learnt from its papers stays.")
