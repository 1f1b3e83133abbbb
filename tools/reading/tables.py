"""Tables: which blocks belong to one, and its rows as lines of text with its cells in order."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from tools.reading.block_roles import CAPTION, FRAGMENT, NOTE, TABLE
from tools.reading.blocks import Block
from tools.reading.headings import label_of
from tools.reading.lines import Line
from tools.reading.prose import Vocabulary, join

BETWEEN = " | "
"""Stands between two cells of a row."""

_RULE = re.compile(r"[\s._–—-]{6,}")
"""A line of dots or dashes, drawn with letters."""

Row = list[Line]


class Grid(NamedTuple):
    """What is usual in one table."""

    most: int
    """Cells of its fullest level."""
    left: float
    """Its left edge, in points."""
    wide: float
    """A drop between two levels, in points, that parts rows."""
    dense: bool
    """Whether most levels stand nearer to each other than lines can."""


def settle(blocks: list[Block], roles: list[str]) -> None:
    """What stands among the cells below the caption of a table is a cell, sentences included."""
    for i, role in enumerate(roles):
        if role != CAPTION or not label_of(blocks[i].text).startswith("Tab"):
            continue
        end = i + 1
        while end < len(roles) and roles[end] in (TABLE, NOTE, FRAGMENT):
            if blocks[end].page != blocks[i].page:
                break
            end += 1
        cells = [blocks[j] for j in range(i + 1, end) if roles[j] == TABLE]
        if cells:
            low = min(block.bottom for block in cells)
            left, right = min(block.x0 for block in cells), max(block.x1 for block in cells)
            for j in range(i + 1, end):
                if blocks[j].top >= low and left - 5 <= blocks[j].x0 <= right:
                    roles[j] = TABLE
        else:
            _take_above(blocks, roles, i)
    _go_on(blocks, roles)


def _go_on(blocks: list[Block], roles: list[str]) -> None:
    """Cells with which a page begins belong to the table with which the page before ended."""
    for i in range(1, len(roles)):
        page = blocks[i].page
        if roles[i - 1] != TABLE or blocks[i - 1].page + 1 != page:
            continue
        end = i
        while end < len(roles) and roles[end] in (NOTE, FRAGMENT) and blocks[end].page == page:
            end += 1
        if sum(block.cellular for block in blocks[i:end]) > max(5, (end - i) // 2):
            roles[i:end] = [TABLE] * (end - i)


def _take_above(blocks: list[Block], roles: list[str], caption: int) -> None:
    """Some journals set the caption of a table below it."""
    edge = blocks[caption].top
    for j in range(caption - 1, -1, -1):
        block = blocks[j]
        lone = roles[j] != FRAGMENT or not block.cellular or block.page != blocks[caption].page
        if lone or not -2 * block.size < block.bottom - edge < 4 * block.size:
            return
        roles[j] = TABLE
        edge = max(edge, block.top)


def rows_of(blocks: list[Block], known: Vocabulary) -> str:
    """The cells of a table as text: a line for each row, `BETWEEN` between its cells."""
    lines = [line for block in blocks for line in block.lines if not _RULE.fullmatch(line.text)]
    if not lines:
        return ""
    levels = _levels(lines)
    grid = _grid(levels)
    rows: list[Row] = [levels[0]]
    for above, level in pairwise(levels):
        if _opens_row(rows[-1], above, level, grid):
            rows.append(list(level))
        else:
            rows[-1] = [*rows[-1], *level]
    return "\n".join(BETWEEN.join(_cells(row, known)) for row in rows)


def _levels(lines: list[Line]) -> list[Row]:
    """Lines that share a baseline, from the top downwards, each level from left to right."""
    levels: list[Row] = []
    for line in sorted(lines, key=lambda line: -line.y):
        if levels and levels[-1][0].y - line.y < 0.4 * line.size:
            levels[-1].append(line)
        else:
            levels.append([line])
    return [sorted(level, key=lambda line: line.x0) for level in levels]


def _grid(levels: list[Row]) -> Grid:
    drops = sorted(above[0].y - level[0].y for above, level in pairwise(levels))
    size = levels[0][0].size
    usual = drops[len(drops) // 2] if drops else size
    # Cells set to the middle of those beside them stand half a line off.
    dense = usual < 0.8 * size and sum(drop > 1.45 * size for drop in drops) < len(drops) / 12
    return Grid(
        max(map(len, levels)),
        min(line.x0 for level in levels for line in level),
        1.6 * usual if dense else 1.45 * size,
        dense,
    )


def _opens_row(row: Row, above: Row, level: Row, grid: Grid) -> bool:
    """Whether a new row begins, not a further line of the cells above.

    row: the lines of the row so far.
    """
    size = level[0].size
    drop = above[0].y - level[0].y
    if drop > grid.wide or grid.dense:
        return drop > grid.wide
    if drop < 0.8 * size:
        return 5 * min(len(above), len(level)) >= 4 * grid.most > 8
    if _spans(level, above) or (len(row) == 1 and _spans(row, level)):
        return True
    small = sum(line.text[:1].islower() for line in level)
    if 2 * small >= len(level):
        return False
    first = level[0].x0 - grid.left < 2 * size
    begun = any(line.x0 - grid.left < 2 * size for line in row)
    if first and len(row) < 0.6 * grid.most and (not begun or level[0].text[:1].islower()):
        return False
    return len(level) >= max(2, 0.6 * grid.most) or (first and len(level) > 1)


def _spans(one: Row, others: Row) -> bool:
    """Whether a line stands alone in its row, across the columns of another row."""
    line = one[0]
    return len(one) == 1 and sum(o.x0 < line.x1 and o.x1 > line.x0 for o in others) > 1


def _cells(row: Row, known: Vocabulary) -> list[str]:
    """The texts of a row's cells: what stands one below the other is one cell."""
    cells: list[Row] = []
    for line in sorted(row, key=lambda line: line.x0):
        for cell in cells:
            overlap = min(line.x1, max(c.x1 for c in cell)) - max(line.x0, cell[0].x0)
            if overlap > 0.3 * min(line.x1 - line.x0, cell[0].x1 - cell[0].x0):
                cell.append(line)
                break
        else:
            cells.append([line])
    return [join(sorted(cell, key=lambda line: -line.y), known) for cell in cells]
