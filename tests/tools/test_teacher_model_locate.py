"""Claims about packing passages into calls and finding what was quoted of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.records import Passage
from tools.teachers.model.locate import locate, named
from tools.teachers.model.packing import halves, pack


@given(st.lists(st.integers(1, 50), min_size=1, max_size=30), st.integers(1, 120))
def test_groups_hold_every_passage_once_in_order_and_keep_to_their_budget(
    lengths: list[int], budget: int
) -> None:
    passages, at = [], 0
    for length in lengths:
        passages.append(Passage(paper="p", page=1, start=at, end=at + length, text="x" * length))
        at += length
    groups = pack(passages[::-1], budget)
    assert [passage for group in groups for passage in group] == passages
    for group in groups:
        assert len(group) == 1 or sum(len(passage.text) for passage in group) <= budget
        parts = halves(group)
        assert [p for part in parts for p in part] == (list(group) if len(group) > 1 else [])
        assert all(parts)


@pytest.mark.parametrize(
    ("source", "quote"),
    [
        ("Osk resin\nmelts  at 412\u00a0K.", "Osk resin melts at 412 K."),
        ("The dif\ufb01cult ef\ufb02ux of osk", "The difficult efflux of osk"),
        ("a temper-\nature of osk resin", "a temperature of osk resin"),
        ("a temper\u00adature of osk resin", "a temperature of osk resin"),
        ("a well\u2013known resin of trees", "a well-known resin of trees"),
        ("it fell to \u22125 \u00b0C in May", "it fell to -5 \u00b0C in May"),
        ("the \u201cosk\u201d tree\u2019s resin", 'the "osk" tree\'s resin'),
        ("the resin of Ren\u0065\u0301 trees", "the resin of Ren\u00e9 trees"),
        ("and osk resin melts in May, then", "Osk resin melts in May."),
        ("so osk resin melts in May, then", "\u201cosk resin melts in May\u2026\u201d"),
    ],
)
def test_a_quote_mended_in_copying_is_found_and_the_sources_letters_kept(
    source: str, quote: str
) -> None:
    passage = Passage(paper="p", page=1, start=40, end=40 + len(source), text=source)
    place = locate(quote, [passage])
    assert place
    assert place.quote == source[place.start - 40 : place.end - 40]
    assert len(place.quote) >= len(source) - 10


@pytest.mark.parametrize(
    "quote",
    [
        "Osk resin melts at 41",
        "sk resin melts at 412",
        "resin melts at 412.5 K",
        "Osk resin ... 412 K",
        "melts at",
        "412 K",
        "",
        "...",
        "5 K in the dark",
        "Osk resin melts at -412 K",
        "resin melts at 412 K. It was at 12",
    ],
)
def test_a_quote_of_other_letters_or_of_parts_of_words_and_numbers_is_not_found(quote: str) -> None:
    text = "Osk resin melts at 412 K. It was at 12.5 K in the dark and -5 K in the dark."
    assert locate(quote, [Passage(paper="p", page=1, start=0, end=len(text), text=text)]) is None


@given(st.text("ab 1-.\n\u00ad\ufb01\u2013é", max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_wherever_a_quote_is_found_it_is_the_sources(text: str, start: int, end: int) -> None:
    passage = Passage(paper="p", page=1, start=7, end=7 + len(text), text=text)
    if place := locate(text[start:end].replace("\n", " "), [passage]):
        assert place.quote == text[place.start - 7 : place.end - 7]
        assert place.quote


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("Mira Zell", "by Mira\nZell1,2 and", "Mira Zell"),
        ("Rene Of\ufb01ce", "the Ren\u00e9 Of\ufb01ce", "Ren\u00e9 Of\ufb01ce"),
        ("Fenmark", "at Fen-\nmark", "Fenmark"),
        ("Al-Zell", "by Al-\nZell", "Al- Zell"),
        ("CD4", "CD45 and CD4", "CD4"),
        ("WHO", "Who asks? The WHO.", "WHO"),
        ("Zell", "Zeller, zell, Anzell", ""),
        ("Mira Zell", "Mira and Zell", ""),
        ("", "Zell", ""),
        ("-", "a - b", ""),
    ],
)
def test_a_name_is_found_as_a_whole_with_its_capitals(name: str, text: str, found: str) -> None:
    assert named(name, text) == found
