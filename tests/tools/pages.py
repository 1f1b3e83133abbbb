"""Small PDFs that tests typeset themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tools.reading import Reading
from tools.reading.passages import LONGEST

LEFT = [
    "The vole was seen on every island of the archi-",
    "pelago in spring. It eats a grass that grows on",
    "the northern slopes and nowhere else. The nests",
    "are built of moss.",
]
RIGHT = [
    "In winter the animals move to the lower ground",
    "where the snow is soft. No animal was found at",
    "a height of more than two hundred metres. This",
    "agrees with what the herders told us.",
]


class Set(NamedTuple):
    """One line of type and where its baseline begins, in points from the lower left corner."""

    text: str
    x: float
    y: float
    size: float = 10
    font: str = "Times-Roman"


def typeset(
    path: Path, pages: Sequence[Sequence[Set]], marks: Sequence[str] = (), **info: str
) -> Path:
    """A PDF of these lines, written in this order.

    marks: bookmarks, all to the first page. info: title, author, subject, encrypt (a password).
    """
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path), pagesize=(595, 842), invariant=1, encrypt=info.pop("encrypt", None))
    canvas.setTitle(info.get("title", ""))
    canvas.setAuthor(info.get("author", ""))
    canvas.setSubject(info.get("subject", ""))
    for number, mark in enumerate(marks):
        canvas.bookmarkHorizontal(str(number), 0, 800)
        canvas.addOutlineEntry(mark, str(number))
    for page in pages:
        for line in page:
            canvas.setFont(line.font, line.size)
            canvas.drawString(line.x, line.y, line.text)
        canvas.showPage()
    canvas.save()
    return path


def column(text: Sequence[str], x: float, top: float, size: float = 10) -> list[Set]:
    """Lines one below the other, 12 points apart."""
    return [Set(line, x, top - 12 * number, size) for number, line in enumerate(text)]


def check_places(reading: Reading) -> None:
    """Passages point into the text, in order, and into the pages there are."""
    text = reading.document.text
    last = 0
    for passage in reading.passages:
        assert text[passage.start : passage.end] == passage.text
        assert last <= passage.start < passage.end <= passage.start + LONGEST
        assert 1 <= passage.page <= reading.pages
        last = passage.end
    starts = reading.document.page_starts
    assert len(starts) == reading.pages
    assert list(starts) == sorted(starts)
