"""Claims about the benchmark of calls over the wire."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from benchmarks import wired_graph
from benchmarks.wire import CLIENTS, GRAPHS, hits, load, part_of
from benchmarks.wired import LATENCY, WIDTH, Load, serving
from tools.endpoints.mock import Responder

pytestmark = pytest.mark.nightly


@pytest.fixture(autouse=True)
def thaw() -> Iterator[None]:
    """What a benchmark hides from the garbage collector is this process's to collect."""
    yield
    gc.unfreeze()


@pytest.mark.parametrize("name", CLIENTS)
def test_every_client_makes_as_many_calls_and_each_is_answered(name: str) -> None:
    """Else a client that gives up would be the fastest."""
    with serving(0.0) as url:
        one = load(name, url, 100)
    assert (one.calls, one.served > 0) == (100, True)
    assert 1 <= one.connections <= WIDTH
    assert one.over_ideal == pytest.approx(one.wall / (100 / WIDTH * LATENCY))


def test_calls_in_the_ledger_are_not_sent() -> None:
    with serving(0.0) as url:
        assert hits(url, 70) > 0


@pytest.mark.parametrize(("answer", "each"), [(wired_graph.one, 1), (wired_graph.many, 4)])
def test_the_graph_asks_for_each_group_of_passages_and_keeps_what_it_is_told(
    answer: Responder, each: int
) -> None:
    with serving(0.0, answer) as url:
        one, nuggets = wired_graph.extracted(url, 3)
    assert one.calls >= 3 * 8
    assert nuggets == each * one.calls


def test_the_page_tells_medians() -> None:
    walls = {name: [Load(64, wall, 0.064, 0.1, 64) for wall in (0.2, 0.3, 9.0)]
             for name in (*CLIENTS, *GRAPHS)}  # fmt: skip
    part = part_of(walls, Load(20, 1, 1, 1, 64, 2.0), 0.2)
    assert part.figures[0].value == pytest.approx(1.5)
    assert [figure.met for figure in part.figures] == [False] * 3 + [True] * 4
