"""goldpan models: the versions of each target, and which one is current."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.terminal import AsJson, Home, out, show, show_one
from memory.errors import BadInput, NoSuch
from memory.records import ModelVersion

app = typer.Typer(
    help="Model versions: what each was taught, which is current.", no_args_is_help=True
)
Force = Annotated[bool, typer.Option("--force", help="Even one that the gate refused.")]


@app.command("list")
def list_(as_json: AsJson = False, home: Home = None) -> None:
    """List all versions."""
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        rows = [
            {
                **version.model_dump(mode="json"),
                "version": f"v{version.number}",
                **{score.metric: score.value for score in version.scores},
            }
            for version in space.store.all(ModelVersion)
        ]
    columns = ["id", "name", "version", "stage", "new_before", "new_after", "old_after", "created"]
    show(rows, columns, as_json)


@app.command("show")
def show_(version: str, as_json: AsJson = False, home: Home = None) -> None:
    """Show one version whole: its parent, dataset, scores, gate and environment."""
    from agent.workspace import Workspace

    with Workspace.open(home) as space:
        show_one(space.store.by_prefix(ModelVersion, version).model_dump(mode="json"), as_json)


@app.command()
def promote(version: str, force: Force = False, home: Home = None) -> None:
    """Make a version the current one."""
    from agent.workspace import Workspace
    from memory.lineage import Lineage

    with Workspace.open(home, own="models promote") as space:
        found = space.store.by_prefix(ModelVersion, version)
        lineage = Lineage(space.store, space.home / "models")
        now = lineage.promote(found.id, "promoted by hand", force=force)
    out().print(f"{now.name} v{now.number} is current.")


@app.command()
def rollback(
    name: Annotated[str, typer.Argument(help="The target [default: the one bound].")] = "",
    home: Home = None,
) -> None:
    """Go back to the version that the current one came from."""
    from agent.workspace import Workspace
    from memory.lineage import Lineage

    with Workspace.open(home, own="models rollback") as space:
        name = name or space.settings.roles.target
        if not name:
            raise NoSuch("No target is bound.", "Name one: goldpan models rollback NAME")
        now = Lineage(space.store, space.home / "models").rollback(name)
    out().print(f"{now.name} v{now.number} is current again.")


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="Where the model goes; it must not be there yet.")],
    version: Annotated[str, typer.Option("--model", help="A version [default: the current].")] = "",
    home: Home = None,
) -> None:
    """Save a version as one ordinary model; refused where it would answer otherwise than here."""
    from agent.steps import examine as examining
    from agent.workspace import Workspace
    from tools.models.merged import export as merged

    with Workspace.open(home) as space:
        context = space.context()
        found = space.store.by_prefix(ModelVersion, version) if version else context.current("")
        if found is None:
            raise NoSuch("No target is bound.", "Name a version: --model ID")
        if not found.adapter:
            raise BadInput(f"{found.name} v{found.number} is the base itself: {found.base}.")
        if folder.exists():
            raise BadInput(f"{folder} is there already.", "Name another folder, or remove it.")
        parity = merged(found.base, found.adapter, folder, examining.prompts_of(context, found))
    out().print(f"{found.name} v{found.number} is in {folder}: {parity.reason}.", markup=False)
