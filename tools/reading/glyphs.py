"""A PDF page as words with their places, sizes and faces. What they mean is left to others.

Only PDFium's flat C interface is called: nothing is rendered, no form is filled in, no script is
run and no embedded file is opened.
"""

from __future__ import annotations

import ctypes
import math
import re
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

# A line-end hyphen arrives as one of these two, and the line break after it is gone.
SOFT_HYPHENS = "\x02\ufffe"
_WORD = re.compile(f"[^\\s\0{SOFT_HYPHENS}]+[{SOFT_HYPHENS}]?|[{SOFT_HYPHENS}]")

# Each word costs a handful of calls: these three go by the fastest way that ctypes has.
_OBJECT = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)(
    ctypes.cast(pdfium.FPDFText_GetTextObject, ctypes.c_void_p).value or 0
)
_ORIGIN = pdfium.FPDFText_GetCharOrigin
_BOX = pdfium.FPDFText_GetLooseCharBox
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
    text = _text(text_page)
    words = _Reader(text_page, text).words()
    words, (width, height) = _upright(words, width, height)
    images = _images(page) if len(text) < 100 else 0
    unmapped = _unmapped(text_page, text)
    return Page(width, height, words, len(text.strip()), unmapped, images)


def _text(text_page: Any) -> str:
    """One character per character index of PDFium, so that places can be asked by index."""
    count = pdfium.FPDFText_CountChars(text_page)
    if count <= 0:
        return ""
    buffer = (ctypes.c_ushort * (count + 1))()
    written = pdfium.FPDFText_GetText(text_page, 0, count, buffer)
    raw = bytes(buffer)[: 2 * max(0, written - 1)]
    text = raw.decode("utf-16-le", "surrogatepass")
    if len(text) == count:
        return text
    # Characters beyond the basic plane, or ones that GetText leaves out: ask one by one.
    codes = (pdfium.FPDFText_GetUnicode(text_page, index) for index in range(count))
    return "".join(chr(code) if code < 0x110000 else "\ufffd" for code in codes)


def _unmapped(text_page: Any, text: str) -> int:
    """Characters without a Unicode value, estimated from at most 100 spread over the page."""
    sample = range(0, len(text), max(1, len(text) // 100))
    error = pdfium.FPDFText_HasUnicodeMapError
    bad = sum(1 for index in sample if error(text_page, index) == 1)
    return bad * len(text) // max(1, len(sample))


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


class _Reader:
    """Asks PDFium about characters; the answers about faces are kept per text object."""

    def __init__(self, text_page: Any, text: str) -> None:
        self.page = text_page
        self.text = text
        self.faces: dict[int, Face] = {}
        self.alike: dict[Face, Face] = {}
        """One object for all equal faces, so that they can be told apart by identity."""
        self.styles: dict[tuple[bytes, int], tuple[str, bool, bool]] = {}
        self.box = pdfium.FS_RECTF()
        self.matrix = pdfium.FS_MATRIX()
        self.box_ref = ctypes.byref(self.box)
        self.x, self.y = ctypes.c_double(), ctypes.c_double()
        self.origin = ctypes.byref(self.x), ctypes.byref(self.y)
        self.name = ctypes.create_string_buffer(128)
        self.flags = ctypes.c_int()

    def words(self) -> list[Word]:
        """The words of the page in the order of its content stream.

        Written out in one loop: at 600 words a page, calls of Python's own cost more than PDFium.
        """
        found: list[Word] = []
        text, page, faces, x, y, box = self.text, self.page, self.faces, self.x, self.y, self.box
        origin_x, origin_y = self.origin
        for match in _WORD.finditer(text):
            start, end = match.span()
            word = match[0]
            face = faces.get(_OBJECT(page, start)) or self._face(start)
            _ORIGIN(page, start, origin_x, origin_y)
            left, base = x.value, y.value
            glued = start > 0 and not text[start - 1].isspace()
            # Raised numbers hang on words; a word of letters alone is set in one piece.
            if not word.isalpha() and (last := self._face(end - 1)).size > face.size * 1.1:
                face = last
                _ORIGIN(page, end - 1, origin_x, origin_y)
                base = y.value
            _BOX(page, end - 1, self.box_ref)
            made = Word(word, left, box.right, base, face, glued)
            if face.turn or box.right < left:
                # Written up, down, or from right to left.
                made = self._turned_word(word, (start, end - 1), face, glued)
            # A damaged file puts words at infinity, or nowhere at all.
            if -_FAR < made.x0 + made.x1 + made.y < _FAR:
                found.append(made)
        return found

    def _turned_word(self, text: str, ends: tuple[int, int], face: Face, glued: bool) -> Word:
        """The word as it looks when its own direction of writing is laid to the right."""
        corners: list[tuple[float, float]] = []
        for index in ends:
            _BOX(self.page, index, self.box_ref)
            corners += [(self.box.left, self.box.bottom), (self.box.right, self.box.top)]
        along = [_turn(x, y, face.turn)[0] for x, y in corners]
        _ORIGIN(self.page, ends[0], *self.origin)
        base = _turn(self.x.value, self.y.value, face.turn)[1]
        return Word(text, min(along), max(along), base, face, glued)

    def _face(self, index: int) -> Face:
        """Size and style of one character."""
        key = _OBJECT(self.page, index) or -1 - index
        face = self.faces.get(key)
        if face is None:
            face = self.faces[key] = self._ask_face(index)
        return face

    def _ask_face(self, index: int) -> Face:
        pdfium.FPDFText_GetMatrix(self.page, index, self.matrix)
        if not -_FAR < sum((self.matrix.a, self.matrix.b, self.matrix.c, self.matrix.d)) < _FAR:
            return Face(1.0, False, False, 0, "")
        scale = math.hypot(self.matrix.c, self.matrix.d) or 1.0
        size = pdfium.FPDFText_GetFontSize(self.page, index) * scale
        size = abs(size) if -_FAR < size < _FAR else 1.0
        angle = math.degrees(math.atan2(self.matrix.b, self.matrix.a))
        pdfium.FPDFText_GetFontInfo(self.page, index, self.name, 128, self.flags)
        name, bold, italic = self._style(self.name.value, self.flags.value)
        face = Face(size, bold, italic, round(angle / 90) * 90 % 360, name)
        return self.alike.setdefault(face, face)

    def _style(self, raw: bytes, flags: int) -> tuple[str, bool, bool]:
        """Name of a font without its subset's prefix, and whether it is bold and in italics."""
        if (raw, flags) not in self.styles:
            name = raw.decode("utf-8", "replace").rpartition("+")[2]
            bold = bool(_BOLD_NAME.search(name)) or bool(flags & _FORCE_BOLD)
            italic = bool(_ITALIC_NAME.search(name)) or bool(flags & _ITALIC)
            self.styles[raw, flags] = name, bold and not _LIGHT_NAME.search(name), italic
        return self.styles[raw, flags]


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
    if share.keys() <= {0}:
        return words, (width, height)
    kept = [word for word in words if word.face.turn == turn]
    if turn == 0:
        return kept, (width, height)
    dx = {90: 0.0, 180: width, 270: height}[turn]
    dy = {90: width, 180: height, 270: 0.0}[turn]
    moved = [w._replace(x0=w.x0 + dx, x1=w.x1 + dx, y=w.y + dy) for w in kept]
    return moved, (width, height) if turn == 180 else (height, width)
