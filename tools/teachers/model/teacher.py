"""ModelTeacher: the Teacher whose engine is a chat model. What it says is checked by code."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from memory.errors import BadReply
from memory.records import Document, Nugget, Passage, Question
from prompts import load
from prompts.replies import Candidate, Exercise
from tools.endpoints.connection import Connection
from tools.endpoints.gather import gather
from tools.papers.notices import is_notice
from tools.questions.options import MOST_OPTIONS, OPTIONS
from tools.replies.ask import SchemaAsker
from tools.replies.items import count_faults
from tools.replies.losses import Loss, Losses
from tools.teachers import Extracted
from tools.teachers.model import candidates, writing
from tools.teachers.model.packing import Group, halves, pack, passages_text

BUDGET = 8_000
"""Characters of paper in one call, some 2,000 tokens: a paper of 40,000 takes five or six calls."""


class ModelTeacher:
    """Implements `tools.teachers.Teacher` with a chat model that has no tools but its answer.

    on_loss: told what replies lost, by reason; the rest goes on.
    budget: characters of paper in one call.
    options: options of a multiple-choice question.
    """

    def __init__(
        self,
        connection: Connection,
        on_loss: Callable[[Loss], None] = lambda _: None,
        budget: int = BUDGET,
        options: int = OPTIONS,
    ) -> None:
        if not 2 <= options <= MOST_OPTIONS:
            raise ValueError(f"a choice of {options} options")
        self._asker = SchemaAsker(connection)
        self._name = connection.name
        self._on_loss = on_loss
        self._budget = budget
        self._options = options
        self._extract, self._questions = load("extract"), load("questions")

    @property
    def made_by(self) -> str:
        """Model, name and version of the prompt: here of the one that extracts."""
        return f"{self._name}:{self._extract.made_by}"

    async def extract(self, document: Document, passages: Sequence[Passage]) -> Extracted:
        """Grounded nuggets: one call a group of passages, two where a reply needs its repair.

        A group whose reply is no answer costs only itself. A correction of another paper has no
        findings, and is not asked about.
        """
        if is_notice(document.title, document.text):
            return Extracted([])
        losses = Losses("extract", document.paper)
        found = await self._extracted_all(document, pack(passages, self._budget), losses)
        kept = candidates.once(found.nuggets, losses.add)
        self._tell(losses)
        return found._replace(nuggets=kept)

    async def _extracted_all(
        self, document: Document, groups: Sequence[Group], losses: Losses
    ) -> Extracted:
        """What several groups give, all asked about at once, in their order."""
        tallies = [Losses("extract", document.paper) for _ in groups]
        parts = await gather(
            self._extracted(document, group, tally)
            for group, tally in zip(groups, tallies, strict=True)
        )
        losses.join(tallies)
        return Extracted(
            [nugget for part in parts for nugget in part.nuggets],
            sum(part.lost for part in parts),
            next((part.reason for part in reversed(parts) if part.lost), ""),
        )

    async def _extracted(self, document: Document, group: Group, losses: Losses) -> Extracted:
        """What one group gives."""
        shown = {"title": document.title, "passages": passages_text(group)}
        try:
            answer = await self._asker.ask(self._extract, **shown)
        except BadReply as fault:
            if fault.reason in ("too_long", "cut") and len(group) > 1:
                return await self._extracted_all(document, halves(group), losses)
            losses.fail(fault)
            return Extracted([], len(group), fault.reason)
        if answer.cut and len(group) > 1:
            return await self._extracted_all(document, halves(group), losses)
        count_faults(answer, losses)
        items = [item for item in answer.items if isinstance(item, Candidate)]
        nuggets = candidates.nuggets(items, document, group, self.made_by, losses.add)
        return Extracted(nuggets, len(group) if answer.unmended else 0, answer.unmended)

    async def questions(self, nugget: Nugget, pool: Sequence[Nugget]) -> list[Question]:  # noqa: ARG002
        """Statements and questions of every purpose, not yet vetted.

        pool: not looked at: a model has wrong options of its own, and what it is asked must not
        change with what else was read.
        """
        losses = Losses("questions", nugget.id)
        try:
            answer = await self._asker.ask(
                self._questions,
                claim=nugget.claim,
                quote=nugget.quote,
                wrong=str(self._options - 1),
            )
            count_faults(answer, losses)
            items = [item for item in answer.items if isinstance(item, Exercise)]
            made_by = f"{self._name}:{self._questions.made_by}"
            return writing.questions(items, nugget, made_by, self._options - 1)
        except BadReply as fault:
            losses.fail(fault)
            raise
        finally:
            self._tell(losses)

    def _tell(self, losses: Losses) -> None:
        for loss in losses.listed():
            self._on_loss(loss)
