"""Does a model that only talks know a nugget? It is asked the fact, never whether it knows it.

For models behind an endpoint, of which no likelihood of a text can be had. Each vetted question is
put with its options under letters, in a new order each time, and without them; false controls show
what the model favours without knowing; a nugget is asked until the belief about it is decided.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from memory.records import Nugget, Probe, Purpose, Question, QuestionKind
from tools.endpoints.connection import Connection
from tools.probe.words.asking import QuestionAsker
from tools.probe.words.belief import belief_in, judge, right, spread
from tools.probe.words.exchanges import Cost, Effort, Form
from tools.probe.words.rounds import ProbedNugget, Rounds, cases
from tools.replies.losses import Loss

__all__ = ["Cost", "Effort", "Form", "probe"]
_KINDS = (QuestionKind.MCQ, QuestionKind.SHORT)


async def probe(
    items: Sequence[tuple[Nugget, Sequence[Question]]],
    target: Connection,
    model: str,
    plan: Effort | None = None,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
    on_loss: Callable[[Loss], None] = lambda _: None,
    on_cost: Callable[[Cost], None] = lambda _: None,
) -> list[Probe]:
    """One probe per nugget, in order. Only its vetted probe questions are asked, MCQ and short.

    The records do not depend on the order of the items, nor on that in which replies come.
    target: temperature and length of replies are as they were set in it. model: ModelVersion id.
    on_progress: called with (nuggets done, nuggets in all). on_loss: calls without a readable
    answer, one for each nugget and reason. on_cost: called once, at the end.
    A failed call costs only itself; a wrong key or an unknown model passes through.
    """
    asked = [(nugget, [q for q in questions if _usable(q)]) for nugget, questions in items]
    plan = plan or Effort()
    asker = QuestionAsker(target, plan.logprobs)
    batch = list(cases(asked, seed))
    rounds = Rounds(batch, asker, plan, seed)
    await rounds.run(on_progress)
    for case in batch:
        for loss in case.losses.listed():
            on_loss(loss)
    on_cost(rounds.cost())
    return _records(batch, rounds, model, asker.made_by)


def _usable(question: Question) -> bool:
    told = question.kind in _KINDS and question.purpose is Purpose.PROBE
    return told and question.vetted and not question.rejected


def _records(
    batch: Sequence[ProbedNugget], rounds: Rounds, model: str, made_by: str
) -> list[Probe]:
    ignorance = rounds.ignorance
    evidence = [right(case.heard, ignorance) for case in batch]
    prior = spread(evidence)
    made = []
    for case, held in zip(batch, evidence, strict=True):
        belief = belief_in(held, prior if held.shares else None)
        verdict, reason = judge(case.heard, ignorance, belief)
        probe = Probe(
            nugget=case.nugget.id,
            model=model,
            questions=tuple(one.ask.question.id for one in case.heard),
            answers=tuple(one.told for one in case.heard),
            probabilities=tuple(round(one.shares.get(one.right, 0.0), 6) for one in case.heard),
            p_known=belief.mean,
            low=belief.low,
            high=belief.high,
            verdict=verdict,
            reason=f"{reason}{_lost(case)}",
            made_by=made_by,
        )
        made.append(probe)
    return made


def _lost(case: ProbedNugget) -> str:
    """What could not be read, by name."""
    told = ", ".join(f"{loss.count} {loss.reason}" for loss in case.losses.listed())
    return f"; not read: {told}" if told else ""
