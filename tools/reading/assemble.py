"""Blocks with roles to one text with passages that point into it."""

from __future__ import annotations

import re
from typing import NamedTuple

from tools.reading import roles as role
from tools.reading.blocks import Block, ends_sentence
from tools.reading.lines import Line
from tools.reading.prose import Vocabulary, append, join, mended
from tools.reading.roles import KNOWN, Style, is_abstract, label_of, style_of

LONGEST = 1500
"""Characters of a passage; longer paragraphs are cut where a sentence ends."""
_SENTENCE_END = re.compile(
    r"[.!?؟。][\"'”’»)\]]*(?:\d{1,3}(?:[,–-]\d{1,3})*)?\s+(?=[\"'“‘«(\[]?[^\W_a-z])"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Z]|e\.g|i\.e|cf|vs|al|Fig|Figs|Eq|Eqs|Ref|Refs|No|Dr|Prof|Mr|Mrs|St|approx|ca|spp?|var|subsp|resp)\.)$"
)


class Piece(NamedTuple):
    """A finished paragraph of the document's text."""

    kind: str
    text: str
    page: int
    section: tuple[str, ...]


class Cut(NamedTuple):
    """One passage by its place."""

    section: tuple[str, ...]
    page: int
    """1-based."""
    start: int
    end: int


class Assembled(NamedTuple):
    """The text of a paper and what points into it."""

    text: str
    page_starts: list[int]
    cuts: list[Cut]
    title: str
    abstract: str
    set_aside: dict[str, int]


def assemble(blocks: list[Block], roles: list[str], known: Vocabulary, pages: int) -> Assembled:
    """One text in reading order; passages are its prose and its captions."""
    pieces = _pieces(blocks, roles, known)
    aside: dict[str, int] = {}
    texts: list[str] = []
    cuts: list[Cut] = []
    starts: list[int] = []
    offset = 0
    for piece in pieces:
        if piece.kind in (role.TABLE, role.FRAGMENT, role.FRONT, role.NOTE, role.REFERENCE):
            aside[piece.kind] = aside.get(piece.kind, 0) + len(piece.text)
        if piece.kind == role.REFERENCE:
            continue
        while len(starts) <= piece.page:
            starts.append(offset)
        if piece.kind in (role.PROSE, role.CAPTION):
            cuts += [
                Cut(piece.section, piece.page + 1, offset + start, offset + end)
                for start, end in cut(piece.text)
            ]
        texts.append(piece.text)
        offset += len(piece.text) + 2
    text = "\n\n".join(texts)
    starts = [min(start, len(text)) for start in starts] + [len(text)] * (pages - len(starts))
    title = " ".join(piece.text for piece in pieces if piece.kind == role.TITLE)
    return Assembled(text, starts, cuts, title, _abstract(pieces), aside)


def _pieces(blocks: list[Block], roles: list[str], known: Vocabulary) -> list[Piece]:
    outline = _Outline()
    pieces: list[Piece] = []
    last_prose: tuple[int, Block] | None = None
    index = 0
    while index < len(blocks):
        block, kind = blocks[index], roles[index]
        group = _run(blocks, roles, index)
        index += len(group)
        text = join([line for b in group for line in b.lines], known)
        if not text:
            continue
        if kind == role.HEADING:
            outline.enter(text, style_of(block))
            last_prose = None
        if kind == role.PROSE:
            if last_prose and _reads_on(last_prose[1], pieces[last_prose[0]].text, block, text):
                at = last_prose[0]
                whole = _join_pieces(pieces[at].text, last_prose[1], block, known)
                pieces[at] = pieces[at]._replace(text=whole)
                last_prose = (at, block)
                continue
            last_prose = (len(pieces), block)
        section = (label_of(text),) if kind == role.CAPTION else outline.path
        pieces.append(Piece(kind, text, block.page, section))
    return pieces


