"""What is read is what is printed: words, order, paragraphs, headings, places."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.pages import LEFT, RIGHT, Set, check_places, column, typeset
from tools.reading import Reading, read
from tools.reading.passages import LONGEST, cut
from tools.reading.prose import composed


def test_the_same_file_gives_the_same_records(tmp_path: Path) -> None:
    paper = typeset(tmp_path / "paper.pdf", [column(LEFT, 72, 700)])
    one, two = read(paper, "p"), read(paper, "p")
    assert (one.document, one.passages) == (two.document, two.passages)


def two_columns(tmp_path: Path, by_row: bool) -> Reading:
    left, right = column(LEFT, 60, 700), column(RIGHT, 320, 700)
    order = (
        [line for row in zip(left, right, strict=True) for line in row] if by_row else left + right
    )
    return read(typeset(tmp_path / "paper.pdf", [order]), "p")


@pytest.mark.parametrize("by_row", [False, True])
def test_columns_are_read_one_after_the_other(tmp_path: Path, by_row: bool) -> None:
    """Some programs write a page row by row, across the gutter."""
    text = two_columns(tmp_path, by_row).document.text
    assert text.index("built of moss") < text.index("In winter")
    assert "grows on the northern" in text
    assert "found at a height" in text


def test_a_word_cut_by_a_line_end_is_whole_again(tmp_path: Path) -> None:
    assert "of the archipelago in spring" in two_columns(tmp_path, False).document.text


def test_a_compound_keeps_its_hyphen_at_a_line_end(tmp_path: Path) -> None:
    lines = [
        "The dose-dependent growth of the moss was seen in all of the dose-",
        "dependent plots.",
    ]
    paper = typeset(tmp_path / "paper.pdf", [column(lines, 72, 700)])
    assert "all of the dose-dependent plots" in read(paper, "p").document.text


def article(tmp_path: Path) -> Reading:
    """Two pages: title, abstract, two sections, a table with its caption, references."""
    first = [
        Set("Grasses and voles of the northern islands", 120, 760, 18, "Helvetica-Bold"),
        Set("Ada Moss, Ben Fern", 200, 735, 11),
        Set("Abstract", 60, 700, 12, "Helvetica-Bold"),
        *column(
            ["We counted voles on nine islands and found that they eat one grass only."], 60, 684
        ),
        Set("1. Introduction", 60, 650, 12, "Helvetica-Bold"),
        *column(LEFT, 60, 634),
        Set("Table 1. Voles by island and year of the count.", 60, 560, 8),
        *[Set(cell, 60 + 80 * i, 545, 8) for i, cell in enumerate(("Island", "1990", "1991"))],
        *[Set(cell, 60 + 80 * i, 535, 8) for i, cell in enumerate(("North", "12", "15"))],
        *column(
            ["The count was made at night with lamps, and each nest was marked with a"], 60, 500
        ),
        Set("Journal of Voles 12", 60, 30, 8),
    ]
    second = [
        *column(
            ["small flag so that no nest was counted again on the way back. It rained."], 60, 760
        ),
        Set("2. Results", 60, 700, 12, "Helvetica-Bold"),
        *column(RIGHT, 60, 684),
        Set("References", 60, 600, 12, "Helvetica-Bold"),
        *column(
            ["[1] A. Moss, Voles at night, Island Press, 1987.", "[2] B. Fern, 1990."], 60, 584
        ),
        Set("Journal of Voles 13", 60, 30, 8),
    ]
    return read(
        typeset(tmp_path / "article.pdf", [first, second], author="Ada Moss and Ben Fern"), "p"
    )


def test_an_article_is_taken_apart(tmp_path: Path) -> None:
    reading = article(tmp_path)
    check_places(reading)
    document = reading.document
    assert document.title == "Grasses and voles of the northern islands"
    assert document.authors == ("Ada Moss", "Ben Fern")
    assert document.abstract.startswith("We counted voles")
    assert [p.section for p in reading.passages] == [
        ("Abstract",), ("1. Introduction",), ("Table 1",), ("1. Introduction",), ("2. Results",),
    ]  # fmt: skip


def test_a_sentence_goes_on_over_a_page(tmp_path: Path) -> None:
    """And what is quoted from its second half stands on the second page."""
    reading = article(tmp_path)
    passage = reading.passages[3]
    assert "marked with a small flag so" in passage.text
    assert passage.page == 1
    at = reading.document.text.index("small flag")
    assert reading.document.page_starts[1] == at


def test_what_is_no_prose_is_counted_and_not_taught(tmp_path: Path) -> None:
    reading = article(tmp_path)
    prose = " ".join(passage.text for passage in reading.passages)
    for gone in ("Journal of Voles", "Island Press", "Ben Fern"):
        assert gone not in prose
    assert {"references", "running heads", "tables", "front matter"} <= set(
        reading.document.set_aside
    )


def test_an_abstract_ends_where_the_text_begins(tmp_path: Path) -> None:
    """Also where the headings of the text are smaller than the abstract's."""
    lines = [
        Set("Voles of the northern islands", 120, 780, 18, "Helvetica-Bold"),
        Set("Abstract", 60, 740, 14, "Helvetica-Bold"),
        *column(RIGHT, 60, 722),
        Set("Introduction", 60, 660, 12, "Helvetica-Bold"),
        *column(LEFT, 60, 644),
        Set("Results", 60, 580, 12, "Helvetica-Bold"),
        *column(LEFT, 60, 564),
    ]
    reading = read(typeset(tmp_path / "paper.pdf", [lines]), "p")
    assert reading.document.abstract.endswith("what the herders told us.")
    assert [p.section for p in reading.passages] == [
        ("Abstract",), ("Introduction",), ("Results",),
    ]  # fmt: skip


