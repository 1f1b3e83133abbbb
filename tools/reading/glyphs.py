"""A PDF page as words with their places, sizes and faces. What they mean is left to others.

Only PDFium's flat C interface is called: nothing is rendered, no form is filled in, no script is
run and no embedded file is opened.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import accumulate, compress, count
from operator import add, lt
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

from tools.reading import bulk

# A line-end hyphen arrives as one of these two, and the line break after it is gone.
SOFT_HYPHENS = "\x02\ufffe"
_WORD = re.compile(f"[^\\s\0{SOFT_HYPHENS}]+[{SOFT_HYPHENS}]?|[{SOFT_HYPHENS}]")
_FAR = 1e6
"""Points; the largest page that readers accept is 14,400 wide."""
_ITALIC = 1 << 6
_FORCE_BOLD = 1 << 18
_BOLD_NAME = re.compile(
    r"bold|black|heavy|semib|demi|-?medi|-bd|\.B\b|cmb|cmssbx|bx\d", re.IGNORECASE
)
_LIGHT_NAME = re.compile(r"bookman|semilight|demilight", re.IGNORECASE)
_ITALIC_NAME = re.compile(r"ital|obli|slant|\.I\b|-it\b|cmti|cmsl|-regu-?ital", re.IGNORECASE)


class Face(NamedTuple):
    """How one run of text is set."""

    size: float
    """Points on the page, the text matrix included."""
    bold: bool
    italic: bool
    turn: int
    """Direction of writing in degrees, rounded to a quarter turn: 0, 90, 180 or 270."""
    font: str
    """Name of the font; empty where the file gives none."""


class Word(NamedTuple):
    """Characters without a space between them. Coordinates are points, y upwards."""

    text: str
    x0: float
    x1: float
    y: float
    """Of the baseline."""
    face: Face
    glued: bool
    """Whether no space stands before it (a hyphen or a change of style cut the word)."""


_made: Callable[[Iterable[Any]], Word] = partial(tuple.__new__, Word)
"""A word from its fields: a third of the time that its constructor takes."""


class Page(NamedTuple):
    """What lies on one page."""

    width: float
    height: float
    words: list[Word]
    characters: int
    unmapped: int
    """Characters whose font gives no Unicode value."""
    images: int
    """Pictures; counted only where there is hardly any text."""
    failed: bool = False
    """The page could not be opened."""


def read_page(document: Any, index: int) -> Page:
    """Words of page `index` (0-based) in the order of the page's content stream."""
    page = pdfium.FPDF_LoadPage(document, index)
    if not page:
        return Page(0, 0, [], 0, 0, 0, failed=True)
    try:
        text_page = pdfium.FPDFText_LoadPage(page)
        if not text_page:
            return Page(0, 0, [], 0, 0, 0, failed=True)
        try:
            return _words_of(page, text_page)
        finally:
            pdfium.FPDFText_ClosePage(text_page)
    finally:
        pdfium.FPDF_ClosePage(page)


