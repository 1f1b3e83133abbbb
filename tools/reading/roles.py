"""What each block of a paper is: title, heading, prose, caption, table, reference and so on."""

from __future__ import annotations

import re
from typing import NamedTuple

from tools.reading.blocks import Block, ends_sentence
from tools.reading.glyphs import SOFT_HYPHENS
from tools.reading.lines import Habits
from tools.reading.prose import prose_like

TITLE = "title"
HEADING = "heading"
PROSE = "prose"
CAPTION = "caption"
TABLE = "tables"
FRAGMENT = "fragments"
"""Labels inside figures, formulas on their own line, lone cells."""
FRONT = "front matter"
"""Authors, addresses, dates and licences before the text begins."""
NOTE = "notes"
"""Footnotes and what stands below tables."""
REFERENCE = "references"

_LABEL = (
    r"(?:(?:Supplementary|Supplemental|Extended Data|Online|Appendix)\s+)?"
    r"(Fig(?:ure|\.)?|FIG(?:URE|\.)?|Table|TABLE|Tab\.|Scheme|Graph|Chart|Plate|Box|Algorithm|Listing"
    r"|Abbildung|Abb\.|Tabelle|Tableau|Tabla|Figura)\s*"
    r"((?:[A-Z]{1,2}[.-]?)?\d+(?:\.\d+)?[a-zA-Z]?|[IVX]{1,5})\b"
)
_CAPTION = re.compile(_LABEL + r"\s*([.:|)–—-]|$|\s(?=[\"“(\[]?[A-Z0-9]))")
_SAYS = re.compile(
    r"\s*(?:\([a-z–,-]+\)\s*)?(shows?|showed|gives|lists|presents|summari[sz]es|and|,|\()"
)
_NUMBERED = re.compile(
    r"(?:Section\s+)?((?:\d{1,2}|[IVX]{1,4}|[A-H])(?:\.\d{1,2})*)[.):]?\s+(?=\S*[^\W\d_])"
)
KNOWN = re.compile(
    r"(?:(?:\d{1,2}|[IVX]{1,4}|[A-H])[.):]?\s+)?(?:abstract|summary|introduction|background|related work"
    r"|(?:materials?|subjects|patients|experimental|data)?\s*(?:and|&)?\s*methods?(?:\s*(?:and|&)\s*materials?)?"
    r"|methodology|experimental(?: section| procedures?)?|results?(?:\s*(?:and|&)\s*discussions?)?|findings"
    r"|(?:general )?discussions?(?:\s*(?:and|&)\s*conclusions?)?|conclusions?|concluding remarks"
    r"|acknowledge?ments?|references?|literature cited|bibliography|appendix|funding|conflicts? of interests?"
    r"|competing interests?|authors?[’']?s?[’']? contributions?|data availability|abbreviations|keywords?"
    r"|supplementary materials?|supporting information|limitations|zusammenfassung|einleitung|literatur)",
    re.IGNORECASE,
)
_REFERENCES = re.compile(
    r"(?:\d{1,2}[.)]?\s+)?(?:references?(?: and notes| cited)?|literature cited|bibliography|works cited"
    r"|literatur(?:verzeichnis)?|référencess?|bibliographie|referencias)\s*:?",
    re.IGNORECASE,
)
_AFTER_REFERENCES = re.compile(
    r"(?:appendi(?:x|ces)|supplement|supporting|author|acknowledg|competing|conflict|funding|data avail"
    r"|additional inf|abbreviations|pre-publication|how to cite|publisher|methods|ethic)",
    re.IGNORECASE,
)
_ABSTRACT = re.compile(
    r"(?:abstract|summary|a\s?b\s?s\s?t\s?r\s?a\s?c\s?t|zusammenfassung)\s*[:.]?", re.IGNORECASE
)


class Style(NamedTuple):
    """How a heading is set; a larger one stands higher."""

    size: float
    capitals: bool
    bold: bool
    upright: bool


def style_of(block: Block) -> Style:
    """The style of a block, sizes in half points."""
    letters = [c for c in block.text if c.isalpha()]
    capitals = bool(letters) and sum(c.isupper() for c in letters) > 0.85 * len(letters)
    return Style(round(block.size * 2) / 2, capitals, block.heavy, not block.slanted)


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


def _flat(block: Block) -> str:
    return " ".join(block.text.translate(dict.fromkeys(map(ord, SOFT_HYPHENS))).split())


