"""The results as Markdown with SVG plots, and as lines for a terminal. Pure: data in, text out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, Part, Plot, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEAD = """# Benchmarks

Written by `make bench`, never by hand: each figure below was measured by a script in
[`benchmarks/`](../benchmarks), on the machine and at the date named with it. Compare ratios and
shares; seconds differ from machine to machine.
"""
MARKS = "<!-- figures -->", "<!-- /figures -->"
HEADLINES = {
    ("reading", "trigram recall"): "word triples of the publishers' own text found in their PDFs",
    ("reading", "headings in order"): "section headings of PDFs found, in order",
    ("reading_speed", "times as fast as pypdf, all cores to its one process"):
        "times pypdf's pages a second, all cores against its one process",
    ("reading_speed", "times as fast as pypdf, all cores for both"):
        "times pypdf's pages for the same processor time",
    ("extracting", "Nuggets that are findings: biology (PMC)"):
        "nuggets of the offline teacher that are results or conclusions of their abstract",
    ("real_papers", "quotes located in the stored text"):
        "quotes found letter for letter at their place",
    ("merging", "SICK, pair AUC, weights held out"):
        "telling which claims follow from each other (SICK, AUC)",
    ("merging", "SICK, contradicting pairs merged"): "contradicting pairs merged as the same",
    ("memory", "new nugget at 300 000, median"): "merging a new nugget into 300 000",
    ("memory", "recall@10 at 300 000"): "of the ten nearest of 300 000 nuggets, found",
    ("scoring", "times lm-evaluation-harness, own passage"):
        "times the questions a processor second of lm-evaluation-harness",
    ("scoring", "times lm-evaluation-harness, shared examples"): "the same, behind shared examples",
    ("probing", "AUROC, 4 exposures and more, against never told"):
        "telling facts a model was taught from those it never saw (area under the curve)",
    ("probing", "verdict unknown, precision"): "facts called unknown that were never told",
    ("probing", "calibration error of P(known), without labels"):
        "by how much P(known) is off, on average",
    ("teaching", "new facts after, wordings never trained"):
        "new facts known after teaching, in wordings never trained",
    ("teaching", "old facts after, as a share of before"): "old facts kept, as a share of before",
    ("teaching", "without replay, old facts after, as a share of before"):
        "old facts kept where nothing old is repeated (refused by the gate)",
}  # fmt: skip
"""The figures of the README, in words."""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Okabe and Ito (2008): told apart by people of every colour vision."""


def number(value: float) -> str:
    """Three or four significant digits, no exponent for what people read as a number."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}".replace(",", " ")
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def shown(figure: Figure) -> str:
    """A figure's value with its unit and interval."""
    text = f"{number(figure.value)} {figure.unit}".strip()
    if figure.low is not None and figure.high is not None:
        text += f" ({number(figure.low)} to {number(figure.high)})"
    return text


def aimed(figure: Figure) -> str:
    """Its aim, or nothing."""
    if figure.aim is None:
        return ""
    return f"{'≥' if figure.better == 'higher' else '≤'} {number(figure.aim)}"


def verdict(figure: Figure) -> str:
    """Whether the aim is met."""
    return {True: "met", False: "**missed**", None: ""}[figure.met]


def markdown(parts: Sequence[Part], missing: Mapping[str, str]) -> str:
    """The whole page. missing: parts that were not measured yet, and what they need."""
    left = [f"- `make bench PARTS={name}` needs {needs}" for name, needs in missing.items()]
    tail = ["## Not measured yet", "", *left, ""] if left else []
    return "\n".join([HEAD, *(_part(part) for part in parts), *tail])


