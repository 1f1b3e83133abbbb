"""A paper in JATS, the XML that publishers and PubMed Central give, as text and passages."""

from __future__ import annotations

from typing import Any

from lxml import etree

from tools.reading import block_roles
from tools.reading.extract import Answer, Refused
from tools.reading.markup.maths import name
from tools.reading.markup.tree import Walker, sentences
from tools.reading.markup.writer import Front, Writer
from tools.reading.prose import composed

VERSION = "jats-1"
"""Changes whenever the same file would give another text."""
_LONGEST_HEADING = 8
"""Words of a paragraph that may be a heading."""
_LEAST_MARKER = 3
"""Characters of a footnote's mark; more is a text that points at a note."""
_THROUGH = (
    "list", "list-item", "def-list", "def-item", "def", "term", "disp-quote", "speech",
    "verse-group", "statement", "fig-group", "table-wrap-group", "glossary", "app-group",
    "fn-group", "floats-group", "disp-formula-group",
)  # fmt: skip
"""Elements that part a paragraph and add nothing of their own."""
_OTHER_ABSTRACTS = ("graphical", "teaser", "toc", "web-summary", "executive-summary", "precis")


def read(data: bytes) -> Answer:
    """Text, passages and front matter of a JATS file. Raises Refused."""
    root, warnings = _parse(data)
    article = _article(root)
    writer = Writer()
    writer.warnings += warnings
    walker = _Walker(writer)
    front = _front(article, walker)
    writer.title(front.title)
    for part in article:
        if name(part) in ("front", "front-stub"):
            walker.abstracts(part)
        elif name(part) in ("body", "back", "floats-group"):
            writer.close(1)
            walker.flow(part)
    if warnings and not writer.pieces:
        raise Refused("damaged", f"It is {warnings[0]}.")
    return writer.answer(front, VERSION)


def _parse(data: bytes) -> tuple[Any, list[str]]:
    """The root element, and what was wrong with the file.

    Entities are not resolved, so that none can multiply or fetch another file; no DTD is loaded and
    no network used. What is broken is read as far as it goes.
    """
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, recover=True,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise Refused("damaged", f"Its XML is broken beyond repair ({error.msg}).") from error
    if root is None:
        raise Refused("damaged", "Its XML is broken beyond repair.")
    broken = [entry for entry in parser.error_log if entry.level >= 3]
    told = [f"broken XML, read as far as it goes (line {e.line}: {e.message})" for e in broken[:1]]
    return root, told


def _article(root: Any) -> Any:
    for element in root.iter():
        if name(element) == "article" and any(name(part) in ("front", "body") for part in element):
            return element
    kind = {"tei": "TEI", "html": "HTML", "book": "a book", "article": "DocBook"}
    what = kind.get(name(root), f"<{name(root)}>"[:40])
    raise Refused("not_a_paper", f"It is XML ({what}) but no article in JATS.")


def _first(element: Any, *path: str) -> Any:
    """The first element down that path, or None."""
    for step in path:
        element = next((child for child in element if name(child) == step), None)
        if element is None:
            return None
    return element


def _front(article: Any, walker: _Walker) -> Front:
    front = _first(article, "front")
    meta = _first(front, "article-meta") if front is not None else None
    if meta is None:
        return Front()
    titles = _first(meta, "title-group")
    named = [] if titles is None else [_first(titles, "article-title"), _first(titles, "subtitle")]
    walker.set_front_aside(meta)
    dois = (
        part.text or ""
        for part in meta
        if name(part) == "article-id" and part.get("pub-id-type") == "doi"
    )
    return Front(
        title=": ".join(walker.text(part).strip() for part in named if part is not None),
        authors=tuple(
            walker.author(person)
            for group in meta
            if name(group) == "contrib-group"
            for person in group
            if name(person) == "contrib" and person.get("contrib-type", "author") == "author"
        ),
        doi=next(dois, ""),
    )


