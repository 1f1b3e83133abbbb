"""Put a page that was written row by row, across its gutter, into the order of its columns.

Most programs write column by column, and the order of the file is then the best there is: it is
changed only where it plainly jumps from side to side.
"""

from __future__ import annotations

from itertools import groupby, pairwise
from operator import attrgetter

from tools.reading.lines import Line


def in_reading_order(lines: list[Line]) -> list[Line]:
    """The same lines, those of row-wise pages sorted; pages stay in order."""
    ordered: list[Line] = []
    for _, page in groupby(lines, attrgetter("page")):
        here = list(page)
        gutter = _gutter(here)
        ordered += here if gutter is None else _by_column(here, gutter)
    return ordered


def _gutter(lines: list[Line]) -> float | None:
    """Where the page is divided, x in points, if its file goes from side to side; else None."""
    leaps = [(a, b) for a, b in pairwise(lines) if _leaps(a, b)]
    if len(leaps) < 3 or len(leaps) < 0.3 * len(lines):
        return None
    left = sorted(a.x1 for a, _ in leaps)[len(leaps) * 9 // 10]
    right = sorted(b.x0 for _, b in leaps)[len(leaps) // 10]
    return (left + right) / 2 if left < right else None


def _leaps(left: Line, right: Line) -> bool:
    """Whether two lines of the file are two halves of a row, both long enough to be text."""
    return (
        abs(left.y - right.y) < 0.4 * left.size
        and right.x0 - left.x1 > 0.5 * left.size
        and min(len(left.words), len(right.words)) >= 3
    )


def _by_column(lines: list[Line], gutter: float) -> list[Line]:
    """Left before right, between any two lines that run across the gutter."""
    ordered: list[Line] = []
    band: list[Line] = []
    for line in sorted(lines, key=lambda line: (-line.y, line.x0)):
        if line.x0 < gutter - line.size and line.x1 > gutter + line.size:
            ordered += [*_columns(band, gutter), line]
            band = []
        else:
            band.append(line)
    return ordered + _columns(band, gutter)


def _columns(band: list[Line], gutter: float) -> list[Line]:
    left = [line for line in band if line.x0 < gutter]
    return left + [line for line in band if line.x0 >= gutter]
