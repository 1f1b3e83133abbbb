"""Claims about the questions that a model writes; its replies are scripted."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from benchmarks.doubles.scripted import REFUSAL, Script, TeacherTrial
from memory.errors import BadReply
from memory.records import Level, Nugget, Purpose, QuestionKind
from prompts import load
from tools.questions import vet
from tools.teachers.model import Loss

MOULD = "Boards coated with osk resin carried 12 % less mould than bare boards after one winter."
NUGGET = Nugget(
    paper="p", passage="x", page=1, claim=MOULD, quote=MOULD, start=0, end=len(MOULD),
)  # fmt: skip


def exercise(kind: str, text: str, level: str = "fact", **more: Any) -> dict[str, Any]:
    plain = {"answer": "", "wrong": [], "explanation": ""}
    return {"kind": kind, "level": level, "text": text, **plain, **more}


def choice(level: str, text: str, **more: Any) -> dict[str, Any]:
    said = {"answer": "12 %", "wrong": ["4 %", "27 %", "60 %"], "explanation": "So it was found."}
    return exercise("choice", text, level, **{**said, **more})


WRITTEN = [
    exercise("statement", "Bare boards carried more mould than boards coated with osk resin."),
    exercise("paraphrase", "After one winter, osk resin had left boards with 12 % less mould."),
    exercise("short", "What kept mould off coated boards?", answer="osk resin"),
    choice("analysis", "How far apart were coated and bare boards in their mould?"),
    choice("fact", "How much less mould did boards coated with osk resin carry?"),
    choice("fact", "By how much did a coat of osk resin cut the mould on boards?"),
    choice("application", "A carpenter coats boards with osk resin. How much mould does he save?"),
]


def written(*exercises: dict[str, Any]) -> str:
    return json.dumps({"exercises": exercises})


def test_exercises_become_questions_of_every_purpose_that_pass_vetting() -> None:
    lesson = TeacherTrial([written(*WRITTEN)])
    made = lesson.questions(NUGGET, [])
    assert [question.rejected for question in vet(made, [NUGGET])] == [""] * len(WRITTEN)
    assert Counter(question.purpose for question in made) == {
        Purpose.TRAIN: 3, Purpose.PROBE: 2, Purpose.EXAM: 2,
    }  # fmt: skip
    assert {q.made_by for q in made} == {f"toy:{load('questions').made_by}"}
    assert all(len(q.options) == 4 for q in made if q.kind is QuestionKind.MCQ)
    assert "exactly 3 wrong" in str(lesson.model.asked[0][0].content)


def test_no_form_serves_two_purposes_and_two_of_a_level_serve_two() -> None:
    made = TeacherTrial([written(*WRITTEN)]).questions(NUGGET, [])
    purposes = {(question.form, question.purpose) for question in made}
    assert len({form for form, _ in purposes}) == len(purposes)
    assert len({q.purpose for q in made if "fact" in q.form}) == 2


def test_the_order_of_options_is_drawn_from_the_question_not_from_the_model() -> None:
    several = [choice("fact", f"How much less mould, in year {n}?") for n in "abcdefghijkl"]
    made = TeacherTrial([written(*several)]).questions(NUGGET, [])
    again = TeacherTrial([written(*several)]).questions(NUGGET, [NUGGET])
    assert made == again
    assert len({question.key for question in made}) > 2


def test_levels_and_kinds_are_kept_as_the_model_named_them() -> None:
    made = TeacherTrial([written(*WRITTEN)]).questions(NUGGET, [])
    assert Counter(q.level for q in made if q.options) == {
        Level.FACT: 2, Level.APPLICATION: 1, Level.ANALYSIS: 1,
    }  # fmt: skip
    assert [q.kind for q in made if q.is_statement] == [
        QuestionKind.STATEMENT,
        QuestionKind.PARAPHRASE,
    ]
    assert all(set(q.form.split()) & {q.level.value} for q in made if q.options)


def test_of_too_many_wrong_options_the_first_are_taken_and_too_few_are_not_padded() -> None:
    many = choice("fact", "By how much?", wrong=["4 %", "27 %", "60 %", "80 %"])
    few = choice("fact", "How much less?", wrong=["4 %"])
    made = TeacherTrial([written(many, few)]).questions(NUGGET, [])
    assert [set(q.options) for q in made] == [{"12 %", "4 %", "27 %", "60 %"}, {"12 %", "4 %"}]


def test_an_injected_question_whose_answer_the_quote_does_not_hold_is_refused_by_vetting() -> None:
    lured = choice(
        "fact", "Which shares should one buy?", answer="Zell", wrong=["Osk", "Ral", "Tin"]
    )
    made = TeacherTrial([written(lured, *WRITTEN)]).questions(NUGGET, [])
    refused = [q.answer for q in vet(made, [NUGGET]) if q.rejected]
    assert refused == ["Zell"]


@pytest.mark.parametrize(("script", "reason"), [([REFUSAL], "refused"), (["?", "?"], "unreadable")])
def test_a_nugget_without_an_answer_is_told_by_name(script: Script, reason: str) -> None:
    lesson = TeacherTrial(script)
    with pytest.raises(BadReply) as caught:
        lesson.questions(NUGGET, [])
    assert caught.value.reason == reason
    assert lesson.losses == [Loss("questions", NUGGET.id, reason, 1, lesson.losses[0].detail)]
