"""A paper on a web page, of a journal, an archive or made by LaTeXML, as text and passages."""

from __future__ import annotations

import re
from typing import Any

from tools.reading import block_roles
from tools.reading.extract import Answer, Refused
from tools.reading.headings import is_abstract, label_of
from tools.reading.markup.maths import name
from tools.reading.markup.page import body_of, front_of, meta_of, parse
from tools.reading.markup.tree import Block, Walker, sentences
from tools.reading.markup.writer import Writer
from tools.reading.prose import composed, prose_like

VERSION = "html-1"
"""Changes whenever the same file would give another text."""
_LEAST_WORDS = 150
"""Words of prose below which a page that names no paper is none: a login, an error."""
_JUNK = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|menu|breadcrumbs?|share|sharing|social|cookies?|sidebar"
    r"|toolbar|altmetrics?|advert\w*|ads?|promo|newsletter|toc|popup|modal|tooltip|crossmark"
    r"|related-(?:articles|content)|recommend\w*|ltx_TOC|ltx_page_(?!main|content)\w+|ltx_note_mark"
    r"|ltx_tag_(?:note|item|itemize|enumerate|description)|sr-only|visually-hidden)"
    r"(?:$|[\s_-])",
)
_JUNK_ROLES = ("navigation", "banner", "search", "complementary", "contentinfo", "dialog", "menu")
_REFERENCES = re.compile(
    r"(?:^|\s)(?:ltx_bibliography|ref-?list|references?|bibliography|citation-list"
    r"|c-article-references\S*)(?:$|\s)",
    re.IGNORECASE,
)
_FRONT = re.compile(
    r"(?:^|\s)(?:ltx_authors|ltx_dates|ltx_keywords|ltx_classification|authors?(?:-list)?"
    r"|contrib-group|affiliations?|keywords?|kwd-group|article-(?:info|meta|header))(?:$|\s)",
    re.IGNORECASE,
)
_CAPTION = re.compile(r"(?:^|[\s_-])captions?(?:$|[\s_-])", re.IGNORECASE)
_APPARATUS = re.compile(
    r"(?:about this article|rights and permissions|permissions|cite this (?:article|paper)|citation"
    r"|(?:article )?(?:metrics|information|info|history|notes)|author information|authors?"
    r"|authors? (?:and|&) affiliations?|(?:related|similar|recommended) (?:articles|content|papers)"
    r"|keywords?|share|download|copyright(?: and license)?|publisher[’']s note|comments|cited by)",
    re.IGNORECASE,
)
"""Headings of what a publisher puts around a paper."""
_HEADINGS = tuple(f"h{level}" for level in range(1, 7))
_CITES = re.compile(r"[\[(]?\d[\d,–\s-]*[\])]?")


def read(data: bytes) -> Answer:
    """Text, passages and front matter of a web page. Raises Refused."""
    root = parse(data)
    meta = meta_of(root)
    body = body_of(root)
    writer = Writer()
    walker = _Walker(writer, body)
    front = front_of(root, body, meta, walker.text)
    writer.title(front.title)
    walker.title = _letters(front.title)
    walker.flow(body)
    said = sum(
        len(piece.text.split()) for piece in writer.pieces if piece.kind == block_roles.PROSE
    )
    abstract = any(piece.section and is_abstract(piece.section[0]) for piece in writer.pieces)
    named = any(key.startswith(("citation_", "dc.", "prism.")) for key in meta)
    if said < _LEAST_WORDS and not (abstract or named):
        raise Refused("not_a_paper", "It is a web page without the text of a paper.")
    return writer.answer(front, VERSION)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


