"""What the probe node calls: questions written, the target asked in parts, the batch judged whole.

A verdict rests on the whole batch, so judging comes last. Whatever was written or asked before a
crash is in the store and is not done again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from agent.graphs.state import Context, by_id
from agent.steps.questions import WrittenQuestions, write
from memory.errors import BadReply
from memory.records import ModelVersion, Nugget, Probe, Purpose, Question, Verdict

if TYPE_CHECKING:
    from memory.store import Store

CHUNK = 64
"""Nuggets written about or asked about between two saves: a crash costs at most so many."""


async def probed(
    ctx: Context, heads: Sequence[str], pool: list[Nugget], version: ModelVersion
) -> int:
    """See that every nugget has a judged probe of this version. heads: nugget ids.

    pool: lends wrong options. Everything is taken in the order of its id: papers are mined in
    parallel, and no result may show in which order they ended. Returns about how many there was no
    readable answer. Raises BadReply where nothing could be asked: the step has failed.
    """
    judged, pending = asked_before(ctx.store, version)
    talks = version.name in ctx.settings.endpoints
    # Where a model only talks, what it did not answer was lost on the way: it is asked again.
    done = {one.nugget for one in judged if not (talks and one.verdict is Verdict.UNPROBED)}
    todo = by_id(ctx.store.all(Nugget, id=[head for head in heads if head not in done]))
    if not todo:
        return 0
    questions, lost = await _questions(ctx, todo, pool)
    if len(lost) == len(heads):
        raise _unasked(ctx, lost)
    todo = [nugget for nugget in todo if nugget.id not in lost]
    if talks:
        return len(lost) + await _in_words(ctx, todo, questions, version)
    await asyncio.to_thread(
        _ask, ctx, todo, questions, version, judged, {one.nugget for one in pending}
    )
    _judge(ctx.store, version, judged)
    return len(lost)


def _unasked(ctx: Context, lost: dict[str, BadReply]) -> BadReply:
    *_, fault = lost.values()
    return BadReply(
        fault.reason,
        f"None of {len(lost)} nuggets got questions from {ctx.teacher.made_by}: {fault.reason}.",
        "goldpan doctor says what is the matter; then: goldpan runs resume.",
    )


def asked_before(store: Store, version: ModelVersion) -> tuple[list[Probe], list[Probe]]:
    """The version's probes: those that are judged, and those that wait for their batch."""
    held = by_id(store.all(Probe, model=version.id))
    waiting = [one for one in held if one.evidence and one.verdict is Verdict.UNPROBED]
    names = {one.id for one in waiting}
    return [one for one in held if one.id not in names], waiting


async def _questions(ctx: Context, todo: list[Nugget], pool: list[Nugget]) -> WrittenQuestions:
    """Probe questions about these nuggets, vetted together; written where there are none yet."""
    from tools.questions import vet

    names = [nugget.id for nugget in todo]
    held = ctx.store.all(Question, nugget=names, purpose=Purpose.PROBE)
    have = {question.nugget for question in held}
    missing = [nugget for nugget in todo if nugget.id not in have]
    lost: dict[str, BadReply] = {}
    for first in range(0, len(missing), CHUNK):
        made = await write(ctx, missing[first : first + CHUNK], pool)
        ctx.store.add(*(q for q in made.questions if q.purpose is Purpose.PROBE))
        lost |= made.lost
    held = by_id(ctx.store.all(Question, nugget=names, purpose=Purpose.PROBE))
    vetted = vet(held, todo)
    ctx.store.put(*vetted)
    return WrittenQuestions(vetted, lost)


def _ask(
    ctx: Context,
    todo: list[Nugget],
    questions: list[Question],
    version: ModelVersion,
    judged: list[Probe],
    waiting: set[str],
) -> None:
    from tools.probe import ask, by_nugget

    names = sorted({one.nugget for one in judged})
    around = [*ctx.store.all(Question, nugget=names, purpose=Purpose.PROBE), *questions]
    asked = by_nugget(questions)
    left = [nugget for nugget in todo if nugget.id not in waiting]
    for first in range(0, len(left), CHUNK):
        part = [(nugget, asked.get(nugget.id, [])) for nugget in left[first : first + CHUNK]]
        ctx.store.put(*ask(part, ctx.target(version), version.id, around))
        done = len(todo) - len(left) + min(first + CHUNK, len(left))
        ctx.reporter.progress("nuggets probed", done, len(todo))


async def _in_words(
    ctx: Context, todo: list[Nugget], questions: list[Question], version: ModelVersion
) -> int:
    """Ask a model that only talks; a call is not paid twice, so a crash loses nothing here."""
    from tools.probe import by_nugget, words

    asked = by_nugget(questions)
    probes = await words.probe(
        [(nugget, asked.get(nugget.id, [])) for nugget in todo],
        ctx.lines.line("target", version.name),
        version.id,
        on_progress=lambda done, total: ctx.reporter.progress("nuggets probed", done, total),
        on_loss=ctx.lost,
    )
    ctx.store.put(*probes)
    return sum(one.verdict is Verdict.UNPROBED and bool(asked.get(one.nugget)) for one in probes)


def _judge(store: Store, version: ModelVersion, judged: list[Probe]) -> None:
    from tools.probe import judge

    _, waiting = asked_before(store, version)
    store.put(*judge(waiting, earlier=judged))
