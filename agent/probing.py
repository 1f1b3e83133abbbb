"""What the probe node calls: questions written, the target asked in parts, the batch judged whole.

A verdict rests on the whole batch, so judging comes last. Whatever was written or asked before a
crash is in the store and is not done again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agent.state import Context, by_id
from memory.records import ModelVersion, Nugget, Probe, Purpose, Question, Verdict

if TYPE_CHECKING:
    from memory.store import Store

CHUNK = 64
"""Nuggets written about or asked about between two saves: a crash costs at most so many."""


def probed(ctx: Context, heads: Sequence[str], pool: list[Nugget], version: ModelVersion) -> None:
    """See that every nugget has a judged probe of this version. heads: nugget ids.

    pool: lends wrong options. Everything is taken in the order of its id: papers are mined in
    parallel, and no result may show in which order they ended.
    """
    judged, pending = asked_before(ctx.store, version)
    done = {one.nugget for one in judged}
    todo = by_id(ctx.store.all(Nugget, id=[head for head in heads if head not in done]))
    if not todo:
        return
    questions = _questions(ctx, todo, pool)
    _ask(ctx, todo, questions, version, judged, {one.nugget for one in pending})
    _judge(ctx.store, version, judged)


def asked_before(store: Store, version: ModelVersion) -> tuple[list[Probe], list[Probe]]:
    """The version's probes: those that are judged, and those that wait for their batch."""
    held = by_id(store.all(Probe, model=version.id))
    waiting = [one for one in held if one.evidence and one.verdict is Verdict.UNPROBED]
    names = {one.id for one in waiting}
    return [one for one in held if one.id not in names], waiting


def _questions(ctx: Context, todo: list[Nugget], pool: list[Nugget]) -> list[Question]:
    """Probe questions about these nuggets, vetted together; written where there are none yet."""
    from tools.questions import vet

    names = [nugget.id for nugget in todo]
    held = ctx.store.all(Question, nugget=names, purpose=Purpose.PROBE)
    have = {question.nugget for question in held}
    missing = [nugget for nugget in todo if nugget.id not in have]
    for first in range(0, len(missing), CHUNK):
        written = [
            question
            for nugget in missing[first : first + CHUNK]
            for question in ctx.teacher.questions(nugget, pool)
            if question.purpose is Purpose.PROBE
        ]
        ctx.store.add(*written)
    held = by_id(ctx.store.all(Question, nugget=names, purpose=Purpose.PROBE))
    vetted = vet(held, todo)
    ctx.store.put(*vetted)
    return vetted


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


def _judge(store: Store, version: ModelVersion, judged: list[Probe]) -> None:
    from tools.probe import judge

    _, waiting = asked_before(store, version)
    store.put(*judge(waiting, earlier=judged))
