"""Lines to blocks: a paragraph, a heading, a caption, a row of cells. Their role is left to others."""

from __future__ import annotations

import re
from typing import NamedTuple

from tools.reading.glyphs import SOFT_HYPHENS
from tools.reading.lines import Habits, Line

_MARKER = re.compile(
    r"(?:[•●▪◦‣·*–—-]|\(?\d{1,3}[.)\]]|\[\d{1,3}\]|\(?[a-z][.)]|\(?[ivx]{1,5}[.)])\s?"
)
_TERMINAL = re.compile(r"[.!?:;。؟][\"'”’»)\]]*[\d,–\-\s*†‡§]{0,12}$")


class Block(NamedTuple):
    """Lines of one style, one below the other, that read on."""

    page: int
    lines: tuple[Line, ...]
    x0: float
    x1: float
    top: float
    """Baseline of its first line, points."""
    bottom: float
    size: float
    indented: bool
    """Whether its first line begins further in than the rest of its column."""
    right: float
    """Right edge of the column it was cut from."""

    @property
    def text(self) -> str:
        """Its lines as they stand, one per row."""
        return "\n".join(line.text for line in self.lines)

    @property
    def heavy(self) -> bool:
        """Whether all of it is bold."""
        return all(line.heavy for line in self.lines)

    @property
    def slanted(self) -> bool:
        """Whether all of it is in italics."""
        return all(line.slanted for line in self.lines)

    @property
    def words(self) -> int:
        """Number of words."""
        return sum(len(line.words) for line in self.lines)


def ends_sentence(text: str) -> bool:
    """Whether a text stops where a sentence may stop, a raised reference number after it aside."""
    return bool(_TERMINAL.search(text.rstrip()[-24:]))


def starts_item(text: str) -> bool:
    """Whether a text opens with a bullet or an enumerator."""
    return bool(_MARKER.match(text))


def blocks_of(lines: list[Line], habits: Habits) -> list[Block]:
    """Blocks in the order of the lines."""
    groups: list[list[Line]] = []
    for line in lines:
        if groups and _continues(groups[-1], line, habits):
            groups[-1].append(line)
        else:
            groups.append([line])
    return [block for group in groups for block in _paragraphs(group)]


def _continues(group: list[Line], line: Line, habits: Habits) -> bool:
    last = group[-1]
    if line.page != last.page or abs(line.size - last.size) > 0.05 * last.size + 0.1:
        return False
    if line.heavy != last.heavy and not _mixed(line, last):
        return False
    drop = last.y - line.y
    if not 0.5 * line.size < drop <= 1.22 * habits.pitch(line.size) + 0.5:
        return False
    overlap = min(line.x1, last.x1) - max(line.x0, last.x0)
    return overlap > 0.4 * min(line.x1 - line.x0, last.x1 - last.x0)


def _mixed(line: Line, last: Line) -> bool:
    """Whether bold merely begins or ends inside one of the two lines."""
    return 0.0 < line.bold < 1.0 or 0.0 < last.bold < 1.0


def _paragraphs(group: list[Line]) -> list[Block]:
    left = min(line.x0 for line in group)
    right = max(line.x1 for line in group)
    hanging = _hangs(group, left)
    parts: list[list[Line]] = [[group[0]]]
    for above, line in zip(group, group[1:], strict=False):
        if _breaks(above, line, left, right, hanging):
            parts.append([line])
        else:
            parts[-1].append(line)
    return [_block(part, left, right) for part in parts]


def _hangs(group: list[Line], left: float) -> bool:
    """Whether its items begin at the left edge and go on further in, as references do."""
    inner = sum(line.x0 - left > 0.7 * line.size for line in group)
    return group[0].x0 - left < 0.3 * group[0].size and inner * 2 > len(group)


def _breaks(above: Line, line: Line, left: float, right: float, hanging: bool) -> bool:
    """Whether a new paragraph begins with `line`."""
    if above.text[-1:] in SOFT_HYPHENS:
        return False
    inset = 0.7 * line.size
    if hanging:
        return line.x0 - left < inset and ends_sentence(above.text)
    if line.x0 - above.x0 > inset and above.x0 - left < inset and not starts_item(above.text):
        return line.x0 - left < 5 * line.size
    if starts_item(line.text) and ends_sentence(above.text):
        return True
    # The next word would have fitted: somebody ended the line on purpose.
    first = line.words[0]
    room = right - above.x1 - (first.x1 - first.x0) - 0.6 * line.size
    return room > 0.5 * line.size and ends_sentence(above.text)


def _block(part: list[Line], left: float, right: float) -> Block:
    first = part[0]
    return Block(
        first.page, tuple(part), min(l.x0 for l in part), max(l.x1 for l in part), first.y,
        part[-1].y, first.size, first.x0 - left > 0.7 * first.size, right,
    )  # fmt: skip
