"""Typeset the sample papers: two columns, a table, a drawn figure, references.

The text lies in `sample/papers/*.md`. What it says is invented, and every first page says so.
`python -m agent.demo.papers FOLDER` writes one PDF per text; the same text gives the same bytes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from reportlab.graphics.shapes import Circle, Drawing, Group, Line, PolyLine, Rect, String
from reportlab.lib.colors import HexColor, black
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    FrameBreak,
    KeepTogether,
    NextPageTemplate,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

SAMPLE = Path(__file__).parent / "sample" / "papers"
NOTICE = (
    "Invented content: written for a software demonstration; "
    "nothing in it is true of the real world."
)
JOURNAL = "Collected Inventions of the Listening Schools"

MARGIN, GUTTER, HEAD = 22 * mm, 8 * mm, 14 * mm
WIDTH, HEIGHT = A4
COLUMN = (WIDTH - 2 * MARGIN - GUTTER) / 2
INK = (HexColor("#1f4e79"), HexColor("#b5541c"))

BODY = ParagraphStyle("body", fontName="Times-Roman", fontSize=11, leading=14, alignment=TA_JUSTIFY)
FIRST = ParagraphStyle("first", BODY, spaceAfter=3)
NEXT = ParagraphStyle("next", BODY, firstLineIndent=10, spaceAfter=3)
HEADING = ParagraphStyle(
    "heading", fontName="Helvetica-Bold", fontSize=10.5, leading=13, spaceBefore=7, spaceAfter=3
)
TITLE = ParagraphStyle(
    "title", fontName="Helvetica-Bold", fontSize=16, leading=19, alignment=TA_CENTER, spaceAfter=6
)
AUTHORS = ParagraphStyle("authors", BODY, fontSize=11, leading=14, alignment=TA_CENTER)
PLACE = ParagraphStyle("place", AUTHORS, fontName="Times-Italic", fontSize=10, spaceAfter=6)
NOTE = ParagraphStyle(
    "note", fontName="Helvetica-Oblique", fontSize=8.5, leading=11, alignment=TA_CENTER,
    borderWidth=0.6, borderColor=INK[1], borderPadding=3, spaceBefore=3, spaceAfter=8,
)  # fmt: skip
CAPTION = ParagraphStyle("caption", BODY, fontSize=9, leading=11, spaceBefore=3, spaceAfter=6)
ITEM = ParagraphStyle("item", BODY, fontSize=9.5, leading=12, leftIndent=12, firstLineIndent=-12)


class Series(NamedTuple):
    """One line of a figure."""

    name: str
    points: tuple[tuple[float, float], ...]


class Plot(NamedTuple):
    """A figure with its axes' names."""

    caption: str
    across: str
    up: str
    series: tuple[Series, ...]


class TableRows(NamedTuple):
    """A table; the first row is its heading."""

    caption: str
    cells: tuple[tuple[str, ...], ...]


class Section(NamedTuple):
    """A heading and what stands under it."""

    heading: str
    blocks: tuple[str | Plot | TableRows, ...]


class Source(NamedTuple):
    """A paper before typesetting."""

    title: str
    authors: tuple[str, ...]
    affiliation: str
    sections: tuple[Section, ...]


def parse(text: str) -> Source:
    """Read a paper's plain text; its marks are those of Markdown, with `x-axis:` for figures."""
    head, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    title, authors, affiliation = (line.strip() for line in head.strip().splitlines())
    sections = []
    for part in parts:
        heading, body = part.split("\n", 1)
        blocks = tuple(block(piece) for piece in body.strip().split("\n\n"))
        sections.append(Section(heading.strip(), blocks))
    return Source(
        title.removeprefix("# "),
        tuple(name.strip() for name in authors.removeprefix("Authors:").split(",")),
        affiliation.removeprefix("Affiliation:").strip(),
        tuple(sections),
    )


def block(text: str) -> str | Plot | TableRows:
    """A paragraph, a table or a figure, by its first words."""
    caption, *lines = text.split("\n")
    if caption.startswith("Table "):
        cells = (tuple(cell.strip() for cell in line.strip("| ").split("|")) for line in lines)
        return TableRows(caption, tuple(cells))
    if caption.startswith("Figure "):
        fields = [line.partition(": ")[::2] for line in lines]
        names = dict(fields[:2])
        series = tuple(one_series(value) for key, value in fields if key == "series")
        return Plot(caption, names["x-axis"], names["y-axis"], series)
    return text


def one_series(text: str) -> Series:
    """`name: x,y x,y …` as numbers."""
    name, _, points = text.partition(": ")
    pairs = (point.split(",") for point in points.split())
    return Series(name, tuple((float(x), float(y)) for x, y in pairs))


def drawn(plot: Plot) -> Drawing:
    """Axes, a legend, and a marked line per series, in the width of a column."""
    width, height, left, low = COLUMN, 150.0, 34.0, 28.0
    inner, tall = width - left - 8, height - low - 20
    xs = [x for series in plot.series for x, _ in series.points]
    ys = [y for series in plot.series for _, y in series.points]
    most_x, most_y = max(xs), max(ys)
    drawing = Drawing(width, height)
    drawing.add(Rect(left, low, inner, tall, fillColor=None, strokeColor=black, strokeWidth=0.6))
    for share in (0.0, 0.5, 1.0):
        x, y = left + share * inner, low + share * tall
        drawing.add(Line(x, low, x, low - 3, strokeWidth=0.6))
        drawing.add(Line(left, y, left - 3, y, strokeWidth=0.6))
        drawing.add(label(x, low - 11, f"{share * most_x:.3g}", "middle"))
        drawing.add(label(left - 5, y - 2.5, f"{share * most_y:.2g}", "end"))
    drawing.add(label(left + inner / 2, 3, plot.across, "middle"))
    turned = Group(label(0, 0, plot.up, "middle"))
    turned.translate(8, low + tall / 2)
    turned.rotate(90)
    drawing.add(turned)
    for number, series in enumerate(plot.series):
        ink = INK[number % len(INK)]
        spots = [(left + x / most_x * inner, low + y / most_y * tall) for x, y in series.points]
        drawing.add(PolyLine([c for spot in spots for c in spot], strokeColor=ink, strokeWidth=1))
        for x, y in spots:
            drawing.add(Circle(x, y, 1.8, fillColor=ink, strokeColor=None))
        at = left + number * inner / 2
        drawing.add(Circle(at + 4, height - 8, 2, fillColor=ink, strokeColor=None))
        drawing.add(label(at + 10, height - 10.5, series.name, "start"))
    return drawing


