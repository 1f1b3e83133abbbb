"""Questions about nuggets, by whoever teaches; about which of them nothing came is told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from memory.errors import BadReply
from memory.records import Nugget, Question
from tools.endpoints.gather import gather

if TYPE_CHECKING:
    from agent.graphs.state import Context


class WrittenQuestions(NamedTuple):
    """What came of asking for questions."""

    questions: list[Question]
    lost: dict[str, BadReply]
    """Nuggets, by id, about which there was no answer."""

    def demand(self) -> None:
        """Raises BadReply where asking again may help: nothing is to be taught by halves."""
        missing = [fault for fault in self.lost.values() if fault.passing]
        if missing:
            raise BadReply(
                missing[-1].reason,
                f"{len(missing)} nuggets got no questions. {missing[-1].what}",
                "goldpan doctor says what is the matter; then: goldpan runs resume.",
            )


async def write(ctx: Context, nuggets: Iterable[Nugget], pool: list[Nugget]) -> WrittenQuestions:
    """Questions of every purpose about each nugget. pool: lends wrong options."""
    lost: dict[str, BadReply] = {}

    async def about(nugget: Nugget) -> list[Question]:
        try:
            return await ctx.teacher.questions(nugget, pool)
        except BadReply as fault:
            lost[nugget.id] = fault
            return []

    made = await gather(map(about, nuggets))
    return WrittenQuestions([question for some in made for question in some], lost)
