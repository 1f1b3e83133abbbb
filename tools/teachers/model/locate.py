"""Find a quote or a name in its source by its letters. What it bears out is left to others.

Models mend what they copy: white space, ligatures, typographic quotes and dashes, words hyphenated
at a line's end, capitals. It is found all the same, and the source's letters are kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from memory.records import Passage
from tools.text.faith import plain

WORDS = 3
"""A quote of fewer words says nothing that could be a claim, and stands anywhere."""

_HYPHENATED = re.compile(r"(?<=[a-z])-\n(?=[a-z])")
_GONE = "\u00ad\u0002\ufffe\u200b\u200c\u200d\u2060\ufeff"
_AS = {
    **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
    **dict.fromkeys("‘’‚‛′´`", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
}


class QuotePlace(NamedTuple):
    """Where a quote stands, in offsets of the document."""

    passage: Passage
    start: int
    end: int
    quote: str
    """The source's own letters."""


class _Folded(NamedTuple):
    """The letters of a text that count, and where each stands in it."""

    letters: str
    places: list[int]


def locate(quote: str, passages: Sequence[Passage]) -> QuotePlace | None:
    """The first place where a quote stands, whole words only; None where it does not.

    A quote that stands letter by letter anywhere goes before one that is only alike.
    """
    wanted = quote.strip().strip("\"“”'‘’ ").removesuffix("...").removesuffix("…").strip()
    if len(wanted.split()) < WORDS:
        return None
    for passage in passages:
        at = passage.text.find(wanted)
        if at >= 0 and _whole_words(passage.text, at, at + len(wanted)):
            return _place(passage, at, at + len(wanted))
    # Where a model quotes a part of a sentence, it may end it with a stop of its own.
    for letters in dict.fromkeys((_fold(wanted).letters, _fold(wanted.rstrip(" .;,:")).letters)):
        for passage in passages:
            if place := _alike(letters, passage):
                return place
    return None


def named(name: str, text: str) -> str:
    """A name as a text writes it, on one line; empty where it does not stand there.

    Its capitals count: `WHO` is not `Who`, and what the text writes without any is no name. Marks
    of a footnote may stand behind it.
    """
    for start, end in _places(_fold(name).letters, text):
        found = text[start:end]
        cut = _joined(text[start - 1 : start], found[0]) or _joined(found[-1], text[end : end + 1])
        small = found.upper() != found.lower() == found
        if not (cut or small or (name.isupper() and not found.isupper())):
            return plain(_HYPHENATED.sub("", found))
    return ""


def _joined(one: str, next_: str) -> bool:
    """Whether two signs side by side belong to one word or to one number."""
    return (one.isalpha() and next_.isalpha()) or (one.isdigit() and next_.isdigit())


def _alike(letters: str, passage: Passage) -> QuotePlace | None:
    for start, end in _places(letters, passage.text):
        if _whole_words(passage.text, start, end):
            return _place(passage, start, end)
    return None


def _places(letters: str, text: str) -> Iterator[tuple[int, int]]:
    """Where these letters stand in a text, from and up to, whatever stands around them."""
    source = _fold(text)
    at = source.letters.find(letters) if letters else -1
    while at >= 0:
        yield source.places[at], source.places[at + len(letters) - 1] + 1
        at = source.letters.find(letters, at + 1)


def _place(passage: Passage, start: int, end: int) -> QuotePlace:
    found = passage.text[start:end]
    return QuotePlace(passage, passage.start + start, passage.start + end, found)


def _whole_words(text: str, start: int, end: int) -> bool:
    """Whether no word is cut at either end, and no number either: `12` of `12.5`, `5` of `-5`."""
    before, first = text[:start][-1:], text[start]
    last, after = text[end - 1], text[end : end + 1]
    if (before.isalnum() and first.isalnum()) or (last.isalnum() and after.isalnum()):
        return False
    if first.isdigit() and before and before in "-−–.,+±<>≤≥":
        return False
    return not (last.isdigit() and after in (".", ",") and text[end + 1 : end + 2].isdigit())


@lru_cache(maxsize=64)
def _fold(text: str) -> _Folded:
    """Without white space and what a typesetter adds; a dash counts beside a digit only."""
    letters: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        if sign.isspace() or sign in _GONE:
            continue
        for letter in unicodedata.normalize("NFKD", _AS.get(sign, sign)).casefold():
            if not unicodedata.combining(letter):
                letters.append(letter)
                places.append(place)
    kept = [i for i, sign in enumerate(letters) if sign != "-" or not _between_words(letters, i)]
    return _Folded("".join(letters[i] for i in kept), [places[i] for i in kept])


def _between_words(letters: Sequence[str], i: int) -> bool:
    return 0 < i < len(letters) - 1 and letters[i - 1].isalpha() and letters[i + 1].isalpha()
