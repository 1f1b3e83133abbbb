"""What must not be lost over a teaching: old facts that are asked, old text that is read again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError

from agent.context import by_id
from agent.steps.approve import taught_by
from memory.errors import BadInput
from memory.records import ModelVersion, Probe, Purpose, Question, QuestionKind, Verdict, digest

if TYPE_CHECKING:
    from agent.context import Workplace
    from memory.store import Store


def exam_of(store: Store, nuggets: Iterable[str]) -> list[Question]:
    """The vetted exam questions about these nuggets, in a fixed order."""
    found = store.all(Question, nugget=sorted(nuggets), purpose=Purpose.EXAM)
    return by_id(question for question in found if question.vetted)


def read_questions(path: Path) -> list[Question]:
    """A user's own question set, one JSON record a line. BadInput names the line."""
    questions = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise BadInput(f"The retention set {path} cannot be read: {fault}.") from fault
    for number, line in enumerate(lines, 1):
        try:
            question = Question.model_validate(json.loads(line))
            if question.kind is QuestionKind.MCQ:
                _ = question.key
            questions.append(question)
        except (ValueError, ValidationError) as fault:
            raise BadInput(f"{path}, line {number} is not a question: {fault}.") from fault
    return questions


def old_questions(ctx: Workplace, before: ModelVersion) -> list[Question]:
    """What must not be lost: its retention set, what it was found to know, what it was taught."""
    bound = ctx.settings.model(before.name)
    kept = read_questions(Path(ctx.settings.locate(bound.retention))) if bound.retention else []
    known = {p.nugget for p in ctx.store.all(Probe, model=before.id, verdict=Verdict.KNOWN)}
    return [*kept, *exam_of(ctx.store, known | taught_by(ctx.store, before))]


class OldText(NamedTuple):
    """Paragraphs that the target knew before."""

    replay: list[str]
    """To be mixed into training."""
    kept_back: list[str]
    """Never trained on again: what perplexity is measured on."""


def old_text(ctx: Workplace, name: str) -> OldText:
    """The paragraphs of a target's replay file, to be replayed or kept back."""
    bound = ctx.settings.model(name)
    if not bound.replay:
        return OldText([], [])
    path = Path(ctx.settings.locate(bound.replay))
    try:
        whole = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise BadInput(f"The replay file {path} cannot be read: {fault}.") from fault
    return parted(whole)


def parted(whole: str) -> OldText:
    """The paragraphs of a text, every tenth (by its hash) kept back."""
    texts = sorted({text.strip() for text in whole.split("\n\n")} - {""})
    kept_back = [text for text in texts if int(digest(text), 16) % 10 == 0]
    return OldText([text for text in texts if text not in set(kept_back)], kept_back)
