"""Claims about docs/architecture.md and its drawing: they say what the code says."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from agent import context
from benchmarks.architecture import PLACE, arrows, contracts, drawing
from benchmarks.imports import ROOT, inner, reduced
from benchmarks.layered import laid_out
from memory import records

PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
CODE = set(re.findall(r"`([^`\n]+)`", PAGE))
PATHS = {text for text in CODE if re.fullmatch(r"[\w./-]+(/|\.(py|md|toml|svg|html))", text)}
USERS = {"goldpan.toml"}
"""Files of a workspace."""


def test_the_drawing_is_the_one_that_the_imports_give() -> None:
    """`make drawing` writes it."""
    assert PLACE.read_text("utf-8") == drawing()


def test_every_path_on_the_page_exists() -> None:
    assert len(PATHS) > 50
    assert not [path for path in PATHS - USERS if not (ROOT / path).exists()]


def test_every_type_on_the_page_exists() -> None:
    types = {text for text in CODE if re.fullmatch(r"[A-Z][a-z]\w+", text)}
    assert not [name for name in types if not hasattr(records, name) | hasattr(context, name)]


def test_every_room_is_told_of() -> None:
    rooms = {name for row in contracts()[0] for name in row}
    rooms |= {f"{room}/{name}" for room in ("agent", "tools") for name in inner(room)}
    missing = [room for room in rooms if not {f"{room}/", f"{room}.py"} & PATHS]
    assert not missing


@pytest.mark.parametrize("prefix", ["", "agent."])
def test_no_import_of_one_room_by_another_goes_upwards_but_the_tour(prefix: str) -> None:
    """Imports inside functions and for types count; the contracts look at fewer."""
    upwards = arrows(contracts()[bool(prefix)], prefix)[1]
    assert upwards <= {("cli", "demo")}


def test_the_targets_on_the_page_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    named = {text.split()[1] for text in CODE if text.startswith("make ")}
    assert not [name for name in named if f"\n{name}:" not in makefile]


def test_an_arrow_that_follows_from_others_is_left_out() -> None:
    edges = {("a", "b"), ("b", "c"), ("a", "c"), ("a", "d")}
    assert reduced(edges) == edges - {("a", "c")}


def test_boxes_of_a_row_lie_apart_and_inside_the_bounds() -> None:
    """Also where three rooms want the same place, and arrows pass between them."""
    rows = [["top"], ["a", "b", "c"], ["foot"]]
    edges = [("top", "a"), ("top", "b"), ("top", "c"), ("top", "foot"), ("b", "foot")]
    spots, links = laid_out(rows, edges, 200, (0, 800))
    row = sorted((one.x, one.width) for one in spots if one.row == 1)
    assert len(row) == 4
    assert all(b - v / 2 > a + w / 2 for (a, w), (b, v) in pairwise(row))
    assert all(x >= width / 2 and x + width / 2 <= 800 for x, width in row)
    assert all(b.row == a.row + 1 for a, b in links)
