"""QuestionJudge: a chat model answers choices from the quote, and code decides what that means.

The key is not shown to it. It gives back numbers, letters and scores; no word of its own ever
stands in a question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from memory.records import Nugget, Question, QuestionKind
from prompts import load
from prompts.replies import QuestionJudgement
from tools.endpoints.connection import Connection
from tools.endpoints.gather import gather
from tools.replies.ask import SchemaAsker
from tools.replies.items import items_of
from tools.replies.losses import Loss, Losses

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WEAK = 5
"""A question scored so low or lower is refused."""
AT_ONCE = 8
"""Questions in one call: as many as a teacher writes about a nugget."""


class QuestionJudge:
    """Judges vetted multiple-choice questions about a nugget; the others pass unseen.

    on_loss: told what was not judged, by reason; such questions stay as code vetted them.
    """

    def __init__(
        self, connection: Connection, on_loss: Callable[[Loss], None] = lambda _: None
    ) -> None:
        self._asker = SchemaAsker(connection)
        self._name = connection.name
        self._on_loss = on_loss
        self._prompt = load("judge_question")

    @property
    def made_by(self) -> str:
        """Model, name and version of the prompt."""
        return f"{self._name}:{self._prompt.made_by}"

    async def judge(self, questions: Sequence[Question], nugget: Nugget) -> list[Question]:
        """The same questions in their order, those refused that the judge cannot answer.

        One call for up to AT_ONCE of them. A question that was judged has `scores["judge"]`, 1 to
        10; one that was not, because the reply was none or left it out, is unchanged, and the loss
        is told.
        """
        losses = Losses("judge", nugget.id)
        shown = [
            q
            for q in questions
            if q.kind is QuestionKind.MCQ and q.vetted and len(q.options) <= len(LETTERS)
        ]
        judged: dict[str, Question] = {}
        parts = [shown[first : first + AT_ONCE] for first in range(0, len(shown), AT_ONCE)]
        replies = await gather(self._judgements(part, nugget, losses) for part in parts)
        for part, judgements in zip(parts, replies, strict=True):
            for number, question in enumerate(part, 1):
                if number in judgements:
                    judged[question.id] = stamped(question, judgements[number])
                else:
                    losses.add("unjudged", question.stem)
        for loss in losses.listed():
            self._on_loss(loss)
        return [judged.get(question.id, question) for question in questions]

    async def _judgements(
        self, questions: Sequence[Question], nugget: Nugget, losses: Losses
    ) -> Mapping[int, QuestionJudgement]:
        judgements = await items_of(
            self._asker, self._prompt, QuestionJudgement, losses,
            quote=nugget.quote, questions=sheet(questions),
        )  # fmt: skip
        return valid_judgements(judgements or [], questions)


def sheet(questions: Sequence[Question]) -> str:
    """What the judge sees: numbered stems and lettered options, each on a line of its own."""
    return "\n\n".join(
        "\n".join([f"{number}. {_line(question.stem)}", *_lettered(question)])
        for number, question in enumerate(questions, 1)
    )


def _lettered(question: Question) -> list[str]:
    letters = _letters(question)
    return [f"{letter}) {_line(o)}" for letter, o in zip(letters, question.options, strict=True)]


def _letters(question: Question) -> str:
    return LETTERS[: len(question.options)]


def _line(text: str) -> str:
    """On one line, so that no option can look like another question."""
    return " ".join(text.split())


def valid_judgements(
    judgements: Sequence[QuestionJudgement], questions: Sequence[Question]
) -> dict[int, QuestionJudgement]:
    """Judgements by question number: one each, about a question and options that there are.

    Two about one question count as none: who contradicts himself has not judged.
    """
    numbers = [judgement.question for judgement in judgements]
    return {
        one.question: one
        for one in judgements
        if 1 <= one.question <= len(questions)
        and numbers.count(one.question) == 1
        and {one.choice, *one.right} <= {"none", *_letters(questions[one.question - 1])}
    }


def stamped(question: Question, judgement: QuestionJudgement) -> Question:
    """The question with its score, and refused where the judgement asks for it."""
    reason = verdict(question, judgement)
    scores = {**question.scores, "judge": float(judgement.score)}
    return question.model_copy(update={"scores": scores, "vetted": not reason, "rejected": reason})


def verdict(question: Question, judgement: QuestionJudgement) -> str:
    """A reason code of `tools.questions.REASONS`, or an empty text."""
    key, right = LETTERS[question.key], set(judgement.right)
    if judgement.choice not in (key, "none"):
        # Where it also holds the key for right, the question has two answers, not a wrong one.
        return "judged_ambiguous" if key in right else "judged_wrong"
    if judgement.choice == "none" or right != {key}:
        return "judged_ambiguous"
    return "judged_weak" if not judgement.alone or judgement.score <= WEAK else ""
