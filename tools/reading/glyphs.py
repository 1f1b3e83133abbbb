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
_ITALIC = 1 << 6
_FORCE_BOLD = 1 << 18
_BOLD_NAME = re.compile(r"bold|black|heavy|semib|demi|-bd|\.B\b", re.IGNORECASE)
_LIGHT_NAME = re.compile(r"bookman|semilight|demilight", re.IGNORECASE)
_ITALIC_NAME = re.compile(r"ital|obli|slant|\.I\b|-it\b", re.IGNORECASE)


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
    reader = _Reader(text_page, text)
    words = [reader.word(match.start(), match.end()) for match in _WORD.finditer(text)]
    words, (width, height) = _upright(words, width, height)
    images = 0 if words else _images(page)
    unmapped = _unmapped(text_page, text)
    return Page(width, height, words, len(words) and len(text), unmapped, images)


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
    """How many of the first 2,000 characters have no Unicode value, scaled to the whole."""
    sample = range(min(len(text), 2000))
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
        self.box = pdfium.FS_RECTF()
        self.matrix = pdfium.FS_MATRIX()
        self.x, self.y = ctypes.c_double(), ctypes.c_double()
        self.name = ctypes.create_string_buffer(128)
        self.flags = ctypes.c_int()

    def word(self, start: int, end: int) -> Word:
        """The word at characters [start, end). Its face is that of its larger end."""
        index, face = start, self.face(start)
        if end - start > 1 and (last := self.face(end - 1)).size > face.size * 1.1:
            index, face = end - 1, last
        pdfium.FPDFText_GetLooseCharBox(self.page, start, self.box)
        left, bottom = self.box.left, self.box.bottom
        pdfium.FPDFText_GetLooseCharBox(self.page, end - 1, self.box)
        right, top = self.box.right, self.box.top
        pdfium.FPDFText_GetCharOrigin(self.page, index, self.x, self.y)
        glued = start > 0 and not self.text[start - 1].isspace()
        text = self.text[start:end]
        if face.turn == 0:
            return Word(text, left, right, self.y.value, face, glued)
        return _turned(text, (left, bottom, right, top), (self.x.value, self.y.value), face, glued)

    def face(self, index: int) -> Face:
        """Size and style of one character."""
        key = (
            ctypes.cast(pdfium.FPDFText_GetTextObject(self.page, index), ctypes.c_void_p).value
            or -1 - index
        )
        if key not in self.faces:
            self.faces[key] = self._ask_face(index)
        return self.faces[key]

    def _ask_face(self, index: int) -> Face:
        pdfium.FPDFText_GetMatrix(self.page, index, self.matrix)
        scale = math.hypot(self.matrix.c, self.matrix.d) or 1.0
        size = pdfium.FPDFText_GetFontSize(self.page, index) * scale
        angle = math.degrees(math.atan2(self.matrix.b, self.matrix.a))
        self.name.value = b""
        pdfium.FPDFText_GetFontInfo(self.page, index, self.name, 128, self.flags)
        name = self.name.value.decode("utf-8", "replace").rpartition("+")[2]
        bold = bool(_BOLD_NAME.search(name)) or bool(self.flags.value & _FORCE_BOLD)
        italic = bool(_ITALIC_NAME.search(name)) or bool(self.flags.value & _ITALIC)
        bold = bold and not _LIGHT_NAME.search(name)
        return Face(abs(size), bold, italic, round(angle / 90) * 90 % 360, name)


def _turned(
    text: str,
    box: tuple[float, float, float, float],
    origin: tuple[float, float],
    face: Face,
    glued: bool,
) -> Word:
    """The word as it looks when its own direction of writing is laid to the right."""
    left, bottom, right, top = box
    if face.turn == 90:
        return Word(text, min(bottom, top), max(bottom, top), -origin[0], face, glued)
    if face.turn == 270:
        return Word(text, -max(bottom, top), -min(bottom, top), origin[0], face, glued)
    return Word(text, -max(left, right), -min(left, right), -origin[1], face, glued)


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
