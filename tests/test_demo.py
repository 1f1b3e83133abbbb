"""The guided tour, as a new user sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tour import demo, furnished, summary

pytestmark = pytest.mark.slow
KEYS = {
    "papers", "pages", "passages", "nuggets", "quotes_located", "merged", "contradictions",
    "verdicts", "accepted", "questions", "new_before", "new_after", "old_before", "old_after",
    "gate", "version", "seconds",
}  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, small_target: Path) -> Path:
    return furnished(tmp_path_factory.mktemp("demo"), small_target)


@pytest.fixture(scope="module")
def first(root: Path) -> str:
    return demo(root)


def test_the_demo_teaches_what_was_new_and_keeps_what_was_old(first: str) -> None:
    told = summary(first)
    assert set(told) >= KEYS
    assert told["papers"] >= 12
    assert told["quotes_located"] == told["nuggets"] >= 60
    assert told["merged"] >= 5
    assert told["contradictions"] >= 3
    assert told["new_before"] <= 0.4
    assert told["new_after"] >= 0.90
    assert told["old_after"] >= 0.95 * told["old_before"]
    assert told["gate"].startswith("current")


def test_the_demo_shows_three_of_each_verdict_or_all_there_are(first: str) -> None:
    told = summary(first)["verdicts"]
    assert min(told[verdict] for verdict in ("known", "partly", "unknown")) >= 3
    assert told["contradicted"]
    for verdict in ("known", "partly", "unknown", "contradicted"):
        lines = [line for line in first.splitlines() if line.strip().startswith(verdict)]
        assert len(lines) >= min(3, told[verdict])


def test_the_demo_says_that_nobody_was_asked_and_what_to_try_next(first: str) -> None:
    assert "Nobody is asked (--yes)" in first
    assert "goldpan ask --model both" in first
    assert "make demo PAPERS=" in first


def test_the_report_is_whole_in_itself(first: str) -> None:
    page = Path(first.rpartition("Report: ")[2].partition("  Summary")[0]).read_text()
    assert page.count("<svg") >= 3
    assert "<script" not in page
    assert "<link" not in page
    assert "src=" not in page


def test_a_second_demo_pays_for_nothing_twice(first: str, root: Path) -> None:
    before = sorted((root / "workspace" / "training").rglob("*"))
    again = demo(root)
    assert "Nothing is new since the last time" in again
    assert sorted((root / "workspace" / "training").rglob("*")) == before
    old, new = summary(first), summary(again)
    # Asked in the second one, the version that was taught knows more.
    assert new.pop("verdicts")["known"] > old.pop("verdicts")["known"]
    assert {**old, "seconds": {}} == {**new, "seconds": {}}
