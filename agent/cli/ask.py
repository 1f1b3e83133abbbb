"""goldpan ask: put a question to the model as it was, as it is, or both side by side."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from agent.cli.terminal import AsJson, Home, out, show_json


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
    show_json(found) if as_json else show_answers(found)


def show_answers(found: dict[str, Any]) -> None:
    """Print answers side by side, and what memory holds."""
    console = out()
    for answer in found["answers"]:
        name = f"{answer['name']} v{answer['version']}"
        console.print(f"[bold]{name}[/] ({answer['what']})")
        console.print(f"  {answer['text'] or '(no answer)'}", markup=False)
    console.print("[bold]Memory holds[/]" if found["memory"] else "Memory holds nothing near.")
    for row in found["memory"]:
        console.print(f"  {row['cosine']:.2f}  {row['claim']}", markup=False)
        console.print(f"        {row['place']}", markup=False, style="dim")
