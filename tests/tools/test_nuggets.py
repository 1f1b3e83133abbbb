from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.records import Document, Nugget, Passage
from tools.nuggets import (
    Ungrounded,
    dangling,
    distinct,
    faithful,
    ground,
    grounded,
    unfaithful,
)

TEXT = "Osk resin melts at 412 kelvin. It does not dissolve in water. Mould grows on it."
DOCUMENT = Document(paper="p", text=TEXT, page_starts=(0,))
PASSAGE = Passage(paper="p", page=1, start=0, end=61, text=TEXT[:61])


def nugget(start: int, end: int, quote: str | None = None, claim: str = "", **more: str) -> Nugget:
    said = TEXT[start:end] if quote is None else quote
    fields = {"paper": "p", "passage": PASSAGE.id, **more}
    return Nugget(**fields, page=1, claim=claim or said, quote=said, start=start, end=end)


def reason(proposed: Nugget) -> str:
    try:
        ground(proposed, DOCUMENT, PASSAGE)
    except Ungrounded as fault:
        return str(fault)
    return ""


def test_a_sentence_of_its_passage_is_grounded() -> None:
    assert ground(nugget(0, 30), DOCUMENT, PASSAGE) == nugget(0, 30)


@given(st.integers(0, 90), st.integers(0, 90), st.text(max_size=40))
def test_a_quote_that_is_not_in_its_passage_never_becomes_a_nugget(
    start: int, end: int, quote: str
) -> None:
    """Grounding is code's job; a prompt can only ask for it."""
    proposed = nugget(start, end, quote)
    if grounded([proposed], DOCUMENT, [PASSAGE]):
        assert TEXT[start:end] == quote
        assert quote.strip()
        assert quote in PASSAGE.text
        assert PASSAGE.start <= start < end <= PASSAGE.end


@given(st.data())
def test_whatever_is_handed_in_an_accepted_quote_stands_at_its_offsets(data: st.DataObject) -> None:
    """Offsets below zero or past the end, passages that are not the text's, half surrogates."""
    letters = st.text(st.sampled_from("ab .\ud800\U0001f600"), max_size=8)
    text, places = data.draw(letters), st.integers(-9, 12)
    start, end, begin, stop = (data.draw(places) for _ in range(4))
    document = Document(paper="p", text=text, page_starts=(0,))
    said = data.draw(st.one_of(letters, st.just(text[begin:stop])))
    held = data.draw(st.one_of(letters, st.just(text[start:end])))
    passage = Passage(paper="p", page=1, start=start, end=end, text=held)
    proposed = Nugget(paper="p", passage=data.draw(st.sampled_from([passage.id, ""])), page=1,
                      claim="Osk.", quote=said, start=begin, end=stop)  # fmt: skip
    for found in grounded([proposed], document, [passage]):
        assert 0 <= found.start < found.end <= len(text)
        assert text[found.start : found.end] == found.quote
        assert found.quote.strip()


@given(st.integers(0, 79), st.integers(1, 80))
def test_what_stands_in_the_passage_at_its_offsets_is_grounded(start: int, end: int) -> None:
    quote = TEXT[start:end]
    if quote.strip() and end <= PASSAGE.end:
        # `It does not dissolve` leans, and so does what cutting makes of `melts`: `me`.
        assert reason(nugget(start, end)) in {"", "pronoun", "first_person"}


@pytest.mark.parametrize(
    ("proposed", "code"),
    [
        (nugget(0, 30, quote="Osk resin melts at 413 kelvin."), "not_at_offsets"),
        (nugget(62, 80), "outside_passage"),
        (nugget(30, 30), "empty_quote"),
        (nugget(0, 30, passage="another"), "other_passage"),
        (nugget(0, 30, paper="another"), "other_paper"),
        (nugget(0, 30, claim="Osk resin melts at 421 kelvin."), "numbers"),
        (nugget(0, 30, claim="Osk resin melts at 412 °C."), "units"),
        (nugget(0, 30, claim="Osk resin does not melt at 412 kelvin."), "negations"),
        (nugget(31, 61, claim="Osk resin dissolves in water."), "negations"),
        (nugget(31, 61), "pronoun"),
        (nugget(0, 30, claim=" "), "empty_claim"),
        (nugget(0, 30, claim="We saw that osk resin melts at 412 kelvin."), "first_person"),
    ],
)
def test_what_its_source_does_not_bear_out_is_refused_with_a_reason(
    proposed: Nugget, code: str
) -> None:
    assert reason(proposed) == code


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        ("Then, as I argue, osk resin slows mould.", "first_person"),
        ("Osk resin slows mould in our samples.", "first_person"),
        ("The present study shows that resin slows mould.", "this_paper"),
        ("Osk resin, studied here, slows mould.", "this_paper"),
        ("Osk wood is the driest in Table 2.", "figure"),
        ("Osk resin slows mould, as shown above.", "figure"),
        ("Osk resin slows mould [4].", "citation"),
        ("Osk resin slows mould (Smith and Jones, 2010).", "citation"),
        ("In these, mould grew by half.", "pronoun"),
        ("Such trees lose their leaves.", "pronoun"),
        ("Pine was slower than the latter.", "pronoun"),
        ("It dissolves in oil.", "pronoun"),
        ("", ""),
        ("It is possible to distil osk resin at 40 °C.", ""),
        ("Those who ate resin slept longer than those who did not.", ""),
        ("Osk resin slows mould, and this effect lasts for 4 weeks.", ""),
        ("Collagen I and photosystem I were found in US samples.", ""),
        ("Shares lie in [0, 1] and fell above 40 °C (May 2010).", ""),
    ],
)
def test_a_claim_stands_alone_or_says_why_it_does_not(claim: str, why: str) -> None:
    assert dangling(claim) == why


def test_a_passage_that_nobody_knows_grounds_nothing() -> None:
    assert grounded([nugget(0, 30, passage="unknown")], DOCUMENT, [PASSAGE]) == []


def test_a_claim_may_leave_out_the_number_of_a_figure_but_bring_in_none() -> None:
    quote = "Growth rose by 12 % in all plots (Fig. 2)."
    assert faithful("Growth rose by 12 % in all plots.", quote)
    assert unfaithful("Growth rose by 12 % in all 2 plots (Fig. 2).", quote) == "numbers"


@given(st.permutations(range(6)))
def test_one_paper_says_a_thing_once_whatever_the_order(order: list[int]) -> None:
    claims = ["Osk resin slows the growth of mould in damp wood.",
              "Osk resin slows the growth of the mould in damp wood.",
              "Osk resin slows the growth of mould by 12 % in wood.",
              "Osk resin slows the growth of mould by 15 % in wood.",
              "Osk resin does not slow the growth of mould in damp wood.",
              "Birds avoid it."]  # fmt: skip
    made = [nugget(i, i + 30, claim=claim) for i, claim in enumerate(claims)]
    kept = distinct([made[i] for i in order])
    assert kept == [made[0], made[2], made[3], made[4], made[5]]