def _first_guess(block: Block, habits: Habits) -> str:
    text = _flat(block)
    if is_caption(block, text, habits):
        return CAPTION
    if _heading_like(block, text, habits):
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
    if (
        not 3 <= letters
        or len(text) > 220
        or len(block.lines) > 4
        or letters < 0.55 * len(text.replace(" ", ""))
    ):
        return False
    if KNOWN.fullmatch(text.rstrip(" :.")):
        return True
    if text[-1] in ",;" or not (
        text[0].isupper() or text[0].isdigit() or not text[0].isalpha() or _NUMBERED.match(text)
    ):
        return False
    numbered = bool(_NUMBERED.match(text))
    style = style_of(block)
    stands_out = (
        style.size > habits.size * 1.07
        or (style.bold and not habits.bold and block.size > 0.85 * habits.size)
        or (numbered and len(text) < 120 and not style.upright)
        or (
            style.capitals
            and letters > 4
            and len(block.lines) <= 2
            and block.size > 0.85 * habits.size
        )
        or (
            not style.upright
            and len(block.lines) <= 2
            and abs(block.size - habits.size) < 1.3
            and letters > 6
        )
    )
    if not stands_out:
        return False
    return not (text[-1] == "." and len(text) > 60 and not numbered)


def _find_title(blocks: list[Block], roles: list[str], habits: Habits, named: str) -> None:
    first = [i for i, block in enumerate(blocks) if block.page == 0]
    wanted = _letters(named)
    by_name = [i for i in first if len(wanted) > 15 and _letters(_flat(blocks[i])) == wanted]
    large = [i for i in first if blocks[i].size > 1.12 * habits.size and blocks[i].words >= 2]
    candidates = by_name or large
    if not candidates:
        return
    best = max(candidates, key=lambda i: (min(len(_flat(blocks[i])), 120) * blocks[i].size, -i))
    for i in candidates:
        same = abs(blocks[i].size - blocks[best].size) < 0.2 and abs(i - best) <= 2
        if i == best or (same and not KNOWN.fullmatch(_flat(blocks[i]))):
            roles[i] = TITLE


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def _settle_headings(blocks: list[Block], roles: list[str]) -> None:
    """A heading is followed by text. What is followed by cells or nothing is none."""
    for i, role in enumerate(roles):
        if role != HEADING or KNOWN.fullmatch(_flat(blocks[i]).rstrip(" :.")):
            continue
        after = next((r for r in roles[i + 1 : i + 5] if r not in (CAPTION, NOTE)), "")
        before = roles[i - 1] if i else ""
        runs_on = (
            before == PROSE and not ends_sentence(_flat(blocks[i - 1])) and not blocks[i].heavy
        )
        if after not in (PROSE, HEADING) or runs_on:
            roles[i] = FRAGMENT if after not in (PROSE, HEADING) else PROSE


def _spread_captions(blocks: list[Block], roles: list[str], habits: Habits) -> None:
    """What follows a caption in its own small type belongs to it or to its table."""
    for i, role in enumerate(roles):
        if role != CAPTION:
            continue
        table = label_of(_flat(blocks[i])).startswith("Tab")
        for j in range(i + 1, len(blocks)):
            if roles[j] in (TITLE, CAPTION) or blocks[j].page != blocks[i].page:
                break
            if (
                roles[j] in (PROSE, HEADING)
                and abs(blocks[j].size - habits.size) < 0.3
                and not _cellular(blocks, j)
            ):
                break
            roles[j] = _beside_caption(blocks, i, j, table)


def _beside_caption(blocks: list[Block], caption: int, j: int, table: bool) -> str:
    here, there = blocks[caption], blocks[j]
    text = _flat(there)
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
    return rows and not prose_like(_flat(block))


def _set_front_matter(blocks: list[Block], roles: list[str]) -> None:
    """On page 1, before the first heading, only what reads like an abstract is text."""
    start = next(
        (
            i
            for i, b in enumerate(blocks)
            if roles[i] == HEADING and KNOWN.fullmatch(_flat(b).rstrip(" :."))
        ),
        None,
    )
    if start is None:
        start = next(
            (i for i, role in enumerate(roles) if role == PROSE and blocks[i].words >= 40), 0
        )
    for i in range(start):
        if roles[i] == TITLE:
            continue
        long = roles[i] in (PROSE, NOTE) and blocks[i].words >= 60 and prose_like(_flat(blocks[i]))
        roles[i] = PROSE if long else FRONT


def _set_references(blocks: list[Block], roles: list[str]) -> None:
    inside: Style | None = None
    for i, block in enumerate(blocks):
        text = _flat(block).rstrip(" :.")
        if (
            _REFERENCES.fullmatch(text)
            and roles[i] in (HEADING, PROSE, FRAGMENT, NOTE)
            and i > len(blocks) // 4
        ):
            inside = style_of(block)
            roles[i] = REFERENCE
        elif (
            inside
            and roles[i] == HEADING
            and _AFTER_REFERENCES.match(text)
            and style_of(block) >= inside
        ):
            inside = None
        elif inside and roles[i] not in (CAPTION, TABLE):
            roles[i] = REFERENCE


def is_abstract(text: str) -> bool:
    """Whether a heading announces the abstract."""
    return bool(_ABSTRACT.fullmatch(text.strip()))
