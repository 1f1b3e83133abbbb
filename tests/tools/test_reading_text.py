"""What is read is what is printed: words, order, paragraphs, headings, places."""

from __future__ import annotations

import json
import re
import unicodedata
from difflib import SequenceMatcher
from itertools import takewhile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.pages import Set, column, typeset
from tools.reading import Reading, read
from tools.reading.headings import label_of
from tools.reading.passages import LONGEST, cut, cut_rows
from tools.reading.prose import plain

LEFT = [
    "The vole was seen on every island of the archi-",
    "pelago in spring. It eats a grass that grows on",
    "the northern slopes and nowhere else. The nests",
    "are built of moss.",
]
RIGHT = [
    "In winter the animals move to the lower ground",
    "where the snow is soft. No animal was found at",
    "a height of more than two hundred metres. This",
    "agrees with what the herders told us.",
]


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).lower())


def trigrams(text: str) -> set[tuple[str, ...]]:
    row = words(text)
    return set(zip(row, row[1:], row[2:], strict=False))


def recall(truth: str, text: str) -> float:
    wanted = trigrams(truth)
    return len(wanted & trigrams(text)) / len(wanted)


def check_places(reading: Reading) -> None:
    text = reading.document.text
    last = 0
    for passage in reading.passages:
        assert text[passage.start : passage.end] == passage.text
        assert last <= passage.start < passage.end <= passage.start + LONGEST
        assert 1 <= passage.page <= reading.pages
        last = passage.end
    starts = reading.document.page_starts
    assert len(starts) == reading.pages
    assert list(starts) == sorted(starts)


def pairs(shared: Path) -> list[Path]:
    return sorted(path.parent for path in (shared / "papers/pairs").glob("*/paper.pdf"))


def test_the_words_of_real_papers_are_all_there(shared: Path) -> None:
    """The yardstick is the share that the PDF library itself finds, on another count of words."""
    found = []
    for folder in pairs(shared):
        meta = json.loads((folder / "meta.json").read_text())
        reading = read(folder / "paper.pdf", folder.name)
        check_places(reading)
        share = recall((folder / "truth.txt").read_text(), reading.document.text)
        assert share >= meta["pdfium_trigram_recall"] - 0.025, folder.name
        found.append(share)
    assert sum(found) / len(found) >= 0.97


def headings(folder: Path) -> list[str]:
    """Of the publisher's text, without their numbers, as letters and digits only."""
    lines = (folder / "truth.txt").read_text().splitlines()
    found = [line[3:].split(" > ")[-1] for line in lines if line.startswith("## ")]
    return [name for name in map(bare, found) if name]


def bare(heading: str) -> str:
    return "".join(words(re.sub(r"^(\d+(\.\d+)*\.?|\d\)|[ivx]+\))\s*", "", heading)))


def entered(reading: Reading) -> list[str]:
    """Headings in the order in which the passages come below them."""
    names: list[str] = []
    before: tuple[str, ...] = ()
    for passage in reading.passages:
        if passage.section[:1] and label_of(passage.section[0]):
            continue
        same = sum(
            1
            for _ in takewhile(
                lambda two: two[0] == two[1], zip(before, passage.section, strict=False)
            )
        )
        names += [bare(name) for name in passage.section[same:]]
        before = passage.section
    return names


def test_sections_of_real_papers_are_found_in_order(shared: Path) -> None:
    shares = []
    for folder in pairs(shared):
        wanted, names = headings(folder), entered(read(folder / "paper.pdf", folder.name))
        same = SequenceMatcher(None, wanted, names, autojunk=False).get_matching_blocks()
        shares += [sum(block.size for block in same) / len(wanted)] if wanted else []
    assert sum(shares) / len(shares) >= 0.93
    assert min(shares) >= 0.7


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


def table(tmp_path: Path, rows: list[Set], caption: float) -> str:
    """The passage of a table with its caption at that height, inside a paper."""
    lines = [
        Set("1. Results", 60, 760, 12, "Helvetica-Bold"),
        *column([line + " " + line for line in LEFT], 60, 744),
        *rows,
        Set("Table 1. Voles by island and year of the count.", 60, caption, 8),
        *column([line + " " + line for line in RIGHT], 60, 300),
    ]
    lines.sort(key=lambda line: -line.y)
    reading = read(typeset(tmp_path / "table.pdf", [lines]), "p")
    check_places(reading)
    [passage] = [p for p in reading.passages if p.section == ("Table 1",)]
    return passage.text


def cells(rows: list[tuple[str, ...]], top: float, step: float = 12) -> list[Set]:
    return [
        Set(cell, 60 + 120 * i, top - step * j, 8)
        for j, row in enumerate(rows)
        for i, cell in enumerate(row)
    ]


VOLES = [("Island", "1990", "1991"), ("North", "12", "15"), ("South", "7", "9")]
VOLES_TOLD = (
    "Table 1. Voles by island and year of the count.\n"
    "Island | 1990 | 1991\nNorth | 12 | 15\nSouth | 7 | 9"
)


@pytest.mark.parametrize("caption", [640, 570])
def test_a_table_is_kept_as_rows_below_its_caption(tmp_path: Path, caption: float) -> None:
    """Some journals set the caption above the table, some below it."""
    assert table(tmp_path, cells(VOLES, 620), caption) == VOLES_TOLD


def test_a_cell_of_two_lines_stays_in_its_row(tmp_path: Path) -> None:
    rows = cells([*VOLES, ("East and the", "5", "6")], 620, 16)
    told = table(tmp_path, [*rows, Set("skerries", 60, 562, 8)], 640)
    assert told == f"{VOLES_TOLD}\nEast and the skerries | 5 | 6"


def test_a_long_table_is_cut_between_its_rows() -> None:
    rows = [f"{number} | " + "a vole ran. " * 9 for number in range(40)]
    text = "\n".join(rows)
    parts = [text[start:end] for start, end in cut_rows(text)]
    assert "\n".join(parts) == text
    assert max(map(len, parts)) <= LONGEST


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


@given(st.text())
def test_plain_text_holds_nothing_invisible(text: str) -> None:
    made = plain(text)
    assert made == plain(made)
    assert not re.search(r"[\x00-\x1f\x7f\xad\u200b\ufeff\ufffe\ud800-\udfff]|  ", made)


@given(st.lists(st.text(st.sampled_from("aB.1 ?é中")), max_size=400).map(" ".join).map(plain))
def test_passages_cover_a_paragraph_without_overlap(text: str) -> None:
    spans = cut(text)
    assert all(0 < end - start <= LONGEST for start, end in spans)
    between = [*[start for start, _ in spans], len(text)], [0, *[end for _, end in spans]]
    assert all(not text[b:a].strip() for a, b in zip(*between, strict=True))


def test_a_long_paragraph_is_cut_after_a_sentence() -> None:
    text = "A vole of Fig. 3 ran. " * 200
    spans = cut(text.strip())
    assert all(text[start:end].endswith("ran.") for start, end in spans)
