"""ModelTeacher: the Teacher whose engine is a chat model. What it says is checked by code."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from langchain_core.language_models import BaseChatModel

from memory.errors import BadReply
from memory.records import Document, Nugget, Passage, Question
from prompts import load
from prompts.replies import Draft, Exercise
from tools.teachers.model import drafts, writing
from tools.teachers.model.ask import Answer, Asker
from tools.teachers.model.losses import Loss, Losses
from tools.teachers.model.packing import Group, halves, pack, written
from tools.teachers.model.wire import Mode
from tools.teachers.offline.distractors import MOST, OPTIONS
from tools.teachers.offline.headings import is_notice

BUDGET = 8_000
"""Characters of paper in one call, some 2,000 tokens: a paper of 40,000 takes five or six calls."""


class ModelTeacher:
    """Implements `tools.teachers.Teacher` with a chat model that has no tools but its answer.

    name: what stands in every record, e.g. `openai:gpt-5`; a client's own name may be an address.
    on_loss: told what replies lost, by reason; the rest goes on.
    modes: how the endpoint can be made to answer in a schema, where that is known.
    budget: characters of paper in one call.
    options: options of a multiple-choice question.
    """

    def __init__(
        self,
        model: BaseChatModel,
        name: str,
        on_loss: Callable[[Loss], None] = lambda _: None,
        modes: Sequence[Mode] = tuple(Mode),
        budget: int = BUDGET,
        options: int = OPTIONS,
    ) -> None:
        if not 2 <= options <= MOST:
            raise ValueError(f"a choice of {options} options")
        self._asker = Asker(model, modes)
        self._name = name
        self._on_loss = on_loss
        self._budget = budget
        self._options = options
        self._extract, self._questions = load("extract"), load("questions")

    @property
    def made_by(self) -> str:
        """Model, name and version of the prompt: here of the one that extracts."""
        return f"{self._name}:{self._extract.made_by}"

    def extract(self, document: Document, passages: Sequence[Passage]) -> list[Nugget]:
        """Grounded nuggets: one call a group of passages, two where a reply needs its repair.

        A group whose reply is no answer costs only itself. Raises BadReply where no group got an
        answer: a paper that nobody read is not a paper without findings. A correction of another
        paper has none, and is not asked about.
        """
        if is_notice(document.title, document.text):
            return []
        losses = Losses("extract", document.paper)
        groups = pack(passages, self._budget)
        mined = [self._mined(document, group, losses) for group in groups]
        nuggets = [nugget for found in mined if found is not None for nugget in found]
        kept = drafts.once(nuggets, losses.add)
        self._tell(losses)
        if groups and all(found is None for found in mined):
            last = losses.faults[-1]
            raise BadReply(last.reason, f"No part of the paper got an answer. {last}")
        return kept

    def _mined(self, document: Document, group: Group, losses: Losses) -> list[Nugget] | None:
        """Nuggets of one group; None where there was no answer."""
        try:
            answer = self._asker.ask(self._extract, title=document.title, passages=written(group))
        except BadReply as fault:
            if fault.reason in ("too_long", "cut") and len(group) > 1:
                return self._mined_by_halves(document, group, losses)
            losses.fail(fault)
            return None
        if answer.cut and len(group) > 1:
            return self._mined_by_halves(document, group, losses)
        self._count(answer, losses)
        items = [item for item in answer.items if isinstance(item, Draft)]
        return drafts.nuggets(items, document, group, self.made_by, losses.add)

    def _mined_by_halves(
        self, document: Document, group: Group, losses: Losses
    ) -> list[Nugget] | None:
        found = [self._mined(document, half, losses) for half in halves(group)]
        read = [nuggets for nuggets in found if nuggets is not None]
        return [nugget for nuggets in read for nugget in nuggets] if read else None

    def questions(self, nugget: Nugget, pool: Sequence[Nugget]) -> list[Question]:  # noqa: ARG002
        """Statements and questions of every purpose, not yet vetted; [] where there was no answer.

        pool: not looked at: a model has wrong options of its own, and what it is asked must not
        change with what else was read.
        """
        losses = Losses("questions", nugget.id)
        made: list[Question] = []
        try:
            answer = self._asker.ask(
                self._questions,
                claim=nugget.claim,
                quote=nugget.quote,
                wrong=str(self._options - 1),
            )
            self._count(answer, losses)
            items = [item for item in answer.items if isinstance(item, Exercise)]
            made_by = f"{self._name}:{self._questions.made_by}"
            made = writing.questions(items, nugget, made_by, self._options - 1)
        except BadReply as fault:
            losses.fail(fault)
        self._tell(losses)
        return made

    def _count(self, answer: Answer, losses: Losses) -> None:
        for fault in answer.faults:
            losses.add("schema", fault)
        if answer.cut:
            losses.add("cut", "The reply stopped at its length limit.")

    def _tell(self, losses: Losses) -> None:
        for loss in losses.told():
            self._on_loss(loss)
