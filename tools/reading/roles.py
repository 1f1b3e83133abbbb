"""What each block of a paper is: title, heading, prose, caption, table, reference and so on."""

from __future__ import annotations

import re
from typing import NamedTuple

from tools.reading.blocks import Block, ends_sentence
from tools.reading.glyphs import SOFT_HYPHENS
from tools.reading.headings import AFTER_REFERENCES, NUMBERED, depth, is_known, is_references
from tools.reading.lines import Habits, Line
from tools.reading.prose import prose_like

TITLE = "title"
HEADING = "heading"
PROSE = "prose"
CAPTION = "caption"
TABLE = "tables"
FRAGMENT = "fragments"
"""Labels inside figures, formulas on their own line, lone cells."""
FRONT = "front matter"
"""Authors, addresses, dates and licences."""
NOTE = "notes"
"""Footnotes and what stands below tables."""
REFERENCE = "references"

_LABEL = (
    r"(?:(?:Supplementary|Supplemental|Extended Data|Online|Appendix)\s+)?"
    r"(Fig(?:ure|\.)?|FIG(?:URE|\.)?|Table|TABLE|Tab\.|Scheme|Graph|Chart|Plate|Box|Algorithm"
    r"|Listing|Abbildung|Abb\.|Tabelle|Tableau|Tabla|Figura)\s*"
    r"((?:[A-Z]{1,2}[.-]?)?\d+(?:\.\d+)?[a-zA-Z]?|[IVX]{1,5})\b"
)
_CAPTION = re.compile(_LABEL + r"\s*([.:|)–—-]|$|\s(?=[\"“(\[]?[A-Z0-9]))")
_SAYS = re.compile(
    r"\s*(?:\([a-z–,-]+\)\s*)?(shows?|showed|gives|lists|presents|summari[sz]es|and|,|\()"
)
_BOILERPLATE = re.compile(
    r"(?:key\s?words?|received|accepted|published|copyright|©|\(c\)|how to cite|cite this|citation"
    r"|correspond|\*\s?correspond|e-?mail|doi:|https?://|www\.|academic editor|edited by|handling editor"
    r"|licen[sc]e|this is an open access|open access|available (?:online|at|from)|to cite this)\b",
    re.IGNORECASE,
)


class Style(NamedTuple):
    """How a heading is set; a larger one stands higher."""

    size: float
    capitals: bool
    bold: bool
    upright: bool
    own_line: bool


def style_of(block: Block) -> Style:
    """The style of a block, sizes in half points."""
    letters = [c for c in block.text if c.isalpha()]
    capitals = bool(letters) and sum(c.isupper() for c in letters) > 0.85 * len(letters)
    size = round(block.size * 2) / 2
    return Style(size, capitals, block.heavy, not block.slanted, not block.run_in)


