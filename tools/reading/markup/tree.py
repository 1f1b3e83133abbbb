"""A tree of elements to paragraphs: what JATS and HTML have in common."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from html import unescape
from typing import Any

from tools.reading import block_roles
from tools.reading.markup.maths import mathml, name, raised
from tools.reading.markup.writer import Writer

_BREAK = "\0"
"""Where a block stood inside running text; neither XML nor HTML can hold this character."""
Block = Callable[[Any], None]


class Walker(ABC):
    """Walks through a tree and tells a writer what it finds.

    blocks: how elements are written that part a paragraph in two.
    floats: how those are written that may stand inside a paragraph and come after it.
    running: elements of running text, where a float must not part a sentence.
    dropped: elements that are passed over with all they hold.
    """

    blocks: dict[str, Block]
    floats: dict[str, Block]
    running: frozenset[str]
    dropped: frozenset[str]

    def __init__(self, writer: Writer) -> None:
        self.writer = writer

    def block(self, element: Any) -> Block | None:
        """How to write an element that parts a paragraph; None for what belongs to it."""
        return self.blocks.get(name(element))

    def skips(self, element: Any) -> bool:
        """Whether to pass over an element with all it holds."""
        return name(element) in self.dropped

    def add(self, kind: str, text: str) -> None:
        """One paragraph."""
        self.writer.add(kind, text)

    def float_of(self, element: Any) -> Block | None:
        """How to write an element that stands beside the text."""
        return self.floats.get(name(element))

    @abstractmethod
    def inline(self, element: Any) -> str | None:
        """The words of an element that are not simply its text; None: they are."""

    def flow(self, element: Any, kind: str = block_roles.PROSE) -> None:
        """Write an element: its running text as paragraphs, what stands in between as itself."""
        inside: list[tuple[Block, Any]] = []
        beside: list[tuple[Block, Any]] = []
        parts = self._text(element, inside, beside).split(_BREAK)
        for part, block in zip(parts, [*inside, None], strict=True):
            self.add(kind, part)
            if block:
                block[0](block[1])
        for write, float_ in beside:
            write(float_)

    def text(self, element: Any) -> str:
        """All words of an element, its blocks and floats included."""
        return " ".join(self.parts(element))

    def parts(self, element: Any) -> list[str]:
        """The same, with its blocks apart."""
        return self._text(element, None, None).split(_BREAK)

    def _text(
        self,
        element: Any,
        inside: list[tuple[Block, Any]] | None,
        beside: list[tuple[Block, Any]] | None,
    ) -> str:
        parts = [element.text or ""]
        for child in element:
            kind = name(child)
            if not kind:
                # An entity that only an absent DTD defines; comments say nothing.
                parts.append(_entity(child.text or ""))
            elif self.skips(child):
                pass
            elif (
                beside is not None
                and name(element) in self.running
                and (write := self.float_of(child))
            ):
                beside.append((write, child))
            elif inside is not None and (write := self.block(child) or self.float_of(child)):
                inside.append((write, child))
                parts.append(_BREAK)
            elif (made := self.inline(child)) is not None:
                parts.append(made)
            else:
                around = "" if self.block(child) is None else _BREAK
                parts += [around, self._text(child, inside, beside), around]
            parts.append(child.tail or "")
        return "".join(parts)

    def superscript(self, element: Any, cites: bool) -> str:
        """Raised text. cites: it names references, which are told apart from an exponent."""
        text = self.text(element).strip()
        if cites and text[:1] not in "[(":
            return f"[{text}]"
        return raised(text)

    def rows(self, table: Any) -> list[list[str]]:
        """The cells of a table."""
        return [
            [self.text(cell) for cell in row if name(cell) in ("td", "th", "entry")]
            for row in table.iter()
            if name(row) in ("tr", "row")
        ]

    def maths(self, element: Any) -> str:
        """A formula; what TeX it was made of helps where it has no tokens."""
        return mathml(element) or element.get("alttext", "")


def sentences(*parts: str) -> str:
    """Parts of a caption, each closed by a full stop where it ends without one."""
    clean = [text for text in (" ".join(part.split()) for part in parts) if text]
    closed = [text if text[-1] in ".:;?!…" else text + "." for text in clean[:-1]]
    return " ".join([*closed, *clean[-1:]])


def _entity(text: str) -> str:
    return unescape(text) if re.fullmatch(r"&\w+;", text) and unescape(text) != text else ""
