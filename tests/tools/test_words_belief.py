"""Claims about what replies are worth: floors from false controls, beliefs from what lies above."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.records import Purpose, Question, QuestionKind
from tools.probe.belief import Belief
from tools.probe.words.belief import AGAIN, AnswerEvidence, belief_in, leaning, right, spread
from tools.probe.words.exchanges import Form, GradedReply, ProbeCall
from tools.probe.words.ignorance import Ignorance

OPTIONS = ("tin", "lead", "copper", "osk resin of old trees")


def heard(letter: int, turn: int = 0, *, control: bool = False, nugget: str = "n") -> GradedReply:
    """A choice reply that named this letter; the options are turned by `turn` places."""
    question = Question(
        nugget=nugget, kind=QuestionKind.MCQ, form="f", purpose=Purpose.PROBE, stem="Which?",
        options=OPTIONS, answer="tin", vetted=True,
    )  # fmt: skip
    order = tuple((place + turn) % 4 for place in range(4))
    shares = {OPTIONS[place]: float(at == letter) for at, place in enumerate(order)}
    ask = ProbeCall(nugget, question, Form.CHOICE, "Which?", order, control=control)
    return GradedReply(ask, shares, OPTIONS[order[letter]])


def test_a_favourite_letter_becomes_its_floor_whatever_stands_there() -> None:
    lover = Ignorance([heard(1, turn, control=True) for turn in range(16)])
    for turn in range(4):
        named = heard(1, turn)
        assert lover.floor(named, named.held) > 0.9


def test_a_favourite_option_becomes_its_floor_wherever_it_stands() -> None:
    """`tin` stands at place -turn."""
    lover = Ignorance([heard(-turn % 4, turn, control=True) for turn in range(8)])
    for turn in range(4):
        assert lover.floor(heard(0, turn), "tin") > 0.7


def test_without_a_favourite_floors_are_nearly_even() -> None:
    even = Ignorance([heard(n % 4, n // 4, control=True) for n in range(16)])
    for option in OPTIONS:
        assert 0.15 < even.floor(heard(0), option) < 0.38
        assert Ignorance(()).floor(heard(0), option) == pytest.approx(0.25)


def test_saying_again_is_worth_a_third() -> None:
    """Else one wording asked twelve times would outweigh eleven wordings."""
    once, thrice = ([heard(0)] * n for n in (1, 3))
    nothing = Ignorance(())
    assert right(once, nothing).weights == (1,)
    assert right(thrice, nothing).weights == (1, AGAIN, AGAIN)
    assert belief_in(right(once, nothing)).mean < belief_in(right(thrice, nothing)).mean
    assert not leaning(thrice, nothing).known


NONE = AnswerEvidence((), (), ())
evidence = st.lists(
    st.tuples(st.floats(0, 1), st.floats(0, 1), st.sampled_from([1.0, AGAIN])), max_size=10
).map(
    lambda rows: (
        AnswerEvidence(*(tuple(column) for column in zip(*rows, strict=True))) if rows else NONE
    )
)


@given(evidence, st.lists(evidence, max_size=4))
def test_a_belief_lies_in_its_interval_also_with_a_prior(
    one: AnswerEvidence, others: list[AnswerEvidence]
) -> None:
    for belief in (belief_in(one), belief_in(one, spread([one, *others]))):
        assert 0 <= belief.low <= belief.mean <= belief.high <= 1


@given(st.integers(1, 12))
def test_what_is_never_right_may_be_wholly_unknown_and_the_other_way_round(count: int) -> None:
    """With equal tails no interval would ever hold 0 or 1, which most facts are."""
    never, always = (
        belief_in(AnswerEvidence((share,) * count, (0.05,) * count, (1.0,) * count))
        for share in (0.0, 1.0)
    )
    assert never.low == 0
    assert always.high == 1


def test_a_batch_of_known_and_unknown_facts_sharpens_each_belief() -> None:
    yes, no = (AnswerEvidence((share,) * 5, (0.05,) * 5, (1.0,) * 5) for share in (1.0, 0.0))
    prior = spread([yes, no] * 40)
    assert belief_in(yes, prior).mean > 0.95 > belief_in(yes).mean
    assert belief_in(no, prior).mean < 0.05 < belief_in(no).mean


def posterior(shares: list[float], floors: list[float]) -> Belief:
    """Of as many ways of asking."""
    return belief_in(AnswerEvidence(tuple(shares), tuple(floors), (1.0,) * len(shares)))


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
