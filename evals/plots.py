"""Figures for the report, as inline SVG text: no file, no font, no script, always the same bytes.

Colours are those of Okabe and Ito (2008), told apart by people of every colour vision. Only here
is matplotlib imported, and only when a figure is drawn.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memory.records import Score, Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BEFORE, AFTER, MEMORY, LINE, INK = "#bdbdbd", "#0072b2", "#e69f00", "#d55e00", "#333333"
SHADES = {
    Verdict.KNOWN: "#009e73",
    Verdict.PARTLY: "#56b4e9",
    Verdict.UNKNOWN: "#e69f00",
    Verdict.CONTRADICTED: "#d55e00",
    Verdict.UNPROBED: "#bdbdbd",
}
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "goldpan",
    "font.family": "sans-serif",
    "font.size": 11,
    "text.color": INK,
    "axes.edgecolor": "#999999",
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
}
NAMES = {"new": "new facts", "control": "untaught facts", "old": "old facts"}
LEGEND = {"before": "before", "after": "after", "memory": "before, reading in the memory"}


def before_after(scores: Sequence[Score]) -> str:
    """Bars of new, untaught and old facts, with 95 % intervals; perplexity beside them.

    scores: those of a version, by the names new_, control_, old_ and perplexity_ before and after;
    new_memory is the reference line: the model before, reading in the memory.
    """
    by_name = {score.metric: score for score in scores}
    shares = [what for what in NAMES if f"{what}_before" in by_name or f"{what}_after" in by_name]
    fluent = "perplexity_before" in by_name

    def draw(figure: Figure) -> None:
        panels = figure.subplots(
            1, 1 + fluent, squeeze=False, width_ratios=[len(shares) or 1, 1] if fluent else None
        )
        left = panels[0, 0]
        _bars(left, by_name, shares, [NAMES[what] for what in shares], "{:.0%}")
        left.set_ylim(0, 1.12)
        left.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
        left.set_title("answered rightly", fontsize=11, loc="left")
        # Outside, so that the layout makes room for it below, not between the panels.
        figure.legend(*left.get_legend_handles_labels(), frameon=False, loc="outside lower left",
                      ncols=3)  # fmt: skip
        if fluent:
            right = panels[0, 1]
            _bars(right, by_name, ["perplexity"], ["old text"], "{:.3g}")
            right.set_title("perplexity", fontsize=11, loc="left")
            right.margins(y=0.15)

    return _svg("before-after", "Answers before and after training", (7.2, 3.4), draw)


SERIES = (("before", BEFORE), ("after", AFTER), ("memory", MEMORY))
WIDTH = 0.28


def _bars(
    axes: Axes, scores: Mapping[str, Score], whats: list[str], labels: list[str], form: str
) -> None:
    """For each thing measured one bar before, one after, and one with the memory if it is there."""
    axes.grid(axis="y")
    labelled: set[str] = set()
    for place, what in enumerate(whats):
        shown = [(when, colour) for when, colour in SERIES
                 if when != "memory" or f"{what}_memory" in scores]  # fmt: skip
        for number, (when, colour) in enumerate(shown):
            at = place + WIDTH * 1.05 * (number - (len(shown) - 1) / 2)
            score = scores.get(f"{what}_{when}")
            if score is None or score.value is None:
                axes.text(at, 0, "not\nmeasured", ha="center", va="bottom", fontsize=9)
                continue
            low = score.value if score.low is None else score.low
            high = score.value if score.high is None else score.high
            label = None if when in labelled else LEGEND[when]
            axes.bar(
                at, score.value, WIDTH, color=colour, label=label,
                yerr=[[max(0, score.value - low)], [max(0, high - score.value)]],
                error_kw={"ecolor": INK, "elinewidth": 1, "capsize": 3},
            )  # fmt: skip
            told = form.format(score.value)
            axes.annotate(
                told, (at, high), (0, 3), textcoords="offset points", ha="center", fontsize=9
            )
            labelled.add(when)
    axes.set_xticks(range(len(whats)), labels)
    axes.set_xlim(-0.6, max(1, len(whats)) - 0.4)
    axes.tick_params(length=0)


def loss_curve(output: str | Path | Sequence[Mapping[str, Any]]) -> str:
    """Training loss by step, and validation loss where it was measured, in nats per token.

    output: the folder a training wrote, or the rows of its journal.
    """
    rows = _journal(Path(output)) if isinstance(output, str | Path) else list(output)

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.grid(axis="y")
        lines = (("loss", "training", AFTER, ""), ("validation_loss", "other wordings", LINE, "o"))
        for key, label, colour, mark in lines:
            if points := [(row["step"], row[key]) for row in rows if row.get(key) is not None]:
                axes.plot(*zip(*points, strict=True), mark + "-", color=colour, ms=4, label=label)
        if axes.lines:
            axes.set_ylim(bottom=0)
            axes.legend(frameon=False)
        else:
            axes.text(0.5, 0.5, "nothing recorded", ha="center", transform=axes.transAxes)
        axes.set_xlabel("step")
        axes.set_ylabel("loss, nats per token")

    return _svg("loss", "Loss during training", (7.2, 3.0), draw)


def _journal(output: Path) -> list[dict[str, Any]]:
    from tools.training import journal

    return journal.read(output / journal.FILE)[0]


def verdicts(counts: Mapping[str, int]) -> str:
    """One bar, split by what the target knows of the nuggets. counts: by verdict."""
    total = sum(counts.values())

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        at = 0
        for verdict, colour in SHADES.items():
            if not (count := counts.get(verdict.value, 0)):
                continue
            axes.barh(0, count, left=at, color=colour, label=f"{verdict.value} {count}")
            at += count
        axes.set_xlim(0, max(1, total))
        axes.set_axis_off()
        if total:
            # Outside, so that the layout makes room for it: five names do not fit beside a bar.
            figure.legend(frameon=False, ncols=3, loc="outside lower left")

    return _svg("verdicts", "What the target knew before", (7.2, 1.8), draw)


def _svg(name: str, title: str, size: tuple[float, float], draw: Callable[[Figure], None]) -> str:
    """The figure as an <svg> element whose ids no other figure of a page has."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure)
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    text = out.getvalue()
    return _inline(text[text.index("<svg") :], name, title)


def _inline(svg: str, name: str, title: str) -> str:
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    salt = f"{name}-{hashlib.sha256(svg.encode()).hexdigest()[:6]}-"
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{salt}", svg)
    head, rest = svg.split(">", 1)
    head = re.sub(r' (width|height)="[^"]*"', "", head)
    return f'{head} role="img" aria-label="{title}"><title>{title}</title>{rest}'
