"""Ask PDFium about many characters of a page at once.

A call made the ordinary way costs more than PDFium's own work: 0.85 µs for the place of a
character, 0.18 made as here, where no argument is converted, every pointer stands ready, the
answers fall into one array and the loop is `map`'s. What they mean is left to the caller.
"""

from __future__ import annotations

import ctypes
from array import array
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any

import pypdfium2.raw as pdfium

_MOST = 1024
"""Characters asked about in one go: a page has about 600 words."""


def _plain(function: Any, result: Any, *arguments: Any) -> Any:
    """A function of PDFium that keeps Python's lock: a reading process has one thread.

    Without types for its arguments it takes whole numbers below 2 ** 31 and ready pointers only.
    """
    return ctypes.PYFUNCTYPE(result, *arguments)(ctypes.cast(function, ctypes.c_void_p).value or 0)


def handle(page: Any) -> Any:
    """The ready pointer to a text page."""
    return ctypes.byref(page.contents)


class _Places:
    """A function that writes numbers about one character: `width` of them, of type `code`."""

    def __init__(
        self, function: Any, code: str, width: int, pointers: Sequence[int] = (0,)
    ) -> None:
        self.function = _plain(function, None)
        self.width = width
        self.empty = array(code, bytes(array(code).itemsize * width * _MOST))
        self.store = self.empty[:]
        size = self.store.itemsize
        room = (ctypes.c_char * (len(self.store) * size)).from_buffer(self.store)
        self.slots = [
            [ctypes.byref(room, (i * width + at) * size) for i in range(_MOST)] for at in pointers
        ]

    def __call__(
        self, page: Any, indices: Sequence[int], wanted: Iterable[int]
    ) -> list[list[float]]:
        """The wanted ones of its numbers, a list of each; 0.0 where PDFium has no answer."""
        columns: dict[int, list[float]] = {column: [] for column in wanted}
        for at in range(0, len(indices), _MOST):
            part = indices[at : at + _MOST]
            self.store[:] = self.empty
            deque(map(self.function, repeat(page), part, *self.slots), maxlen=0)
            for column, values in columns.items():
                values += self.store[column : self.width * len(part) : self.width].tolist()
        return list(columns.values())


origins = _Places(pdfium.FPDFText_GetCharOrigin, "d", 2, (0, 1))
"""x and y, where a character stands on its baseline."""
boxes = _Places(pdfium.FPDFText_GetLooseCharBox, "f", 4)
"""Left, top, right and bottom of the room that a character takes in its line."""
matrices = _Places(pdfium.FPDFText_GetMatrix, "f", 6)
"""a to f of the text matrix."""
_OBJECT = _plain(pdfium.FPDFText_GetTextObject, ctypes.c_size_t)
_SIZE = _plain(pdfium.FPDFText_GetFontSize, ctypes.c_double)
_UNMAPPED = _plain(pdfium.FPDFText_HasUnicodeMapError, ctypes.c_int)
_CODE = _plain(pdfium.FPDFText_GetUnicode, ctypes.c_uint)
_FONT = _plain(pdfium.FPDFTextObj_GetFont, ctypes.c_size_t, ctypes.c_void_p)


def objects(page: Any, indices: Iterable[int]) -> list[int]:
    """Address of the text object that each character belongs to; 0 where it has none."""
    return list(map(_OBJECT, repeat(page), indices))


def sizes(page: Any, indices: Iterable[int]) -> list[float]:
    """Font sizes, before any matrix."""
    return list(map(_SIZE, repeat(page), indices))


def fonts(pieces: Iterable[int]) -> list[int]:
    """Address of the font of each text object; 0 where it has none."""
    return list(map(_FONT, pieces))


def text(page: Any) -> str:
    """One character per character index of PDFium, so that places can be asked by index."""
    count = pdfium.FPDFText_CountChars(page)
    if count <= 0:
        return ""
    buffer = (ctypes.c_ushort * (count + 1))()
    written = pdfium.FPDFText_GetText(page, 0, count, buffer)
    found = bytes(buffer)[: 2 * max(0, written - 1)].decode("utf-16-le", "surrogatepass")
    if len(found) == count:
        return found
    # Characters beyond the basic plane, or ones that GetText leaves out: ask one by one.
    codes = map(_CODE, repeat(handle(page)), range(count))
    return "".join(chr(code) if code < 0x110000 else "\ufffd" for code in codes)


def unmapped(page: Any, indices: Iterable[int]) -> int:
    """How many of the characters have a font that gives them no Unicode value."""
    return list(map(_UNMAPPED, repeat(page), indices)).count(1)
