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


def is_known(text: str) -> bool:
    """Whether a heading is one that papers of every field have."""
    return bool(KNOWN.fullmatch(text.strip(" :.")))


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
