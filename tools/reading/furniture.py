"""Tell what belongs to the page from what belongs to the text: running heads, page numbers."""

from __future__ import annotations

import re
from collections import defaultdict

from tools.reading.headings import opens_caption
from tools.reading.lines import Line

_EDGE = 0.12
"""Running heads and feet stand in this outer share of a page's height."""
_MOST = 0.4
"""Where more than this share repeats, the pages are alike and nothing is a running head."""
_PAGE_NUMBER = re.compile(
    r"(page|p\.|seite|s\.)?\s*[-–—|]?\s*(\d{1,5}|[ivxl]{1,6})\s*([-–—|]|(of|/|von)\s*\d{1,5})?",
    re.IGNORECASE,
)


def without_running_heads(lines: list[Line], heights: list[float]) -> tuple[list[Line], int]:
    """The lines that are text, and the number of characters taken away.

    heights: of each page, in points.
    """
    edge = [i for i, line in enumerate(lines) if _at_edge(line, heights)]
    marked = _repeated(lines, edge, len(heights))
    if sum(len(lines[i].text) for i in marked) > _MOST * sum(len(line.text) for line in lines):
        marked = set()
    marked |= _numbers(lines, edge) | _alone(lines, heights)
    dropped = sum(len(lines[index].text) for index in marked)
    return [line for index, line in enumerate(lines) if index not in marked], dropped


def _at_edge(line: Line, heights: list[float]) -> bool:
    height = heights[line.page] or 1.0
    return not _EDGE < line.y / height < 1 - _EDGE


def _repeated(lines: list[Line], edge: list[int], count: int) -> set[int]:
    """Lines that stand at the edge of several of `count` pages, their numbers aside."""
    seen: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for index in edge:
        seen[_signature(lines[index].text)][lines[index].page].append(index)
    # Left and right pages differ, so a third of the pages is enough; two pages prove little alone.
    least = 2 if count <= 5 else max(3, count // 8)
    return {
        index
        for pages in seen.values()
        if len(pages) >= least
        for found in pages.values()
        for index in found
    }


def _signature(text: str) -> str:
    return re.sub(r"\d+", "#", re.sub(r"\W+", " ", text.casefold())).strip()


def _numbers(lines: list[Line], edge: list[int]) -> set[int]:
    return {i for i in edge if _PAGE_NUMBER.fullmatch(lines[i].text.strip())}


def _alone(lines: list[Line], heights: list[float]) -> set[int]:
    """The outermost line of a page, where a clear gap parts it from the text (page 1 aside).

    Papers of two or three pages repeat nothing often enough to be found otherwise.
    """
    by_page: dict[int, list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        by_page[line.page].append(index)
    found: set[int] = set()
    for page, indices in by_page.items():
        levels = sorted({round(lines[i].y) for i in indices}, reverse=True)
        if page == 0 or len(levels) < 10:
            continue
        height = heights[page] or 1.0
        top, bottom = levels[0], levels[-1]
        size = max(lines[i].size for i in indices if round(lines[i].y) == top)
        if top > 0.92 * height and top - levels[1] > 1.7 * size:
            found |= {i for i in indices if round(lines[i].y) == top}
        if bottom < 0.08 * height and levels[-2] - bottom > 20:
            found |= {i for i in indices if round(lines[i].y) == bottom}
    # A page may begin with the caption of its table.
    return {index for index in found if not opens_caption(lines[index].text)}
