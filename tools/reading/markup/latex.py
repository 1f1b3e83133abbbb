"""A paper's LaTeX source as text and passages."""

from __future__ import annotations

import re
from pathlib import Path

from tools.reading import block_roles
from tools.reading.extract import Answer, Refused
from tools.reading.markup import sources
from tools.reading.markup.commands import (
    ABOUT,
    DROPPED,
    FORMULAS,
    FRAGMENTS,
    FRONT,
    GROUPS,
    OWN,
    TABLES,
)
from tools.reading.markup.groups import argument, nesting, option
from tools.reading.markup.macros import TooMuch, expanded
from tools.reading.markup.numbers import float_of, names_of, theorems_of
from tools.reading.markup.tex import plain_tex
from tools.reading.markup.tree import sentences
from tools.reading.markup.writer import Front, Writer

VERSION = "latex-1"
"""Changes whenever the same file would give another text."""
_LEVELS = ("part", "chapter", "section", "subsection", "subsubsection", "paragraph", "subparagraph")
_STOP = re.compile(
    # Formulas first: two that touch (`$a$$b$`) are none on a line of its own.
    r"(?P<formula>(?<![\\$])\$(?!\$)(?:[^$\\\n]|\\.|\n(?![ \t]*\n))*\$)"
    r"|\\(?P<level>part|chapter|(?:sub){0,2}section|(?:sub)?paragraph)\*?(?=\s*[\[{])"
    r"|\\begin\s*\{(?P<begin>[A-Za-z]+)\*?\}|(?P<end>\\end\s*\{[A-Za-z]+\*?\})"
    r"|\\(?P<front>" + "|".join(sorted(OWN | ABOUT)) + r")(?=\s*[\[{])"
    r"|\\(?P<note>footnote|footnotetext|marginpar)(?=\s*[\[{])"
    r"|\\(?P<caption>caption(?:of)?)\*?(?=\s*[\[{])"
    r"|(?P<item>\\item)(?![A-Za-z])|(?P<display>(?<!\\)(?:\\\[|\$\$))"
    r"|(?P<par>\\par(?![A-Za-z])|\n[ \t]*\n\s*)"
)  # fmt: skip
_SUBFLOAT = re.compile(r"\\begin\{(sub(?:figure|table))\}.*?\\end\{\1\}", re.DOTALL)
_WHOLE = FORMULAS | FRAGMENTS | DROPPED | FRONT | {"thebibliography"}
"""Environments that are no text."""
_DEEPEST = 100
"""Braces within braces; a group is looked through once for each pair around it."""
_PERSON = re.compile(r"[^\W\d_][\w.’'-]*(?: [\w.’'-]+){1,5}")


def read(path: Path, *, packed: bool) -> Answer:
    """Text, passages and front matter of a LaTeX file or archive. Raises Refused."""
    return understand(sources.of_archive(path.read_bytes()) if packed else sources.of_file(path))


def understand(source: str) -> Answer:
    """The same of a source in one piece. Raises Refused."""
    theorems, source = theorems_of(source)
    try:
        source = expanded(source)
    except TooMuch as error:
        raise Refused("damaged", "Its own commands expand without end.") from error
    if nesting(source) > _DEEPEST:
        raise Refused("damaged", "Its groups are nested too deeply.")
    return _Reader(source, theorems).answer()


