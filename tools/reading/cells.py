"""Which lines are cells of a table or labels in a drawing: short ones that share their rows."""

from __future__ import annotations

from collections import Counter

from tools.reading.lines import Habits, Line

_NARROW = 0.7
"""A cell takes at most this share of a column's width."""
_FEW = 6
"""Words that a cell with a single neighbour has at most."""


def mark_cells(lines: list[Line], habits: Habits) -> list[Line]:
    """The same lines, with `cell` set on those that stand in a table or a drawing."""
    narrow = [line.x1 - line.x0 < _NARROW * habits.width for line in lines]
    starts = _column_starts(lines, narrow)
    mates: Counter[int] = Counter()
    for i, j in _neighbours(lines):
        left, right = lines[i], lines[j]
        if not (narrow[i] and narrow[j] and right.x0 - left.x1 > 0.8 * left.size):
            continue
        if not any(left.x1 < x <= right.x0 + 12 for x in starts):
            mates[i] += 1
            mates[j] += 1
    # A sentence of a paragraph may have one neighbour by chance, in a margin or another column.
    marked = {i for i, n in mates.items() if n > 1 or len(lines[i].words) <= _FEW}
    _spread_down(lines, narrow, marked)
    return [line._replace(cell=True) if i in marked else line for i, line in enumerate(lines)]


def _column_starts(lines: list[Line], narrow: list[bool]) -> list[float]:
    """Left edges, in points, at which at least three full lines begin."""
    full = (line for line, short in zip(lines, narrow, strict=True) if not short)
    edges = Counter(round(line.x0 / 3) for line in full)
    return [3.0 * edge for edge, count in edges.items() if count >= 3]


def _neighbours(lines: list[Line]) -> list[tuple[int, int]]:
    """Indices of lines that stand side by side on one baseline, left and right."""
    order = sorted([(line.page, -line.y, line.x0, i) for i, line in enumerate(lines)])
    pairs: list[tuple[int, int]] = []
    for at, (page, depth, x0, i) in enumerate(order, 1):
        row = 0.35 * lines[i].size
        for other_page, other_depth, other_x0, j in order[at : at + 11]:
            if other_page != page or other_depth - depth > row:
                break
            pairs.append((i, j) if x0 <= other_x0 else (j, i))
    return pairs


def _spread_down(lines: list[Line], narrow: list[bool], marked: set[int]) -> None:
    """The further lines of a cell stand below its first and begin where it does."""
    for i in range(1, len(lines)):
        above, line = lines[i - 1], lines[i]
        if i in marked or i - 1 not in marked or not narrow[i] or above.page != line.page:
            continue
        drop = above.y - line.y
        if 0 < drop < 1.5 * line.size and -2 < line.x0 - above.x0 < 1.5 * line.size:
            marked.add(i)
