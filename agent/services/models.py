"""Versions of targets: listed, promoted, rolled back, exported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from agent.steps.examine import prompts_of
from memory.errors import BadInput, NoSuch
from memory.records import ModelVersion

if TYPE_CHECKING:
    from agent.workspace import Workspace
    from tools.models.merged import Parity


class Exported(NamedTuple):
    """A version that was saved as one model."""

    version: ModelVersion
    parity: Parity


def listed(space: Workspace) -> list[ModelVersion]:
    """All versions of all targets, in the order in which they came to be."""
    return space.store.all(ModelVersion)


def as_row(version: ModelVersion) -> dict[str, Any]:
    """A version as plain JSON for listings: with `version` (v0, ...) and its scores by metric."""
    return {
        **version.model_dump(mode="json"),
        "version": f"v{version.number}",
        **{score.metric: score.value for score in version.scores},
    }


def find_version(space: Workspace, name: str) -> ModelVersion:
    """The version of that id, or of its first characters. Raises NoSuch."""
    return space.store.by_prefix(ModelVersion, name)


def promote(space: Workspace, name: str, *, force: bool) -> ModelVersion:
    """Make a version the current one. force: even one that the gate refused. For the owner."""
    found = find_version(space, name)
    return space.lineage.promote(found.id, "promoted by hand", force=force)


def rollback(space: Workspace, name: str = "") -> ModelVersion:
    """Go back to the version that the current one came from. For the workspace's owner.

    name: of the target; empty: the one bound. Raises NoSuch.
    """
    if not (name := name or space.settings.roles.target):
        raise NoSuch("No target is bound.", "Name one: goldpan models rollback NAME")
    return space.lineage.rollback(name)


def export(space: Workspace, folder: Path, name: str = "") -> Exported:
    """Save a version as one ordinary model; refused where it would answer otherwise than here.

    name: an id; empty: the current version. Raises NoSuch, BadInput, BadModel.
    """
    from tools.models.merged import export as merged

    found = find_version(space, name) if name else space.context.current("")
    if found is None:
        raise NoSuch("No target is bound.", "Name a version: --model ID")
    if not found.adapter:
        raise BadInput(f"{found.name} v{found.number} is the base itself: {found.base}.")
    if folder.exists():
        raise BadInput(f"{folder} is there already.", "Name another folder, or remove it.")
    prompts = prompts_of(space.context, found)
    return Exported(found, merged(found.base, found.adapter, folder, prompts))
