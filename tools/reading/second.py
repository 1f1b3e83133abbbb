"""A second opinion: pages whose text looks broken, or a file that does not open, read by pypdf.

pypdf knows no faces and no places, so its lines are laid out here as a typewriter would. It is
loaded only when it is asked: it needs longer to start than a usual paper to be read.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence

from tools.reading.glyphs import Face, Page, Word
from tools.reading.lines import Line, make_line

_BROKEN = re.compile(
    # The ligature of lam and alef taken apart in the wrong order: no word has these three in a row.
    "ا[أإآ]ل"
    "|[\u0370-\u03ff\u0400-\u052f][\u0590-\u08ff]|[\u0590-\u08ff][\u0370-\u03ff\u0400-\u052f]"
    # Forty letters without a space: glued words, in scripts that part them.
    "|[\ufffd\ue000-\uf8ff]|[A-Za-z\u00c0-\u024f\u0370-\u052f]{40}"
)
_SUSPECT = re.compile("[\u0590-\u08ff\ufffd\ue000-\uf8ff]")
_LEAST = 0.02
"""Share of broken words from which a page is read again; formulas alone stay far below."""
_MOST = 50
"""Pages that are read again: pypdf takes ten times as long."""
_STEP = 1.2
"""Distance of the lines laid out, in sizes of their type."""
_LEFT, _TOP = 60.0, 60.0
"""Margins of the page laid out, points."""


def broken(text: str) -> int:
    """Words that no language has and a wrong map of characters gives."""
    return len(_BROKEN.findall(text))


def doubtful(pages: Sequence[Page]) -> list[int]:
    """0-based numbers of the pages whose text looks broken."""
    found = []
    for number, page in enumerate(pages):
        texts = [word.text for word in page.words]
        text = " ".join(texts)
        if not _SUSPECT.search(text):
            # Only glued words can be broken there, and few pages have a word as long.
            text = " ".join([long for long in texts if len(long) >= 40])
        count = broken(text)
        if count > 1 and count > _LEAST * len(texts):
            found.append(number)
    return found[:_MOST]


def better(
    data: bytes, password: str | None, pages: Sequence[Page], numbers: Sequence[int]
) -> dict[int, list[Line]]:
    """Lines of those pages of which pypdf breaks at most half as many words, and loses few."""
    found: dict[int, list[Line]] = {}
    for number, text in _texts(data, password, numbers).items():
        ours = " ".join(word.text for word in pages[number].words)
        whole = sum(map(str.isalpha, text)) >= 0.8 * sum(map(str.isalpha, ours))
        if whole and 2 * broken(text) <= broken(ours):
            found[number] = _laid_out(number, text, pages[number])
    return found


def everything(data: bytes, password: str | None) -> tuple[list[Page], dict[int, list[Line]]]:
    """The whole file as pypdf reads it: empty pages, and their lines. Nothing where it is no text.

    Its names for characters that it does not know (`/g43`) are no text.
    """
    texts = _texts(data, password, None)
    said = re.sub(r"/\w+", "", "".join(texts.values()))
    solid = re.sub(r"\s", "", said)
    if sum(map(str.isalpha, solid)) < max(1, 0.6 * len(solid)) or broken(said):
        return [], {}
    page = Page(595.0, 842.0, [], 0, 0, 0)
    return [page] * len(texts), {n: _laid_out(n, text, page) for n, text in texts.items()}


def _texts(data: bytes, password: str | None, numbers: Sequence[int] | None) -> Mapping[int, str]:
    """Text by 0-based page; without the pages, or at all, where pypdf fails in one of its ways."""
    import pypdf
    from pypdf import errors

    fails = (
        errors.PyPdfError, errors.DependencyError, errors.DeprecationError, ArithmeticError,
        AssertionError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError,
        struct.error, zlib.error,
    )  # fmt: skip
    texts: dict[int, str] = {}
    try:
        reader = pypdf.PdfReader(io.BytesIO(data), password=password)
        for number in range(min(len(reader.pages), _MOST)) if numbers is None else numbers:
            texts[number] = reader.pages[number].extract_text()
    except fails:
        return texts
    return texts


def _laid_out(number: int, text: str, page: Page) -> list[Line]:
    """Lines of text, each in the face that most of its words have on the page as it was read first.

    An empty line parts paragraphs.
    """
    faces = {word.text: word.face for word in reversed(page.words)}
    counts = Counter(word.face for word in page.words)
    usual = max(counts, key=lambda key: counts[key], default=Face(10.0, False, False, 0, ""))
    rows = [row.split() for row in text.split("\n")]
    step = min(_STEP * usual.size, (page.height - 2 * _TOP) / len(rows))
    lines: list[Line] = []
    for index, row in enumerate(rows):
        if row:
            known = Counter(faces[part] for part in row if part in faces)
            face = max(known, key=lambda key: known[key], default=usual)
            lines.append(_set(number, row, face, page.height - _TOP - index * step))
    return lines


def _set(number: int, row: list[str], face: Face, level: float) -> Line:
    at, words = _LEFT, []
    for part in row:
        end = at + 0.5 * face.size * len(part)
        words.append(Word(part, at, end, level, face, glued=False))
        at = end + 0.3 * face.size
    return make_line(number, words)