def test_the_parts_of_an_abstract_keep_their_labels(tmp_path: Path) -> None:
    lines = [
        Set("Voles of the northern islands", 120, 780, 18, "Helvetica-Bold"),
        Set("Abstract", 60, 740, 14, "Helvetica-Bold"),
        Set("Methods", 60, 722, 11, "Helvetica-Bold"),
        *column(RIGHT, 60, 708),
        Set("Conclusions", 60, 650, 11, "Helvetica-Bold"),
        *column(LEFT, 60, 636),
        Set("Methods", 60, 570, 12, "Helvetica-Bold"),
        *column(RIGHT, 60, 554),
    ]
    reading = read(typeset(tmp_path / "paper.pdf", [lines]), "p")
    methods, conclusions = reading.document.abstract.split("\n")
    assert methods.startswith("Methods In winter")
    assert conclusions.startswith("Conclusions The vole")
    assert reading.passages[-1].section == ("Methods",)


def test_a_doi_is_taken_from_the_face_of_the_paper_only(tmp_path: Path) -> None:
    lines = [
        *LEFT,
        "doi:10.1234/voles.2024.5.",
        "References",
        "[1] B. Fern, 1990, doi:10.9999/other.",
    ]
    with_doi = typeset(tmp_path / "a.pdf", [column(lines, 60, 700)])
    without = typeset(tmp_path / "b.pdf", [column([*LEFT, *lines[5:]], 60, 700)])
    assert read(with_doi, "p").document.doi == "10.1234/voles.2024.5"
    assert read(without, "p").document.doi == ""


def test_a_doi_that_is_printed_nowhere_is_taken_from_the_metadata(tmp_path: Path) -> None:
    lines = [column(LEFT, 60, 700)]
    subject = "Journal of Voles, doi:10.1234/voles.5"
    paper = typeset(tmp_path / "paper.pdf", lines, subject=subject)
    assert read(paper, "p").document.doi == "10.1234/voles.5"


def test_a_bookmark_tells_a_heading_from_its_text(tmp_path: Path) -> None:
    """In the same face and on the same line nothing else would. A sentence is never cut."""
    lines = ["Nests of the second year " + LEFT[0], *LEFT[1:], *RIGHT]
    marks = ["Nests of the second year", "In winter the animals move"]
    paper = typeset(tmp_path / "paper.pdf", [column(lines, 60, 700)], marks)
    plain_paper = typeset(tmp_path / "plain.pdf", [column(lines, 60, 700)])
    assert {p.section for p in read(paper, "p").passages} == {("Nests of the second year",)}
    assert {p.section for p in read(plain_paper, "p").passages} == {()}


@given(st.text())
def test_plain_text_holds_nothing_invisible(text: str) -> None:
    made = composed(text)
    assert made == composed(made)
    assert not re.search(r"[\x00-\x1f\x7f\xad\u200b\ufeff\ufffe\ud800-\udfff]|  ", made)


@given(st.lists(st.text(st.sampled_from("aB.1 ?é中")), max_size=400).map(" ".join).map(composed))
def test_passages_cover_a_paragraph_without_overlap(text: str) -> None:
    spans = cut(text)
    assert all(0 < end - start <= LONGEST for start, end in spans)
    between = [*[start for start, _ in spans], len(text)], [0, *[end for _, end in spans]]
    assert all(not text[b:a].strip() for a, b in zip(*between, strict=True))


def test_a_long_paragraph_is_cut_after_a_sentence() -> None:
    text = "A vole of Fig. 3 ran. " * 200
    spans = cut(text.strip())
    assert all(text[start:end].endswith("ran.") for start, end in spans)
