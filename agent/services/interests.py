"""Interests: what a user wants to know about, added, changed, paused and removed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.settings import BudgetsSettings
from agent.steps.begin import interest_named, slug
from memory.errors import BadInput
from memory.records import Interest

if TYPE_CHECKING:
    from agent.workspace import Workspace


def find_interest(space: Workspace, name: str) -> Interest:
    """An interest by its name, or by the start of it where that is unique. Raises NoSuch."""
    return interest_named(space.store, name)


def budgets(given: Iterable[str]) -> dict[str, float]:
    """Budgets written as NAME=AMOUNT. Raises BadInput for what is none."""
    found: dict[str, float] = {}
    for one in given:
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


def source_of(folder: Path) -> str:
    """A folder of papers as a source of an interest."""
    return f"folder:{folder.expanduser().absolute()}"


def demand_handle(name: str) -> None:
    """Raises BadInput for what cannot be an interest's name."""
    if slug(name) != name:
        raise BadInput(
            f"{name!r} cannot be a handle: lower case letters, digits and hyphens only.",
            f"Try: goldpan interests add {slug(name) or 'my-topic'} --topic {name!r}",
        )


def add(space: Workspace, name: str, **fields: Any) -> Interest:
    """Add an interest. fields: as the record has them; the topic is the name where none is given.

    Raises BadInput for a name that is no handle or is taken, NoSuch for an unknown target.
    """
    demand_handle(name)
    if fields.get("target"):
        space.settings.bound(fields["target"])
    topic = fields.pop("topic", "") or name.replace("-", " ")
    interest = Interest(name=name, topic=topic, **fields)
    if not space.store.add(interest):
        raise BadInput(
            f"There is an interest {name!r} already.",
            f"Change it: goldpan interests edit {name}.",
        )
    return interest


def listed(space: Workspace) -> list[Interest]:
    """All of them, in the order in which they were added."""
    return space.store.all(Interest)


def change(space: Workspace, name: str, **fields: Any) -> Interest:
    """Change fields of an interest; returns it as it is now. Raises NoSuch."""
    if fields.get("target"):
        space.settings.bound(fields["target"])
    interest = find_interest(space, name).replace(**fields)
    space.store.put(interest)
    return interest


def remove(space: Workspace, name: str) -> Interest:
    """Remove an interest; its papers, nuggets and models stay. Raises NoSuch."""
    interest = find_interest(space, name)
    space.store.delete(Interest, interest.id)
    return interest
