"""What only a comparison of questions can refuse: copies, leaks, two answers to one question."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence

from memory.records import Purpose, Question, QuestionKind
from tools.questions.texts import bag, content_words, normal, options_of, whole, worn


def refusals(questions: Sequence[Question]) -> dict[int, str]:
    """Reasons by place among the questions; the first of several copies stands."""
    trained = _trained(questions)
    answers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for q in questions:
        if not q.is_statement:
            answers[_asked(q)].add(normal(q.answer))
    reasons: dict[int, str] = {}
    seen: set[Hashable] = set()
    for place, q in enumerate(questions):
        names = set(_names(q))
        if _ambiguous(q, answers[_asked(q)]):
            reasons[place] = "ambiguous"
        elif q.held_out and _learnt(q) & trained:
            reasons[place] = "leak"
        elif names & seen:
            reasons[place] = "duplicate"
        else:
            seen |= names
    return reasons


def _trained(questions: Sequence[Question]) -> set[Hashable]:
    return {name for q in questions if not q.held_out for name in _learnt(q)}


def _learnt(question: Question) -> set[Hashable]:
    """What a reader of the question learns that must not come up in an examination.

    Its text, with and without the answer, articles and endings apart; and the set of options,
    where it was a choice: who was taught which of them is right has seen the examination.
    """
    names: set[Hashable] = {worn(whole(question)), worn(question.stem)}
    if question.kind is QuestionKind.MCQ:
        names.add(("options", options_of(question)))
    return names


def _names(question: Question) -> list[Hashable]:
    """Two questions of one purpose that share any of these are copies.

    The same words but for articles and endings. Of held-out ones about one nugget also the same
    carrying words in any order; what trains is meant to say one thing in many orders.
    """
    names: list[Hashable] = [(question.purpose, question.is_statement, worn(whole(question)))]
    if question.held_out:
        asked = bag(content_words(question.stem))
        names.append((question.purpose, question.nugget, asked, normal(question.answer)))
    return names


def _ambiguous(question: Question, answers: set[str]) -> bool:
    """Whether the same stem has another answer too.

    A probe is only spoilt where that other answer is among its options: two papers that contradict
    each other are both asked about, each with its own value.
    """
    others = answers - {normal(question.answer)}
    if question.is_statement or not others:
        return False
    if question.purpose is not Purpose.PROBE:
        return True
    return bool(others & {normal(option) for option in question.options})


def _asked(question: Question) -> tuple[str, str]:
    """What makes two questions the same but for their answers."""
    return question.purpose.value, normal(question.stem)
