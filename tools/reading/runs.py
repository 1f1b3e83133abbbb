"""Which neighbouring blocks are one thing: a heading over several lines, the cells of a table."""

from __future__ import annotations

import re
from itertools import takewhile

from tools.reading import block_roles
from tools.reading.blocks import Block, ends_sentence
from tools.reading.headings import is_known
from tools.reading.roles import style_of


def _in_rows(block: Block, kind: str) -> bool:
    return kind == block_roles.TABLE or (kind == block_roles.FRAGMENT and block.cellular)


def run_of(blocks: list[Block], roles: list[str], index: int) -> list[Block]:
    """A heading over several blocks of the same style is one; so is a table; else a block alone."""
    run = [blocks[index]]
    if _in_rows(run[0], roles[index]):
        pairs = zip(blocks[index:], roles[index:], strict=True)
        here = (roles[index], run[0].page)
        same = takewhile(lambda two: (two[1], two[0].page) == here and _in_rows(*two), pairs)
        return [block for block, _ in same]
    if roles[index] not in (block_roles.HEADING, block_roles.TITLE):
        return run
    for block, kind in zip(blocks[index + 1 :], roles[index + 1 :], strict=False):
        last = run[-1]
        drop = last.bottom - block.top
        near = block.page == last.page and 0 < drop < 1.6 * block.size
        if kind != roles[index] or not near or style_of(block) != style_of(last):
            break
        if kind == block_roles.HEADING and _separate(last, block):
            break
        run.append(block)
    return run


def _separate(last: Block, block: Block) -> bool:
    """Whether two neighbouring headings are two: each is short, or one has its own number."""
    if is_known(last.text) or re.match(r"\(?(?:\d|[ivx]+\))", block.text):
        return True
    return last.x1 < last.right - 0.3 * (last.right - last.x0) or ends_sentence(last.text)
