"""Figures: well-formed, self-contained, the same each time."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from evals.plots import before_after, loss_curve, verdicts
from evals.stats import share
from memory.records import Score
from tools.training import journal

SCORES = [
    share("new_before", 40, 160),
    share("new_after", 152, 160),
    share("new_memory", 120, 160),
    share("control_before", 20, 80),
    share("control_after", 21, 80),
    share("old_before", 190, 192),
    share("old_after", 0, 0, unscored=192),
    Score(metric="perplexity_before", value=3.0, low=2.8, high=3.3, n=9),
    Score(metric="perplexity_after", value=3.1, low=2.9, high=3.4, n=9),
]
ROWS = [{"step": i, "loss": 2 / i} for i in range(1, 9)] + [{"step": 8, "validation_loss": 0.4}]
COUNTS = {"known": 3, "unknown": 40, "contradicted": 2}


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (
            lambda: before_after(SCORES),
            [
                "new facts",
                "untaught facts",
                "25%",
                "95%",
                "75%",
                "reading in the memory",
                "measured",
                "perplexity",
            ],
        ),
        (lambda: before_after(SCORES[:2]), ["new facts", "before"]),
        (lambda: loss_curve(ROWS), ["training", "other wordings", "nats per token"]),
        (lambda: loss_curve([]), ["nothing recorded"]),
        (lambda: verdicts(COUNTS), ["known 3", "unknown 40", "contradicted 2"]),
        (lambda: verdicts({}), []),
    ],
)
def test_a_figure_is_svg_with_its_words_and_without_links(draw, words: list[str]) -> None:  # type: ignore[no-untyped-def]
    svg = draw()
    ElementTree.fromstring(svg)  # noqa: S314  our own text
    assert svg == draw()
    assert all(word in svg for word in words)
    links = re.findall(r'(?:href|src)="([^"]*)"|url\(([^)]*)\)', svg)
    assert all("".join(link).startswith("#") for link in links)
    assert not re.search(r"\d{4}-\d\d-\d\dT", svg)


def test_two_figures_of_a_page_share_no_id() -> None:
    ids = [re.findall(r'\bid="([^"]*)"', svg) for svg in (before_after(SCORES), verdicts(COUNTS))]
    assert not set(ids[0]) & set(ids[1])
    assert len(ids[0]) == len(set(ids[0]))


def test_a_loss_curve_is_read_from_a_trainings_folder(tmp_path: Path) -> None:
    for row in ROWS:
        journal.append(tmp_path / journal.FILE, row)
    assert loss_curve(tmp_path) == loss_curve(ROWS)
    assert "nothing recorded" in loss_curve(tmp_path / "empty")
