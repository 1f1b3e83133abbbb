"""What the teaching graph's nodes call: which facts are new, which are old, what it takes."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable, Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from agent.graphs.state import Context, by_id
from agent.steps.questions import Written, write
from memory.errors import BadInput
from memory.records import (
    Dataset,
    Interest,
    Job,
    JobStatus,
    ModelVersion,
    Nugget,
    NuggetStatus,
    Paper,
    Probe,
    Purpose,
    Question,
    QuestionKind,
    QuestionSet,
    Sighting,
    TrainingSpec,
    Verdict,
    digest,
)
from tools.endpoints.gather import gather

if TYPE_CHECKING:
    from memory.store import Store
    from tools.questions import SetReport, VettedSet

CONTROL = 40
"""Nuggets of the control: enough that a rise by a fifth would show."""
PINNED = ("goldpan", "torch", "transformers", "peft", "trl", "tokenizers", "safetensors")


def demand_method(ctx: Context) -> None:
    """Raises BadInput where this machine cannot train by the method that the settings name."""
    from tools.training.methods import demand, device_here

    if method := ctx.settings.training.method:
        demand(method, device_here())


def teachable(ctx: Context, interest: Interest) -> list[Nugget]:
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


def control_of(ctx: Context, taught: Iterable[Nugget]) -> list[Nugget]:
    """Nuggets of papers of which nothing is taught, at most CONTROL, drawn by their ids."""
    papers = {nugget.paper for nugget in taught}
    others = [n for n in ctx.store.all(Nugget) if n.paper not in papers and not n.teachable]
    return sorted(others, key=lambda nugget: digest("control", nugget.id))[:CONTROL]


async def written(ctx: Context, nuggets: Iterable[Nugget], pool: list[Nugget]) -> Written:
    """What teaches and examines the accepted of these nuggets; of the others only what examines.

    pool: lends wrong options.
    """
    about = {nugget.id: nugget for nugget in nuggets}
    made = await write(ctx, about.values(), pool)
    wanted = [
        question
        for question in made.questions
        if question.purpose is Purpose.EXAM
        or (question.purpose is Purpose.TRAIN and about[question.nugget].teachable)
    ]
    return made._replace(questions=wanted)


async def vetted(
    ctx: Context, questions: Iterable[Question], taught: list[Nugget], control: list[Nugget]
) -> VettedSet:
    """The questions as a set, by code; what was probed with stands by to be compared with.

    Where a judge is bound, it looks at what code lets pass.
    """
    from tools.questions import vet_set

    about = by_id([*taught, *control])
    probes = ctx.store.all(Question, nugget=[n.id for n in taught], purpose=Purpose.PROBE)
    found = await asyncio.to_thread(vet_set, by_id(questions), about, beside=by_id(probes))
    if (judge := ctx.crew.judge) is None:
        return found
    asked: dict[str, list[Question]] = {nugget.id: [] for nugget in about}
    for question in found.questions:
        asked[question.nugget].append(question)
    judged = await gather(judge.judge(asked[nugget.id], nugget) for nugget in about)
    return found._replace(questions=[question for some in judged for question in some])


def unjudged(ctx: Context, questions: Iterable[Question]) -> int:
    """Questions that a judge should have looked at and did not; none where no judge is bound."""
    if ctx.crew.judge is None:
        return 0
    asked = [q for q in questions if q.kind is QuestionKind.MCQ and q.vetted]
    return sum("judge" not in question.scores for question in asked)


def question_set(run: str, found: SetReport) -> QuestionSet:
    """What a run's vetted questions are like as a set, to be kept."""
    return QuestionSet(
        run=run,
        choices=sum(found.options.values()),
        by_options={str(size): count for size, count in sorted(found.options.items())},
        by_level=dict(found.levels),
        guessed_by_options_alone=round(found.guess.accuracy, 3),
        chance=round(found.guess.chance, 3),
        p_of_guessing=round(found.guess.p, 3),
        p_of_places=round(found.places, 3),
        key_length=round(found.length, 3),
        fair=found.fair,
    )


def taught_by(store: Store, version: ModelVersion) -> set[str]:
    """Ids of the nuggets a version was trained on; empty for a base."""
    return set(store.get(Dataset, version.dataset).nuggets) if version.dataset else set()


def exam_of(store: Store, nuggets: Iterable[str]) -> list[Question]:
    """The vetted exam questions about these nuggets, in a fixed order."""
    found = store.all(Question, nugget=sorted(nuggets), purpose=Purpose.EXAM)
    return by_id(question for question in found if question.vetted)


def read_questions(path: Path) -> list[Question]:
    """A user's own question set, one JSON record a line. BadInput names the line."""
    questions = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise BadInput(f"The retention set {path} cannot be read: {fault}.") from fault
    for number, line in enumerate(lines, 1):
        try:
            question = Question.model_validate(json.loads(line))
            if question.kind is QuestionKind.MCQ:
                _ = question.key
            questions.append(question)
        except (ValueError, ValidationError) as fault:
            raise BadInput(f"{path}, line {number} is not a question: {fault}.") from fault
    return questions


