"""Split a passage into sentences, by offset. What a sentence says is left to others.

Scientific prose breaks the rule "full stop, space, capital": abbreviations (`Fig. 2`), species
(`S. mutans`), initials (`J. Smith`), numbers, and citation marks glued to the stop (`found.12`).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tools.text.words import word_set

ABBREVIATIONS = word_set(
    "al approx avg ca cf ch chap co conc cv dept diam dr ed eds eq eqs equiv esp est etc ex exp "
    "fig figs inc jr ltd max min mr mrs ms mt no nos op p pp prof ref refs resp sec sect sp spp "
    "sr ssp st subsp suppl tab temp univ var viz vol vols vs wt i.e e.g i.v i.p s.d s.e s.e.m "
    "a.m p.m et.al i.d o.d u.s u.k"
)
"""Words (lower case, without the last stop) after which a full stop seldom ends a sentence."""

_NEVER_ENDS = word_set("fig figs eq eqs dr prof mr mrs ms vs cf i.e e.g ref refs sec sect tab")
"""Of these, the ones that a name or a number follows even when it looks like a new sentence."""

_STOP = re.compile(
    r"[.!?]+[\"'”’)\]]*"  # the stop and closing marks
    # Citations glued to a stop behind a word; behind a digit it is a decimal point.
    r"(?:(?<=[^\W\d][.!?]|[)\]%”][.!?])\d{1,3}(?:[,–-]\s?\d{1,3})*(?=\s+[A-Z(\[“\"]|\s*$))?"
    r"(?:\s?\[\d{1,3}(?:\s?[,–-]\s?\d{1,3})*\](?=\s+[A-Z]|\s*$))?"  # bracketed, after the stop
    r"(?=\s|$)"
)
_NEXT = re.compile(r"\s+[\"'“‘(\[]*(?:[A-Z0-9À-ÞΑ-Ω]|[a-zα-ω]{1,3}-?[A-Z0-9]|[α-ω]-)")
_WORD_BEFORE = re.compile(r"([^\s(\[]+)$")


class Span(NamedTuple):
    """Character offsets into the text that was split; end is exclusive."""

    start: int
    end: int


def split(text: str) -> list[Span]:
    """Sentences of a passage in order, blanks at either end left out; [] for blank text."""
    spans: list[Span] = []
    start = 0
    for stop in _STOP.finditer(text):
        if _ends_sentence(text, start, stop):
            spans.append(_trimmed(text, start, stop.end()))
            start = stop.end()
    spans.append(_trimmed(text, start, len(text)))
    return [span for span in spans if span.end > span.start]


def _trimmed(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return Span(
        start + len(piece) - len(piece.lstrip()),
        start + len(piece.rstrip()) if piece.strip() else start,
    )


def _ends_sentence(text: str, start: int, stop: re.Match[str]) -> bool:
    if not text[stop.end() :].strip():
        return True
    if not _NEXT.match(text, stop.end()):
        return False
    if _open_bracket(text[start : stop.end()]):
        return False
    if stop.group()[0] != "." or len(stop.group().rstrip("\"'”’)]")) > 1:
        return True
    return not _is_abbreviation(text[start : stop.start()], text[stop.end() :])


def _open_bracket(sentence: str) -> bool:
    """Whether a bracket opened lately is still open; one opened 300 characters ago is a slip."""
    tail = sentence[-300:]
    return any(tail.rfind(a) > tail.rfind(b) for a, b in ("()", "[]"))


def _is_abbreviation(before: str, after: str) -> bool:
    found = _WORD_BEFORE.search(before)
    if not found:
        return False
    word = found.group(1)
    low = word.lower()
    if low in ABBREVIATIONS:
        capital = low not in _NEVER_ENDS and re.match(
            r"\s+(?:The|This|These|In|It|We|A|An|However|Our|To|For|On|At|Thus|There)\b", after
        )
        return not capital
    if re.fullmatch(r"[A-Z]|(?:[A-Z]\.)+[A-Z]|[A-Z][a-z]?\.-?[A-Z]", word):
        return _is_initial(before[: found.start()], after)
    return False


def _is_initial(before: str, after: str) -> bool:
    """`J. Smith` and `S. mutans` go on; `vitamin C. The` and `group B. In` end."""
    named = re.search(
        r"\b(?:vitamin|group|type|class|hepatitis|grade|phase|panel|case)\s+$", before
    )
    function_word = re.match(r"\s+(?:The|This|These|In|It|We|However|Our|To|For|When|All)\b", after)
    return not (named or function_word)
