"""What a web page says of itself, and which part of it holds the paper."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree

from tools.reading.extract import Refused
from tools.reading.markup.writer import Front
from tools.reading.prose import composed

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?\s*([\w-]+)", re.IGNORECASE)


def parse(data: bytes) -> Any:
    """The root element of a page. Raises Refused."""
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(_utf8(data), parser)
    except etree.XMLSyntaxError as error:
        raise Refused("damaged", "It cannot be understood as a web page.") from error
    if root is None:
        raise Refused("empty", "The page is empty.")
    return root


def _utf8(data: bytes) -> bytes:
    """The page in UTF-8, whatever it is written in; what it says of that may be wrong."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace").encode()
    try:
        data.decode()
    except UnicodeDecodeError:
        named = _CHARSET.search(data[:4096])
        told = named[1].decode().lower() if named else ""
        # Latin-1 is said, and what Windows makes of it is meant.
        latin = told in ("", "utf-8", "utf8", "latin-1", "latin1", "iso-8859-1")
        try:
            return data.decode("cp1252" if latin else told, "replace").encode()
        except (LookupError, UnicodeError):
            return data.decode("cp1252", "replace").encode()
    return data


def meta_of(root: Any) -> dict[str, list[str]]:
    """What the page's head says of the paper, by lower-case name."""
    found: dict[str, list[str]] = {}
    for element in root.iter("meta"):
        key = (element.get("name") or element.get("property") or "").lower()
        if key and (content := composed(element.get("content") or "")):
            found.setdefault(key.replace("dcterms.", "dc."), []).append(content)
    return found


def body_of(root: Any) -> Any:
    """The element that holds the paper: the first usual one with most of all paragraphs."""
    body = next(root.iter("body"), root)
    whole = _prose(body)
    for found in (
        _classed(body, "ltx_document"),
        body.iter("article"),
        body.iterfind(".//*[@itemprop='articleBody']"),
        body.iter("main"),
        body.iterfind(".//*[@role='main']"),
    ):
        best = max(found, key=_prose, default=None)
        if best is not None and _prose(best) > 0.6 * whole:
            return best
    return body


def _prose(element: Any) -> int:
    """Characters in paragraphs."""
    return sum(len("".join(p.itertext())) for p in element.iter("p"))


def _classed(element: Any, wanted: str) -> Iterator[Any]:
    return (found for found in element.iter() if wanted in (found.get("class") or "").split())


def front_of(root: Any, body: Any, meta: dict[str, list[str]], text: Callable[[Any], str]) -> Front:
    """Title, authors, DOI and abstract. text: gives all words of an element."""

    def said(*names: str) -> list[str]:
        return next((meta[name] for name in names if name in meta), [])

    headings = [text(h) for h in [*_classed(body, "ltx_title_document"), *root.iter("h1")]]
    pages = [text(title) for title in root.iter("title")]
    titles = [
        *said("citation_title", "dc.title", "prism.title"),
        *headings,
        *said("og:title"),
        *pages,
    ]
    people = said("citation_author", "dc.creator", "citation_authors")
    people = people or [text(person) for person in _classed(body, "ltx_personname")]
    dois = said("citation_doi", "prism.doi", "bepress_citation_doi", "dc.identifier")
    found = re.search(r"10\.\d{4,9}/\S+", " ".join(dois))
    return Front(
        title=next(filter(None, map(composed, titles)), ""),
        authors=tuple(_turned(one) for person in people for one in person.split(";")),
        doi=found[0] if found else "",
        abstract=next(
            iter(said("citation_abstract", "dc.description", "dc.description.abstract")), ""
        ),
    )


def _turned(person: str) -> str:
    """`Given Surname` for `Surname, Given`."""
    surname, comma, given = composed(person).partition(",")
    return f"{given.strip()} {surname}" if comma and "," not in given else composed(person)
