"""Claims about reading replies: a letter is named or it is not, an answer is given or it is not."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.doubles.endpoint import busy, down, filtered, no_key
from tools.probe.words.grade import graded
from tools.questions import normal
from tools.replies.letters import likelihoods, named

OPTIONS = ("37 hertz", "osk resin", "not at all", "a slow decline of the catch")
PROSE = [
    "a", "the", "I", "it", "is", "B", "C", "answer", "option", "letter", "right", "wrong", "not",
    "or", "would", "choose", "think", "sorry", "cannot", "help", "error", "rate", "limit", "filter",
]  # fmt: skip


@pytest.mark.parametrize(
    ("reply", "place"),
    [
        ("B", 1), (" b)\n", None), ("(B)", 1), ("[B]", 1), ("**B**", 1), ("B.", 1), ("`C`", 2),
        ("B) osk resin", 1), ("B: osk resin.", 1), ("**B)** osk resin", 1), ("B - Osk resin", 1),
        ("Answer: B", 1), ("The correct answer is B.", 1), ("the answer is: (B)", 1),
        ("<think>A or B? Not A.</think>\nB", 1), ("osk resin", 1), ("The Osk Resin.", 1),
        ("A slow decline of the catch", 3),
        ("B) 37 hertz", None), ("A or B", None), ("A, B", None), ("B\nC", None), ("AB", None),
        ("E", None), ("J", None), ("", None), ("?", None), ("I", None), ("I do not know", None),
        ("A good question.", None), ("I think B", None), ("B is wrong", None), ("Not B", None),
        ("B because resin is sticky", None), ("A bee", None), ("Option A is out", None),
        ("<think>B", None), ("B <think>", None), ("37 hertz or osk resin", None),
    ],
)  # fmt: skip
def test_a_letter_is_read_where_it_stands_alone_or_with_its_own_option(
    reply: str, place: int | None
) -> None:
    assert named(reply, OPTIONS) == place


@given(st.lists(st.sampled_from(PROSE), min_size=3, max_size=12).map(" ".join))
def test_prose_names_nothing_but_by_the_phrase_that_answers(text: str) -> None:
    """Three words and more are an answer only as `the right answer is B`."""
    lead, _, last = text.rpartition(" ")
    told = set(lead.lower().split()) <= {"the", "right", "answer", "option", "letter", "is"}
    assert named(text, OPTIONS) is None or (told and last in "BCI")


@given(st.text(max_size=60))
def test_what_is_named_stands_in_the_reply_and_among_the_options(text: str) -> None:
    place = named(text, OPTIONS)
    if place is not None:
        assert "ABCD"[place] in text or normal(OPTIONS[place]) in normal(text)


def test_the_text_of_an_error_is_no_answer(shared: Path) -> None:
    """Whoever takes an error's text for a reply must not find a letter or an answer in it."""
    bodies: list[Any] = [fault().body for fault in (busy, down, filtered, no_key)]
    bodies += [
        told["body"]
        for told in json.loads((shared / "llm_api/DOCUMENTED_error_bodies.json").read_text())
    ]
    for body in bodies:
        for text in (json.dumps(body), body["error"]["message"]):
            assert named(text, OPTIONS) is None
            assert graded(text, OPTIONS) is None


REFUSALS = [
    "I'm sorry, but I can't help with that.", "As an AI, I cannot answer that question.",
    "I am unable to provide this.", "I won’t do that.", "Sorry, I can't assist with this request.",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSALS)
def test_a_refusal_is_neither_an_answer_nor_ignorance(text: str) -> None:
    assert named(text, OPTIONS) is None
    assert graded(text, OPTIONS) is None


@pytest.mark.parametrize(
    ("reply", "held"),
    [
        ("37 hertz", "37 hertz"), ("37 Hz", "37 hertz"), ("0.037 kHz", "37 hertz"),
        ("37", "37 hertz"), ("About 37 hertz.", "37 hertz"), ("It sounds at 37 Hz", "37 hertz"),
        ("Answer: 37 hertz", "37 hertz"), ("**Osk resin**", "osk resin"),
        ("the resin called osk resin", "osk resin"), ("370 hertz", "370 hertz"),
        ("37 hertz and 40 hertz", "37 hertz and 40 hertz"), ("38", "38"), ("tin", "tin"),
        ("I do not know", ""), ("I don't know.", ""), ("I'm sorry, I don’t know", ""),
        ("Not sure.", ""), ("37 hertz or osk resin", None), ("not osk resin", None),
        ("", None), ("It is not known to be at 37 hertz", None),
        ("Well, there are many kinds of resin, and each melts in its own way", None),
        ("It is hard to say what it would be", None),
    ],
)  # fmt: skip
def test_a_free_answer_is_an_option_by_words_or_value_or_something_else(
    reply: str, held: str | None
) -> None:
    assert graded(reply, OPTIONS[:2]) == held


@pytest.mark.parametrize(
    ("reply", "option", "same"),
    [
        ("1,500 g", "1.5 kg", True), ("1500", "1.5 kg", False), ("5-fold decrease",
        "5-fold increase", False), ("fivefold", "5-fold", False), ("12 percent", "12 %", True),
        ("0.5", "< 0.5", True), ("twelve percent", "12 %", True), ("3 days of drying",
        "3 days of drying", True), ("drying for 3 days", "3 days of drying", False),
    ],
)  # fmt: skip
def test_values_are_compared_as_values_and_words_as_words(
    reply: str, option: str, same: bool
) -> None:
    """What is doubtful counts as another answer, never as the right one."""
    assert (graded(reply, (option,)) == normal(option)) is same


def token(text: str, tops: dict[str, float]) -> dict[str, Any]:
    entries = [{"token": name, "logprob": math.log(share)} for name, share in tops.items()]
    return {"token": text, "logprob": 0.0, "top_logprobs": entries}


def test_the_likelihood_of_a_letter_is_summed_over_its_spellings() -> None:
    tokens = [
        token("Answer", {"Answer": 0.9, "B": 0.1}),
        token(" B", {" B": 0.3, "B": 0.3, "(A": 0.2, "Well": 0.1, "E": 0.1}),
    ]
    shares = likelihoods(tokens, 4, 1)
    assert shares == pytest.approx([0.25, 0.75, 0, 0])


@pytest.mark.parametrize(
    "tokens",
    [
        [],
        [{"token": "B"}],
        [{"token": "B", "top_logprobs": None}],
        [{"token": "B", "top_logprobs": [{"token": "B", "logprob": None}]}],
        [token("A", {"A": 1.0})],
        [token("B", {"B": 0.3, "Well": 0.4})],
    ],
)
def test_likelihoods_that_are_not_there_are_not_made_up(tokens: list[dict[str, Any]]) -> None:
    assert likelihoods(tokens, 4, 1) is None


@given(st.dictionaries(st.sampled_from("ABCDEFxyz"), st.floats(1e-6, 1), min_size=1))
def test_likelihoods_are_shares(tops: dict[str, float]) -> None:
    shares = likelihoods([token("B", tops)], 4, 1)
    assert shares is None or (len(shares) == 4 and sum(shares) == pytest.approx(1))