class _Walker(Walker):
    running = frozenset(("p", "span", "em", "i", "b", "strong", "a", "cite", "li", "td", "sup"))
    dropped = frozenset(
        ("script", "style", "nav", "aside", "footer", "form", "button", "svg", "iframe", "img",
         "noscript", "template", "select", "input", "dialog", "object", "canvas", "audio", "video",
         "head", "map", "textarea", "annotation", "picture")
    )  # fmt: skip

    def __init__(self, writer: Writer, body: Any) -> None:
        super().__init__(writer)
        self.title = ""
        """Letters of the title: where it stands again it is no heading."""
        self.label = ""
        """A heading that is the label of the caption to come."""
        self.around = [False]
        """For each element that is being written, whether paragraphs stand in it."""
        self.whole = len("".join(body.itertext()))
        through = (
            "p", "div", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "main", "center",
            "address", "details", "summary", "hr", "td", "th", "tr", "tbody", "thead", "tfoot",
            "fieldset", "hgroup",
        )  # fmt: skip
        self.blocks = {
            **dict.fromkeys(through, self.flow),
            **dict.fromkeys(_HEADINGS, self.heading),
            **dict.fromkeys(("section", "article"), self.section),
            **dict.fromkeys(("caption", "figcaption"), self.caption),
            "header": self.header,
            "pre": self.fragment,
            "table": self.table,
            "figure": self.figure,
        }

    def block(self, element: Any) -> Block | None:
        """Not only its name says what an element is, its class does too."""
        kind, classes = name(element), element.get("class") or ""
        named = f"{classes} {element.get('id') or ''}"
        if "ltx_abstract" in classes.split():
            return self.section
        if kind in ("section", "div", "ol", "ul", "dl"):
            if _REFERENCES.search(named):
                return self.references
            if _FRONT.search(classes):
                return self.front
            if _CAPTION.search(classes):
                return self.caption
        return self.blocks.get(kind)

    def float_of(self, element: Any) -> Block | None:
        """A footnote that stands where it is called."""
        return self.note if "ltx_role_footnote" in (element.get("class") or "") else None

    def skips(self, element: Any) -> bool:
        """Menus, advertisements, what is hidden: parts of the page and not of the paper."""
        kind, classes = name(element), element.get("class") or ""
        if kind in self.dropped:
            return True
        if kind == "math":
            return False
        hidden = element.get("hidden") is not None or element.get("aria-hidden") == "true"
        if hidden or element.get("role") in _JUNK_ROLES:
            return True
        found = kind not in ("body", "main", "article") and _JUNK.search(classes)
        # A theme may call everything by such a name; the half of a page is no menu.
        return bool(found) and len("".join(element.itertext())) < 0.4 * self.whole

    def inline(self, element: Any) -> str | None:
        kind = name(element)
        if kind == "sup":
            links = any("#" in (a.get("href") or "") for a in element.iter("a"))
            return self.superscript(
                element, links and bool(_CITES.fullmatch(self.text(element).strip()))
            )
        if kind == "math":
            return self.maths(element)
        if "ltx_ERROR" in (element.get("class") or ""):
            return ""
        return " " if kind in ("br", "wbr") else None

    def flow(self, element: Any, kind: str = block_roles.PROSE) -> None:
        """As ever, and keep in mind whether paragraphs stand apart in the element."""
        self.around.append(any(name(part) == "p" for part in element))
        super().flow(element, kind)
        self.around.pop()

    def add(self, kind: str, text: str) -> None:
        """A paragraph, which a label may have made a caption."""
        if self.label and text.strip():
            kind, text, self.label = block_roles.CAPTION, sentences(self.label, text), ""
        if kind == block_roles.PROSE and self.around[-1] and not prose_like(composed(text)):
            # What stands loose between paragraphs and is no sentence: a formula on its own line.
            self.writer.formula(text)
        elif kind == block_roles.PROSE:
            self.writer.running(text)
        else:
            super().add(kind, text)

    def heading(self, element: Any) -> None:
        """A heading, unless it is the paper's title or a figure's label."""
        text = composed(self.text(element))
        if _letters(text) == self.title:
            return
        if label_of(text) and len(text.split()) <= 3:
            self.label = text
        elif text:
            level = int(name(element)[1])
            self.writer.heading(
                text, level, block_roles.FRONT if _APPARATUS.fullmatch(text) else ""
            )

    def section(self, element: Any) -> None:
        """What follows a section stands under the headings around it."""
        with self.writer.inside():
            self.flow(element)

    def header(self, element: Any) -> None:
        """The head of a section holds its heading, that of a page everything about the paper."""
        (self.front if next(element.iter("h1"), None) is not None else self.flow)(element)

    def caption(self, element: Any) -> None:
        """The caption of a figure or a table."""
        label, self.label = self.label, ""
        self.writer.add(block_roles.CAPTION, sentences(label, *self.parts(element)))

    def figure(self, element: Any) -> None:
        """A figure's caption first, then what it shows, where that is text."""
        for caption in element.iter("figcaption"):
            if next(caption.iterancestors("figure")) is element:
                self.caption(caption)
        for part in element:
            self._shown(part)

    def _shown(self, element: Any) -> None:
        kind = name(element)
        if kind in ("table", "figure"):
            self.blocks[kind](element)
        elif kind and kind != "figcaption" and kind not in self.dropped:
            for part in element:
                self._shown(part)

    def table(self, element: Any) -> None:
        """A table's caption and cells; one that only lays out a page is passed through."""
        classes = element.get("class") or ""
        if "ltx_eq" in classes:
            return self.writer.formula(self.text(element))
        cells = list(element.iter("td", "th"))
        texts = [len("".join(cell.itertext())) for cell in cells]
        laid = (
            element.get("role") == "presentation"
            or next(element.iterfind(".//table"), None) is not None
        )
        if laid or (texts and sum(texts) > 250 * len(texts)):
            return self.flow(element)
        for caption in element.iterfind("caption"):
            self.caption(caption)
        self.writer.table(self.rows(element))
        return None

    def note(self, element: Any) -> None:
        """A footnote."""
        self.writer.add(block_roles.NOTE, self.text(element))

    def fragment(self, element: Any) -> None:
        """Code and the like: no prose."""
        self.writer.add(block_roles.FRAGMENT, self.text(element))

    def references(self, element: Any) -> None:
        """The list of references: counted, not kept."""
        self.writer.add(block_roles.REFERENCE, self.text(element))

    def front(self, element: Any) -> None:
        """What is told about the paper; its abstract may stand among it."""
        if any(is_abstract(composed(self.text(h))) for h in element.iter(*_HEADINGS)):
            self.flow(element)
        else:
            self.writer.add(block_roles.FRONT, self.text(element))
