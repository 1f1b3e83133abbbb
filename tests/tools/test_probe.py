"""What the target knows: asked by likelihood, judged by a pure function."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.records import GAP, Nugget, Purpose, Question, QuestionKind, Verdict
from tests.models import ScriptedTarget
from tools.models import Choice, OptionScore
from tools.probe import probe, render
from tools.probe.belief import Reply, judge, known, posterior

NUGGET = Nugget(paper="p", passage="q", page=1, claim="Tin rings.", quote="Tin", start=0, end=3)
OPTIONS = ("37 hertz", "370 hertz", "41 hertz", "3 hertz")


def question(stem: str, **changes: object) -> Question:
    given = {
        "nugget": NUGGET.id, "kind": QuestionKind.MCQ, "form": "cloze", "purpose": Purpose.PROBE,
        "stem": stem, "options": OPTIONS, "answer": OPTIONS[0], "vetted": True,
    }  # fmt: skip
    return Question.model_validate({**given, **changes})


THREE = [question(f"{who} that tin rings at {GAP}.") for who in ("I hear", "We know", "They say")]


@pytest.mark.parametrize(
    ("stem", "context", "first"),
    [
        (f"Tin rings at {GAP}. It is soft.", "Tin rings at", " 37 hertz."),
        (f"Tin rings at {GAP} when struck! Loudly.", "Tin rings at", " 37 hertz when struck!"),
        (f"Tin ({GAP}) rings", "Tin (", "37 hertz) rings"),
        (f"{GAP} is the tone.", "", "37 hertz is the tone."),
        ("What tone has tin?\nAnswer:", "What tone has tin?\nAnswer:", " 37 hertz"),
        (f"At {GAP} of 1.5 bar. Yes.", "At", " 37 hertz of 1.5 bar."),
    ],
)  # fmt: skip
def test_an_option_is_read_in_its_sentence(stem: str, context: str, first: str) -> None:
    """The rest of the sentence tells 37 from the beginning of 370."""
    choice = render(question(stem))
    assert choice.context == context
    assert choice.options[0] == first


@given(st.text(max_size=30), st.text(max_size=30))
def test_the_right_option_in_place_gives_back_the_stem(before: str, after: str) -> None:
    asked = question(f"{before}{GAP}{after}")
    context, options = render(asked)
    whole = asked.stem.replace(GAP, OPTIONS[0], 1)
    assert whole.startswith(context + options[0]) or GAP in before


def test_a_fact_answered_rightly_in_every_wording_is_known() -> None:
    target = ScriptedTarget(lambda choice: 0)
    (found,) = probe([(NUGGET, THREE)], target, "version")
    assert found.verdict is Verdict.KNOWN
    assert found.answers == ("37 hertz",) * 3
    assert len(found.probabilities) == 3
    assert 0 < found.low < found.p_known < found.high < 1
    assert found.questions == tuple(q.id for q in THREE)


def test_one_wrong_option_in_most_wordings_is_a_contradiction() -> None:
    target = ScriptedTarget(lambda choice: 2 if "We know" not in choice.context else 1)
    (found,) = probe([(NUGGET, THREE)], target, "version")
    assert found.verdict is Verdict.CONTRADICTED
    assert "41 hertz" in found.reason


def test_different_wrong_options_are_no_contradiction() -> None:
    """Options are matched by their text: the same place is not the same answer."""
    turned = [question(q.stem, options=OPTIONS[i:] + OPTIONS[:i]) for i, q in enumerate(THREE)]
    target = ScriptedTarget(lambda choice: 3)
    (found,) = probe([(NUGGET, turned)], target, "version")
    assert found.verdict is Verdict.UNKNOWN


def test_what_nobody_asked_is_unprobed_not_unknown() -> None:
    target = ScriptedTarget(lambda choice: 0)
    others = [question("Tin rings.", purpose=Purpose.EXAM), question("Tin?", vetted=False)]
    first, second = probe([(NUGGET, []), (NUGGET, others)], target, "version")
    assert first.verdict is second.verdict is Verdict.UNPROBED
    assert not target.asked
    assert (first.low, first.high) == (0, 1)


def test_an_unreadable_answer_is_left_out() -> None:
    class Silent(ScriptedTarget):
        def score(self, choices: Sequence[Choice]) -> list[list[OptionScore]]:
            return [[OptionScore(math.nan, 1)] * 4 for _ in choices]

    (found,) = probe([(NUGGET, THREE)], Silent(lambda choice: 0), "version")
    assert found.verdict is Verdict.UNPROBED
    assert not found.questions


def test_progress_is_told_and_all_is_asked_once() -> None:
    target = ScriptedTarget(lambda choice: 0)
    told: list[tuple[int, int]] = []
    items = [(NUGGET.but(id=f"n{i}"), THREE) for i in range(120)]
    found = probe(items, target, "version", on_progress=lambda *at: told.append(at))
    assert [one.nugget for one in found] == [f"n{i}" for i in range(120)]
    assert told == [(256, 360), (360, 360)]
    assert len(target.asked) == 360


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    """Any answer to the four options, the first of them right, in any order."""
    options = tuple(draw(st.permutations(OPTIONS)))
    weights = draw(st.lists(st.floats(0.01, 1), min_size=4, max_size=4))
    floors = draw(st.lists(st.floats(0.05, 0.9), min_size=4, max_size=4))
    shares = tuple(weight / sum(weights) for weight in weights)
    return Reply(options, options.index(OPTIONS[0]), shares, tuple(floors))


some = st.lists(replies(), min_size=1, max_size=6)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.01, 0.99)), max_size=8))
def test_a_right_answer_raises_the_belief_and_a_wrong_one_lowers_it(
    answers: list[tuple[float, float]],
) -> None:
    shares, floors = [share for share, _ in answers], [floor for _, floor in answers]
    before = posterior(shares, floors)
    up, down = (
        posterior([*shares, 1.0], [*floors, 0.25]),
        posterior([*shares, 0.0], [*floors, 0.25]),
    )
    assert down.mean < before.mean < up.mean
    for belief in (before, up, down):
        assert 0 <= belief.low <= belief.mean <= belief.high <= 1


@given(st.integers(1, 8))
def test_what_is_easily_guessed_is_worth_less(questions: int) -> None:
    easy, hard = (
        posterior([1.0] * questions, [0.5] * questions),
        posterior([1.0] * questions, [0.2] * questions),
    )
    assert easy.mean < hard.mean


def test_three_right_answers_of_four_options_are_worth_what_theory_says() -> None:
    """With even floors. The integral of θ (1/4 + 3/4 θ)³ over that of (1/4 + 3/4 θ)³ is 0.7365."""
    assert posterior([1.0] * 3, [0.25] * 3).mean == pytest.approx(0.7365, abs=1e-3)
    assert posterior([], []) == (0.5, 0, 1)


@given(some)
def test_a_verdict_does_not_depend_on_the_order_of_the_answers(answers: list[Reply]) -> None:
    assert judge(answers)[0] is judge(answers[::-1])[0]


@given(some)
def test_verdicts_follow_from_belief_and_contradictions_from_agreement(
    answers: list[Reply],
) -> None:
    verdict, _ = judge(answers)
    if verdict is Verdict.CONTRADICTED:
        assert sum(one.right for one in answers) * 3 <= len(answers)
        assert len(answers) > 1
    elif verdict is Verdict.KNOWN:
        assert known(answers).mean > 0.6
    else:
        assert verdict in (Verdict.PARTLY, Verdict.UNKNOWN)


def test_what_is_favoured_after_strangers_stems_too_is_not_knowledge() -> None:
    """A model that knows nothing still prefers short and frequent options, always the same."""
    tin, lead = (NUGGET.but(id=name) for name in ("tin", "lead"))
    items = [
        (nugget, [question(q.stem.replace("tin", nugget.id), nugget=nugget.id) for q in THREE])
        for nugget in (tin, lead)
    ]
    for favourite in (0, 2):
        found = probe(items, ScriptedTarget(lambda choice, i=favourite: i), "version")
        assert [one.verdict for one in found] == [Verdict.UNKNOWN] * 2
    informed = probe(items, ScriptedTarget(lambda c: 0 if "tin" in c.context else 3), "version")
    assert [one.verdict for one in informed] == [Verdict.KNOWN, Verdict.CONTRADICTED]
