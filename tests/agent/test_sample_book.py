"""The school book and its held-out questions."""

from __future__ import annotations

from collections import defaultdict

from agent.demo.book import SAMPLE, compose, retention, sources
from agent.demo.target import read_book
from memory.records import GAP
from tests.agent.sample import truths

BOOK = (SAMPLE / "book.md").read_text("utf-8")
UNITS = read_book(BOOK)


def test_the_shipped_book_and_its_questions_are_what_their_sources_give() -> None:
    src = sources()
    assert compose(src) == BOOK
    lines = [question.model_dump_json() for question in retention(src)]
    assert (SAMPLE / "retention.jsonl").read_text("utf-8").splitlines() == lines


def test_the_book_tells_each_of_its_facts_often_or_exactly_once() -> None:
    for truth in truths():
        if truth.in_book:
            times = sum(truth.told_in(unit) for unit in UNITS)
            assert times == 1 if truth.kind == "once" else times >= 8, (truth, times)


def test_no_new_fact_stands_in_the_book() -> None:
    for truth in truths():
        if not truth.in_book:
            told = [unit for unit in UNITS if truth.told_in(unit)]
            noun = sources().nouns[truth.relation][0]
            assert not [unit for unit in told if noun in unit], truth


def test_about_200_facts_and_more_than_a_rule_of_rows() -> None:
    known = [truth for truth in truths() if truth.in_book]
    assert len(known) == 204
    assert sum(truth.kind == "once" for truth in known) == 12
    stones = {truth.stone for truth in truths()}
    prose = [unit for unit in UNITS if not any(stone in unit.lower() for stone in stones)]
    assert len(set(prose)) >= 100


def test_each_relation_has_six_values_to_choose_from() -> None:
    values = defaultdict(set)
    for truth in truths():
        values[truth.relation].add(truth.value)
    assert len(values) == 12
    assert min(map(len, values.values())) >= 6


def test_retention_asks_in_words_that_the_book_does_not_use() -> None:
    """What is asked again after teaching must be known, not remembered letter for letter."""
    text = " ".join(UNITS)
    questions = retention(sources())
    assert len(questions) == 192
    for question in questions:
        assert question.stem.replace(GAP, question.answer) not in text
        assert len(set(question.options)) == 4
        assert question.answer in question.options
        assert question.nugget == "school-book"