class _Reader:
    def __init__(self, source: str, theorems: dict[str, str]) -> None:
        preamble, begin, body = source.partition("\\begin{document}")
        self.preamble, self.body = (preamble, body) if begin else ("", source)
        self.theorems = theorems
        self.names = names_of(self.body, theorems)
        self.writer = Writer()
        self.open: list[str] = []
        """Source of the paragraph that is being collected."""
        self.worded = False
        """Whether it holds more than formulas."""
        self.notes: list[str] = []
        self.floats = dict.fromkeys(("Figure", "Table", "Algorithm"), 0)
        self.said = {"title": "", "doi": ""}
        self.authors: list[str] = []

    def answer(self) -> Answer:
        for found in _STOP.finditer(self.preamble):
            if found["front"]:
                self._front(found, self.preamble)
        self.walk(self.body.partition("\\end{document}")[0])
        self.flush()
        title = self.said["title"]
        return self.writer.answer(Front(title, tuple(self.authors), self.said["doi"]), VERSION)

    def plain(self, source: str) -> str:
        return plain_tex(source, self.names)

    def walk(self, text: str) -> None:
        """Collect paragraphs up to what ends them."""
        at = 0
        while found := _STOP.search(text, at):
            self._collect(text[at : found.start()])
            at = self._stop(found, text)
        self._collect(text[at:])

    def _collect(self, source: str) -> None:
        self.open.append(source)
        self.worded = self.worded or bool(source.strip())

    def flush(self) -> None:
        """Write the paragraph that is open, and the footnotes that hang on it."""
        text = self.plain("".join(self.open))
        self.writer.running(text) if self.worded else self.writer.add(block_roles.FRAGMENT, text)
        for note in self.notes:
            self.writer.add(block_roles.NOTE, self.plain(note))
        self.open, self.notes, self.worded = [], [], False

    def _stop(self, found: re.Match[str], text: str) -> int:
        """Do what a command asks for. Returns the place behind it."""
        at = found.end()
        if found["formula"]:
            self.open.append(found["formula"])
            return at
        if found["begin"]:
            return self._begin(found["begin"], text, at)
        if found["display"]:
            close = "\\]" if found["display"] == "\\[" else "$$"
            end = text.find(close, at)
            self._formula(text[at:end] if end >= 0 else text[at:])
            return end + 2 if end >= 0 else len(text)
        if found["front"]:
            return self._front(found, text)
        if found["note"]:
            _, at = option(text, at)
            note, at = argument(text, at)
            self.notes.append(note)
            return at
        self.flush()
        if found["level"]:
            _, at = option(text, at)
            title, at = argument(text, at)
            self.writer.heading(self.plain(title), 1 + _LEVELS.index(found["level"]))
        elif found["caption"]:
            caption, at = self._caption(found, text)
            self.writer.add(block_roles.CAPTION, caption)
        elif found["item"]:
            label, at = option(text, at)
            self._collect(f"{label} " if label else "")
        return at

    def _formula(self, source: str) -> None:
        self.open.append(f" ${source.replace('$', ' ')}$ ")

    def _begin(self, name: str, text: str, at: int) -> int:
        if name in _WHOLE:
            inner, at = _inner(text, name, at)
            self._whole(name, inner)
            return at
        if float_of(name) or name in TABLES or name == "abstract":
            inner, at = _inner(text, name, at)
            self.flush()
            if name == "abstract":
                self._abstract(inner)
            elif float_of(name):
                self._float(float_of(name), inner)
            else:
                self._table(name, inner)
            return at
        self.flush()
        if name.lower().startswith(("acknowledg", "acks")):
            self.writer.heading("Acknowledgements", 1 + _LEVELS.index("section"))
        named, at = option(text, at)
        for _ in range(GROUPS.get(name, 0)):
            _, at = argument(text, at)
        if name in self.theorems:
            self._collect(f"{self.theorems[name]}{f' ({named})' if named else ''}. ")
        return at

    def _whole(self, name: str, inner: str) -> None:
        """An environment that is one thing: a formula, code, a list of references."""
        if name in FORMULAS:
            self._formula(inner)
            return
        self.flush()
        if name in FRAGMENTS:
            self.writer.add(block_roles.FRAGMENT, inner)
        elif name not in DROPPED:
            kind = block_roles.REFERENCE if name == "thebibliography" else block_roles.FRONT
            self.writer.add(kind, self.plain(inner))

    def _abstract(self, source: str) -> None:
        self.writer.heading("Abstract", 1)
        self.walk(source)
        self.flush()
        self.writer.close(1)

    def _float(self, kind: str, inner: str) -> None:
        self.floats[kind] += 1
        label = f"{kind} {self.floats[kind]}"
        subs = [self._captions(part[0]) for part in _SUBFLOAT.finditer(inner)]
        # What stands side by side without being a part is a figure of its own, its number unknown.
        first, *others = self._captions(_SUBFLOAT.sub("", inner)) or [""]
        said = [first, *(caption for sub in subs for caption in sub)]
        if any(said):
            self.writer.add(block_roles.CAPTION, sentences(label, *said))
        for other in others:
            self.writer.add(block_roles.CAPTION, other)
        for table in re.finditer(r"\\begin\s*\{([A-Za-z]+)\*?\}", inner):
            if table[1] in TABLES:
                cells, _ = _inner(inner, table[1], table.end())
                self._table(table[1], cells)

    def _captions(self, source: str) -> list[str]:
        found = [match for match in _STOP.finditer(source) if match["caption"]]
        return [self._caption(match, source)[0] for match in found]

    def _caption(self, found: re.Match[str], text: str) -> tuple[str, int]:
        """The text of a caption, and the place behind it."""
        at = found.end()
        if found["caption"] == "captionof":
            _, at = argument(text, at)
        _, at = option(text, at)
        caption, at = argument(text, at)
        return self.plain(caption), at

    def _table(self, name: str, inner: str) -> None:
        _, at = option(inner, 0)
        for _ in range(GROUPS.get(name, 1)):
            _, at = argument(inner, at)
        rules = r"\\(?:hline|toprule|midrule|bottomrule|endhead|endfirsthead|endfoot|endlastfoot)\b"
        rows = re.split(r"\\\\(?:\[[^\]]*\])?|\\tabularnewline", re.sub(rules, "", inner[at:]))
        self.writer.table(
            [[self.plain(cell) for cell in re.split(r"(?<!\\)&", row)] for row in rows]
        )

    def _front(self, found: re.Match[str], text: str) -> int:
        """What a paper says about itself."""
        name = found["front"]
        _, at = option(text, found.end())
        given, at = argument(text, at)
        if name in ("title", "icmltitle"):
            self.said["title"] = self.said["title"] or self.plain(given.replace("\\\\", " "))
            self.writer.title(self.said["title"])
        elif name in ("author", "icmlauthor"):
            self.authors += _people(given)
        elif name in ("doi", "acmDOI"):
            self.said["doi"] = self.said["doi"] or self.plain(given)
        elif name == "abstract":
            self.flush()
            self._abstract(given)
        else:
            self.writer.add(block_roles.FRONT, self.plain(given))
        return at


