"""Questions from what a model wrote about one nugget. Vetting them is left to `tools.questions`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from memory.records import Level, Nugget, Purpose, Question, QuestionKind
from prompts.replies import Exercise
from tools.questions.frame import framed
from tools.questions.options import placed
from tools.text.faith import plain

LEVELS = tuple(Level)
KINDS = {"statement": QuestionKind.STATEMENT, "paraphrase": QuestionKind.PARAPHRASE,
         "short": QuestionKind.SHORT}  # fmt: skip


def questions(
    written: Iterable[Exercise], nugget: Nugget, made_by: str, wanted: int = 3
) -> list[Question]:
    """What is told, and short questions, train; choices probe and examine by turns, by levels.

    Two choices of a level thus serve one purpose each, and no wording serves two.
    wanted: wrong options of a choice; of more the first so many are taken, fewer stay as they are.
    """
    items = list(written)
    made = [_statement(item, nugget, made_by) for item in items if item.kind != "choice"]
    choices = sorted((i for i in items if i.kind == "choice"), key=_level)
    turns: Counter[str] = Counter()
    for place, item in enumerate(choices):
        purpose = Purpose.EXAM if place % 2 else Purpose.PROBE
        turns[form := f"model {purpose.value} {item.level}"] += 1
        answer, wrong = plain(item.answer), [plain(option) for option in item.wrong[:wanted]]
        made.append(
            Question(
                nugget=nugget.id,
                kind=QuestionKind.MCQ,
                form=f"{form} {turns[form]}",
                purpose=purpose,
                stem=framed(plain(item.text)),
                # Models put the right one first more often than not.
                options=placed(answer, wrong, nugget.id, place),
                answer=answer,
                explanation=plain(item.explanation),
                level=Level(item.level),
                made_by=made_by,
            )
        )
    return made


def _level(item: Exercise) -> int:
    return LEVELS.index(Level(item.level))


def _statement(item: Exercise, nugget: Nugget, made_by: str) -> Question:
    asked = item.kind == "short"
    return Question(
        nugget=nugget.id,
        kind=KINDS[item.kind],
        form=f"model {item.kind}",
        purpose=Purpose.TRAIN,
        stem=framed(plain(item.text)) if asked else plain(item.text),
        answer=plain(item.answer) if asked else "",
        explanation=plain(item.explanation),
        level=Level(item.level),
        made_by=made_by,
    )
