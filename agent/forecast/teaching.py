"""What a teaching would take: the dataset that would be frozen, looked at. Saves nothing."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.context import by_id
from agent.steps.approve import control_of, demand_method, taught_by, teachable
from agent.steps.questions import probe_questions, vetted, written
from agent.steps.train import frozen, recipe
from memory.records import Interest, ModelVersion, Nugget, Question

if TYPE_CHECKING:
    from agent.context import RunContext


async def forecast(ctx: RunContext, interest: Interest) -> dict[str, Any]:
    """What teaching would take, for one interest.

    `preflight` is text: counts, and rows with the marks of what is learnt. Raises BadInput where
    it cannot be done here.
    """
    version, nuggets, control, new = await asyncio.to_thread(_about, ctx, interest)
    if version is None:
        return {"target": "none is bound", "nuggets": len(nuggets)}
    made = await written(ctx, [*nuggets, *control], await asyncio.to_thread(ctx.pool, interest.id))
    made.demand()
    probes = await asyncio.to_thread(probe_questions, ctx, [nugget.id for nugget in nuggets])
    found = await vetted(ctx, made.questions, probes, by_id([*nuggets, *control]))
    usable = [question for question in found.questions if question.vetted]
    asked = [*usable, *(probe for probe in probes if probe.vetted)]
    training = await asyncio.to_thread(_training, ctx, interest, version, nuggets, control, asked)
    return {
        "target": f"{version.name} v{version.number}",
        "parameters": training.pop("parameters"),
        "accepted_nuggets": len(nuggets),
        "of_them_new": new,
        "questions": len(usable),
        **training,
    }


def _about(
    ctx: RunContext, interest: Interest
) -> tuple[ModelVersion | None, list[Nugget], list[Nugget], int]:
    """The version, what it would be taught, the control, and how many of the first are new."""
    demand_method(ctx)
    version = ctx.process.current(interest.target)
    nuggets = teachable(ctx, interest)
    before = taught_by(ctx.store, version) if version else set()
    new = len({nugget.id for nugget in nuggets} - before)
    return version, nuggets, control_of(ctx, nuggets), new


def _training(
    ctx: RunContext,
    interest: Interest,
    version: ModelVersion,
    nuggets: list[Nugget],
    control: list[Nugget],
    asked: list[Question],
) -> dict[str, Any]:
    """The training that would be done, over a dataset that is frozen and thrown away."""
    from tools.training.estimate import expected
    from tools.training.preflight import render

    with tempfile.TemporaryDirectory() as folder:
        dataset = frozen(ctx, interest, nuggets, control, asked, Path(folder))
        spec = recipe(ctx, interest, dataset)
        checked = ctx.process.preflight(spec)
    parameters = ctx.process.target(version).parameters
    return {
        "parameters": parameters,
        "training_rows": checked.rows,
        "training_tokens": checked.tokens,
        **expected(spec, checked, parameters),
        "preflight": render(checked),
    }
