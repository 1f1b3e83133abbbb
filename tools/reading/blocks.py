"""Lines to blocks: a paragraph, a heading, a caption, a cell. Their role is left to others."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from tools.reading.glyphs import SOFT_HYPHENS, Word
from tools.reading.headings import ARTICLE_TYPE, BOILERPLATE, CAPTION, KNOWN
from tools.reading.lines import Habits, Line, make_line
from tools.reading.passages import ABBREVIATION
from tools.reading.prose import replaced

_MARKER = re.compile(
    r"(?:[•●▪◦‣·*–—-]|\(?\d{1,3}[.)\]]|\[\d{1,3}\]|\(?[a-z][.)]|\(?[ivx]{1,5}[.)])\s?"
)
_DANGLING = re.compile(
    r"(?:[,&–-]|\b(?:and|of|the|an?|for|in|with|to|by|on|from|or|at))$", re.IGNORECASE
)
_STEP = re.compile(r"\(?(?:\d{1,2}|[ivx]{1,4}|[a-z])\)\s")
_NO_SOFT_HYPHENS = dict.fromkeys(SOFT_HYPHENS, "")
_CLOSERS = r"[\"'”’»)\]]*"
# Raised reference numbers may hang behind the stop: `(green).4,5`, but not `1.56`.
_TERMINAL = re.compile(
    rf"[.!?:;。؟]{_CLOSERS}$|(?<=[^\W\d_]|[)\]%”’])[.!?]{_CLOSERS}\s?[\d*†‡§][\d,–\-\s*†‡§]*$"
)


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
    text: str
    """Its words on one line, for looking at; the text that is kept is joined with more care."""
    run_in: bool = False
    """Whether it is the heading at the beginning of a paragraph's first line."""
    marked: bool = False
    """Whether the file's own outline names it as a heading."""

    @property
    def cellular(self) -> bool:
        """Whether it stands in a table or a drawing."""
        return self.lines[0].cell

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
    """Whether a text stops where a sentence may, a raised reference number after it aside."""
    tail = text.rstrip()[-24:]
    if tail[-1:].isalpha():
        return False
    return bool(_TERMINAL.search(tail)) and not ABBREVIATION.search(tail)


def starts_item(text: str) -> bool:
    """Whether a text opens with a bullet or an enumerator."""
    return bool(_MARKER.match(text))


def blocks_of(lines: list[Line], habits: Habits) -> list[Block]:
    """Blocks in the order of the lines."""
    groups: list[list[Line]] = []
    for line in lines:
        if groups and _continues(groups[-1][-1], line, habits):
            groups[-1].append(line)
        else:
            groups.append([line])
    paragraphs = (block for group in groups for block in _paragraphs(group, habits))
    return [part for block in paragraphs for part in _run_in(block, habits)]


def _continues(last: Line, line: Line, habits: Habits) -> bool:
    if line.page != last.page or line.cell != last.cell or not _same_size(last, line):
        return False
    if line.heavy != last.heavy and not _mixed(line, last):
        return False
    drop = last.y - line.y
    pitch = habits.pitch(line.size)
    if line.size not in habits.sizes:
        pitch = max(pitch, 1.25 * line.size)
    if not 0.5 * line.size < drop <= 1.22 * pitch + 0.5:
        return False
    overlap = min(line.x1, last.x1) - max(line.x0, last.x0)
    return overlap > 0.4 * min(line.x1 - line.x0, last.x1 - last.x0)


def _same_size(last: Line, line: Line) -> bool:
    """Whether two lines are set in one size, at least where one ends and the other begins."""
    if abs(line.size - last.size) <= 0.05 * last.size + 0.1:
        return True
    return abs(line.words[0].face.size - last.words[-1].face.size) < 0.1


def _mixed(line: Line, last: Line) -> bool:
    """Whether bold merely begins or ends inside one of the two lines."""
    return 0.0 < line.bold < 1.0 or 0.0 < last.bold < 1.0


def _paragraphs(group: list[Line], habits: Habits) -> list[Block]:
    left = min(line.x0 for line in group)
    right = max(line.x1 for line in group)
    if _display(group[0], habits):
        # A heading is rarely as wide as its column, which decides whether it had to wrap.
        right = max(right, left + 0.9 * habits.width)
    hanging = _hangs(group, left) and not _display(group[0], habits)
    parts: list[list[Line]] = [[group[0]]]
    for above, line in pairwise(group):
        apart = not _display(above, habits) and _breaks(above, line, left, right, hanging)
        if apart or _changes_face(above, line, right, habits):
            parts.append([line])
        else:
            parts[-1].append(line)
    return [make_block(part, left, right) for part in parts]


def _hangs(group: list[Line], left: float) -> bool:
    """Whether its items begin at the left edge and go on further in, as references do."""
    inner = sum(line.x0 - left > 0.7 * line.size for line in group)
    return group[0].x0 - left < 0.3 * group[0].size and inner * 2 > len(group)