class _Walker(Walker):
    running = frozenset(("p", "bold", "italic", "sup", "xref", "title", "named-content"))
    dropped = frozenset(
        ("graphic", "inline-graphic", "media", "object-id", "alt-text", "long-desc",
         "processing-meta", "index-term", "permissions", "attrib", "label", "institution-id")
    )  # fmt: skip

    def __init__(self, writer: Writer) -> None:
        super().__init__(writer)
        self.level = 0
        self.floats = {
            "fig": self.float_, "table-wrap": self.float_, "supplementary-material": self.float_,
            "fn": self.note, "table-wrap-foot": self.note,
        }  # fmt: skip
        self.blocks = {
            **dict.fromkeys(_THROUGH, self.flow),
            **dict.fromkeys(("sec", "app", "ack", "notes", "boxed-text", "bio"), self.section),
            **dict.fromkeys(("preformat", "code", "array"), self.fragment),
            "disp-formula": self.formula,
            "p": self.paragraph,
            "ref-list": self.references,
            "title": self.pass_,
            "table": self.table,
        }

    def inline(self, element: Any) -> str | None:
        kind, of = name(element), element.get("ref-type", "")
        if kind == "sup":
            return self.superscript(element, any(x.get("ref-type") == "bibr" for x in element))
        if kind == "xref":
            return self._reference(element, of)
        if kind == "math":
            return self.maths(element)
        if kind == "tex-math":
            return _tex(element.text or "")
        if kind == "alternatives":
            return self._alternative(element)
        return " " if kind in ("break", "hr") else None

    def _reference(self, element: Any, of: str) -> str | None:
        if of == "bibr":
            before = element.getprevious()
            touches = before is not None and name(before) == "xref" and not (before.tail or "")
            raised = [name(child) for child in element] == ["sup"] and not element.text
            text = self.superscript(element[0], cites=True) if raised else self.text(element)
            return f",{text}" if touches else text
        marks_note = of in ("fn", "table-fn", "aff", "corresp", "author-notes")
        return "" if marks_note and len(self.text(element).strip()) <= _LEAST_MARKER else None

    def _alternative(self, element: Any) -> str | None:
        for wanted in ("math", "tex-math", "textual-form"):
            if (found := _first(element, wanted)) is not None:
                return self.inline(found) or self.text(found)
        return None

    def abstracts(self, front: Any) -> None:
        """The abstract, and a summary for other readers where there is one."""
        meta = _first(front, "article-meta")
        for part in () if meta is None else meta:
            if name(part) == "abstract" and part.get("abstract-type") not in _OTHER_ABSTRACTS:
                plain_one = part.get("abstract-type") in (None, "", "section", "structured")
                self.section(part, "Abstract" if plain_one else "")

    def section(self, element: Any, heading: str = "") -> None:
        """A section with its heading. heading: stands in for one of its own."""
        title, label = _first(element, "title"), _first(element, "label")
        own = "" if title is None else self.text(title)
        number = "" if label is None else self.text(label)
        if name(element) == "ack":
            own = own or "Acknowledgements"
        self.level += 1
        self.writer.close(self.level)
        self.writer.heading(heading or f"{number} {own}", self.level)
        self.flow(element)
        self.writer.close(self.level)
        self.level -= 1

    def paragraph(self, element: Any) -> None:
        """A paragraph; a short one that is bold or slanted throughout is a heading."""
        inside = [name(part) for part in element]
        alone = not (element.text or "").strip() and inside in (["bold"], ["italic"])
        text = composed(self.text(element)) if alone and not (element[0].tail or "").strip() else ""
        if text and len(text.split()) <= _LONGEST_HEADING and text[-1] not in ".,;:" and self.level:
            self.writer.heading(text.lstrip("-–• "), self.level + 1)
        else:
            self.flow(element)

    def float_(self, element: Any) -> None:
        """The caption of a figure or table, a table's cells and what stands below it."""
        label, caption = _first(element, "label"), _first(element, "caption")
        parts = [] if caption is None else [self.text(part) for part in caption]
        loose = "" if caption is None else caption.text or ""
        number = "" if label is None else self.text(label)
        self.writer.add(block_roles.CAPTION, sentences(number, loose, *parts))
        for part in element.iter():
            if name(part) == "table":
                self.table(part)
            elif name(part) == "table-wrap-foot":
                self.note(part)

    def table(self, element: Any) -> None:
        """A table's cells."""
        self.writer.table(self.rows(element))

    def note(self, element: Any) -> None:
        """A footnote."""
        self.writer.add(block_roles.NOTE, self.text(element))

    def fragment(self, element: Any) -> None:
        """Code and the like: no prose."""
        self.writer.add(block_roles.FRAGMENT, self.text(element))

    def formula(self, element: Any) -> None:
        """A formula on its own line, with its number."""
        label = _first(element, "label")
        number = "" if label is None else f" {self.text(label)}"
        self.writer.formula(self.text(element) + number)

    def references(self, element: Any) -> None:
        """The list of references: counted, not kept."""
        self.writer.add(block_roles.REFERENCE, self.text(element))

    def pass_(self, element: Any) -> None:
        """A title was said by its section."""

    def author(self, person: Any) -> str:
        """Given name and surname, or a group's name."""
        who = next((part for part in person.iter() if name(part) in ("name", "string-name")), None)
        if who is not None:
            parts = (_first(who, part) for part in ("given-names", "surname", "suffix"))
            split = " ".join(self.text(part).strip() for part in parts if part is not None)
            return composed(split or self.text(who))
        group = _first(person, "collab")
        return "" if group is None else composed((group.text or "") or self.text(group))

    def set_front_aside(self, meta: Any) -> None:
        """Count addresses, notes to the authors and keywords, which are left out of the text."""
        for part in meta:
            if name(part) in ("aff", "author-notes", "kwd-group", "contrib-group"):
                size = len(composed(self.text(part)))
                self.writer.aside[block_roles.FRONT] = (
                    self.writer.aside.get(block_roles.FRONT, 0) + size
                )


def _tex(source: str) -> str:
    """A formula in TeX as plain text; publishers wrap it into a whole document."""
    from tools.reading.markup.tex import formula

    _, begin, inside = source.partition("\\begin{document}")
    return formula(inside.partition("\\end{document}")[0] if begin else source)
