"""Characters asked about in bulk answer as each does alone; words cut fast are the same words."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2.raw as pdfium
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.pages import Set, typeset
from tools.reading import bulk
from tools.reading.glyphs import SOFT_HYPHENS, words_in

ALPHABET = f"aé-\u2019\U0001d44e \r\n\t\0\xa0\u2028{SOFT_HYPHENS}"


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Any]:
    """The text of a page with more characters than are asked about in one go."""
    rows = [
        Set(f"Line {i} of words set in one face or another", 50, 800 - 9 * i) for i in range(60)
    ]
    rows[7] = rows[7]._replace(font="Helvetica-Bold", size=7.5)
    path = typeset(tmp_path / "paper.pdf", [rows])
    pdfium.FPDF_InitLibrary()
    document = pdfium.FPDF_LoadDocument(str(path).encode(), None)
    leaf = pdfium.FPDF_LoadPage(document, 0)
    text_page = pdfium.FPDFText_LoadPage(leaf)
    yield text_page
    pdfium.FPDFText_ClosePage(text_page)
    pdfium.FPDF_ClosePage(leaf)
    pdfium.FPDF_CloseDocument(document)


def test_many_characters_asked_at_once_answer_as_each_does_alone(page: Any) -> None:
    indices = range(pdfium.FPDFText_CountChars(page))
    assert len(indices) > 2 * 1024
    x, y, box = ctypes.c_double(), ctypes.c_double(), pdfium.FS_RECTF()
    alone = []
    for index in indices:
        pdfium.FPDFText_GetCharOrigin(page, index, x, y)
        pdfium.FPDFText_GetLooseCharBox(page, index, box)
        size = pdfium.FPDFText_GetFontSize(page, index)
        alone.append((x.value, y.value, box.left, box.right, size))
    handle = bulk.handle(page)
    together = zip(
        *bulk.origins(handle, indices, (0, 1)),
        *bulk.boxes(handle, indices, (0, 2)),
        bulk.sizes(handle, indices),
        strict=True,
    )
    assert list(together) == alone
    assert bulk.unmapped(handle, indices) == 0


def test_a_character_that_is_not_there_has_no_place_and_no_object(page: Any) -> None:
    """A damaged file must not be answered with what was asked before."""
    handle = bulk.handle(page)
    bulk.origins(handle, [0, 1], (0, 1))
    assert bulk.origins(handle, [-1, 10**6], (0, 1)) == [[0.0, 0.0], [0.0, 0.0]]
    assert bulk.objects(handle, [-1, 10**6]) == [0, 0]
    assert bulk.fonts([0]) == [0]


@given(st.text(st.sampled_from(ALPHABET)))
def test_words_are_what_stands_between_blanks_and_line_end_hyphens(text: str) -> None:
    words, starts, glued = words_in(text)
    hyphens = SOFT_HYPHENS
    pattern = f"[^\\s\0{hyphens}]+[{hyphens}]?|[{hyphens}]"
    assert list(zip(words, starts, strict=True)) == [
        (match[0], match.start()) for match in re.finditer(pattern, text)
    ]
    assert glued == [at > 0 and not text[at - 1].isspace() for at in starts]
