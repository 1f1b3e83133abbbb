"""PairJudge: a model says whether two claims say the same, contradict each other, or neither.

It gives back numbers and letters; no word of its own stands anywhere. Of which pairs it is asked,
and where code overrules it, is told in `tools.merge`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from memory.records import Nugget, Relation, digest
from prompts import load
from prompts.replies import PairJudgement
from tools.endpoints.connection import Connection
from tools.endpoints.gather import gather
from tools.replies.ask import SchemaAsker
from tools.replies.items import items_of
from tools.replies.losses import Loss, Losses
from tools.text.faith import plain

Pair = tuple[Nugget, Nugget, Relation]
"""Two nuggets, and what code takes them for."""

AT_ONCE = 10
"""Pairs in one call: some 700 tokens asked, 150 answered."""
VERDICTS = {"A": Relation.SAME, "B": Relation.CONTRADICTS, "C": Relation.RELATED}


class PairJudge:
    """Judges pairs of nuggets.

    on_loss: told what was not judged, by reason; such pairs stay what code takes them for.
    """

    def __init__(
        self, connection: Connection, on_loss: Callable[[Loss], None] = lambda _: None
    ) -> None:
        self._asker = SchemaAsker(connection)
        self._name = connection.name
        self._on_loss = on_loss
        self._prompt = load("judge_pair")

    @property
    def made_by(self) -> str:
        """Model, name and version of the prompt."""
        return f"{self._name}:{self._prompt.made_by}"

    async def judge(self, pairs: Sequence[Pair]) -> list[Relation]:
        """How the two of each pair stand to each other, in the order given.

        One call for up to AT_ONCE pairs; all calls at the same time.
        """
        parts = [pairs[first : first + AT_ONCE] for first in range(0, len(pairs), AT_ONCE)]
        judged = await gather(self._judged(part) for part in parts)
        return [relation for part in judged for relation in part]

    async def _judged(self, pairs: Sequence[Pair]) -> list[Relation]:
        losses = Losses("pairs", digest(*((a.id, b.id) for a, b, _ in pairs)))
        judgements = await items_of(
            self._asker, self._prompt, PairJudgement, losses, pairs=sheet(pairs)
        )
        verdicts = valid_verdicts(judgements or [], len(pairs))
        if judgements is not None:
            for number, (a, _, _) in enumerate(pairs, 1):
                if number not in verdicts:
                    losses.add("unjudged", a.claim)
        for loss in losses.listed():
            self._on_loss(loss)
        return [verdicts.get(number, code) for number, (*_, code) in enumerate(pairs, 1)]


def sheet(pairs: Sequence[Pair]) -> str:
    """What the judge sees: numbered pairs, each claim on a line of its own."""
    return "\n\n".join(
        f"Pair {number}\n- {plain(a.claim)}\n- {plain(b.claim)}"
        for number, (a, b, _) in enumerate(pairs, 1)
    )


def valid_verdicts(judgements: Sequence[PairJudgement], count: int) -> dict[int, Relation]:
    """Verdicts by the number of their pair: of `count` pairs, one each, by a letter that there is.

    Two about one pair count as none: who contradicts himself has not judged.
    """
    numbers = [one.pair for one in judgements]
    return {
        one.pair: VERDICTS[one.verdict]
        for one in judgements
        if 1 <= one.pair <= count and numbers.count(one.pair) == 1 and one.verdict in VERDICTS
    }