def label(x: float, y: float, text: str, anchor: str) -> String:
    """Small print in a figure."""
    return String(x, y, text, fontName="Helvetica", fontSize=7, textAnchor=anchor)


def tabled(rows: TableRows) -> list[Flowable]:
    """Caption above, three rules, first column left."""
    table = Table(rows.cells, hAlign="CENTER")
    style = [
        ("FONT", (0, 0), (-1, -1), "Times-Roman", 8.5),
        ("FONT", (0, 0), (-1, 0), "Times-Bold", 8.5),
        ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
        ("LINEABOVE", (0, 0), (-1, 0), 0.8, black),
        ("LINEBELOW", (0, 0), (-1, 0), 0.4, black),
        ("LINEBELOW", (0, -1), (-1, -1), 0.8, black),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
    ]
    table.setStyle(TableStyle(style))
    return [Spacer(1, 3), Paragraph(rows.caption, CAPTION), table, Spacer(1, 7)]


def front(source: Source) -> list[Flowable]:
    """What stands over both columns of the first page."""
    return [
        Paragraph(source.title, TITLE),
        Paragraph(", ".join(source.authors), AUTHORS),
        Paragraph(source.affiliation, PLACE),
        Paragraph(NOTICE, NOTE),
    ]


def columns(source: Source) -> Iterator[Flowable]:
    """Sections in order; a heading never stands alone at the foot of a column."""
    for section in source.sections:
        heading: list[Flowable] = [Paragraph(section.heading, HEADING)]
        if section.heading == "References":
            yield KeepTogether([*heading, *references(section)])
            continue
        for number, part in enumerate(section.blocks):
            if isinstance(part, Plot):
                yield KeepTogether([Spacer(1, 4), drawn(part), Paragraph(part.caption, CAPTION)])
            elif isinstance(part, TableRows):
                yield KeepTogether(tabled(part))
            elif number:
                yield Paragraph(part, NEXT)
            else:
                yield from [*heading, Paragraph(part, FIRST)]


def references(section: Section) -> list[Flowable]:
    """One line per entry: `1. Author. Title. Journal.`"""
    text = "\n".join(part for part in section.blocks if isinstance(part, str))
    return [Paragraph(line, ITEM) for line in text.splitlines()]


def height_of(flowables: list[Flowable]) -> float:
    """Points that they take over the full width."""
    heights = (float(one.wrap(WIDTH - 2 * MARGIN, HEIGHT)[1]) for one in flowables)
    spaces = (float(one.getSpaceBefore() + one.getSpaceAfter()) for one in flowables)
    return sum(heights) + sum(spaces)


def side_by_side(height: float) -> list[Frame]:
    """The two columns of a page, from the foot up."""
    places = (MARGIN, MARGIN + COLUMN + GUTTER)
    return [Frame(x, MARGIN, COLUMN, height, 0, 0, 0, 0) for x in places]


def furniture(canvas: Canvas, source: Source) -> None:
    """Running head and page number."""
    canvas.saveState()
    canvas.setFont("Times-Italic", 9)
    canvas.drawString(MARGIN, HEIGHT - HEAD, JOURNAL)
    canvas.drawRightString(WIDTH - MARGIN, HEIGHT - HEAD, source.authors[0] + " and others")
    canvas.setFont("Times-Roman", 9)
    canvas.drawCentredString(WIDTH / 2, MARGIN - 16, str(canvas.getPageNumber()))
    canvas.restoreState()


def typeset(source: Source, path: Path) -> Path:
    """One paper as PDF; without dates or random ids, so that its bytes depend on its text alone."""
    top = front(source)
    over = height_of(top) + 4
    full = HEIGHT - 2 * MARGIN
    head = Frame(MARGIN, HEIGHT - MARGIN - over, WIDTH - 2 * MARGIN, over, 0, 0, 0, 0)

    def on_page(canvas: Canvas, _: BaseDocTemplate) -> None:
        furniture(canvas, source)

    document = BaseDocTemplate(
        str(path), pagesize=A4, invariant=1, title=source.title,
        author=", ".join(source.authors), subject=NOTICE, creator=JOURNAL,
    )  # fmt: skip
    document.addPageTemplates(
        [
            PageTemplate("first", [head, *side_by_side(full - over)], onPage=on_page),
            PageTemplate("later", side_by_side(full), onPage=on_page),
        ]
    )
    document.build([NextPageTemplate("later"), *top, FrameBreak(), *columns(source)])
    return path


def build(folder: Path) -> list[Path]:
    """Every sample paper as a PDF in `folder`, in the order of their numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = sorted(SAMPLE.glob("*.md"))
    return [typeset(parse(text.read_text("utf-8")), folder / f"{text.stem}.pdf") for text in texts]


if __name__ == "__main__":
    for made in build(Path(sys.argv[1])):
        print(made)