def _words_of(page: Any, text_page: Any) -> Page:
    width, height = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
    handle = bulk.handle(text_page)
    text = bulk.text(text_page)
    reader = _Reader(text_page, handle, text)
    words = reader.words()
    if reader.turned:
        words, (width, height) = _upright(words, width, height)
    images = _images(page) if len(text) < 100 else 0
    # Estimated from at most 100 characters spread over the page.
    sample = range(0, len(text), max(1, len(text) // 100))
    unmapped = bulk.unmapped(handle, sample) * len(text) // max(1, len(sample))
    return Page(width, height, words, len(text.strip()), unmapped, images)


def _images(page: Any) -> int:
    """Number of pictures on a page, those one level inside a form included."""
    found = 0
    for index in range(min(pdfium.FPDFPage_CountObjects(page), 1000)):
        piece = pdfium.FPDFPage_GetObject(page, index)
        kind = pdfium.FPDFPageObj_GetType(piece)
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            found += 1
        elif kind == pdfium.FPDF_PAGEOBJ_FORM:
            inner = range(min(pdfium.FPDFFormObj_CountObjects(piece), 100))
            kinds = [
                pdfium.FPDFPageObj_GetType(pdfium.FPDFFormObj_GetObject(piece, i)) for i in inner
            ]
            found += kinds.count(pdfium.FPDF_PAGEOBJ_IMAGE)
    return found


def words_in(text: str) -> tuple[list[str], list[int], list[bool]]:
    """Words of a page, the index of each one's first character, and whether no space is before it.

    Written for speed: nearly all words are what stands between two spaces.
    """
    flat = text.replace("\r", " ").replace("\n", " ")
    words = flat.split(" ")
    starts = list(compress(map(add, accumulate(map(len, words), initial=0), count()), words))
    words = list(filter(None, words))
    glued = [False] * len(words)
    if flat.isprintable():
        return words, starts, glued
    # Backwards, so that the places of what is still to be cut stay what they are.
    for i in [i for i, word in enumerate(words) if not word.isprintable()][::-1]:
        parts = [(m[0], starts[i] + m.start()) for m in _WORD.finditer(words[i])]
        words[i : i + 1] = [part for part, _ in parts]
        starts[i : i + 1] = [at for _, at in parts]
        glued[i : i + 1] = [at > 0 and not text[at - 1].isspace() for _, at in parts]
    return words, starts, glued


class _Reader:
    """Asks PDFium about characters; the answers about faces are kept per text object."""

    def __init__(self, page: Any, handle: Any, text: str) -> None:
        self.page = page
        self.handle = handle
        self.text = text
        self.faces: dict[int, Face] = {}
        """By text object; 0 is none at all."""
        self.looks: dict[tuple[Any, ...], Face] = {}
        """By size, font and matrix."""
        self.alike: dict[Face, Face] = {}
        """One object for all equal faces, so that they can be told apart by identity."""
        self.styles: dict[int, tuple[str, bool, bool]] = {}
        """By font."""

    def words(self) -> list[Word]:
        """The words of the page in the order of its content stream."""
        texts, starts, glued = words_in(self.text)
        ends = [start + len(text) - 1 for start, text in zip(starts, texts, strict=True)]
        left, base = bulk.origins(self.handle, starts, (0, 1))
        (right,) = bulk.boxes(self.handle, ends, (2,))
        pieces = bulk.objects(self.handle, starts)
        faces = self._faces_of(pieces, starts)
        for i, face in self._bearers(texts, ends, pieces):
            # Raised numbers hang on words.
            if face.size > faces[i].size * 1.1:
                ((base[i],),) = bulk.origins(self.handle, ends[i : i + 1], (1,))
                faces[i] = face
        words = list(map(_made, zip(texts, left, right, base, faces, glued, strict=True)))
        if self.turned or any(map(lt, right, left)):
            # Written up, down, or from right to left.
            turned = [i for i, word in enumerate(words) if word.face.turn or word.x1 < word.x0]
            self._lay(words, turned, starts, ends)
        # A damaged file puts words at infinity, or nowhere at all.
        return [word for word in words if -_FAR < word[1] + word[2] + word[3] < _FAR]

    @property
    def turned(self) -> bool:
        """Whether anything on the page is written up, down or upside down."""
        return any(face.turn for face in self.alike)

    def _bearers(
        self, texts: list[str], ends: list[int], pieces: list[int]
    ) -> Iterator[tuple[int, Face]]:
        """The faces in which words end that begin in another text object, with their indices.

        A word of letters alone is set in one piece.
        """
        mixed = [i for i, text in enumerate(texts) if len(text) > 1 and not text.isalpha()]
        last = bulk.objects(self.handle, [ends[i] for i in mixed])
        other = [(i, piece) for i, piece in zip(mixed, last, strict=True) if piece != pieces[i]]
        faces = self._faces_of([piece for _, piece in other], [ends[i] for i, _ in other])
        return zip([i for i, _ in other], faces, strict=True)

    def _lay(self, words: list[Word], which: list[int], starts: list[int], ends: list[int]) -> None:
        """Make words look as if their own direction of writing were laid to the right."""
        first, last = ([indices[i] for i in which] for indices in (starts, ends))
        one, two = (
            list(zip(*bulk.boxes(self.handle, indices, range(4)), strict=True))
            for indices in (first, last)
        )
        points = zip(*bulk.origins(self.handle, first, (0, 1)), strict=True)
        for i, *boxes, (x, y) in zip(which, one, two, points, strict=True):
            word = words[i]
            turn = word.face.turn
            along = [
                _turn(*corner, turn)[0]
                for x0, top, x1, bottom in boxes
                for corner in ((x0, bottom), (x1, top))
            ]
            words[i] = word._replace(x0=min(along), x1=max(along), y=_turn(x, y, turn)[1])

    def _faces_of(self, pieces: list[int], indices: list[int]) -> list[Face]:
        """Size and style of characters by their text objects, each of which is asked once."""
        new = dict.fromkeys(pieces).keys() - self.faces.keys()
        if new:
            at = dict(zip(reversed(pieces), reversed(indices), strict=True))
            self._ask_faces(list(new), [at[piece] for piece in new])
        return list(map(self.faces.__getitem__, pieces))

    def _ask_faces(self, pieces: list[int], indices: list[int]) -> None:
        """Learn the faces of text objects, each from one of its characters."""
        sizes, fonts = bulk.sizes(self.handle, indices), bulk.fonts(pieces)
        matrices = bulk.matrices(self.handle, indices, range(4))
        looks = list(zip(sizes, fonts, *matrices, strict=True))
        for look, index in dict(zip(looks, indices, strict=True)).items():
            if look not in self.looks:
                self.looks[look] = self._face(index, *look)
        self.faces.update(zip(pieces, map(self.looks.__getitem__, looks), strict=True))

    def _face(
        self, index: int, size: float, font: int, a: float, b: float, c: float, d: float
    ) -> Face:
        if not -_FAR < a + b + c + d < _FAR:
            return Face(1.0, False, False, 0, "")
        size *= math.hypot(c, d) or 1.0
        size = abs(size) if -_FAR < size < _FAR else 1.0
        angle = math.degrees(math.atan2(b, a))
        if font not in self.styles:
            self.styles[font] = self._style(index)
        name, bold, italic = self.styles[font]
        face = Face(size, bold, italic, round(angle / 90) * 90 % 360, name)
        return self.alike.setdefault(face, face)

    def _style(self, index: int) -> tuple[str, bool, bool]:
        """Name of a font without its subset's prefix, and whether it is bold and in italics."""
        raw, flags = ctypes.create_string_buffer(128), ctypes.c_int()
        pdfium.FPDFText_GetFontInfo(self.page, index, raw, 128, flags)
        name = raw.value.decode("utf-8", "replace").rpartition("+")[2]
        bold = bool(_BOLD_NAME.search(name)) or bool(flags.value & _FORCE_BOLD)
        italic = bool(_ITALIC_NAME.search(name)) or bool(flags.value & _ITALIC)
        return name, bold and not _LIGHT_NAME.search(name), italic


def _turn(x: float, y: float, turn: int) -> tuple[float, float]:
    """A point of the page after turning the page back by `turn` degrees."""
    return {90: (y, -x), 180: (-x, -y), 270: (-y, x)}.get(turn, (x, y))


def _upright(
    words: list[Word], width: float, height: float
) -> tuple[list[Word], tuple[float, float]]:
    """Keep the words of the page's main direction; the page is as large as it looks to a reader.

    What is written across that (a stamp in the margin, the label of an axis) is dropped.
    """
    share: dict[int, int] = {}
    for word in words:
        share[word.face.turn] = share.get(word.face.turn, 0) + len(word.text)
    turn = max(share, key=lambda key: share[key], default=0)
    kept = [word for word in words if word.face.turn == turn]
    if turn == 0:
        return kept, (width, height)
    dx = {90: 0.0, 180: width, 270: height}[turn]
    dy = {90: width, 180: height, 270: 0.0}[turn]
    moved = [w._replace(x0=w.x0 + dx, x1=w.x1 + dx, y=w.y + dy) for w in kept]
    return moved, (width, height) if turn == 180 else (height, width)
