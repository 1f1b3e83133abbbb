"""Small PDFs that tests typeset themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class Set(NamedTuple):
    """One line of type and where its baseline begins, in points from the lower left corner."""

    text: str
    x: float
    y: float
    size: float = 10
    font: str = "Times-Roman"


def typeset(path: Path, pages: Sequence[Sequence[Set]], **info: str) -> Path:
    """A PDF of these lines, written in this order. info: Title, Author."""
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path), pagesize=(595, 842), invariant=1, encrypt=info.pop("encrypt", None))
    canvas.setTitle(info.get("title", ""))
    canvas.setAuthor(info.get("author", ""))
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
