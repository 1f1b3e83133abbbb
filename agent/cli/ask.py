"""goldpan ask: put a question to the model as it was, as it is, or both side by side."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.terminal import AsJson, Home, out, show_json

if TYPE_CHECKING:
    from agent.services.answers import Answers


def ask(
    question: str,
    model: Annotated[
        str, typer.Option("--model", "-m", help="current, base, both, or a version's id.")
    ] = "current",
    target: Annotated[str, typer.Option(help="Which target [default: the one bound].")] = "",
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Ask the target model; beside its answer stands what memory holds, with its sources."""
    from agent.services.answers import answers
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        found = asyncio.run(answers(space, question, model, target))
    show_json(found.as_json()) if as_json else show_answers(found)


def show_answers(found: Answers) -> None:
    """Print answers side by side, and what memory holds."""
    console = out()
    for answer in found.answers:
        name = f"{answer.version.name} v{answer.version.number}"
        console.print(f"[bold]{name}[/] ({answer.what})")
        console.print(f"  {answer.text or '(no answer)'}", markup=False)
    console.print("[bold]Memory holds[/]" if found.memory else "Memory holds nothing near.")
    for nugget, paper, cosine in found.memory:
        console.print(f"  {cosine:.2f}  {nugget.claim}", markup=False)
        console.print(f"        {paper.place(nugget.page)}", markup=False, style="dim")
