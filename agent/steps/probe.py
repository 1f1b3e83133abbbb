"""Does the target know it? Questions written, the target asked in parts, the batch judged whole.

A verdict rests on the whole batch, so judging comes last. Whatever was written or asked before a
crash is in the store and is not done again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from agent.context import by_id
from agent.steps.questions import WrittenQuestions, probe_questions, write
from memory.errors import BadReply
from memory.records import Interest, ModelVersion, Nugget, Probe, Purpose, Question, Verdict
from tools.probe import ask, by_nugget, judge, words
from tools.questions import vet

if TYPE_CHECKING:
    from agent.context import RunContext
    from memory.store import Store

CHUNK = 64
"""Nuggets written about or asked about between two saves: a crash costs at most so many."""


class _Batch(NamedTuple):
    """What one version is asked about."""

    version: ModelVersion
    heads: list[str]
    """Nuggets, one of each cluster, by id."""
    todo: list[Nugget]
    """Those of them that have no verdict yet."""
    pool: list[Nugget]
    """Lends wrong options."""
    judged: list[Probe]
    """What was judged before."""
    waiting: frozenset[str]
    """Nuggets whose probes wait for their batch."""


async def probed(ctx: RunContext, interest: str, nuggets: Sequence[str]) -> tuple[list[str], int]:
    """See that one nugget of each cluster has a judged probe of the current version.

    interest: its id. Returns the ids of these nuggets, none where no target is bound, and about how
    many there was no readable answer. Everything is taken in the order of its id: papers are worked
    on at once, and no result may show in which order they ended. Raises BadReply where nothing
    could be asked: the step has failed.
    """
    batch = await ctx.in_thread(_batch, ctx, interest, nuggets)
    if batch is None:
        return [], 0
    if not batch.todo:
        return batch.heads, 0
    questions, lost = await _questions(ctx, batch.todo, batch.pool)
    if len(lost) == len(batch.heads):
        raise _unasked(ctx, lost)
    batch = batch._replace(todo=[nugget for nugget in batch.todo if nugget.id not in lost])
    if _talks(ctx, batch.version):
        return batch.heads, len(lost) + await _in_words(ctx, batch, questions)
    await ctx.in_thread(_asked, ctx, batch, questions)
    return batch.heads, len(lost)


def _batch(ctx: RunContext, interest: str, names: Sequence[str]) -> _Batch | None:
    """What is to be asked; None without a target, or without nuggets."""
    nuggets = by_id(ctx.store.all(Nugget, id=list(names)))
    heads = sorted({nugget.cluster for nugget in nuggets})
    version = ctx.process.current(ctx.store.get(Interest, interest).target)
    if version is None or not heads:
        return None
    judged, pending = asked_before(ctx.store, version)
    # Where a model only talks, what it did not answer was lost on the way: it is asked again.
    talks = _talks(ctx, version)
    done = {one.nugget for one in judged if not (talks and one.verdict is Verdict.UNPROBED)}
    todo = by_id(ctx.store.all(Nugget, id=[head for head in heads if head not in done]))
    waiting = frozenset(one.nugget for one in pending)
    return _Batch(version, heads, todo, nuggets, judged, waiting)


def _talks(ctx: RunContext, version: ModelVersion) -> bool:
    """Whether the target is behind an endpoint: of such no likelihoods of a text can be had."""
    return version.name in ctx.settings.endpoints


def _unasked(ctx: RunContext, lost: dict[str, BadReply]) -> BadReply:
    *_, fault = lost.values()
    return BadReply(
        fault.reason,
        f"None of {len(lost)} nuggets got questions from {ctx.engines.teacher.made_by}: "
        f"{fault.reason}.",
        "goldpan doctor says what is the matter; then: goldpan runs resume.",
    )


def asked_before(store: Store, version: ModelVersion) -> tuple[list[Probe], list[Probe]]:
    """The version's probes: those that are judged, and those that wait for their batch."""
    held = by_id(store.all(Probe, model=version.id))
    waiting = [one for one in held if one.evidence and one.verdict is Verdict.UNPROBED]
    names = {one.id for one in waiting}
    return [one for one in held if one.id not in names], waiting


async def _questions(ctx: RunContext, todo: list[Nugget], pool: list[Nugget]) -> WrittenQuestions:
    """Probe questions about these nuggets, vetted together; written where there are none yet."""
    names = [nugget.id for nugget in todo]
    held = await ctx.in_thread(probe_questions, ctx, names)
    have = {question.nugget for question in held}
    missing = [nugget for nugget in todo if nugget.id not in have]
    lost: dict[str, BadReply] = {}
    for first in range(0, len(missing), CHUNK):
        made = await write(ctx, missing[first : first + CHUNK], pool)
        ours = (q for q in made.questions if q.purpose is Purpose.PROBE)
        await ctx.in_thread(ctx.store.add, *ours)
        lost |= made.lost
    return WrittenQuestions(await ctx.in_thread(_vetted, ctx, todo), lost)


def _vetted(ctx: RunContext, todo: list[Nugget]) -> list[Question]:
    vetted = vet(probe_questions(ctx, [nugget.id for nugget in todo]), todo)
    ctx.store.put(*vetted)
    return vetted


def _asked(ctx: RunContext, batch: _Batch, questions: list[Question]) -> None:
    """Ask a target on this machine, then judge the batch."""
    names = sorted({one.nugget for one in batch.judged})
    around = [*ctx.store.all(Question, nugget=names, purpose=Purpose.PROBE), *questions]
    asked, todo = by_nugget(questions), batch.todo
    left = [nugget for nugget in todo if nugget.id not in batch.waiting]
    for first in range(0, len(left), CHUNK):
        part = [(nugget, asked.get(nugget.id, [])) for nugget in left[first : first + CHUNK]]
        target = ctx.process.target(batch.version)
        ctx.store.put(*ask(part, target, batch.version.id, around))
        done = len(todo) - len(left) + min(first + CHUNK, len(left))
        ctx.reporter.progress("nuggets probed", done, len(todo))
    _, waiting = asked_before(ctx.store, batch.version)
    ctx.store.put(*judge(waiting, earlier=batch.judged))


async def _in_words(ctx: RunContext, batch: _Batch, questions: list[Question]) -> int:
    """Ask a model that only talks; a call is not paid twice, so a crash loses nothing here."""
    asked = by_nugget(questions)
    probes = await words.probe(
        [(nugget, asked.get(nugget.id, [])) for nugget in batch.todo],
        await ctx.connection("target", batch.version.name),
        batch.version.id,
        on_progress=lambda done, total: ctx.reporter.progress("nuggets probed", done, total),
        on_loss=ctx.lose,
    )
    await ctx.in_thread(ctx.store.put, *probes)
    return sum(one.verdict is Verdict.UNPROBED and bool(asked.get(one.nugget)) for one in probes)