def _display(line: Line, habits: Habits) -> bool:
    """Whether a line is set larger or bolder than text: its indents mean nothing."""
    return line.size > 1.25 * habits.size or (line.heavy and not habits.bold)


def _room(above: Line, line: Line, right: float) -> float:
    """How much of the line above stayed empty although the next word would have fitted, points."""
    first = line.words[0]
    return right - above.x1 - (first.x1 - first.x0) - 0.6 * line.size


def _changes_face(above: Line, line: Line, right: float, habits: Habits) -> bool:
    """Whether one of two lines is a heading in its own face, set without a gap."""
    if above.text[-1:] in SOFT_HYPHENS:
        return False
    if KNOWN.fullmatch(above.text.rstrip(" :.")) or _two_headings(above, line, habits):
        return True
    if above.page == 0 and _display(above, habits) and ARTICLE_TYPE.fullmatch(above.text):
        return True
    if _label_opens(above, line):
        return True
    if above.font == line.font and above.slanted == line.slanted:
        return above.font != habits.font and _uniform(above) and bool(_STEP.match(line.text))
    if _uniform(above) and _room(above, line, right) > 0.5 * line.size:
        return True
    return _uniform(line) and ends_sentence(above.text) and not ends_sentence(line.text)


def _label_opens(above: Line, line: Line) -> bool:
    """Whether a line opens with a bold word behind a sentence that was not bold."""
    turns = line.words[0].face.bold and not above.words[-1].face.bold
    return turns and ends_sentence(above.text)


def _two_headings(above: Line, line: Line, habits: Habits) -> bool:
    """Whether two lines in the type of headings are two headings: the first had room to go on."""
    if above.font == habits.font or line.font == habits.font or above.size > 1.3 * habits.size:
        return False
    short = above.x1 - above.x0 < 0.45 * habits.width and abs(above.x0 - line.x0) < 2
    opens = line.text[:1].isupper() or line.text[:1].isdigit()
    return short and opens and not _DANGLING.search(above.text)


def _uniform(line: Line) -> bool:
    """Whether all its words are set in one face."""
    return len({(w.face.font, w.face.bold, w.face.italic) for w in line.words}) == 1


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
    return _room(above, line, right) > 0.5 * line.size and ends_sentence(above.text)


def make_block(part: list[Line], left: float, right: float) -> Block:
    """One block of lines from a column that reaches from `left` to `right`."""
    first = part[0]
    return Block(
        page=first.page,
        lines=tuple(part),
        x0=min(line.x0 for line in part),
        x1=max(line.x1 for line in part),
        top=first.y,
        bottom=part[-1].y,
        size=first.size if len(part) == 1 else part[-1].size,
        indented=first.x0 - left > 0.7 * first.size,
        right=right,
        text=replaced(" ".join([line.text for line in part]), _NO_SOFT_HYPHENS),
    )


def _run_in(block: Block, habits: Habits) -> list[Block]:
    """A paragraph that opens with a heading on its first line becomes a heading and the rest."""
    words = [word for line in block.lines[:3] for word in line.words]
    if block.cellular:
        return [block]
    length = _opening(words, habits)
    if not length:
        return [block]
    title, rest = parted(block, length)
    return [title._replace(run_in=True), rest]


def parted(block: Block, length: int) -> tuple[Block, Block]:
    """A block in two, after so many of its words; fewer than it has."""
    head: list[Line] = []
    rest: list[Line] = []
    for line in block.lines:
        take = max(0, min(length, len(line.words)))
        length -= len(line.words)
        if take:
            head.append(make_line(line.page, list(line.words[:take])))
        if take < len(line.words):
            rest.append(make_line(line.page, list(line.words[take:])) if take else line)
    second = make_block(rest, block.x0, block.right)._replace(indented=True)
    return make_block(head, block.x0, block.right), second


def _opening(words: list[Word], habits: Habits) -> int:
    """Number of words of a run-in heading; 0 where there is none.

    It is bold, or in italics after a number, and stops with a full stop or a colon just where the
    ordinary face begins.
    """
    first = words[0].face
    if not (first.bold and not habits.bold) and not (first.italic and not habits.bold):
        return 0
    length = 0
    while length < len(words) and (words[length].face.bold, words[length].face.italic) == (
        first.bold,
        first.italic,
    ):
        length += 1
    text = " ".join(word.text for word in words[:length])
    if not 1 <= length <= 18 or len(words) - length < 3 or not text.endswith((".", ":")):
        return 0
    letters = sum(c.isalpha() for c in text)
    if letters < 4 or not (text[0].isupper() or text[0].isdigit()):
        return 0
    if CAPTION.match(text) or BOILERPLATE.match(text):
        return 0
    if first.bold:
        return length
    # A species opens many a paragraph in italics; its name has two words and rarely a stop.
    follows = words[length].text[:1]
    return length if follows.isupper() and (text[0].isdigit() or length <= 8) else 0
