"""Headings, paragraphs, captions and tables, in reading order, to one text with passages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Any, NamedTuple

from tools.reading import block_roles
from tools.reading.extract import Refused
from tools.reading.headings import BOILERPLATE, is_abstract, is_references, label_of
from tools.reading.passages import cut, cut_rows
from tools.reading.prose import composed, prose_like

_GAP = "\n\n"
_PASSAGES = (block_roles.PROSE, block_roles.CAPTION, block_roles.TABLE)
_STRAY = re.compile(r"(?<=[(\[]) | (?=[)\],;])| (?=[.:](?: |$))")
"""Spaces that mark-up leaves inside brackets and before stops."""
_LEAST_WORDS = 30
"""Of a paragraph that begins a paper's text without a heading."""
_ASIDE = (
    block_roles.TABLE,
    block_roles.FRAGMENT,
    block_roles.FRONT,
    block_roles.NOTE,
    block_roles.REFERENCE,
)


class Front(NamedTuple):
    """What a paper says about itself."""

    title: str = ""
    authors: tuple[str, ...] = ()
    doi: str = ""
    abstract: str = ""
    """Used where the text itself has none."""


class MarkupPart(NamedTuple):
    """A paragraph, a heading, a caption, a table."""

    kind: str
    text: str
    section: tuple[str, ...]


