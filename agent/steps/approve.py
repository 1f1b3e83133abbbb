"""What is to be taught: accepted nuggets, and beside them a control of which nothing is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from memory.errors import NothingToDo
from memory.records import Dataset, Interest, ModelVersion, Nugget, NuggetStatus, Sighting, digest

if TYPE_CHECKING:
    from agent.context import RunContext
    from memory.store import Store

CONTROL = 40
"""Nuggets of the control: enough that a rise by a fifth would show."""


class Approved(NamedTuple):
    """What a teaching is about, by ids in sorted order."""

    nuggets: list[str]
    papers: list[str]
    control: list[str]
    """Nuggets of papers of which nothing is taught."""


def approved(ctx: RunContext, name: str) -> Approved:
    """All nuggets a person accepted for an interest (its id).

    Raises NothingToDo where none is new or no target is bound, BadInput where this machine cannot
    train by the method of the settings: before a question is written for it.
    """
    demand_method(ctx)
    interest = ctx.store.get(Interest, name)
    nuggets = teachable(ctx, interest)
    if bound := interest.target or ctx.settings.roles.target:
        ctx.settings.model(bound)
    version = ctx.process.current(interest.target)
    if version is None:
        raise NothingToDo(
            "No target model is bound, so there is nothing to teach.",
            "Name one in goldpan.toml: [roles] target, and its [models.NAME] path.",
        )
    if not nuggets:
        raise NothingToDo(
            f"No nugget of {interest.name!r} is accepted.", "Decide on some first: goldpan review."
        )
    if {n.id for n in nuggets} <= taught_by(ctx.store, version):
        raise NothingToDo(
            f"All {len(nuggets)} accepted nuggets are taught already: "
            f"{version.name} v{version.number} knows them.",
            "Find new ones first: goldpan run.",
        )
    return Approved(
        sorted(nugget.id for nugget in nuggets),
        sorted({nugget.paper for nugget in nuggets}),
        sorted(nugget.id for nugget in control_of(ctx, nuggets)),
    )


def demand_method(ctx: RunContext) -> None:
    """Raises BadInput where this machine cannot train by the method that the settings name."""
    from tools.training.methods import demand, device_here

    if method := ctx.settings.training.method:
        demand(method, device_here())


def teachable(ctx: RunContext, interest: Interest) -> list[Nugget]:
    """All accepted nuggets of every interest that teaches the same target.

    Not of this interest alone: the adapter is trained from the base, and what another interest
    taught the same model would be lost.
    """
    target = interest.target or ctx.settings.roles.target
    ours = [
        other.id
        for other in ctx.store.all(Interest)
        if (other.target or ctx.settings.roles.target) == target
    ]
    papers = sorted({seen.paper for seen in ctx.store.all(Sighting, interest=ours)})
    accepted = [NuggetStatus.ACCEPTED, NuggetStatus.EDITED]
    return ctx.store.all(Nugget, status=accepted, paper=papers)


def control_of(ctx: RunContext, taught: Iterable[Nugget]) -> list[Nugget]:
    """Nuggets of papers of which nothing is taught, at most CONTROL, drawn by their ids."""
    papers = {nugget.paper for nugget in taught}
    others = [n for n in ctx.store.all(Nugget) if n.paper not in papers and not n.teachable]
    return sorted(others, key=lambda nugget: digest("control", nugget.id))[:CONTROL]


def taught_by(store: Store, version: ModelVersion) -> set[str]:
    """Ids of the nuggets a version was trained on; empty for a base."""
    return set(store.get(Dataset, version.dataset).nuggets) if version.dataset else set()