def _inner(text: str, name: str, at: int) -> tuple[str, int]:
    """What stands in an environment that has just begun, and the place after its end."""
    depth = 1
    for found in re.compile(rf"\\(begin|end)\s*\{{{name}\*?\}}").finditer(text, at):
        depth += 1 if found[1] == "begin" else -1
        if not depth:
            return text[at : found.start()], found.end()
    return text[at:], len(text)


def _people(source: str) -> list[str]:
    """Names in what an author command is given; addresses stand on lines of their own."""
    marks = r"\$\s*\^?\{?[^$]*\$|\\(?:textsuperscript|inst|thanks|footnote\w*|orcid\w*"
    marks += r"|fnm\w*|corref|IEEEauthorblockA)\s*"
    people: list[str] = []
    for part in re.split(r"\\(?:and|And|AND|quad|qquad)(?![A-Za-z])", source):
        first = re.split(r"\\\\|\\(?:affiliation|institution|email|affil)\b", part)[0]
        bare = plain_tex(_without_groups(first, marks))
        names = re.split(r",|;| and | & ", bare)
        people += [re.sub(r"^\d+(?:st|nd|rd|th)?\s", "", name.strip()) for name in names]
    return [name for name in people if _PERSON.fullmatch(name)]


def _without_groups(source: str, pattern: str) -> str:
    """The source without what the pattern names and, where a group follows, without that."""
    parts: list[str] = []
    at = 0
    mark = re.compile(pattern)
    while found := mark.search(source, at):
        parts.append(source[at : found.start()])
        at = argument(source, found.end())[1] if found[0][0] == "\\" else found.end()
    return "".join([*parts, source[at:]])
