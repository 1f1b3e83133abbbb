"""The reference line: a model that reads what memory found, and nothing else differs."""

from __future__ import annotations

import pytest

from evals.examine import examine
from evals.retrieval import CLAIMS, examine_with_memory
from memory.errors import BadInput
from memory.records import GAP
from tests.evals.test_examine import OPTIONS, question
from tests.models import ScriptedTarget
from tools.models import Choice


def reads(choice: Choice) -> int:
    """Favours the option that the context names; the last one where it names none."""
    named = [i for i, option in enumerate(choice.options) if option.split()[0] in choice.context]
    return named[0] if named else len(choice.options) - 1


QUESTIONS = [question(lamp, "Report", answer) for lamp, answer in zip("abcd", OPTIONS, strict=True)]
MEMORY = {q.stem: f"Lamp {q.nugget} burns {q.answer} hours." for q in QUESTIONS}


def test_an_old_model_answers_from_what_memory_holds() -> None:
    """By itself it is at chance; the claims are all that is new."""
    target = ScriptedTarget(reads)
    assert examine(target, QUESTIONS, "new_before").score.value == 0.25
    found = examine_with_memory(target, QUESTIONS, lambda stem: [MEMORY[stem]], "new_retrieval")
    assert (found.score.metric, found.score.value, found.score.n) == ("new_retrieval", 1.0, 4)
    assert found.by_nugget.value == 1.0
    assert [answer.question for answer in found.answers] == [q.id for q in QUESTIONS]


def test_memory_is_asked_for_the_whole_stem_and_the_likeliest_claim_stands_last() -> None:
    """What follows a gap may name the subject; a context too long loses its beginning."""
    target, heard = ScriptedTarget(reads), list[str]()

    def lookup(stem: str) -> list[str]:
        heard.append(stem)
        return [f"claim {i}" for i in range(2 * CLAIMS)]

    examine_with_memory(target, QUESTIONS[:1], lookup, "new_retrieval")
    assert heard == [QUESTIONS[0].stem]
    assert GAP in heard[0]
    shown = target.asked[0].context.splitlines()
    assert shown[:CLAIMS] == [f"claim {i}" for i in reversed(range(CLAIMS))]
    assert shown[CLAIMS:] == ["", "Report says that lamp a burns"]


def test_where_memory_holds_nothing_it_is_the_plain_examination() -> None:
    bare, reminded = ScriptedTarget(reads), ScriptedTarget(reads)
    plain = examine(bare, QUESTIONS, "new")
    assert examine_with_memory(reminded, QUESTIONS, lambda _: [], "new") == plain
    assert reminded.asked == bare.asked


def test_a_question_without_its_answer_is_refused_before_memory_is_asked() -> None:
    with pytest.raises(BadInput, match="no multiple-choice question"):
        examine_with_memory(
            ScriptedTarget(reads), [question("a", "He", "eleven")], MEMORY.__getitem__, "new"
        )