class Writer:
    """Takes the parts of a paper as they come; references are counted and left out of the text."""

    def __init__(self) -> None:
        self.pieces: list[MarkupPart] = []
        self.aside: dict[str, int] = {}
        self.warnings: list[str] = []
        self._path: list[tuple[int, str]] = []
        self._away: tuple[int, str] | None = None
        """Level and kind of a section that is set aside whole, as the references are."""
        self._begun = False
        """Whether the head of the paper is over."""
        self._unfinished = False
        """Whether the last paragraph ends in a formula on its own line."""

    @property
    def section(self) -> tuple[str, ...]:
        """The headings one stands under, from the outermost inwards."""
        return tuple(text for _, text in self._path)

    def title(self, text: str) -> None:
        """The paper's title."""
        self._put(block_roles.TITLE, composed(text))

    def heading(self, text: str, level: int, aside: str = "") -> None:
        """A heading closes those of its own level and below.

        level: 1 is the outermost. aside: the kind of all that stands below it, where it is no text.
        """
        self.close(level)
        text = composed(text)
        aside = block_roles.REFERENCE if is_references(text) else aside
        if aside and not self._away:
            self._away = (level, aside)
        self._put(block_roles.HEADING, text)
        if text:
            self._path.append((level, text.rstrip(" :.") or text))

    def close(self, level: int) -> None:
        """Leave the sections of this level and below."""
        while self._path and self._path[-1][0] >= level:
            self._path.pop()
        if self._away and level <= self._away[0]:
            self._away = None

    @contextmanager
    def inside(self) -> Iterator[None]:
        """A part of the paper whose headings say nothing of what follows it."""
        held, away = list(self._path), self._away
        yield
        self._path, self._away = held, away

    def add(self, kind: str, text: str) -> None:
        """One paragraph of a kind; its white space does not count."""
        text = _STRAY.sub("", composed(text))
        if kind == block_roles.PROSE and self._in_abstract() and BOILERPLATE.match(text):
            kind = block_roles.FRONT
        if kind == block_roles.PROSE and self._unfinished and text[:1].islower():
            self._go_on(text)
        else:
            self._put(kind, text)

    def _in_abstract(self) -> bool:
        return bool(self._path) and is_abstract(self._path[0][1])

    def running(self, text: str) -> None:
        """A paragraph of a format that does not tell the paper's head from its text.

        Ahead of the first heading only what reads like an abstract begins the text.
        """
        clean = composed(text)
        long = len(clean.split()) >= _LEAST_WORDS and prose_like(clean)
        self._begun = self._begun or bool(self.section)
        self._begun = self._begun or (long and not BOILERPLATE.match(clean))
        self.add(block_roles.PROSE if self._begun else block_roles.FRONT, clean)

    def formula(self, text: str) -> None:
        """A formula on its own line: it belongs to the sentence that it stands in."""
        text = composed(text)
        last = self._last()
        ends = (
            last < 0
            or self.pieces[last].kind != block_roles.PROSE
            or self.pieces[last].text[-1] in ".!?"
        )
        if self._away or ends or not text:
            self._put(block_roles.FRAGMENT, text)
        else:
            self._go_on(text)
            self._unfinished = True

    def _last(self) -> int:
        """Index of the last piece that is no footnote; -1 where there is none."""
        last = len(self.pieces) - 1
        while last >= 0 and self.pieces[last].kind == block_roles.NOTE:
            last -= 1
        return last

    def _go_on(self, text: str) -> None:
        last = self._last()
        self.pieces[last] = self.pieces[last]._replace(text=f"{self.pieces[last].text} {text}")
        self._unfinished = False

    def table(self, rows: list[list[str]]) -> None:
        """A table's cells, a line a row, bars between cells; below a caption that came just now."""
        lines = (" | ".join(map(composed, row)).replace("|  |", "| |").strip(" |") for row in rows)
        text = "\n".join(line for line in lines if line)
        last = self.pieces[-1] if self.pieces else None
        named = last is not None and last.kind == block_roles.CAPTION and not self._away
        if text and last and named and not label_of(last.text).startswith("Figure"):
            text = f"{self.pieces.pop().text}\n{text}"
        self._put(block_roles.TABLE, text)

    def _put(self, kind: str, text: str) -> None:
        if not text:
            return
        self._unfinished = self._unfinished and kind == block_roles.NOTE
        if self._away:
            kind = self._away[1]
        if kind in _ASIDE:
            self.aside[kind] = self.aside.get(kind, 0) + len(text)
        if kind != block_roles.REFERENCE:
            self.pieces.append(MarkupPart(kind, text, self._section(kind, text)))

    def _section(self, kind: str, text: str) -> tuple[str, ...]:
        """The label of a caption or a table; a table without one shares that of the one before."""
        if kind not in (block_roles.CAPTION, block_roles.TABLE):
            return self.section
        last = self.pieces[-1] if self.pieces else None
        if label := label_of(text):
            return (label,)
        return last.section if last and last.kind == kind == block_roles.TABLE else self.section

    def answer(self, front: Front, made_by: str) -> dict[str, Any]:
        """What the reading process tells. Raises Refused where there is nothing to read."""
        cuts: list[tuple[tuple[str, ...], int, int, int]] = []
        offset = 0
        for piece in self.pieces:
            if piece.kind in _PASSAGES:
                spans = (cut_rows if piece.kind == block_roles.TABLE else cut)(piece.text)
                cuts += [(piece.section, 1, offset + start, offset + end) for start, end in spans]
            offset += len(piece.text) + len(_GAP)
        if not cuts:
            raise Refused("empty", "It holds no text of a paper.")
        return {
            "pages": 1,
            "text": _GAP.join(piece.text for piece in self.pieces),
            "page_starts": [0],
            "passages": cuts,
            "title": composed(front.title),
            "authors": [name for name in map(composed, front.authors) if name],
            "abstract": self._abstract() or composed(front.abstract),
            "doi": front.doi.strip(),
            "set_aside": self.aside,
            "warnings": self.warnings,
            "made_by": made_by,
        }

    def _abstract(self) -> str:
        parts = (
            piece
            for piece in self.pieces
            if piece.kind == block_roles.PROSE and piece.section and is_abstract(piece.section[0])
        )
        told = []
        for section, group in groupby(parts, key=lambda piece: piece.section):
            text = "\n".join(piece.text for piece in group)
            told.append(f"{section[-1]} {text}" if len(section) > 1 else text)
        return "\n".join(told)
