"""Questions from what a model wrote about one nugget. Vetting them is left to `tools.questions`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from memory.records import Nugget, Purpose, Question, QuestionKind, digest
from prompts.replies import Exercise
from tools.faith import plain
from tools.teachers.offline.frames import ASKED

LEVELS = ("fact", "concept", "application", "analysis")


def questions(written: Iterable[Exercise], nugget: Nugget, made_by: str) -> list[Question]:
    """Statements and short questions train; choices probe and examine by turns, level by level.

    Two choices of a level thus serve one purpose each, and no wording serves two.
    """
    items = list(written)
    made = [_told(item, nugget, made_by) for item in items if item.kind != "choice"]
    choices = sorted((i for i in items if i.kind == "choice"), key=lambda i: LEVELS.index(i.level))
    turns: Counter[str] = Counter()
    for place, item in enumerate(choices):
        purpose = Purpose.EXAM if place % 2 else Purpose.PROBE
        turns[form := f"model {purpose.value} {item.level}"] += 1
        made.append(_choice(item, nugget, purpose, f"{form} {turns[form]}", made_by))
    return made


def _told(item: Exercise, nugget: Nugget, made_by: str) -> Question:
    is_statement = item.kind == "statement"
    return Question(
        nugget=nugget.id,
        kind=QuestionKind.STATEMENT if is_statement else QuestionKind.SHORT,
        form=f"model {item.kind}",
        purpose=Purpose.TRAIN,
        stem=plain(item.text) if is_statement else ASKED.format(q=plain(item.text)),
        answer="" if is_statement else plain(item.answer),
        explanation=plain(item.explanation),
        made_by=made_by,
    )


def _choice(item: Exercise, nugget: Nugget, purpose: Purpose, form: str, made_by: str) -> Question:
    answer = plain(item.answer)
    return Question(
        nugget=nugget.id,
        kind=QuestionKind.MCQ,
        form=form,
        purpose=purpose,
        stem=ASKED.format(q=plain(item.text)),
        options=_shuffled((answer, *map(plain, item.wrong)), f"{nugget.id} {item.text}"),
        answer=answer,
        explanation=plain(item.explanation),
        made_by=made_by,
    )


def _shuffled(options: Sequence[str], key: str) -> tuple[str, ...]:
    """In an order drawn from the key: models put the right one first more often than not."""
    return tuple(sorted(options, key=lambda option: digest(key, option)))
