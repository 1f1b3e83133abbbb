"""What each block of a paper is: title, heading, prose, caption, table, reference and so on."""

from __future__ import annotations

import re
from typing import NamedTuple

from tools.reading.block_roles import (
    CAPTION,
    FRAGMENT,
    FRONT,
    HEADING,
    NOTE,
    PROSE,
    REFERENCE,
    TABLE,
    TITLE,
)
from tools.reading.blocks import Block, ends_sentence, starts_item
from tools.reading.front import find_title, set_front_matter
from tools.reading.headings import (
    AFTER_REFERENCES,
    BOILERPLATE,
    depth,
    is_known,
    is_references,
    label_of,
    label_stops,
    opens_caption,
)
from tools.reading.lines import Habits, Line
from tools.reading.prose import prose_like
from tools.reading.tables import settle

_CODE = re.compile(r"[|=<>{}\\_@]")
"""Signs that stand in formulas and programs, hardly ever in a heading."""


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
    if PROSE not in roles:
        # A note, a slide, a poem: where nothing reads like a paper, everything is the text.
        return [PROSE] * len(roles)
    find_title(blocks, roles, habits, named)
    _settle_headings(blocks, roles)
    _adopt_notes(blocks, roles)
    _spread_captions(blocks, roles, habits)
    settle(blocks, roles)
    set_front_matter(blocks, roles, habits)
    _set_references(blocks, roles)
    return roles


def _first_guess(block: Block, habits: Habits) -> str:
    text = block.text
    if is_caption(block, text, habits):
        return CAPTION
    if block.cellular:
        return FRAGMENT
    if BOILERPLATE.match(text):
        return FRONT
    if block.marked or block.run_in or _heading_like(block, text, habits):
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
    if not opens_caption(text):
        return False
    differs = abs(block.size - habits.size) > 0.3 or block.lines[0].words[0].face.bold
    return differs or label_stops(text) or block.slanted


def _heading_like(block: Block, text: str, habits: Habits) -> bool:
    letters = sum(map(str.isalpha, text))
    if letters < 3 or label_of(text) or letters < 0.55 * len(text.replace(" ", "")):
        return False
    if _CODE.search(text):
        return False
    if len(text) > 220 or len(block.lines) > 4:
        return False
    if is_known(text):
        return True
    words = text.split()
    if len(words) > 6 and sum(len(word) == 1 for word in words) > len(words) // 2:
        # A program, set letter by letter.
        return False
    if text[-1] in ",;" or (text[0].isalpha() and not text[0].isupper() and not starts_item(text)):
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


def _settle_headings(blocks: list[Block], roles: list[str]) -> None:
    """A heading stands above text. What stands above cells or nothing is none."""
    for i in range(len(roles) - 1, -1, -1):
        block = blocks[i]
        if roles[i] != HEADING or is_known(block.text) or block.run_in or block.marked:
            continue
        runs_on = (
            i > 0
            and roles[i - 1] == PROSE
            and not ends_sentence(blocks[i - 1].text)
            and not blocks[i].heavy
        )
        if runs_on or _interrupts(blocks, roles, i) or not _leads(blocks, roles, i):
            roles[i] = PROSE if runs_on and prose_like(blocks[i].text) else FRAGMENT


def _interrupts(blocks: list[Block], roles: list[str], i: int) -> bool:
    """Whether the sentence before goes on behind, as around a label of a drawing."""
    before = next((j for j in range(i - 1, -1, -1) if roles[j] in (PROSE, HEADING)), i)
    after = next((j for j in range(i + 1, len(blocks)) if roles[j] in (PROSE, HEADING)), i)
    if roles[before] != PROSE or roles[after] != PROSE or before == after:
        return False
    return not ends_sentence(blocks[before].text) and blocks[after].text[:1].islower()


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
        if overlaps and there.page == block.page and -1 < drop < 4.5 * there.size:
            return True
        elsewhere = there.page != block.page or drop < -50
        return elsewhere and (block.bottom < 160 or depth(block.text) > 0)
    return False


def _adopt_notes(blocks: list[Block], roles: list[str]) -> None:
    """Small type right below a heading is text: an abstract, or methods set smaller."""
    for i in range(1, len(blocks)):
        above, block = blocks[i - 1], blocks[i]
        if roles[i] not in (NOTE, FRAGMENT) or block.page != above.page or block.cellular:
            continue
        near = -1 < above.bottom - block.top < 3 * block.size
        if roles[i] == FRAGMENT:
            near = near and is_known(above.text) and block.words >= 2
        follows = roles[i - 1] == PROSE and abs(above.size - block.size) < 0.3
        if near and (roles[i - 1] == HEADING or follows):
            roles[i] = PROSE


def _spread_captions(blocks: list[Block], roles: list[str], habits: Habits) -> None:
    """What follows a caption in its own small type belongs to it or to its table."""
    for i, role in enumerate(roles):
        if role != CAPTION:
            continue
        table = label_of(blocks[i].text).startswith("Tab")
        for j in range(i + 1, len(blocks)):
            if roles[j] in (TITLE, CAPTION) or blocks[j].page != blocks[i].page:
                break
            if (_is_body(blocks[j], habits) and roles[j] in (PROSE, HEADING)) or (
                roles[j] == HEADING and (is_known(blocks[j].text) or depth(blocks[j].text))
            ):
                break
            if roles[j] == HEADING and _above_body(blocks, roles, j, habits):
                break
            roles[j] = _beside_caption(blocks, i, j, table)


def _above_body(blocks: list[Block], roles: list[str], j: int, habits: Habits) -> bool:
    """Whether a heading of about the body's size stands right above body text."""
    if j + 1 == len(blocks) or blocks[j].cellular or roles[j + 1] != PROSE:
        return False
    here, below = blocks[j], blocks[j + 1]
    return _is_body(below, habits) and 0 < here.bottom - below.top < 2.5 * below.size


def _beside_caption(blocks: list[Block], caption: int, j: int, table: bool) -> str:
    here, there = blocks[caption], blocks[j]
    text = there.text
    directly_below = 0 < blocks[j - 1].bottom - there.top < 2.2 * there.size and j == caption + 1
    if directly_below and abs(here.size - there.size) < 0.3 and prose_like(text):
        return CAPTION
    if prose_like(text):
        return NOTE
    return TABLE if table else FRAGMENT


def _is_body(block: Block, habits: Habits) -> bool:
    """Whether a block is set like the body of the text, outside any table."""
    if abs(block.size - habits.size) >= 0.3 or block.cellular:
        return False
    wide = block.x1 - block.x0 > 0.85 * habits.width and prose_like(block.text)
    return wide or any(line.font == habits.font for line in block.lines)


def _set_references(blocks: list[Block], roles: list[str]) -> None:
    inside: Style | None = None
    for i, block in enumerate(blocks):
        text = block.text
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
