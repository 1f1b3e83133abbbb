"""Where a long paragraph may be cut: after a sentence."""

from __future__ import annotations

import re

LONGEST = 1500
"""Characters of a passage."""
_SENTENCE_END = re.compile(
    r"[.!?؟。][\"'”’»)\]]*(?:\d{1,3}(?:[,–-]\d{1,3})*)?\s+(?=[\"'“‘«(\[]?[^\W_a-z])"
)
ABBREVIATION = re.compile(
    r"(?:^|[\s(\[])(?:[A-Zn]|e\.g|i\.e|cf|vs|al|Figs?|Eqs?|Refs?|Nos?|Dr|Prof|Mr|Mrs|St|approx|ca|spp?"
    r"|var|subsp|resp|Tab|Sec|Ch|vol|pp?)\.$"
)
"""A full stop at the end of a text that ends no sentence."""


def cut(text: str) -> list[tuple[int, int]]:
    """Places of passages of at most LONGEST characters; without a sentence end, at a space."""
    spans: list[tuple[int, int]] = []
    start = 0
    while len(text) - start > LONGEST:
        end = _last_end(text, start, start + LONGEST)
        spans.append((start, end))
        start = end
        while start < len(text) and text[start].isspace():
            start += 1
    if start < len(text):
        spans.append((start, len(text)))
    return spans


def cut_rows(text: str) -> list[tuple[int, int]]:
    """The same for a table: between rows, where none is longer than LONGEST."""
    spans: list[tuple[int, int]] = []
    at = 0
    for row in text.split("\n"):
        end = at + len(row)
        if spans and end - spans[-1][0] <= LONGEST:
            spans[-1] = (spans[-1][0], end)
        else:
            spans += [(at + start, at + stop) for start, stop in cut(row)]
        at = end + 1
    return spans


def _last_end(text: str, start: int, limit: int) -> int:
    """The last place in (start, limit] where a passage may end."""
    for match in reversed(list(_SENTENCE_END.finditer(text, start, limit))):
        if match.start() < start + LONGEST // 4:
            break
        if not ABBREVIATION.search(text[max(start, match.start() - 10) : match.start() + 1]):
            return match.start() + len(match[0].rstrip())
    space = text.rfind(" ", start + 1, limit)
    return space if space > start else limit
