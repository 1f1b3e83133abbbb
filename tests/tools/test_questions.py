from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.records import GAP, Nugget, NuggetStatus, Purpose, Question, QuestionKind
from tools.questions import REASONS, vet, whole

CLAIM = "The melting point of brellium is 412 kelvin."
NUGGET = Nugget(paper="p", passage="x", page=1, claim=CLAIM, quote=CLAIM, start=0, end=len(CLAIM))
OPTIONS = ("412 kelvin", "318 kelvin", "206 kelvin", "500 kelvin")


def asked(stem: str = "Brellium melts at", **changes: Any) -> Question:
    given: dict[str, Any] = {
        "nugget": NUGGET.id,
        "kind": QuestionKind.MCQ,
        "form": "f",
        "purpose": Purpose.EXAM,
        "stem": stem,
        "options": OPTIONS,
        "answer": "412 kelvin",
    }
    return Question(**{**given, **changes})


def told(stem: str, **changes: Any) -> Question:
    plain = {"kind": QuestionKind.STATEMENT, "purpose": Purpose.TRAIN, "options": (), "answer": ""}
    return asked(stem, **{**plain, **changes})


def reasons(*questions: Question, nugget: Nugget = NUGGET) -> list[str]:
    return [question.rejected for question in vet(questions, [nugget])]


def test_a_sound_question_is_vetted() -> None:
    (question,) = vet([asked()], [NUGGET])
    assert question.vetted
    assert question.rejected == ""


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (asked(nugget="unknown"), "no_nugget"),
        (asked(" "), "no_text"),
        (asked(f"{GAP} melts at {GAP}"), "no_text"),
        (asked(answer=""), "no_text"),
        (asked(answer="413 kelvin"), "key"),
        (asked(options=("412 kelvin", "412 Kelvin", "318 kelvin", "206 kelvin")), "key"),
        (asked(options=("412 kelvin",)), "options"),
        (asked(options=("412 kelvin", "318 kelvin", "318  Kelvin", "206 kelvin")), "options"),
        (asked(options=("412 kelvin", "318 days", "206 kelvin", "50 kelvin")), "type"),
        (asked(options=("412 kelvin", "brass", "206 kelvin", "50 kelvin")), "type"),
        (asked(options=(CLAIM[:-1], "tin", "lead", "zinc"), answer=CLAIM[:-1]), "length"),
        (asked("It melts at"), "dangling"),
        (asked("Studies agree that this melts at"), "dangling"),
        (asked("Our furnace melts brellium at"), "dangling"),
        (asked("As Fig. 2 tells, brellium melts at"), "figure"),
        (asked(options=("415 kelvin", *OPTIONS[1:]), answer="415 kelvin"), "unsupported"),
        (told("Brellium melts at 415 kelvin."), "unsupported"),
        (asked("Brellium, at 412 kelvin, melts at"), "given_away"),
    ],
)
def test_a_faulty_question_is_refused_for_its_reason(question: Question, reason: str) -> None:
    assert reasons(question) == [reason]
    assert reason in REASONS


def test_it_is_that_is_no_dangling_it() -> None:
    assert reasons(told("It is in Lund that brellium melts.")) == [""]
    assert reasons(told("It has been found that brellium melts.")) == [""]


def test_an_edited_claim_supports_what_its_quote_does_not() -> None:
    """A person answers for an edit."""
    edited = NUGGET.replace(claim="Brellium melts at 415 kelvin.", status=NuggetStatus.EDITED)
    question = asked(options=("415 kelvin", *OPTIONS[1:]), answer="415 kelvin")
    assert reasons(question, nugget=edited) == [""]


def test_a_held_out_text_that_is_trained_on_is_a_leak() -> None:
    leaked, other = asked("Brellium melts at"), asked("The melting point of brellium is about")
    assert reasons(told("Brellium melts at 412 kelvin."), leaked, other) == ["", "leak", ""]


def test_the_same_text_twice_is_a_duplicate() -> None:
    assert reasons(asked(), asked(form="g")) == ["", "duplicate"]


def test_the_same_words_in_another_order_are_a_copy_of_an_examination() -> None:
    """Asked twice of one nugget, the second answer tells nothing that the first did not."""
    again = asked("Question: At what does the brellium melt?\nAnswer:")
    other = asked("Question: What does the brellium melt at?\nAnswer:", form="g")
    assert reasons(again, other) == ["", "duplicate"]
    train = [told("Brellium melts at 412 kelvin."), told("The brellium melts at 412 kelvin.")]
    assert reasons(*train) == ["", "duplicate"]
    assert reasons(train[0], told("It is at 412 kelvin that brellium melts.")) == ["", ""]


def test_a_set_of_options_that_was_trained_on_is_a_leak_in_any_order_and_wording() -> None:
    """Who was taught which of them is right has seen the examination."""
    taught = asked("Complete: brellium turns liquid at", purpose=Purpose.TRAIN)
    held = asked("Brellium melts at", options=("318 Kelvin", *OPTIONS[:1], *OPTIONS[2:]))
    assert reasons(taught, held) == ["", "leak"]


def test_one_stem_with_two_answers_is_ambiguous() -> None:
    swapped = asked(answer="318 kelvin", purpose=Purpose.EXAM)
    edited = NUGGET.replace(claim=f"{CLAIM} Or 318 kelvin.", status=NuggetStatus.EDITED)
    assert reasons(asked(), swapped, nugget=edited) == ["ambiguous", "ambiguous"]


def test_both_sides_of_a_contradiction_are_probed_unless_one_is_offered_the_others_value() -> None:
    quote = "The melting point of brellium is 318 kelvin."
    other = Nugget(paper="q", passage="x", page=1, claim=quote, quote=quote, start=0, end=44)
    probe = asked(purpose=Purpose.PROBE, options=(OPTIONS[0], *OPTIONS[2:], "600 kelvin"))
    against = asked(purpose=Purpose.PROBE, nugget=other.id, answer="318 kelvin", options=OPTIONS)
    assert [q.rejected for q in vet([probe, against], [NUGGET, other])] == ["", "ambiguous"]


WORDS = st.sampled_from(
    ["412 kelvin", "318 kelvin", "brellium", "", "melts", "is", "it", GAP, "of"]
)
TEXTS = st.lists(WORDS, max_size=5).map(" ".join)
QUESTIONS = st.lists(
    st.builds(
        asked,
        TEXTS,
        kind=st.sampled_from(QuestionKind),
        purpose=st.sampled_from(Purpose),
        options=st.lists(TEXTS, max_size=5).map(tuple),
        answer=TEXTS,
        nugget=st.sampled_from([NUGGET.id, "unknown"]),
    ),
    max_size=8,
)


@given(QUESTIONS)
def test_what_passes_is_sound(questions: list[Question]) -> None:
    passed = [question for question in vet(questions, [NUGGET]) if question.vetted]
    trained = {whole(question) for question in passed if not question.held_out}
    for question in passed:
        assert question.rejected == ""
        assert question.nugget == NUGGET.id
        if question.kind is QuestionKind.MCQ:
            assert question.options.count(question.answer) == 1
            assert len({option.lower().strip() for option in question.options}) >= 2
        if question.held_out:
            assert whole(question) not in trained


@given(QUESTIONS)
def test_vetting_keeps_order_gives_a_verdict_on_each_and_is_done_once(
    questions: list[Question],
) -> None:
    once = vet(questions, [NUGGET])
    assert [q.id for q in once] == [q.id for q in questions]
    assert all(q.vetted != bool(q.rejected) for q in once)
    assert all(q.rejected in REASONS for q in once if q.rejected)
    assert vet(once, [NUGGET]) == once
