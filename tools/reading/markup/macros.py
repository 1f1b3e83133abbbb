"""Comments and a paper's own commands: the one left out, the other put in, within bounds."""

from __future__ import annotations

import re
from html.entities import html5
from typing import NamedTuple

from tools.reading.markup.commands import KEPT
from tools.reading.markup.groups import argument, option

MOST = 10 * 2**20
"""Characters that a source may grow to."""
_DEEPEST = 20
_COMMENT = re.compile(
    r"(?P<kept>\\begin\{(?P<env>verbatim|Verbatim|lstlisting|minted)\}.*?\\end\{(?P=env)\}|\\\\|\\%)"
    r"|\\iffalse\b.*?\\fi\b|[ \t]*%[^\n]*\n[ \t]*(?=\S)|%[^\n]*",
    re.DOTALL,
)
_DEFINITION = re.compile(
    r"\\(?:(?P<new>(?:re)?newcommand|providecommand|DeclareRobustCommand)\*?"
    r"|(?P<operator>DeclareMathOperator)\*?|(?P<def>[gex]?def))\s*\{?\s*\\(?P<name>[A-Za-z]+)\s*\}?"
)


class Macro(NamedTuple):
    """A command of the paper's own."""

    arguments: int
    """How many it takes."""
    default: str | None
    """Of the first, where that is optional."""
    body: str


class TooMuch(Exception):
    """What the commands give when they are put in would never end, or nearly."""


def without_comments(source: str) -> str:
    """The source without what stands behind percent signs; verbatim text is left as it is."""
    return _COMMENT.sub(lambda found: found["kept"] or "", source)


def expanded(source: str) -> str:
    """The source with the commands that it defines put in. Raises TooMuch."""
    macros: dict[str, Macro] = {}
    rest = _collect(source, macros)
    return _Expansion(macros).expand(rest, 0) if macros else rest


def _collect(source: str, macros: dict[str, Macro]) -> str:
    """The source without its definitions, which go into `macros`."""
    parts: list[str] = []
    at = 0
    while found := _DEFINITION.search(source, at):
        parts.append(source[at : found.start()])
        macro, at = _defined(source, found)
        # A symbol that is defined anew is drawn otherwise, and means the same.
        drawn = found[0].startswith("\\renew") and found["name"] + ";" in html5
        if macro is not None and found["name"] not in KEPT and not drawn:
            macros[found["name"]] = macro
    return "".join([*parts, source[at:]])


def _defined(source: str, found: re.Match[str]) -> tuple[Macro | None, int]:
    at, count, default = found.end(), 0, None
    if found["new"]:
        number, at = option(source, at)
        default, at = option(source, at) if number else (None, at)
        count = int(number) if number and number.strip() in set("123456789") else 0
    elif found["def"]:
        parameters = re.compile(r"((?:#\d)*)\s*(?=\{)").match(source, at)
        if not parameters:
            # Parameters with signs between them are beyond a reader; the brace ends them.
            brace = source.find("{", at)
            return None, argument(source, brace)[1] if 0 <= brace < at + 200 else at
        count, at = parameters[1].count("#"), parameters.end()
    body, at = argument(source, at)
    if found["operator"]:
        body = rf"\text{{{body}}}"
    return Macro(count, default, body), at


class _Expansion:
    def __init__(self, macros: dict[str, Macro]) -> None:
        self.macros = macros
        names = "|".join(sorted(macros, key=len, reverse=True))
        self.use = re.compile(rf"\\({names})(?![A-Za-z@])")
        self.left = MOST

    def expand(self, text: str, depth: int) -> str:
        """The text with every use replaced, and what that brings in too."""
        parts: list[str] = []
        at = 0
        while found := self.use.search(text, at):
            parts.append(text[at : found.start()])
            body, at = self._used(text, found)
            if depth < _DEEPEST:
                parts.append(self.expand(body, depth + 1))
        parts.append(text[at:])
        self.left -= sum(map(len, parts))
        if self.left < 0:
            raise TooMuch
        return "".join(parts)

    def _used(self, text: str, found: re.Match[str]) -> tuple[str, int]:
        macro, at = self.macros[found[1]], found.end()
        given: list[str] = []
        if macro.default is not None:
            first, at = option(text, at)
            given.append(macro.default if first is None else first)
        while len(given) < macro.arguments:
            one, at = argument(text, at)
            given.append(one)
        body = re.sub(
            r"#([1-9])",
            lambda n: given[int(n[1]) - 1] if int(n[1]) <= len(given) else "",
            macro.body,
        )
        # Braces keep what a command sets, such as a font, to itself; an open \begin must stay open.
        return (body if "\\begin" in body or "\\end" in body else f"{{{body}}}"), at
