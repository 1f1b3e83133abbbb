"""goldpan models: the versions of each target, and which one is current."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.terminal import AsJson, Home, out, show, show_one

app = typer.Typer(
    help="Model versions: what each was taught, which is current.", no_args_is_help=True
)
Force = Annotated[bool, typer.Option("--force", help="Even one that the gate refused.")]


@app.command("list")
def list_(as_json: AsJson = False, home: Home = None) -> None:
    """List all versions."""
    from agent.services import models
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        rows = [models.as_row(version) for version in models.listed(space)]
    columns = ["id", "name", "version", "stage", "new_before", "new_after", "old_after", "created"]
    show(rows, columns, as_json)


@app.command("show")
def show_(version: str, as_json: AsJson = False, home: Home = None) -> None:
    """Show one version whole: its parent, dataset, scores, gate and environment."""
    from agent.services import models
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        show_one(models.find_version(space, version).model_dump(mode="json"), as_json)


@app.command()
def promote(version: str, force: Force = False, home: Home = None) -> None:
    """Make a version the current one."""
    from agent.services import models
    from agent.workspace import Workspace

    with Workspace.open(home, own="models promote") as space:
        now = models.promote(space, version, force=force)
    out().print(f"{now.name} v{now.number} is current.")


@app.command()
def rollback(
    name: Annotated[str, typer.Argument(help="The target [default: the one bound].")] = "",
    home: Home = None,
) -> None:
    """Go back to the version that the current one came from."""
    from agent.services import models
    from agent.workspace import Workspace

    with Workspace.open(home, own="models rollback") as space:
        now = models.rollback(space, name)
    out().print(f"{now.name} v{now.number} is current again.")


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="Where the model goes; it must not be there yet.")],
    version: Annotated[str, typer.Option("--model", help="A version [default: the current].")] = "",
    home: Home = None,
) -> None:
    """Save a version as one ordinary model; refused where it would answer otherwise than here."""
    from agent.services import models
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        found, parity = models.export(space, folder, version)
    out().print(f"{found.name} v{found.number} is in {folder}: {parity.reason}.", markup=False)