def _part(part: Part) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in part.versions.items())
    lines = [f"## {part.title}", "", part.about.strip(), ""]
    rows = tuple(
        (f.name, shown(f), aimed(f), verdict(f), "" if f.n is None else f.n, f.note)
        for f in part.figures
    )
    lines += _table(Table(title="", columns=("figure", "value", "aim", "", "n", ""), rows=rows))
    for plot in part.plots:
        lines += [f"![{plot.title}](benchmarks/{part.name}-{plot.name}.svg)", ""]
    for table in part.tables:
        lines += [f"**{table.title}**", "", *_table(table)]
    lines += [f"*{part.date}, {part.seconds:.0f} s. {part.machine}. {versions}.*", ""]
    return "\n".join(lines)


def _table(table: Table) -> list[str]:
    def cell(value: str | float) -> str:
        return (value if isinstance(value, str) else number(value)).replace("|", "\\|")

    sides = [
        "---:" if any(isinstance(row[i], int | float) for row in table.rows) else "---"
        for i in range(len(table.columns))
    ]
    rows = (table.columns, sides, *(tuple(map(cell, row)) for row in table.rows))
    return [*(f"| {' | '.join(row)} |" for row in rows), ""]


def headlines(parts: Sequence[Part]) -> str:
    """The table of the README."""
    found = {(part.name, figure.name): figure for part in parts for figure in part.figures}
    rows = [
        (words, shown(found[key]), aimed(found[key]))
        for key, words in HEADLINES.items()
        if key in found
    ]
    return "\n".join(_table(Table(title="", columns=("what", "figure", "aim"), rows=tuple(rows))))


def placed(text: str, block: str) -> str:
    """A page with the block between its two marks."""
    before, _, rest = text.partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    return f"{before}{MARKS[0]}\n\n{block}\n{MARKS[1]}{after}"


def lines(part: Part) -> list[str]:
    """The figures for a terminal."""
    wide = max((len(f.name) for f in part.figures), default=0)
    told = [f"{part.title} ({part.seconds:.0f} s)"]
    for figure in part.figures:
        met = {True: "met", False: "MISSED", None: ""}[figure.met]
        line = f"  {figure.name:<{wide}}  {shown(figure):<28} {aimed(figure):<9} {met}"
        told.append(line.rstrip())
    return told


def svg(plot: Plot) -> str:
    """A plot as SVG text: the same data gives the same bytes."""
    import io

    from matplotlib import rc_context
    from matplotlib.figure import Figure as Canvas

    from evals.plots import STYLE

    with rc_context({**STYLE, "svg.hashsalt": plot.name}):
        canvas = Canvas(figsize=(7.2, 3.4), layout="constrained")
        axes = canvas.subplots()
        axes.grid(axis="y")
        _lines(axes, plot)
        _bars(axes, plot)
        if plot.aim is not None:
            axes.axhline(plot.aim, color="#333333", lw=1, ls="--")
        axes.set_title(plot.title, fontsize=11, loc="left")
        axes.set_xlabel(plot.x)
        axes.set_ylabel(plot.y)
        if len(plot.lines) + len(plot.bars) > 1:
            axes.legend(frameon=False, fontsize=9)
        file = io.StringIO()
        canvas.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()


def _lines(axes: Axes, plot: Plot) -> None:
    for colour, (label, points) in zip(COLOURS, plot.lines.items(), strict=False):
        axes.plot(*zip(*points, strict=True), "o-", color=colour, ms=4, label=label)
    if plot.log_x:
        axes.set_xscale("log")
    if plot.log_y:
        axes.set_yscale("log")
    elif plot.lines:
        axes.set_ylim(bottom=0)


def _bars(axes: Axes, plot: Plot) -> None:
    width = 0.8 / max(1, len(plot.bars))
    for i, (label, values) in enumerate(plot.bars.items()):
        places = [x + (i - (len(plot.bars) - 1) / 2) * width for x in range(len(values))]
        axes.bar(places, values, width * 0.9, color=COLOURS[i % len(COLOURS)], label=label)
    if plot.bars:
        axes.set_xticks(range(len(plot.labels)), plot.labels)
        if len(plot.labels) > 8:
            axes.tick_params(axis="x", labelrotation=90, labelsize=8)
