"""Blocks with roles to one text, with passages and pages that point into it."""

from __future__ import annotations

from typing import NamedTuple

from tools.reading import block_roles
from tools.reading.blocks import Block, ends_sentence
from tools.reading.glyphs import SOFT_HYPHENS
from tools.reading.headings import (
    is_abstract,
    label_of,
    opens_caption,
)
from tools.reading.passages import cut, cut_rows
from tools.reading.prose import Vocabulary, append, join, mended
from tools.reading.roles import style_of
from tools.reading.runs import run_of
from tools.reading.sections import Sections
from tools.reading.tables import rows_of

_GAP = "\n\n"
_ASIDE = (
    block_roles.TABLE,
    block_roles.FRAGMENT,
    block_roles.FRONT,
    block_roles.NOTE,
    block_roles.REFERENCE,
)


class Paragraph(NamedTuple):
    """A finished paragraph of the document's text."""

    kind: str
    text: str
    page: int
    """0-based page on which it starts."""
    section: tuple[str, ...]
    turns: tuple[tuple[int, int], ...] = ()
    """Offset in its text and 0-based page for each page it goes on to."""


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
    """One text in reading order; passages are its prose, its captions and its tables.

    References are left out of the text and counted; the rest of what is no prose stays in it, so
    that a quote can be shown in its surroundings, and is counted too.
    """
    everything = _Writer(known).write(blocks, roles)
    kept = [piece for piece in everything if piece.kind != block_roles.REFERENCE]
    starts: list[int] = []
    cuts: list[Cut] = []
    offset = 0
    for piece in kept:
        turns = [(0, piece.page), *piece.turns]
        for at, page in turns:
            starts += [offset + at] * (page + 1 - len(starts))
        if piece.kind in (block_roles.PROSE, block_roles.CAPTION, block_roles.TABLE):
            cuts += _cuts(piece, offset, turns)
        offset += len(piece.text) + len(_GAP)
    text = _GAP.join(piece.text for piece in kept)
    starts = [min(start, len(text)) for start in starts] + [len(text)] * (pages - len(starts))
    title = " ".join(piece.text for piece in kept if piece.kind == block_roles.TITLE)
    return Assembled(text, starts, cuts, title, _abstract(kept), _aside(everything))


def _cuts(piece: Paragraph, offset: int, turns: list[tuple[int, int]]) -> list[Cut]:
    return [
        Cut(
            piece.section,
            1 + max(page for at, page in turns if at <= start),
            offset + start,
            offset + end,
        )
        for start, end in (cut_rows if piece.kind == block_roles.TABLE else cut)(piece.text)
    ]