def old_questions(ctx: Context, before: ModelVersion) -> list[Question]:
    """What must not be lost: its retention set, what it was found to know, what it was taught."""
    bound = ctx.settings.model(before.name)
    kept = read_questions(Path(ctx.settings.locate(bound.retention))) if bound.retention else []
    known = {p.nugget for p in ctx.store.all(Probe, model=before.id, verdict=Verdict.KNOWN)}
    return [*kept, *exam_of(ctx.store, known | taught_by(ctx.store, before))]


class OldText(NamedTuple):
    """Paragraphs that the target knew before."""

    replay: list[str]
    """To be mixed into training."""
    kept_back: list[str]
    """Never trained on again: what perplexity is measured on."""


def old_text(ctx: Context, name: str) -> OldText:
    """The paragraphs of a target's replay file, to be replayed or kept back."""
    bound = ctx.settings.model(name)
    if not bound.replay:
        return OldText([], [])
    path = Path(ctx.settings.locate(bound.replay))
    try:
        whole = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise BadInput(f"The replay file {path} cannot be read: {fault}.") from fault
    return parted(whole)


def parted(whole: str) -> OldText:
    """The paragraphs of a text, every tenth (by its hash) kept back."""
    texts = sorted({text.strip() for text in whole.split("\n\n")} - {""})
    kept_back = [text for text in texts if int(digest(text), 16) % 10 == 0]
    return OldText([text for text in texts if text not in set(kept_back)], kept_back)


def recipe(ctx: Context, interest: Interest, dataset: Dataset) -> TrainingSpec:
    """Hyper-parameters for a model of this size; the settings' own values win."""
    from tools.training.estimate import card_mb
    from tools.training.recipe import method_for, recommend

    version = ctx.current(interest.target)
    assert version is not None  # noqa: S101  approve() saw one
    base = ctx.lineage.history(version.name)[0]
    parameters = ctx.target(base).parameters
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


def trained(
    ctx: Context, run: str, spec: TrainingSpec, heard: Callable[[dict[str, Any]], None]
) -> Path:
    """The folder of the result. Every process that trains is kept as a job of the run.

    heard: called with rows of progress. What still says it runs here for the same spec was killed,
    for the workspace has one owner. Raises TrainingFailed.
    """
    unended = ctx.store.all(Job, spec=spec.id, status=[JobStatus.PENDING, JobStatus.RUNNING])
    killed = [job.replace(status=JobStatus.LOST) for job in unended if job.where == "here"]
    ctx.store.put(*killed)
    return ctx.train(spec, heard, lambda job: ctx.store.put(job.replace(run=run)))


def environment() -> dict[str, str]:
    """Versions of the libraries that made a model."""
    return {name: metadata.version(name) for name in PINNED}


def frozen(
    ctx: Context,
    interest: Interest,
    nuggets: Sequence[Nugget],
    untaught: Sequence[Nugget],
    questions: Iterable[Question],
    folder: Path,
) -> Dataset:
    """The dataset of these nuggets, written under a folder. questions: vetted, of every purpose."""
    from tools.dataset import freeze

    version = ctx.current(interest.target)
    assert version is not None  # noqa: S101  approve() saw one
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


async def forecast(ctx: Context, interest: Interest) -> dict[str, Any]:
    """What teaching would take: the dataset that would be frozen, looked at. Saves nothing.

    `preflight` is text: counts, and rows with the marks of what is learnt. Raises BadInput where
    it cannot be done here.
    """
    from tools.training.estimate import expected
    from tools.training.preflight import render

    demand_method(ctx)
    version = ctx.current(interest.target)
    nuggets = teachable(ctx, interest)
    if version is None:
        return {"target": "none is bound", "nuggets": len(nuggets)}
    new = {nugget.id for nugget in nuggets} - taught_by(ctx.store, version)
    pool, control = ctx.pool(interest.id), control_of(ctx, nuggets)
    made = await written(ctx, [*nuggets, *control], pool)
    made.demand()
    found = (await vetted(ctx, made.questions, nuggets, control)).questions
    probes = ctx.store.all(Question, nugget=[n.id for n in nuggets], purpose=Purpose.PROBE)
    usable = [question for question in found if question.vetted]
    with tempfile.TemporaryDirectory() as folder:
        asked = [*usable, *(probe for probe in probes if probe.vetted)]
        dataset = frozen(ctx, interest, nuggets, control, asked, Path(folder))
        spec = recipe(ctx, interest, dataset)
        checked = ctx.preflight(spec)
    parameters = ctx.target(version).parameters
    return {
        "target": f"{version.name} v{version.number}",
        "parameters": parameters,
        "accepted_nuggets": len(nuggets),
        "of_them_new": len(new),
        "questions": len(usable),
        "training_rows": checked.rows,
        "training_tokens": checked.tokens,
        **expected(spec, checked, parameters),
        "preflight": render(checked),
    }
