"""A dataset frozen, a training planned and done, and its adapter kept as a candidate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.context import by_id
from agent.steps.retention import old_questions, old_text
from memory.records import (
    Dataset,
    Interest,
    Job,
    JobStatus,
    ModelVersion,
    Nugget,
    Paper,
    Purpose,
    Question,
    TrainingSpec,
)

if TYPE_CHECKING:
    from agent.context import RunContext

PINNED = ("goldpan", "torch", "transformers", "peft", "trl", "tokenizers", "safetensors")


def current(ctx: RunContext, interest: Interest) -> ModelVersion:
    """The version that is to be taught."""
    version = ctx.process.current(interest.target)
    assert version is not None  # noqa: S101  approved() saw one
    return version


def frozen(
    ctx: RunContext,
    interest: Interest,
    nuggets: Sequence[Nugget],
    untaught: Sequence[Nugget],
    questions: Iterable[Question],
    folder: Path,
) -> Dataset:
    """The dataset of these nuggets, written under a folder. questions: vetted, of every purpose."""
    from tools.dataset import freeze

    version = current(ctx, interest)
    taught = {nugget.id for nugget in nuggets}
    used = [q for q in questions if q.nugget in taught or q.purpose is Purpose.EXAM]
    return freeze(
        folder,
        interest.name,
        by_id(nuggets),
        by_id(used),
        {paper.id: paper for paper in ctx.store.all(Paper, id={n.paper for n in nuggets})},
        old_text(ctx, version.name).replay,
        seed=ctx.settings.training.seed,
        replay_ratio=ctx.settings.training.replay_ratio,
        untaught=by_id(untaught),
        retention=old_questions(ctx, version),
    )


def dataset(
    ctx: RunContext, interest: str, taught: Sequence[str], control: Sequence[str]
) -> Dataset:
    """The dataset of these nuggets (ids) with their vetted questions: frozen, and saved."""
    asked = ctx.store.all(Question, nugget=[*taught, *control])
    made = frozen(
        ctx,
        ctx.store.get(Interest, interest),
        ctx.store.all(Nugget, id=list(taught)),
        ctx.store.all(Nugget, id=list(control)),
        [question for question in asked if question.vetted],
        ctx.settings.home / "datasets",
    )
    ctx.store.put(made)
    ctx.log("freeze", f"dataset {made.id}: {len(made.train)} rows")
    return made


def recipe(ctx: RunContext, interest: Interest, dataset: Dataset) -> TrainingSpec:
    """Hyper-parameters for a model of this size; the settings' own values win."""
    from tools.training.estimate import card_mb
    from tools.training.recipe import method_for, recommend

    version = current(ctx, interest)
    base = ctx.process.lineage.history(version.name)[0]
    parameters = ctx.process.target(base).parameters
    method = ctx.settings.training.method or method_for(parameters, card_mb())
    chosen = recommend(parameters, len(dataset.train), method)
    folder = Path(dataset.path)
    spec = TrainingSpec(
        base=version.base,
        base_sha256=version.base_sha256,
        dataset=dataset.id,
        train_file=str(folder / "train.jsonl"),
        validation_file=str(folder / "validation.jsonl"),
        output="",
        **{**chosen, **ctx.settings.training.overrides()},
    )
    # Named by what shapes the result: the same training finds its own checkpoints again.
    return spec.replace(output=str(ctx.settings.home / "training" / spec.id))


def planned(ctx: RunContext, interest: str, dataset: str) -> TrainingSpec:
    """The training spec, saved: the recipe for this size of model, and what the settings override.

    What would be learnt is shown before a second is spent on it.
    """
    from tools.training.preflight import render

    spec = recipe(ctx, ctx.store.get(Interest, interest), ctx.store.get(Dataset, dataset))
    text = render(ctx.process.preflight(spec))
    ctx.store.put(spec)
    ctx.log("plan", text)
    ctx.reporter.say(text.replace("\n", "\n  "))
    return spec


def trained(ctx: RunContext, name: str) -> Path:
    """The adapter of a spec (its id), from a process of its own; it resumes from checkpoints.

    Every process that trains is kept as a job of the run. Raises TrainingFailed.
    """
    spec = ctx.store.get(TrainingSpec, name)
    unended = ctx.store.all(Job, spec=name, status=[JobStatus.PENDING, JobStatus.RUNNING])
    # What still says it runs here was killed: the workspace has one owner, and that is us.
    killed = [job.replace(status=JobStatus.LOST) for job in unended if job.where == "here"]
    ctx.store.put(*killed)

    def heard(row: dict[str, Any]) -> None:
        if note := row.get("note"):
            ctx.reporter.say(note)
        if row.get("loss") is not None:
            at = int(row["step"]), int(row["steps"])
            ctx.reporter.progress("training steps", *at, f"loss {row['loss']:.3f}")

    return ctx.process.train(spec, heard, lambda job: ctx.store.put(job.replace(run=ctx.run)))


def kept(ctx: RunContext, interest: str, dataset: str, spec: str, adapter: str) -> ModelVersion:
    """The adapter, immutable and named by its hash, as a candidate in the lineage."""
    before = current(ctx, ctx.store.get(Interest, interest))
    folder, sha256 = ctx.process.lineage.keep(Path(adapter))
    return ctx.process.lineage.add(
        ModelVersion(
            name=before.name,
            base=before.base,
            base_sha256=before.base_sha256,
            parent=before.id,
            adapter=str(folder),
            adapter_sha256=sha256,
            dataset=dataset,
            spec=spec,
            environment=environment(),
        )
    )


def environment() -> dict[str, str]:
    """Versions of the libraries that made a model."""
    return {name: metadata.version(name) for name in PINNED}