def _aside(pieces: list[Paragraph]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for piece in pieces:
        if piece.kind in _ASIDE:
            counts[piece.kind] = counts.get(piece.kind, 0) + len(piece.text)
    return counts


def _abstract(pieces: list[Paragraph]) -> str:
    """The abstract as it is printed: one line a paragraph, each behind its label."""
    lines: list[str] = []
    label = ""
    for piece in pieces:
        if not piece.section or not is_abstract(piece.section[0]):
            continue
        if piece.kind == block_roles.HEADING:
            label = f"{piece.text} " if len(piece.section) > 1 else ""
        elif piece.kind == block_roles.PROSE:
            lines.append(label + piece.text)
            label = ""
    return "\n".join(lines)


class _Writer:
    """Goes through the blocks once and keeps what it has to remember."""

    def __init__(self, known: Vocabulary) -> None:
        self.known = known
        self.sections = Sections()
        self.pieces: list[Paragraph] = []
        self.abstract: tuple[int, bool] | None = None
        """Look of an abstract that no heading announces."""
        self.summary: Block | None = None
        """The last paragraph below the heading of the abstract, while one stands there."""
        self.open: tuple[int, Block] | None = None
        """Index of the last prose piece and its last block, while text may go on."""

    def write(self, blocks: list[Block], roles: list[str]) -> list[Paragraph]:
        """The pieces in reading order."""
        named = any(is_abstract(b.text) for b in blocks[: len(blocks) // 2])
        named = named or _undivided(blocks, roles)
        index = 0
        while index < len(blocks):
            group = run_of(blocks, roles, index)
            block, kind = blocks[index], roles[index]
            index += len(group)
            if kind == block_roles.TABLE:
                self._tabulate(group)
                continue
            if len(group) > 1 and kind == block_roles.FRAGMENT:
                # A table without a caption: no passage, but its rows can be read.
                text = rows_of(group, self.known)
            else:
                text = join([line for member in group for line in member.lines], self.known)
            if not text or (kind == block_roles.CAPTION and self._named(text, block.page)):
                continue
            if kind == block_roles.HEADING:
                self.sections.enter(text, style_of(block))
                self.open = None
            elif kind == block_roles.PROSE:
                self._leave_abstract(block)
                if self._go_on(block, text):
                    continue
                if not self._beside(block):
                    self.open = (len(self.pieces), block)
                self.sections.written()
            self.pieces.append(
                Paragraph(kind, text, block.page, self._section(kind, text, block, named))
            )
        return self.pieces

    def _tabulate(self, group: list[Block]) -> None:
        """The rows of a table, below its caption where that stands right above."""
        rows = rows_of(group, self.known)
        if not rows:
            return
        page = group[0].page
        last = self.pieces[-1] if self.pieces else None
        if last and last.kind == block_roles.CAPTION and last.page == page:
            self.pieces[-1] = last._replace(kind=block_roles.TABLE, text=f"{last.text}\n{rows}")
            return
        self.pieces.append(Paragraph(block_roles.TABLE, rows, page, self._last_label()))

    def _last_label(self) -> tuple[str, ...]:
        floats = (
            p.section
            for p in reversed(self.pieces)
            if p.kind in (block_roles.CAPTION, block_roles.TABLE)
        )
        return next(floats, ())

    def _named(self, caption: str, page: int) -> bool:
        """Whether a caption belongs to a table right above it, and was put before its rows."""
        last = self.pieces[-1] if self.pieces else None
        if (
            not last
            or last.kind != block_roles.TABLE
            or last.page != page
            or opens_caption(last.text)
        ):
            return False
        self.pieces[-1] = last._replace(
            text=f"{caption}\n{last.text}", section=(label_of(caption),)
        )
        return True

    def _section(self, kind: str, text: str, block: Block, named: bool) -> tuple[str, ...]:
        if kind == block_roles.CAPTION:
            label = label_of(text)
            return (label,) if label else self._last_label()
        if kind == block_roles.PROSE and not self.sections.open and block.page == 0 and not named:
            self.abstract = self.abstract or _look(block)
            return ("Abstract",) if _look(block) == self.abstract else ()
        return self.sections.path

    def _leave_abstract(self, block: Block) -> None:
        """An abstract set in its own face ends where the face of the text begins."""
        path = self.sections.path
        if not path or not is_abstract(path[0]):
            self.summary = None
            return
        before = self.summary
        self.summary = block
        if before and (abs(before.size - block.size) > 0.4 or before.heavy != block.heavy):
            self.sections.leave()
            self.open = self.summary = None

    def _beside(self, block: Block) -> bool:
        """Whether an open sentence waits for its end while a text in other type comes between."""
        if not self.open:
            return False
        at, before = self.open
        waits = not ends_sentence(self.pieces[at].text)
        return waits and abs(before.size - block.size) > 0.3

    def _go_on(self, block: Block, text: str) -> bool:
        """Whether the block was the continuation of the open paragraph, and was added to it."""
        if not self.open:
            return False
        at, before = self.open
        piece = self.pieces[at]
        if not _reads_on(before, piece.text, block, text):
            return False
        whole = _extend(piece.text, before, block, self.known)
        turns = piece.turns
        if block.page != before.page:
            turns = (*turns, (len(whole) - len(text), block.page))
        # What floats between its two parts goes before it, as far as it stands on earlier pages.
        del self.pieces[at]
        while at < len(self.pieces) and self.pieces[at].page <= piece.page:
            at += 1
        self.pieces.insert(at, piece._replace(text=whole, turns=turns))
        self.open = (at, block)
        return True


def _look(block: Block) -> tuple[int, bool]:
    return round(block.size), block.heavy


def _undivided(blocks: list[Block], roles: list[str]) -> bool:
    """Whether no heading and no change of type tells an abstract from the text: there is none."""
    prose = (b for b, kind in zip(blocks, roles, strict=True) if kind == block_roles.PROSE)
    return block_roles.HEADING not in roles and len(set(map(_look, prose))) < 2


def _extend(text: str, last: Block, block: Block, known: Vocabulary) -> str:
    tail = last.lines[-1].text[-1:]
    raw = text[:-1] + tail if tail in SOFT_HYPHENS and text.endswith("-") else text
    return mended(append(raw, join(block.lines, known), known))


def _reads_on(before: Block, text: str, block: Block, more: str) -> bool:
    """Whether a paragraph goes on in the next column, on the next page or below a float."""
    last = before.lines[-1]
    if abs(before.size - block.size) > 0.3:
        return False
    if last.text[-1:] in SOFT_HYPHENS or (last.text[-1:] == "-" and more[:1].islower()):
        return True
    if ends_sentence(text):
        return False
    if more[:1].islower():
        return True
    full = last.x1 > before.right - 3 * last.size
    same_column = block.page == before.page and block.top < before.bottom and block.x0 < before.x1
    far = same_column and before.bottom - block.top > 3 * block.size
    return full and not block.indented and not far