def references_begin(lines: list[Line]) -> int:
    """Index of the line that heads the references; the number of lines where there is none."""
    for index in range(len(lines) - 1, len(lines) // 4, -1):
        if is_references(lines[index].text):
            return index
    return len(lines)


def roles_of(blocks: list[Block], habits: Habits, named: str) -> list[str]:
    """One role per block, in order.

    named: the title that the file's metadata gives; may be empty or wrong.
    """
    roles = [_first_guess(block, habits) for block in blocks]
    _find_title(blocks, roles, habits, named)
    _settle_headings(blocks, roles)
    _spread_captions(blocks, roles, habits)
    _set_front_matter(blocks, roles)
    _set_references(blocks, roles)
    return roles


def flat(block: Block) -> str:
    """Its text on one line, for looking at rather than for keeping."""
    return " ".join(block.text.translate(dict.fromkeys(map(ord, SOFT_HYPHENS))).split())


def _first_guess(block: Block, habits: Habits) -> str:
    text = flat(block)
    if is_caption(block, text, habits):
        return CAPTION
    if block.run_in or _heading_like(block, text, habits):
        return HEADING
    if any(abs(block.size - size) < 0.3 for size in habits.sizes):
        if prose_like(text) or _tail_of_prose(block, text, habits):
            return PROSE
        return FRAGMENT
    return NOTE if prose_like(text) else FRAGMENT


def _tail_of_prose(block: Block, text: str, habits: Habits) -> bool:
    """Few words in body type: the end of a paragraph, or an item of a list."""
    if abs(block.size - habits.size) > 0.3:
        return False
    letters = sum(c.isalpha() for c in text)
    return letters > 0.6 * len(text.replace(" ", "")) and letters > 3


def is_caption(block: Block, text: str, habits: Habits) -> bool:
    """Whether a block is the legend of a figure or table, not a sentence about one."""
    match = _CAPTION.match(text)
    if not match or _SAYS.match(text, match.end(2)):
        return False
    differs = abs(block.size - habits.size) > 0.3 or block.lines[0].words[0].face.bold
    return differs or match[3].strip() != "" or block.slanted


def label_of(text: str) -> str:
    """`Table 1` or `Figure 2a` of a caption."""
    match = re.match(_LABEL, text)
    if not match:
        return ""
    kind = match[1].rstrip(".").capitalize()
    return f"{'Figure' if kind == 'Fig' else kind} {match[2]}"


def _heading_like(block: Block, text: str, habits: Habits) -> bool:
    letters = sum(c.isalpha() for c in text)
    if letters < 3 or letters < 0.55 * len(text.replace(" ", "")):
        return False
    if len(text) > 220 or len(block.lines) > 4:
        return False
    if is_known(text):
        return True
    if text[-1] in ",;" or (
        text[0].isalpha() and not text[0].isupper() and not NUMBERED.match(text)
    ):
        return False
    if text[-1] == "." and len(text) > 60 and not depth(text):
        return False
    return _stands_out(block, text, habits, letters)


def _stands_out(block: Block, text: str, habits: Habits, letters: int) -> bool:
    """Whether a block is set apart from the body text the way headings are."""
    style = style_of(block)
    if style.size > 1.07 * habits.size:
        return True
    if block.size < 0.68 * habits.size:
        return False
    if style.bold and not habits.bold:
        return True
    if style.capitals:
        return letters > 4 and len(block.lines) <= 2
    foreign = all(line.font != habits.font for line in block.lines)
    if not foreign or len(block.lines) > 2 or letters < 4:
        return False
    return bool(depth(text)) or not ends_sentence(text)


def _find_title(blocks: list[Block], roles: list[str], habits: Habits, named: str) -> None:
    first = [i for i, block in enumerate(blocks) if block.page == 0]
    wanted = _letters(named)
    by_name = [i for i in first if len(wanted) > 15 and _letters(flat(blocks[i])) == wanted]
    large = [i for i in first if blocks[i].size > 1.12 * habits.size and blocks[i].words >= 2]
    candidates = by_name or large
    if not candidates:
        return
    best = max(candidates, key=lambda i: (min(len(flat(blocks[i])), 120) * blocks[i].size, -i))
    for i in candidates:
        same = abs(blocks[i].size - blocks[best].size) < 0.2 and abs(i - best) <= 2
        if i == best or (same and _near(blocks[i], blocks[best]) and not is_known(flat(blocks[i]))):
            roles[i] = TITLE


def _near(one: Block, other: Block) -> bool:
    """Whether two blocks of a title stand no further apart than its lines."""
    gaps = (one.bottom - other.top, other.bottom - one.top)
    return any(0 < gap < 1.7 * one.size for gap in gaps) and one.heavy == other.heavy


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def _settle_headings(blocks: list[Block], roles: list[str]) -> None:
    """A heading stands above text. What stands above cells or nothing is none."""
    for i in range(len(roles) - 1, -1, -1):
        if roles[i] != HEADING or is_known(flat(blocks[i])) or blocks[i].run_in:
            continue
        runs_on = (
            i > 0
            and roles[i - 1] == PROSE
            and not ends_sentence(flat(blocks[i - 1]))
            and not blocks[i].heavy
        )
        if runs_on or not _leads(blocks, roles, i):
            roles[i] = PROSE if runs_on and prose_like(flat(blocks[i])) else FRAGMENT


def _leads(blocks: list[Block], roles: list[str], i: int) -> bool:
    """Whether text or another heading stands directly below, or opens the next column."""
    block = blocks[i]
    for j in range(i + 1, min(i + 6, len(blocks))):
        if roles[j] in (CAPTION, NOTE, FRAGMENT, TABLE):
            continue
        if roles[j] not in (PROSE, HEADING):
            return False
        there = blocks[j]
        drop = block.bottom - there.top
        overlaps = min(block.x1, there.x1) > max(block.x0, there.x0)
        return there.page != block.page or (overlaps and -1 < drop < 4.5 * there.size) or drop < -50
    return False


def _spread_captions(blocks: list[Block], roles: list[str], habits: Habits) -> None:
    """What follows a caption in its own small type belongs to it or to its table."""
    for i, role in enumerate(roles):
        if role != CAPTION:
            continue
        table = label_of(flat(blocks[i])).startswith("Tab")
        for j in range(i + 1, len(blocks)):
            if roles[j] in (TITLE, CAPTION) or blocks[j].page != blocks[i].page:
                break
            body = roles[j] in (PROSE, HEADING) and abs(blocks[j].size - habits.size) < 0.3
            if (body or is_known(flat(blocks[j]))) and not _cellular(blocks, j):
                break
            roles[j] = _beside_caption(blocks, i, j, table)


def _beside_caption(blocks: list[Block], caption: int, j: int, table: bool) -> str:
    here, there = blocks[caption], blocks[j]
    text = flat(there)
    directly_below = 0 < blocks[j - 1].bottom - there.top < 2.2 * there.size and j == caption + 1
    if directly_below and abs(here.size - there.size) < 0.3 and prose_like(text):
        return CAPTION
    if prose_like(text):
        return NOTE
    return TABLE if table else FRAGMENT


def _cellular(blocks: list[Block], j: int) -> bool:
    """Whether a block shares its row with a neighbour in the stream and reads like no sentence."""
    block = blocks[j]
    near = [b for b in blocks[max(0, j - 1) : j + 2] if b is not block and b.page == block.page]
    rows = any(abs(b.top - block.top) < 0.4 * block.size for b in near)
    return rows and not prose_like(flat(block))


def _set_front_matter(blocks: list[Block], roles: list[str]) -> None:
    """On page 1, before the first heading, only what reads like an abstract is text."""
    start = _first_section(blocks, roles)
    for i in range(start):
        if roles[i] == TITLE:
            continue
        text = flat(blocks[i])
        long = roles[i] in (PROSE, NOTE) and blocks[i].words >= 50 and prose_like(text)
        roles[i] = PROSE if long and not _BOILERPLATE.match(text) else FRONT
    for i in range(start, len(blocks)):
        if roles[i] == PROSE and _BOILERPLATE.match(flat(blocks[i])):
            roles[i] = FRONT


def _first_section(blocks: list[Block], roles: list[str]) -> int:
    """Index of the block with which the text begins."""
    first = [i for i, block in enumerate(blocks) if block.page == 0]
    for i in first:
        if roles[i] == HEADING and is_known(flat(blocks[i])):
            return i
    for i in first:
        below = i + 1 < len(blocks) and roles[i + 1] == PROSE and blocks[i + 1].words >= 20
        if roles[i] == HEADING and below:
            return i
    return next((i for i in first if roles[i] == PROSE and blocks[i].words >= 40), 0)


def _set_references(blocks: list[Block], roles: list[str]) -> None:
    inside: Style | None = None
    for i, block in enumerate(blocks):
        text = flat(block)
        if is_references(text) and roles[i] != CAPTION and _lists_works(blocks[i + 1 : i + 13]):
            inside = style_of(block)
            roles[i] = REFERENCE
        elif inside and _ends_references(block, roles[i], text, inside):
            inside = None
        elif inside and roles[i] not in (CAPTION, TABLE):
            roles[i] = REFERENCE


def _lists_works(following: list[Block]) -> bool:
    """Whether what follows names years, as references do and the cells of a table rarely do."""
    lines = [line.text for block in following for line in block.lines][:24]
    years = sum(bool(re.search(r"\b(?:1[89]|20)\d\d\b", line)) for line in lines)
    return years >= max(1, len(lines) // 6)


def _ends_references(block: Block, role: str, text: str, inside: Style) -> bool:
    return role == HEADING and bool(AFTER_REFERENCES.match(text)) and style_of(block) >= inside
