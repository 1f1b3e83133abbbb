"""What the headings of papers say, whatever they look like."""

from __future__ import annotations

import re

_NUMBER = r"(?:(?:\d{1,2}|[IVX]{1,4}|[A-H])[.):]?\s+)?"
KNOWN = re.compile(
    _NUMBER + r"(?:"
    r"a\s?b\s?s\s?t\s?r\s?a\s?c\s?t|(?:executive |plain language )?summary|introduction|background"
    r"|related work|(?:theory|preliminaries)"
    r"|(?:(?:materials?|subjects|patients|animals|experimental|data)\s*(?:,|and|&)?\s*)?methods?"
    r"(?:\s*(?:and|&)\s*materials?)?|methodology|experimental(?: section| procedures?| setup)?"
    r"|results?(?:\s*(?:and|&)\s*discussions?)?|findings|evaluation"
    r"|(?:general )?discussions?(?:\s*(?:and|&)\s*conclusions?)?"
    r"|conclusions?(?:\s*(?:and|&)\s*(?:future work|outlook|perspectives?))?|concluding remarks"
    r"|acknowled?ge?ments?|references?(?: and notes| cited)?|literature cited|bibliography"
    r"|appendi(?:x|ces)(?: [A-Z])?|funding|(?:conflicts?|declaration) of (?:competing )?interests?"
    r"|competing (?:financial )?interests?|authors?[’']?s?[’']? contributions?"
    r"|(?:data|code) availability(?: statement)?|abbreviations|key\s?words?(?: and phrases)?"
    r"|(?:electronic )?supplement(?:ary|al) (?:materials?|information|data)|supporting information"
    r"|limitations|zusammenfassung|einleitung|literatur(?:verzeichnis)?|fazit|résumé"
    r")",
    re.IGNORECASE,
)
REFERENCES = re.compile(
    _NUMBER + r"(?:references?(?: and notes| cited)?|literature cited|bibliography|works cited"
    r"|literatur(?:verzeichnis)?|références?|bibliographie|referencias)",
    re.IGNORECASE,
)
AFTER_REFERENCES = re.compile(
    _NUMBER + r"(?:appendi(?:x|ces)|supplement|supporting|author|acknowledg|competing|conflict"
    r"|funding|data avail|additional inf|abbreviations|pre-publication|publisher|methods|ethic)",
    re.IGNORECASE,
)
_ABSTRACT = re.compile(
    r"(?:a\s?b\s?s\s?t\s?r\s?a\s?c\s?t|summary|zusammenfassung|résumé)\s*[:.]?", re.IGNORECASE
)
NUMBERED = re.compile(
    r"(?:Section\s+)?((?:\d{1,2}|[IVX]{1,4}|[A-H])(?:\.\d{1,2})*)[.):]?\s+(?=\S*[^\W\d_])"
)

_LABEL = (
    r"(?:(?:Supplementary|Supplemental|Extended Data|Online|Appendix)\s+)?"
    r"(Fig(?:ure|\.)?|FIG(?:URE|\.)?|Table|TABLE|Tab\.|Scheme|Graph|Chart|Plate|Box|Algorithm"
    r"|Listing|Abbildung|Abb\.|Tabelle|Tableau|Tabla|Figura)[\s-]*"
    r"((?:[A-Z]{1,2}[.-]?)?\d+(?:\.\d+)?[a-zA-Z]?|[IVX]{1,5})\b"
)
CAPTION = re.compile(_LABEL + r"\s*([.:|)–—-]|$|\s(?=[\"“(\[]?[A-Z0-9]))")
_SAYS = re.compile(
    r"\s*(?:\([a-z–,-]+\)\s*)?(shows?|showed|gives|lists|presents|summari[sz]es|and|,|\()"
)
ARTICLE_TYPE = re.compile(
    r"(?:(?:original|short|brief|rapid|full|mini|invited|systematic|open|regular|technical)[\s-]*)*"
    r"(?:research|review|article|paper|communication|report|letter|note|access|contribution|case"
    r"|data|software|perspective|editorial|study)(?: (?:article|paper|report|study|note))?",
    re.IGNORECASE,
)
"""What a journal prints above a title."""
_LABELS = re.compile(
    r"backgrounds?|objectives?|aims?|purposes?|(?:materials? and )?methods?|design|setting|findings"
    r"|(?:main )?results?|discussion|conclusions?|significance|interpretation|introduction",
    re.IGNORECASE,
)
BOILERPLATE = re.compile(
    r"(?:key\s?words?|received|accepted|(?:(?:first|latest) )?(?:published|indexed)|copyright|©"
    r"|\(c\)|how to cite|cite this|citation"
    r"|[*†‡§\d]*\s?correspond|author for correspond|address for correspond|e-?mail|doi:|https?://|www\."
    r"|academic editor|edited by|handling editor|subject (?:area|categor)|present address"
    r"|licen[sc]e|\d{4} the authors?|this is an open access|open access"
    r"|available (?:online|at|from)|to cite this)",
    re.IGNORECASE,
)
"""How the parts begin that a publisher puts around a paper."""


def is_known(text: str) -> bool:
    """Whether a heading is one that papers of every field have."""
    return bool(KNOWN.fullmatch(text.strip(" :.")))


def labels_abstract(text: str) -> bool:
    """Whether a heading may be a part of an abstract."""
    return bool(_LABELS.fullmatch(text.strip(" :.")))


def opens_text(text: str) -> bool:
    """Whether a heading stands first, in an abstract or in the text."""
    return bool(re.fullmatch(r"(?:introduction|background)s?", text.strip(" :."), re.IGNORECASE))


def is_references(text: str) -> bool:
    """Whether a heading opens the list of references."""
    return bool(REFERENCES.fullmatch(text.strip(" :.")))


def is_abstract(text: str) -> bool:
    """Whether a heading announces the abstract."""
    return bool(_ABSTRACT.fullmatch(text.strip()))


def depth(text: str) -> int:
    """1 for `2. Methods`, 2 for `2.1 Plants`, 0 without a number."""
    match = re.match(r"(\d{1,2}(?:\.\d{1,2})*)\.?\s", text)
    return match[1].count(".") + 1 if match else 0


def opens_caption(text: str) -> bool:
    """Whether a text begins like the legend of a figure or table, not like a sentence about one."""
    match = CAPTION.match(text)
    return bool(match) and not _SAYS.match(text, match.end(2) if match else 0)


def label_stops(text: str) -> bool:
    """Whether a mark parts the label of a legend from its text, as in `Table 1.`"""
    match = CAPTION.match(text)
    return bool(match and match[3].strip())


def label_of(text: str) -> str:
    """`Table 1` or `Figure 2a` of a legend; empty where it has none."""
    match = re.match(_LABEL, text)
    if not match:
        return ""
    kind = match[1].rstrip(".").capitalize()
    return f"{'Figure' if kind == 'Fig' else kind} {match[2]}"
