"""What the teaching benchmarks teach is new, what they do not teach stays apart."""

from __future__ import annotations

import pytest

from benchmarks.lessons import EACH, chance, lessons
from benchmarks.teaching_recipes import USUAL, RecipeRow, most, part_of, variants
from memory.records import Purpose

pytestmark = pytest.mark.nightly


def stones(claims: list[str]) -> set[str]:
    return {claim.partition(" of ")[2].partition(" is ")[0] for claim in claims}


def test_the_untaught_are_other_stones_of_other_papers_and_the_book_knows_none() -> None:
    from agent.demo.book import SAMPLE

    taught, control = lessons(seed=3, count=6)
    assert len(taught.nuggets) == len(control.nuggets) == 6
    assert not taught.papers.keys() & control.papers.keys()
    names = [stones([n.claim for n in part.nuggets]) for part in (taught, control)]
    assert len(names[0]) == len(names[1]) == 6 // EACH
    assert not names[0] & names[1]
    book = (SAMPLE / "book.md").read_text("utf-8").lower()
    assert not [name for name in names[0] | names[1] if name in book]
    assert lessons(3, 6) == (taught, control)
    assert lessons(4, 6)[0].nuggets != taught.nuggets


def test_every_fact_is_examined_with_values_of_its_own_kind() -> None:
    """Else the right one could be told by its type, and chance would be no line to start from."""
    for part in lessons(seed=5, count=30):
        exam = part.of(Purpose.EXAM)
        assert {question.nugget for question in exam} == {nugget.id for nugget in part.nuggets}
        assert chance(exam) == 0.25
        for question in exam:
            units = {option.split()[-1] for option in question.options if option[0].isdigit()}
            assert len(units) < 2


def test_fewer_wordings_leave_out_no_fact() -> None:
    written = lessons(seed=3, count=6)[0].of(Purpose.TRAIN)
    kept = most(1, True, written)
    assert {question.nugget for question in kept} == {question.nugget for question in written}
    assert sum(question.is_statement for question in kept) == 6
    assert all(q.is_statement for q in most(2, False, written))


def test_every_table_of_recipes_holds_the_default_beside_what_differs() -> None:
    row = RecipeRow(new=0.9, control=0.2, old=1.0, perplexity=1.1, passed=1.0, seconds=40.0)
    found = {(one.factor, one.setting): row for one in variants()}
    worse = {key: row if key[0] == USUAL.factor else row._replace(new=0.5) for key in found}
    part = part_of([found, worse])
    assert all(table.rows[-1][:2] == ("the default", 0.9) for table in part.tables)
    assert all(line[1] == 0.7 for table in part.tables for line in table.rows[:-1])
    assert sum(len(table.rows) - 1 for table in part.tables) == len(found) - 1
