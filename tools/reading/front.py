"""The first page: its title, and where the text begins behind authors and addresses."""

from __future__ import annotations

import re

from tools.reading.block_roles import FRONT, HEADING, NOTE, PROSE, TITLE
from tools.reading.blocks import Block
from tools.reading.headings import ARTICLE_TYPE, BOILERPLATE, is_known
from tools.reading.lines import Habits
from tools.reading.prose import prose_like


def find_title(blocks: list[Block], roles: list[str], habits: Habits, named: str) -> None:
    """Give the title its role: what the metadata names, else the weightiest large type of page 1.

    A journal's name may be set larger than a title; a title is longer.
    """
    first = [i for i, block in enumerate(blocks) if block.page == 0]
    wanted = _letters(named)
    by_name = [i for i in first if len(wanted) > 15 and _letters(blocks[i].text) == wanted]
    large = [
        i
        for i in first
        if blocks[i].size > 1.12 * habits.size
        and blocks[i].words >= 2
        and not ARTICLE_TYPE.fullmatch(blocks[i].text)
    ]
    candidates = by_name or large
    if not candidates:
        return
    best = max(candidates, key=lambda i: (min(len(blocks[i].text), 120) * blocks[i].size, -i))
    for i in candidates:
        same = abs(blocks[i].size - blocks[best].size) < 0.2 and abs(i - best) <= 2
        if i == best or (same and _near(blocks[i], blocks[best]) and not _other(blocks[i].text)):
            roles[i] = TITLE


def _other(text: str) -> bool:
    """Whether a line in the type of a title is none all the same."""
    return is_known(text) or bool(ARTICLE_TYPE.fullmatch(text))


def _near(one: Block, other: Block) -> bool:
    """Whether two blocks of a title stand no further apart than its lines."""
    gaps = (one.bottom - other.top, other.bottom - one.top)
    return any(0 < gap < 2.0 * one.size for gap in gaps) and one.heavy == other.heavy


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def set_front_matter(blocks: list[Block], roles: list[str], habits: Habits) -> None:
    """On page 1, before the first heading, only what reads like an abstract is text."""
    _set_margin(blocks, roles, habits)
    start = _first_section(blocks, roles)
    for i in range(start):
        if roles[i] == TITLE:
            continue
        text = blocks[i].text
        long = roles[i] in (PROSE, NOTE) and blocks[i].words >= 50 and prose_like(text)
        roles[i] = PROSE if long and not BOILERPLATE.match(text) and not _addresses(text) else FRONT
    for i in range(start, len(blocks)):
        if roles[i] == FRONT and re.match(r"key\s?words?\W*$", blocks[i].text, re.IGNORECASE):
            roles[i + 1 : i + 2] = [FRONT] * len(roles[i + 1 : i + 2])


def _set_margin(blocks: list[Block], roles: list[str], habits: Habits) -> None:
    """What stands beside the text of page 1, in its margin, tells about the paper."""
    first = [i for i, block in enumerate(blocks) if block.page == 0]
    wide = [blocks[i] for i in first if blocks[i].x1 - blocks[i].x0 > 0.8 * habits.width]
    if not wide:
        return
    left, right = min(block.x0 for block in wide), max(block.x1 for block in wide)
    for i in first:
        if blocks[i].x1 < left - 4 or blocks[i].x0 > right + 4:
            roles[i] = FRONT


def _addresses(text: str) -> bool:
    """Whether a text lists people or where they work."""
    words = len(text.split())
    return "@" in text or text.count(",") > 0.16 * words


def _people(text: str) -> bool:
    """Whether a line in large type names authors: capitals, commas, raised marks."""
    words = re.findall(r"[^\W\d_]+", text)
    capitals = sum(word[0].isupper() for word in words)
    marked = bool(re.search(r"[^\W\d_][\d*†‡§,]|&| and ", text))
    return len(words) >= 3 and capitals > 0.65 * len(words) and marked


def _first_section(blocks: list[Block], roles: list[str]) -> int:
    """Index of the block with which the text begins."""
    first = [i for i, block in enumerate(blocks) if block.page == 0]
    for i in first:
        if roles[i] == HEADING and is_known(blocks[i].text):
            return i
    for i in first:
        below = i + 1 < len(blocks) and roles[i + 1] == PROSE and blocks[i + 1].words >= 20
        if roles[i] == HEADING and below and not _people(blocks[i].text):
            return i
    return next((i for i in first if _abstract_like(blocks[i], roles[i])), 0)


def _abstract_like(block: Block, role: str) -> bool:
    text = block.text
    return role == PROSE and block.words >= 40 and not _addresses(text) and prose_like(text)