def _run(blocks: list[Block], roles: list[str], index: int) -> list[Block]:
    """A heading over several blocks of the same style is one heading; else the block alone."""
    run = [blocks[index]]
    if roles[index] not in (role.HEADING, role.TITLE):
        return run
    for block, kind in zip(blocks[index + 1 :], roles[index + 1 :], strict=False):
        drop = run[-1].bottom - block.top
        near = block.page == run[-1].page and 0 < drop < 1.6 * block.size
        if kind != roles[index] or not near or style_of(block) != style_of(run[-1]):
            break
        if kind == role.HEADING and (
            _opens(block.text) or KNOWN.fullmatch(run[-1].text.strip(" :."))
        ):
            break
        run.append(block)
    return run


def _opens(text: str) -> bool:
    """Whether a heading begins here, by its number."""
    return bool(re.match(r"\(?(?:\d|[ivx]+\))", text))


def _join_pieces(text: str, last: Block, block: Block, known: Vocabulary) -> str:
    tail = last.lines[-1].text
    raw = text[:-1] + tail[-1] if tail[-1:] in "\x02\ufffe" and text.endswith("-") else text
    return mended(append(raw, join(block.lines, known), known))


def _reads_on(before: Block, text: str, block: Block, more: str) -> bool:
    """Whether a paragraph goes on in the next column, on the next page or below a float."""
    same_column = block.page == before.page and block.top < before.bottom and block.x0 < before.x1
    if before.lines[-1].text[-1:] in "\x02\ufffe-":
        return True
    if ends_sentence(text):
        return False
    if more[:1].islower():
        return True
    last: Line = before.lines[-1]
    full = last.x1 > before.right - 3 * last.size
    return (
        full
        and not block.indented
        and not (same_column and before.bottom - block.top > 3 * block.size)
    )


class _Outline:
    """The headings one stands under, from the outermost inwards."""

    def __init__(self) -> None:
        self.open: list[tuple[str, Style, int]] = []

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(text for text, _, _ in self.open)

    def enter(self, text: str, style: Style) -> None:
        """A heading closes those of its own rank and below."""
        depth = _depth(text)
        top = bool(KNOWN.fullmatch(text.rstrip(" :.")))
        while self.open and not self._under(style, depth, top):
            self.open.pop()
        self.open.append((text, style, depth))

    def _under(self, style: Style, depth: int, top: bool) -> bool:
        _, above, above_depth = self.open[-1]
        if depth and above_depth:
            return depth > above_depth
        if top and len(self.open) == 1 and style == above:
            return False
        return style < above


def _depth(text: str) -> int:
    """1 for `2.`, 2 for `2.1`, 0 without a number."""
    match = re.match(r"(\d{1,2}(?:\.\d{1,2})*)\.?\s", text)
    return match[1].count(".") + 1 if match else 0


def _abstract(pieces: list[Piece]) -> str:
    named = [
        p.text for p in pieces if p.kind == role.PROSE and p.section and is_abstract(p.section[0])
    ]
    if named:
        return "\n".join(named)
    first = next((i for i, p in enumerate(pieces) if p.kind == role.HEADING), len(pieces))
    before = [p.text for p in pieces[:first] if p.kind == role.PROSE and p.page == 0]
    return "\n".join(before)


def cut(text: str) -> list[tuple[int, int]]:
    """Places of passages of at most LONGEST characters, cut at sentence ends, else at spaces."""
    spans: list[tuple[int, int]] = []
    start = 0
    while len(text) - start > LONGEST:
        end = _last_end(text, start, start + LONGEST)
        spans.append((start, end))
        start = end
        while start < len(text) and text[start].isspace():
            start += 1
    if start < len(text):
        spans.append((start, len(text)))
    return spans


def _last_end(text: str, start: int, limit: int) -> int:
    ends = [
        match.start() + len(match[0].rstrip())
        for match in _SENTENCE_END.finditer(text, start, limit)
        if not _ABBREVIATION.search(text, max(start, match.start() - 8), match.start() + 1)
    ]
    if ends and ends[-1] > start + LONGEST // 4:
        return ends[-1]
    space = text.rfind(" ", start + 1, limit)
    return space if space > start else limit
