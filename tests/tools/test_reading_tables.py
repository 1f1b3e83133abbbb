"""A table is kept as text: its caption, then a line for each row."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.pages import LEFT, RIGHT, Set, check_places, column, typeset
from tools.reading import read
from tools.reading.passages import LONGEST, cut_rows


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


def test_a_table_without_a_caption_is_text_in_rows_and_no_passage(tmp_path: Path) -> None:
    lines = [*column(LEFT, 60, 740), *cells(VOLES, 620), *column(RIGHT, 60, 500)]
    reading = read(typeset(tmp_path / "table.pdf", [column(LEFT, 60, 740), lines]), "p")
    assert "\n\nIsland | 1990 | 1991\nNorth | 12 | 15\nSouth | 7 | 9\n\n" in reading.document.text
    assert not any("Island" in passage.text for passage in reading.passages)


def test_a_long_table_is_cut_between_its_rows() -> None:
    rows = [f"{number} | " + "a vole ran. " * 9 for number in range(40)]
    text = "\n".join(rows)
    parts = [text[start:end] for start, end in cut_rows(text)]
    assert "\n".join(parts) == text
    assert max(map(len, parts)) <= LONGEST
